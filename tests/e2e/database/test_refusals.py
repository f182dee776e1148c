"""An app that may not use its database says so in one line, and does not start."""

from pathlib import Path

import pytest

from infra.components.containers import database_facts
from infra.project import Project
from tests.e2e.database.conftest import ACCOUNT, API, READER, Deployed, container

pytestmark = [pytest.mark.long, pytest.mark.twin, pytest.mark.timeout(180)]


def test_without_a_data_role_it_names_role_and_identity(deployed: Deployed) -> None:
    line = deployed.refused()

    assert line.startswith("configuration: CosmosRoleMissing: ")
    assert deployed.identity["properties"]["clientId"] in line
    assert "does not have required RBAC permissions" in line
    assert "Built-in Data Contributor" in line


def test_a_role_that_only_reads_is_not_enough(deployed: Deployed) -> None:
    deployed.grant(READER)

    line = deployed.refused()

    assert line.startswith("configuration: CosmosRoleMissing: ")
    assert "items/delete" in line


def test_a_role_at_another_database_is_none(deployed: Deployed) -> None:
    deployed.grant(scope="/dbs/archive")

    assert "CosmosRoleMissing" in deployed.refused()


def test_a_container_with_another_partition_key_is_refused(deployed: Deployed) -> None:
    deployed.grant()
    facts = database_facts(Project.find(Path.cwd())).containers[0]
    odd = container(facts, id="odd", partitionKey={"paths": ["/thread_id"], "kind": "Hash", "version": 2})
    deployed.twin.arm.put(f"{ACCOUNT}/sqlDatabases/agents/containers/odd", odd, API)

    line = deployed.refused(SEATRIAL_COSMOS_CHECKPOINTS="odd")

    assert line.startswith("configuration: CosmosPartitionKey: container 'odd'")


def test_a_certificate_that_nobody_vouches_for_is_refused(deployed: Deployed) -> None:
    deployed.grant()

    line = deployed.refused(SSL_CERT_FILE="")

    assert line.startswith("configuration: CosmosUnreachable: ")
    assert "certificate" in line.lower()

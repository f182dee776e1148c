"""The doors of the twin note what they let through, and nothing else."""

import pytest

from infra.twin.arm.ids import ResourceId
from infra.twin.database.access.data_roles import DataRoles
from infra.twin.database.access.rights import CREATE, QUERY
from infra.twin.database.access.tokens import TokenRights
from infra.twin.database.calls import Address
from infra.twin.database.problems import CosmosProblem
from infra.twin.identity.uses import Uses
from infra.twin.vault.access import GET, VaultDoor
from infra.twin.vault.problems import VaultProblem
from tests.infra.twin.page.stage import Stage

HERE = Address(kind="docs", single=False, database="agents", container="checkpoints")


def rights(stage: Stage, principal: str, uses: Uses) -> TokenRights:
    store = stage.twin.twin.store
    account = store.of_type("Microsoft.DocumentDB/databaseAccounts")[0].id
    roles = DataRoles(account, store)
    return TokenRights(
        account=account, principal=principal, roles=roles, report=lambda _: None, note_use=uses.note
    )


def test_the_database_notes_what_a_data_role_allowed(stage: Stage) -> None:
    uses = Uses()
    identity = stage.twin.twin.store.of_type("Microsoft.ManagedIdentity/userAssignedIdentities")[0]
    principal = str(identity.properties["principalId"])

    for action in (CREATE, QUERY, CREATE):
        rights(stage, principal, uses).demand(action, HERE)
    with pytest.raises(CosmosProblem):
        rights(stage, "nobody", uses).demand(CREATE, HERE)

    assert {(one.principal, one.action): one.count for one in uses.all()} == {
        (principal, CREATE): 2,
        (principal, QUERY): 1,
    }


def test_a_vault_notes_nothing_of_a_caller_without_a_role(stage: Stage) -> None:
    uses = Uses()
    twin = stage.twin.twin
    vault = twin.store.of_type("Microsoft.KeyVault/vaults")[0].id
    directory = twin.identities.directory
    who = twin.identities.principal(
        twin.store.of_type("Microsoft.ManagedIdentity/userAssignedIdentities")[0].id.path
    )
    assert who is not None
    token, _ = directory.issue(who, "https://vault.azure.net")
    door = VaultDoor(
        vault=ResourceId(vault.path),
        directory=directory,
        state=twin.store,
        operator="x",
        challenge=lambda: "",
        note_use=uses.note,
    )

    with pytest.raises(VaultProblem):
        door.enter(f"Bearer {token}", GET, "weather")
    assert uses.all() == []

    officer = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"
    role = stage.twin.role(vault.path, who.object_id, officer, "c" * 8)
    door.enter(f"Bearer {token}", GET, "weather")
    stage.twin.arm.delete(role["id"], "2022-04-01")

    assert [(one.action, one.scope) for one in uses.all()] == [(GET, vault.path)]

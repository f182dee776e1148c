"""What a replica's variables become."""

from dataclasses import replace

from infra.twin.platform import Platform
from infra.twin.runtime.environment import ReplicaName, replica_environment
from infra.twin.runtime.spec import ConfigurationSpec, ContainerSpec

TENANT = "https://login.microsoftonline.com/tenant"
NAME = ReplicaName(app="ca-app", revision="ca-app--1", replica="ca-app--1-a")


def test_the_login_is_the_twins_but_the_issuer_stays_as_tokens_name_it(platform: Platform) -> None:
    container = ContainerSpec(name="app", image="i", cpu=0.5, memory="1Gi")
    container = replace(
        container, env=(("AUTH_ISSUER", f"{TENANT}/v2.0"), ("AUTH_JWKS_URL", f"{TENANT}/keys"))
    )

    found = replica_environment(container, ConfigurationSpec(), platform, NAME, None)

    assert found["AUTH_ISSUER"] == f"{TENANT}/v2.0"
    assert found["AUTH_JWKS_URL"] == "http://localhost:7777/authority/tenant/keys"

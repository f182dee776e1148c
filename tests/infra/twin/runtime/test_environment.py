"""What a replica's variables become."""

from dataclasses import replace
from pathlib import Path

from infra.twin.platform import Platform
from infra.twin.runtime.environment import ReplicaName, replica_environment
from infra.twin.runtime.spec import ConfigurationSpec, ContainerSpec
from infra.twin.runtime.trust import mounts, trusting

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


def test_the_databases_address_is_one_that_a_container_reaches(platform: Platform) -> None:
    platform = replace(platform, mode="docker", databases=lambda: ("https://localhost:9081",))
    container = ContainerSpec(name="app", image="i", cpu=0.5, memory="1Gi")
    container = replace(
        container, env=(("COSMOS_ENDPOINT", "https://localhost:9081/"), ("OTHER", "https://localhost:90812/"))
    )

    found = replica_environment(container, ConfigurationSpec(), platform, NAME, None)

    assert found["COSMOS_ENDPOINT"] == "https://host.docker.internal:9081/"
    assert found["OTHER"] == "https://localhost:90812/"


def test_telemetry_goes_where_a_container_reaches_it(platform: Platform) -> None:
    endpoints = ("http://localhost:7777", "https://localhost:7777")
    platform = replace(platform, mode="docker", endpoints=endpoints)
    container = ContainerSpec(name="app", image="i", cpu=0.5, memory="1Gi")
    string = "InstrumentationKey=k;IngestionEndpoint=https://localhost:7777/;ApplicationId=a"
    container = replace(container, env=(("CONNECTION", string),))

    found = replica_environment(container, ConfigurationSpec(), platform, NAME, None)

    assert found["CONNECTION"] == string.replace("localhost", "host.docker.internal")


def test_a_replica_trusts_the_twin_and_what_this_machine_trusts(platform: Platform, tmp_path: Path) -> None:
    authority = tmp_path / "authority.pem"
    authority.write_text("-----BEGIN CERTIFICATE-----\ntwin\n-----END CERTIFICATE-----\n")
    platform.state.mkdir(exist_ok=True)
    platform = replace(platform, authority_file=authority)
    container = ContainerSpec(name="app", image="i", cpu=0.5, memory="1Gi")

    found = replica_environment(container, ConfigurationSpec(), platform, NAME, None)

    bundle = Path(found["SSL_CERT_FILE"])
    text = bundle.read_text()
    assert text.endswith(authority.read_text())
    assert text.count("BEGIN CERTIFICATE") > 1
    assert bundle.stat().st_mode & 0o777 == 0o644


def test_a_container_finds_the_bundle_at_a_path_of_its_own(platform: Platform, tmp_path: Path) -> None:
    authority = tmp_path / "authority.pem"
    authority.write_text("twin")
    platform.state.mkdir(exist_ok=True)
    platform = replace(platform, mode="docker", authority_file=authority)

    ((outside, inside),) = mounts(platform).items()

    # The second is what requests reads, with which telemetry is sent.
    assert trusting(platform) == dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"), inside["bind"])
    assert inside["mode"] == "ro"
    assert Path(outside).is_absolute()
    assert Path(outside).read_text().endswith("twin")


def test_without_tls_nothing_is_mounted(platform: Platform) -> None:
    assert (trusting(platform), mounts(platform)) == ({}, {})

"""What others set on an app, read without an engine; both engines show it kept in tests/infra/adapters."""

from types import SimpleNamespace as Live
from typing import Any

import pytest
from pulumi_azure_native import app

from infra.components.kept import Kept, LiveAppError, kept_of, read_kept
from infra.naming import Names
from infra.options.edge import KeepConfig

NAMES = Names(project="seatrial", stack="dev")
# As azure-native words them.
ABSENT = 'invoke of azure-native:app:getContainerApp failed: Status=404 Code="ResourceNotFound" Message="..."'
FORBIDDEN = 'invoke of azure-native:app:getContainerApp failed: Status=403 Code="AuthorizationFailed" rg-404'


def live(mode: str = "Multiple") -> Live:
    weight = Live(label="stable", latest_revision=None, revision_name="ca--1", weight=100.0)
    domain = Live(name="chat.example.com", binding_type="SniEnabled", certificate_id="/c")
    ingress = Live(custom_domains=[domain], traffic=[weight])
    return Live(active_revisions_mode=mode, target_label=None, ingress=ingress)


def refusing(text: str) -> Any:
    def get_container_app(**_: Any) -> None:
        raise Exception(text)  # noqa: TRY002 - as Pulumi does

    return get_container_app


def test_weights_are_kept_with_the_mode_that_gives_them_meaning() -> None:
    kept = kept_of(live(), KeepConfig())

    assert kept.revisions_mode == "Multiple"
    assert [(one.revision_name, one.weight, one.label) for one in kept.weights] == [("ca--1", 100, "stable")]
    assert [one.certificate_id for one in kept.domains] == ["/c"]


def test_an_app_with_one_revision_gets_the_programs_traffic() -> None:
    kept = kept_of(live("Single"), KeepConfig())

    assert (kept.revisions_mode, kept.traffic) == ("Single", ())
    assert [(one.latest_revision, one.weight) for one in kept.weights] == [(True, 100)]
    assert len(kept.domains) == 1


@pytest.mark.parametrize(
    ("config", "domains", "weights"),
    [(KeepConfig(domains=False), 0, 1), (KeepConfig(traffic=False), 1, 0)],
)
def test_either_can_be_taken_back(config: KeepConfig, domains: int, weights: int) -> None:
    kept = kept_of(live(), config)

    assert (len(kept.domains), len(kept.traffic)) == (domains, weights)


def test_the_first_deployment_finds_nothing_to_keep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "get_container_app", refusing(ABSENT))

    assert read_kept(NAMES, KeepConfig()) == Kept()


def test_an_app_that_may_not_be_read_stops_the_deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "get_container_app", refusing(FORBIDDEN))

    with pytest.raises(LiveAppError, match=r"'ca-seatrial-dev' in 'rg-seatrial-dev'.*seatrial:keep"):
        read_kept(NAMES, KeepConfig())
    assert read_kept(NAMES, KeepConfig(domains=False, traffic=False)) == Kept()

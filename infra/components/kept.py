"""What others set on the app since the last deployment, and the program puts back as it found it.

azure-native replaces the whole resource, and `ignore_changes` replays Pulumi's own last values, not Azure's.
"""

import re
from dataclasses import dataclass
from typing import Any

from pulumi_azure_native import app

from infra.naming import Names
from infra.options.edge import DomainConfig, KeepConfig

_ABSENT = re.compile(r"\bResource(Group)?NotFound\b|\bStatus=404\b|\bRESPONSE 404\b")
_SINGLE = "single"


class LiveAppError(Exception):
    """Say that nobody could tell what is set on the app that runs."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """Hold the settings of the app that runs; empty where there is none, or nothing of others."""

    mode: str | None = None
    target_label: str | None = None
    traffic: tuple[app.TrafficWeightArgs, ...] = ()
    domains: tuple[app.CustomDomainArgs, ...] = ()

    @property
    def revisions_mode(self) -> str:
        """Return how many revisions may serve at once."""
        return self.mode or app.ActiveRevisionsMode.SINGLE

    def bound(self, domain: DomainConfig | None) -> list[app.CustomDomainArgs]:
        """Return the domains of others and the program's own, whose certificate Azure binds by itself."""
        if domain is None or not domain.bind:
            return list(self.domains)
        others = [one for one in self.domains if one.name != domain.name]
        return [*others, app.CustomDomainArgs(name=domain.name, binding_type=app.BindingType.AUTO)]

    @property
    def weights(self) -> list[app.TrafficWeightArgs]:
        """Return who gets how much: what others said, else all to the latest revision."""
        return list(self.traffic) or [app.TrafficWeightArgs(latest_revision=True, weight=100)]


def read_kept(names: Names, config: KeepConfig) -> Kept:
    """Return what others set on the app under these names; raise LiveAppError when nobody can tell."""
    if not (config.domains or config.traffic):
        return Kept()
    group, name = names.of("group"), names.of("app")
    try:
        live = app.get_container_app(container_app_name=name, resource_group_name=group)
    except Exception as error:
        # Pulumi tells a provider's refusals apart by their text alone.
        if _ABSENT.search(str(error)):
            return Kept()
        raise LiveAppError(
            f"the container app {name!r} in {group!r} could not be read ({error}); without its domains and "
            "traffic weights a deployment would drop them. Sign in with the right to read it, or set "
            "seatrial:keep to {domains: false, traffic: false} and go by the program alone"
        ) from error
    return kept_of(live.configuration, config)


def kept_of(configuration: Any, config: KeepConfig) -> Kept:
    """Return what a live app's configuration holds that the program does not declare."""
    ingress = getattr(configuration, "ingress", None)
    if ingress is None:
        return Kept()
    domains = tuple(map(_domain, ingress.custom_domains or ())) if config.domains else ()
    mode = str(configuration.active_revisions_mode or _SINGLE)
    if not config.traffic or mode.lower() == _SINGLE:
        return Kept(domains=domains)
    return Kept(
        mode=mode,
        target_label=configuration.target_label or None,
        traffic=tuple(map(_weight, ingress.traffic or ())),
        domains=domains,
    )


def _domain(live: Any) -> app.CustomDomainArgs:
    return app.CustomDomainArgs(
        name=live.name, binding_type=live.binding_type or None, certificate_id=live.certificate_id or None
    )


def _weight(live: Any) -> app.TrafficWeightArgs:
    return app.TrafficWeightArgs(
        label=live.label or None,
        latest_revision=live.latest_revision or None,
        revision_name=live.revision_name or None,
        weight=int(live.weight or 0),
    )

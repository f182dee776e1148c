"""What a container app asks for: its template and configuration as typed, frozen values."""

import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from infra.twin.network.restrictions import Restriction, restrictions_of
from infra.twin.platform import SecretReference

ProbeKind = Literal["Startup", "Readiness", "Liveness"]

DEFAULT_PORT = 8000
DEFAULT_GRACE = 30
DEFAULT_CONCURRENCY = 10
DEFAULT_COOLDOWN = 300
DEFAULT_POLLING = 30


@dataclass(frozen=True, kw_only=True)
class ProbeSpec:
    """Describe one probe; `declared` is False for those that Container Apps adds by itself."""

    kind: ProbeKind
    scheme: Literal["HTTP", "HTTPS", "TCP"]
    port: int
    path: str = "/"
    headers: tuple[tuple[str, str], ...] = ()
    initial_delay: int = 0
    period: int = 10
    timeout: int = 1
    failures: int = 3
    successes: int = 1
    declared: bool = True

    @property
    def allowed(self) -> int:
        """Return the seconds that pass before the probe gives up."""
        return self.initial_delay + self.period * self.failures


@dataclass(frozen=True, kw_only=True)
class ContainerSpec:
    """Describe one container of a replica; `env` holds values and the names of secrets."""

    name: str
    image: str
    cpu: float
    memory: str
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    secret_env: tuple[tuple[str, str], ...] = ()
    probes: tuple[ProbeSpec, ...] = ()

    @property
    def port(self) -> int:
        """Return the port that the app in the container listens on, as its PORT says."""
        value = dict(self.env).get("PORT", "")
        return int(value) if value.isdigit() else DEFAULT_PORT

    def probe(self, kind: ProbeKind) -> ProbeSpec | None:
        """Return the probe of one kind, or None."""
        return next((probe for probe in self.probes if probe.kind == kind), None)


@dataclass(frozen=True, kw_only=True)
class ScaleSpec:
    """Describe how many replicas there may be and when there are more."""

    minimum: int = 0
    maximum: int = 10
    concurrency: int = DEFAULT_CONCURRENCY
    cooldown: int = DEFAULT_COOLDOWN
    polling: int = DEFAULT_POLLING


@dataclass(frozen=True, kw_only=True)
class TemplateSpec:
    """Describe the revision scope of an app: a change of it makes a new revision."""

    containers: tuple[ContainerSpec, ...]
    scale: ScaleSpec
    grace: int = DEFAULT_GRACE
    suffix: str | None = None

    @property
    def main(self) -> ContainerSpec:
        """Return the container that serves."""
        return self.containers[0]


@dataclass(frozen=True, kw_only=True)
class TrafficWeight:
    """Give a revision, or the latest one, its share of the requests and perhaps a label."""

    weight: int
    revision: str | None = None
    latest: bool = False
    label: str | None = None


@dataclass(frozen=True, kw_only=True)
class IngressSpec:
    """Describe the way in."""

    external: bool
    target_port: int
    traffic: tuple[TrafficWeight, ...] = ()
    restrictions: tuple[Restriction, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ConfigurationSpec:
    """Describe the application scope of an app: changing it makes no revision."""

    multiple: bool = False
    ingress: IngressSpec | None = None
    secrets: dict[str, str] = field(default_factory=dict, repr=False)
    references: tuple[SecretReference, ...] = ()
    """Secrets whose values lie in a vault; `secrets` has them once they are read."""
    registries: tuple[tuple[str, str], ...] = ()

    def identity_for(self, image: str) -> str | None:
        """Return the identity with which the registry of an image is asked, or None."""
        server = image.split("/", maxsplit=1)[0].lower()
        return next((identity or None for name, identity in self.registries if name.lower() == server), None)


def fingerprint(template: dict[str, Any]) -> str:
    """Return the hash under which two templates are the same revision."""
    canonical = json.dumps(template, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def read_template(properties: dict[str, Any]) -> TemplateSpec:
    """Return the template of an app's properties; values have passed `rules` before."""
    template: dict[str, Any] = properties.get("template") or {}
    ingress = read_configuration(properties).ingress
    containers = template.get("containers") or []
    return TemplateSpec(
        containers=tuple(
            _container(item, ingress if index == 0 else None) for index, item in enumerate(containers)
        ),
        scale=_scale(template.get("scale") or {}),
        grace=_number(template.get("terminationGracePeriodSeconds"), DEFAULT_GRACE),
        suffix=template.get("revisionSuffix") or None,
    )


def read_configuration(properties: dict[str, Any]) -> ConfigurationSpec:
    """Return the configuration of an app's properties."""
    configuration: dict[str, Any] = properties.get("configuration") or {}
    return ConfigurationSpec(
        multiple=str(configuration.get("activeRevisionsMode") or "Single").lower() != "single",
        ingress=_ingress(configuration.get("ingress")),
        secrets={item["name"]: item.get("value") or "" for item in configuration.get("secrets") or []},
        references=tuple(
            SecretReference(name=item["name"], url=item["keyVaultUrl"], identity=item.get("identity") or "")
            for item in configuration.get("secrets") or []
            if item.get("keyVaultUrl")
        ),
        registries=tuple(
            (item.get("server") or "", item.get("identity") or "")
            for item in configuration.get("registries") or []
        ),
    )


def _container(item: dict[str, Any], ingress: IngressSpec | None) -> ContainerSpec:
    resources = item.get("resources") or {}
    env = item.get("env") or []
    container = ContainerSpec(
        name=item.get("name") or "",
        image=item.get("image") or "",
        cpu=float(resources.get("cpu") or 0.5),
        memory=resources.get("memory") or "1Gi",
        command=tuple(item.get("command") or ()),
        args=tuple(item.get("args") or ()),
        env=tuple((pair["name"], pair.get("value") or "") for pair in env if not pair.get("secretRef")),
        secret_env=tuple((pair["name"], pair["secretRef"]) for pair in env if pair.get("secretRef")),
        probes=tuple(_probe(probe) for probe in item.get("probes") or []),
    )
    return replace(container, probes=container.probes + _added(container, ingress))


def _added(container: ContainerSpec, ingress: IngressSpec | None) -> tuple[ProbeSpec, ...]:
    """Return the probes that Container Apps adds when ingress is on and none of that kind is declared."""
    if ingress is None:
        return ()
    port = ingress.target_port or container.port
    added = (
        ProbeSpec(kind="Startup", scheme="TCP", port=port, period=1, timeout=3, failures=240, declared=False),
        ProbeSpec(
            kind="Readiness", scheme="TCP", port=port, period=5, timeout=5, failures=48, declared=False
        ),
        ProbeSpec(kind="Liveness", scheme="TCP", port=port, declared=False),
    )
    kinds = {probe.kind for probe in container.probes}
    return tuple(probe for probe in added if probe.kind not in kinds)


def _probe(item: dict[str, Any]) -> ProbeSpec:
    http: dict[str, Any] | None = item.get("httpGet")
    target = http or item.get("tcpSocket") or {}
    scheme: Literal["HTTP", "HTTPS", "TCP"] = "TCP"
    if http is not None:
        scheme = "HTTPS" if str(http.get("scheme") or "HTTP").upper() == "HTTPS" else "HTTP"
    kinds: dict[str, ProbeKind] = {"startup": "Startup", "readiness": "Readiness", "liveness": "Liveness"}
    return ProbeSpec(
        kind=kinds.get(str(item.get("type") or "").lower(), "Liveness"),
        scheme=scheme,
        port=_number(target.get("port"), 0),
        path=(http or {}).get("path") or "/",
        headers=tuple((pair["name"], pair["value"]) for pair in (http or {}).get("httpHeaders") or []),
        initial_delay=_number(item.get("initialDelaySeconds"), 0),
        period=_number(item.get("periodSeconds"), 10),
        timeout=_number(item.get("timeoutSeconds"), 1),
        failures=_number(item.get("failureThreshold"), 3),
        successes=_number(item.get("successThreshold"), 1),
    )


def _scale(item: dict[str, Any]) -> ScaleSpec:
    http: dict[str, Any] = next((rule["http"] for rule in item.get("rules") or [] if rule.get("http")), {})
    concurrency = (http.get("metadata") or {}).get("concurrentRequests")
    return ScaleSpec(
        minimum=_number(item.get("minReplicas"), 0),
        maximum=_number(item.get("maxReplicas"), 10),
        concurrency=max(1, _number(concurrency, DEFAULT_CONCURRENCY)),
        cooldown=_number(item.get("cooldownPeriod"), DEFAULT_COOLDOWN),
        polling=max(1, _number(item.get("pollingInterval"), DEFAULT_POLLING)),
    )


def _ingress(item: dict[str, Any] | None) -> IngressSpec | None:
    if not item:
        return None
    traffic = tuple(
        TrafficWeight(
            weight=_number(entry.get("weight"), 0),
            revision=entry.get("revisionName") or None,
            latest=bool(entry.get("latestRevision")),
            label=entry.get("label") or None,
        )
        for entry in item.get("traffic") or []
    )
    return IngressSpec(
        external=bool(item.get("external")),
        target_port=_number(item.get("targetPort"), 0),
        traffic=traffic,
        restrictions=restrictions_of(item),
    )


def _number(value: object, default: int) -> int:
    """Return a whole number that may have come as text or as a float, as JSON clients send them."""
    if isinstance(value, bool) or not isinstance(value, int | float | str) or value == "":
        return default
    return int(float(value))

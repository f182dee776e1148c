"""What Container Apps refuses before anything starts, in its own words."""

import re
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from infra.findings.model import Finding
from infra.twin.arm.behaviour import ArmProblem, ArmRequest

_APP_NAME = re.compile(r"(?!.*--)[a-z](?:[a-z0-9-]{0,30}[a-z0-9])")
_CONTAINER_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_SECRET_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
_SUFFIX = re.compile(r"(?!.*--)[a-z](?:[a-z0-9-]{0,62}[a-z0-9])?")
_LONGEST_REVISION = 64
_SIZES = [Decimal(step) / 4 for step in range(1, 17)]
_PORTS = range(1, 65536)
_MAX_REPLICAS = 1000
_RANGES = {
    "initialDelaySeconds": ("InitialDelaySeconds", 1, 60),
    "periodSeconds": ("PeriodSeconds", 1, 240),
    "timeoutSeconds": ("TimeoutSeconds", 1, 240),
    "failureThreshold": ("FailureThreshold", 1, 10),
    "successThreshold": ("SuccessThreshold", 1, 10),
}

Objects = list[dict[str, Any]]


class AppRules:
    """Check one container app as it was sent."""

    def __init__(self, request: ArmRequest) -> None:
        self._app = request.id.name
        self._identities = {identity.lower() for identity in request.identity_ids}
        properties = request.properties
        kinds = str((request.body.get("identity") or {}).get("type") or "").lower()
        self._has_system_identity = "systemassigned" in kinds
        self._template: dict[str, Any] = properties.get("template") or {}
        self._configuration: dict[str, Any] = properties.get("configuration") or {}
        self._containers: Objects = self._template.get("containers") or []
        self._secrets: Objects = self._configuration.get("secrets") or []

    def check(self) -> None:
        """Raise the first ArmProblem that Azure would answer with."""
        rules: Iterable[Callable[[], None]] = (
            self._names,
            self._suffix,
            self._sizes,
            self._secret_values,
            self._secret_identities,
            self._secret_references,
            self._probes,
            self._registries,
            self._ingress,
            self._traffic,
            self._scale,
        )
        for rule in rules:
            rule()

    def check_job(self) -> None:
        """Raise the first ArmProblem for what a job has in common with an app."""
        for rule in (
            self._container_names,
            self._sizes,
            self._secret_values,
            self._secret_identities,
            self._secret_references,
            self._registries,
        ):
            rule()

    def _refuse(self, code: str, message: str, finding: str, fix: str) -> ArmProblem:
        return ArmProblem(
            400,
            code,
            message,
            target=self._app,
            finding=Finding(code=finding, resource=self._app, message=message, fix=fix),
        )

    def _invalid(self, field: str, value: object, reason: str, fix: str) -> ArmProblem:
        message = (
            "The following field(s) are either invalid or missing. "
            f"Field '{field}' is invalid with details: 'Invalid value: \"{value}\": {reason}';."
        )
        return self._refuse("InvalidParameterValueInContainerTemplate", message, "ST002", fix)

    def _names(self) -> None:
        if not _APP_NAME.fullmatch(self._app):
            raise self._refuse(
                "ContainerAppInvalidName",
                f"Invalid ContainerApp name '{self._app}'. A name must consist of lower case alphanumeric "
                "characters or '-', start with an alphabetic character, and end with an alphanumeric "
                "character "
                "and cannot have '--'. The length must be between 2 and 32 characters inclusive.",
                "ST002",
                "Shorten or correct the app's name in the program (infra/naming.py makes it).",
            )
        self._container_names()

    def _container_names(self) -> None:
        if not self._containers:
            raise self._invalid(
                "template.containers", "[]", "at least one container is required", "Declare a container."
            )
        names = [str(item.get("name") or "") for item in self._containers]
        for name in names:
            self._container_name(name, names)

    def _container_name(self, name: str, names: list[str]) -> None:
        if not _CONTAINER_NAME.fullmatch(name):
            raise self._invalid(
                "template.containers.name",
                name,
                "Invalid Name: Per RFC 1123 name must consist of lower case alphanumeric characters or "
                "'-', and "
                "must start and end with an alphanumeric character",
                "Correct the container's name.",
            )
        if names.count(name) > 1:
            raise self._invalid(
                "template.containers.name",
                name,
                "duplicate container name",
                "Give every container its own name.",
            )

    def _suffix(self) -> None:
        suffix = self._template.get("revisionSuffix")
        if not suffix:
            return
        if not _SUFFIX.fullmatch(suffix) or len(f"{self._app}--{suffix}") > _LONGEST_REVISION:
            raise self._invalid(
                "template.revisionsuffix",
                suffix,
                "A revision suffix must consist of lower case alphanumeric characters or '-', start with "
                "an alphabetic "
                "character, end with an alphanumeric character and cannot have '--'; the revision's name "
                "may have "
                f"{_LONGEST_REVISION} characters",
                "Correct template.revisionSuffix, or leave it out so that Azure makes one.",
            )

    def _sizes(self) -> None:
        cpu = sum(
            (_decimal((item.get("resources") or {}).get("cpu", "0.5")) for item in self._containers),
            Decimal(0),
        )
        memory = sum((self._memory(item) for item in self._containers), Decimal(0))
        if cpu in _SIZES and memory == cpu * 2:
            return
        pairs = "; ".join(f"[cpu: {float(size)}, memory: {float(size * 2)}Gi]" for size in _SIZES)
        raise self._refuse(
            "ContainerAppInvalidResourceTotal",
            f"The total requested CPU and memory resources for this application (CPU: {float(cpu):g}, "
            "memory: "
            f"{float(memory)}) is invalid. Total CPU and memory for all containers defined in a Container "
            "App must add "
            f"up to one of the following CPU - Memory combinations: {pairs}",
            "ST003",
            _size_fix(cpu),
        )

    def _memory(self, item: dict[str, Any]) -> Decimal:
        value = str((item.get("resources") or {}).get("memory", "1Gi"))
        if not re.fullmatch(r"\d+(\.\d{1,2})?Gi", value):
            raise self._refuse(
                "ContainerAppInvalidMemoryRequest",
                f"Container with name '{item.get('name')}' has an invalid memory resource request: "
                f"'{value}'. The "
                "'memory' field for each container, if provided, must contain a decimal value to no more "
                "than 2 "
                "decimal places followed by 'Gi' to denote the unit (Gibibytes). Example: '1.25Gi' or '2Gi'.",
                "ST003",
                "Write the memory in Gi, twice the number of vCPUs.",
            )
        return Decimal(value.removesuffix("Gi"))

    def _secret_values(self) -> None:
        names = [str(item.get("name") or "") for item in self._secrets]
        for item, name in zip(self._secrets, names, strict=True):
            if not _SECRET_NAME.fullmatch(name) or names.count(name) > 1:
                raise self._refuse(
                    "ContainerAppSecretInvalid",
                    f"Invalid Request: Container app secret(s) with name(s) '{name}' are invalid: a name "
                    "must be "
                    "unique and consist of lower case alphanumeric characters, '-' or '.', and start and "
                    "end with an "
                    "alphanumeric character.",
                    "ST002",
                    "Correct the name of the secret.",
                )
            if not item.get("value") and not (item.get("keyVaultUrl") and item.get("identity")):
                raise self._refuse(
                    "ContainerAppSecretInvalid",
                    f"Invalid Request: Container app secret(s) with name(s) '{name}' are invalid: value or "
                    "keyVaultUrl "
                    "and identity should be provided.",
                    "ST004",
                    "Give the secret a value, or both keyVaultUrl and the identity that may read it.",
                )

    def _secret_identities(self) -> None:
        for item in self._secrets:
            identity = str(item.get("identity") or "").lower()
            assigned = self._has_system_identity if identity == "system" else identity in self._identities
            if item.get("keyVaultUrl") and not assigned:
                raise self._refuse(
                    "ContainerAppSecretKeyVaultIdentityNotAssigned",
                    f"The managed identity '{item.get('identity')}' that secret '{item.get('name')}' uses to "
                    f"read '{item['keyVaultUrl']}' is not assigned to container app '{self._app}'.",
                    "ST004",
                    "List the identity in the app's identity as well, or name one that is assigned.",
                )

    def _secret_references(self) -> None:
        known = {item.get("name") for item in self._secrets}
        for container, name in self._references():
            if name not in known:
                listed = ", ".join(sorted(map(str, known))) or "none"
                raise self._refuse(
                    "ContainerAppSecretRefNotFound",
                    f"SecretRef '{name}' defined for container '{container}' not found.",
                    "ST004",
                    f"Declare the secret '{name}' in configuration.secrets (declared: {listed}), or "
                    "correct the "
                    "reference.",
                )

    def _references(self) -> Iterator[tuple[str, str]]:
        for container in self._containers:
            for pair in container.get("env") or []:
                if pair.get("secretRef"):
                    yield str(container.get("name")), str(pair["secretRef"])
        for registry in self._configuration.get("registries") or []:
            if registry.get("passwordSecretRef"):
                yield str(registry.get("server")), str(registry["passwordSecretRef"])

    def _probes(self) -> None:
        for container in self._containers:
            name = str(container.get("name"))
            probes: Objects = container.get("probes") or []
            kinds = [str(probe.get("type")) for probe in probes]
            for probe in probes:
                kind = str(probe.get("type"))
                if kinds.count(kind) > 1:
                    raise self._refuse(
                        "ContainerAppDuplicateProbe",
                        f"Container '{name}' has more than one '{kind}' probe.",
                        "ST002",
                        "Keep one probe of each type.",
                    )
                self._probe(name, kind, probe)

    def _probe(self, container: str, kind: str, probe: dict[str, Any]) -> None:
        for key, (label, low, high) in _RANGES.items():
            top = 1 if key == "successThreshold" and kind in {"Liveness", "Startup"} else high
            value = probe.get(key)
            if value is not None and not low <= _decimal(value) <= top:
                raise self._refuse(
                    f"ContainerAppProbe{label}OutOfRange",
                    f"Container '{container}' '{kind}' probe's {label} must be in the range of ['{low}', "
                    f"'{top}'].",
                    "ST002",
                    f"Set {key} of the {kind} probe between {low} and {top}; it is {value}.",
                )
        actions = [probe[key] for key in ("httpGet", "tcpSocket") if probe.get(key)]
        if len(actions) != 1 or int(_decimal(actions[0].get("port"))) not in _PORTS:
            raise self._refuse(
                "ContainerAppInvalidProbe",
                f"Container '{container}' '{kind}' probe must have either httpGet or tcpSocket with a port "
                "between 1 "
                "and 65535.",
                "ST002",
                "Give the probe one action and the port that the app listens on.",
            )

    def _registries(self) -> None:
        for registry in self._configuration.get("registries") or []:
            identity = str(registry.get("identity") or "")
            if identity and identity.lower() != "system" and identity.lower() not in self._identities:
                raise self._refuse(
                    "ContainerAppRegistryIdentityNotAssigned",
                    f"The managed identity '{identity}' that registry '{registry.get('server')}' refers to "
                    "is not "
                    f"assigned to container app '{self._app}'.",
                    "ST005",
                    "List the identity in the app's identity.userAssignedIdentities as well.",
                )

    def _ingress(self) -> None:
        ingress = self._configuration.get("ingress") or {}
        port = ingress.get("targetPort")
        if port is not None and int(_decimal(port)) not in _PORTS:
            raise self._refuse(
                "ContainerAppInvalidTargetPort",
                f"Ingress targetPort '{port}' is invalid: it must be between 1 and 65535.",
                "ST002",
                "Set ingress.targetPort to the port that the app listens on.",
            )

    def _traffic(self) -> None:
        ingress = self._configuration.get("ingress") or {}
        traffic: Objects = ingress.get("traffic") or []
        total = sum((_decimal(entry.get("weight", 0)) for entry in traffic), Decimal(0))
        if traffic and total != 100:  # noqa: PLR2004 - per cent
            raise self._refuse(
                "ContainerAppInvalidTrafficWeight",
                f"The sum of the traffic weights must be 100 but it is {total}.",
                "ST002",
                "Correct configuration.ingress.traffic so that the weights add up to 100.",
            )

    def _scale(self) -> None:
        scale: dict[str, Any] = self._template.get("scale") or {}
        low, high = _decimal(scale.get("minReplicas", 0)), _decimal(scale.get("maxReplicas", 10))
        if not 0 <= low <= high or not 1 <= high <= _MAX_REPLICAS:
            raise self._refuse(
                "ContainerAppInvalidScaleSpec",
                f"Scale minReplicas {low} and maxReplicas {high} are invalid: maxReplicas must be between "
                "1 and "
                f"{_MAX_REPLICAS}, and minReplicas between 0 and maxReplicas.",
                "ST002",
                "Correct minReplicas and maxReplicas.",
            )


def _decimal(value: object) -> Decimal:
    """Return a number as it was written; what is none becomes -1, which no rule accepts."""
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return Decimal(-1)


def _size_fix(cpu: Decimal) -> str:
    if cpu in _SIZES:
        return f"With cpu {float(cpu):g} the memory is {float(cpu * 2):g}Gi; set both in the stack file."
    return "Set cpu to a multiple of 0.25 up to 4 and memory to twice that number in Gi."

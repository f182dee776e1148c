"""Custom domains of apps and their managed certificates: who owns the name is asked of DNS first."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from typing_extensions import override

from infra.findings.model import Finding
from infra.twin.arm.behaviour import ArmProblem, ArmRequest, Resource, ResourceStore
from infra.twin.arm.families.recorded import Recorded, kept, stable_guid
from infra.twin.dns import DnsFileError, Zone

APPS = "Microsoft.App/containerApps"
CERTIFICATES = "Microsoft.App/managedEnvironments/managedCertificates"

Objects = list[dict[str, Any]]


def verification_id(subscription: str) -> str:
    """Return what a TXT record must hold to prove that a domain is this subscription's."""
    return sha256(f"verification {subscription.lower()}".encode()).hexdigest().upper()


def domains_of(properties: dict[str, Any]) -> Objects:
    """Return the custom domains of an app's properties."""
    ingress = (properties.get("configuration") or {}).get("ingress") or {}
    return list(ingress.get("customDomains") or [])


@dataclass(frozen=True)
class Domains:
    """Check and fill in the custom domains of container apps."""

    zone: Zone
    subscription: str

    def check(self, request: ArmRequest) -> None:
        """Refuse a new domain without its TXT record, and a binding without a certificate."""
        before = domains_of(request.existing.properties) if request.existing else []
        known = {str(one["name"]).lower() for one in before}
        for one in domains_of(request.properties):
            name = str(one["name"])
            if name.lower() not in known:
                self._check_owner(request, name)
            if one.get("bindingType") == "SniEnabled" and not one.get("certificateId"):
                message = f"CertificateId property is missing for customDomain '{name}'."
                fix = "bind it with bindingType Auto, or name a certificate of the environment"
                raise _refused(request, "CertificateMissing", message, fix)

    def bound(self, properties: dict[str, Any], state: ResourceStore) -> Objects | None:
        """Return the domains with the certificates that Azure binds by itself; None when it binds none."""
        found = domains_of(properties)
        certificates = {
            str(one.properties.get("subjectName")).lower(): one.id.path for one in state.of_type(CERTIFICATES)
        }
        filled = [
            {**one, "certificateId": certificates[str(one["name"]).lower()]}
            if one.get("bindingType") == "Auto" and str(one["name"]).lower() in certificates
            else one
            for one in found
        ]
        return filled if filled != found else None

    def _check_owner(self, request: ArmRequest, name: str) -> None:
        wanted = verification_id(self.subscription)
        if not _there(self.zone, request, ("TXT", f"asuid.{name}", wanted)):
            message = f"A TXT record pointing from asuid.{name} to {wanted} was not found."
            raise _no_record(request, message, ("TXT", f"asuid.{name}", wanted), self.zone)


@dataclass(frozen=True)
class ManagedCertificate(Recorded):
    """Issue a certificate, as far as a rehearsal can: its conditions are checked, no key is made."""

    domains: Domains

    @override
    def check(self, request: ArmRequest, state: ResourceStore) -> None:
        """Refuse a name that no app has, and one that does not lead here."""
        subject = str(request.properties.get("subjectName") or "")
        environment = request.id.parent
        apps = list(_apps_with(subject, state))
        if not apps:
            message = (
                f"Creating managed certificate requires hostname '{subject}' added as a custom hostname to a "
                f"container app or route in environment '{environment.name}'"
            )
            fix = (
                "give the app the domain first (bindingType Auto), and let the certificate depend on the app"
            )
            raise _refused(request, "RequireCustomHostnameInEnvironment", message, fix)
        self._check_way(request, subject, _address(request, apps[0], state.get(environment)))

    @override
    def complete(self, request: ArmRequest, state: ResourceStore) -> dict[str, Any]:
        """Fill in the token of the validation."""
        return {"validationToken": kept(request, "validationToken", stable_guid(request.id.path))}

    @override
    async def after_put(self, resource: Resource, state: ResourceStore) -> None:
        """Bind the certificate where an app left that to Azure."""
        for app in _apps_with(str(resource.properties.get("subjectName")), state):
            bound = self.domains.bound(app.properties, state)
            if bound is not None:
                state.set_properties(app.id, {"configuration": {"ingress": {"customDomains": bound}}})

    def _check_way(self, request: ArmRequest, subject: str, wanted: tuple[str, str]) -> None:
        kind, value = wanted
        if not value or _there(self.domains.zone, request, (kind, subject, value)):
            return
        message = f"Not found {kind} of hostname '{subject}' directly pointing to {value}."
        raise _no_record(request, message, (kind, subject, value), self.domains.zone)


def _apps_with(name: str, state: ResourceStore) -> Iterator[Resource]:
    for app in state.of_type(APPS):
        if any(str(one["name"]).lower() == name.lower() for one in domains_of(app.properties)):
            yield app


def _address(request: ArmRequest, app: Resource, environment: Resource | None) -> tuple[str, str]:
    """Return type and value of the record by which the name has to lead to the app."""
    if request.properties.get("domainControlValidation") == "HTTP":
        return "A", str(environment.properties.get("staticIp") or "") if environment else ""
    ingress = (app.properties.get("configuration") or {}).get("ingress") or {}
    return "CNAME", str(ingress.get("fqdn") or "").partition(":")[0]


def _there(zone: Zone, request: ArmRequest, record: tuple[str, str, str]) -> bool:
    try:
        return zone.has(*record)
    except DnsFileError as error:
        raise _refused(request, "InvalidDnsFile", str(error), "correct the file, or remove it") from error


def _no_record(request: ArmRequest, message: str, record: tuple[str, str, str], zone: Zone) -> ArmProblem:
    kind, name, value = record
    fix = (
        f"Add the record {kind} {name} -> {value} at your DNS provider and run `up` again; for a rehearsal "
        f"say that it is there in {zone.path}."
    )
    return _refused(request, "InvalidCustomHostNameValidation", message, fix, "ST035")


def _refused(request: ArmRequest, code: str, message: str, fix: str, finding: str = "ST002") -> ArmProblem:
    found = Finding(code=finding, resource=request.id.path, message=message, fix=fix)
    return ArmProblem(400, code, message, target=request.id.name, finding=found)

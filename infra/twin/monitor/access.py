"""The door of a component: instrumentation keys, Entra tokens, and the role that may publish."""

from dataclasses import dataclass

from infra.findings.model import Finding
from infra.twin.arm.behaviour import Resource, ResourceStore
from infra.twin.identity.roles import may_on_data
from infra.twin.identity.tokens import Directory, InvalidTokenError
from infra.twin.identity.uses import NoteUse, nowhere

AUDIENCE = "https://monitor.azure.com"
COMPONENTS = "Microsoft.Insights/components"
PUBLISH = "Microsoft.Insights/Telemetry/Write"
REFUSED, UNKNOWN_KEY = "ST040", "ST041"
_ROLE = "Monitoring Metrics Publisher"


class RefusedError(Exception):
    """Refuse telemetry with a status, the service's words and, where it is a mistake, a finding."""

    def __init__(self, status: int, message: str, finding: Finding | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.finding = finding


@dataclass(frozen=True, kw_only=True)
class IngestionDoor:
    """Admit telemetry to components by key, token and role."""

    directory: Directory
    state: ResourceStore
    note_use: NoteUse = nowhere

    def component(self, key: str) -> Resource:
        """Return the component of an instrumentation key; raise RefusedError 400."""
        for found in self.state.of_type(COMPONENTS):
            if str(found.properties.get("InstrumentationKey", "")).lower() == key.lower():
                return found
        message = "Invalid instrumentation key"
        raise RefusedError(400, message, _unknown(key))

    def enter(self, component: Resource, authorization: str) -> None:
        """Raise RefusedError unless the caller may publish to a component.

        A token is checked even where keys alone would do, as the service does:
        https://github.com/microsoft/ApplicationInsights-dotnet/issues/2795
        """
        if not authorization:
            if component.properties.get("DisableLocalAuth"):
                message = "Authentication is required: the resource takes no telemetry by its key alone."
                raise RefusedError(401, message, _refused(component, f"Without a token: {message}"))
            return
        principal = self._principal(component, authorization)
        if not may_on_data(self.state, principal, PUBLISH, component.id):
            message = f"The principal '{principal}' is not authorized to publish telemetry ({PUBLISH})."
            raise RefusedError(403, message, _refused(component, message))
        self.note_use(principal, PUBLISH, component.id.path)

    def _principal(self, component: Resource, authorization: str) -> str:
        token = authorization.removeprefix("Bearer ")
        try:
            return str(self.directory.verify(token, (AUDIENCE,)).get("oid", ""))
        except InvalidTokenError as error:
            message = f"The token is not valid for {AUDIENCE}: {error}."
            raise RefusedError(401, message, _refused(component, message)) from error


def _refused(component: Resource, message: str) -> Finding:
    fix = (
        f"assign `{_ROLE}` at the component to the app's identity (ServicePrincipal); "
        "the app runs on meanwhile, and its telemetry is lost"
    )
    return Finding(code=REFUSED, resource=component.id.path, message=message, fix=fix)


def _unknown(key: str) -> Finding:
    message = f"Invalid instrumentation key: no component of the stack has the key {key[:8]!r}..."
    fix = "take APPLICATIONINSIGHTS_CONNECTION_STRING from the component's ConnectionString"
    return Finding(code=UNKNOWN_KEY, resource="ingestion endpoint", message=message, fix=fix)

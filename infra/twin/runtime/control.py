"""Revisions and replicas as ARM shows them, and what one can do to them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from infra.twin.arm.behaviour import ArmProblem, Resource
from infra.twin.arm.extras import Call, Extra
from infra.twin.identity.tokens import Directory
from infra.twin.runtime.app import ContainerApp
from infra.twin.runtime.record import RevisionRecord

APP = "microsoft.app/containerapps"
STREAM = "seatrial-log-stream"
_REVISIONS = "Microsoft.App/containerApps/revisions"


class Running(Protocol):
    """Know the apps that run."""

    def running(self, app: str) -> ContainerApp | None:
        """Return an app by name, or None."""
        ...


@dataclass(frozen=True)
class AppControl:
    """Answer for what lies below a container app and is no resource of its own."""

    apps: Running
    directory: Directory
    control: str

    def extras(self) -> dict[str, Extra]:
        """Return the extras by their keys."""
        return {
            f"get {APP}/revisions": self._revisions,
            f"get {APP}/revisions/replicas": self._replicas,
            f"post {APP}/revisions/activate": self._activate,
            f"post {APP}/revisions/deactivate": self._deactivate,
            f"post {APP}/revisions/restart": self._restart,
            f"post {APP}/listsecrets": self._secrets,
            f"post {APP}/getauthtoken": self._token,
            "post microsoft.app/managedenvironments/getauthtoken": self._token,
        }

    async def _revisions(self, call: Call) -> dict[str, Any]:
        app = self._app(call)
        if len(call.rest) == 1:
            return {"value": [self._shown(call.resource, app, item) for item in app.record.revisions]}
        return self._shown(call.resource, app, self._named(call, app))

    async def _replicas(self, call: Call) -> dict[str, Any]:
        app = self._app(call)
        item = self._named(call, app)
        found = [self._replica(call, item, shown) for shown in _status(app, item).get("instances", [])]
        if len(call.rest) == 3:  # noqa: PLR2004 - revisions/NAME/replicas
            return {"value": found}
        for replica in found:
            if replica["name"] == call.rest[3]:
                return replica
        raise _absent(call)

    async def _activate(self, call: Call) -> dict[str, Any]:
        app = self._app(call)
        await app.activate(self._named(call, app).name, call.resource)
        return {}

    async def _deactivate(self, call: Call) -> dict[str, Any]:
        app = self._app(call)
        await app.deactivate(self._named(call, app).name)
        return {}

    async def _restart(self, call: Call) -> dict[str, Any]:
        app = self._app(call)
        name = self._named(call, app).name
        try:
            await app.restart(name)
        except KeyError as error:
            message = f"The revision '{name}' is not active: activate it instead."
            raise ArmProblem(400, "RevisionNotActive", message) from error
        return {}

    async def _secrets(self, call: Call) -> dict[str, Any]:
        configuration = call.resource.properties.get("configuration") or {}
        return {"value": list(configuration.get("secrets") or [])}

    async def _token(self, call: Call) -> dict[str, Any]:
        owner = call.resource
        token, expires = self.directory.sign({"sub": owner.id.key, "aud": STREAM})
        until = datetime.fromtimestamp(expires, UTC).isoformat()
        kept = ("id", "name", "type", "location")
        shown: dict[str, Any] = {key: owner.body[key] for key in kept if key in owner.body}
        return {**shown, "properties": {"token": token, "expires": until}}

    def _app(self, call: Call) -> ContainerApp:
        found = self.apps.running(call.resource.name)
        if found is None:
            raise _absent(call)
        return found

    def _named(self, call: Call, app: ContainerApp) -> RevisionRecord:
        found = app.record.named(call.rest[1])
        if found is None:
            raise _absent(call)
        return found

    def _shown(self, owner: Resource, app: ContainerApp, item: RevisionRecord) -> dict[str, Any]:
        status = _status(app, item)
        ingress = (owner.properties.get("configuration") or {}).get("ingress") or {}
        active = bool(status["active"])
        return {
            "id": f"{owner.id}/revisions/{item.name}",
            "name": item.name,
            "type": _REVISIONS,
            "properties": {
                "createdTime": item.created,
                "fqdn": ingress.get("fqdn", ""),
                "template": item.template,
                "active": active,
                "replicas": status["replicas"],
                "trafficWeight": status["weight"],
                "healthState": status["health"],
                "provisioningState": "Provisioned" if item.provisioned else "Failed",
                "provisioningError": "" if item.provisioned else item.reason,
                "runningState": _running_state(item, status) if active else "Stopped",
            },
        }

    def _replica(self, call: Call, item: RevisionRecord, shown: dict[str, Any]) -> dict[str, Any]:
        owner = call.resource
        path = f"revisions/{item.name}/replicas/{shown['name']}"
        state = "Running" if shown["ready"] else "NotRunning"
        container = next(iter(item.template.get("containers") or [{}])).get("name", "")
        stream = f"{self.control}{owner.id.scope}/containerApps/{owner.name}/{path}/containers/{container}"
        return {
            "id": f"{owner.id}/{path}",
            "name": shown["name"],
            "type": f"{_REVISIONS}/replicas",
            "properties": {
                "createdTime": item.created,
                "runningState": state,
                "runningStateDetails": shown["reason"],
                "initContainers": [],
                "containers": [
                    {
                        "name": container,
                        "containerId": shown["name"],
                        "ready": shown["ready"],
                        "started": True,
                        "restartCount": shown["restarts"],
                        "runningState": state,
                        "runningStateDetails": shown["reason"],
                        "logStreamEndpoint": f"{stream}/logstream",
                    }
                ],
            },
        }


def _status(app: ContainerApp, item: RevisionRecord) -> dict[str, Any]:
    shown: list[dict[str, Any]] = app.status()["revisions"]
    return next(one for one in shown if one["name"] == item.name)


def _running_state(item: RevisionRecord, status: dict[str, Any]) -> str:
    if not item.provisioned:
        return "Failed"
    if not status["replicas"]:
        return "ScaledToZero"
    return "RunningAtMaxScale" if status["replicas"] == _most(item) else "Running"


def _most(item: RevisionRecord) -> int:
    return int((item.template.get("scale") or {}).get("maxReplicas") or 10)


def _absent(call: Call) -> ArmProblem:
    owner = call.resource
    what = call.rest[3] if len(call.rest) > 3 else call.rest[1] if len(call.rest) > 1 else owner.name  # noqa: PLR2004 - revisions/NAME/replicas/NAME
    message = f"'{what}' was not found in the container app '{owner.name}': it does not run here."
    return ArmProblem(404, "ResourceNotFound", message)

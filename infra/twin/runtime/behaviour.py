"""Container apps in ARM's terms: what is refused, what Azure fills in, what then runs."""

import asyncio
import contextlib
import logging
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from infra.findings.model import Finding
from infra.twin.arm.behaviour import ArmProblem, ArmRequest, Resource, ResourceStore
from infra.twin.arm.families.domains import Domains, verification_id
from infra.twin.arm.ids import ResourceId
from infra.twin.dns import Zone
from infra.twin.network.restrictions import NOT_SHOWN, check_restrictions
from infra.twin.platform import Platform, SecretReference
from infra.twin.runtime.app import ContainerApp
from infra.twin.runtime.console import Console
from infra.twin.runtime.engine import Engine
from infra.twin.runtime.front_door import FrontDoors
from infra.twin.runtime.ingress import Ingress, PortTakenError
from infra.twin.runtime.jobs import Jobs, shown
from infra.twin.runtime.plan import Pace, Surroundings
from infra.twin.runtime.process import ProcessEngine
from infra.twin.runtime.record import AppRecord
from infra.twin.runtime.rules import AppRules
from infra.twin.runtime.spec import fingerprint, read_configuration

APP_TYPE = "Microsoft.App/containerApps"
_log = logging.getLogger(__name__)


class ContainerAppBehaviour:
    """Implement AppRuntime for `Microsoft.App/containerApps`."""

    def __init__(self, platform: Platform, *, engine: Engine | None = None, pace: Pace | None = None) -> None:
        self._platform = platform
        self._engine = engine or _engine(platform)
        self._pace = pace or Pace()
        self._jobs = Jobs(platform, self._engine)
        self._doors = FrontDoors(self.running, platform.report, platform.door)
        self._apps: dict[str, ContainerApp] = {}
        self._ingresses: dict[str, Ingress] = {}
        self._first_port: Ingress | None = None
        self._session: aiohttp.ClientSession | None = None
        self._not_shown: set[str] = set()
        self._resuming: dict[str, asyncio.Task[None]] = {}

    async def open(self, state: ResourceStore) -> None:
        """Reserve the ingress port and start again the apps that the state holds; raise PortTakenError."""
        self._first_port = Ingress(self._platform.ingress_port)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, force_close=True), cookie_jar=aiohttp.DummyCookieJar()
        )
        await self._engine.open()
        await self._doors.open(state)
        # In the background: a pull needs the registry, which the twin starts after this.
        self._resuming = {
            found.name.lower(): asyncio.create_task(self._resume(found)) for found in state.of_type(APP_TYPE)
        }

    async def close(self) -> None:
        """Stop every replica and the ingress; return when nothing is left."""
        for task in self._resuming.values():
            task.cancel()
        await asyncio.gather(*self._resuming.values(), return_exceptions=True)
        await asyncio.gather(self._jobs.close(), *(app.close() for app in self._apps.values()))
        self._apps.clear()
        await self._doors.close()
        for ingress in {*self._ingresses.values(), *filter(None, (self._first_port,))}:
            ingress.release()
        self._ingresses.clear()
        await self._engine.close()
        if self._session is not None:
            await self._session.close()

    def check(self, request: ArmRequest, state: ResourceStore) -> None:
        """Raise ArmProblem when Azure would refuse the app before it starts anything."""
        del state
        AppRules(request).check()
        check_restrictions(request)
        self._check_suffix(request)
        self._domains(request).check(request)

    def complete(self, request: ArmRequest, state: ResourceStore) -> dict[str, Any]:
        """Return what Azure fills in."""
        name = request.id.name
        template: dict[str, Any] = request.properties.get("template") or {}
        record = self._record(name)
        revision = record.name_for(name, template)
        filled: dict[str, Any] = {
            "latestRevisionName": revision,
            "latestRevisionFqdn": "",
            "outboundIpAddresses": ["127.0.0.1"],
            "eventStreamEndpoint": self._event_stream(request),
            "customDomainVerificationId": verification_id(request.id.subscription),
            "workloadProfileName": request.properties.get("workloadProfileName") or "Consumption",
            "runningStatus": "Running",
        }
        properties = request.properties
        environment = properties.get("environmentId") or properties.get("managedEnvironmentId")
        if environment:
            filled |= {"environmentId": environment, "managedEnvironmentId": environment}
        if record.latest_ready is not None:
            filled["latestReadyRevisionName"] = record.latest_ready.name
        if read_configuration(request.properties).ingress is not None:
            host = f"localhost:{self._ingress(name).port}"
            filled["latestRevisionFqdn"] = host
            ingress: dict[str, Any] = {"fqdn": host}
            if (bound := self._domains(request).bound(properties, state)) is not None:
                ingress["customDomains"] = bound
            filled["configuration"] = {"ingress": ingress}
        return filled

    async def after_put(self, resource: Resource, state: ResourceStore) -> None:
        """Bring the app to what the resource says; ArmProblem when its revision does not come up."""
        app = self._app(resource.name)
        self._note(resource)
        await self._end_resuming(app, resource)
        try:
            await app.apply(resource)
        except PortTakenError as error:
            raise _port_taken(resource.name, error) from error
        finally:
            ready = app.record.latest_ready
            if ready is not None:
                with contextlib.suppress(KeyError):
                    state.set_properties(resource.id, {"latestReadyRevisionName": ready.name})
        self._report_no_way_in(resource)

    async def after_delete(self, resource: Resource, state: ResourceStore) -> None:
        """Stop the app and forget it."""
        del state
        app = self._apps.pop(resource.name.lower(), None)
        if app is not None:
            await app.delete()

    def apps(self) -> list[dict[str, Any]]:
        """Return every app with its revisions and replicas."""
        return [app.status() for app in self._apps.values()]

    def logs(self, app: str | None, tail: int) -> list[str]:
        """Return the last lines of one app's console, or of all apps'; KeyError for an unknown name."""
        chosen = [self._apps[app.lower()]] if app else list(self._apps.values())
        return [line for found in chosen for line in found.around.console.tail(tail)]

    def running(self, app: str) -> ContainerApp | None:
        """Return an app that this runtime runs, or None."""
        return self._apps.get(app.lower())

    def front_door_address(self, endpoint: ResourceId) -> str:
        """Return the host of a Front Door's endpoint."""
        return self._doors.address(endpoint)

    async def lead(self, route: Resource, state: ResourceStore) -> None:
        """Open the way of a Front Door's route."""
        await self._doors.lead(route, state)

    async def leave(self, route: Resource) -> None:
        """Close the way of a Front Door's route."""
        await self._doors.leave(route)

    def check_job(self, request: ArmRequest) -> None:
        """Raise ArmProblem when the job's containers, secrets or identities are refused."""
        AppRules(request).check_job()

    def start_job(self, job: Resource) -> dict[str, Any]:
        """Begin one execution of a job; return it as ARM shows it."""
        return shown(job, self._jobs.start(job))

    def job_executions(self, job: Resource) -> list[dict[str, Any]]:
        """Return the executions of a job, the latest first."""
        return [shown(job, one) for one in self._jobs.executions(job.name)]

    def forget_job(self, job: Resource) -> None:
        """Forget a job's executions."""
        self._jobs.forget(job.name)

    def _event_stream(self, request: ArmRequest) -> str:
        scope = request.id.scope.path.rstrip("/")
        return f"{self._platform.control}{scope}/containerApps/{request.id.name}/eventstream"

    def not_shown(self) -> list[str]:
        """Return, as sentences, what this way of running apps cannot show."""
        return [*self._engine.not_shown(), *sorted(self._not_shown)]

    async def _end_resuming(self, app: ContainerApp, resource: Resource) -> None:
        """Let what is just coming back come up if it is what is asked for now, else drop it."""
        task = self._resuming.pop(app.name.lower(), None)
        if task is None:
            return
        if not app.wants(resource):
            task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def _resume(self, resource: Resource) -> None:
        self._note(resource)
        try:
            await self._app(resource.name).resume(resource)
        except ArmProblem as problem:
            _log.warning("app %s did not come up again: %s", resource.name, problem.message)

    def _app(self, name: str) -> ContainerApp:
        key = name.lower()
        if key not in self._apps:
            if self._session is None:
                raise RuntimeError("the runtime is not open")
            console = Console(self._platform.state / "logs" / f"{key}.log")
            around = Surroundings(
                platform=self._platform,
                engine=self._engine,
                session=self._session,
                console=console,
                pace=self._pace,
            )
            self._apps[key] = ContainerApp(name, self._record(name), around, self._ingress(name))
            self._apps[key].front = self._doors.fronts.get(key)
        return self._apps[key]

    def _record(self, name: str) -> AppRecord:
        app = self._apps.get(name.lower())
        return app.record if app else AppRecord.open(self._platform.state / "apps", name.lower())

    def _ingress(self, name: str) -> Ingress:
        """Return the port of an app: the stack's for the first one, a free one for any other."""
        key = name.lower()
        if key not in self._ingresses:
            first, self._first_port = self._first_port, None
            self._ingresses[key] = first or Ingress()
        return self._ingresses[key]

    def _domains(self, request: ArmRequest) -> Domains:
        return Domains(Zone.of(self._platform.state), request.id.subscription)

    def _check_suffix(self, request: ArmRequest) -> None:
        template: dict[str, Any] = request.properties.get("template") or {}
        suffix = template.get("revisionSuffix")
        known = self._record(request.id.name).named(f"{request.id.name}--{suffix}") if suffix else None
        if known is None or fingerprint(known.template) == fingerprint(template):
            return
        message = (
            "The following field(s) are either invalid or missing. Field 'template.revisionsuffix' is "
            "invalid with "
            f"details: 'Invalid value: \"{suffix}\": revision with suffix {suffix} already exists.';."
        )
        fix = "Leave template.revisionSuffix out, or change it with every change of the template."
        finding = Finding(code="ST002", resource=request.id.name, message=message, fix=fix)
        raise ArmProblem(400, "InvalidParameterValueInContainerTemplate", message, finding=finding)

    def _note(self, resource: Resource) -> None:
        """Remember what this app asks for and the twin does not rehearse."""
        containers = (resource.properties.get("template") or {}).get("containers") or []
        for item in containers[1:]:
            self._not_shown.add(f"container {item.get('name')}: only the first container of an app is run")
        configuration = read_configuration(resource.properties)
        if configuration.ingress is not None and configuration.ingress.restrictions:
            self._not_shown.add(NOT_SHOWN)
        for reference in configuration.references:
            self._not_shown.add(self._unshown_of(reference))

    def _unshown_of(self, reference: SecretReference) -> str:
        source = self._platform.secrets
        if source is None or not source.knows(reference):
            where = urlsplit(reference.url).netloc
            return (
                f"secret {reference.name}: its reference to {where}, no vault of the twin, was not resolved"
            )
        within = f"{self._pace.rotation:g} s"
        return f"secrets: a new version is taken up within {within}, in Azure within 30 minutes"

    def _report_no_way_in(self, resource: Resource) -> None:
        ingress = read_configuration(resource.properties).ingress
        if ingress is not None and ingress.external:
            return
        how = "is off" if ingress is None else "is internal to the environment (external: false)"
        self._platform.report(
            Finding(
                code="ST010",
                resource=resource.name,
                message=f"Ingress of container app '{resource.name}' {how}. Azure accepts that: the app runs "
                "and has no URL that anyone outside could reach, so nothing can be verified.",
                fix="Declare configuration.ingress with external: true and the app's port as targetPort.",
            )
        )


def _port_taken(app: str, error: PortTakenError) -> ArmProblem:
    fix = "Stop the program that listens there, or choose another port with --port."
    finding = Finding(code="ST016", resource=app, message=error.text, fix=fix)
    return ArmProblem(409, "PortInUse", error.text, target=app, finding=finding)


def _engine(platform: Platform) -> Engine:
    if platform.mode == "docker":
        from infra.twin.runtime.docker_engine import DockerEngine  # noqa: PLC0415 - process mode needs no Docker SDK

        return DockerEngine(platform)
    return ProcessEngine(platform.app_command, platform.app_cwd, platform.state)

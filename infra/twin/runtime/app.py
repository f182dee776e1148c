"""One container app: its revisions, which of them get traffic, and its way in."""

import asyncio
import random
from dataclasses import replace
from typing import Any

from infra.twin.arm.behaviour import ArmProblem, Resource
from infra.twin.network.restrictions import admitted
from infra.twin.platform import PulledImage
from infra.twin.runtime.console import Console
from infra.twin.runtime.diagnosis import provisioning_problem
from infra.twin.runtime.engine import EngineError
from infra.twin.runtime.failure import Failure, StartFailedError
from infra.twin.runtime.ingress import Ingress
from infra.twin.runtime.plan import Plan, Surroundings
from infra.twin.runtime.probes import is_open
from infra.twin.runtime.record import AppRecord, RevisionRecord
from infra.twin.runtime.revision import Revision
from infra.twin.runtime.secrets import References
from infra.twin.runtime.spec import ConfigurationSpec, read_configuration, read_template

_LABEL_MARK = "---"


class ContainerApp:
    """Bring one app to what its resource says, and keep it there."""

    def __init__(self, name: str, record: AppRecord, around: Surroundings, ingress: Ingress) -> None:
        self.name = name
        self.record = record
        self.around = around
        self.ingress = ingress
        self._configuration = ConfigurationSpec()
        self._revisions: dict[str, Revision] = {}
        self._settling = asyncio.Lock()
        self._references = References(
            app=name,
            source=around.platform.secrets,
            say=lambda text: around.console.line(f"system: {text}"),
        )
        self._rotation: asyncio.Task[None] | None = None
        self.front: str | None = None
        """The address of a Front Door that leads here, which people use instead of the app's own."""

    @property
    def url(self) -> str | None:
        """Return the address of the app, or None while it has no way in."""
        own = f"http://localhost:{self.ingress.port}" if self.ingress.is_open else None
        return self.front or own

    def status(self) -> dict[str, Any]:
        """Return the app with every revision that is remembered, the latest first."""
        weights = self._weights()
        shown = [self._shown(item, weights.get(item.name, 0)) for item in reversed(self.record.revisions)]
        return {"name": self.name, "url": self.url, "revisions": shown}

    def _shown(self, item: RevisionRecord, weight: int) -> dict[str, Any]:
        live = self._revisions.get(item.name)
        if live is not None:
            return live.status(weight)
        return {
            "name": item.name,
            "active": item.active,
            "weight": weight,
            "replicas": 0,
            "health": "None",
            "reason": item.reason,
        }

    async def apply(self, resource: Resource) -> None:
        """Make the resource true; raise ArmProblem when its new revision does not come up."""
        async with self._settling:
            configuration = read_configuration(resource.properties)
            self._configuration, changed = await self._references.resolve(configuration)
            await self._set_ingress(resource.id.path)
            template: dict[str, Any] = resource.properties.get("template") or {}
            name = self.record.name_for(self.name, template)
            known = self.record.named(name)
            stopped = known is not None and known.stopped
            fresh = None if stopped or name in self._revisions else name
            if fresh is not None:
                await self._roll_out(name, template, resource)
            elif not stopped:
                await self._recheck(self._revisions[name])
            await self._retire()
            await self._restart_with(changed, besides=fresh)
            self._follow_secrets()

    async def resume(self, resource: Resource) -> None:
        """Start again, after a restart of the twin, the revisions that served before it."""
        async with self._settling:
            configuration = read_configuration(resource.properties)
            self._configuration, _ = await self._references.resolve(configuration)
            wanted = self.record.name_for(self.name, resource.properties.get("template") or {})
            for item in self._served():
                if item.name != wanted:
                    body = {**resource.properties, "template": item.template}
                    await self._provision(item, resource, body)
        await self.apply(resource)

    def _served(self) -> list[RevisionRecord]:
        """Return the revisions to bring back; a killed twin may have left more marked than served."""
        active = [item for item in self.record.revisions if item.active]
        ready = self.record.latest_ready
        return active if self._configuration.multiple else [item for item in active if item is ready]

    async def activate(self, name: str, resource: Resource) -> None:
        """Start a revision again; KeyError for an unknown name, ArmProblem when it does not come up."""
        async with self._settling:
            item = self._item(name)
            if item.name not in self._revisions:
                await self._provision(item, resource, {**resource.properties, "template": item.template})
                item.stopped = False
                self.record.save()

    async def deactivate(self, name: str) -> None:
        """Stop a revision until it is activated; KeyError for an unknown name."""
        async with self._settling:
            item = self._item(name)
            item.active, item.stopped, item.reason = False, True, "deactivated"
            if (live := self._revisions.pop(item.name, None)) is not None:
                await live.deactivate(item.reason)
            self.record.save()

    async def restart(self, name: str) -> None:
        """Replace a revision's replicas; KeyError when it does not run, ArmProblem when none comes up."""
        async with self._settling:
            try:
                await self._revisions[self._item(name).name].restart()
            except StartFailedError as error:
                raise provisioning_problem(self.name, error.failure) from error

    def console_of(self, revision: str, replica: str) -> Console | None:
        """Return what a replica prints, or None when it does not run."""
        live = self._revisions.get(revision)
        found = live.replica(replica) if live else None
        return found.console if found else None

    def _item(self, name: str) -> RevisionRecord:
        found = self.record.named(name)
        if found is None:
            raise KeyError(name)
        return found

    def wants(self, resource: Resource) -> bool:
        """Say whether the resource asks for the revision that is the latest already."""
        latest = self.record.latest
        template: dict[str, Any] = resource.properties.get("template") or {}
        return latest is not None and latest.name == self.record.name_for(self.name, template)

    async def close(self) -> None:
        """Stop everything; the record stays, so that a later twin resumes."""
        await self._stop_following()
        await self.ingress.close()
        await asyncio.gather(
            *(revision.deactivate("the twin stopped") for revision in self._revisions.values())
        )
        self._revisions.clear()

    async def delete(self) -> None:
        """Stop everything and forget the app."""
        async with self._settling:
            await self.close()
            self.record.forget()

    def route(self, host: str) -> Revision | None:
        """Return the revision that a request goes to: by label in its host, else by weight."""
        label = host.split(".", maxsplit=1)[0].partition(_LABEL_MARK)[2].split(":", maxsplit=1)[0]
        if label:
            return self._labelled(label)
        weights = {
            name: weight for name, weight in self._weights().items() if weight and name in self._revisions
        }
        names = [name for name in weights if self._revisions[name].active]
        if not names:
            return None
        chosen = random.choices(names, [weights[name] for name in names])[0]  # noqa: S311 - a share of traffic, no secret
        return self._revisions[chosen]

    def _admits(self, address: str | None) -> bool:
        ingress = self._configuration.ingress
        return ingress is None or admitted(ingress.restrictions, address)

    def _labelled(self, label: str) -> Revision | None:
        ingress = self._configuration.ingress
        for entry in ingress.traffic if ingress else ():
            if entry.label == label:
                return self._revisions.get(self._target(entry.revision) or "")
        return None

    def _target(self, revision: str | None) -> str | None:
        ready = self.record.latest_ready
        return revision or (ready.name if ready else None)

    def _weights(self) -> dict[str, int]:
        """Return each revision's share; all of it is the last ready one's when nothing else is said."""
        ingress = self._configuration.ingress
        traffic = ingress.traffic if ingress and self._configuration.multiple else ()
        weights: dict[str, int] = {}
        for entry in traffic:
            if (name := self._target(entry.revision)) is not None:
                weights[name] = weights.get(name, 0) + entry.weight
        if not traffic and (ready := self.record.latest_ready) is not None:
            weights[ready.name] = 100
        return weights

    async def _set_ingress(self, resource_id: str) -> None:
        ingress = self._configuration.ingress
        if ingress is not None and ingress.external:
            await self.ingress.open(self, self._admits, self.around.platform.door(resource_id))
        else:
            await self.ingress.close()
        for revision in self._revisions.values():
            revision.plan = replace(revision.plan, configuration=self._configuration)

    async def _roll_out(self, name: str, template: dict[str, Any], resource: Resource) -> None:
        item = self.record.named(name) or self.record.add(name, template)
        self.record.save()
        try:
            await self._provision(item, resource, resource.properties)
        except ArmProblem as problem:
            item.reason = problem.message
            self.around.console.line(f"system: {problem.message}")
            raise
        finally:
            self.record.save()

    async def _provision(self, item: RevisionRecord, resource: Resource, properties: dict[str, Any]) -> None:
        template = read_template(properties)
        image = await self._pull(template.main.image, template.main.name)
        await self.around.engine.fetch(template.main, image)
        plan = Plan(
            app=self.name,
            revision=item.name,
            template=template,
            configuration=self._configuration,
            image=image,
            identities=resource.identity_ids,
        )
        revision = Revision(plan, self.around)
        try:
            await revision.provision()
            await self._check_target(revision)
        except StartFailedError as error:
            await revision.deactivate(str(error))
            raise provisioning_problem(self.name, error.failure) from error
        except BaseException:
            await revision.deactivate("not started")
            raise
        self._revisions[item.name] = revision
        item.provisioned = item.active = True
        item.reason = ""

    async def _pull(self, image: str, container: str) -> PulledImage:
        try:
            return await self.around.platform.registry.pull(image, self._configuration.identity_for(image))
        except EngineError as error:
            failure = Failure(kind="engine", container=container, detail=str(error))
            raise provisioning_problem(self.name, failure) from error

    async def _check_target(self, revision: Revision) -> None:
        """Refuse a revision to which ingress could send nothing."""
        replica = await revision.acquire() if self._configuration.ingress else None
        running = replica.running if replica else None
        if running is None or await is_open(running, revision.plan.target_port):
            return
        raise StartFailedError(
            Failure(
                kind="target",
                container=revision.plan.container.name,
                port=revision.plan.target_port,
                listeners=tuple(await running.listeners()),
            )
        )

    def _follow_secrets(self) -> None:
        if self._rotation is None and any(not one.versioned for one in self._configuration.references):
            self._rotation = asyncio.create_task(self._rotate())

    async def _stop_following(self) -> None:
        task, self._rotation = self._rotation, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _rotate(self) -> None:
        """Take up new versions of secrets, and restart the replicas that have the old value."""
        while True:
            await asyncio.sleep(self.around.pace.rotation)
            async with self._settling:
                found, changed = await self._references.renew(self._configuration)
                if changed:
                    self._configuration = found
                    await self._restart_with(changed)

    async def _restart_with(self, changed: frozenset[str], besides: str | None = None) -> None:
        """Restart the revisions that use one of these secrets; `besides` names one that has just started."""
        for revision in list(self._revisions.values()):
            revision.plan = replace(revision.plan, configuration=self._configuration)
            used = {secret for _, secret in revision.plan.container.secret_env}
            if not used & changed or not revision.running or revision.name == besides:
                continue
            names = ", ".join(sorted(used & changed))
            self.around.console.line(f"system: {revision.name}: secret {names} has a new version, restarting")
            try:
                await revision.restart()
            except StartFailedError as error:
                self.around.console.line(f"system: {revision.name}: kept the old replicas: {error}")

    async def _recheck(self, revision: Revision) -> None:
        """Refuse a change of ingress alone that would send requests to a closed port."""
        try:
            await self._check_target(revision)
        except StartFailedError as error:
            raise provisioning_problem(self.name, error.failure) from error

    async def _retire(self) -> None:
        """Stop what no longer serves: in single mode everything but the last ready revision."""
        ready = self.record.latest_ready
        if self._configuration.multiple or ready is None:
            return
        for name in [name for name in self._revisions if name != ready.name]:
            await self._revisions.pop(name).deactivate("replaced by a newer revision")
        left = [item for item in self.record.revisions if item.active and item is not ready]
        for item in left:
            item.active, item.reason = False, "replaced by a newer revision"
        if left:
            self.record.save()

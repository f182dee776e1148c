"""Which image runs: a digest that was promoted, or the one that this source makes."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import pulumi

from infra.components.registry import Registry
from infra.image.context import context_hash, predicted
from infra.options.app import ImageConfig
from infra.project import Project


@dataclass(frozen=True)
class _Place:
    """Say where an image will be, as far as a preview knows: `server` is empty while it has no name."""

    server: str
    answers: bool

    def of(self, repository: str) -> str:
        return f"{self.server}/{repository}" if self.server else repository


def reference(project: Project, registry: Registry, config: ImageConfig) -> pulumi.Output[str]:
    """Return the image's reference, the same in a preview and in the update that follows it.

    A configured digest is taken as it is, copied from `image.source` where one is named. Otherwise the
    content names the image; an update builds what the registry lacks, a preview builds nothing and tells the
    digest of what the registry holds (docs/adr/0003 tells why this lies in the program).
    """
    if pulumi.runtime.is_dry_run():
        return _place(registry).apply(lambda place: _foreseen(project, place, config))
    return registry.login_server.apply(lambda server: _deployed(project, server, config))


def _place(registry: Registry) -> pulumi.Output[_Place]:
    """Return where the image will be; an address that a preview knows is a registry that is there."""

    def named(name: object) -> _Place:
        return _Place("" if pulumi.contains_unknowns(name) else f"{name}.azurecr.io", answers=False)

    def seen(server: str) -> pulumi.Input[_Place]:
        if pulumi.contains_unknowns(server):
            return registry.name.apply(named, run_with_unknowns=True)
        return _Place(server, answers=True)

    return registry.login_server.apply(seen, run_with_unknowns=True)


async def _foreseen(project: Project, place: _Place, config: ImageConfig) -> str:
    if config.digest is not None:
        return f"{place.of(config.repository)}@{config.digest}"
    if not place.answers:
        return predicted(place.of(config.repository), context_hash(project, config.platform))
    from infra.image.publish import foresee  # noqa: PLC0415 - azure-identity, 0.7 s that others do without

    return await asyncio.to_thread(
        foresee, project, place.server, config.repository, config.platform, on_silence=_teller()
    )


async def _deployed(project: Project, server: str, config: ImageConfig) -> str:
    if config.digest is None:
        from infra.image.publish import publish  # noqa: PLC0415 - as above

        return await asyncio.to_thread(
            publish, project, server, config.repository, config.platform, on_build=_teller()
        )
    if config.source is None:
        return f"{server}/{config.repository}@{config.digest}"
    from infra.image.transfer import promote  # noqa: PLC0415 - as above

    return await asyncio.to_thread(promote, server, config.repository, config.digest, config.source)


def _teller() -> Callable[[str], None]:
    """Return what another thread tells Pulumi's log with."""
    loop = asyncio.get_running_loop()

    def tell(message: str) -> None:
        loop.call_soon_threadsafe(pulumi.log.info, message)

    return tell

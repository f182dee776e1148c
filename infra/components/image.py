"""Which image runs: a digest that was promoted, or the one that this source makes."""

import asyncio

import pulumi

from infra.image.context import context_hash, predicted
from infra.options.app import ImageConfig
from infra.project import Project


def reference(project: Project, login_server: pulumi.Output[str], config: ImageConfig) -> pulumi.Output[str]:
    """Return the image's reference.

    A configured digest is taken as it is, copied from `image.source` where one is named. A preview predicts
    the reference and builds nothing; an update looks in the registry and builds only what is missing
    (docs/adr tells why this lies in the program).
    """
    if config.digest is not None and config.source is not None and not pulumi.runtime.is_dry_run():
        return login_server.apply(lambda server: _promoted(server, config))
    if config.digest is not None:
        return pulumi.Output.concat(login_server, "/", config.repository, "@", config.digest)
    if pulumi.runtime.is_dry_run():
        content = context_hash(project, config.platform)
        return login_server.apply(lambda server: predicted(server, config.repository, content))
    return login_server.apply(lambda server: _published(project, server, config))


async def _published(project: Project, server: str, config: ImageConfig) -> str:
    from infra.image.publish import publish  # noqa: PLC0415 - 0.7 s of azure-identity that a preview can do without

    loop = asyncio.get_running_loop()

    def tell(message: str) -> None:
        loop.call_soon_threadsafe(pulumi.log.info, message)

    return await asyncio.to_thread(
        publish, project, server, config.repository, config.platform, on_build=tell
    )


async def _promoted(server: str, config: ImageConfig) -> str:
    from infra.image.transfer import promote  # noqa: PLC0415 - as above

    return await asyncio.to_thread(promote, server, config.repository, str(config.digest), str(config.source))

"""Have the image of this source in a registry: look first, build only what is missing."""

from collections.abc import Callable

from azure.core.exceptions import ClientAuthenticationError
from azure.identity import DefaultAzureCredential

from infra.image.build import build_and_push
from infra.image.context import BuildContext, predicted, tag
from infra.image.errors import RegistryError
from infra.image.registry import TOKEN_SCOPE, Registry
from infra.project import Project


def signed_in_token() -> str:
    """Return an Entra token of whoever runs the program, for registries."""
    with DefaultAzureCredential() as credential:
        return credential.get_token(TOKEN_SCOPE).token


def publish(
    project: Project,
    login_server: str,
    repository: str,
    platform: str,
    *,
    token: Callable[[], str] = signed_in_token,
    on_build: Callable[[str], None] = lambda _: None,
) -> str:
    """Return `login_server/repository:src-…@sha256:…` of this source, built and pushed if it is not there.

    `on_build` hears one sentence before a build begins. Raises ImageError with what to do next.
    """
    context = BuildContext.of(project, platform)
    content = context.digest()
    reference = predicted(f"{login_server}/{repository}", content)
    registry = Registry.login(login_server, token())
    digest = registry.find(repository, tag(content))
    if digest is None:
        on_build(f"building {reference} ({platform}) from {context.base}: the registry has no such content")
        digest = build_and_push(context, reference, registry)
    return f"{reference}@{digest}"


def foresee(
    project: Project,
    login_server: str,
    repository: str,
    platform: str,
    *,
    token: Callable[[], str] = signed_in_token,
    on_silence: Callable[[str], None] = lambda _: None,
) -> str:
    """Return what `publish` will return as far as it can be told now; builds nothing, needs no Docker.

    The digest of content that is still to be built is left out. `on_silence` hears why a registry was not
    asked; its content then goes without a digest too.
    """
    content = BuildContext.of(project, platform).digest()
    reference = predicted(f"{login_server}/{repository}", content)
    try:
        digest = Registry.login(login_server, token()).find(repository, tag(content))
    except (RegistryError, ClientAuthenticationError) as error:
        reason = str(error).partition("\n")[0]
        on_silence(f"{reference} is told without its digest: {reason}")
        return reference
    return reference if digest is None else f"{reference}@{digest}"

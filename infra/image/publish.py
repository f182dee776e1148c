"""Have the image of this source in a registry: look first, build only what is missing."""

from collections.abc import Callable

from azure.identity import DefaultAzureCredential

from infra.image.build import build_and_push
from infra.image.context import BuildContext, predicted, tag
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
    """Return `login_server/repository@sha256:…` of this source, building and pushing it if it is not there.

    `on_build` hears one sentence before a build begins. Raises ImageError with what to do next.
    """
    context = BuildContext.of(project, platform)
    content = context.digest()
    registry = Registry.login(login_server, token())
    digest = registry.find(repository, tag(content))
    if digest is None:
        reference = predicted(login_server, repository, content)
        on_build(f"building {reference} ({platform}) from {context.base}: the registry has no such content")
        digest = build_and_push(context, reference, registry)
    return f"{login_server}/{repository}@{digest}"

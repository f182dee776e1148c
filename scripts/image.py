"""`seatrial image`: the content that names an image, and building it."""

from typing import Annotated

import typer

from infra.image.context import context_hash
from infra.image.publish import publish
from scripts.options import JsonFlag, ProjectFolder, project_of
from scripts.output import emit, note

group = typer.Typer(help="The app's image.", no_args_is_help=True, rich_markup_mode=None)

Platform = Annotated[str, typer.Option("--platform", help="What the image runs on.")]


@group.command("hash")
def content_hash(
    platform: Platform = "linux/amd64", *, as_json: JsonFlag = False, project: ProjectFolder = None
) -> None:
    """Print the hash over everything that the image is made of."""
    digest = context_hash(project_of(project), platform)
    if as_json:
        emit({"hash": digest, "platform": platform})
    else:
        typer.echo(digest)


@group.command("build")
def build(
    registry: Annotated[str, typer.Option("--registry", help="Login server, such as myacr.azurecr.io.")],
    repository: Annotated[str, typer.Option("--repository", help="Name of the image in it.")] = "seatrial",
    platform: Platform = "linux/amd64",
    *,
    as_json: JsonFlag = False,
    project: ProjectFolder = None,
) -> None:
    """Have the image of this source in a registry; builds and pushes only what is missing."""
    note(f"looking for this content in {registry}/{repository}")
    reference = publish(project_of(project), registry, repository, platform)
    if as_json:
        emit({"image": reference, "platform": platform})
    else:
        typer.echo(reference)


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.add_typer(group, name="image")

"""`seatrial promote STACK`: deploy an image in Azure, prove it, roll back when the proof says no."""

from typing import TYPE_CHECKING, Annotated

import typer

from infra.release.engine import Engine
from infra.release.promotion import Image, Order, image_of
from scripts.errors import usage
from scripts.options import JsonFlag, ProjectFolder, project_of, require_stack
from scripts.release import (
    OutputsFile,
    SummaryFile,
    Tokens,
    carry_out,
    digest_of,
    own_key,
)

if TYPE_CHECKING:
    from infra.project import Project


def command(
    stack: Annotated[str, typer.Argument(help="The stack to deploy to.")],
    origin: Annotated[
        str | None,
        typer.Option("--from", help="The stack whose image to take; without it, this source's."),
    ] = None,
    digest: Annotated[
        str | None, typer.Option("--digest", help="The digest to deploy: sha256:... of --from's registry.")
    ] = None,
    token: Tokens = None,
    *,
    outputs: OutputsFile = None,
    summary: SummaryFile = None,
    as_json: JsonFlag = False,
    project: ProjectFolder = None,
) -> None:
    """Run `pulumi up` with one image, verify the app, and put the previous one back when a check says no."""
    found = project_of(project)
    require_stack(found, stack)
    engine = Engine(found)
    order = Order(
        stack=stack,
        image=_image(engine, found, origin, digest_of(digest) if digest else None),
        overrides=own_key(found, stack),
    )
    carry_out(engine, order, token, outputs=outputs, summary=summary, as_json=as_json)


def _image(engine: Engine, project: "Project", origin: str | None, digest: str | None) -> Image | None:
    if origin is None:
        return Image(digest=digest) if digest else None
    if require_stack(project, origin) and digest is None:
        return image_of(engine, origin)
    registry = engine.outputs(origin).get("registry")
    if registry is None:
        usage(f"stack {origin!r} has no output 'registry' to copy {digest} from; deploy it first")
    return Image(digest=str(digest), source=str(registry))


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("promote")(command)

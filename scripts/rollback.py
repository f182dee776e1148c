"""`seatrial rollback STACK`: put the image back that a stack in Azure ran before."""

from typing import Annotated

import typer

from infra.release.engine import Engine
from infra.release.promotion import Image, Order
from infra.release.rollback import previous_digest, rollback_message
from scripts.options import JsonFlag, ProjectFolder, project_of, require_stack
from scripts.output import note
from scripts.release import OutputsFile, SummaryFile, Tokens, carry_out, digest_of, own_key


def command(
    stack: Annotated[str, typer.Argument(help="The stack to take back.")],
    to: Annotated[
        str | None, typer.Option("--to", help="The digest to go back to; without it, the one before this.")
    ] = None,
    token: Tokens = None,
    outputs: OutputsFile = None,
    summary: SummaryFile = None,
    *,
    as_json: JsonFlag = False,
    project: ProjectFolder = None,
) -> None:
    """Deploy the digest that the stack's history names before the present one, and verify it."""
    found = project_of(project)
    require_stack(found, stack)
    engine = Engine(found)
    digest = digest_of(to, "--to") if to else previous_digest(engine, stack)
    note(f"{stack}: back to {digest}")
    order = Order(
        stack=stack,
        image=Image(digest=digest),
        overrides=own_key(found, stack),
        message=rollback_message(engine, stack, digest),
    )
    carry_out(engine, order, token, outputs=outputs, summary=summary, as_json=as_json)


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("rollback")(command)

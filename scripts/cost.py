"""`seatrial cost`: what a month of a stack costs, before it exists, and what a change does to it."""

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from scripts.cost_request import Request, refuse
from scripts.options import JsonFlag, ProjectFolder, project_of

# A part's module is loaded when the part is used: a price must not wait for what a refresh needs.
PARTS = {
    "explain": "Show where a line's number comes from.",
    "models": "Price the same use with every model of the table.",
    "refresh": "Read new prices from the Azure Retail Prices API.",
    "collect": "Write a usage file from a deployment's own counts.",
}

Text = str | None
FileOption = Path | None


def price(
    context: typer.Context,
    *,
    stack: Annotated[Text, typer.Option("--stack", help="The stack to price.")] = None,
    plan: Annotated[
        FileOption,
        typer.Option("--plan", help="A file of `pulumi preview --json --show-sames`; - is standard input."),
    ] = None,
    override: Annotated[
        list[str] | None,
        typer.Option("--set", help="KEY=VALUE of the stack file, such as app.minReplicas=2 or scale.min=2."),
    ] = None,
    model: Annotated[Text, typer.Option("--model", help="Another model, such as gpt-4o-mini.")] = None,
    usage: Annotated[FileOption, typer.Option("--usage", help="A usage file of your own.")] = None,
    compare: Annotated[Text, typer.Option("--compare", help="Show the difference against a stack.")] = None,
    against: Annotated[
        Text, typer.Option("--against", help="... against a git revision, such as origin/main.")
    ] = None,
    baseline: Annotated[
        FileOption, typer.Option("--baseline", help="... against a report that --json wrote.")
    ] = None,
    fail_above: Annotated[
        Text, typer.Option("--fail-above", help="Exit 3 when the expected month costs more than this.")
    ] = None,
    fail_increase: Annotated[
        Text, typer.Option("--fail-increase", help="Exit 3 when it grows by more: an amount, or 10%.")
    ] = None,
    comment: Annotated[
        FileOption, typer.Option("--comment", help="Write the text of a pull request's comment.")
    ] = None,
    chart: Annotated[
        FileOption, typer.Option("--chart", help="Draw where the money goes: a file .svg or .png.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Price every stack.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 3 when a cost is not known.")] = False,
    free_grants: Annotated[
        bool,
        typer.Option(
            "--free-grants", help="Take off what Azure gives a subscription free, once for all stacks."
        ),
    ] = False,
    write_budget: Annotated[
        bool,
        typer.Option("--write-budget", help="Write the expected month, up to the next ten, as the budget."),
    ] = False,
    as_json: JsonFlag = False,
    project: ProjectFolder = None,
) -> None:
    """Price a month of a stack: idle, expected, busy. Needs no account; prices are dated and sourced."""
    request = Request(
        stack=stack,
        every=every,
        plan=plan,
        overrides=tuple(override or ()),
        model=model,
        usage=usage,
        compare=compare,
        against=against,
        baseline=baseline,
        fail_above=fail_above,
        fail_increase=fail_increase,
        comment=comment,
        chart=chart,
        markdown=markdown,
        strict=strict,
        free_grants=free_grants,
        write_budget=write_budget,
        as_json=as_json,
    )
    if context.invoked_subcommand is not None:
        request.require_nothing(context.invoked_subcommand)
        return
    refuse(request)
    # Looking through every installed package for plugins of pydantic takes a tenth of a kept price.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    import_module("scripts.cost_price").answer(project_of(project), request)


def _not_loaded() -> None:
    """Stand in a help text for a part that is not the one in use."""


def register(app: typer.Typer) -> None:
    """Add the verb to the command line, with the part that is in use."""
    group = typer.Typer(
        help="Price stacks before they exist.", rich_markup_mode=None, invoke_without_command=True
    )
    group.callback()(price)
    typed = sys.argv[1:2] == ["cost"]
    for name, summary in PARTS.items():
        if name in sys.argv[2:] or not typed:
            import_module(f"scripts.cost_{name}").register(group)
        else:
            group.command(name, help=summary)(_not_loaded)
    app.add_typer(group, name="cost")

"""`seatrial explain CODE`: what a finding means in Azure, why it happens, what helps."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.padding import Padding
from rich.text import Text

from infra.policy.explanations import explain, explanations
from scripts.options import JsonFlag
from scripts.output import emit, result

if TYPE_CHECKING:
    from infra.findings.catalogue import Explanation


def command(
    code: Annotated[
        str | None, typer.Argument(help="A finding's code, such as ST005; without it, all.")
    ] = None,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Explain a finding: its meaning in Azure, its causes, its fixes, links."""
    if code is None:
        entries = list(explanations().values())
        _list(entries) if not as_json else emit([entry.model_dump(mode="json") for entry in entries])
        return
    entry = explain(code)
    _show(entry) if not as_json else emit(entry.model_dump(mode="json"))


def _list(entries: "list[Explanation]") -> None:

    for entry in entries:
        result().print(f"{entry.code}  {entry.title}")


def _show(entry: "Explanation") -> None:

    console = result()
    console.print(Text(f"{entry.code}: {entry.title}", style="bold"))
    console.print(Padding(Text(entry.meaning), (0, 2)))
    for title, lines in (("Causes", entry.causes), ("What helps", entry.fixes)):
        console.print(Text(title, style="bold"))
        for line in lines:
            console.print(Padding(Text(f"- {line}"), (0, 2)))
    for link in entry.links:
        console.print(Text(str(link), style="underline"), soft_wrap=True)


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("explain")(command)

"""The `seatrial` command: its verbs, and the one place that turns errors into words."""

import atexit
import gc
import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module

import typer

from scripts.errors import FAILED, explained

TRACE_VARIABLE = "SHOW_TRACE"

# A verb's module is loaded when the verb is used: help must not wait for what only one verb needs.
VERBS = {
    "up": "Deploy a stack onto the local twin of Azure, prove it, price it.",
    "rehearse": "Up, verify, price, down.",
    "down": "Stop what `up` left running.",
    "status": "Show what runs, where, since when.",
    "logs": "Print what a rehearsed app wrote.",
    "open": "Open the chat page of a rehearsed stack.",
    "verify": "Prove a running app at a URL.",
    "cost": "Price stacks before they exist.",
    "doctor": "Say what would stop the first deployment.",
    "bootstrap": "Make state, key and identity for a repository's deployments.",
    "policy": "Hold stacks against the policies.",
    "explain": "Explain a finding's code.",
    "token": "Sign a token for a user.",
    "goal": "Look goal files over.",
    "image": "Name or build the app's image.",
    "preview": "Say what an update would change in Azure.",
    "promote": "Deploy an image to Azure, prove it, take it back when the proof says no.",
    "rollback": "Put the image back that ran before.",
    "drift": "Compare what runs in Azure with the program.",
    "comment": "Tell the results of a pull request, or drift, in one place.",
    "secret": "Set and list the secrets of a stack, in its vault.",
    "import-threads": "Bring over the threads of langchain-azure-cosmosdb's saver.",
}
MODULES = {"import-threads": "import_threads", "open": "open_page", "token": "tokens"}


def assemble(verbs: Sequence[str]) -> typer.Typer:
    """Return the command line with these verbs loaded, and of the others the names alone."""
    app = typer.Typer(
        name="seatrial",
        help="Rehearse, price and prove an agent app on Azure before and after it ships.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        # Plain help: loading rich would cost a third of the start.
        rich_markup_mode=None,
    )
    for name, summary in VERBS.items():
        if name in verbs:
            import_module(f"scripts.{MODULES.get(name, name)}").register(app)
        else:
            app.command(name, help=summary)(_not_loaded)
    return app


def main() -> None:
    """Run the command line; every foreseen error ends in a sentence and one of four exit codes."""
    _collect_rarely()
    try:
        assemble(sys.argv[1:2])()
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  # the one place that speaks to the user
        sys.exit(_report(error))


def _collect_rarely() -> None:
    """Look for garbage seldom, and not at the end: what a command loads lives as long as the command."""
    gc.set_threshold(100_000)
    atexit.register(gc.freeze)


def _not_loaded() -> None:
    """Stand in a help text for a verb that is not the one in use."""


def _report(error: BaseException) -> int:
    if os.environ.get(TRACE_VARIABLE):
        traceback.print_exception(error)
    lines, code = explained(error) or (_defect(error), FAILED)
    for line in lines:
        sys.stderr.write(f"seatrial: {line}\n")
    return code


def _defect(error: BaseException) -> list[str]:
    name = type(error).__name__
    return [f"a defect of seatrial: {name}: {error}", f"Set {TRACE_VARIABLE}=1 to see where it happened."]

"""`seatrial comment`: one comment on a pull request, or one issue on drift, out of the jobs' reports."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra.release.comment import TAG, preview_comment
from infra.release.drift import TAG as DRIFT_TAG
from infra.release.drift import drift_text, drift_title
from infra.release.errors import GitHubError
from infra.release.files import read_drift, read_results
from infra.release.github import API, GitHub, client
from infra.release.markdown import code
from scripts.errors import usage
from scripts.options import JsonFlag
from scripts.output import emit, note

if TYPE_CHECKING:
    from collections.abc import Callable

NOT_ALLOWED = (401, 403, 404)


def command(
    reports: Annotated[Path, typer.Option("--reports", help="The folder with the jobs' reports.")],
    pull_request: Annotated[
        int | None, typer.Option("--pull-request", min=1, help="Write the comment of this pull request.")
    ] = None,
    repository: Annotated[
        str | None, typer.Option("--repository", envvar="GITHUB_REPOSITORY", help="OWNER/NAME on GitHub.")
    ] = None,
    summary: Annotated[
        Path | None,
        typer.Option("--summary", envvar="GITHUB_STEP_SUMMARY", help="Append the text to this file too."),
    ] = None,
    *,
    commit: Annotated[
        str | None, typer.Option("--commit", envvar="GITHUB_SHA", help="The commit that was looked at.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write the text to this file.")] = None,
    drift: Annotated[
        bool, typer.Option("--drift", help="Tell drift, out of drift.STACK.json, instead of a preview.")
    ] = False,
    issue: Annotated[
        bool, typer.Option("--issue", help="With --drift: keep one issue open while there is any.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Render rehearsals, price and plans as one text; GITHUB_TOKEN posts it, renewed in place.

    A token that may not comment, such as a fork's, is no error: the text is in the summary.
    """
    _refuse(drift=drift, issue=issue, pull_request=pull_request, repository=repository)
    end = footer(commit)
    title, text = _drift(reports, end) if drift else (None, preview_comment(read_results(reports), end))
    for path, mode in ((summary, "a"), (out, "w")):
        if path is not None:
            with path.open(mode, encoding="utf-8") as file:
                file.write(text)
    kept = None
    if pull_request is not None:
        kept = _posted(repository, lambda github: github.keep_comment(pull_request, TAG, text))
    if issue:
        kept = _posted(repository, lambda github: github.keep_issue(DRIFT_TAG, title, text))
    if as_json:
        emit({"text": text, "posted": kept, "title": title})
    else:
        typer.echo(text, nl=False)


def footer(commit: str | None) -> str:
    """Return where the text comes from: the commit, and the workflow's run where it is one."""
    run = os.environ.get("GITHUB_RUN_ID")
    server, repository = os.environ.get("GITHUB_SERVER_URL"), os.environ.get("GITHUB_REPOSITORY")
    told = f"Of commit {code(commit[:12])}" if commit else "Of this checkout"
    linked = (
        f", [run {run}]({server}/{repository}/actions/runs/{run})" if run and server and repository else ""
    )
    return f"{told}{linked}. Renewed with every run."


def _drift(reports: Path, end: str) -> tuple[str | None, str]:
    found = read_drift(reports)
    return drift_title(found), drift_text(found, end)


def _posted(repository: str | None, post: "Callable[[GitHub], str]") -> str:
    token = os.environ.get("GITHUB_TOKEN")
    if not token:
        usage(
            "GITHUB_TOKEN is not set, so nothing can be posted",
            "Leave --pull-request and --issue out to print.",
        )
    with client(token, os.environ.get("GITHUB_API_URL") or API) as http:
        try:
            kept = post(GitHub(http, str(repository)))
        except GitHubError as error:
            if error.status not in NOT_ALLOWED:
                raise
            note(f"not posted, the token may not: {error}")
            return "refused"
    note(f"posted: {kept}")
    return kept


def _refuse(*, drift: bool, issue: bool, pull_request: int | None, repository: str | None) -> None:
    if issue and not drift:
        usage("--issue tells drift: give --drift too")
    if drift and pull_request is not None:
        usage("--drift is told in an issue, not on a pull request: --issue instead of --pull-request")
    if (issue or pull_request is not None) and not repository:
        usage("which repository? give --repository OWNER/NAME")


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("comment")(command)

"""`seatrial import-threads`: threads of langchain-azure-cosmosdb's saver, brought over to ours."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Annotated, Any, NamedTuple
from urllib.parse import unquote, urlsplit

import typer
from azure.core.exceptions import AzureError
from azure.cosmos.aio import ContainerProxy
from azure.identity.aio import DefaultAzureCredential

from frmk.checkpoint.cosmos.connect import open_database
from frmk.checkpoint.cosmos.migrate import ThreadReport, import_threads, importing_saver
from scripts.errors import CommandError, usage
from scripts.options import JsonFlag
from scripts.output import emit, note

FROM_KEY, TO_KEY = "SEATRIAL_FROM_KEY", "SEATRIAL_TO_KEY"
_ADDRESS_PARTS = 2


class Address(NamedTuple):
    """Name a container: the account's endpoint, the database and the container."""

    endpoint: str
    database: str
    container: str


class Request(NamedTuple):
    """Hold what was asked for."""

    source: Address
    target: Address
    threads: list[str] | None
    dry_run: bool


def command(
    source: Annotated[
        str,
        typer.Option("--from", help=f"ENDPOINT/DATABASE/CONTAINER to read; a key, if any, in {FROM_KEY}."),
    ],
    target: Annotated[
        str,
        typer.Option("--to", help=f"ENDPOINT/DATABASE/CONTAINER to write; a key, if any, in {TO_KEY}."),
    ],
    threads: Annotated[
        list[str] | None, typer.Option("--thread", help="One thread by id; may be repeated. Without: all.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read everything, write nothing.")] = False,  # noqa: FBT002
    *,
    as_json: JsonFlag = False,
) -> None:
    """Import threads; done again, it goes on where it was interrupted. Exit 1 when a thread failed."""
    request = Request(address(source, "--from"), address(target, "--to"), threads, dry_run)
    if request.source == request.target:
        usage(f"--from and --to both name {source}", "Import into a container of its own.")
    reports = asyncio.run(_run(request))
    failed = [report for report in reports if report.error is not None]
    if as_json:
        emit(_document(request, reports))
    else:
        for line in _summary(request, reports):
            typer.echo(line)
    if failed:
        raise CommandError(
            f"{len(failed)} of {len(reports)} threads failed: {failed[0].thread_id!r}: {failed[0].error}",
            "What was imported stays; mend the cause and run the same command again.",
        )


def address(text: str, option: str) -> Address:
    """Return the parts of ENDPOINT/DATABASE/CONTAINER."""
    url = urlsplit(text)
    parts = [unquote(part) for part in url.path.split("/") if part]
    if url.scheme != "https" or not url.netloc or len(parts) != _ADDRESS_PARTS:
        usage(
            f"{option} {text!r} is not https://HOST[:PORT]/DATABASE/CONTAINER",
            "For example https://account.documents.azure.com:443/agents/checkpoints.",
        )
    return Address(f"https://{url.netloc}/", *parts)


async def _run(request: Request) -> list[ThreadReport]:
    reports = []
    try:
        async with (
            _opened(request.source, FROM_KEY) as source,
            _opened(request.target, TO_KEY) as target,
        ):
            await target.read()
            found = import_threads(
                source, importing_saver(target), threads=request.threads, dry_run=request.dry_run
            )
            async for report in found:
                reports.append(report)
                note(_line(report, dry_run=request.dry_run))
    except AzureError as error:
        text = str(getattr(error, "message", None) or error).strip().splitlines()
        raise CommandError(
            f"the database refused: {text[0] if text else type(error).__name__}",
            f"Check both addresses and your roles on them, or set {FROM_KEY} and {TO_KEY}.",
        ) from error
    return reports


@asynccontextmanager
async def _opened(place: Address, variable: str) -> AsyncIterator[ContainerProxy]:
    async with AsyncExitStack() as stack:
        key = os.environ.get(variable)
        credential: Any = key or await stack.enter_async_context(DefaultAzureCredential())
        opened = open_database(place.endpoint, credential, database=place.database)
        database = await stack.enter_async_context(opened)
        yield database.get_container_client(place.container)


def _line(report: ThreadReport, *, dry_run: bool) -> str:
    if report.error is not None:
        return f"{report.thread_id}: failed: {report.error}"
    verb = "would import" if dry_run else "imported"
    lost = f", {report.writes_without_checkpoint} writes have no checkpoint"
    return (
        f"{report.thread_id}: {verb} {report.checkpoints_imported} of {report.checkpoints} checkpoints, "
        f"{report.writes_imported} of {report.writes} writes"
        f"{lost if report.writes_without_checkpoint else ''}"
    )


def _summary(request: Request, reports: list[ThreadReport]) -> list[str]:
    totals = _totals(reports)
    verb = "would be imported" if request.dry_run else "imported"
    return [
        f"threads                {totals['threads']}, {totals['failed']} failed",
        f"checkpoints {verb}   {totals['checkpoints_imported']} of {totals['checkpoints']}",
        f"writes {verb}        {totals['writes_imported']} of {totals['writes']}",
    ]


def _totals(reports: list[ThreadReport]) -> dict[str, int]:
    counted = (
        "checkpoints",
        "checkpoints_imported",
        "writes",
        "writes_imported",
        "writes_without_checkpoint",
    )
    sums = {name: sum(getattr(report, name) for report in reports) for name in counted}
    failed = sum(report.error is not None for report in reports)
    return {"threads": len(reports), "failed": failed, **sums}


def _document(request: Request, reports: list[ThreadReport]) -> dict[str, Any]:
    return {
        "from": "/".join((request.source.endpoint.rstrip("/"), *request.source[1:])),
        "to": "/".join((request.target.endpoint.rstrip("/"), *request.target[1:])),
        "dry_run": request.dry_run,
        "totals": _totals(reports),
        "threads": [report.as_dict() for report in reports],
    }


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("import-threads")(command)

"""The Pulumi program as a child process: its events as they come, its outcome at the end."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.findings.model import Finding
from infra.rehearsal import leftovers
from infra.rehearsal.order import Order
from infra.rehearsal.progress import Note, ResourceMoved, Sink
from infra.synthesis import adapter_command, adapter_environment

LINE_LIMIT = 64 * 1024 * 1024
QUOTED_LINES = 3
TWIN_SECONDS = "60"


@dataclass(kw_only=True)
class Deployment:
    """Collect what the program did."""

    ok: bool = False
    outputs: dict[str, Any] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    advice: list[Finding] = field(default_factory=list)
    plan: list[dict[str, Any]] | None = None


async def deploy(order: Order, overrides: Mapping[str, Any], sink: Sink) -> Deployment:
    """Run the program against the twin, which may just be starting; tell the sink about every resource."""
    log = order.state / "program.log"
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            *_command(order, overrides),
            cwd=order.project.root,
            env={**adapter_environment(order.project), leftovers.MARK: str(order.state)},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
            limit=LINE_LIMIT,
        )
    done = Deployment()
    try:
        async for event in _events(process):
            _take(done, event, sink)
        done.ok = await process.wait() == 0 and not done.findings
    finally:
        await _end(process)
    if not done.ok and not done.findings:
        done.findings.append(_unexplained(process.returncode, log))
    return done


def _command(order: Order, overrides: Mapping[str, Any]) -> list[str]:
    adapter = "engine" if order.engine == "pulumi" else "inprocess"
    place = ["--twin", str(order.state / "twin.json"), "--wait", TWIN_SECONDS]
    return [*adapter_command("up", order.project, order.stack, overrides, adapter), *place]


async def _events(process: asyncio.subprocess.Process) -> AsyncIterator[dict[str, Any]]:
    if process.stdout is None:
        return
    async for line in process.stdout:
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict):
            yield event


def _take(done: Deployment, event: dict[str, Any], sink: Sink) -> None:
    match event.get("event"):
        case "resource":
            seconds = event.get("seconds")
            sink(ResourceMoved(event["type"], event["name"], event["status"], seconds))
        case "progress":
            sink(Note(str(event["message"])))
        case "finding":
            finding = Finding.model_validate({name: event[name] for name in Finding.model_fields})
            if finding not in done.findings:
                done.findings.append(finding)
        case "advice":
            done.advice.append(Finding.model_validate({name: event[name] for name in Finding.model_fields}))
        case "error":
            if not done.findings:
                done.findings.append(_error(event))
        case "outputs":
            done.outputs = event["outputs"]
        case "plan":
            done.plan = event["resources"]


def _error(event: dict[str, Any]) -> Finding:
    code = str(event.get("code") or "")
    return Finding(
        code=code if code.startswith("ST") else "ST002",
        resource=str(event.get("resource") or "program"),
        message=str(event["message"]),
        fix=str(event.get("fix") or "Correct the program or the stack file, then run the command again."),
    )


def _unexplained(code: int | None, log: Path) -> Finding:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    quoted = " / ".join(line.strip() for line in lines[-QUOTED_LINES:]) or "it wrote nothing"
    return Finding(
        code="ST002",
        resource="program",
        message=f"The program ended with code {code}: {quoted}",
        fix=f"Read {log.name} in the stack's state folder and correct the program.",
    )


async def _end(process: asyncio.subprocess.Process) -> None:
    """End the program with everything it started, such as a build."""
    if process.returncode is not None:
        return
    for number, patience in ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)):
        try:
            os.killpg(process.pid, number)
            async with asyncio.timeout(patience):
                await process.wait()
        except ProcessLookupError:
            return
        except TimeoutError:
            continue
        else:
            return

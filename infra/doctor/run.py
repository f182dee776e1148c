"""Run commands of checks: in parallel, each within its time, none twice."""

import os
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from infra.doctor.model import Answers, Check, Command, Heard, Outcome, UnreadableError, Verdict, skipped
from infra.doctor.subject import Subject

AT_ONCE = 6
QUIET = {
    "AZURE_CORE_ONLY_SHOW_ERRORS": "true",
    "AZURE_CORE_NO_COLOR": "true",
    "PULUMI_SKIP_UPDATE_CHECK": "true",
    "GH_PROMPT_DISABLED": "1",
}

Hear = Callable[[Command], Heard]


def hearer(folder: Path, *, offline: bool = False) -> Hear:
    """Return what runs commands in a folder; offline, what would leave this machine is not run."""
    environment = {**os.environ, **QUIET}

    def hear(command: Command) -> Heard:
        begun = time.monotonic()
        heard = _run(command, folder, environment)
        return Heard(**{**heard.__dict__, "seconds": round(time.monotonic() - begun, 3)})

    def hear_offline(command: Command) -> Heard:
        return Heard(code=None, trouble="offline") if command.network else hear(command)

    return hear_offline if offline else hear


def _run(command: Command, folder: Path, environment: Mapping[str, str]) -> Heard:
    try:
        ended = subprocess.run(  # noqa: S603 - the checks' own commands
            command.argv,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=command.timeout,
            check=False,
        )
    except OSError:
        return Heard(code=None, trouble="missing")
    except subprocess.TimeoutExpired:
        return Heard(code=None, trouble="timeout")
    return Heard(code=ended.returncode, out=ended.stdout, err=ended.stderr, at=datetime.now(UTC))


def examine(
    checks: Iterable[Check], subject: Subject, hear: Hear
) -> Iterator[tuple[Check, Outcome, Answers]]:
    """Yield each check with its outcome in the checks' order, while later commands still run."""
    asked = [(check, check.ask(subject)) for check in checks]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        running: dict[Command, Future[Heard]] = {}
        for _, commands in asked:
            for command in () if isinstance(commands, Verdict) else commands.values():
                if command not in running:
                    running[command] = pool.submit(hear, command)
        for check, commands in asked:
            if isinstance(commands, Verdict):
                yield check, outcome(check, commands), {}
                continue
            answers = {name: running[command].result() for name, command in commands.items()}
            yield check, outcome(check, judged(check, subject, answers), answers), answers


def judged(check: Check, subject: Subject, answers: Answers) -> Verdict:
    """Return a check's verdict; what could not be asked or read is skipped with the reason."""
    for name, heard in answers.items():
        if heard.trouble == "offline":
            return skipped("not asked: --offline")
        if heard.trouble == "timeout":
            return skipped(f"{check.ask(subject)[name].argv[0]} gave no answer in time")  # type: ignore[index]
    try:
        return check.judge(subject, answers)
    except UnreadableError as error:
        return skipped(f"the answer is not what is known of it: {error}")
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        return skipped(f"the answer lacks what is looked for: {type(error).__name__} {error}")


def outcome(check: Check, verdict: Verdict, answers: Answers | None = None) -> Outcome:
    """Return a verdict under its check's name, with the longest of its commands' times."""
    return Outcome(
        name=check.name,
        title=check.title,
        status=verdict.status,
        seen=verdict.seen,
        fix=verdict.fix,
        link=verdict.link or check.link,
        seconds=max((heard.seconds for heard in (answers or {}).values()), default=0.0),
    )

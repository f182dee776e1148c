"""The Pulumi command of whoever deploys: its outputs, history, previews and updates."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.project import Project
from infra.release.errors import EngineError

LONGEST_SECONDS = 3_300
TOLD_LINES = 12
STANDARD_ERROR = 2


@dataclass(frozen=True)
class Done:
    """Hold how a command ended."""

    code: int
    out: str
    err: str

    @property
    def last_words(self) -> str:
        """Return the last lines of what it said."""
        lines = [line for line in f"{self.err}\n{self.out}".splitlines() if line.strip()]
        return "\n  ".join(lines[-TOLD_LINES:])


Runner = Callable[[Sequence[str]], Done]


def run_here(command: Sequence[str]) -> Done:
    """Run a command, showing its errors and an update's progress on standard error as they come."""
    if shutil.which(command[0]) is None:
        raise EngineError(
            f"there is no {command[0]!r} command on PATH; install it: https://www.pulumi.com/docs/install/"
        )
    shown = "--json" not in command
    try:
        done = subprocess.run(  # noqa: S603  # the command is ours; stack names were checked against files
            command,
            stdout=STANDARD_ERROR if shown else subprocess.PIPE,
            stderr=None if shown else subprocess.PIPE,
            text=True,
            timeout=LONGEST_SECONDS,
            check=False,
            env={**os.environ, "PATH": _with_this_environment(os.environ.get("PATH", ""))},
        )
    except subprocess.TimeoutExpired as error:
        raise EngineError(
            f"{' '.join(command[:4])} did not end within {LONGEST_SECONDS} s; see what it waits for in the "
            "portal, then `pulumi cancel` frees the stack"
        ) from error
    return Done(done.returncode, done.stdout or "", done.stderr or "")


def _with_this_environment(path: str) -> str:
    """Return PATH with this interpreter's tools first: the engine asks for `uv` and `python` there."""
    return os.pathsep.join([str(Path(sys.executable).parent), path])


@dataclass(frozen=True)
class Engine:
    """Speak to one project's stacks; `run` starts commands."""

    project: Project
    run: Runner = run_here

    def outputs(self, stack: str) -> dict[str, Any]:
        """Return a stack's outputs, none when it was never deployed; raise EngineError."""
        found = self._json("stack", "output", "--json", "-s", stack)
        return dict(found) if isinstance(found, Mapping) else {}

    def history(self, stack: str) -> list[dict[str, Any]]:
        """Return a stack's updates, the latest first; raise EngineError."""
        found = self._json("stack", "history", "--json", "-s", stack)
        return list(found) if isinstance(found, list) else []

    def preview(self, stack: str, config: Path, *, refresh: bool = False) -> Done:
        """Return what a preview answered; with `refresh` what runs is read first, and changes are a no."""
        more = ("--refresh", "--expect-no-changes") if refresh else ()
        options = ("--json", "--show-sames", "--non-interactive", "--config-file", str(config))
        return self._pulumi("preview", "-s", stack, *options, *more)

    def up(self, stack: str, config: Path, message: str) -> Done:
        """Update a stack."""
        options = ("--yes", "--skip-preview", "--non-interactive", "--suppress-outputs")
        return self._pulumi("up", "-s", stack, *options, "--config-file", str(config), "--message", message)

    def _pulumi(self, *words: str) -> Done:
        return self.run(("pulumi", "-C", str(self.project.program), *words))

    def _json(self, *words: str) -> Any:
        done = self._pulumi(*words)
        if "no stack named" in done.err:
            raise EngineError(
                f"the backend knows no stack {words[-1]!r}; make it once: "
                f"pulumi -C infra stack init {words[-1]} (docs/runbook.md, Set up deployment from GitHub)"
            )
        if done.code != 0:
            raise EngineError(
                f"pulumi {' '.join(words)} ended with {done.code}:\n  {done.last_words}\n"
                "Is `pulumi login` done (PULUMI_BACKEND_URL), and may this identity read the state?"
            )
        try:
            return json.loads(done.out or "null")
        except ValueError as error:
            raise EngineError(f"pulumi {' '.join(words)} printed no JSON: {done.out[:200]!r}") from error

"""A project of one's own, rehearsed by the command line as a user has it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from infra.image.context import base_image
from infra.mistakes.scratch import LEFT_BEHIND
from infra.project import Project

COMMAND = (sys.executable, "-c", "from scripts.cli import main; main()")
LIMIT_SECONDS = 280  # less than the tests' own limit; a machine that does other work too takes 100


@dataclass(frozen=True)
class Said:
    """Hold what a command printed and how it ended."""

    code: int
    out: str
    err: str

    @property
    def body(self) -> dict[str, Any]:
        """Return the JSON that is the whole of standard output."""
        found: dict[str, Any] = json.loads(self.out)
        return found


@dataclass(frozen=True)
class Checkout:
    """Run `seatrial` in a copy of the project, with the copy's own modules."""

    project: Project

    def environment(self, **more: str) -> dict[str, str]:
        """Return the environment of a user in that folder."""
        return {**os.environ, "PYTHONPATH": str(self.project.root), **more}

    def run(self, *words: str, **variables: str) -> Said:
        """Run one command line to its end."""
        done = subprocess.run(
            [*COMMAND, *words],
            cwd=self.project.root,
            env=self.environment(**variables),
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    @contextmanager
    def started(self, *words: str) -> Iterator["subprocess.Popen[str]"]:
        """Start one command line as a process group of its own, as a terminal does."""
        with subprocess.Popen(
            [*COMMAND, *words],
            cwd=self.project.root,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as running:
            try:
                yield running
            finally:
                running.kill()

    def processes(self) -> list[str]:
        """Return the command lines of everything that runs in the copy's folder."""
        return [" ".join(process.cmdline()) for process in psutil.process_iter() if self._is_ours(process)]

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
            here = Path(process.cwd()).is_relative_to(self.project.root)
            return here or any(str(self.project.root) in word for word in process.cmdline())
        except (psutil.Error, OSError):
            return False


@pytest.fixture(scope="session")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Iterator[Checkout]]:
    """Give a maker of checkouts, each stopped at its end."""
    source = Project.find(Path.cwd()).root

    def leave(_: str, names: list[str]) -> set[str]:
        return {name for name in names if name in LEFT_BEHIND or name.startswith(".")}

    def make(name: str) -> Iterator[Checkout]:
        root = tmp_path_factory.mktemp(name) / "project"
        shutil.copytree(source, root, ignore=leave)
        checkout = Checkout(Project(root))
        yield checkout
        checkout.run("down", "dev")
        assert checkout.processes() == []

    return make


@pytest.fixture(scope="session")
def checkout(copied: Callable[[str], Iterator[Checkout]]) -> Iterator[Checkout]:
    """Give the checkout whose stack stays up for the whole session."""
    yield from copied("kept")


@pytest.fixture(scope="session")
def pushed(copied: Callable[[str], Iterator[Checkout]]) -> Iterator[Checkout]:
    """Give a checkout whose registry holds its image: a mistake then pushes what it changes alone."""
    for made in copied("pushed"):
        said = made.run("up", "dev", "--mode", "docker", "--json", BASE_IMAGE=base_image())
        assert said.code == 0, said.out + said.err
        made.run("down", "dev")
        yield made


@pytest.fixture
def fresh(copied: Callable[[str], Iterator[Checkout]]) -> Iterator[Checkout]:
    """Give a checkout that no other test uses."""
    yield from copied("fresh")


@pytest.fixture(scope="session")
def up(checkout: Checkout) -> Said:
    """Give what the first `up` of the session said; its stack goes on running."""
    return checkout.run("up", "dev", "--mode", "process", "--json")

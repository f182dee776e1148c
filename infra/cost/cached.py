"""Synthesis, kept: a stack whose program, data and environment did not change is not run again."""

import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from infra.image.context import SOURCES, base_image
from infra.plan import Plan
from infra.project import Project
from infra.synthesis import synthesise

FORMAT = "1"
KEPT = 64


def plan_of(project: Project, stack: str, overrides: Mapping[str, Any] | None = None) -> Plan:
    """Return what a stack asks for, from the cache where nothing changed; raise SynthesisError."""
    given = overrides or {}
    path = folder(project) / f"{fingerprint(project, stack, given)}.json"
    found = _read(path)
    if found is not None:
        return found
    plan = synthesise(project, stack, given)
    _write(path, plan)
    return plan


def folder(project: Project) -> Path:
    """Return where plans are kept; it may be deleted at any time."""
    return project.scratch / "cache" / "plans"


def fingerprint(project: Project, stack: str, overrides: Mapping[str, Any]) -> str:
    """Return a hash of everything that a plan follows from.

    The interpreter, the lock file, the program with its data and the twin's adapter, the stack file, the
    overrides, and what the image's predicted name is made of.
    """
    total = hashlib.sha256()
    settings = [
        FORMAT,
        sys.version,
        sys.executable,
        stack,
        json.dumps(overrides, sort_keys=True, default=str),
    ]
    total.update("\n".join((*settings, base_image())).encode())
    root = len(str(project.root)) + 1
    for path in _read_by_the_program(project, stack):
        total.update(f"\n{path[root:]}\n".encode())
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - a Path takes as long as reading it
            total.update(hashlib.sha256(file.read()).digest())
    return total.hexdigest()


def _read_by_the_program(project: Project, stack: str) -> Iterator[str]:
    for top in (project.stack_file(stack), *(project.root / name for name in (*SOURCES, "infra"))):
        yield from [str(top)] if top.is_file() else _files(str(top))


def _files(top: str) -> Iterator[str]:
    for place, folders, names in os.walk(top):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        yield from (f"{place}/{name}" for name in sorted(names) if not name.endswith(".pyc"))


def _read(path: Path) -> Plan | None:
    """Return a kept plan, or None where there is none or where the file is not as it was written."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        checksum, _, text = path.read_text(encoding="utf-8").partition("\n")
        if checksum == hashlib.sha256(text.encode()).hexdigest():
            body = json.loads(text)
            return Plan.of(body["stack"], body["resources"])
    return None


def _write(path: Path, plan: Plan) -> None:
    """Keep a plan; where nothing can be written, the next run is merely slower."""
    text = json.dumps({"stack": plan.stack, "resources": [asdict(one) for one in plan.resources]})
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
            file.write(f"{hashlib.sha256(text.encode()).hexdigest()}\n{text}")
        Path(file.name).replace(path)
        _forget_oldest(path.parent)


def _forget_oldest(place: Path) -> None:
    files = sorted(place.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in files[KEPT:]:
        path.unlink(missing_ok=True)

"""Our Cosmos saver beside four published ones: `python tests/benchmarks/bench_savers.py [NAME ...]`.

`make bench` measures ours alone.

Each runs in an environment of its own (.seatrial/cache/savers), on the twin's database or on the one at
SEATRIAL_COSMOS_EMULATOR. Request units are a model's, not Azure's.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
WORK = Path(__file__).with_name("savers")
CACHE = ROOT / ".seatrial" / "cache" / "savers"
EMULATOR_KEY = "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw=="
# Name on the Python Package Index, version, and the Python that it needs.
FOREIGN = {
    "langchain-azure-cosmosdb": ("1.0.1", "3.11"),
    "langgraph-checkpoint-cosmosdb": ("0.4.0", "3.11"),
    "langgraph-cosmosdb-checkpointer": ("1.0.0", "3.12"),
    "langgraph-checkpoint-cosmos": ("0.1.1", "3.11"),
}
BESIDE = ["langgraph==1.2.22", "azure-cosmos==4.17.1", "aiohttp"]
COLUMNS = ["new thread", "later turn", "exit", "get_state", "history(5)", "30 writes"]


class NotRunError(Exception):
    """Say why a saver was not measured."""


@contextmanager
def database() -> Iterator[tuple[str, str]]:
    """Yield endpoint and key of a database."""
    emulator = os.environ.get("SEATRIAL_COSMOS_EMULATOR")
    if emulator:
        yield emulator, EMULATOR_KEY
        return
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "infra.twin.database", "--state", folder, "--port", "0"]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                told = json.loads(process.stdout.readline())
                yield told["endpoint"], told["key"]
            finally:
                process.terminate()


def _uv(*arguments: str) -> None:
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if uv is None:
        raise NotRunError("there is no uv on PATH")
    done = subprocess.run([uv, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotRunError((done.stderr.strip().splitlines() or ["uv failed"])[0][:150])


def python_of(name: str) -> str:
    """Return the interpreter of a saver's environment, made where it is not there yet."""
    if name not in FOREIGN:
        return sys.executable
    version, wanted = FOREIGN[name]
    home = CACHE / f"{name}-{version}"
    if not (home / "ready").exists():
        _uv("venv", "--quiet", "--clear", "--python", _python(wanted), str(home))
        _uv("pip", "install", "--quiet", "--python", str(home / "bin/python"), f"{name}=={version}", *BESIDE)
        (home / "ready").touch()
    return str(home / "bin/python")


def _python(wanted: str) -> str:
    """Return an interpreter that starts; a version manager's stand-in may not."""
    found = Path.home().glob(f".pyenv/versions/{wanted}.*/bin/python")
    for candidate in (f"python{wanted}", *map(str, found)):
        try:
            subprocess.run([candidate, "--version"], capture_output=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return candidate
    return wanted


def measured(name: str, endpoint: str, key: str) -> dict[str, Any]:
    """Measure one saver in a process of its own."""
    paths = os.pathsep.join([str(WORK), *([str(ROOT)] if name not in FOREIGN else [])])
    command = [python_of(name), str(WORK / "measure.py"), name, endpoint, key]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
        env={**os.environ, "PYTHONPATH": paths},
    )
    if done.returncode:
        raise NotRunError((done.stderr.strip().splitlines() or ["it ended without a word"])[-1][:150])
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def report(results: Mapping[str, dict[str, Any] | str]) -> Iterator[str]:
    """Yield the tables, in Markdown."""
    yield "Requests (modelled request units, not Azure's):\n"
    yield "| saver | " + " | ".join(COLUMNS) + " |"
    yield "|---|" + "---|" * len(COLUMNS)
    ran = {name: result for name, result in results.items() if not isinstance(result, str)}
    for name, result in ran.items():
        cells = [
            f"{result['costs'][column]['requests']} ({result['costs'][column]['units']:g})"
            for column in COLUMNS
        ]
        yield f"| {name} | {' | '.join(cells)} |"
    for name, reason in results.items():
        if isinstance(reason, str):
            yield f"| {name} | not run: {reason} |" + " |" * (len(COLUMNS) - 1)
    yield "\nHarder tests:\n"
    yield "| test | " + " | ".join(ran) + " |"
    yield "|---|" + "---|" * len(ran)
    for test in next(iter(ran.values()))["hard"] if ran else []:
        passed = ["fails" if result["hard"][test] else "passes" for result in ran.values()]
        yield f"| {test.replace('_', ' ')} | {' | '.join(passed)} |"
    failed = [
        f"- {name}, {test.replace('_', ' ')}: {reason}"
        for name, result in ran.items()
        for test, reason in result["hard"].items()
        if reason
    ]
    if failed:
        yield "\nWhy they fail:\n"
        yield from failed


def run(names: list[str]) -> dict[str, dict[str, Any] | str]:
    """Measure savers one after another."""
    results: dict[str, dict[str, Any] | str] = {}
    with database() as (endpoint, key):
        for name in names:
            try:
                results[name] = measured(name, endpoint, key)
            except (NotRunError, subprocess.TimeoutExpired) as error:
                results[name] = str(error)
    return results


def test_our_saver_keeps_within_its_requests_and_passes_the_harder_tests() -> None:
    results = run(["seatrial"])
    sys.stdout.writelines(f"{line}\n" for line in report(results))
    found = results["seatrial"]

    assert not isinstance(found, str), found
    assert {column: found["costs"][column]["requests"] for column in COLUMNS} == {
        "new thread": 10,
        "later turn": 10,
        "exit": 2,
        "get_state": 1,
        "history(5)": 1,
        "30 writes": 1,
    }
    assert not {test: reason for test, reason in found["hard"].items() if reason}


if __name__ == "__main__":
    for line in report(run(sys.argv[1:] or ["seatrial", *FOREIGN])):
        sys.stdout.write(line + "\n")

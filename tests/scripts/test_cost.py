"""`seatrial cost` as a user types it: what it prints, refuses, writes, and how it ends."""

import asyncio
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.cost.usage.file import read_usage
from infra.project import Project
from tests.infra.cost.refresh.conftest import RetailApi, item
from tests.infra.cost.test_collect import contract, deployment
from tests.scripts.conftest import Said

Seatrial = Callable[..., Said]
ROOT = Path.cwd()
URN = "urn:pulumi:dev::shop::"
USAGE = {
    "conversationsPerDay": 10,
    "turnsPerConversation": 2,
    "registryGb": 4,
    "turn": {"inputTokens": 1000, "outputTokens": 100, "seconds": 2},
}


def planned(name: str, token: str, **inputs: Any) -> dict[str, Any]:
    urn = f"{URN}azure-native:{token}::{name}"
    state = {"urn": urn, "type": f"azure-native:{token}", "custom": True, "inputs": inputs}
    return {"op": "create", "urn": urn, "newState": state}


GROUP = planned("group", "resources:ResourceGroup", location="eastus")
REGISTRY = planned("registry", "containerregistry:Registry", location="eastus", sku={"name": "Basic"})
STRANGE = planned("strange", "odd:Thing", location="eastus")


@pytest.fixture
def preview(project: Project) -> Callable[..., str]:
    """Give a function that writes a preview's file of these steps and a usage file for its stack."""
    (project.stacks / "usage.dev.yaml").write_text(json.dumps(USAGE))

    def write(*steps: dict[str, Any], name: str = "plan.json") -> str:
        (project.root / name).write_text(json.dumps({"steps": [GROUP, *(steps or (REGISTRY,))]}))
        return name

    return write


def test_a_preview_is_priced_as_a_table(seatrial: Seatrial, preview: Callable[..., str]) -> None:
    said = seatrial("cost", "--plan", preview())

    assert (said.code, said.err) == (0, "")
    assert "dev: a month in USD" in said.out
    assert "Registry unit, basic" in said.out
    assert "\x1b[" not in said.out


def test_a_preview_comes_over_standard_input_too(
    seatrial: Seatrial, preview: Callable[..., str], project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO((project.root / preview()).read_text()))

    assert "Registry unit, basic" in seatrial("cost", "--plan", "-").out


def test_the_json_holds_a_status_for_every_resource(seatrial: Seatrial, preview: Callable[..., str]) -> None:
    said = seatrial("cost", "--plan", preview(REGISTRY, STRANGE), "--json")
    document = json.loads(said.out)
    (project,) = document["projects"]

    assert {one["name"]: one["status"] for one in project["breakdown"]["resources"]} == {
        "registry": "priced",
        "strange": "unsupported",
    }
    assert document["complete"] is False
    assert document["metadata"]["infracostCommand"] == "breakdown"


def test_the_markdown_is_a_table(seatrial: Seatrial, preview: Callable[..., str]) -> None:
    assert "| Resource | Basis | Unit |" in seatrial("cost", "--plan", preview(), "--markdown").out


def test_strict_says_no_to_an_incomplete_price(seatrial: Seatrial, preview: Callable[..., str]) -> None:
    said = seatrial("cost", "--plan", preview(STRANGE), "--strict")

    assert said.code == 3
    assert "the price is incomplete: strange (azure-native:odd:Thing)" in said.err
    assert "incomplete" in said.out


def test_strict_says_yes_to_a_complete_price(seatrial: Seatrial, preview: Callable[..., str]) -> None:
    assert seatrial("cost", "--plan", preview(), "--strict").code == 0


@pytest.mark.parametrize(("limit", "code"), [("1", 3), ("1000", 0)])
def test_a_total_has_a_gate(limit: str, code: int, seatrial: Seatrial, preview: Callable[..., str]) -> None:
    said = seatrial("cost", "--plan", preview(), "--fail-above", limit)

    assert said.code == code
    assert ("above 1.00 USD" in said.err) == (code == 3)


def test_a_saved_report_is_a_baseline_with_comment_and_gate(
    seatrial: Seatrial, preview: Callable[..., str], project: Project
) -> None:
    (project.root / "before.json").write_text(seatrial("cost", "--plan", preview(), "--json").out)
    dearer = planned("registry", "containerregistry:Registry", location="eastus", sku={"name": "Premium"})

    said = seatrial(
        *("cost", "--plan", preview(dearer), "--baseline", "before.json"),
        *("--comment", "comment.md", "--fail-increase", "10%"),
    )

    assert said.code == 3
    assert "the expected month grows by 45.00 USD, more than 10 % of" in said.err
    assert "+   Registry unit, premium (fixed): nothing to 50.00, +50.00" in said.out
    assert (
        (project.root / "comment.md").read_text().startswith("<!-- seatrial-cost -->\n### Cost: +45.00 USD")
    )


@pytest.mark.parametrize("name", ["chart.svg", "chart.png"])
def test_a_chart_is_drawn(
    name: str, seatrial: Seatrial, preview: Callable[..., str], project: Project
) -> None:
    assert seatrial("cost", "--plan", preview(), "--chart", name).code == 0
    assert (project.root / name).read_bytes()[:4] in {b"<svg", b"\x89PNG"}


def test_a_line_is_explained(seatrial: Seatrial, preview: Callable[..., str]) -> None:
    said = seatrial("cost", "explain", "registry.registry-unit-basic", "--plan", preview())

    assert said.code == 0
    assert "acr-basic, in eastus" in said.out
    assert "source" in said.out


def test_an_unknown_line_is_wrong_usage(seatrial: Seatrial, preview: Callable[..., str]) -> None:
    said = seatrial("cost", "explain", "registry", "--plan", preview())

    assert (said.code, said.out) == (2, "")
    assert "near it: registry.registry-unit-basic" in said.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "name one stack with --stack"),
        (("--stack", "dev", "--all"), "name one stack with --stack"),
        (("--stack", "moon"), "there is no stack 'moon'"),
        (("--stack", "dev", "--json", "--markdown"), "exclude each other"),
        (("--stack", "dev", "--compare", "prod", "--against", "main"), "one comparison at a time"),
        (("--plan", "x.json", "--set", "app.cpu=1"), "--plan holds a finished plan"),
        (("--all", "--compare", "prod"), "are for one stack"),
        (("--stack", "dev", "--fail-increase", "1"), "--fail-increase needs a comparison"),
        (("--stack", "dev", "--comment", "c.md"), "--comment tells a change"),
        (("--stack", "dev", "--fail-above", "much"), "--fail-above 'much' is not an amount such as 250"),
        (("--stack", "dev", "--fail-above", "5%"), "--fail-above '5%' is not an amount such as 250"),
        (("--stack", "dev", "--compare", "prod", "--fail-increase", "-1"), "a share such as 10%"),
        (("--stack", "dev", "--chart", "c.pdf"), "ends with .svg or .png"),
        (("--stack", "dev", "--set", "app.cpu"), "is no KEY=VALUE"),
        (("--stack", "dev", "--set", "=1"), "is no KEY=VALUE"),
        (("--stack", "dev", "--write-budget", "--set", "app.cpu=1"), "--write-budget writes"),
        (("--stack", "dev", "explain", "x"), "options of a part stand behind its name"),
        (("frobnicate",), "frobnicate"),
    ],
)
def test_wrong_usage_is_refused_before_anything_runs(
    words: tuple[str, ...], said: str, seatrial: Seatrial
) -> None:
    found = seatrial("cost", *words)

    assert (found.code, found.out) == (2, "")
    assert said in found.err
    assert "Traceback" not in found.err


def test_a_limit_on_an_incomplete_price_says_what_it_did_not_see(
    seatrial: Seatrial, preview: Callable[..., str]
) -> None:
    said = seatrial("cost", "--plan", preview(STRANGE), "--fail-above", "1000")

    assert said.code == 0
    assert "held against what is known; the price is incomplete: strange (azure-native:odd:Thing)" in said.err


def test_a_preview_in_the_encoding_of_another_shell_is_read(
    seatrial: Seatrial, preview: Callable[..., str], project: Project
) -> None:
    path = project.root / preview()
    path.write_text(path.read_text(), encoding="utf-16")

    assert "Registry unit, basic" in seatrial("cost", "--plan", path.name).out


@pytest.mark.parametrize(
    ("option", "text", "said"),
    [
        ("--plan", "{}", "has no list 'steps'"),
        ("--baseline", "{}", "is no report of `seatrial cost --json`"),
        ("--usage", "turn: 3\n", "conversationsPerDay is missing"),
    ],
)
def test_a_malformed_file_is_named_with_the_next_step(
    *, option: str, text: str, said: str, seatrial: Seatrial, preview: Callable[..., str], project: Project
) -> None:
    (project.root / "file").write_text(text)
    words = ("--plan", "file") if option == "--plan" else ("--plan", preview(), option, "file")

    found = seatrial("cost", *words)

    assert found.code == 1
    assert said in found.err


def test_a_file_that_is_not_there_is_named(seatrial: Seatrial) -> None:
    found = seatrial("cost", "--plan", "nowhere.json")

    assert (found.code, found.out) == (1, "")
    assert "nowhere.json" in found.err


def test_the_models_are_compared(seatrial: Seatrial) -> None:
    said = seatrial("cost", "models", "--stack", "dev", "--project", str(ROOT))

    assert said.code == 0
    assert "deployed" in said.out


@pytest.mark.long
def test_a_what_if_is_compared_with_the_stack_file(seatrial: Seatrial) -> None:
    said = seatrial("cost", "--stack", "staging", "--project", str(ROOT), "--set", "scale.min=2", "--json")
    document = json.loads(said.out)

    assert said.code == 0
    assert document["metadata"]["infracostCommand"] == "diff"
    assert float(document["diffTotalMonthlyCost"]) > 39


@pytest.mark.long
def test_a_budget_is_written_from_the_stacks_own_price(project: Project, tmp_path: Path) -> None:
    root = tmp_path / "whole"
    ignored = shutil.ignore_patterns("__pycache__", ".seatrial")
    for name in ("infra", "stacks", "app", "frmk", "scripts"):
        shutil.copytree(ROOT / name, root / name, ignore=ignored)
    for name in ("pyproject.toml", "uv.lock"):
        shutil.copy(ROOT / name, root / name)
    command = [sys.executable, "-c", "from scripts.cli import main; main()"]
    done = subprocess.run(
        [*command, "cost", "--stack", "dev", "--write-budget"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )

    budget = yaml.safe_load((root / "stacks" / "Pulumi.dev.yaml").read_text())["config"]["seatrial:budget"][
        "amount"
    ]
    assert budget % 10 == 0
    assert f"seatrial:budget.amount 50 -> {budget}" in done.stderr


def test_a_price_loads_nothing_that_only_another_part_needs(
    preview: Callable[..., str], project: Project
) -> None:
    show = "import sys; print('loaded', sorted({m.split('.')[0] for m in sys.modules}))"
    run = f"import atexit; atexit.register(lambda: exec({show!r})); from scripts.cli import main; main()"
    command = [sys.executable, "-c", run, "cost", "--plan", preview()]
    done = subprocess.run(command, cwd=project.root, capture_output=True, text=True, check=True)
    loaded = done.stdout.splitlines()[-1]

    assert loaded.startswith("loaded [")
    for package in ("pulumi", "httpx", "aiohttp", "resvg_py", "prometheus_client", "tenacity", "asyncio"):
        assert f"'{package}'" not in loaded


def test_a_refresh_against_a_server_that_is_not_there_writes_nothing(
    seatrial: Seatrial, tmp_path: Path
) -> None:
    table = tmp_path / "prices.yaml"
    table.write_text((ROOT / "infra" / "cost" / "prices.yaml").read_text())

    said = seatrial("cost", "refresh", "--table", str(table), "--api", "ftp://127.0.0.1/x")

    assert said.code == 1
    assert "cannot be reached" in said.err
    assert table.read_text() == (ROOT / "infra" / "cost" / "prices.yaml").read_text()


def test_a_refresh_of_what_is_no_table_is_refused(seatrial: Seatrial, tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("a: 1\n")

    said = seatrial("cost", "refresh", "--table", str(tmp_path / "x.yaml"))

    assert said.code == 1
    assert "is no price table" in said.err


@pytest.mark.parametrize("url", ["app.example.com", "ftp://x", "http://"])
def test_an_address_that_is_none_is_refused(url: str, seatrial: Seatrial) -> None:
    said = seatrial("cost", "collect", url)

    assert said.code == 2
    assert "is no address of an app" in said.err


TABLE = """\
date: 2026-01-01
currency: USD
meters:
  node:
    unit: hour
    retail: {service: "Service", product: "Product", sku: "Standard", meter: "Node"}
    prices:
      eastus: {price: "0.10", source: "a guess"}  # a word
"""


@pytest.mark.parametrize(
    ("price", "words", "code", "written"),
    [
        (0.11, (), 0, True),
        (0.11, ("--dry-run",), 0, False),
        (0.5, (), 3, False),
        (0.5, ("--accept", "node"), 0, True),
        (0.5, ("--accept", "all"), 0, True),
    ],
)
async def test_a_refresh_shows_the_difference_and_writes_what_may_be_written(
    *, price: float, words: tuple[str, ...], code: int, written: bool, seatrial: Seatrial, tmp_path: Path
) -> None:
    table = tmp_path / "prices.yaml"
    table.write_text(TABLE)
    async with RetailApi([item("eastus", "Node", price)]).serving() as api:
        said = await asyncio.to_thread(
            seatrial, "cost", "refresh", "--table", str(table), "--api", api.url, *words
        )

    assert said.code == code
    assert "node" in said.out
    assert f"{(price - 0.1) * 1000:+.1f} %" in said.out
    assert (table.read_text() != TABLE) == written
    assert "# a word" in table.read_text()
    assert ("--accept node" in said.err) == (code == 3)


async def test_a_usage_file_is_collected(seatrial: Seatrial, project: Project) -> None:
    async with deployment(contract) as url:
        said = await asyncio.to_thread(
            seatrial, "cost", "collect", url, "--token", "good", "--out", "usage.yaml", "--json"
        )

    assert said.code == 0
    assert json.loads(said.out)["values"]["turn.inputTokens"] == "700.00"
    assert "not derived: turn.logBytes" in said.err
    assert read_usage(project.root / "usage.yaml").turn.output_tokens == 90

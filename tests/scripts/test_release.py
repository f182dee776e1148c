"""The verbs that workflows run, as they are typed."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.project import Project
from infra.release.model import PromotionReport
from infra.release.summary import promotion_summary
from infra.verify.report import Check, VerifyReport
from scripts.release import _leave
from tests.scripts.conftest import Said

Seatrial = Callable[..., Said]
SAMPLES = Path(__file__).parents[1] / "infra" / "release" / "samples"
VARIABLES = (
    "GITHUB_REPOSITORY",
    "GITHUB_STEP_SUMMARY",
    "GITHUB_SHA",
    "GITHUB_OUTPUT",
    "GITHUB_TOKEN",
    "GITHUB_RUN_ID",
)
DIGEST = "sha256:" + "a" * 64


@pytest.fixture(autouse=True)
def no_workflow(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def reports(project: Project) -> Path:
    return Path(shutil.copytree(SAMPLES, project.root / "reports"))


def test_comment_prints_the_text_and_leaves_it_where_it_is_told(seatrial: Seatrial, reports: Path) -> None:
    summary = reports / "summary.md"
    summary.write_text("before\n")

    said = seatrial("comment", "--reports", str(reports), "--summary", str(summary), "--json")

    told = json.loads(said.out)
    assert said.code == 0
    assert told["text"].startswith("<!-- seatrial-preview -->\n## Sea Trial: dev ok\n")
    assert told["posted"] is None
    assert summary.read_text() == "before\n" + told["text"]


def test_a_workflows_variables_say_where_the_text_comes_from(
    seatrial: Seatrial, reports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "GITHUB_REPOSITORY": "owner/name",
        "GITHUB_RUN_ID": "42",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_SHA": "0123456789abcdef",
    }.items():
        monkeypatch.setenv(name, value)

    said = seatrial("comment", "--reports", str(reports))

    run = "https://github.com/owner/name/actions/runs/42"
    end = f"Of commit `0123456789ab`, [run 42]({run}). Renewed with every run."
    assert said.out.rstrip().endswith(end)


def test_drift_without_any_says_so(seatrial: Seatrial, reports: Path) -> None:
    plan = {"stack": "dev", "ok": True, "refreshed": True, "steps": [], "same": 22, "messages": []}
    (reports / "drift.dev.json").write_text(json.dumps(plan))

    said = seatrial("comment", "--reports", str(reports), "--drift", "--json")

    assert json.loads(said.out)["title"] is None
    assert "| dev | 0 | 22 |" in json.loads(said.out)["text"]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("comment", "--reports", "nowhere"), "is no folder with reports"),
        (("comment", "--reports", ".", "--issue"), "--issue tells drift"),
        (
            ("comment", "--reports", ".", "--drift", "--pull-request", "7"),
            "--issue instead of --pull-request",
        ),
        (("comment", "--reports", ".", "--pull-request", "7"), "give --repository OWNER/NAME"),
        (
            ("promote", "dev", "--digest", "sha256:12"),
            "'sha256:12' is no digest; write sha256: and 64 hex digits",
        ),
        (("promote", "staging", "--from", "nope"), "stacks here: dev, prod, staging"),
        (("rollback", "dev", "--to", "latest"), "--to 'latest' is no digest"),
        (("preview", "nope"), "there is no stack 'nope'"),
        (("drift", "nope"), "there is no stack 'nope'"),
    ],
)
def test_what_does_not_go_is_refused_with_the_value_seen(
    words: tuple[str, ...], reason: str, seatrial: Seatrial
) -> None:
    said = seatrial(*words)

    assert said.code == (1 if "nowhere" in words else 2)
    assert reason in said.err
    assert said.out == ""


@pytest.mark.parametrize(
    "words", [("preview", "dev"), ("drift", "dev"), ("promote", "prod", "--digest", DIGEST)]
)
def test_without_the_engine_the_next_step_is_its_installation(
    words: tuple[str, ...], seatrial: Seatrial, monkeypatch: pytest.MonkeyPatch, project: Project
) -> None:
    monkeypatch.setenv("PATH", str(project.root))
    if words[0] == "promote":
        shutil.copytree(Project.find(Path(__file__)).goals, project.goals)
        words = (*words, "--token", "a")

    said = seatrial(*words)

    assert said.code == 1
    assert (
        "there is no 'pulumi' command on PATH; install it: https://www.pulumi.com/docs/install/" in said.err
    )


def test_a_promotion_leaves_its_digest_for_the_next_job_and_its_report_for_people(tmp_path: Path) -> None:
    outputs, summary = tmp_path / "outputs", tmp_path / "summary"
    check = Check(name="health", ok=False, seconds=1, detail="HTTP 503")
    proof = VerifyReport(url="https://app", ok=False, seconds=1, model=None, checks=(check,))
    report = PromotionReport(
        stack="staging",
        ok=False,
        action="rolled back",
        image=f"a.azurecr.io/seatrial@{DIGEST}",
        digest=DIGEST,
        previous="sha256:" + "b" * 64,
        url="https://app",
        verify=proof,
        messages=("health: HTTP 503",),
    )

    _leave(report, outputs, summary)

    assert f"digest={DIGEST}\n" in outputs.read_text()
    assert summary.read_text() == promotion_summary(report)
    assert summary.read_text().startswith("## staging: rolled back\n")
    assert "0 of 1" in summary.read_text()


@pytest.mark.pulumi
def test_a_promotion_whose_app_does_not_answer_ends_with_3_and_its_image_named(
    seatrial: Seatrial, project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    root = Project.find(Path(__file__))
    shutil.copytree(root.goals, project.goals)
    program = (
        "import json, pulumi\n"
        "digest = json.loads(pulumi.Config('seatrial').require('image'))['digest']\n"
        "pulumi.export('image', f'registry.example/seatrial@{digest}')\n"
        "pulumi.export('url', 'http://127.0.0.1:9')\n"
    )
    (project.program / "__main__.py").write_text(program)
    (project.program / "Pulumi.yaml").write_text(
        "name: seatrial\nruntime: python\nstackConfigDir: ../stacks\n"
    )
    (tmp_path / "state").mkdir()
    for name, value in {
        "PATH": os.pathsep.join([str(root.root / ".venv" / "bin"), os.environ["PATH"]]),
        "PULUMI_BACKEND_URL": (tmp_path / "state").as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "test",
        "PULUMI_HOME": str(tmp_path / "home"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }.items():
        monkeypatch.setenv(name, value)
    subprocess.run(
        ["pulumi", "-C", str(project.program), "stack", "init", "dev"], check=True, capture_output=True
    )
    outputs = tmp_path / "outputs"

    said = seatrial("promote", "dev", "--digest", DIGEST, "--outputs", str(outputs), "--json")

    report = json.loads(said.out)
    assert said.code == 3
    assert (report["action"], report["digest"], report["previous"]) == ("stopped", DIGEST, None)
    assert [stage["name"] for stage in report["stages"]] == ["update", "verify"]
    assert f"digest={DIGEST}\n" in outputs.read_text()

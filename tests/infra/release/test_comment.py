"""A pull request's comment, out of recorded results of `seatrial up` and `seatrial cost`."""

import shutil
from pathlib import Path

import pytest

from infra.cost.formats.comment import TAG as COST_TAG
from infra.findings.model import Finding
from infra.rehearsal.report import UpReport
from infra.release.comment import NO_PLANS, TAG, Results, preview_comment
from infra.release.drift import drift_text, drift_title
from infra.release.errors import ReportFileError
from infra.release.files import read_drift, read_results
from infra.release.markdown import LONGEST_BODY
from infra.release.model import PlanReport, Step
from tests.infra.release.conftest import SAMPLES


def recorded() -> Results:
    return read_results(SAMPLES)


def test_recorded_results_make_one_comment_with_one_tag() -> None:
    text = preview_comment(recorded(), "Of commit `0123`.")

    assert text.startswith(f"{TAG}\n## Sea Trial: dev ok\n")
    assert "| dev | ok | pulumi, process | `SmolLM2-135M-Instruct` | 14 of 14 | 22 |" in text
    assert "### Cost: +32.24 USD a month (+179.7 %), 17.95 to 50.19" in text
    assert "- alerts and the budget are recorded and never fire" in text
    assert NO_PLANS in text
    assert COST_TAG not in text
    assert text.endswith("Of commit `0123`.\n")
    assert text.count("<details>") == text.count("</details>") == 2


def test_a_refused_rehearsal_says_code_reason_and_next_step() -> None:
    finding = Finding(
        code="ST005", resource="app", message="a `b` | @someone <img>\nmore", fix="grant AcrPull"
    )
    refused = UpReport(stack="prod", ok=False, mode="process", findings=(finding,))

    text = preview_comment(Results(rehearsals={"prod": refused, "dev": None}, plans={}), "")

    assert "## Sea Trial: prod refused (ST005); dev left no report" in text
    assert "- prod: ST005 `app`: `a 'b' \\| @someone <img> more`" in text
    assert "  Next: `grant AcrPull`" in text
    assert "No price was left" in text


def test_plans_are_counted_and_folded() -> None:
    plan = PlanReport(
        stack="dev",
        ok=True,
        same=20,
        steps=(
            Step(op="update", type="azure-native:app:ContainerApp", name="app", paths=("template.scale",)),
            Step(op="create", type="azure-native:cache:Redis", name="cache"),
        ),
    )
    failed = PlanReport(stack="prod", ok=False, messages=("error: no such region",))

    text = preview_comment(Results(rehearsals={}, plans={"dev": plan, "prod": failed}), "")

    assert "no plan of prod" in text.splitlines()[1]
    assert "| stack | create | update | unchanged |" in text
    assert "| dev | 1 | 1 | 20 |" in text
    assert "| prod | failed |  |  |" in text
    assert "- update `app` (`azure-native:app:ContainerApp`): `template.scale`" in text
    assert "- prod: `error: no such region`" in text


def test_a_long_comment_is_cut_where_github_would_refuse_it_and_stays_whole_markdown() -> None:
    cost = COST_TAG + "\n### Cost\n<details>\n\n```diff\n" + "+ a line of it\n" * 6_000

    text = preview_comment(Results(rehearsals={}, plans={}, cost=cost), "")

    assert len(text) <= LONGEST_BODY + 100
    assert text.count("```") == 2
    assert text.count("<details>") == text.count("</details>")
    assert text.endswith("(cut: the whole is in the run's artifacts)\n")


def test_a_report_that_was_cut_off_counts_as_none(tmp_path: Path) -> None:
    shutil.copy(SAMPLES / "rehearsal.dev.json", tmp_path)
    (tmp_path / "rehearsal.prod.json").write_text('{"stack": "pro')

    found = read_results(tmp_path)

    assert found.rehearsals["dev"] is not None
    assert found.rehearsals["prod"] is None
    assert found.cost is None


def test_files_that_are_something_else_are_named(tmp_path: Path) -> None:
    (tmp_path / "cost.md").write_text("# not ours")

    with pytest.raises(ReportFileError, match="begins with '# not ours'"):
        read_results(tmp_path)
    with pytest.raises(ReportFileError, match="is no folder"):
        read_results(tmp_path / "nowhere")
    with pytest.raises(ReportFileError, match=r"holds no drift.STACK.json"):
        read_drift(tmp_path)


def test_drift_has_a_title_only_where_there_is_any() -> None:
    same = PlanReport(stack="dev", ok=True, refreshed=True, same=22)
    step = Step(op="update", type="azure-native:app:ContainerApp", name="app")
    apart = PlanReport(stack="prod", ok=True, refreshed=True, steps=(step,))

    assert drift_title({"dev": same}) is None
    assert drift_title({"dev": same, "prod": apart}) == "Drift: prod differ from the program"
    assert drift_title({"dev": None, "prod": same}) == "Drift: dev could not be compared"
    assert "- update `app`" in drift_text({"dev": same, "prod": apart}, "")

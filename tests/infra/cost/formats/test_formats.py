"""Every format against its golden file, and what must hold in all of them."""

import io
import json
import re
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from rich.console import Console

from infra.cost.change.difference import Difference, difference
from infra.cost.change.snapshot import taken
from infra.cost.formats.breakdown import OURS, Origin, breakdown
from infra.cost.formats.changes import changed, headline
from infra.cost.formats.chart import LARGEST, chart, shares
from infra.cost.formats.comment import TAG, comment, uncompared
from infra.cost.formats.explanation import UnknownLineError, document, explained, find
from infra.cost.formats.markdown import markdown
from infra.cost.formats.raster import ChartError, png, write
from infra.cost.formats.table import table
from infra.cost.model import Estimate, Status
from tests.infra.cost.formats.conftest import INFERRED, line, resource, stack

Golden = Callable[[str, str], None]
NOW = Origin(branch="main", commit="0" * 40, now=datetime(2026, 11, 21, 12, tzinfo=UTC))
SCHEMA = json.loads((Path(__file__).parent / "infracost.schema.json").read_text(encoding="utf-8"))
MEMBERS = {"projects": "project", "resources": "resource", "freeResources": "resource"}


def printed(*estimates: Estimate, colour: bool = False, width: int = 120) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=colour, highlight=False)
    for one in estimates:
        console.print(table(one, width))
    return out.getvalue()


def without_ours(value: Any, kind: str = "root") -> Any:
    """Return a report without the members that are ours, each at its declared place alone."""
    if not isinstance(value, dict):
        return value
    kept = {key: inner for key, inner in value.items() if key not in OURS.get(kind, ())}
    return {
        key: [without_ours(one, MEMBERS[key]) for one in inner]
        if key in MEMBERS
        else without_ours(inner, "")
        if key in {"breakdown", "pastBreakdown", "diff"}
        else inner
        for key, inner in kept.items()
    }


def change(before: Estimate, after: Estimate) -> Difference:
    return difference(taken(before), taken(after))


def test_the_table_is_as_it_was(whole: Estimate, partial: Estimate, golden: Golden) -> None:
    golden("table.txt", printed(whole, partial))


def test_a_narrow_terminal_gets_the_amounts(whole: Estimate, golden: Golden) -> None:
    text = printed(whole, width=80)

    golden("table-narrow.txt", text)
    assert max(map(len, text.splitlines())) <= 80


def test_a_piped_table_has_no_colour_and_a_terminal_has(whole: Estimate) -> None:
    assert "\x1b[" not in printed(whole)
    assert "\x1b[1m" in printed(whole, colour=True)


def test_what_is_not_known_is_never_shown_as_zero(partial: Estimate) -> None:
    text = printed(partial)
    row = next(one for one in text.splitlines() if "Storage" in one)

    assert "no price" in row
    assert row.split()[-2:] == ["not", "known"]
    assert "incomplete: 4 things have no known cost" in text
    assert re.search(r"^a month +(not known *){3}$", text, re.MULTILINE)


def test_the_markdown_is_as_it_was(whole: Estimate, partial: Estimate, golden: Golden) -> None:
    golden("estimate.md", markdown([whole, partial]))


def test_the_json_is_as_it_was(before: Estimate, whole: Estimate, partial: Estimate, golden: Golden) -> None:
    report = breakdown([whole, partial], [change(before, whole)], NOW)

    golden("report.json", json.dumps(report, indent=2) + "\n")


def test_the_json_fits_the_schema_that_infracost_publishes(
    before: Estimate, whole: Estimate, partial: Estimate
) -> None:
    for report in (breakdown([whole, partial], (), NOW), breakdown([whole], [change(before, whole)])):
        jsonschema.validate(without_ours(report), SCHEMA, jsonschema.Draft4Validator)


def test_the_shape_is_closed(whole: Estimate) -> None:
    report = without_ours(breakdown([whole], (), NOW))
    for place in (report, report["projects"][0], report["projects"][0]["breakdown"]["resources"][0]):
        place["extra"] = 1
        with pytest.raises(jsonschema.ValidationError, match="'extra' was unexpected"):
            jsonschema.validate(report, SCHEMA, jsonschema.Draft4Validator)
        del place["extra"]


def test_every_resource_has_a_status_and_every_total_is_the_sum(whole: Estimate, partial: Estimate) -> None:
    report = breakdown([whole, partial], (), NOW)
    every = [
        one
        for project in report["projects"]
        for kind in ("resources", "freeResources")
        for one in project["breakdown"][kind]
    ]

    assert {one["status"] for one in every} == {"free", "priced", "unsupported", "included"}
    known = [Decimal(one["monthlyCost"]) for one in every if one["monthlyCost"]]
    assert Decimal(report["totalMonthlyCost"]) == sum(known)
    assert report["complete"] is False


def test_the_comment_is_as_it_was(before: Estimate, whole: Estimate, golden: Golden) -> None:
    golden("comment.md", comment([change(before, whole)], [whole], "main"))


def test_the_comment_of_an_incomplete_price_says_what_it_lacks(partial: Estimate, golden: Golden) -> None:
    text = comment([change(stack("west"), partial)], [partial], "main", ["dev at main cannot be priced: x"])

    golden("comment-incomplete.md", text)
    assert "+?" in text
    assert "Not compared: dev at main cannot be priced: x" in text


def test_the_comment_is_found_again_by_its_first_line(before: Estimate, whole: Estimate) -> None:
    assert comment([change(before, whole)], [whole], "main").splitlines()[0] == TAG
    assert uncompared([whole], ["it does not run"]).splitlines()[0] == TAG


def test_no_change_is_said_in_the_headline(whole: Estimate) -> None:
    same = change(whole, whole)

    assert headline([same]) == "Cost: no change, 129.89 USD a month"
    assert "No line of the estimate changes." in comment([same], [whole], "main")


def test_the_change_is_in_the_markdown(before: Estimate, whole: Estimate, golden: Golden) -> None:
    golden("change.md", changed([change(before, whole)], "main"))


def test_a_line_is_explained(whole: Estimate, golden: Golden) -> None:
    found = find(whole, "app.requests")

    golden("explanation.txt", explained(whole, found) + "\n")
    assert document(whole, found)["columns"]["busy"] == {
        "quantity": "4.5",
        "granted": None,
        "monthly": "11.25",
    }


@pytest.mark.parametrize(
    ("name", "near"), [("app.request", "app.requests"), ("app", "app.vcpu, app.requests")]
)
def test_an_unknown_line_is_refused_with_the_near_ones(whole: Estimate, name: str, near: str) -> None:
    with pytest.raises(UnknownLineError, match=near):
        find(whole, name)


def test_the_chart_is_as_it_was(whole: Estimate, partial: Estimate, golden: Golden) -> None:
    golden("chart.svg", chart([whole, partial]))


def test_the_chart_is_well_formed_and_its_bars_are_as_long_as_their_amounts(whole: Estimate) -> None:
    root = ET.fromstring(chart([whole, deepcopy(whole)]))
    bars = [
        (one.get("fill"), float(one.get("width", "0")))
        for one in root.iter("{http://www.w3.org/2000/svg}rect")
        if one.get("height") == "16"
    ]
    fixed, usage = (
        next(width for fill, width in bars if fill == colour) for colour in ("#1f5f8b", "#f2a33a")
    )

    assert fixed / usage == pytest.approx(126.144 / 3.75, rel=0.02)


def test_what_costs_nothing_has_no_bar(whole: Estimate) -> None:
    assert [bar.name for bar in shares(whole)] == ["app"]


def test_many_resources_are_gathered_and_their_sum_stays() -> None:

    big = stack(
        "wide",
        *(
            resource(f"r{n}", "odd:Thing", Status.PRICED, line(f"r{n}", "Use", INFERRED, "0", str(n), "0"))
            for n in range(1, 12)
        ),
    )
    bars = shares(big)

    assert len(bars) == LARGEST
    assert bars[-1].name == "5 others"
    assert sum(bar.total for bar in bars) == big.total("expected")


def test_the_png_is_a_picture_of_twice_the_size(whole: Estimate) -> None:
    picture = png(chart([whole]))

    assert picture.startswith(b"\x89PNG")
    assert int.from_bytes(picture[16:20], "big") == 1800


def test_a_chart_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ChartError, match=r"ends with \.svg or \.png"):
        write(tmp_path / "chart.pdf", "<svg/>")

"""The check that the other tests rely on must be able to fail."""

from datetime import UTC, datetime, timedelta

import pytest

from frmk.events import Event
from frmk.runs.rules import broken_rules
from tests.frmk.runs.scripted import draft, whole_turn

START = datetime(2026, 11, 21, tzinfo=UTC)


def numbered(drafts, *, final=True):
    return [
        Event(
            type=one.type,
            run_id="r",
            thread_id="t",
            seq=number,
            time=START + timedelta(seconds=number),
            agent=one.agent,
            data=one.data,
            final=final and number == len(drafts),
        )
        for number, one in enumerate(drafts, 1)
    ]


def test_a_whole_turn_breaks_no_rule():
    assert broken_rules(numbered(whole_turn())) == []


def test_a_turn_that_goes_on_has_no_final_event_yet():
    assert broken_rules(numbered(whole_turn()[:4], final=False), over=False) == []
    assert broken_rules(numbered(whole_turn()[:4], final=False)) != []


@pytest.mark.parametrize(
    ("keep", "says"),
    [
        (slice(1, None), "not open"),
        ([0, 1, 2, 3, 5, 9], "a tool is open"),
        ([0, 1, 2, 9], "a child is open"),
        ([0, 1, 2, 4, 5, 9], "never called"),
        ([0, 2, 3, 3, 4, 5, 9], "called twice"),
        ([0, 0, 9], "started twice"),
        ([0, 1], "open at the end"),
        ([0, 2, 5], "not the supervisor's end"),
    ],
)
def test_a_broken_rule_is_told(keep, says):
    turn = whole_turn()
    drafts = turn[keep] if isinstance(keep, slice) else [turn[place] for place in keep]

    assert says in " ".join(broken_rules(numbered(drafts)))


def test_holes_wrong_times_and_a_second_final_are_told():
    events = numbered(whole_turn())
    holed = events[:3] + events[4:]
    late = [events[0].model_copy(update={"time": START + timedelta(days=1), "final": True}), *events[1:]]

    assert "has number 5" in broken_rules(holed)[0]
    assert {"time goes back", "final are [1, 10] of 10"} <= set(broken_rules(late))


def test_a_tool_tells_either_output_or_error():
    turn = whole_turn()
    turn[4] = draft("tool_completed", "weather", "w", "s", tool="forecast", tool_call_id="c1")

    assert broken_rules(numbered(turn)) == [
        "event 5, tool_completed of 'weather': needs either output or error"
    ]

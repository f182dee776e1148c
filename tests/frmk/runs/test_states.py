import itertools

import pytest

from frmk.errors import IllegalMoveError
from frmk.runs.states import RunStatus, advance, is_over, move, restart, successors

WAY = [RunStatus(name) for name in (
    "pending", "initializing", "running", "coordinating", "waiting_for_agents", "aggregating_results",
)]  # fmt: skip
ENDS = [RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELLED]


@pytest.mark.parametrize(("before", "after"), list(itertools.combinations(WAY, 2)))
def test_a_run_may_skip_forward(before, after):
    assert move(before, after) is after


@pytest.mark.parametrize(("after", "before"), list(itertools.combinations(WAY, 2)))
def test_a_run_never_goes_back_except_from_waiting_to_coordinating(before, after):
    if (before, after) == (RunStatus.WAITING_FOR_AGENTS, RunStatus.COORDINATING):
        assert move(before, after) is after
        return
    with pytest.raises(IllegalMoveError, match=f"A run that is {before} cannot become {after}"):
        move(before, after)
    assert advance(before, after) is before


@pytest.mark.parametrize("status", RunStatus)
def test_no_status_follows_itself(status):
    with pytest.raises(IllegalMoveError):
        move(status, status)


@pytest.mark.parametrize(("status", "to"), list(itertools.product(ENDS, RunStatus)))
def test_nothing_follows_an_end(status, to):
    assert is_over(status)
    with pytest.raises(IllegalMoveError, match="the run is over"):
        move(status, to)


@pytest.mark.parametrize("status", [*WAY, RunStatus.WAITING_FOR_APPROVAL])
def test_every_other_status_may_end_in_any_way_and_start_again(status):
    assert not is_over(status)
    assert successors(status) >= set(ENDS)
    assert restart(status) is RunStatus.INITIALIZING


@pytest.mark.parametrize("status", ENDS)
def test_a_run_that_is_over_is_not_taken_over(status):
    with pytest.raises(IllegalMoveError, match="taken over"):
        restart(status)

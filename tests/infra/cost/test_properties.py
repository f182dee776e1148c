"""What holds for every estimate."""

from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from infra.cost.estimate import estimate, estimate_all
from infra.cost.model import COLUMNS, ZERO, Basis, Estimate
from infra.cost.pool import GRANTS
from infra.cost.usage.file import UsageFile
from tests.infra.cost.plans import everything, plan, usage

COUNTS = st.integers(0, 200_000)
FACTORS = st.decimals(1, 20, places=2)
TURNS = st.fixed_dictionaries(
    {
        "inputTokens": st.integers(0, 50_000),
        "cachedTokens": st.integers(0, 60_000),
        "outputTokens": st.integers(0, 5_000),
        "seconds": st.integers(0, 120),
        "requests": st.integers(0, 10),
        "toolCalls": st.integers(0, 10),
        "answerBytes": COUNTS,
        "logBytes": COUNTS,
        "toolLogBytes": COUNTS,
        "storedBytes": COUNTS,
    }
)
USAGE = st.fixed_dictionaries(
    {
        "conversationsPerDay": COUNTS,
        "turnsPerConversation": st.integers(0, 50),
        "peakFactor": FACTORS,
        "burst": FACTORS,
        "idleShare": st.decimals(0, 1, places=2),
        "activeHoursPerDay": st.integers(1, 24),
        "conversationBytes": COUNTS,
        "replicaLogBytesPerHour": COUNTS,
        "registryGb": st.integers(0, 1000),
        "turn": TURNS,
    }
)
SCALES = st.tuples(st.integers(0, 3), st.integers(3, 30))
EXAMPLES = settings(max_examples=60, deadline=None)
# Money in 28 digits: a sum taken in another order may differ in the last of them.
CLOSE = Decimal("1E-12")
GROWING = ("conversationsPerDay", "turnsPerConversation", "burst", "conversationBytes", "registryGb")
GROWING_TURN = ("inputTokens", "outputTokens", "seconds", "requests", "toolCalls", "answerBytes", "logBytes")


def found(values: dict[str, Any], scale: tuple[int, int], *, free_grants: bool = False) -> Estimate:
    return estimate(plan(*everything(*scale)), usage=read(values), free_grants=free_grants)


def assert_no_line_fell(less: Estimate, grown: Estimate) -> None:
    for before, after in zip(less.lines, grown.lines, strict=True):
        for column in COLUMNS:
            assert (after.quantity[column] or ZERO) >= (before.quantity[column] or ZERO), before.id


def read(values: dict[str, Any]) -> UsageFile:
    return usage(
        **{key: str(value) if isinstance(value, Decimal) else value for key, value in values.items()}
    )


@EXAMPLES
@given(values=USAGE, scale=SCALES, granted=st.booleans())
def test_nothing_is_ever_negative(values: dict[str, Any], scale: tuple[int, int], *, granted: bool) -> None:
    for line in found(values, scale, free_grants=granted).lines:
        for column in COLUMNS:
            assert (line.quantity[column] or ZERO) >= 0
            assert (line.billed(column) or ZERO) >= 0
            assert (line.monthly(column) or ZERO) >= 0


@EXAMPLES
@given(USAGE, SCALES, st.sampled_from(GROWING), st.integers(1, 100_000))
def test_more_use_never_costs_less(
    values: dict[str, Any], scale: tuple[int, int], key: str, more: int
) -> None:
    less = found(values, scale)
    grown = found({**values, key: values[key] + more}, scale)

    assert_no_line_fell(less, grown)


@EXAMPLES
@given(USAGE, SCALES, st.sampled_from(GROWING_TURN), st.integers(1, 100_000))
def test_longer_turns_never_cost_less(
    values: dict[str, Any], scale: tuple[int, int], key: str, more: int
) -> None:
    turn = {**values["turn"], "cachedTokens": 0}
    less = found({**values, "turn": turn}, scale)
    grown = found({**values, "turn": {**turn, key: turn[key] + more}}, scale)

    assert_no_line_fell(less, grown)


@EXAMPLES
@given(USAGE, SCALES)
def test_busy_costs_at_least_expected_and_expected_at_least_idle(
    values: dict[str, Any], scale: tuple[int, int]
) -> None:
    cost = found(values, scale)

    assert cost.total("idle") <= cost.total("expected") <= cost.total("busy")


@EXAMPLES
@given(values=USAGE, scale=SCALES, granted=st.booleans())
def test_the_total_is_the_sum_of_its_parts(
    values: dict[str, Any], scale: tuple[int, int], *, granted: bool
) -> None:
    cost = found(values, scale, free_grants=granted)

    for column in COLUMNS:
        by_resource = sum((one.monthly(column) or ZERO for one in cost.resources), ZERO)
        by_basis = sum((cost.total(column, basis) for basis in Basis), ZERO)
        assert abs(cost.total(column) - by_resource) <= CLOSE * max(1, by_resource)
        assert abs(cost.total(column) - by_basis) <= CLOSE * max(1, by_basis)


@EXAMPLES
@given(USAGE, st.integers(1, 4))
def test_a_subscription_gets_its_free_amounts_once(values: dict[str, Any], stacks: int) -> None:
    plans = [plan(*everything(), stack=str(number)) for number in range(stacks)]
    usages = {one.stack: read(values) for one in plans}

    granted = estimate_all(plans, usage=usages, free_grants=True)

    for meter, amount in GRANTS.items():
        for column in COLUMNS:
            taken = [
                one.granted.get(column, ZERO) for each in granted for one in each.lines if one.meter == meter
            ]
            assert sum(taken, ZERO) <= amount


@EXAMPLES
@given(USAGE, SCALES)
def test_free_amounts_never_make_anything_dearer(values: dict[str, Any], scale: tuple[int, int]) -> None:
    gross, net = found(values, scale), found(values, scale, free_grants=True)

    assert all(net.total(column) <= gross.total(column) for column in COLUMNS)

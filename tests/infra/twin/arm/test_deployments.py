"""Deployments of models: one at a time on an account, as Azure has it."""

from concurrent.futures import ThreadPoolExecutor

from infra.twin.client import ArmError
from tests.infra.twin.conftest import Rehearsal


def attempted(twin: Rehearsal, account: str, name: str) -> ArmError | None:
    try:
        twin.deployment(account, name)
    except ArmError as error:
        return error
    return None


def test_two_at_once_on_one_account_conflict_and_one_after_the_other_do_not(twin: Rehearsal) -> None:
    account = twin.account()["id"]
    with ThreadPoolExecutor(2) as both:
        first, second = both.map(lambda name: attempted(twin, account, name), ("chat", "cheap"))

    (refused,) = [one for one in (first, second) if one is not None]
    assert (refused.status, refused.code) == (409, "RequestConflict")
    assert f"Another operation is being performed on the parent resource '{account}'" in refused.message
    assert [finding.code for finding in refused.findings] == ["ST044"]
    assert [attempted(twin, account, name) for name in ("chat", "cheap")] == [None, None]


def test_two_accounts_do_not_wait_for_each_other(twin: Rehearsal) -> None:
    accounts = [twin.account(name)["id"] for name in ("one", "two")]
    with ThreadPoolExecutor(2) as both:
        outcome = list(both.map(lambda account: attempted(twin, account, "chat"), accounts))

    assert outcome == [None, None]

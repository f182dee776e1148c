"""Which image a stack goes back to, by histories as `pulumi stack history --json` prints them."""

from typing import Any

from infra.release.promotion import TAKEN_BACK, digest_in
from infra.release.rollback import earlier

A, B, C = ("sha256:" + letter * 64 for letter in "abc")


def update(
    digest: str | None, result: str = "succeeded", message: str = "", kind: str = "update"
) -> dict[str, Any]:
    image = {"repository": "seatrial", **({"digest": digest} if digest else {})}
    entry = {"value": "{}", "objectValue": image, "secret": False}
    return {"kind": kind, "result": result, "message": message, "config": {"seatrial:image": entry}}


def test_the_latest_other_digest_that_worked_is_the_one() -> None:
    assert earlier([update(C), update(C), update(B), update(A)], C) == B


def test_updates_that_failed_refreshes_and_builds_from_source_do_not_count() -> None:
    history = [update(C), update(B, "failed"), update(B, kind="refresh"), update(None), update(A)]

    assert earlier(history, C) == A
    assert earlier(history[:-1], C) is None


def test_an_image_that_was_taken_back_is_passed_over() -> None:
    back = update(B, message=TAKEN_BACK.format(C, B))

    assert earlier([back, update(C), update(B), update(A)], B) == A


def test_a_reference_without_a_digest_has_none() -> None:
    assert digest_in(f"a.azurecr.io/seatrial@{A}") == A
    assert digest_in("a.azurecr.io/seatrial:src-1") is None
    assert digest_in(None) is None

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frmk.errors import FieldError, RunNotFoundError, ThreadNotFoundError
from frmk.runs.ids import check_id, is_id, new_id
from tests.frmk.runs.scripted import ScriptExecutor

LEGAL = string.ascii_letters + string.digits + "._~:-"


@given(st.text(LEGAL, min_size=1, max_size=128).filter(lambda value: value not in {".", ".."}))
def test_every_legal_id_is_returned_as_it_is(value):
    assert check_id(value) == value


@given(st.text(max_size=140))
def test_anything_else_is_refused(value):
    legal = 1 <= len(value) <= 128 and set(value) <= set(LEGAL) and value not in {".", ".."}

    assert is_id(value) == legal


@pytest.mark.parametrize("value", ["", ".", "..", "a\n", "a/b", "a b", "ü", "a\x00", "x" * 129, "\ud800"])
def test_a_refusal_shows_the_value_in_plain_characters(value):
    with pytest.raises(FieldError, match=r"thread_id is '.*allowed are 1 to 128") as caught:
        check_id(value)

    assert str(caught.value).isprintable() or "…" in str(caught.value)
    assert len(str(caught.value)) < 500


def test_ids_made_here_are_legal_and_differ():
    assert is_id(new_id("run"))
    assert new_id("run") != new_id("run")


@pytest.mark.parametrize("value", ["\ud800", "a\x00b", "../x", ""])
async def test_an_illegal_id_is_unknown_rather_than_looked_up(store, engine_on, value):
    engine = await engine_on(store, ScriptExecutor())

    for asking in (engine.run, engine.cancel, engine.wait):
        with pytest.raises(RunNotFoundError):
            await asking("ana", value)
    for asking in (engine.thread, engine.delete_thread):
        with pytest.raises(ThreadNotFoundError):
            await asking("ana", value)

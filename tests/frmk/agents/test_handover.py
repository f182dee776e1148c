from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from frmk.agents.handover import seal, unseal
from frmk.errors import ContextError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(st.text(), JSON))
def test_what_is_sealed_comes_out_again(state: dict[str, object]) -> None:
    assert unseal(seal(state)) == state


def test_digest_is_over_the_canonical_form() -> None:
    assert seal({"b": 1.0, "a": "é"}).digest == sha256('{"a":"é","b":1}'.encode()).hexdigest()


def test_changed_context_is_refused() -> None:
    sealed = seal({"days": 3})

    with pytest.raises(ContextError, match="it was changed"):
        unseal(replace(sealed, body='{"days":4}'))


@pytest.mark.parametrize("value", [object(), float("nan"), 2**60])
def test_value_without_a_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(ContextError, match="cannot be handed over"):
        seal({"value": value})

"""What goes wrong in a check becomes a no, never a defect."""

import pytest

from infra.verify.ledger import Ledger, Outcome


@pytest.mark.parametrize("error", [TypeError("x"), AttributeError("x"), KeyError("x")])
async def test_an_answer_of_another_form_is_a_no(error: Exception) -> None:
    async def read() -> Outcome[None]:
        raise error

    ledger = Ledger(1)

    assert await ledger.check("message", read()) is None
    assert "another form than promised" in ledger.checks[0].detail

"""Somebody who can look into the database beside the app, and say whether the conversation is there."""

from collections.abc import Sequence
from typing import Protocol

from infra.verify.ledger import Outcome
from infra.verify.visit import Turn


class Witness(Protocol):
    """Look where the state is kept; raise CheckFailedError when it is not what the app said."""

    async def present(self, turns: Sequence[Turn]) -> Outcome[None]:
        """Expect the checkpoints and the events of these turns."""
        ...

    async def gone(self, turns: Sequence[Turn]) -> Outcome[None]:
        """Expect nothing of these turns, whose threads have been deleted."""
        ...

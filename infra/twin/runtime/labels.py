"""How containers are told to belong to a twin: process mode reads this without the Docker SDK."""

import hashlib
from pathlib import Path

STATE_LABEL = "seatrial.state"


def state_label(state: Path) -> str:
    """Return the label's value that tells two checkouts with a stack of the same name apart."""
    return hashlib.sha256(str(state.resolve()).encode()).hexdigest()[:16]

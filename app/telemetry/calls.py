"""Model calls on their way from whoever makes them to whoever watches the run that they are part of."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from frmk.llm.calls import Heard, ModelCall

_log = logging.getLogger(__name__)


class ModelCalls:
    """Bring each call to its run's listener; a run that nobody listens to is not an error."""

    def __init__(self) -> None:
        self._heard: dict[str, Heard] = {}

    @contextmanager
    def of(self, run_id: str, heard: Heard) -> Iterator[None]:
        """Listen to a run's calls."""
        self._heard[run_id] = heard
        try:
            yield
        finally:
            # An attempt that ends late leaves its successor's listener where it is.
            if self._heard.get(run_id) is heard:
                del self._heard[run_id]

    def made(self, run_id: str, call: ModelCall) -> None:
        """Tell of a call."""
        heard = self._heard.get(run_id)
        if heard is None:
            return
        try:
            heard(call)
        except Exception:  # noqa: BLE001  # a run does not fail because it is watched
            _log.exception("a model's call was not traced", extra={"run_id": run_id})

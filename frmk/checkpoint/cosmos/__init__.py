"""LangGraph's state in Azure Cosmos DB: checkpoints, and long-term memory.

Names are loaded when they are first asked for: the saver comes without the long-term store.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from frmk.checkpoint.cosmos.charges import Charge, Meter
    from frmk.checkpoint.cosmos.connect import open_database
    from frmk.checkpoint.cosmos.containers import CHECKPOINTS
    from frmk.checkpoint.cosmos.errors import ConcurrentTurnError, CosmosStateError
    from frmk.checkpoint.cosmos.longterm import CosmosStore
    from frmk.checkpoint.cosmos.longterm_place import MEMORIES
    from frmk.checkpoint.cosmos.payload import Cipher, SealContext
    from frmk.checkpoint.cosmos.saver import CosmosSaver

_HOME = {
    "CHECKPOINTS": "containers",
    "Charge": "charges",
    "Cipher": "payload",
    "ConcurrentTurnError": "errors",
    "CosmosSaver": "saver",
    "CosmosStateError": "errors",
    "CosmosStore": "longterm",
    "MEMORIES": "longterm_place",
    "Meter": "charges",
    "SealContext": "payload",
    "open_database": "connect",
}

__all__ = [
    "CHECKPOINTS",
    "MEMORIES",
    "Charge",
    "Cipher",
    "ConcurrentTurnError",
    "CosmosSaver",
    "CosmosStateError",
    "CosmosStore",
    "Meter",
    "SealContext",
    "open_database",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"{__name__} has no {name!r}. It offers: {', '.join(__all__)}.")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)

"""What the saver refuses, as callers need to tell it apart."""


class CosmosStateError(Exception):
    """Stand above everything that this package raises on purpose."""


class ConcurrentTurnError(CosmosStateError):
    """Say that another turn has extended the thread since this one read it."""


class SchemaVersionError(CosmosStateError):
    """Say that a document was written by a newer release."""


class PayloadError(CosmosStateError):
    """Say that a payload cannot be read back: a part is missing, or it is sealed."""


class ThrottledError(CosmosStateError):
    """Say that the service went on refusing until the budget was spent."""


class ThreadExistsError(CosmosStateError):
    """Say that the thread to copy into holds state already."""


class BrokenHistoryError(CosmosStateError):
    """Say that a delta channel's earlier writes are gone."""

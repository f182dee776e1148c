"""Partial updates: the operations of a patch, applied to a copy of a document."""

import copy
from typing import Any

from infra.twin.database.problems import CosmosProblem, invalid

MAX_OPERATIONS = 10
_SYSTEM = frozenset({"id", "_rid", "_self", "_etag", "_ts", "_attachments"})


def patched(document: dict[str, Any], operations: Any, fixed: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return a document with the operations applied; `fixed` names properties that no patch may change."""
    if not isinstance(operations, list) or not 1 <= len(operations) <= MAX_OPERATIONS:
        raise invalid(f"A patch has one to {MAX_OPERATIONS} operations.")
    changed = copy.deepcopy(document)
    for number, operation in enumerate(operations):
        try:
            _apply(changed, operation, fixed)
        except CosmosProblem:
            raise
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise invalid(
                f"For Operation({number + 1}): The patch operation failed ({type(error).__name__}: {error})."
            ) from error
    return changed


def _apply(document: dict[str, Any], operation: dict[str, Any], fixed: tuple[str, ...]) -> None:
    kind = str(operation["op"]).lower()
    names = _names(operation["path"], fixed)
    if kind == "move":
        source = _names(operation["from"], fixed)
        value = _take(document, source)
        _put(document, names, value, insert=True)
    elif kind in {"add", "set"}:
        _put(document, names, operation["value"], insert=kind == "add")
    elif kind == "replace":
        _get(document, names)
        _put(document, names, operation["value"], insert=False)
    elif kind == "remove":
        _take(document, names)
    elif kind in {"incr", "increment"}:
        _increment(document, names, operation["value"])
    else:
        raise ValueError(f"{kind!r} is no patch operation")


def _increment(document: dict[str, Any], names: list[str], by: Any) -> None:
    try:
        before = _get(document, names)
    except KeyError:
        before = 0
    if not _is_number(before) or not _is_number(by):
        raise ValueError("incr needs a number and a numeric path")
    total = before + by
    _put(document, names, int(total) if float(total).is_integer() else total, insert=False)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _names(path: Any, fixed: tuple[str, ...]) -> list[str]:
    if not isinstance(path, str) or not path.startswith("/"):
        raise ValueError(f"the path {path!r} must begin with '/'")
    names = [name.replace("~1", "/").replace("~0", "~") for name in path[1:].split("/")]
    if names[0] in _SYSTEM or "/" + "/".join(names) in fixed:
        raise invalid(f"Cannot patch the system property or partition key {path!r}.")
    return names


def _get(value: Any, names: list[str]) -> Any:
    for name in names:
        value = value[_index(value, name)] if isinstance(value, list) else _member(value, name)
    return value


def _member(value: Any, name: str) -> Any:
    if not isinstance(value, dict):
        raise TypeError(f"{name!r} is below a value that is no object")
    return value[name]


def _index(items: list[Any], name: str) -> int:
    index = len(items) if name == "-" else int(name)
    if not 0 <= index <= len(items):
        raise IndexError(f"{index} is outside of an array of {len(items)}")
    return index


def _put(document: Any, names: list[str], value: Any, *, insert: bool) -> None:
    *above, last = names
    holder = _get(document, above)
    if isinstance(holder, list):
        index = _index(holder, last)
        if insert or index == len(holder):
            holder.insert(index, value)
        else:
            holder[index] = value
    elif isinstance(holder, dict):
        holder[last] = value
    else:
        raise TypeError(f"{last!r} is below a value that is no object")


def _take(document: Any, names: list[str]) -> Any:
    *above, last = names
    holder = _get(document, above)
    if isinstance(holder, list):
        return holder.pop(_index(holder, last))
    if not isinstance(holder, dict):
        raise TypeError(f"{last!r} is below a value that is no object")
    return holder.pop(last)

"""Property values between the engine's wire form and data; secrets and unknown values keep their marks."""

from typing import Any

from google.protobuf import json_format, struct_pb2  # type: ignore[import-untyped]  # no stubs locked
from pulumi.runtime import rpc

_SIGNATURE = "4dabf18193072939515e22adb298388d"


def read(struct: Any) -> dict[str, Any]:
    """Return a struct as data with whole numbers as int; marks stay where they are."""
    found: dict[str, Any] = _whole(json_format.MessageToDict(struct))
    return found


def write(values: dict[str, Any]) -> Any:
    """Return data as a struct."""
    struct = struct_pb2.Struct()
    struct.update(values)
    return struct


def bare(value: Any) -> Any:
    """Return a value without the marks of secrets."""
    if isinstance(value, dict):
        if _SIGNATURE in value:
            return bare(value.get("value"))
        return {key: bare(inner) for key, inner in value.items()}
    return [bare(inner) for inner in value] if isinstance(value, list) else value


def known(value: Any) -> bool:
    """Say whether nothing in a value is still to be computed."""
    if isinstance(value, dict):
        return all(map(known, value.values()))
    if isinstance(value, list):
        return all(map(known, value))
    return bool(value != rpc.UNKNOWN)


def _whole(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _whole(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_whole(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value

"""Text in items: plain while short, compressed when longer, over several items when too large for one."""

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

Doc = dict[str, Any]

PLAIN_CHARACTERS = 4_096
# Cosmos takes 2 MB an item and 2 MB a batch; above 1 MB the client sends in one piece that holds others up.
# So two whole items fit in a batch, or one part beside the run's own item.
WHOLE_CHARACTERS = 450_000
PART_CHARACTERS = 900_000
BATCH_BYTES = 1_000_000
LARGEST_BATCH_BYTES = 1_900_000
BATCH_OPERATIONS = 100


def packed(text: str) -> Doc:
    """Return the fields of an item that hold the text."""
    if len(text) <= PLAIN_CHARACTERS:
        return {"text": text}
    return {"zip": base64.b64encode(zlib.compress(text.encode())).decode()}


def split(item: Doc, name: str) -> tuple[Doc, list[Doc]]:
    """Return the item, and the parts it points to where its text does not fit; `name` is theirs alone."""
    text = item.get("zip", "")
    if len(text) <= WHOLE_CHARACTERS:
        return item, []
    pieces = [text[start : start + PART_CHARACTERS] for start in range(0, len(text), PART_CHARACTERS)]
    parts = [
        {
            "id": f"part.{name}.{place:04d}",
            "pk": item["pk"],
            "type": "part",
            "thread": item["thread"],
            "zip": piece,
        }
        for place, piece in enumerate(pieces)
    ]
    head = {key: value for key, value in item.items() if key != "zip"}
    return {**head, "parts": [part["id"] for part in parts]}, parts


def unpacked(item: Mapping[str, Any], parts: Sequence[Mapping[str, Any]] = ()) -> str:
    """Return the text of an item and the parts it points to."""
    if "text" in item:
        return str(item["text"])
    zipped = "".join(part["zip"] for part in parts) if "parts" in item else item["zip"]
    return zlib.decompress(base64.b64decode(zipped)).decode()


def size_of(item: Mapping[str, Any]) -> int:
    """Return how many bytes an item takes on the wire, near enough for limits."""
    return len(json.dumps(item)) + 200

"""Sealed payloads: nothing clear in the database, keys that rotate, seals that hold."""

import base64
import json
import operator
import random
import subprocess
import sys
from typing import Annotated, Any, TypedDict

import pytest
from azure.cosmos.aio import ContainerProxy
from langchain_core.messages import HumanMessage
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt

from frmk.checkpoint.cosmos import CosmosSaver
from frmk.checkpoint.cosmos.encryption import AesGcmCipher, BrokenSealError, UnknownKeyError
from frmk.checkpoint.cosmos.payload import SealContext
from tests.frmk.checkpoint.cosmos.graphs import put, state
from tests.frmk.checkpoint.cosmos.graphs import thread as named

OLD, NEW = b"o" * 32, b"n" * 16
HERE = SealContext("thread", "item", "data")
SECRET = "my passport number is C01X00T47"


def cipher(*ids: str) -> AesGcmCipher:
    keys = {"2025": OLD, "2026": NEW}
    return AesGcmCipher({name: keys[name] for name in ids}, seal_with=ids[0])


@pytest.mark.parametrize("data", [b"", b"x", b"\x00" * 100_000])
def test_what_is_sealed_opens_again(data: bytes) -> None:
    sealed = cipher("2025").seal(data, HERE)
    assert cipher("2025").open(sealed, HERE) == data
    assert cipher("2025").seal(data, HERE) != sealed, "no nonce comes twice"


def test_keys_rotate() -> None:
    before = cipher("2025").seal(b"text", HERE)
    rotated = cipher("2026", "2025")
    after = rotated.seal(b"text", HERE)
    assert rotated.open(before, HERE) == rotated.open(after, HERE) == b"text"
    with pytest.raises(UnknownKeyError, match=r"sealed with key '2026'.*Keys: '2025'") as refused:
        cipher("2025").open(after, HERE)
    assert refused.value.key_id == "2026"


@pytest.mark.parametrize(
    "moved",
    [
        SealContext("other", "item", "data"),
        SealContext("thread", "x", "data"),
        SealContext("thread", "item", "y"),
    ],
)
def test_a_seal_holds_in_its_own_place_alone(moved: SealContext) -> None:
    sealed = cipher("2025").seal(b"text", HERE)
    with pytest.raises(BrokenSealError, match="key '2025'"):
        cipher("2025").open(sealed, moved)


def test_every_byte_of_the_envelope_counts() -> None:
    sealed = cipher("2025").seal(b"text", HERE)
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises((BrokenSealError, UnknownKeyError)):
            cipher("2025").open(bytes(changed), HERE)
    for length in range(len(sealed)):
        with pytest.raises((BrokenSealError, UnknownKeyError)):
            cipher("2025").open(sealed[:length], HERE)


def test_another_key_under_the_same_id_is_named() -> None:
    sealed = cipher("2025").seal(b"text", HERE)
    with pytest.raises(BrokenSealError, match="the key under this id is another one"):
        AesGcmCipher({"2025": NEW}, seal_with="2025").open(sealed, HERE)


@pytest.mark.parametrize(
    ("keys", "seal_with", "said"),
    [
        ({"a": b"short"}, "a", "Key 'a' has 5 bytes"),
        ({"": OLD}, "", "1 to 255 bytes"),
        ({"k" * 256: OLD}, "k", "has 256"),
        ({"a": OLD}, "b", "no key 'b'.*Keys: 'a'"),
    ],
)
def test_keys_that_cannot_be_are_refused(keys: dict[str, bytes], seal_with: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        AesGcmCipher(keys, seal_with=seal_with)


class State(TypedDict, total=False):
    messages: Annotated[list[Any], operator.add]
    note: str


def graph(saver: CosmosSaver) -> Any:
    builder = StateGraph(State)
    builder.add_node("ask", lambda state: {"note": interrupt(f"Is this right: {SECRET}?")})
    builder.add_edge(START, "ask")
    builder.add_edge("ask", END)
    return builder.compile(checkpointer=saver)


async def test_no_clear_text_reaches_the_database(container: ContainerProxy) -> None:
    place = {"configurable": {"thread_id": "sealed"}, "metadata": {"about": SECRET}}
    large = {"messages": [HumanMessage(SECRET), HumanMessage(_incompressible(3_000_000) + SECRET)]}
    asked = graph(CosmosSaver(container, cipher=cipher("2025")))
    await asked.ainvoke(large, place)
    documents = [document async for document in container.query_items("SELECT * FROM c")]
    assert {"checkpoint", "writes", "chunk"} <= {document["kind"] for document in documents}
    clear = SECRET.encode()
    # In base64 a text has three forms, by where it begins.
    forms = [clear] + [base64.b64encode(b"." * shift + clear)[4:-4] for shift in range(3)]
    stored = json.dumps(documents).encode()
    assert [form for form in forms if form in stored] == []

    resumed = graph(CosmosSaver(container, cipher=cipher("2026", "2025")))
    result = await resumed.ainvoke(Command(resume=f"yes, {SECRET}"), place)
    assert result["note"] == f"yes, {SECRET}"
    assert result["messages"] == large["messages"]
    with pytest.raises(UnknownKeyError, match="'2026'"):
        await graph(CosmosSaver(container, cipher=cipher("2025"))).aget_state(place)


async def test_what_was_written_before_there_was_a_cipher_is_read(container: ContainerProxy) -> None:
    await put(CosmosSaver(container), named("t"), state(value="clear"))
    found = await CosmosSaver(container, cipher=cipher("2025")).aget_tuple(named("t"))
    assert found is not None
    assert found.checkpoint["channel_values"]["value"] == "clear"


async def test_a_payload_moved_to_another_thread_stays_shut(container: ContainerProxy) -> None:
    saver = CosmosSaver(container, cipher=cipher("2025"))
    kept: dict[str, dict[str, Any]] = {}
    for thread in ("mine", "yours"):
        await graph(saver).ainvoke({"note": thread}, {"configurable": {"thread_id": thread}})
        found = container.query_items("SELECT * FROM c WHERE c.kind = 'checkpoint'", partition_key=thread)
        kept[thread] = max([document async for document in found], key=lambda document: document["s"])
    await container.upsert_item(kept["yours"] | {"data": kept["mine"]["data"]})
    with pytest.raises(BrokenSealError, match="partition 'yours'"):
        await saver.aget_tuple({"configurable": {"thread_id": "yours"}})


def test_the_package_does_without_cryptography() -> None:
    code = (
        "import sys; sys.modules['cryptography'] = None\n"
        "import frmk.checkpoint.cosmos as p\n"
        "import frmk.checkpoint.cosmos.longterm, frmk.checkpoint.cosmos.migrate\n"
        "[getattr(p, name) for name in p.__all__]"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr


def _incompressible(size: int) -> str:
    return base64.b64encode(random.Random(1).randbytes(size)).decode()

"""The document's version, and what is loaded when."""

import subprocess
import sys

import pytest
from azure.cosmos.aio import ContainerProxy

import frmk.checkpoint.cosmos as package
from frmk.checkpoint.cosmos import CosmosSaver
from frmk.checkpoint.cosmos.errors import SchemaVersionError
from tests.frmk.checkpoint.cosmos.conftest import everything
from tests.frmk.checkpoint.cosmos.graphs import put, state, thread


async def test_a_document_of_a_newer_release_is_refused(
    saver: CosmosSaver, container: ContainerProxy
) -> None:
    await put(saver, thread("t"), state())
    document = (await everything(container))[0]
    assert document["v"] == 1
    await container.upsert_item(document | {"v": 2})
    for work in (saver.aget_tuple(thread("t")), saver.acopy_thread("t", "copy")):
        with pytest.raises(
            SchemaVersionError, match=r"schema version 2; this release reads up to 1. Upgrade"
        ):
            await work


async def test_every_document_says_its_version_and_partition(
    saver: CosmosSaver, container: ContainerProxy
) -> None:
    stored = await put(saver, thread("t"), state())
    await saver.aput_writes(stored, [("c", 1), ("__error__", 2)], "task")
    for document in await everything(container):
        assert (document["v"], document["pk"]) == (1, "t")
        assert document.keys() >= {"s", "kind", "ns", "checkpoint_id"}


def test_the_saver_comes_without_the_long_term_store() -> None:
    code = "import sys; from frmk.checkpoint.cosmos import CosmosSaver; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    ours = [name for name in loaded if name.startswith(("frmk", "app", "infra"))]
    assert not [name for name in ours if "longterm" in name or "encryption" in name]
    assert [name for name in ours if not name.startswith("frmk.checkpoint.cosmos")] == [
        "frmk",
        "frmk.checkpoint",
    ]


def test_a_name_that_is_not_offered_is_named() -> None:
    with pytest.raises(AttributeError, match=r"has no 'Saver'\. It offers: CHECKPOINTS"):
        _ = package.Saver
    assert all(getattr(package, name) is not None for name in package.__all__)

"""The published suite for checkpointers: every capability detected, every test passed."""

import pytest
from azure.cosmos.aio import ContainerProxy
from langgraph.checkpoint.conformance import checkpointer_test, validate
from langgraph.checkpoint.conformance.capabilities import ALL_CAPABILITIES

from frmk.checkpoint.cosmos import CosmosSaver


async def test_passes_the_conformance_suite_in_every_capability(container: ContainerProxy) -> None:
    @checkpointer_test(name="CosmosSaver")
    async def cosmos():
        yield CosmosSaver(container)

    report = await validate(cosmos)
    failures = {name: result.failures for name, result in report.results.items() if result.failures}
    assert not failures
    assert report.passed_all_base()
    # A method that is absent counts as a capability not claimed: each one must be there and pass.
    passed = {name for name, result in report.results.items() if result.detected and result.passed}
    assert passed == {capability.value for capability in ALL_CAPABILITIES}
    assert sum(result.tests_passed for result in report.results.values()) > 70


SYNCHRONOUS = {
    "get_tuple": ({},),
    "list": ({},),
    "put": ({}, {}, {}, {}),
    "put_writes": ({}, [], "task"),
    "delete_thread": ("t",),
    "delete_for_runs": (["r"],),
    "copy_thread": ("a", "b"),
    "prune": (["t"],),
}


@pytest.mark.parametrize("name", SYNCHRONOUS)
async def test_a_synchronous_call_names_the_asynchronous_one(saver: CosmosSaver, name: str) -> None:
    with pytest.raises(NotImplementedError, match=f"await saver.a{name}"):
        getattr(saver, name)(*SYNCHRONOUS[name])
    assert callable(getattr(saver, f"a{name}"))

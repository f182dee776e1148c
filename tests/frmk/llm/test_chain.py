import pytest

from frmk.errors import ModelError
from frmk.llm.chain import ModelChain
from frmk.llm.model import Request, Sampling
from frmk.prompts.prompt import PromptMessage
from frmk.testing import GARBAGE, ScriptedModel

ASK = (PromptMessage("user", "say something"),)


class Sink:
    def __init__(self) -> None:
        self.switches: list[tuple[str, str]] = []

    async def piece(self, text: str) -> bool:
        return bool(text)

    async def switched(self, failed: str, reason: str, to: str) -> None:
        del reason
        self.switches.append((failed, to))


async def test_next_model_writes_when_the_first_fails() -> None:
    sink = Sink()
    chain = ModelChain(
        [ScriptedModel([ModelError("down")], name="a"), ScriptedModel(["All well."], name="b")]
    )

    session = chain.session(1_000)

    assert await session.write(ASK, Sampling(), sink) == "All well."
    assert session.usage.model == "b"
    assert sink.switches == [("a", "b")]


@pytest.mark.parametrize("text", GARBAGE)
async def test_garbage_is_no_answer(text: str) -> None:
    with pytest.raises(ModelError, match="a: it "):
        await ModelChain([ScriptedModel([text], name="a")]).session(1_000).write(ASK, Sampling(), Sink())


async def test_model_that_takes_too_long_is_left_alone_for_a_while() -> None:
    slow = ScriptedModel(name="a", delay_seconds=5)
    chain = ModelChain([slow])

    with pytest.raises(ModelError, match=r"a: no answer within 0\.01 s"):
        await chain.session(1_000).write(ASK, Sampling(timeout_seconds=0.01), Sink())
    with pytest.raises(ModelError, match="a: failed a moment ago"):
        await chain.session(1_000).write(ASK, Sampling(), Sink())

    assert len(slow.calls) == 1


async def test_run_stops_asking_at_its_budget() -> None:
    session = ModelChain([ScriptedModel(["One two three."], name="a")]).session(4)

    await session.write(ASK, Sampling(), Sink())
    with pytest.raises(ModelError, match="budget of 4 tokens is used up"):
        await session.write(ASK, Sampling(), Sink())


async def test_model_known_to_choose_nothing_is_never_asked_for_functions() -> None:
    model = ScriptedModel(structured=False)

    assert await ModelChain([model]).session(1_000).choose(ASK, [], Sampling()) is None
    assert model.calls == []


async def test_model_that_fails_once_is_asked_for_functions_again() -> None:
    chosen = [Request(name="climate", arguments={})]
    session = ModelChain([ScriptedModel([ModelError("down"), chosen])]).session(1_000)

    assert await session.choose(ASK, [], Sampling()) is None
    choice = await session.choose(ASK, [], Sampling())

    assert choice is not None
    assert choice.requests == tuple(chosen)


async def test_warming_never_raises() -> None:
    await ModelChain([ScriptedModel([ModelError("down")])]).warm()


def test_chain_without_models_is_refused() -> None:
    with pytest.raises(ModelError, match="none was given"):
        ModelChain([])

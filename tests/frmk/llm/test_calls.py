"""What whoever watches is told of each call: which model, for whom, what it took, how it failed."""

import asyncio
import time
from dataclasses import dataclass

import pytest

from frmk.errors import ModelError
from frmk.llm.calls import ModelCall, Spent
from frmk.llm.chain import ModelChain
from frmk.llm.model import Request, Sampling
from frmk.llm.scripted import ScriptedModel
from frmk.prompts.prompt import PromptMessage

ASK = (PromptMessage("user", "How are things?"),)


@dataclass
class Agent:
    run_id: str = "a1"


class Sink:
    async def piece(self, text: str) -> bool:
        return not text.endswith("stop")

    async def switched(self, failed: str, reason: str, to: str) -> None:
        pass


async def test_a_call_that_wrote_names_its_model_its_agent_and_its_tokens() -> None:
    calls: list[ModelCall] = []
    session = ModelChain([ScriptedModel(["All is well."], name="small")]).session(1_000, calls.append)
    before = time.time_ns()

    await session.write(ASK, Sampling(max_tokens=9, temperature=0.3), Sink(), Agent())

    (call,) = calls
    assert (call.agent_run_id, call.provider, call.model) == ("a1", "scripted", "small")
    assert (call.temperature, call.max_tokens, call.error) == (0.3, 9, None)
    assert call.spent == Spent(input_tokens=3, output_tokens=3)
    assert before <= call.began <= call.ended <= time.time_ns()


async def test_text_that_is_cut_short_is_counted_by_its_length() -> None:
    calls: list[ModelCall] = []
    session = ModelChain([ScriptedModel(["One two stop three four"])]).session(1_000, calls.append)

    await session.write(ASK, Sampling(), Sink(), Agent())

    (spent,) = (call.spent for call in calls)
    assert spent.output_tokens == session.usage.output_tokens == len("One two stop") // 4
    assert spent.estimated


async def test_each_failure_is_a_call_of_its_own_and_has_a_kind() -> None:
    calls: list[ModelCall] = []
    refusal = ModelError("The user wrote a secret.")
    refusal.__cause__ = PermissionError("401")
    broken = ScriptedModel([refusal, ModelError("?")], name="broken")
    garbled = ScriptedModel(["\ufffd\ufffd\ufffd"], name="garbled")
    slow = ScriptedModel(["Late."], name="slow", delay_seconds=5)
    models = ModelChain([broken, slow, garbled, ScriptedModel(["Here."], name="good")])

    await models.session(1_000, calls.append).write(ASK, Sampling(timeout_seconds=0.5), Sink(), Agent())

    told = [(call.model, call.error) for call in calls]
    assert told == [
        ("broken", "PermissionError"),
        ("slow", "TimeoutError"),
        ("garbled", "UnusableTextError"),
        ("good", None),
    ]
    assert calls[0].spent == Spent(), "what answered nothing counted nothing"
    assert "secret" not in str(calls)


async def test_a_choice_of_functions_is_a_call_too() -> None:
    calls: list[ModelCall] = []
    chosen = [Request(name="weather", arguments={})]
    session = ModelChain([ScriptedModel([chosen])]).session(1_000, calls.append)

    assert await session.choose(ASK, [], Sampling(), Agent("a2"))

    assert (calls[0].agent_run_id, calls[0].spent.output_tokens, calls[0].error) == ("a2", 1, None)


async def test_a_call_that_is_cancelled_is_told_before_its_agent_ends() -> None:
    calls: list[ModelCall] = []
    session = ModelChain([ScriptedModel(["Late."], delay_seconds=60)]).session(1_000, calls.append)
    asking = asyncio.create_task(session.write(ASK, Sampling(timeout_seconds=60), Sink(), Agent()))
    await asyncio.sleep(0)

    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking

    assert [call.error for call in calls] == ["CancelledError"]


async def test_what_no_budget_is_left_for_is_not_called() -> None:
    calls: list[ModelCall] = []
    session = ModelChain([ScriptedModel(["Well."])]).session(0, calls.append)

    with pytest.raises(ModelError, match="used up"):
        await session.write(ASK, Sampling(), Sink(), Agent())

    assert calls == []

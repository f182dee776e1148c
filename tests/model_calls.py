"""A call of a language model, as whoever watches a run is told of it."""

from typing import Any

from frmk.llm.calls import ModelCall, Spent


def model_call(**changed: Any) -> ModelCall:
    """Return a call that went well, with the fields that are named changed."""
    values: dict[str, Any] = {
        "agent_run_id": "1",
        "provider": "azure.ai.openai",
        "model": "gpt-4.1-mini",
        "temperature": 0.1,
        "max_tokens": 60,
        "began": 1_000,
        "ended": 3_000,
        "spent": Spent(input_tokens=12, output_tokens=3),
        "error": None,
    }
    return ModelCall(**{**values, **changed})

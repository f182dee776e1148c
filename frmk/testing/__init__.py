"""What users test their own goals with: a scripted model and faults on demand."""

from frmk.llm.scripted import ScriptedModel
from frmk.testing.faults import GARBAGE, broken_tool, slow_tool
from frmk.testing.turns import answer_of, drafts_of

__all__ = ["GARBAGE", "ScriptedModel", "answer_of", "broken_tool", "drafts_of", "slow_tool"]

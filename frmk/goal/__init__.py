"""The goal file: what an app is for, who works on it, and with which tools and rules."""

from frmk.goal.loading import load_goal, load_goals
from frmk.goal.models import Goal

__all__ = ["Goal", "load_goal", "load_goals"]

"""Agents: who answers, and what each can do."""

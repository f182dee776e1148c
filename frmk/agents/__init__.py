"""Agents: a supervisor that routes, sub-agents that work with tools, and the graph that joins them."""

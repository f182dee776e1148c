"""Tickets and sessions: short secrets that stand for a signed-in user."""

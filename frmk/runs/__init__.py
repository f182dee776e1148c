"""Runs: one request's way from a message to numbered events that every transport reads."""

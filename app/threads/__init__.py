"""Threads: a user's conversations."""

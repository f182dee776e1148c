"""Runs: where they stand, what happened in them, and how to stop them."""

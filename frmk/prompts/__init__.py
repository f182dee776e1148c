"""Prompts: files, their versions, and how they are filled in."""

"""Bundled goals: each folder holds a goal file with its prompts, tools and data."""

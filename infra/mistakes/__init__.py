"""Mistakes that people make, as edits of a copy of the project."""

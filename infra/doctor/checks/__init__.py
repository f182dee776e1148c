"""The checks, each in the module of what it asks."""

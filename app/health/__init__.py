"""Health: whether the process lives, has started, and can do its work."""

"""What can go wrong, under stable codes."""

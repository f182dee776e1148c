"""Tools: what they are, where they come from, and how they are called."""

"""Language models: which one answers, what happens when it does not, and what it may spend."""

"""What a change costs: before and after, line by line, and the gates on it."""

"""What a plan costs: meters say how much of what, the price table says for how much."""

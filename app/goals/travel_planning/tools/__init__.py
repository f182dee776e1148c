"""What the travel agents compute with."""

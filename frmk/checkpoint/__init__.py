"""Checkpoints: where a graph's state rests between steps and turns."""

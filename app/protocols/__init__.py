"""The ways in which clients follow runs; none of them runs anything by itself."""

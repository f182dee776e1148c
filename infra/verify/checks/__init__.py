"""One module per side of the golden path."""

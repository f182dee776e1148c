"""The twin's own page: what the parts of a running twin hold, read-only, with secrets left out."""

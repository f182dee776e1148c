"""Ways to drive the twin with a Pulumi program: each only translates, and is a client of its ARM."""

"""Azure's own request types, carried in a compact form."""

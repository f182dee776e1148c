"""The container registry: tokens in front of a real OCI registry."""

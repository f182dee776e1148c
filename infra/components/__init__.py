"""The parts of a deployment: one component each, wired in `infra/__main__.py`."""

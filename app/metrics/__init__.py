"""Metrics: what the app counts, in Prometheus' form."""

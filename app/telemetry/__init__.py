"""Telemetry: logs, traces, and what runs tell of themselves."""

"""The WebSocket `/ws`: messages, runs to follow, and heartbeats on one connection."""

"""The golden path, driven against any deployed app, with evidence."""

"""What a deployment may not be: one rule set over planned resources."""

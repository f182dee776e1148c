"""The rule set as a Pulumi policy pack; the only place that needs pulumi-policy."""

"""The genuine Pulumi engine, run against the twin with nothing of one's own but the command line tool."""

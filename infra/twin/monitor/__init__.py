"""Application Insights in the twin: telemetry taken as Azure takes it, kept by table, read back as traces."""

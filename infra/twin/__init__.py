"""The twin: an Azure of one stack, on this machine."""

"""The twin as the provider azure-native of the genuine Pulumi engine."""

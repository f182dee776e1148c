"""The Azure Resource Manager of the twin."""

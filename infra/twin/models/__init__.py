"""The model endpoint: Azure OpenAI in front of a local model."""

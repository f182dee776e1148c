"""Key Vault: secrets behind TLS, tokens and roles, as long as the vault's resource lives."""

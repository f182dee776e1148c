"""Who asks: tokens, managed identities, roles."""

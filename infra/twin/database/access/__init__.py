"""Who may do what with an account's data."""

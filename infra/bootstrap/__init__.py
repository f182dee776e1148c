"""What a repository needs before its first deployment: state, key, identity. Run once, by an Owner."""

"""How the twin runs container apps."""

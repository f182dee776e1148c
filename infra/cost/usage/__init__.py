"""How much a stack is used: what people say in a usage file, and what follows from it."""

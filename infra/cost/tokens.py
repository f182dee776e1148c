"""How the meters of a model's tokens are named."""

KINDS = (("Tokens in", "input"), ("Tokens in, cached", "cached"), ("Tokens out", "output"))


def token_meter(model: str, sku: str, kind: str) -> str:
    """Return the meter of one kind of a model's tokens; `sku` is the deployment's, such as GlobalStandard."""
    return f"openai-{model}-{sku.lower()}-{kind}"

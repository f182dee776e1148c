"""Key Vault."""

from infra.cost.figure import Figure
from infra.cost.meters.component import Context, Inputs, Metered, Rule, by_use, priced
from infra.cost.usage.load import Load


def vault(inputs: Inputs, context: Context) -> Metered:
    """Bill a vault by what is done with it: every read of a secret is an operation."""
    tier = str(inputs["properties"]["sku"]["name"]).lower()

    def amount(load: Load) -> Figure | None:
        done = load.usage.key_vault_operations
        if done is None:
            return None
        return Figure.of(done, "operations a month").over(10_000, "a unit of 10,000")

    return priced(by_use(context, "Operations", f"key-vault-{tier}-operations", "10K operations", amount))


RULES: dict[str, Rule] = {"keyvault:Vault": vault}

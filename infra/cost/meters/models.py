"""Language models: tokens, or throughput that is paid whether used or not."""

from decimal import Decimal

from infra.cost.figure import Figure
from infra.cost.meters.component import Component, Context, Inputs, Metered, Rule, by_use, hourly, priced
from infra.cost.tokens import KINDS, token_meter
from infra.cost.usage.load import Load


def deployment(inputs: Inputs, context: Context) -> Metered:
    """Bill tokens, or provisioned throughput by the unit and hour."""
    sku = inputs["sku"]
    name = str(sku["name"]).lower()
    if "provisioned" in name:
        units = hourly("Throughput units", f"openai-{name}", "PTU-hour", int(sku["capacity"]))
        return priced(units, note="paid whether used or not, without a reservation")
    model = str(inputs["properties"]["model"]["name"])
    return priced(*(_tokens(text, kind, model, name, context) for text, kind in KINDS))


def _tokens(text: str, kind: str, model: str, sku: str, context: Context) -> Component:
    def amount(load: Load) -> Figure | None:
        if _takes_turns(model, load, context):
            return load.tokens(kind)
        return Figure(Decimal(0), (f"turns ask {load.usage.model}",)) if load.usage.model else None

    return by_use(context, text, token_meter(model, sku, kind), "1M tokens", amount)


def _takes_turns(model: str, load: Load, context: Context) -> bool:
    """Say whether a turn's tokens go to this model: it is the only one, or the one the usage file names."""
    return load.usage.model == model or len(context.of_type("cognitiveservices:Deployment")) == 1


RULES: dict[str, Rule] = {"cognitiveservices:Deployment": deployment}

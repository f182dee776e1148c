"""Language models: tokens, or throughput that is paid whether used or not."""

from collections.abc import Iterator
from decimal import Decimal

from infra.cost.figure import Figure
from infra.cost.meters.component import (
    Component,
    Context,
    Inputs,
    Metered,
    Rule,
    by_use,
    hourly,
    priced,
    unknown,
)
from infra.cost.tokens import KINDS, token_meter
from infra.cost.usage.load import Load

EMBEDS = "text-embedding-"


def deployment(inputs: Inputs, context: Context) -> Metered:
    """Bill tokens, or provisioned throughput by the unit and hour."""
    sku = inputs["sku"]
    name = str(sku["name"]).lower()
    if "provisioned" in name:
        units = hourly("Throughput units", f"openai-{name}", "PTU-hour", int(sku["capacity"]))
        return priced(units, note="paid whether used or not, without a reservation")
    model = str(inputs["properties"]["model"]["name"])
    if model.startswith(EMBEDS):
        meter = token_meter(model, name, "embedding")
        return priced(by_use(context, "Tokens embedded", meter, "1M tokens", unknown))
    return priced(*(_tokens(text, kind, inputs, model, context) for text, kind in KINDS))


def _tokens(text: str, kind: str, inputs: Inputs, model: str, context: Context) -> Component:
    told = _told(context)

    def amount(load: Load) -> Figure | None:
        if _takes_turns(inputs, model, load, context):
            return load.tokens(kind)
        asked = load.usage.model or told
        return Figure(Decimal(0), (f"turns ask {asked}",)) if asked else None

    return by_use(context, text, token_meter(model, inputs["sku"]["name"], kind), "1M tokens", amount)


def _takes_turns(inputs: Inputs, model: str, load: Load, context: Context) -> bool:
    """Say whether a turn's tokens go here: the only deployment, the usage file's model, or the app's own."""
    if len(context.of_type("cognitiveservices:Deployment")) == 1:
        return True
    if load.usage.model is not None:
        return load.usage.model == model
    return inputs.get("deploymentName") is not None and inputs["deploymentName"] == _told(context)


def _told(context: Context) -> str | None:
    """Return the deployment that the app is told to ask."""
    return next(_names(context), None)


def _names(context: Context) -> Iterator[str]:
    for app in context.of_type("app:ContainerApp"):
        for container in app.inputs.get("template", {}).get("containers") or ():
            for entry in container.get("env") or ():
                if entry.get("name") == "OPENAI_MODEL_NAME" and entry.get("value"):
                    yield str(entry["value"])


RULES: dict[str, Rule] = {"cognitiveservices:Deployment": deployment}

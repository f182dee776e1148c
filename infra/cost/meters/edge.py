"""Front Door and its firewall."""

from infra.cost.figure import Figure
from infra.cost.meters.component import (
    EVERYWHERE,
    Context,
    Inputs,
    Metered,
    Rule,
    by_use,
    fixed,
    priced,
)
from infra.cost.model import Status
from infra.cost.usage.load import Load

_TIERS = {"Standard_AzureFrontDoor": "standard", "Premium_AzureFrontDoor": "premium"}
_REQUESTS = 10_000


def front_door(inputs: Inputs, context: Context) -> Metered:
    """Bill a profile by the month, by requests, and by what goes to people and to the app."""
    sku = str(inputs["sku"]["name"])
    tier = _TIERS.get(sku)
    if tier is None:
        return Metered(status=Status.UNSUPPORTED, note=f"CDN sku {sku} has no rule")

    def requests(load: Load) -> Figure:
        return load.requests().over(_REQUESTS, "a unit of 10,000")

    def to_app(load: Load) -> Figure:
        sent = load.turns().times(load.usage.turn.message_bytes, "bytes a message")
        return sent.over(10**9, "a GB")

    base = Figure.of(1, "profile")
    return priced(
        fixed("Base fee", f"front-door-{tier}", "profile-month", base, region=EVERYWHERE),
        by_use(context, "Requests", f"front-door-{tier}-requests", "10K requests", requests),
        by_use(context, "Data to people", "front-door-data-out", "GB", Load.egress),
        by_use(context, "Data to the app", "front-door-data-in", "GB", to_app),
    )


def firewall(inputs: Inputs, _: Context) -> Metered:
    """Count a Front Door firewall into its profile; on other tiers it has no rule."""
    sku = str((inputs.get("sku") or {}).get("name"))
    if sku in _TIERS:
        return Metered(status=Status.INCLUDED, note="its Front Door's base fee holds it")
    return Metered(status=Status.UNSUPPORTED, note=f"firewall sku {sku} has no rule")


RULES: dict[str, Rule] = {
    "cdn:Policy": firewall,
    "cdn:Profile": front_door,
    "frontdoor:Policy": firewall,
    "network:Policy": firewall,
}

"""Quotas: a Container Apps environment more in the region, and the model with its capacity."""

from infra.doctor.checks.account import rest, unanswered
from infra.doctor.model import Answers, Asked, Check, Command, Verdict, fail, ok, skipped
from infra.doctor.subject import Subject
from infra.options.data import DeploymentConfig

_ENVIRONMENTS = "ManagedEnvironmentCount"


def own(subject: Subject) -> Command:
    """Return the command that lists what the stack's group holds already."""
    return Command(
        argv=(
            "az", "resource", "list", "--resource-group", subject.group,
            "--query", "[].{name:name,type:type}", "--output", "json",
        )
    )  # fmt: skip


def holds(answers: Answers, kind: str, name: str | None = None) -> bool:
    """Say whether the stack's group holds a resource of a type already, under this name."""
    heard = answers["own"]
    found = heard.json() if heard.ok else []
    return any(
        one["type"].lower() == kind.lower() and (name is None or one["name"].lower() == name.lower())
        for one in found
    )


def _ask_environments(subject: Subject) -> Asked:
    path = f"/subscriptions/{{subscriptionId}}/providers/Microsoft.App/locations/{subject.config.location}"
    return {"usages": rest(f"{path}/usages?api-version=2024-03-01"), "own": own(subject)}


def judge_environments(subject: Subject, answers: Answers) -> Verdict:
    """Want room for one more environment in the region."""
    if holds(answers, "Microsoft.App/managedEnvironments"):
        return ok(f"{subject.group} has its environment already")
    heard = answers["usages"]
    trouble = unanswered(heard)
    if trouble is not None:
        return trouble
    found = next((one for one in heard.json()["value"] if one["name"]["value"] == _ENVIRONMENTS), None)
    if found is None:
        return skipped(f"the answer names no {_ENVIRONMENTS}")
    seen = f"{found['currentValue']:g} of {found['limit']:g} environments in {subject.config.location}"
    if found["currentValue"] < found["limit"]:
        return ok(seen)
    return fail(
        seen, "delete an environment that is not used, ask for a higher quota, or choose another location"
    )


def _ask_model(subject: Subject) -> Asked:
    region = ("--location", subject.config.location, "--output", "json")
    return {
        "models": Command(argv=("az", "cognitiveservices", "model", "list", *region)),
        "usages": Command(argv=("az", "cognitiveservices", "usage", "list", *region)),
        "own": own(subject),
    }


def judge_model(subject: Subject, answers: Answers) -> Verdict:
    """Want each model's version to be offered in the region as that kind, with capacity left."""
    trouble = unanswered(answers["models"]) or unanswered(answers["usages"])
    if trouble is not None:
        return trouble
    judged = [_judge_deployment(subject, answers, one) for one in subject.config.model.all.values()]
    worst = [one for status in ("fail", "skipped") for one in judged if one.status == status]
    return worst[0] if worst else ok("; ".join(one.seen for one in judged))


def _judge_deployment(subject: Subject, answers: Answers, wish: DeploymentConfig) -> Verdict:
    offers = [
        one["model"]
        for one in answers["models"].json()
        if one.get("kind") == "OpenAI" and one["model"]["name"] == wish.model
    ]
    versions = sorted({offer["version"] for offer in offers})
    kinds = {sku["name"] for offer in offers if offer["version"] == wish.version for sku in offer["skus"]}
    wanted = f"{wish.model} {wish.version} as {wish.sku} in {subject.config.location}"
    if wish.sku not in kinds:
        there = (
            f"versions {', '.join(versions) or 'none'}; this version as {', '.join(sorted(kinds)) or 'none'}"
        )
        return fail(f"{wanted} is not offered ({there})", "choose what is offered in seatrial:model")
    return _judge_capacity(subject, answers, wish, wanted)


def _judge_capacity(subject: Subject, answers: Answers, wish: DeploymentConfig, wanted: str) -> Verdict:
    if holds(answers, "Microsoft.CognitiveServices/accounts"):
        return ok(f"{wanted}; {subject.group} has its account already")
    name = f"OpenAI.{wish.sku}.{wish.model}"
    found = next((one for one in answers["usages"].json() if one["name"]["value"] == name), None)
    if found is None:
        return skipped(f"the answer names no quota {name}")
    left = found["limit"] - found["currentValue"]
    asked = wish.capacity
    seen = (
        f"{wanted}: {left:g} of {found['limit']:g} thousand tokens a minute are left, {asked} are asked for"
    )
    if left >= asked:
        return ok(seen)
    return fail(
        seen, f"lower seatrial:model.capacity to {max(left, 0):g}, or ask for quota: aka.ms/oai/quotaincrease"
    )


CHECKS = (
    Check(
        name="environments",
        title="Environments",
        link="https://learn.microsoft.com/azure/container-apps/quotas",
        ask=_ask_environments,
        judge=judge_environments,
        account=True,
    ),
    Check(
        name="model",
        title="Model",
        link="https://learn.microsoft.com/azure/ai-services/openai/how-to/quota",
        ask=_ask_model,
        judge=judge_model,
        account=True,
    ),
)

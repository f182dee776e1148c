"""Names that are taken for everyone: free, ours already, or held by something deleted softly."""

import json

from infra.doctor.checks.account import unanswered
from infra.doctor.checks.quotas import holds, own
from infra.doctor.model import Answers, Asked, Check, Command, Verdict, fail, ok, skipped
from infra.doctor.subject import Subject

REGISTRY = "Microsoft.ContainerRegistry/registries"
DATABASE = "Microsoft.DocumentDB/databaseAccounts"
MODELS = "Microsoft.CognitiveServices/accounts"
_OTHER = (
    "set seatrial:nameSuffix to some letters: it gives all of the stack's world-wide names another ending"
)


def _az(*arguments: str) -> Command:
    return Command(argv=("az", *arguments, "--output", "json"))


def _ask_registry(subject: Subject) -> Asked:
    return {"name": _az("acr", "check-name", "--name", subject.named("registry")), "own": own(subject)}


def judge_registry(subject: Subject, answers: Answers) -> Verdict:
    """Want the registry's name to be free or ours."""
    name = subject.named("registry")
    if holds(answers, REGISTRY, name):
        return ok(f"{name} is ours")
    trouble = unanswered(answers["name"])
    if trouble is not None:
        return trouble
    found = answers["name"].json()
    if found["nameAvailable"]:
        return ok(f"{name} is free")
    return fail(found.get("message") or f"{name}: {found.get('reason')}", _OTHER)


def _ask_database(subject: Subject) -> Asked:
    exists = _az("cosmosdb", "check-name-exists", "--name", subject.named("cosmos"))
    return {"exists": exists, "own": own(subject)}


def judge_database(subject: Subject, answers: Answers) -> Verdict:
    """Want the database account's name to be free or ours."""
    name = subject.named("cosmos")
    if holds(answers, DATABASE, name):
        return ok(f"{name} is ours")
    trouble = unanswered(answers["exists"])
    if trouble is not None:
        return trouble
    return fail(f"{name} is taken", _OTHER) if answers["exists"].json() else ok(f"{name} is free")


def _ask_models(subject: Subject) -> Asked:
    body = json.dumps({"subdomainName": subject.named("model"), "type": MODELS})
    path = "/subscriptions/{subscriptionId}/providers/Microsoft.CognitiveServices/checkDomainAvailability"
    url = f"{path}?api-version=2023-05-01"
    return {
        "domain": _az("rest", "--method", "post", "--url", url, "--body", body),
        "deleted": _az("cognitiveservices", "account", "list-deleted"),
        "own": own(subject),
    }


def judge_models(subject: Subject, answers: Answers) -> Verdict:
    """Want the model account's name to be free: a deleted account holds it for 48 hours."""
    name = subject.named("model")
    if holds(answers, MODELS, name):
        return ok(f"{name} is ours")
    trouble = unanswered(answers["domain"]) or unanswered(answers["deleted"])
    if trouble is not None:
        return trouble
    ghost = next((one for one in answers["deleted"].json() if one["name"].lower() == name.lower()), None)
    if ghost is not None:
        group = ghost["id"].partition("/resourceGroups/")[2].partition("/")[0] or subject.group
        purge = f"az cognitiveservices account purge -n {name} -g {group} -l {ghost['location']}"
        return fail(f"{name} is deleted softly and holds its name", purge)
    found = answers["domain"].json()
    if found["isSubdomainAvailable"]:
        return ok(f"{name} is free")
    return fail(found.get("reason") or f"{name} is taken", _OTHER)


def _ask_vault(subject: Subject) -> Asked | Verdict:
    if "Microsoft.KeyVault/vaults" not in (subject.types or ()):
        return skipped("the stack has no vault")
    return {"deleted": _az("keyvault", "list-deleted", "--resource-type", "vault"), "own": own(subject)}


def judge_vault(subject: Subject, answers: Answers) -> Verdict:
    """Want no softly deleted vault of ours: its name stays taken for up to 90 days."""
    trouble = unanswered(answers["deleted"])
    if trouble is not None:
        return trouble
    group = f"/resourcegroups/{subject.group}/".lower()
    ghosts = [one for one in answers["deleted"].json() if group in one["properties"]["vaultId"].lower()]
    if not ghosts:
        return ok("no vault of this stack is deleted softly")
    name = ghosts[0]["name"]
    return fail(
        f"{name} is deleted softly and holds its name", f"az keyvault recover --name {name}, or purge it"
    )


_RULES = "https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules"
_PURGE = "https://learn.microsoft.com/azure/ai-services/recover-purge-resources"
CHECKS = (
    Check(
        name="registry-name",
        title="Registry's name",
        link=_RULES,
        ask=_ask_registry,
        judge=judge_registry,
        account=True,
    ),
    Check(
        name="database-name",
        title="Database's name",
        link=_RULES,
        ask=_ask_database,
        judge=judge_database,
        account=True,
    ),
    Check(
        name="model-name",
        title="Model account's name",
        link=_PURGE,
        ask=_ask_models,
        judge=judge_models,
        account=True,
    ),
    Check(
        name="vault-name",
        title="Vault's name",
        link="https://learn.microsoft.com/azure/key-vault/general/key-vault-recovery",
        ask=_ask_vault,
        judge=judge_vault,
        account=True,
    ),
)

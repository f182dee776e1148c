"""Providers, regions, quotas and names, over what Azure answers."""

from typing import Any

import pytest

from infra.doctor.subject import Subject
from infra.options.data import DeploymentConfig
from tests.infra.doctor.conftest import Verdict, refused, said

# States as in https://learn.microsoft.com/azure/azure-resource-manager/management/resource-providers-and-types
# What comes of it otherwise: https://github.com/Azure/Commercial-Marketplace-SaaS-Accelerator/issues/852
# whose words are: The subscription is not registered to use namespace 'Microsoft.Sql'.
EVERYWHERE = ["East US", "West Europe"]
PROVIDERS: list[dict[str, Any]] = [
    {
        "namespace": "Microsoft.App",
        "state": "Registered",
        "types": [
            {"type": "containerApps", "locations": EVERYWHERE},
            {"type": "managedEnvironments", "locations": ["West Europe"]},
        ],
    },
    {
        "namespace": "Microsoft.KeyVault",
        "state": "NotRegistered",
        "types": [{"type": "vaults", "locations": EVERYWHERE}],
    },
]
NOTHING_YET = refused("ERROR: (ResourceGroupNotFound) Resource group 'rg-seatrial-dev' could not be found.")


def test_a_provider_that_is_not_registered_is_named_with_its_command(verdict: Verdict) -> None:
    found = verdict("providers", {"providers": said(PROVIDERS)})

    assert (found.status, found.seen) == ("fail", "not registered: Microsoft.KeyVault")
    assert found.fix == "az provider register --namespace Microsoft.KeyVault --wait"


def test_a_provider_on_its_way_is_waited_for(verdict: Verdict) -> None:
    moving = [PROVIDERS[0], {**PROVIDERS[1], "state": "Registering"}]
    done = [PROVIDERS[0], {**PROVIDERS[1], "state": "Registered"}]

    assert verdict("providers", {"providers": said(moving)}).status == "warn"
    assert verdict("providers", {"providers": said(done)}).status == "ok"


def test_a_region_without_a_type_names_the_regions_that_have_it(verdict: Verdict, subject: Subject) -> None:
    found = verdict("region", {"providers": said(PROVIDERS)})
    moved = subject.config.model_copy(update={"location": "westeurope"})

    assert found.status == "fail"
    assert found.seen == "eastus does not offer Microsoft.App/managedEnvironments"
    assert "westeurope" in found.fix
    assert verdict("region", {"providers": said(PROVIDERS)}, config=moved).status == "ok"


def environments(used: int, limit: int) -> dict[str, Any]:
    return {
        "value": [{"name": {"value": "ManagedEnvironmentCount"}, "currentValue": used, "limit": limit}],
    }


@pytest.mark.parametrize(
    ("used", "limit", "status"),
    [
        (0, 15, "ok"),
        # "cannot have more than 1 environments in East US": microsoft/azure-container-apps#429
        (1, 1, "fail"),
        # "cannot have more than 0 Container App Environments": microsoft/azure-container-apps#1648
        (0, 0, "fail"),
    ],
)
def test_a_full_quota_of_environments_is_seen(verdict: Verdict, used: int, limit: int, status: str) -> None:
    answers = {"usages": said(environments(used, limit)), "own": NOTHING_YET}

    assert verdict("environments", answers).status == status


def test_an_environment_that_is_ours_needs_no_quota(verdict: Verdict) -> None:
    own = said([{"name": "cae-seatrial-dev", "type": "Microsoft.App/managedEnvironments"}])

    assert verdict("environments", {"usages": said(environments(1, 1)), "own": own}).status == "ok"


def offered(version: str = "2025-04-14", sku: str = "GlobalStandard") -> list[dict[str, Any]]:
    # https://learn.microsoft.com/rest/api/aiservices/accountmanagement/models/list
    return [
        {"kind": "OpenAI", "model": {"name": "gpt-4.1-mini", "version": version, "skus": [{"name": sku}]}},
    ]


def quota(used: float, limit: float) -> list[dict[str, Any]]:
    # https://learn.microsoft.com/rest/api/aiservices/accountmanagement/usages/list
    named = {"value": "OpenAI.GlobalStandard.gpt-4.1-mini", "localizedValue": "Tokens Per Minute (thousands)"}
    return [{"name": named, "currentValue": used, "limit": limit, "unit": "Count"}]


@pytest.mark.parametrize(
    ("models", "usages", "status", "seen"),
    [
        (offered(), quota(0, 200), "ok", "200 of 200"),
        # "requires 30 new capacity … bigger than the current available capacity 0. The current quota usage is
        # 300 and the quota limit is 300": https://github.com/Azure-Samples/aks-store-demo/issues/116
        (offered(), quota(300, 300), "fail", "0 of 300"),
        (offered("2024-07-18"), quota(0, 200), "fail", "versions 2024-07-18"),
        (offered(sku="Standard"), quota(0, 200), "fail", "this version as Standard"),
        ([], quota(0, 200), "fail", "versions none"),
        (offered(), [], "skipped", "names no quota"),
    ],
)
def test_the_model_has_to_be_offered_with_capacity_left(
    verdict: Verdict, models, usages, status: str, seen: str
) -> None:
    answers = {"models": said(models), "usages": said(usages), "own": NOTHING_YET}

    found = verdict("model", answers)

    assert found.status == status
    assert seen in found.seen


def test_each_further_deployment_is_asked_about(verdict: Verdict, subject: Subject) -> None:
    more = {"embed": DeploymentConfig(model="text-embedding-3-small", version="1", sku="Standard")}
    model = subject.config.model.model_copy(update={"deployments": more})
    answers = {"models": said(offered()), "usages": said(quota(0, 200)), "own": NOTHING_YET}

    found = verdict("model", answers, config=subject.config.model_copy(update={"model": model}))

    assert found.status == "fail"
    assert found.seen.startswith("text-embedding-3-small 1 as Standard in eastus is not offered")


def test_a_taken_registry_name_says_how_to_get_another(verdict: Verdict, subject: Subject) -> None:
    name = subject.named("registry")
    # https://learn.microsoft.com/rest/api/containerregistry/registries/check-name-availability
    taken = {
        "nameAvailable": False,
        "reason": "AlreadyExists",
        "message": f"The registry {name} is already in use.",
    }

    found = verdict("registry-name", {"name": said(taken), "own": NOTHING_YET})
    ours = said([{"name": name, "type": "Microsoft.ContainerRegistry/registries"}])

    assert (found.status, found.seen) == ("fail", f"The registry {name} is already in use.")
    assert "nameSuffix" in found.fix
    assert verdict("registry-name", {"name": said(taken), "own": ours}).status == "ok"
    free = said({"nameAvailable": True})
    assert verdict("registry-name", {"name": free, "own": NOTHING_YET}).status == "ok"


def test_a_taken_database_name_is_seen(verdict: Verdict) -> None:
    # https://learn.microsoft.com/cli/azure/cosmosdb#az-cosmosdb-check-name-exists: true or false
    assert verdict("database-name", {"exists": said("true\n"), "own": NOTHING_YET}).status == "fail"
    assert verdict("database-name", {"exists": said("false\n"), "own": NOTHING_YET}).status == "ok"


def test_a_softly_deleted_model_account_is_purged_first(verdict: Verdict, subject: Subject) -> None:
    # "FlagMustBeSetForRestore: An existing resource with ID '…/accounts/MYCOGSVC' has been soft-deleted":
    # https://github.com/Azure-Samples/azure-search-openai-demo/issues/155
    name = subject.named("model")
    region = "/subscriptions/x/providers/Microsoft.CognitiveServices/locations/eastus"
    place = f"{region}/resourceGroups/{subject.group}"
    ghost = [{"id": f"{place}/deletedAccounts/{name}", "name": name, "location": "eastus"}]
    # CustomDomainInUse: https://github.com/Azure-Samples/azure-search-openai-demo/issues/1093
    reason = (
        f"Please pick a different name. The subdomain name '{name}' is not available as it's already used "
        "by a resource. If the resource using the name was deleted in the last 48 hours, you may need to "
        "purge the deleted resource."
    )
    domain = said({"isSubdomainAvailable": False, "reason": reason})

    found = verdict("model-name", {"domain": domain, "deleted": said(ghost), "own": NOTHING_YET})
    other = verdict("model-name", {"domain": domain, "deleted": said([]), "own": NOTHING_YET})

    assert found.status == "fail"
    assert found.fix == f"az cognitiveservices account purge -n {name} -g {subject.group} -l eastus"
    assert "nameSuffix" in other.fix


def test_a_softly_deleted_vault_of_this_stack_is_seen(verdict: Verdict, subject: Subject) -> None:
    # https://learn.microsoft.com/rest/api/keyvault/keyvault/vaults/list-deleted, the sample response
    vault = f"/subscriptions/x/resourceGroups/{subject.group}/providers/Microsoft.KeyVault/vaults/kv-1"
    ghost = {"name": "kv-1", "properties": {"vaultId": vault, "location": "eastus"}}
    other = {"name": "kv-2", "properties": {"vaultId": vault.replace(subject.group, "another")}}

    assert verdict("vault-name", {"deleted": said([other, ghost]), "own": NOTHING_YET}).status == "fail"
    assert verdict("vault-name", {"deleted": said([other]), "own": NOTHING_YET}).status == "ok"


@pytest.mark.parametrize(
    ("name", "answers"),
    [
        ("providers", ("providers",)),
        ("region", ("providers",)),
        ("environments", ("usages", "own")),
        ("model", ("models", "usages", "own")),
        ("registry-name", ("name", "own")),
        ("model-name", ("domain", "deleted", "own")),
        ("subscription", ("subscription",)),
        ("rights", ("subscription", "group")),
    ],
)
def test_what_may_not_be_read_is_skipped_with_azures_reason(verdict: Verdict, name: str, answers) -> None:
    # https://github.com/Azure/terraform-azurerm-avm-res-keyvault-vault/issues/110
    reason = (
        "ERROR: (AuthorizationFailed) The client '24bd450f' with object id '24bd450f' does not have "
        "authorization to perform action"
    )

    found = verdict(name, dict.fromkeys(answers, refused(reason)))

    assert found.status == "skipped"
    assert "AuthorizationFailed" in found.seen


def test_an_answer_of_another_form_is_skipped_and_no_defect(verdict: Verdict) -> None:
    assert verdict("providers", {"providers": said("<html>")}).status == "skipped"
    assert verdict("providers", {"providers": said([{"no": "namespace"}])}).status == "skipped"

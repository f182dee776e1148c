"""The regions of a database account, as Cosmos DB takes them."""

from typing import Any

import pytest

from infra.twin.arm.behaviour import ArmProblem, ArmRequest, Resource
from infra.twin.arm.ids import ResourceId
from infra.twin.network.regions import check_regions

ACCOUNT = ResourceId("/subscriptions/0/resourceGroups/rg/providers/Microsoft.DocumentDB/databaseAccounts/c")


def account(*regions: str, **more: Any) -> dict[str, Any]:
    locations = [{"locationName": one, "failoverPriority": rank} for rank, one in enumerate(regions)]
    return {"databaseAccountOfferType": "Standard", "locations": locations, **more}


def check(properties: dict[str, Any], before: dict[str, Any] | None = None) -> None:
    held = before and Resource(id=ACCOUNT, api_version="", body={"properties": before})
    body = {"properties": properties}
    check_regions(
        ArmRequest(
            method="PUT", id=ACCOUNT, api_version="", body=body, existing=held or None, caller="operator"
        )
    )


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        (account("westeurope", "West Europe"), "name one region twice"),
        (account("westeurope", "eastus", capabilities=[{"name": "EnableServerless"}]), "serverless account"),
        ({"locations": [{"locationName": "westeurope", "failoverPriority": 1}]}, "from 0 to 0"),
    ],
)
def test_regions_that_an_account_cannot_have_are_refused(properties: dict[str, Any], said: str) -> None:
    with pytest.raises(ArmProblem, match=said):
        check(properties)


def test_regions_change_alone() -> None:
    before = account("westeurope", disableLocalAuth=False)

    with pytest.raises(ArmProblem, match=r"simultaneously .* disableLocalAuth"):
        check(account("westeurope", "northeurope", disableLocalAuth=True), before)
    check(account("westeurope", "northeurope", disableLocalAuth=False), before)
    check(account("westeurope", disableLocalAuth=True), before)

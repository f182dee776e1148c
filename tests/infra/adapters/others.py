"""What somebody else does to the app on the twin, and how it looks afterwards."""

import json
from pathlib import Path
from typing import Any

from infra.twin.arm.families.domains import verification_id
from infra.twin.client import ArmClient
from infra.twin.dns import Zone

APP_API = "2025-02-02-preview"
DOMAIN = "chat.example.com"


def owned(state: Path, *domains: str) -> None:
    """Say that these domains' records are there."""
    code = verification_id("00000000-0000-0000-0000-000000000000")
    proofs = [{"type": "TXT", "name": f"asuid.{name}", "value": code} for name in domains]
    ways = [{"type": "CNAME", "name": name, "value": "localhost"} for name in domains]
    Zone.of(state).path.write_text(json.dumps([*proofs, *ways]))


def set_by_others(arm: ArmClient, app: str, state: Path) -> None:
    """Bind a domain, keep all traffic on the revision that runs, and give labels, as `az` would."""
    owned(state, DOMAIN)
    running = arm.get(app, APP_API)["properties"]["latestReadyRevisionName"]
    ingress = {
        "customDomains": [{"name": DOMAIN, "bindingType": "Disabled"}],
        "traffic": [
            {"revisionName": running, "weight": 100, "label": "stable"},
            {"latestRevision": True, "weight": 0, "label": "next"},
        ],
    }
    changes = {"configuration": {"activeRevisionsMode": "Multiple", "ingress": ingress}}
    arm.patch(app, {"properties": changes}, APP_API)


def configuration(arm: ArmClient, app: str) -> dict[str, Any]:
    """Return what others may set of an app."""
    found = arm.get(app, APP_API)["properties"]["configuration"]
    given = {key: found["ingress"].get(key) for key in ("customDomains", "traffic")}
    # The SDK says `latestRevision: false` where a person says nothing.
    told = {key: [_said(one) for one in value] for key, value in given.items() if value}
    return {"mode": found["activeRevisionsMode"], **told}


def _said(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if value is not False}

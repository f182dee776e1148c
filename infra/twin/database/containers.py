"""Databases and containers: what may be in their definitions, and how the service shows them."""

from typing import Any

from infra.twin.database import names
from infra.twin.database.partition import KeyDefinition
from infra.twin.database.problems import invalid
from infra.twin.database.rows import Container, Database

LEAST_THROUGHPUT = 400
_MOST_SECONDS = 2_147_483_647
_KEPT = (
    "id",
    "indexingPolicy",
    "partitionKey",
    "defaultTtl",
    "uniqueKeyPolicy",
    "conflictResolutionPolicy",
    "analyticalStorageTtl",
)
_STANDARD_INDEXING = {
    "indexingMode": "consistent",
    "automatic": True,
    "includedPaths": [{"path": "/*"}],
    "excludedPaths": [{"path": '/"_etag"/?'}],
}


def container_properties(given: dict[str, Any]) -> dict[str, Any]:
    """Return what is kept of a container's definition; raise CosmosProblem 400 for an illegal one."""
    names.check_name(given.get("id"))
    KeyDefinition.of(given)
    kept = {name: given[name] for name in _KEPT if given.get(name) is not None}
    kept["partitionKey"] = {"kind": "Hash", "version": 2, **kept["partitionKey"]}
    _check_ttl(kept.get("defaultTtl"))
    if (kept.get("uniqueKeyPolicy") or {}).get("uniqueKeys"):
        raise invalid("this twin does not rehearse unique keys; leave uniqueKeyPolicy out")
    policy = kept.get("indexingPolicy")
    if policy is not None and not isinstance(policy, dict):
        raise invalid("The indexing policy must be an object.")
    kept["indexingPolicy"] = _STANDARD_INDEXING | (policy or {})
    return kept


def check_replacement(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Raise CosmosProblem 400 when a replacement changes what a container has for life."""
    if _key(before) != _key(after):
        raise invalid(
            "Document collection partition key cannot be changed: it is "
            f"{_key(before)[0]} and cannot become {_key(after)[0]}."
        )
    if before["id"] != after["id"]:
        raise invalid("The id of a container cannot be changed.")


def shown_database(database: Database) -> dict[str, Any]:
    """Return a database as the service shows it."""
    return {
        "id": database.name,
        "_rid": database.rid,
        "_self": f"dbs/{database.rid}/",
        "_etag": database.etag,
        "_colls": "colls/",
        "_users": "users/",
        "_ts": database.ts,
    }


def shown_container(container: Container) -> dict[str, Any]:
    """Return a container as the service shows it."""
    return {
        **container.properties,
        "conflictResolutionPolicy": {
            "mode": "LastWriterWins",
            "conflictResolutionPath": "/_ts",
            "conflictResolutionProcedure": "",
        },
        "geospatialConfig": {"type": "Geography"},
        "_rid": container.rid,
        "_ts": container.ts,
        "_self": f"dbs/{container.database.rid}/colls/{container.rid}/",
        "_etag": container.etag,
        "_docs": "docs/",
        "_sprocs": "sprocs/",
        "_triggers": "triggers/",
        "_udfs": "udfs/",
        "_conflicts": "conflicts/",
    }


def offer(owner: Database | Container) -> dict[str, Any] | None:
    """Return the throughput of a database or container as an offer, or None when it has none."""
    if owner.throughput is None:
        return None
    link = f"dbs/{owner.rid}/" if isinstance(owner, Database) else shown_container(owner)["_self"]
    return {
        "resource": link,
        "offerType": "Invalid",
        "offerResourceId": owner.rid,
        "offerVersion": "V2",
        "content": {"offerThroughput": owner.throughput},
        "id": owner.rid,
        "_rid": owner.rid,
        "_self": f"offers/{owner.rid}/",
        "_etag": owner.etag,
        "_ts": owner.ts,
    }


def partition_range(container: Container) -> dict[str, Any]:
    """Return the one physical partition that a container has here."""
    return {
        "_rid": container.rid,
        "id": "0",
        "_etag": container.etag,
        "minInclusive": "",
        "maxExclusive": "FF",
        "ridPrefix": 0,
        "_self": f"dbs/{container.database.rid}/colls/{container.rid}/pkranges/0/",
        "throughputFraction": 1,
        "status": "online",
        "parents": [],
        "_ts": container.ts,
        "lsn": container.lsn,
    }


def throughput_of(text: str | None) -> int | None:
    """Return the RU/s of a header, or None; raise CosmosProblem 400 when it is no legal number."""
    if text is None:
        return None
    try:
        given = int(text)
    except ValueError as error:
        raise invalid(f"The offer throughput {text[:20]!r} is no number.") from error
    if given < LEAST_THROUGHPUT or given % 100:
        raise invalid(
            f"The offer should have valid throughput values between {LEAST_THROUGHPUT} and 1000000 inclusive "
            "in increments of 100."
        )
    return given


def _key(properties: dict[str, Any]) -> tuple[list[str], str]:
    key = properties.get("partitionKey") or {}
    return list(key.get("paths") or []), str(key.get("kind") or "Hash")


def _check_ttl(given: Any) -> None:
    if given is None:
        return
    whole = isinstance(given, int) and not isinstance(given, bool)
    if not whole or not (given == -1 or 0 < given <= _MOST_SECONDS):
        raise invalid(
            f"The input defaultTtl '{str(given)[:40]}' is invalid. Ensure to provide a nonzero positive "
            f"integer less than or equal to '{_MOST_SECONDS}', or '-1' which means never expire."
        )

"""Container apps: revisions, traffic, probes and replicas, from what runs and what is recorded."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from infra.twin.arm.behaviour import Resource
from infra.twin.page.model import (
    AppRow,
    AppState,
    InstanceRow,
    Listing,
    ProbeRow,
    RevisionRow,
    clipped,
    first,
)
from infra.twin.runtime.record import RevisionRecord

MOST_APPS, MOST_REVISIONS, MOST_INSTANCES = 20, 25, 30
Told = Mapping[str, Any]
Records = Mapping[str, Sequence[RevisionRecord]]


def app_rows(statuses: Sequence[Told], resources: Sequence[Resource], records: Records) -> Listing[AppRow]:
    """Return the apps; `statuses` as the runtime gives them, `records` by the app's name."""
    recorded = {resource.name.lower(): resource.properties for resource in resources}
    return first(
        (_app(one, recorded.get(one["name"].lower(), {}), records.get(one["name"], ())) for one in statuses),
        MOST_APPS,
    )


def app_states(statuses: Iterable[Told]) -> tuple[AppState, ...]:
    """Return each app in a word."""
    return tuple(
        AppState(
            name=one["name"],
            url=one.get("url"),
            state=_state(one["revisions"]),
            replicas=sum(int(revision["replicas"]) for revision in one["revisions"]),
        )
        for one in statuses
    )


def _state(revisions: Sequence[Told]) -> str:
    active = [one for one in revisions if one["active"]]
    if not active:
        return "stopped"
    if any(one["health"] == "Unhealthy" for one in active):
        return "unhealthy"
    return "healthy" if any(one["replicas"] for one in active) else "at zero replicas"


def _app(status: Told, properties: Told, records: Sequence[RevisionRecord]) -> AppRow:
    configuration = properties.get("configuration") or {}
    ingress = configuration.get("ingress") or {}
    remembered = {record.name: record for record in records}
    labels = _labels(ingress.get("traffic") or (), records)
    rows = [
        _revision(one, remembered.get(one["name"]), labels.get(one["name"], ()))
        for one in status["revisions"]
    ]
    return AppRow(
        name=status["name"],
        url=status.get("url"),
        ingress=_way_in(ingress, str(configuration.get("activeRevisionsMode", "Single"))),
        revisions=first(rows, MOST_REVISIONS),
    )


def _way_in(ingress: Told, mode: str) -> str:
    if not ingress:
        return f"no ingress, {mode.lower()} revision mode"
    side = "external" if ingress.get("external") else "internal"
    return f"{side} ingress to port {ingress.get('targetPort', 'found')}, {mode.lower()} revision mode"


def _labels(traffic: Iterable[Told], records: Sequence[RevisionRecord]) -> dict[str, tuple[str, ...]]:
    ready = next((one.name for one in reversed(records) if one.provisioned), "")
    found: dict[str, tuple[str, ...]] = {}
    for entry in traffic:
        if entry.get("label"):
            name = entry.get("revisionName") or ready
            found[name] = (*found.get(name, ()), str(entry["label"]))
    return found


def _revision(status: Told, record: RevisionRecord | None, labels: tuple[str, ...]) -> RevisionRow:
    template: Told = record.template if record else {}
    main: Told = next(iter(template.get("containers") or ()), {})
    scale = template.get("scale") or {}
    instances = status.get("instances") or ()
    return RevisionRow(
        name=status["name"],
        created=record.created if record else "",
        active=bool(status["active"]),
        health=str(status["health"]),
        weight=int(status["weight"]),
        labels=labels,
        replicas=int(status["replicas"]),
        scale=f"{scale.get('minReplicas') or 0} to {scale.get('maxReplicas') or 10}",
        restarts=int(status.get("restarts", 0)),
        reason=clipped(status.get("reason") or ""),
        image=clipped(status.get("image") or main.get("image", "")),
        probes=tuple(_probe(one) for one in main.get("probes") or ()),
        instances=tuple(_instance(one) for one in instances[:MOST_INSTANCES]),
    )


def _probe(probe: Told) -> ProbeRow:
    http, tcp = probe.get("httpGet") or {}, probe.get("tcpSocket") or {}
    target = f"GET {http.get('path', '/')} at {http.get('port')}" if http else f"TCP at {tcp.get('port')}"
    return ProbeRow(
        kind=str(probe.get("type", "")),
        target=clipped(target),
        timing=f"every {probe.get('periodSeconds', 10)} s, {probe.get('failureThreshold', 3)} failures",
    )


def _instance(replica: Told) -> InstanceRow:
    return InstanceRow(
        name=replica["name"],
        ready=bool(replica["ready"]),
        restarts=int(replica["restarts"]),
        requests=int(replica["requests"]),
        reason=clipped(replica["reason"]),
    )

"""Carry Azure's request types into the project: `python -m infra.twin.types.carry SRC DEST`.

SRC holds `map.json` and `arm/*.json` (pruned from Azure/bicep-types-az, MIT); DEST gets one file with
every type the program may write, each definition once, without what a request cannot set.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra.twin.types.source import read_definitions, read_table

TOKENS = (
    "resources:ResourceGroup",
    "managedidentity:UserAssignedIdentity",
    "containerregistry:Registry",
    "authorization:RoleAssignment",
    "cosmosdb:DatabaseAccount",
    "cosmosdb:SqlResourceSqlDatabase",
    "cosmosdb:SqlResourceSqlContainer",
    "cosmosdb:SqlResourceSqlRoleAssignment",
    "cognitiveservices:Account",
    "cognitiveservices:Deployment",
    "operationalinsights:Workspace",
    "applicationinsights:Component",
    "monitor:DiagnosticSetting",
    "monitor:ActionGroup",
    "monitor:MetricAlert",
    "monitor:ScheduledQueryRule",
    "app:ManagedEnvironment",
    "app:ContainerApp",
    "consumption:Budget",
    "keyvault:Vault",
    "keyvault:Secret",
    "keyvault:Key",
    "managedidentity:FederatedIdentityCredential",
    "storage:StorageAccount",
    "storage:BlobServiceProperties",
    "storage:BlobContainer",
    "network:VirtualNetwork",
    "network:Subnet",
    "network:PrivateEndpoint",
    "network:PrivateDnsZoneGroup",
    "privatedns:PrivateZone",
    "privatedns:VirtualNetworkLink",
    "containerregistry:Replication",
    "app:Job",
    "app:ContainerAppsAuthConfig",
    "app:ManagedCertificate",
    "redisenterprise:RedisEnterprise",
    "redisenterprise:Database",
    "redisenterprise:AccessPolicyAssignment",
    "cdn:Profile",
    "cdn:AFDEndpoint",
    "cdn:AFDOriginGroup",
    "cdn:AFDOrigin",
    "cdn:Route",
    "cdn:SecurityPolicy",
    "frontdoor:Policy",
    "applicationinsights:WebTest",
    "applicationinsights:Workbook",
)
NOTICE = (
    "Request types of Azure Resource Manager, from https://github.com/Azure/bicep-types-az at commit "
    "1f896de2db966ad91e8f7d7d981e11d32e4f5d8d. Copyright (c) Microsoft Corporation, MIT License; see NOTICE."
)
READ_ONLY = 2


class Carrier:
    """Intern type definitions: equal ones are stored once."""

    def __init__(self, numbers: set[tuple[str, str, str]]) -> None:
        self.numbers = numbers
        self._indices: dict[str, int] = {}
        self._done: dict[tuple[str, str], int] = {}
        self.types: list[dict[str, Any]] = []

    def carry(self, file: str, types: dict[str, Any], index: str) -> int:
        """Return the new index of one definition, carrying what it refers to."""
        known = self._done.get((file, index))
        if known is not None:
            return known
        slot = len(self.types)
        self.types.append({})
        self._done[(file, index)] = slot
        self.types[slot] = self._definition(file, types, index)
        return slot

    def _definition(self, file: str, types: dict[str, Any], index: str) -> dict[str, Any]:
        source = dict(types[index])
        if "p" in source:
            source["p"] = {
                name: self._property(file, types, index, name, value) for name, value in source["p"].items()
            }
        for key in ("i", "ap"):
            if key in source:
                source[key] = self.carry(file, types, str(source[key]))
        if isinstance(source.get("e"), list):
            source["e"] = [self.carry(file, types, str(item)) for item in source["e"]]
        elif isinstance(source.get("e"), dict):
            self._share_fractions(file, index, source["e"])
            source["e"] = {name: self.carry(file, types, str(item)) for name, item in source["e"].items()}
        return source

    def _share_fractions(self, file: str, index: str, variants: dict[str, Any]) -> None:
        """Make fractions of a discriminated type count in its variants, where their properties stand."""
        names = [name for provider, own, name in self.numbers if (provider, own) == (file, index)]
        self.numbers.update((file, str(variant), name) for variant in variants.values() for name in names)

    def _property(
        self, file: str, types: dict[str, Any], index: str, name: str, value: dict[str, Any]
    ) -> dict[str, Any]:
        if value.get("f", 0) & READ_ONLY:
            return {"f": value["f"]}
        carried = {**value, "t": self.carry(file, types, str(value["t"]))}
        if (file, index, name) in self.numbers:
            carried["number"] = True
        return carried


def fractional(table: dict[str, Any]) -> set[tuple[str, str, str]]:
    """Return (provider and version, type index, property) of what the SDK knows as a fraction."""
    found = set()
    for key, entry in table["types"].items():
        provider, _, index = key.partition("|")[2].partition("#")
        for value in entry["props"].values():
            if index and value.get("t", {}).get("k") == "float" and value.get("path"):
                found.add((provider, index, value["path"][-1]))
    return found


def _own_fractions(
    entry: dict[str, Any], provider: str, body: dict[str, Any]
) -> Iterator[tuple[str, str, str]]:
    """Yield the fractions among the resource's own properties, which the table keeps under its token."""
    for value in entry["props"].values():
        path = value.get("path") or []
        if value.get("t", {}).get("k") == "float" and path[:-1] == ["properties"]:
            yield provider, str(body["p"]["properties"]["t"]), path[-1]


def compact(source: Path) -> dict[str, Any]:
    """Return the carried form of what a source folder holds for TOKENS."""
    table = read_table(source)
    carrier = Carrier(fractional(table))
    resources = dict(_resources(source, table, carrier))
    return {"notice": NOTICE, "resources": resources, "types": carrier.types}


def _resources(source: Path, table: dict[str, Any], carrier: Carrier) -> Iterator[tuple[str, Any]]:
    for token in TOKENS:
        entry = table["tokens"][token]
        types = read_definitions(source, entry["file"])
        provider = f"{entry['arm'].split('/')[0].lower()}@{entry['api']}"
        carrier.numbers.update(
            _own_fractions(table["types"][entry["map"]], provider, types[str(entry["body"])])
        )
        yield (
            entry["arm"],
            {
                "token": token,
                "apiVersions": [entry["api"]],
                "body": carrier.carry(provider, types, str(entry["body"])),
                "name": types[str(entry["nameType"])],
            },
        )


def main(arguments: list[str]) -> int:
    """Write DEST from SRC."""
    if len(arguments) != 2:  # noqa: PLR2004 - SRC and DEST
        sys.stderr.write("usage: python -m infra.twin.types.carry SRC DEST\n")
        return 2
    source, destination = map(Path, arguments)
    text = json.dumps(compact(source), separators=(",", ":"), sort_keys=True)
    destination.write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

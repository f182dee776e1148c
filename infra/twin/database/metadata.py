"""Requests about the account, its databases, containers, ranges and throughput."""

import math
from typing import Any

from infra.twin.database import engine, names
from infra.twin.database.access.rights import READ_METADATA, Rights
from infra.twin.database.account import Account
from infra.twin.database.answers import feed_reply, in_container, json_reply
from infra.twin.database.calls import Address, Call, Reply
from infra.twin.database.charges import METADATA
from infra.twin.database.containers import (
    check_replacement,
    container_properties,
    offer,
    partition_range,
    shown_container,
    shown_database,
    throughput_of,
)
from infra.twin.database.content import parse_object
from infra.twin.database.problems import CosmosProblem, conflict, invalid, not_found, not_rehearsed
from infra.twin.database.rows import Container, Database

_ENGINE = (
    '{"maxSqlQueryInputLength":524288,"maxJoinsPerSqlQuery":10,"maxLogicalAndPerSqlQuery":2000,'
    '"maxLogicalOrPerSqlQuery":2000,"maxUdfRefPerSqlQuery":10,"maxInExpressionItemsCount":16000,'
    '"queryMaxGroupByTableCellCount":500000,"queryMaxInMemorySortDocumentCount":500,'
    '"maxQueryRequestTimeoutFraction":0.9,"sqlAllowNonFiniteNumbers":false,"sqlAllowAggregateFunctions":true,'
    '"sqlAllowSubQuery":true,"sqlAllowScalarSubQuery":true,"allowNewKeywords":true,"sqlAllowLike":true,'
    '"sqlAllowGroupByClause":true,"maxSpatialQueryCells":12,"spatialMaxGeometryPointCount":256,'
    '"sqlDisableOptimizationFlags":0,"sqlEnableParameterExpansionCheck":true}'
)


class Metadata:
    """Answer what is not about items."""

    def __init__(self, account: Account) -> None:
        self.account = account

    def answer(self, call: Call, address: Address, rights: Rights) -> Reply:
        """Return the reply to a request about anything but items."""
        if address.kind == "account":
            return self._account(call, address, rights)
        if address.kind == "pkranges":
            return self._ranges(call, address, rights)
        if address.kind == "offers":
            return self._offers(call, address, rights)
        return (
            self._databases(call, address, rights)
            if address.kind == "dbs"
            else self._containers(call, address, rights)
        )

    def _account(self, call: Call, address: Address, rights: Rights) -> Reply:
        if call.method != "GET":
            raise not_rehearsed(f"{call.method} on the account")
        rights.demand(READ_METADATA, address)
        here = [{"name": self.account.location, "databaseAccountEndpoint": call.base}]
        replication = {"minReplicaSetSize": 1, "maxReplicasetSize": 4, "asyncReplication": False}
        described = {
            "_self": "",
            "id": self.account.name,
            "_rid": f"{self.account.name}.documents.azure.com",
            "media": "//media/",
            "addresses": "//addresses/",
            "_dbs": "//dbs/",
            "writableLocations": here,
            "readableLocations": here,
            "enableMultipleWriteLocations": False,
            "enablePerPartitionFailoverBehavior": False,
            "continuousBackupEnabled": False,
            "userReplicationPolicy": replication,
            "userConsistencyPolicy": {"defaultConsistencyLevel": self.account.consistency()},
            "systemReplicationPolicy": replication,
            "readPolicy": {"primaryReadCoefficient": 1, "secondaryReadCoefficient": 1},
            "queryEngineConfiguration": _ENGINE,
        }
        return json_reply(200, described, METADATA)

    def _databases(self, call: Call, address: Address, rights: Rights) -> Reply:
        if _reads(call):
            rights.demand(READ_METADATA, address)
            if not address.single:
                shown = [shown_database(one) for one in self.account.store.databases()]
                return feed_reply("Databases", "", _selected(call, shown))
            return json_reply(200, shown_database(self.account.database(address)), METADATA)
        rights.demand_management(call)
        if call.method == "POST" and not address.single:
            name = names.check_name(parse_object(call.body).get("id"))
            made = self.account.store.create_database(name, self._ts, _offered(call))
            return json_reply(201, shown_database(made), METADATA, {"etag": made.etag})
        if call.method == "DELETE" and address.single:
            self.account.store.delete_database(self.account.database(address))
            return Reply(status=204, charge=METADATA)
        raise not_rehearsed(f"{call.method} on databases")

    def _containers(self, call: Call, address: Address, rights: Rights) -> Reply:
        if _reads(call):
            rights.demand(READ_METADATA, address)
            if not address.single:
                database = self.account.database(address)
                shown = [shown_container(one) for one in self.account.store.containers(database)]
                return feed_reply("DocumentCollections", database.rid, _selected(call, shown))
            return _one_container(200, self.account.container(address))
        rights.demand_management(call)
        if call.method == "POST" and not address.single:
            return self._create_container(call, self.account.database(address))
        container = self.account.container(address)
        if call.method == "PUT":
            return self._replace_container(call, container)
        if call.method == "DELETE":
            self.account.store.delete_container(container)
            return Reply(status=204, charge=METADATA)
        raise not_rehearsed(f"{call.method} on containers")

    def _create_container(self, call: Call, database: Database) -> Reply:
        properties = container_properties(parse_object(call.body))
        made = self.account.store.create_container(database, properties, self._ts, _offered(call))
        return _one_container(201, made)

    def _replace_container(self, call: Call, container: Container) -> Reply:
        after = container_properties(parse_object(call.body))
        check_replacement(container.properties, after)
        self.account.store.replace_container(container, after, self._ts, container.throughput)
        found = self.account.store.container(container.database, container.name)
        if found is None:
            raise conflict()
        return _one_container(200, found)

    def _ranges(self, call: Call, address: Address, rights: Rights) -> Reply:
        if call.method != "GET":
            raise not_rehearsed(f"{call.method} on partition key ranges")
        rights.demand(READ_METADATA, address)
        container = self.account.container(address)
        headers = in_container(container, container.lsn) | {"etag": container.etag}
        if call.header("if-none-match") == container.etag:
            return Reply(status=304, headers=headers, charge=METADATA)
        return feed_reply("PartitionKeyRanges", container.rid, [partition_range(container)], headers)

    def _offers(self, call: Call, address: Address, rights: Rights) -> Reply:
        if call.method == "PUT":
            rights.demand_management(call)
            return self._replace_offer(call, address)
        rights.demand(READ_METADATA, Address(kind="account", single=True))
        shown = [made for made in map(offer, self._owners()) if made is not None]
        if not address.single:
            return feed_reply("Offers", "", _selected(call, shown))
        for one in shown:
            if one["_rid"].lower() == address.item.lower():
                return json_reply(200, one, METADATA)
        raise not_found()

    def _replace_offer(self, call: Call, address: Address) -> Reply:
        content = parse_object(call.body).get("content")
        if not isinstance(content, dict) or "offerThroughput" not in content:
            raise not_rehearsed("autoscale settings on the data plane")
        throughput = throughput_of(str(content["offerThroughput"]))
        for owner in self._owners():
            if owner.rid.lower() != address.item.lower() or owner.throughput is None:
                continue
            if isinstance(owner, Database):
                self.account.store.share_throughput(owner, throughput)
            else:
                self.account.store.replace_container(owner, owner.properties, self._ts, throughput)
            return json_reply(200, _changed(owner, throughput), METADATA)
        raise not_found()

    def _owners(self) -> list[Database | Container]:
        databases = self.account.store.databases()
        containers = [found for one in databases for found in self.account.store.containers(one)]
        return [*databases, *containers]

    @property
    def _ts(self) -> int:
        return math.floor(self.account.now)


def _reads(call: Call) -> bool:
    return call.method == "GET" or (call.method == "POST" and _asks(call))


def _asks(call: Call) -> bool:
    return call.flag("x-ms-documentdb-isquery") or "query+json" in (call.header("content-type") or "")


def _selected(call: Call, shown: list[dict[str, Any]]) -> list[Any]:
    if call.method == "GET":
        return shown
    return engine.run(engine.Query.of_body(parse_object(call.body)), shown)


def _offered(call: Call) -> int | None:
    settings = call.header("x-ms-cosmos-offer-autopilot-settings")
    if settings is None:
        return throughput_of(call.header("x-ms-offer-throughput"))
    most = parse_object(settings.encode()).get("maxThroughput")
    if not isinstance(most, int):
        raise invalid(f"The autoscale settings {settings[:80]!r} have no maxThroughput.")
    return throughput_of(str(most))


def _one_container(status: int, container: Container) -> Reply:
    headers = in_container(container, container.lsn) | {
        "etag": container.etag,
        "x-ms-alt-content-path": f"dbs/{container.database.name}",
    }
    return json_reply(status, shown_container(container), METADATA, headers)


def _changed(owner: Database | Container, throughput: int | None) -> dict[str, Any]:
    shown = offer(owner)
    if shown is None:
        raise CosmosProblem(404, "the throughput is gone")
    return {**shown, "content": {"offerThroughput": throughput}}

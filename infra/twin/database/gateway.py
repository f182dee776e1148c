"""The front of one account: authentication, limits, routing, and the headers of every answer."""

import logging
import uuid

from infra.twin.database.access.rights import Rights
from infra.twin.database.account import Account
from infra.twin.database.answers import problem_reply
from infra.twin.database.calls import Address, Call, Reply, address_of
from infra.twin.database.documents import Documents, operation_of
from infra.twin.database.metadata import Metadata
from infra.twin.database.problems import CosmosProblem

_log = logging.getLogger(__name__)
_FIXED = {
    "x-ms-gatewayversion": "2.0.0",
    "x-ms-serviceversion": "version=2.14.0.0",
    "x-ms-schemaversion": "1.19",
    "x-ms-number-of-read-regions": "0",
    "cache-control": "no-store, no-cache",
}


class Gateway:
    """Answer requests; nothing here waits or speaks HTTP."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self._metadata = Metadata(account)
        self._documents = Documents(account)

    def handle(self, call: Call) -> Reply:
        """Return the reply to a request; problems become replies."""
        try:
            address = address_of(call.path)
            reply = self._admitted(call, address, self.account.door.enter(call, address))
        except CosmosProblem as problem:
            reply = problem_reply(problem)
        headers = {"x-ms-activity-id": call.header("x-ms-activity-id") or str(uuid.uuid4())}
        headers |= _FIXED | reply.headers | {"x-ms-request-charge": f"{reply.charge:.2f}"}
        return Reply(status=reply.status, body=reply.body, headers=headers, charge=reply.charge)

    def latency(self, call: Call) -> float:
        """Return how long a request is held back on demand (seconds)."""
        faults = self.account.limits.faults
        if not faults.latency_ms:
            return 0.0
        try:
            address = address_of(call.path)
        except CosmosProblem:
            return 0.0
        hit = faults.hits(operation_of(call, address), address.container)
        return faults.latency_ms / 1000 if hit else 0.0

    def _admitted(self, call: Call, address: Address, rights: Rights) -> Reply:
        operation = operation_of(call, address)
        name = f"{address.database}/{address.container}" if address.container else ""
        bucket, throughput = name, None
        if operation != "metadata":
            bucket, throughput = self.account.throughput(self.account.container(address))
        limits = self.account.limits
        try:
            if operation != "metadata":
                limits.admit(operation, address.container, bucket, throughput)
            reply = self._routed(call, address, rights)
        except CosmosProblem as problem:
            limits.count(operation, name, bucket, problem.charge)
            raise
        limits.count(operation, name, bucket, reply.charge)
        return reply

    def _routed(self, call: Call, address: Address, rights: Rights) -> Reply:
        if address.kind in {"docs", "partitionkeydelete"}:
            return self._documents.answer(call, address, rights)
        return self._metadata.answer(call, address, rights)

"""Pulumi's engine, as far as a program needs one: registers resources with a cloud of ours."""

from threading import Lock
from typing import Any, Protocol

from google.protobuf import json_format, struct_pb2  # type: ignore[import-untyped]  # no stubs locked
from pulumi.runtime import rpc
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks
from pulumi.runtime.proto import provider_pb2, resource_pb2

from infra.plan import PlannedResource

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_STACK = "pulumi:pulumi:Stack"


class Cloud(Protocol):
    """Make a resource of what the program asks for."""

    def register(self, resource: PlannedResource) -> tuple[str, dict[str, Any]]:
        """Return the resource's id and the SDK's outputs; called from several threads at once."""
        ...

    def invoke(self, token: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Return what a function of the provider answers; raise InvokeError."""
        ...


class InvokeError(Exception):
    """Say why a function of the provider has no answer, in the words that a program sees."""


class NoCalls(Mocks):
    """Refuse what only Pulumi's own engine can do."""

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        """Refuse a method of a component."""
        raise LookupError(f"the program calls {args.token}; take the value from a resource's output instead")

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        """Refuse to read a resource that exists already."""
        raise LookupError(f"{args.name} is read, not made: the in-process adapter makes resources only")


class Monitor(MockMonitor):
    """Keep what was asked for, with plain values and dependencies, and hand it to the cloud."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(NoCalls())
        self._cloud = cloud
        self._lock = Lock()
        self.planned: list[PlannedResource] = []

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the engine's protocol names it
        """Answer one registration; components and the stack itself exist in the program alone."""
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == _STACK or not request.custom:
            return resource_pb2.RegisterResourceResponse(urn=urn, object=request.object)
        resource = PlannedResource(
            type=request.type,
            name=request.name,
            inputs=plain(json_format.MessageToDict(request.object)),
            urn=urn,
            depends_on=tuple(sorted(request.dependencies)),
        )
        with self._lock:
            self.planned.append(resource)
        made, outputs = self._cloud.register(resource)
        answer = struct_pb2.Struct()
        answer.update(outputs)
        return resource_pb2.RegisterResourceResponse(urn=urn, id=made, object=answer)

    def Invoke(self, request: Any) -> Any:  # noqa: N802 - the engine's protocol names it
        """Answer a function of the provider; a refusal reaches the program as the engine's would."""
        try:
            found = self._cloud.invoke(request.tok, plain(json_format.MessageToDict(request.args)))
        except InvokeError as error:
            failure = provider_pb2.CheckFailure(property=request.tok, reason=str(error))
            return resource_pb2.ResourceInvokeResponse(failures=[failure])
        answer = resource_pb2.ResourceInvokeResponse()
        getattr(answer, "return").update(found)
        return answer


def plain(value: Any) -> Any:
    """Return a wire value as data: whole numbers as int, unknown values as None, secrets as they are."""
    if isinstance(value, dict):
        if _SIGNATURE in value:
            return plain(value.get("value"))
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return None if value == rpc.UNKNOWN else value

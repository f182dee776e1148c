"""Pulumi's provider protocol in front of the twin."""

from collections.abc import Callable
from typing import Any

import grpc  # type: ignore[import-untyped]  # no stubs locked
from google.protobuf import empty_pb2  # type: ignore[import-untyped]  # no stubs locked
from pulumi.runtime.proto import (
    ResourceProviderServicer,
    plugin_pb2,
    provider_pb2,
    status_pb2,
)

from infra.twin.adapters.provider import values
from infra.twin.adapters.provider.differences import Difference
from infra.twin.adapters.provider.noted import Noted
from infra.twin.adapters.provider.resources import PartlyMadeError, State, TwinResources
from infra.twin.adapters.translate import MissingParameterError, UnknownFunctionError, UnknownTypeError
from infra.twin.client import ArmError, TwinUnreachableError

_EXPECTED = (ArmError, TwinUnreachableError, UnknownTypeError, MissingParameterError)
Answer = Callable[["Servicer", Any, Any], Any]


def _explained(method: Answer) -> Answer:
    """Let an error that is known reach the engine as its message, without a trace."""

    def answer(self: "Servicer", request: Any, context: Any) -> Any:
        try:
            return method(self, request, context)
        except _EXPECTED as error:
            self.note(error)
            context.abort(grpc.StatusCode.UNKNOWN, str(error))

    return answer


class Servicer(ResourceProviderServicer):
    """Answer the engine as the provider azure-native does."""

    def __init__(self, resources: TwinResources, noted: Noted, version: str) -> None:
        self._resources = resources
        self._noted = noted
        self._version = version

    def note(self, error: Exception) -> None:
        """Keep the findings that an error of the twin carries."""
        if isinstance(error, ArmError):
            self._noted.add(error.findings)

    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: ARG002, D102, N802 - the protocol's
        return plugin_pb2.PluginInfo(version=self._version)

    def GetSchema(self, request: Any, context: Any) -> Any:  # noqa: ARG002, D102, N802
        return provider_pb2.GetSchemaResponse(schema="{}")

    def Handshake(self, request: Any, context: Any) -> Any:  # noqa: ARG002, D102, N802
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    def CheckConfig(self, request: Any, context: Any) -> Any:  # noqa: ARG002, D102, N802
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:  # noqa: ARG002, D102, N802
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Configure(self, request: Any, context: Any) -> Any:  # noqa: ARG002, D102, N802
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    @_explained
    def Check(self, request: Any, context: Any) -> Any:  # noqa: ARG002, D102, N802
        olds, news = values.read(request.olds), values.read(request.news)
        token, name = _token(request), _name(request)
        return provider_pb2.CheckResponse(inputs=values.write(self._resources.named(token, name, olds, news)))

    @_explained
    def Diff(self, request: Any, context: Any) -> Any:  # noqa: ARG002, D102, N802
        olds, news = values.read(request.old_inputs), values.read(request.news)
        plan = self._resources.plan(_token(request), request.id, olds, news)
        some = plan.differences
        response = provider_pb2.DiffResponse
        return response(
            changes=response.DIFF_SOME if some else response.DIFF_NONE,
            diffs=sorted({_top(one.path) for one in some}),
            replaces=sorted({_top(path) for path in plan.replaces}),
            detailedDiff={one.path: _detail(one, plan.replaces) for one in some},
            hasDetailedDiff=True,
            deleteBeforeReplace=plan.delete_first,
        )

    @_explained
    def Create(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        inputs = values.read(request.properties)
        if request.preview:
            outputs = self._resources.foreseen(_token(request), inputs)
            return provider_pb2.CreateResponse(id="", properties=values.write(outputs))
        try:
            state = self._resources.make(_token(request), _name(request), inputs)
        except PartlyMadeError as error:
            self.note(error.error)
            return _abort(context, error)
        return provider_pb2.CreateResponse(id=state.id, properties=values.write(state.outputs))

    @_explained
    def Read(self, request: Any, context: Any) -> Any:  # noqa: ARG002, D102, N802
        state = self._resources.read(_token(request), request.id, values.read(request.inputs))
        if state is None:
            return provider_pb2.ReadResponse(id="")
        return provider_pb2.ReadResponse(
            id=state.id, properties=values.write(state.outputs), inputs=values.write(state.inputs)
        )

    @_explained
    def Update(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        inputs = values.read(request.news)
        if request.preview:
            outputs = self._resources.foreseen(_token(request), inputs, values.read(request.olds))
            return provider_pb2.UpdateResponse(properties=values.write(outputs))
        try:
            state = self._resources.make(_token(request), _name(request), inputs)
        except PartlyMadeError as error:
            self.note(error.error)
            return _abort(context, error)
        return provider_pb2.UpdateResponse(properties=values.write(state.outputs))

    @_explained
    def Delete(self, request: Any, context: Any) -> Any:  # noqa: ARG002, D102, N802
        self._resources.delete(_token(request), request.id)
        return empty_pb2.Empty()

    def Invoke(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        try:
            found = self._resources.found(request.tok, values.read(request.args))
        except (*_EXPECTED, UnknownFunctionError) as error:
            # No finding: the program decides whether an absent resource is a mistake.
            return context.abort(grpc.StatusCode.UNKNOWN, str(error))
        return provider_pb2.InvokeResponse(**{"return": values.write(found)})

    def Cancel(self, request: Any, context: Any) -> Any:  # noqa: ARG002, D102, N802
        return empty_pb2.Empty()


def _token(request: Any) -> str:
    return str(request.type or request.urn.split("::")[2].rpartition("$")[2])


def _name(request: Any) -> str:
    return str(request.name or request.urn.rpartition("::")[2])


def _top(path: str) -> str:
    return path.partition(".")[0].partition("[")[0]


def _detail(one: Difference, replaces: frozenset[str]) -> Any:
    kind = f"{one.kind}_REPLACE" if one.path in replaces else one.kind
    return provider_pb2.PropertyDiff(kind=getattr(provider_pb2.PropertyDiff, kind), inputDiff=True)


def _abort(context: Any, error: PartlyMadeError) -> None:
    """End a call for a resource that is there although its operation failed: the engine keeps it."""
    detail = provider_pb2.ErrorResourceInitFailed(**_fields(error.state), reasons=[str(error)])
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(error))
    status.details.add().Pack(detail)
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode.UNKNOWN, str(error))


def _fields(state: State) -> dict[str, Any]:
    return {
        "id": state.id,
        "properties": values.write(state.outputs),
        "inputs": values.write(state.inputs),
    }

"""The life of a resource as azure-native leads it, in the twin's ARM. Plain data in and out."""

from dataclasses import dataclass
from typing import Any

from infra.twin.adapters.provider.differences import Difference, differences, overlay
from infra.twin.adapters.provider.foreseen import at_change, at_creation
from infra.twin.adapters.provider.immutable import fixed_paths
from infra.twin.adapters.provider.values import bare, known
from infra.twin.adapters.translate import Translator
from infra.twin.client import ArmClient, ArmError

_NOT_FOUND = 404


@dataclass(frozen=True)
class State:
    """Hold a resource as it is in the cloud, and the inputs that would make it so."""

    id: str
    outputs: dict[str, Any]
    inputs: dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """Hold what a change of inputs leads to."""

    differences: tuple[Difference, ...]
    replaces: frozenset[str]
    delete_first: bool


class PartlyMadeError(Exception):
    """Say that a resource is there although its operation failed."""

    def __init__(self, state: State, error: ArmError) -> None:
        super().__init__(str(error))
        self.state = state
        self.error = error


class TwinResources:
    """Make, change, read and delete resources of one stack."""

    def __init__(self, client: ArmClient, translator: Translator) -> None:
        self._client = client
        self._translator = translator

    def named(self, token: str, name: str, olds: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
        """Return the inputs with the name that the resource has, or that the provider gives it."""
        key = self._translator.entry(token)["params"][-1]
        if news.get(key) is not None:
            return news
        given = olds.get(key) or self._translator.autonamed(token, name)
        return {**news, key: given}

    def plan(self, token: str, resource_id: str, olds: dict[str, Any], news: dict[str, Any]) -> Plan:
        """Return what differs, and what of it replaces the resource."""
        found = tuple(differences(bare(olds), bare(news)))
        fixed = fixed_paths(token, self._translator.entry(token))
        replaces = frozenset(one.path for one in found if any(one.lies_in(path) for path in fixed))
        return Plan(found, replaces, bool(replaces) and self._same_place(token, resource_id, news))

    def foreseen(
        self, token: str, inputs: dict[str, Any], outputs: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return the outputs that a preview can tell of a new resource, or of one with these outputs."""
        told = self._translator.outputs(token, self._translator.body(token, bare(inputs)))
        return at_creation(token, told) if outputs is None else at_change(outputs, told)

    def make(self, token: str, name: str, inputs: dict[str, Any]) -> State:
        """Create or update a resource; raise ArmError, or PartlyMadeError when something is there anyway."""
        call = self._translator.call(token, name, bare(inputs))
        try:
            answer = self._client.put(call.id, call.body, call.api_version)
        except ArmError as error:
            there = self.read(token, call.id, inputs)
            if there is None:
                raise
            raise PartlyMadeError(there, error) from error
        return State(call.id, self._translator.outputs(token, answer), inputs)

    def read(self, token: str, resource_id: str, inputs: dict[str, Any]) -> State | None:
        """Return a resource as it is now; None if it is gone."""
        try:
            answer = self._client.get(resource_id, self._translator.entry(token)["api"])
        except ArmError as error:
            if error.status == _NOT_FOUND:
                return None
            raise
        live = self._translator.live(token, bare(inputs), answer)
        return State(resource_id, self._translator.outputs(token, answer), overlay(bare(inputs), live))

    def found(self, function: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Return what a function of the SDK reads; raise ArmError, also when there is nothing."""
        call = self._translator.reading(function, bare(arguments))
        return self._translator.outputs(call.token, self._client.get(call.id, call.api_version))

    def delete(self, token: str, resource_id: str) -> None:
        """Delete a resource; one that is gone already is no error."""
        try:
            self._client.delete(resource_id, self._translator.entry(token)["api"])
        except ArmError as error:
            if error.status != _NOT_FOUND:
                raise

    def _same_place(self, token: str, resource_id: str, news: dict[str, Any]) -> bool:
        """Say whether a replacement would take its predecessor's place, which has to be free first."""
        params: list[str] = self._translator.entry(token)["params"]
        if not all(known(news.get(key)) for key in params):
            return False
        place = self._translator.call(token, "", bare(news)).id
        return place.lower() == resource_id.lower()

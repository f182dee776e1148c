"""Secrets by reference: read before a revision starts, and read again while it runs."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from infra.twin.arm.behaviour import ArmProblem
from infra.twin.platform import SecretReference, SecretSource, SecretValue
from infra.twin.runtime.spec import ConfigurationSpec


@dataclass(kw_only=True)
class References:
    """Keep what one app's references were last resolved to."""

    app: str
    source: SecretSource | None
    say: Callable[[str], None]
    _values: dict[SecretReference, SecretValue] = field(default_factory=dict, repr=False)
    _silent: set[tuple[SecretReference, str]] = field(default_factory=set)

    async def resolve(self, configuration: ConfigurationSpec) -> tuple[ConfigurationSpec, frozenset[str]]:
        """Read every reference; return the configuration with the values in it and the names that changed.

        Raises the first ArmProblem, and keeps what was read before.
        """
        read = {one: await self._read(one) for one in configuration.references if self._known(one)}
        before = {one.name: found for one, found in self._values.items()}
        self._values = read
        self._silent.clear()
        changed = (one.name for one, found in read.items() if before.get(one.name, found) != found)
        return self._filled(configuration), frozenset(changed)

    async def renew(self, configuration: ConfigurationSpec) -> tuple[ConfigurationSpec, frozenset[str]]:
        """Read unversioned references again; return the configuration and the names that changed.

        What cannot be read keeps the value that it had, and that is said once.
        """
        changed = set()
        for one in configuration.references:
            before = self._values.get(one)
            after = None if before is None or one.versioned else await self._reread(one)
            if after is not None and after != before:
                self._values[one] = after
                changed.add(one.name)
        return self._filled(configuration), frozenset(changed)

    def _known(self, reference: SecretReference) -> bool:
        return self.source is not None and self.source.knows(reference)

    def _filled(self, configuration: ConfigurationSpec) -> ConfigurationSpec:
        values = {one.name: found.value for one, found in self._values.items()}
        return replace(configuration, secrets={**configuration.secrets, **values})

    async def _read(self, reference: SecretReference) -> SecretValue:
        if self.source is None:
            raise RuntimeError("a reference was read where no vault is rehearsed")
        return await self.source.read(self.app, reference)

    async def _reread(self, reference: SecretReference) -> SecretValue | None:
        try:
            found = await self._read(reference)
        except ArmProblem as problem:
            said = (reference, problem.finding.code if problem.finding else problem.code)
            if said not in self._silent:
                self._silent.add(said)
                self.say(f"secret {reference.name} keeps its value: {problem.message}")
            return None
        self._silent = {said for said in self._silent if said[0] != reference}
        return found

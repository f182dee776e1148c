"""What the replicas of one revision share, and what those of one app stand on."""

from dataclasses import dataclass

import aiohttp

from infra.twin.platform import Platform, PulledImage
from infra.twin.runtime.console import Console
from infra.twin.runtime.engine import Engine
from infra.twin.runtime.spec import ConfigurationSpec, ContainerSpec, TemplateSpec


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Set how patient the twin is where Azure takes many minutes."""

    elsewhere: float = 5.0
    ready: float = 60.0
    settle: float = 1.0
    backoff: tuple[float, ...] = (0, 10, 20, 40, 80, 160, 300)
    healthy_after: float = 600.0
    rotation: float = 5.0
    """How often a secret's reference is read anew (seconds); Container Apps does it within 30 minutes."""


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """Hold what every replica of an app shares."""

    platform: Platform
    engine: Engine
    session: aiohttp.ClientSession
    console: Console
    pace: Pace


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Hold what every replica of one revision shares."""

    app: str
    revision: str
    template: TemplateSpec
    configuration: ConfigurationSpec
    image: PulledImage
    identities: tuple[str, ...]

    @property
    def container(self) -> ContainerSpec:
        """Return the container that serves."""
        return self.template.main

    @property
    def target_port(self) -> int:
        """Return the port that ingress asks; without one Azure finds it, here it is the app's own."""
        ingress = self.configuration.ingress
        return (ingress.target_port if ingress else 0) or self.container.port

    @property
    def ports(self) -> frozenset[int]:
        """Return every port that somebody outside the container may ask."""
        return frozenset(
            {self.container.port, self.target_port, *(probe.port for probe in self.container.probes)}
        )

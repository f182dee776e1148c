"""The app itself: one container with probes, a scale rule and a way in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_azure_native import app

from infra.components.kept import Kept
from infra.components.placement import Placement
from infra.components.restrictions import of_ingress
from infra.components.variables import Value
from infra.options.app import AppConfig, ProbeConfig, SecretReference
from infra.options.edge import DomainConfig

PROBE_PATHS = {"Startup": "/health/startup", "Liveness": "/health/live", "Readiness": "/health/ready"}


@dataclass(frozen=True, kw_only=True, eq=False)
class AgentAppArgs:
    """Say what runs where, as whom, and what it must wait for."""

    placement: Placement
    config: AppConfig
    environment_id: pulumi.Output[str]
    identity_id: pulumi.Output[str]
    login_server: pulumi.Output[str]
    image: pulumi.Output[str]
    variables: Mapping[str, Value]
    secrets: Mapping[str, pulumi.Input[str]]
    """Each secret's address in a vault, by the name that variables use."""
    after: Sequence[pulumi.Resource]
    kept: Kept
    domain: DomainConfig | None = None

    @property
    def identity(self) -> app.ManagedServiceIdentityArgs:
        """Return the identity as which the app pulls, reads secrets and asks for tokens."""
        return app.ManagedServiceIdentityArgs(
            type=app.ManagedServiceIdentityType.USER_ASSIGNED, user_assigned_identities=[self.identity_id]
        )

    @property
    def registries(self) -> list[app.RegistryCredentialsArgs]:
        """Return where images come from."""
        return [app.RegistryCredentialsArgs(server=self.login_server, identity=self.identity_id)]

    @property
    def references(self) -> list[app.SecretArgs]:
        """Return the secrets that variables may use."""
        return [
            app.SecretArgs(name=name, key_vault_url=url, identity=self.identity_id)
            for name, url in self.secrets.items()
        ]

    @property
    def environment(self) -> list[app.EnvironmentVarArgs]:
        """Return the variables of the container."""
        return [_variable(name, value) for name, value in self.variables.items()]


class AgentApp(pulumi.ComponentResource):
    """Hold the container app; it starts after its roles, for without them it could not even pull."""

    id: pulumi.Output[str]
    name: pulumi.Output[str]
    host: pulumi.Output[str]
    latest_host: pulumi.Output[str]
    """Where the latest revision answers, whatever traffic it gets."""
    verification_id: pulumi.Output[str]
    """What a TXT record must hold for a domain to be bound."""

    def __init__(self, name: str, args: AgentAppArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("seatrial:index:AgentApp", name, None, opts)
        running = app.ContainerApp(
            name,
            resource_group_name=args.placement.group,
            container_app_name=args.placement.name("app"),
            location=args.placement.location,
            tags=args.placement.tags,
            managed_environment_id=args.environment_id,
            workload_profile_name="Consumption",
            identity=args.identity,
            configuration=_configuration(args),
            template=_template(args),
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.after)),
        )
        self.id = running.id
        self.name = running.name
        self.host = running.configuration.apply(
            lambda made: (made.ingress.fqdn if made and made.ingress else None) or ""
        )
        self.latest_host = running.latest_revision_fqdn
        self.verification_id = running.custom_domain_verification_id
        self.register_outputs({"id": self.id, "host": self.host})


def _configuration(args: AgentAppArgs) -> app.ConfigurationArgs:
    return app.ConfigurationArgs(
        active_revisions_mode=args.kept.revisions_mode,
        target_label=args.kept.target_label,
        max_inactive_revisions=10,
        ingress=app.IngressArgs(
            external=args.config.external,
            target_port=args.config.port,
            transport=app.IngressTransportMethod.AUTO,
            allow_insecure=False,
            ip_security_restrictions=of_ingress(args.config.allow),
            traffic=args.kept.weights,
            custom_domains=args.kept.bound(args.domain) or None,
        ),
        registries=args.registries,
        secrets=args.references,
    )


def _template(args: AgentAppArgs) -> app.TemplateArgs:
    return app.TemplateArgs(
        termination_grace_period_seconds=args.config.grace_seconds,
        containers=[
            app.ContainerArgs(
                name="app",
                image=args.image,
                resources=app.ContainerResourcesArgs(cpu=args.config.cpu, memory=args.config.memory),
                env=args.environment,
                probes=_probes(args.config),
            )
        ],
        scale=app.ScaleArgs(
            min_replicas=args.config.min_replicas,
            max_replicas=args.config.max_replicas,
            rules=[
                app.ScaleRuleArgs(
                    name="http",
                    http=app.HttpScaleRuleArgs(metadata={"concurrentRequests": str(args.config.concurrency)}),
                )
            ],
        ),
    )


def _variable(name: str, value: Value) -> app.EnvironmentVarArgs:
    if isinstance(value, SecretReference):
        return app.EnvironmentVarArgs(name=name, secret_ref=value.secret)
    return app.EnvironmentVarArgs(name=name, value=value)


def _probes(config: AppConfig) -> list[app.ContainerAppProbeArgs]:
    port = config.probe_port or config.port
    chosen = config.probes
    return [
        _probe("Startup", chosen.startup, port),
        _probe("Liveness", chosen.liveness, port),
        _probe("Readiness", chosen.readiness, port),
    ]


def _probe(kind: str, config: ProbeConfig, port: int) -> app.ContainerAppProbeArgs:
    return app.ContainerAppProbeArgs(
        type=kind,
        http_get=app.ContainerAppProbeHttpGetArgs(path=config.path or PROBE_PATHS[kind], port=port),
        initial_delay_seconds=config.initial_delay_seconds,
        period_seconds=config.period_seconds,
        timeout_seconds=config.timeout_seconds,
        failure_threshold=config.failure_threshold,
    )

"""A domain of one's own, with a certificate that Azure issues and renews."""

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import app

from infra.components.agent_app import AgentApp
from infra.components.environment import Environment
from infra.components.placement import Placement
from infra.options.edge import DomainConfig

Record = dict[str, str]


@dataclass(frozen=True, kw_only=True, eq=False)
class DomainArgs:
    """Say which app answers at which domain."""

    placement: Placement
    config: DomainConfig
    app: AgentApp
    environment: Environment


class Domain(pulumi.ComponentResource):
    """Hold the certificate of a domain, and the DNS records that the domain needs.

    The app has the domain before there is a certificate for it: its binding is Auto, which takes the
    certificate up when it is issued, in the same run.
    """

    records: pulumi.Output[list[Record]]

    def __init__(self, name: str, args: DomainArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("seatrial:index:Domain", name, None, opts)
        config = args.config
        if config.bind:
            app.ManagedCertificate(
                name,
                resource_group_name=args.placement.group,
                environment_name=args.environment.name,
                managed_certificate_name=args.placement.name("certificate"),
                location=args.placement.location,
                tags=args.placement.tags,
                properties=app.ManagedCertificatePropertiesArgs(
                    subject_name=config.name, domain_control_validation=config.validation
                ),
                opts=pulumi.ResourceOptions(parent=self, depends_on=[args.app], delete_before_replace=True),
            )
        self.records = _records(args)
        self.register_outputs({"records": self.records})


def _records(args: DomainArgs) -> pulumi.Output[list[Record]]:
    name = args.config.name

    def told(known: list[str]) -> list[Record]:
        code, host, address = known
        way = (
            {"type": "CNAME", "name": name, "value": host.partition(":")[0]}
            if args.config.validation == "CNAME"
            else {"type": "A", "name": name, "value": address}
        )
        return [{"type": "TXT", "name": f"asuid.{name}", "value": code}, way]

    known = pulumi.Output.all(args.app.verification_id, args.app.host, args.environment.static_ip)
    return known.apply(told)

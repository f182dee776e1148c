"""Front Door with its firewall: the way in for people, and the only one that the app accepts."""

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import cdn

from infra.components import firewall
from infra.components.agent_app import AgentApp
from infra.components.placement import Placement
from infra.options.edge import FrontDoorConfig

PROBE_PATH = "/health/live"
ANSWER_SECONDS = 240
_EVERYTHING = "/*"


@dataclass(frozen=True, kw_only=True, eq=False)
class FrontDoorArgs:
    """Say what kind of Front Door it is."""

    placement: Placement
    config: FrontDoorConfig


class FrontDoor(pulumi.ComponentResource):
    """Hold the profile, whose id the app asks for; `lead_to` opens the way to the app."""

    id: pulumi.Output[str]
    """What Front Door says in X-Azure-FDID."""

    def __init__(self, name: str, args: FrontDoorArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("seatrial:index:FrontDoor", name, None, opts)
        self._name = name
        self._args = args
        self._profile = cdn.Profile(
            name,
            resource_group_name=args.placement.group,
            profile_name=args.placement.name("front_door"),
            location="global",
            tags=args.placement.tags,
            sku=cdn.SkuArgs(name=f"{args.config.sku}_AzureFrontDoor"),
            # Streams are silent for 15 seconds at most; this is the longest that Front Door allows.
            origin_response_timeout_seconds=ANSWER_SECONDS,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.id = self._profile.front_door_id
        self.register_outputs({"id": self.id})

    def lead_to(self, app: AgentApp) -> pulumi.Output[str]:
        """Open the way to the app, behind the firewall; return the host that people ask."""
        place, profile = self._args.placement, self._profile.name
        own = pulumi.ResourceOptions(parent=self)
        endpoint = cdn.AFDEndpoint(
            f"{self._name}-endpoint",
            resource_group_name=place.group,
            profile_name=profile,
            endpoint_name=place.name("front_door_endpoint"),
            location="global",
            tags=place.tags,
            enabled_state=cdn.EnabledState.ENABLED,
            opts=own,
        )
        group = self._origins(profile, own)
        origin = self._origin(profile, group, app.host, own)
        self._route(profile, endpoint, group, origin)
        self._firewall(profile, endpoint, own)
        return endpoint.host_name

    def _origins(self, profile: pulumi.Output[str], own: pulumi.ResourceOptions) -> cdn.AFDOriginGroup:
        return cdn.AFDOriginGroup(
            f"{self._name}-origins",
            resource_group_name=self._args.placement.group,
            profile_name=profile,
            origin_group_name="app",
            health_probe_settings=cdn.HealthProbeParametersArgs(
                probe_path=PROBE_PATH,
                probe_protocol=cdn.ProbeProtocol.HTTPS,
                probe_request_type=cdn.HealthProbeRequestType.GET,
                probe_interval_in_seconds=100,
            ),
            load_balancing_settings=cdn.LoadBalancingSettingsParametersArgs(
                sample_size=4, successful_samples_required=3, additional_latency_in_milliseconds=50
            ),
            session_affinity_state=cdn.EnabledState.DISABLED,
            opts=own,
        )

    def _origin(
        self,
        profile: pulumi.Output[str],
        group: cdn.AFDOriginGroup,
        host: pulumi.Output[str],
        own: pulumi.ResourceOptions,
    ) -> cdn.AFDOrigin:
        return cdn.AFDOrigin(
            f"{self._name}-origin",
            resource_group_name=self._args.placement.group,
            profile_name=profile,
            origin_group_name=group.name,
            origin_name="app",
            host_name=host,
            # Container Apps tells apps apart by this header.
            origin_host_header=host,
            http_port=80,
            https_port=443,
            priority=1,
            weight=1000,
            enabled_state=cdn.EnabledState.ENABLED,
            enforce_certificate_name_check=True,
            opts=own,
        )

    def _route(
        self,
        profile: pulumi.Output[str],
        endpoint: cdn.AFDEndpoint,
        group: cdn.AFDOriginGroup,
        origin: cdn.AFDOrigin,
    ) -> None:
        cdn.Route(
            f"{self._name}-route",
            resource_group_name=self._args.placement.group,
            profile_name=profile,
            endpoint_name=endpoint.name,
            route_name="app",
            origin_group=cdn.ResourceReferenceArgs(id=group.id),
            patterns_to_match=[_EVERYTHING],
            supported_protocols=[cdn.AFDEndpointProtocols.HTTP, cdn.AFDEndpointProtocols.HTTPS],
            https_redirect=cdn.HttpsRedirect.ENABLED,
            forwarding_protocol=cdn.ForwardingProtocol.HTTPS_ONLY,
            link_to_default_domain=cdn.LinkToDefaultDomain.ENABLED,
            enabled_state=cdn.EnabledState.ENABLED,
            # Azure refuses a route to a group that has no origin yet.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[origin]),
        )

    def _firewall(
        self, profile: pulumi.Output[str], endpoint: cdn.AFDEndpoint, own: pulumi.ResourceOptions
    ) -> None:
        rules = firewall.rules(self._name, self._args.placement, self._args.config, own)
        cdn.SecurityPolicy(
            f"{self._name}-guard",
            resource_group_name=self._args.placement.group,
            profile_name=profile,
            security_policy_name="app",
            parameters=cdn.SecurityPolicyWebApplicationFirewallParametersArgs(
                type="WebApplicationFirewall",
                waf_policy=cdn.ResourceReferenceArgs(id=rules.id),
                associations=[
                    cdn.SecurityPolicyWebApplicationFirewallAssociationArgs(
                        domains=[cdn.ActivatedResourceReferenceArgs(id=endpoint.id)],
                        patterns_to_match=[_EVERYTHING],
                    )
                ],
            ),
            opts=own,
        )

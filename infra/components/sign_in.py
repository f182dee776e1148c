"""The sign-in in front of the app: Container Apps turns away who has no token of the tenant."""

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import app

from infra.components.placement import Placement
from infra.options.access import EntraConfig
from infra.options.edge import SignInConfig

_ISSUER = "https://login.microsoftonline.com/{}/v2.0"
_ACTIONS = {
    "redirect": app.UnauthenticatedClientActionV2.REDIRECT_TO_LOGIN_PAGE,
    "401": app.UnauthenticatedClientActionV2.RETURN401,
}


@dataclass(frozen=True, kw_only=True, eq=False)
class SignInArgs:
    """Say in front of which app it is, and whose tokens are believed."""

    placement: Placement
    app_name: pulumi.Output[str]
    config: SignInConfig
    entra: EntraConfig
    behind_front_door: bool

    @property
    def convention(self) -> app.ForwardProxyConvention:
        """Return where the host stands that people asked."""
        kinds = app.ForwardProxyConvention
        return kinds.STANDARD if self.behind_front_door else kinds.NO_PROXY


class SignIn(pulumi.ComponentResource):
    """Hold an app's sign-in with Entra ID; it needs no secret, for the registration issues ID tokens."""

    def __init__(self, name: str, args: SignInArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("seatrial:index:SignIn", name, None, opts)
        app.ContainerAppsAuthConfig(
            name,
            resource_group_name=args.placement.group,
            container_app_name=args.app_name,
            auth_config_name="current",
            platform=app.AuthPlatformArgs(enabled=True),
            global_validation=app.GlobalValidationArgs(
                unauthenticated_client_action=_ACTIONS[args.config.unauthenticated],
                redirect_to_provider="azureactivedirectory",
                excluded_paths=list(args.config.excluded_paths),
            ),
            identity_providers=app.IdentityProvidersArgs(azure_active_directory=_provider(args)),
            http_settings=app.HttpSettingsArgs(
                require_https=True,
                # Behind a Front Door people come back to its host, which stands in X-Forwarded-Host.
                forward_proxy=app.ForwardProxyArgs(convention=args.convention),
            ),
            login=app.LoginArgs(token_store=app.TokenStoreArgs(enabled=False)),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})


def _provider(args: SignInArgs) -> app.AzureActiveDirectoryArgs:
    return app.AzureActiveDirectoryArgs(
        enabled=True,
        registration=app.AzureActiveDirectoryRegistrationArgs(
            client_id=args.config.client_id, open_id_issuer=_ISSUER.format(args.entra.tenant_id)
        ),
        validation=app.AzureActiveDirectoryValidationArgs(
            allowed_audiences=[args.config.client_id, args.entra.audience]
        ),
    )

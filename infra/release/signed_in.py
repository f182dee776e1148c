"""A token of whoever is signed in, for an app that believes Entra ID."""

from azure.core.exceptions import ClientAuthenticationError
from azure.identity import DefaultAzureCredential

from infra.release.errors import ReleaseError


def token_for(audience: str) -> str:
    """Return a token of the signed-in identity for an app; raise ReleaseError when Entra ID gives none."""
    try:
        with DefaultAzureCredential() as credential:
            return credential.get_token(f"{audience}/.default").token
    except ClientAuthenticationError as error:
        raise ReleaseError(
            f"no token for {audience}: {str(error).splitlines()[0]}; sign in (az login) as an identity that "
            "the app's registration admits, or give the tokens of two users: --token A --token B"
        ) from error

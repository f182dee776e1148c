"""Where the app's secrets are: addresses alone, for no value passes the program."""

from collections.abc import Mapping

import pulumi

from infra.options.app import VaultSecret


def addresses(
    secrets: Mapping[str, str | VaultSecret], vault: pulumi.Output[str] | None
) -> dict[str, pulumi.Input[str]]:
    """Return each secret's address without a version, so that a new one is taken up as it is set.

    `vault` is the address of the stack's own vault.
    """
    found: dict[str, pulumi.Input[str]] = {}
    for name, source in secrets.items():
        if isinstance(source, str):
            found[name] = source
        elif vault is not None:
            found[name] = pulumi.Output.concat(vault, "secrets/", source.vault)
    return found

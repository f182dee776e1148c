"""What the bootstrap prints: GitHub's variables and the commands that use what was made. Pure."""

from collections.abc import Mapping, Sequence

VARIABLES = (
    "AZURE_CLIENT_ID",
    "AZURE_PREVIEW_CLIENT_ID",
    "AZURE_TENANT_ID",
    "AZURE_SUBSCRIPTION_ID",
    "PULUMI_BACKEND_URL",
    "PULUMI_SECRETS_PROVIDER",
)


def variables(outputs: Mapping[str, str] | None) -> dict[str, str | None]:
    """Return GitHub's variables; their values are None before anything was made."""
    return {name: (outputs or {}).get(name) for name in VARIABLES}


def commands(repository: str, stacks: Sequence[str], found: Mapping[str, str | None]) -> list[str]:
    """Return the commands that set the variables and move Pulumi to the shared state."""
    shown = {name: value or f"<{name}>" for name, value in found.items()}
    backend, provider = shown["PULUMI_BACKEND_URL"], shown["PULUMI_SECRETS_PROVIDER"]
    return [
        *(f"gh variable set {name} --repo {repository} --body '{value}'" for name, value in shown.items()),
        *(f"gh api --method PUT repos/{repository}/environments/{stack} --silent" for stack in stacks),
        "pulumi -C infra/bootstrap stack export --stack bootstrap --file .seatrial/bootstrap.json",
        f"pulumi login '{backend}'",
        f"pulumi -C infra/bootstrap stack init bootstrap --secrets-provider '{provider}'",
        "pulumi -C infra/bootstrap stack import --stack bootstrap --file .seatrial/bootstrap.json",
        *(f"pulumi -C infra stack init {stack} --secrets-provider '{provider}'" for stack in stacks),
    ]

"""Pulumi: its command, where the state is kept, what encrypts the secrets in it."""

import re

from infra.doctor.model import Answers, Asked, Check, Command, Verdict, fail, ok, skipped, warn
from infra.doctor.subject import Subject

INSTALL = "https://www.pulumi.com/docs/iac/download-install/"
BACKENDS = "https://www.pulumi.com/docs/iac/concepts/state-and-backends/"
SECRETS = "https://www.pulumi.com/docs/iac/concepts/secrets/"
_VERSION = Command(argv=("pulumi", "version"), network=False)
_VAULT = "azurekeyvault://"


def _ask_cli(_: Subject) -> Asked:
    return {"version": _VERSION}


def judge_cli(subject: Subject, answers: Answers) -> Verdict:
    """Want a Pulumi that is new enough for Pulumi.yaml's `requiredPulumiVersion`."""
    heard = answers["version"]
    if heard.trouble == "missing":
        return fail("no `pulumi` command", f"install it as {INSTALL} says")
    found = _numbers(heard.out)
    if not heard.ok or found is None:
        return fail(f"`pulumi version` says: {heard.words}", f"install Pulumi again, as {INSTALL} says")
    least = _numbers(str(subject.described.get("requiredPulumiVersion", "")))
    seen = "Pulumi " + ".".join(map(str, found))
    if least is not None and found < least:
        wanted = ".".join(map(str, least))
        return fail(f"{seen}; the project needs {wanted} or later", "update it (`brew upgrade pulumi`, …)")
    return ok(seen)


def _numbers(text: str) -> tuple[int, int, int] | None:
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def _ask_backend(subject: Subject) -> Asked:
    local = (subject.backend or "").startswith("file:")
    arguments = ("pulumi", "whoami", "--json", "--non-interactive")
    return {"whoami": Command(argv=arguments, network=not local)}


def judge_backend(_: Subject, answers: Answers) -> Verdict:
    """Want a state that is reachable, and that others than this machine can reach."""
    heard = answers["whoami"]
    if heard.trouble == "missing":
        return skipped("no `pulumi` command")
    if not heard.ok:
        return fail(heard.words, _backend_fix(heard.err))
    address = str(heard.json().get("url", ""))
    if address.startswith("file:"):
        return warn(
            f"{address} is on this machine alone: a pipeline has another state, and makes everything anew",
            "`seatrial bootstrap` makes a shared one; then `pulumi login azblob://…`",
        )
    return ok(address)


def _backend_fix(words: str) -> str:
    if "PULUMI_ACCESS_TOKEN" in words:
        return "`pulumi login azblob://…` with the address that `seatrial bootstrap` prints"
    if "DefaultAzureCredential" in words:
        # go-cloud's credential knows AZURE_*, not the provider's ARM_*: pulumi/docs#16038.
        return (
            "`az login`; in a pipeline set AZURE_CLIENT_ID and AZURE_TENANT_ID, ARM_* are not read for state"
        )
    if "AuthorizationPermissionMismatch" in words or "AuthorizationFailure" in words:
        return "give yourself the role Storage Blob Data Contributor on the state's account"
    return "check PULUMI_BACKEND_URL, or `pulumi login` again"


def _ask_secrets(subject: Subject) -> Asked | Verdict:
    provider = subject.secrets_provider or ""
    if not provider.startswith(_VAULT):
        return _ask_backend(subject)
    vault, _, path = provider.removeprefix(_VAULT).partition("/")
    argv = ("az", "keyvault", "key", "show", "--id", f"https://{vault}/{path}", "--output", "json")
    return {"key": Command(argv=argv)}


def judge_secrets(subject: Subject, answers: Answers) -> Verdict:
    """Want what encrypts secrets in the state to be there, and no passphrase that someone has to keep."""
    provider = subject.secrets_provider
    if "key" in answers:
        return _judge_key(str(provider), answers)
    if provider not in {None, "passphrase"}:
        return ok(str(provider))
    told = answers["whoami"]
    if not told.ok:
        return skipped("where the state is decides it, and that is not known: see the check before")
    if str(told.json().get("url", "")).startswith("https://"):
        return ok("Pulumi Cloud encrypts")
    if {"PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"} & subject.environment.keys():
        return warn(
            "a passphrase: whoever deploys has to have it",
            "`pulumi stack change-secrets-provider azurekeyvault://…` with the key of `seatrial bootstrap`",
        )
    return fail(
        "the stack names no secretsprovider and there is no passphrase: Pulumi will ask for one",
        "`pulumi stack init --secrets-provider azurekeyvault://…` with the key of `seatrial bootstrap`",
    )


def _judge_key(provider: str, answers: Answers) -> Verdict:
    heard = answers["key"]
    if heard.trouble == "missing":
        return skipped("no `az` command to look at the key with")
    if heard.ok:
        return ok(provider)
    if "Forbidden" in heard.err:
        return fail(heard.words, "give yourself the role Key Vault Crypto User on the key; it takes minutes")
    if "NotFound" in heard.err or "ResolutionError" in heard.err or "not resolve" in heard.err:
        return fail(heard.words, f"there is no such key: correct secretsprovider ({provider})")
    return skipped(heard.words)


CHECKS = (
    Check(name="pulumi", title="Pulumi", link=INSTALL, ask=_ask_cli, judge=judge_cli),
    Check(name="state", title="State", link=BACKENDS, ask=_ask_backend, judge=judge_backend),
    Check(name="secrets", title="Secrets in the state", link=SECRETS, ask=_ask_secrets, judge=judge_secrets),
)

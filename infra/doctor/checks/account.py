"""The account: signed in, a subscription that accepts work, the right to assign roles."""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any

from infra.doctor.model import Answers, Asked, Check, Command, Heard, Verdict, fail, ok, skipped, warn
from infra.doctor.subject import Subject

ASSIGN = "Microsoft.Authorization/roleAssignments/write"
CREATE = "Microsoft.Resources/subscriptions/resourceGroups/write"
_PLACEHOLDER = "11111111-1111-1111-1111-111111111111"
_SMALL = ("FreeTrial", "AzureForStudents", "Sponsored", "DreamSpark")
_PERMISSIONS = "providers/Microsoft.Authorization/permissions?api-version=2022-04-01"


def rest(path: str, *more: str) -> Command:
    """Return the command that asks ARM itself; `az` fills in {subscriptionId}."""
    return Command(argv=("az", "rest", "--method", "get", "--url", path, "--output", "json", *more))


def unanswered(heard: Heard) -> Verdict | None:
    """Return why nothing can be concluded from an `az` command, or None when it answered."""
    if heard.trouble == "missing":
        return skipped("no `az` command")
    return None if heard.ok else skipped(heard.words)


def _ask_login(_: Subject) -> Asked:
    return {
        "account": Command(argv=("az", "account", "show", "--output", "json"), network=True),
        # The date alone: the token itself is none of a doctor's business.
        "token": Command(
            argv=("az", "account", "get-access-token", "--query", "expiresOn", "--output", "tsv")
        ),
    }


def judge_login(subject: Subject, answers: Answers) -> Verdict:
    """Want `az` signed in with a token that is still good, or another way that the provider knows."""
    account, token = answers["account"], answers["token"]
    if account.trouble == "missing":
        if "ARM_CLIENT_ID" in subject.environment:
            return warn(
                "no `az` command; the provider will use ARM_*", "install az to let the doctor look on"
            )
        return fail("no `az` command", "install the Azure CLI, then `az login`")
    if not account.ok:
        return fail(account.words, "`az login`, then `az account set --subscription NAME`")
    if not token.ok:
        return fail(_plain(token.words), "`az login` again")
    found = account.json()
    return ok(f"{found['user']['name']} in {found['name']} ({found['id']})")


def _plain(words: str) -> str:
    found = re.search(r"AADSTS\d+:[^\\\r\n]+", words)
    return found.group(0).strip() if found else words


def subscription_of(answers: Answers) -> str | None:
    """Return the subscription that the login check saw, or None."""
    heard = answers.get("account")
    return str(heard.json()["id"]) if heard is not None and heard.ok else None


def _ask_subscription(_: Subject) -> Asked:
    return {"subscription": rest("/subscriptions/{subscriptionId}?api-version=2022-12-01")}


def judge_subscription(_: Subject, answers: Answers) -> Verdict:
    """Want a subscription that accepts work."""
    heard = answers["subscription"]
    trouble = unanswered(heard)
    if trouble is not None:
        return trouble
    found = heard.json()
    policies = found.get("subscriptionPolicies", {})
    seen = f"{found['displayName']}: {found['state']}, {policies.get('quotaId', 'unknown offer')}"
    if found["state"] in {"Disabled", "Deleted", "Expired"}:
        return fail(f"{seen}: it can be read only", "have it re-enabled, or `az account set` to another one")
    if found["state"] in {"PastDue", "Warned"}:
        return warn(f"{seen}: it will be disabled", "have its owner settle the bill")
    if str(policies.get("quotaId", "")).startswith(_SMALL) or policies.get("spendingLimit") == "On":
        return warn(
            f"{seen}: models' quotas are often 0 and a spending limit stops everything",
            "look at the check `model`; upgrade to pay-as-you-go",
        )
    return ok(seen)


def _ask_rights(subject: Subject) -> Asked:
    group = f"/subscriptions/{{subscriptionId}}/resourceGroups/{subject.group}"
    return {
        "subscription": rest(f"/subscriptions/{{subscriptionId}}/{_PERMISSIONS}"),
        "group": rest(f"{group}/{_PERMISSIONS}"),
    }


def judge_rights(subject: Subject, answers: Answers) -> Verdict:
    """Want the right to assign roles: replicas pull, read and write with their own identity's roles."""
    wide, narrow = answers["subscription"], answers["group"]
    trouble = unanswered(wide)
    if trouble is not None:
        return trouble
    held = wide.json()["value"]
    inside = narrow.json()["value"] if narrow.ok else []
    if not allows(held, CREATE) and not narrow.ok:
        return fail(
            f"no right to {CREATE}, and there is no group {subject.group}",
            f"have someone make the group: az group create -n {subject.group} -l {subject.config.location}",
        )
    if allows(held, ASSIGN) or allows(inside, ASSIGN):
        conditions = any(one.get("condition") for one in (*held, *inside))
        return ok("may assign roles" + (", within a condition" if conditions else ""))
    return fail(
        f"no right to {ASSIGN}: Contributor alone lacks it",
        "have an Owner give you Role Based Access Control Administrator on the group, or run "
        "`seatrial bootstrap` once as an Owner and deploy by the pipeline",
    )


def allows(permissions: Iterable[dict[str, Any]], action: str) -> bool:
    """Say whether one of the caller's permissions has the action, and does not take it back."""
    return any(
        _matches(one.get("actions", ()), action) and not _matches(one.get("notActions", ()), action)
        for one in permissions
    )


def _matches(patterns: Iterable[str], action: str) -> bool:
    return any(fnmatchcase(action.lower(), pattern.lower()) for pattern in patterns)


def _nothing(_: Subject) -> Asked:
    return {}


def judge_users(subject: Subject, _: Answers) -> Verdict:
    """Want the stack to say whose tokens the app believes."""
    config = subject.config
    if config.entra is not None and config.entra.tenant_id == _PLACEHOLDER:
        return fail(
            f"seatrial:entra.tenantId is the example's {_PLACEHOLDER}",
            f"write your tenant (`az account show --query tenantId`) into stacks/Pulumi.{subject.stack}.yaml",
        )
    if config.auth == "key" and config.auth_jwks is None:
        return fail(
            "seatrial:authJwks is missing: the app would not know whose tokens to believe",
            "`seatrial token --user NAME` makes a key; set its public half with `pulumi config set`",
        )
    return ok(f"auth {config.auth}")


_RBAC = "https://learn.microsoft.com/azure/role-based-access-control/"
CHECKS = (
    Check(
        name="users",
        title="Users' sign-in",
        link="https://learn.microsoft.com/entra/identity-platform/",
        ask=_nothing,
        judge=judge_users,
    ),
    Check(
        name="subscription",
        title="Subscription",
        link="https://learn.microsoft.com/azure/cost-management-billing/manage/subscription-states",
        ask=_ask_subscription,
        judge=judge_subscription,
        account=True,
    ),
    Check(
        name="rights",
        title="Rights",
        link=f"{_RBAC}role-assignments-steps",
        ask=_ask_rights,
        judge=judge_rights,
        account=True,
    ),
)
LOGIN = Check(
    name="login",
    title="Azure sign-in",
    link="https://learn.microsoft.com/cli/azure/authenticate-azure-cli",
    ask=_ask_login,
    judge=judge_login,
)

"""The pipeline: whether Azure believes the tokens that the workflows' jobs will show."""

from infra.bootstrap.subjects import GROUP, IDENTITY, PREVIEW_IDENTITY, PULL_REQUEST, prefix_of
from infra.doctor.checks.account import unanswered
from infra.doctor.model import Answers, Asked, Check, Command, Heard, Verdict, fail, ok, skipped
from infra.doctor.subject import Subject


def _ask(subject: Subject) -> Asked | Verdict:
    if not subject.wanted:
        return skipped("no job of .github/workflows asks for a token (permissions: id-token: write)")
    if subject.repository is None:
        return skipped("the remote `origin` is no repository on GitHub: name it with --repository OWNER/NAME")
    customised = f"repos/{subject.repository}/actions/oidc/customization/sub"
    return {
        "deploy": _listed(IDENTITY),
        "preview": _listed(PREVIEW_IDENTITY),
        "customisation": Command(argv=("gh", "api", customised)),
    }


def _listed(identity: str) -> Command:
    named = ("--identity-name", identity, "--resource-group", GROUP, "--output", "json")
    return Command(argv=("az", "identity", "federated-credential", "list", *named))


def judge(subject: Subject, answers: Answers) -> Verdict:
    """Want a credential for every subject, letter by letter."""
    for listed, identity in ((answers["deploy"], IDENTITY), (answers["preview"], PREVIEW_IDENTITY)):
        if "ResourceNotFound" in listed.err or "ResourceGroupNotFound" in listed.err:
            return fail(
                f"there is no identity {identity} in {GROUP}",
                f"`seatrial bootstrap --repository {subject.repository}` makes it",
            )
        trouble = unanswered(listed)
        if trouble is not None:
            return trouble
    asked = answers["customisation"]
    customised = asked.json() if asked.ok else None
    if customised is not None and customised.get("use_default") is False:
        keys = ", ".join(customised.get("include_claim_keys") or ())
        return fail(
            f"the repository has subjects of its own form ({keys})",
            "set it back to the default in the repository's OIDC settings, or add credentials by hand",
        )
    prefix = prefix_of(str(subject.repository), customised)
    # Pull requests are the previewing identity's; what deploys must not believe them.
    pulls = {one for one in _subjects(answers["preview"]) if one.endswith(f":{PULL_REQUEST}")}
    others = {one for one in _subjects(answers["deploy"]) if not one.endswith(f":{PULL_REQUEST}")}
    return _compare(subject, prefix, pulls | others, asked)


def _subjects(heard: Heard) -> set[str]:
    return {one["subject"] for one in heard.json()}


def _compare(subject: Subject, prefix: str, known: set[str], asked: Heard) -> Verdict:
    wanted = {f"{prefix}:{one.context}": one for one in subject.wanted}
    missing = {name: one for name, one in wanted.items() if name not in known}
    unsure = (
        "" if asked.ok else "; whether the repository has numbers in its subjects was not asked (no `gh`)"
    )
    if not missing:
        return ok(f"{len(wanted)} subjects are believed{unsure}")
    name, first = next(iter(missing.items()))
    near = next((one for one in known if one.lower() == name.lower()), None)
    hint = f"; there is {near}, and letters count" if near else ""
    where = f"{first.workflow}, job {first.job}"
    return fail(
        f"no credential for {name} ({where}){hint}; {len(missing)} of {len(wanted)} are missing{unsure}",
        f"`seatrial bootstrap --repository {subject.repository}` writes them; AADSTS700213 otherwise",
    )


CHECKS = (
    Check(
        name="oidc",
        title="Pipeline's identity",
        link="https://docs.github.com/actions/reference/security/oidc",
        ask=_ask,
        judge=judge,
        account=True,
    ),
)

"""From what was seen to a finding: Azure's words first, then the twin's, then the next step."""

import re
from typing import NamedTuple

from infra.findings.model import Finding
from infra.twin.arm.behaviour import ArmProblem
from infra.twin.network.problems import CODE as NO_WAY
from infra.twin.network.problems import FIX as NO_WAY_FIX
from infra.twin.runtime.failure import Failure
from infra.twin.runtime.spec import ProbeSpec

_SHOWN_LINES = 8
_CLIENT_ERRORS = range(400, 500)
_REFUSAL = re.compile(r"configuration: (?P<what>.+)")
_UNKNOWN_VARIABLE = re.compile(
    r"\b[A-Z][A-Z0-9_]{2,}\b is (?:not a variable|not known|unknown)|unknown variable", re.IGNORECASE
)
_DATABASE = re.compile(r"(?P<code>Cosmos[A-Z]\w+): ")
_DATABASE_CODES = {
    "CosmosRoleMissing": (
        "ST025",
        "Give the app's identity Cosmos DB Built-in Data Contributor (...0002) at the account.",
    ),
    "CosmosClosed": (NO_WAY, NO_WAY_FIX),
    "CosmosPartitionKey": (
        "ST026",
        "Give the container the partition key that the app names (infra/data/cosmos.yaml).",
    ),
    "CosmosContainerMissing": (
        "ST024",
        "Declare the container in infra/data/cosmos.yaml, or correct the name in SEATRIAL_COSMOS_*.",
    ),
}
_PATIENCE = (
    "Azure would go on restarting it and answer 'Operation expired' after 8 to 20 minutes; the twin stops "
    "at the first "
    "failure."
)


class Verdict(NamedTuple):
    """Hold one diagnosis."""

    code: str
    azure: str
    seen: str
    fix: str


def provisioning_problem(app: str, failure: Failure) -> ArmProblem:
    """Return the problem with which the operation of an app fails."""
    verdict = diagnose(failure)
    details = f"{verdict.azure} {verdict.seen}".strip()
    message = f"Failed to provision revision for container app '{app}'. Error details: {details}"
    finding = Finding(code=verdict.code, resource=app, message=message, fix=verdict.fix)
    return ArmProblem(400, "ContainerAppOperationError", message, target=app, finding=finding)


def diagnose(failure: Failure) -> Verdict:
    """Return what a failure means."""
    verdicts = {
        "engine": _not_started,
        "exited": _exited,
        "startup": _startup,
        "readiness": _readiness,
        "unreachable": _unreachable,
        "target": _target,
    }
    return verdicts[failure.kind](failure)


def _not_started(failure: Failure) -> Verdict:
    return Verdict(
        "ST007",
        f"Container '{failure.container}' could not be started: {failure.detail}.",
        "Nothing ran.",
        "Correct the container's command, or the image's entry point.",
    )


def _exited(failure: Failure) -> Verdict:
    ended = failure.exit
    code, reason = (ended.code, ended.reason) if ended is not None else (1, "ProcessExited")
    azure = f"Container '{failure.container}' was terminated with exit code '{code}' and reason '{reason}'."
    refusal = next((found for line in failure.log if (found := _REFUSAL.search(line))), None)
    if refusal is not None:
        return _refused(azure, refusal["what"])
    if any("exec format error" in line.lower() for line in failure.log):
        return Verdict(
            "ST006",
            azure,
            "Its only words are 'exec format error': the image holds programs for another processor.",
            "Build the image for linux/amd64 (image.platform in the stack file).",
        )
    fix = "Read the log lines above and correct the fault; the same command by hand is `python -m app`."
    if ended is not None and ended.out_of_memory:
        fix = "Raise cpu and memory of the app in the stack file; it was killed for want of memory."
    return Verdict("ST007", azure, f"{_last_lines(failure)} {_PATIENCE}", fix)


def _refused(azure: str, what: str) -> Verdict:
    what = what.rstrip(". ")
    if _UNKNOWN_VARIABLE.search(what):
        return Verdict(
            "ST011",
            azure,
            f"The app does not know a variable that it was given: {what}. {_PATIENCE}",
            "Correct the name in app.environment of the stack file, or remove the variable.",
        )
    database = _DATABASE.match(what)
    code, fix = _DATABASE_CODES.get(
        database["code"] if database else "",
        ("ST022", "Correct that setting in the stack file or in the program."),
    )
    return Verdict(
        code,
        azure,
        f"The app refused its configuration: {what}. {_PATIENCE}",
        fix,
    )


def _startup(failure: Failure) -> Verdict:
    probe = _required(failure.probe)
    detail = failure.attempt.detail if failure.attempt else failure.detail
    azure = f"The startup probe failed: {detail}."
    if failure.attempt is not None and failure.attempt.refused and failure.listeners:
        return _wrong_port(azure, probe, failure)
    if failure.attempt is not None and failure.attempt.status in _CLIENT_ERRORS:
        return Verdict(
            "ST009",
            azure,
            f"The app answers on port {probe.port}, but not on the path {probe.path}.",
            f"Give the startup probe a path that the app answers (it is {probe.path}).",
        )
    return Verdict("ST008", azure, _too_slow(failure, probe), _more_time(probe))


def _too_slow(failure: Failure, probe: ProbeSpec) -> str:
    silent = (
        "it listened on no port in that time"
        if not failure.listeners
        else "it listened but did not say it is up"
    )
    return (
        f"Container '{failure.container}' was alive but {silent}: the probe allows {probe.allowed} s "
        f"(initialDelaySeconds {probe.initial_delay} + periodSeconds {probe.period} x failureThreshold "
        f"{probe.failures}). Azure would kill and restart it for ever; the twin stops at the first time. "
        f"{_last_lines(failure)}"
    )


def _more_time(probe: ProbeSpec) -> str:
    return (
        f"Raise periodSeconds ({probe.period}, at most 240) or failureThreshold ({probe.failures}, at most "
        "10) of the "
        f"{probe.kind.lower()} probe so that their product exceeds the app's start, or make the app start "
        "sooner."
    )


def _wrong_port(azure: str, probe: ProbeSpec, failure: Failure) -> Verdict:
    listening = ", ".join(map(str, failure.listeners))
    waited = ""
    if failure.seconds < probe.allowed - 1:
        waited = f" Azure would wait {probe.allowed} s; the twin gave up after {failure.seconds:.0f} s."
    asked = f"port {probe.port}, which the {probe.kind.lower()} probe asks"
    seen = f"Nothing listens on {asked}; the app listens on {listening}."
    if any(listener.loopback and listener.port == probe.port for listener in failure.listeners):
        fix = "Let the app listen on 0.0.0.0: inside a container 127.0.0.1 is out of the probe's reach."
    else:
        fix = f"Set the probe's port to where the app listens ({listening}), as PORT and ingress.targetPort."
    return Verdict("ST009", azure, seen + waited, fix)


def _readiness(failure: Failure) -> Verdict:
    probe = _required(failure.probe)
    found = failure.attempt
    detail = found.detail if found else failure.detail
    azure = f"The readiness probe failed: {detail}."
    if found is not None and found.refused and failure.listeners:
        return _wrong_port(azure, probe, failure)
    answer = f" Its answer: {found.body}." if found is not None and found.body else ""
    seen = (
        f"The app started but was not ready within {failure.seconds:.0f} s.{answer} Azure keeps it without "
        "traffic; "
        "the twin stops waiting here."
    )
    return Verdict(
        "ST008",
        azure,
        seen,
        f"Look at what {probe.path} on port {probe.port} waits for; its checks name the dependency.",
    )


def _unreachable(failure: Failure) -> Verdict:
    return Verdict(
        "ST018",
        f"Container '{failure.container}' cannot reach the services it needs.",
        f"From inside the container the twin's address gave: {failure.detail}. In Azure these are services "
        "of their "
        "own; here a firewall on this machine stands between the Docker bridge and the host.",
        "Allow traffic from the Docker bridge to this machine (for instance `ufw allow in on docker0`), or "
        "rehearse "
        "with --mode process.",
    )


def _target(failure: Failure) -> Verdict:
    listening = ", ".join(map(str, failure.listeners)) or "none"
    return Verdict(
        "ST013",
        f"The TargetPort {failure.port} does not match any of the listening ports: [{listening}].",
        "Its probes pass, but ingress would answer every request with 'upstream connect error'.",
        f"Set ingress.targetPort to the port that the app listens on ({listening}); it is {failure.port}.",
    )


def _last_lines(failure: Failure) -> str:
    lines = [line for line in failure.log if line.strip() and not line.startswith("system: ")][-_SHOWN_LINES:]
    return f"Last lines of its log: {' | '.join(lines)}." if lines else "It printed nothing."


def _required(probe: ProbeSpec | None) -> ProbeSpec:
    if probe is None:
        raise ValueError("a probe's failure names its probe")
    return probe

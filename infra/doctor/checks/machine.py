"""This machine: Python, uv, Docker, its builder and platforms, the clock."""

import json
import re
from email.utils import parsedate_to_datetime

from infra.doctor.model import Answers, Asked, Check, Command, Verdict, fail, ok, skipped, warn
from infra.doctor.subject import Subject

OLDEST_PYTHON = (3, 11)
# Microsoft Entra and storage refuse what is further off than some minutes.
WORRYING_SECONDS, BREAKING_SECONDS = 60, 300
_INFO = Command(argv=("docker", "info", "--format", "{{json .}}"), network=False)
_CURL = ("curl", "--silent", "--show-error", "--head", "--max-time", "10")
_CLOCK = Command(argv=(*_CURL, "https://login.microsoftonline.com/"), timeout=15)
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def _nothing(_: Subject) -> Asked:
    return {}


def judge_python(subject: Subject, _: Answers) -> Verdict:
    """Refuse a Python that the program does not run on."""
    shown = ".".join(map(str, subject.python))
    if subject.python >= OLDEST_PYTHON:
        return ok(f"Python {shown}")
    return fail(f"Python {shown}", "install Python 3.11 or later and run `make install` again")


def judge_uv(_: Subject, answers: Answers) -> Verdict:
    """Want the tool with which Pulumi installs the program's packages."""
    if answers["uv"].ok:
        return ok(answers["uv"].out.strip())
    return fail(
        "no `uv` command: Pulumi.yaml names it as the toolchain that installs the program's packages",
        "install uv, or set runtime.options.toolchain to pip in infra/Pulumi.yaml",
    )


def judge_program(subject: Subject, _: Answers) -> Verdict:
    """Want the stack's program to say what it makes."""
    if subject.types is not None:
        return ok(f"makes {len(subject.types)} types of resource")
    return fail(f"the program does not run: {subject.types_trouble}", f"seatrial rehearse {subject.stack}")


def _ask_uv(subject: Subject) -> Asked | Verdict:
    runtime = subject.described.get("runtime")
    options = runtime.get("options", {}) if isinstance(runtime, dict) else {}
    if options.get("toolchain") != "uv":
        return ok("Pulumi.yaml names another toolchain")
    return {"uv": Command(argv=("uv", "--version"), network=False)}


def _ask_docker(subject: Subject) -> Asked | Verdict:
    if subject.config.image.digest is not None:
        return skipped("the stack names an image by its digest: nothing is built")
    return {"info": _INFO}


def judge_docker(_: Subject, answers: Answers) -> Verdict:
    """Want an engine that answers: the image is built within `pulumi up`."""
    heard = answers["info"]
    if heard.trouble == "missing":
        return fail(
            "no `docker` command, and the stack's image has to be built",
            "install Docker, or set image.digest",
        )
    if "permission denied" in heard.err.lower():
        return fail(heard.words, "join the group `docker` and sign in again, or use Docker rootless")
    described = json.loads(heard.out) if heard.ok and heard.out.startswith("{") else {}
    errors = described.get("ServerErrors") or []
    if heard.ok and described.get("ServerVersion") and not errors:
        return ok(f"Docker {described['ServerVersion']}, {described.get('Architecture', '?')}")
    return fail(
        str(errors[0]) if errors else heard.words, "start Docker (`systemctl start docker`, Docker Desktop)"
    )


def _ask_buildx(subject: Subject) -> Asked | Verdict:
    given = _ask_docker(subject)
    if isinstance(given, Verdict):
        return given
    return {"buildx": Command(argv=("docker", "buildx", "version"), network=False)}


def judge_buildx(_: Subject, answers: Answers) -> Verdict:
    """Want the builder that pushes what it builds."""
    heard = answers["buildx"]
    if heard.trouble == "missing":
        return skipped("no `docker` command")
    if heard.ok and heard.out.strip():
        return ok(" ".join(heard.out.split()[:2]))
    return fail(heard.words, "install the plugin: package docker-buildx-plugin of Docker's own repository")


def _ask_platform(subject: Subject) -> Asked | Verdict:
    given = _ask_docker(subject)
    if isinstance(given, Verdict):
        return given
    builder = Command(argv=("docker", "buildx", "inspect"), network=False)
    return {"info": _INFO, "builder": builder}


def judge_platform(subject: Subject, answers: Answers) -> Verdict:
    """Want a builder for the platform that Container Apps runs."""
    wanted = subject.config.image.platform
    heard = answers["builder"]
    if not heard.ok:
        return skipped("no builder answers")
    offered = re.findall(r"^Platforms:\s*(.+)$", heard.out, re.MULTILINE)
    platforms = {one.strip().rstrip("*") for line in offered for one in line.split(",")}
    if wanted not in platforms:
        return fail(
            f"the builder offers {', '.join(sorted(platforms)) or 'nothing'}; the stack wants {wanted}",
            "install emulation: docker run --privileged --rm tonistiigi/binfmt --install "
            + wanted.partition("/")[2],
        )
    own = json.loads(answers["info"].out).get("Architecture", "") if answers["info"].ok else ""
    if own and _ARCHITECTURES.get(own, own) != wanted.partition("/")[2]:
        return warn(
            f"{wanted} is emulated on {own}: it works and is several times slower",
            "build where the platform is native, in a pipeline for instance, and set image.digest",
        )
    return ok(f"builds {wanted}")


def _ask_clock(_: Subject) -> Asked:
    return {"clock": _CLOCK}


def judge_clock(_: Subject, answers: Answers) -> Verdict:
    """Compare this machine's clock with that of Azure's sign-in."""
    heard = answers["clock"]
    found = re.search(r"^date:\s*(.+?)\s*$", heard.out, re.IGNORECASE | re.MULTILINE)
    if found is None or heard.at is None:
        return skipped(f"login.microsoftonline.com was not reached: {heard.words}")
    ahead = (heard.at - parsedate_to_datetime(found.group(1))).total_seconds()
    seen = f"{abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} Azure's sign-in"
    if abs(ahead) >= BREAKING_SECONDS:
        return fail(seen, "set the clock (`timedatectl set-ntp true`): tokens seem expired or not yet valid")
    if abs(ahead) >= WORRYING_SECONDS:
        return warn(seen, "set the clock (`timedatectl set-ntp true`)")
    return ok(seen)


CHECKS = (
    Check(
        name="python",
        title="Python",
        link="https://www.pulumi.com/docs/iac/languages-sdks/python/",
        ask=_nothing,
        judge=judge_python,
    ),
    Check(
        name="uv",
        title="uv",
        link="https://docs.astral.sh/uv/getting-started/installation/",
        ask=_ask_uv,
        judge=judge_uv,
    ),
    Check(
        name="program",
        title="Program",
        link="https://www.pulumi.com/docs/iac/languages-sdks/python/",
        ask=_nothing,
        judge=judge_program,
    ),
    Check(
        name="docker",
        title="Docker",
        link="https://docs.docker.com/engine/daemon/troubleshoot/",
        ask=_ask_docker,
        judge=judge_docker,
    ),
    Check(
        name="buildx",
        title="Builder",
        link="https://github.com/docker/buildx#installing",
        ask=_ask_buildx,
        judge=judge_buildx,
    ),
    Check(
        name="platform",
        title="Platform",
        link="https://docs.docker.com/build/building/multi-platform/",
        ask=_ask_platform,
        judge=judge_platform,
    ),
    Check(
        name="clock",
        title="Clock",
        link="https://learn.microsoft.com/entra/identity-platform/reference-error-codes",
        ask=_ask_clock,
        judge=judge_clock,
    ),
)

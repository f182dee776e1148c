"""One `up`: start the twin, run the program against it, wait for the app, prove it, price it."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from infra.config import StackConfig, load_stack
from infra.findings.model import Finding
from infra.image.context import context_hash
from infra.rehearsal import people, pricing, telemetry, twin_process
from infra.rehearsal.errors import RehearsalError
from infra.rehearsal.evidence import DatabaseWitness
from infra.rehearsal.order import Order
from infra.rehearsal.program import Deployment, deploy
from infra.rehearsal.progress import Sink, StageEnded, StageStarted
from infra.rehearsal.report import (
    DatabaseEvidence,
    Price,
    ResourceState,
    Stage,
    TelemetryEvidence,
    UpReport,
)
from infra.rehearsal.shown import not_shown
from infra.rehearsal.signing import DeveloperKey
from infra.stack_file import StackFileError
from infra.twin.client import ArmError, TwinClient
from infra.verify.golden import verify
from infra.verify.report import Check, VerifyReport
from infra.verify.suite import Suite, SuiteError, suite_of_goal

READY_SECONDS = 60.0
POLL_SECONDS = 0.05
EVIDENCE = frozenset({"database", "erased"})


@dataclass
class _Course:
    """Collect what the stages found out."""

    stages: list[Stage] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    advice: list[Finding] = field(default_factory=list)
    url: str | None = None
    proof: VerifyReport | None = None
    database: DatabaseEvidence | None = None
    telemetry: TelemetryEvidence | None = None
    price: Price | None = None
    outputs: dict[str, Any] = field(default_factory=dict)


class Rehearsal:
    """Rehearse one stack; `report` runs everything, `stop` leaves nothing behind."""

    def __init__(self, order: Order, sink: Sink) -> None:
        self._order = order
        self._sink = sink
        self._course = _Course()
        self.owns_twin = False
        self._began = time.perf_counter()

    async def report(self) -> UpReport:
        """Run every stage and return what they showed; a failure stops what was started."""
        try:
            await self._stages()
        except RehearsalError as error:
            self._course.findings.append(error.finding)
        report = await self._gather()
        if report.ok or self._order.keep or not self.owns_twin:
            return report
        await self.stop()
        return report.model_copy(update={"running": False, "twin_page": None})

    async def stop(self) -> bool:
        """Stop the twin that this rehearsal started, with everything it runs; say whether anything ran."""
        return self.owns_twin and await twin_process.stop(self._order.state)

    async def _stages(self) -> None:
        order = self._order
        config = _loaded(order)
        async with AsyncExitStack() as abandoned:
            async with self._stage("twin") as say:
                starting = await twin_process.begin(order)
                self.owns_twin = not isinstance(starting, twin_process.RunningTwin)
                overrides = await self._overrides(config)
                # The program's modules take seconds to load: time that the twin needs to start.
                program = asyncio.create_task(deploy(order, overrides, self._sink))
                abandoned.push_async_callback(_end, program)
                twin = await twin_process.ready(order, starting)
                say(f"{'reused' if twin.reused else 'started'}, pid {twin.address.pid}")
            async with self._stage("program") as say:
                done = await program
                self._take(done)
                say(f"{len(done.outputs)} outputs" if done.ok else "refused")
        if not done.ok:
            return
        async with self._stage("app") as say:
            self._course.url = await self._way_in()
            await self._wait_ready(self._course.url)
            say(self._course.url)
        await self._prove_and_price(config, done)

    async def _prove_and_price(self, config: StackConfig, done: Deployment) -> None:
        priced = asyncio.create_task(pricing.price(self._order, done.plan))
        try:
            async with self._stage("verify") as say:
                say(await self._verify(config))
            async with self._stage("price") as say:
                self._course.price = await priced
                say(f"{self._course.price.monthly} {self._course.price.currency} a month")
        finally:
            priced.cancel()

    async def _overrides(self, config: StackConfig) -> dict[str, Any]:
        """Return what only this machine knows: the developer's public key, and in process mode a digest."""
        project = self._order.project
        values: dict[str, Any] = {}
        if config.auth == "key" and config.auth_jwks is None:
            values["authJwks"] = (await asyncio.to_thread(DeveloperKey.of, project)).jwks
        if self._order.mode == "process":
            content = await asyncio.to_thread(context_hash, project, config.image.platform)
            values["image.digest"] = f"sha256:{content}"
        return values

    async def _way_in(self) -> str:
        """Return the app's address; raise RehearsalError when nobody outside could reach it."""
        status = await asyncio.to_thread(self._status)
        if status["urls"]:
            return str(next(iter(status["urls"].values())))
        told = [Finding.model_validate(entry) for entry in status["findings"]]
        for finding in told:
            if finding.code == "ST010":
                raise RehearsalError(finding)
        raise RehearsalError.of(
            "ST010",
            "app",
            "The stack was deployed and no app in it has an address that anyone outside could reach.",
            "Set app.external to true in the stack file.",
        )

    async def _wait_ready(self, url: str) -> None:
        """Ask through the ingress until the app is ready; a stack at zero replicas wakes up by it."""
        async with httpx.AsyncClient(base_url=url, timeout=READY_SECONDS, trust_env=False) as http:
            last = "no answer"
            deadline = time.monotonic() + READY_SECONDS
            while time.monotonic() < deadline:
                try:
                    answer = await http.get("/health/ready")
                except httpx.HTTPError as error:
                    last = str(error) or type(error).__name__
                else:
                    if answer.is_success:
                        return
                    last = f"HTTP {answer.status_code}: {answer.text[:200]}"
                await asyncio.sleep(POLL_SECONDS)
        raise RehearsalError.of(
            "ST013",
            "app",
            f"The app did not become ready through its ingress within {READY_SECONDS:.0f} s: {last}",
            "Read the app's log with `seatrial logs`; see that targetPort, PORT and the probes agree.",
        )

    async def _verify(self, config: StackConfig) -> str:
        order = self._order
        users = (people.DEVELOPER, people.SECOND_USER)
        signed = await people.tokens(order.project, order.stack, config, users)
        suite = _suite(order, config.goal)
        before = time.perf_counter() - self._began
        with TwinClient.connect(order.state) as twin:
            status = twin.status()
            # A stack without a database keeps nothing that could be looked for.
            witness = DatabaseWitness(twin.search) if status.get("databases") else None
            proof = await verify(
                self._course.url or "", signed, suite, allow_scripted=order.allow_scripted, witness=witness
            )
            if telemetry.watched(status):
                self._course.telemetry = await telemetry.look(twin, proof)
        self._course.proof, self._course.database = proof, witness.evidence if witness else None
        self._course.findings += [_disproved(check) for check in proof.causes()]
        verdict = f"{len(proof.checks) - len(proof.failed())} of {len(proof.checks)} checks say yes"
        return f"{verdict}{_first_answer(proof, before)}"

    def _take(self, done: Deployment) -> None:
        self._course.outputs, self._course.advice = done.outputs, done.advice
        known = set(self._course.findings)
        self._course.findings += [finding for finding in done.findings if finding not in known]

    async def _gather(self) -> UpReport:
        course, order = self._course, self._order
        running = twin_process.running(order.state) is not None
        status: dict[str, Any] = {}
        twin_page = None
        if running:
            status = await asyncio.to_thread(self._status)
            twin_page = None if order.after == "stop" else await asyncio.to_thread(self._open_page)
        found = tuple(course.findings)
        behind = status.get("model") or {}
        return UpReport(
            stack=order.stack,
            engine=order.engine,
            ok=not found and course.proof is not None and course.proof.ok,
            mode=order.mode,
            model=_answering(course.proof, behind),
            model_of=behind.get("twin_of"),
            url=course.url,
            stages=tuple(course.stages),
            resources=tuple(ResourceState.model_validate(entry) for entry in status.get("resources", ())),
            findings=found,
            advice=(*course.advice, *telemetry.lost(status.get("findings", ()))),
            cost=course.price,
            outputs=course.outputs,
            not_shown=not_shown(status.get("not_shown", ())),
            verify=course.proof,
            database=course.database,
            telemetry=course.telemetry,
            running=running,
            twin_page=twin_page,
        )

    def _status(self) -> dict[str, Any]:
        with TwinClient.connect(self._order.state) as twin:
            return twin.status()

    def _open_page(self) -> str | None:
        """Tell the twin the price, for its page, and return the page's address; older twins have none."""
        price = self._course.price
        try:
            with TwinClient.connect(self._order.state) as twin:
                if price is not None:
                    twin.tell_price(price.model_dump(mode="json"))
                return twin.page()
        except ArmError:
            return None

    @asynccontextmanager
    async def _stage(self, name: str) -> AsyncIterator[Any]:
        started = time.perf_counter()
        detail: list[str] = []
        self._sink(StageStarted(name))
        try:
            yield detail.append
        finally:
            seconds = round(time.perf_counter() - started, 2)
            self._course.stages.append(Stage(name=name, seconds=seconds))
            self._sink(StageEnded(name, seconds, detail[-1] if detail else "failed"))


def _disproved(check: Check) -> Finding:
    fix = "Read the check's evidence, correct the app or its goal, and run the command again."
    if check.name in EVIDENCE:
        fix = "See that nothing overrides the store, and that the app's containers are the program's."
    code = "ST027" if check.name in EVIDENCE else "ST019" if check.name == "model" else "ST020"
    return Finding(code=code, resource=f"verify: {check.name}", message=check.detail, fix=fix)


def _first_answer(proof: VerifyReport, before: float) -> str:
    """Say how long after the start the first verified answer was there."""
    seconds = {check.name: check.seconds for check in proof.checks if check.ok}
    if "message" not in seconds:
        return ""
    return f"; first verified answer after {before + seconds.get('health', 0) + seconds['message']:.1f} s"


async def _end(task: "asyncio.Task[Any]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _answering(proof: VerifyReport | None, behind: dict[str, Any]) -> str | None:
    """Return the model that answered: the one behind the twin's endpoint, unless the app used its own."""
    told = proof.model if proof else None
    return told if told is None or "scripted" in told.lower() else str(behind.get("name") or told)


def _loaded(order: Order) -> StackConfig:
    try:
        return load_stack(order.project, order.stack)
    except StackFileError as error:
        fix = "Correct the line that the message names."
        raise RehearsalError.of("ST014", f"stack {order.stack}", str(error), fix) from error


def _suite(order: Order, goal: str) -> Suite:
    try:
        return suite_of_goal(order.project.goals / goal)
    except SuiteError as error:
        fix = f"Run `seatrial goal check app/goals/{goal}/goal.yaml` and correct what it names."
        raise RehearsalError.of("ST015", f"goal {goal}", str(error), fix) from error

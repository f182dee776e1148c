"""Promotion, rollback, preview and drift on the genuine engine."""

import pytest

from infra.release.engine import Engine
from infra.release.errors import EngineError, ReleaseError
from infra.release.plan import drift, preview
from infra.release.promotion import Image, Order, image_of, promote
from infra.release.rollback import previous_digest
from infra.verify.report import Check, VerifyReport
from tests.infra.release.conftest import A, B, initialise

pytestmark = [pytest.mark.pulumi, pytest.mark.timeout(300)]


def prove(url: str) -> VerifyReport:
    """Say yes to the app of image B and no to the one of image A."""
    ok = url.endswith("/b")
    check = Check(name="health", ok=ok, seconds=0.1, detail="200" if ok else "HTTP 503, expected 200")
    return VerifyReport(url=url, ok=ok, seconds=0.1, model=None, checks=(check,))


def test_what_was_built_in_dev_goes_on_by_digest_and_the_checkout_stays_clean(engine: Engine) -> None:
    initialise(engine, "staging")
    committed = {stack: engine.project.stack_file(stack).read_text() for stack in ("dev", "staging")}

    first = promote(engine, Order(stack="dev", overrides={"authJwks": '{"keys": []}'}), prove)
    second = promote(engine, Order(stack="staging", image=image_of(engine, "dev")), prove)

    assert (first.ok, first.digest, first.previous, first.action) == (True, B, None, "deployed")
    assert (second.ok, second.digest, second.exit_code) == (True, B, 0)
    assert [stage.name for stage in second.stages] == ["update", "verify"]
    assert engine.outputs("staging")["source"] == "registry.example"
    assert engine.outputs("dev")["jwks"] == '{"keys": []}'
    assert committed == {stack: engine.project.stack_file(stack).read_text() for stack in ("dev", "staging")}


def test_a_no_and_an_update_that_fails_put_the_image_before_back(engine: Engine) -> None:
    assert promote(engine, Order(stack="dev", image=Image(digest=B)), prove).ok

    bad = promote(engine, Order(stack="dev", image=Image(digest=A)), prove)

    assert (bad.ok, bad.action, bad.digest, bad.previous, bad.exit_code) == (False, "rolled back", A, B, 3)
    assert bad.messages == ("health: HTTP 503, expected 200",)
    assert [stage.name for stage in bad.stages] == ["update", "verify", "update", "verify"]
    assert image_of(engine, "dev").digest == B

    failed = promote(engine, Order(stack="dev", image=Image(digest="sha256:" + "f" * 64)), prove)

    assert (failed.action, failed.exit_code, failed.verify) == ("rolled back", 1, None)
    assert "the program refuses this image" in failed.messages[0]
    assert image_of(engine, "dev").digest == B
    # What was taken back is nothing to go back to.
    with pytest.raises(ReleaseError, match=f"names no digest but {B}"):
        previous_digest(engine, "dev")


def test_a_first_deployment_that_fails_has_nothing_to_go_back_to(engine: Engine) -> None:
    failed = promote(engine, Order(stack="dev", image=Image(digest=A)), prove)

    assert (failed.action, failed.exit_code, failed.previous) == ("stopped", 3, None)


def test_a_preview_tells_steps_and_no_value_or_why_it_failed(engine: Engine) -> None:
    planned = preview(engine, "dev")

    assert planned.ok
    assert [(step.op, step.type) for step in planned.steps] == [("create", "pulumi:pulumi:Stack")]
    assert "registry.example" not in planned.model_dump_json()

    (engine.project.program / "__main__.py").write_text("raise ValueError('no such region: atlantis')\n")
    failed = preview(engine, "dev")

    assert not failed.ok
    assert "no such region: atlantis" in " ".join(failed.messages)


def test_drift_is_told_under_the_deployed_configuration(engine: Engine) -> None:
    promote(engine, Order(stack="dev", image=Image(digest=B)), prove)
    same = drift(engine, "dev")

    program = engine.project.program / "__main__.py"
    program.write_text(
        program.read_text() + "\nclass Part(pulumi.ComponentResource): ...\n\nPart('t:i:Part', 'new')\n"
    )
    apart = drift(engine, "dev")

    assert (same.ok, same.drifted) == (True, False)
    assert (apart.ok, apart.drifted) == (True, True)
    assert [(step.op, step.name) for step in apart.steps] == [("create", "new")]


def test_a_stack_that_the_backend_does_not_know_is_named_with_the_next_step(engine: Engine) -> None:
    with pytest.raises(
        EngineError, match="knows no stack 'prod'; make it once: pulumi -C infra stack init prod"
    ):
        promote(engine, Order(stack="prod", image=Image(digest=B)), prove)

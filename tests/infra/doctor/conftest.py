"""A subject to examine, and what its commands would answer."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from infra.config import load_stack
from infra.doctor.checks.catalogue import CHECKS
from infra.doctor.model import Check, Heard, Outcome
from infra.doctor.run import judged, outcome
from infra.doctor.subject import Subject
from infra.project import Project

SUBSCRIPTION = "291bba3f-e0a5-47bc-a099-3bdcb2a50a05"
TYPES = ("Microsoft.App/containerApps", "Microsoft.App/managedEnvironments", "Microsoft.KeyVault/vaults")
MISSING = Heard(code=None, trouble="missing")


def said(out: Any = "", *, err: str = "", code: int = 0) -> Heard:
    return Heard(code=code, out=out if isinstance(out, str) else json.dumps(out), err=err)


def refused(err: str, code: int = 1) -> Heard:
    return said(err=err, code=code)


def check(name: str) -> Check:
    return next(one for one in CHECKS if one.name == name)


Verdict = Callable[..., Outcome]


@pytest.fixture(scope="session")
def subject(project: Project) -> Subject:
    return Subject(
        stack="dev",
        project="seatrial",
        config=load_stack(project, "dev"),
        described={
            "requiredPulumiVersion": ">=3.219.0",
            "runtime": {"name": "python", "options": {"toolchain": "uv"}},
        },
        python=(3, 11, 7),
        types=TYPES,
        repository="octo/hello",
        subscription=SUBSCRIPTION,
    )


@pytest.fixture
def verdict(subject: Subject) -> Verdict:
    """Judge one check over answers by name; other keywords change the subject."""

    def judge(name: str, answers: dict[str, Heard] | None = None, **changed: Any) -> Outcome:
        own, seen = check(name), replace(subject, **changed)
        return outcome(own, judged(own, seen, answers or {}))

    return judge

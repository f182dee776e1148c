"""The chat page in a browser, against the app itself with the scripted model."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from jwt.algorithms import ECAlgorithm
from playwright.sync_api import Page, expect

from tests.e2e.pages import NewPage, ask

pytestmark = [pytest.mark.browser, pytest.mark.long]

MESSAGE = "Plan 3 days in Lisbon in May for two people and tell me what it costs."
TYPES = {"agent_started", "agent_thinking", "tool_executing", "tool_completed", "agent_completed"}


@contextmanager
def running_app(**variables: str) -> Iterator[str]:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("SEATRIAL_", "OPENAI_"))
    }
    given = {
        "SEATRIAL_HOST": "127.0.0.1",
        "PORT": "0",
        "SEATRIAL_MODEL": "scripted",
        "SEATRIAL_GRACE_SECONDS": "1",
    }
    command = [sys.executable, "-m", "app"]
    with subprocess.Popen(
        command, env={**kept, **given, **variables}, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        try:
            yield f"http://127.0.0.1:{port_of(process.stdout)}"
        finally:
            process.terminate()
            process.stdout.read()


def port_of(log: IO[str]) -> int:
    for line in log:
        entry = json.loads(line)
        if entry.get("event") == "listening":
            return int(entry["port"])
    raise AssertionError("the app ended before it listened")


@pytest.fixture(scope="module")
def open_app() -> Iterator[str]:
    with running_app(SEATRIAL_AUTH="open") as url:
        yield url


@pytest.fixture(scope="module")
def key() -> EllipticCurvePrivateKey:
    return generate_private_key(SECP256R1())


@pytest.fixture(scope="module")
def key_app(key: EllipticCurvePrivateKey) -> Iterator[str]:
    public = json.loads(ECAlgorithm.to_jwk(key.public_key()))
    keys = {"keys": [{**public, "kid": "dev", "use": "sig", "alg": "ES256"}]}
    with running_app(SEATRIAL_AUTH="key", AUTH_JWKS=json.dumps(keys)) as url:
        yield url


def ticket(url: str, key: EllipticCurvePrivateKey, user: str) -> str:
    claims = {"sub": user, "exp": time.time() + 600}
    token = jwt.encode(claims, key, algorithm="ES256", headers={"kid": "dev"})
    answer = httpx.post(f"{url}/api/v1/tickets", headers={"Authorization": f"Bearer {token}"})
    return str(answer.json()["ticket"])


def open_page(new_page: NewPage, url: str, **options: object) -> Page:
    page = new_page(locale="en-GB", **options)
    page.goto(url)
    return page


def test_a_real_run_shows_all_five_kinds_of_event(new_page: NewPage, open_app: str) -> None:
    page = open_page(new_page, open_app)

    page.get_by_role("button", name=MESSAGE).click()
    expect(page.locator(".answer-foot")).to_be_visible(timeout=30_000)
    page.locator(".events > summary").click()

    assert set(page.locator(".events tbody code").all_text_contents()) == TYPES
    expect(page.locator(".answer-text")).to_contain_text("Lisbon")
    expect(page.locator(".model")).to_contain_text("scripted")
    expect(page.locator(".turn")).to_have_attribute("data-state", "done")


def test_a_real_thread_is_listed_reopened_and_deleted(new_page: NewPage, open_app: str) -> None:
    page = open_page(new_page, open_app)
    question = "How far is Prague from Vienna, and what is the weather like in June?"
    ask(page, question)
    expect(page.locator(".answer-foot")).to_be_visible(timeout=30_000)

    page.reload()
    expect(page.locator(".answer-foot")).to_be_visible()
    expect(page.locator(".question")).to_have_text(question)
    page.get_by_role("button", name=f"Delete thread: {question[:20]}").click()
    page.get_by_role("button", name="Delete", exact=True).click()

    expect(page.get_by_role("heading", name="Where to?")).to_be_visible()
    expect(page.get_by_role("link", name=question[:20])).to_have_count(0)


def test_a_ticket_opens_the_page_and_leaves_the_address(
    new_page: NewPage, key_app: str, key: EllipticCurvePrivateKey
) -> None:
    page = open_page(new_page, f"{key_app}/?ticket={ticket(key_app, key, 'ada')}")

    expect(page).to_have_url(f"{key_app}/")
    expect(page.get_by_role("region", name="Crew")).to_contain_text("Supervisor")
    assert page.evaluate("document.cookie") == "", "the session cookie is HttpOnly"
    ask(page, MESSAGE)
    expect(page.locator(".answer-foot")).to_be_visible(timeout=30_000)


@pytest.mark.parametrize("query", ["", "?ticket=used-up"])
def test_without_a_good_ticket_the_page_says_how_to_get_one(
    new_page: NewPage, key_app: str, query: str
) -> None:
    page = open_page(new_page, f"{key_app}/{query}")

    expect(page.get_by_role("alert")).to_contain_text("You are not signed in")
    expect(page.get_by_role("alert")).to_contain_text("seatrial open")


def test_two_users_see_only_their_own_threads(
    new_page: NewPage, key_app: str, key: EllipticCurvePrivateKey
) -> None:
    first = open_page(new_page, f"{key_app}/?ticket={ticket(key_app, key, 'grace')}")
    ask(first, "Where should I go in September on a budget?")
    expect(first.locator(".answer-foot")).to_be_visible(timeout=30_000)

    second = open_page(new_page, f"{key_app}/?ticket={ticket(key_app, key, 'edsger')}")

    expect(second.get_by_role("navigation", name="Threads")).to_contain_text("No threads yet")
    second.goto(first.url)
    expect(second.get_by_role("alert")).to_contain_text("Not found")


def test_a_message_beyond_the_limit_is_refused_in_the_app_s_words(new_page: NewPage, open_app: str) -> None:
    page = open_page(new_page, open_app)

    ask(page, "x" * 32_001)

    expect(page.get_by_role("alert")).to_contain_text("The message was refused")
    expect(page.get_by_role("alert")).to_contain_text("32")
    expect(page.locator("#count")).to_have_text("32,001 of 32,000 characters")

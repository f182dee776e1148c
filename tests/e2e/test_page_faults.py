"""What the page says when the server says no, and what hostile text in an answer can do: nothing."""

import re
from importlib.resources import files

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.pages import NewPage, ask
from tests.e2e.scripted_server import Fault, ScriptedServer
from tests.e2e.scripts import SUPERVISOR, answered, started, thought, tool, written

pytestmark = pytest.mark.browser

HOSTILE = (
    "<script>window.pwned = 1</script><img src=x onerror='window.pwned = 2'>"
    "<svg onload='window.pwned = 3'></svg> [link](javascript:window.pwned=4) **<b>bold</b>**"
)
REFUSALS = [
    (401, "You are not signed in", "seatrial open"),
    (409, "This thread is busy", "Wait for the answer"),
    (413, "The message is too large", "Shorten the message"),
    (422, "The message was refused", "detail of 422"),
    (429, "Too many requests", "detail of 429"),
    (503, "A service does not answer", "Try again in a moment"),
]


@pytest.mark.parametrize(("status", "title", "step"), REFUSALS)
def test_a_refusal_is_explained_and_the_message_is_kept(
    page: Page, server: ScriptedServer, status: int, title: str, step: str
) -> None:
    server.faults["/runs"] = [Fault(status, {"error": "Refused", "detail": f"The detail of {status}."})]

    ask(page, "Keep me")

    alert = page.get_by_role("alert")
    expect(alert).to_contain_text(title)
    expect(alert).to_contain_text(f"The detail of {status}.")
    expect(alert).to_contain_text(step)
    expect(page.get_by_label("Message", exact=True)).to_have_value("Keep me")


def test_a_rate_limit_counts_down_to_the_next_try(page: Page, server: ScriptedServer) -> None:
    server.faults["/runs"] = [Fault(429, {"error": "LimitError", "detail": "8 runs."}, {"Retry-After": "2"})]

    ask(page)

    expect(page.locator(".notice-wait")).to_have_text("You can try again in 2 s.")
    expect(page.locator(".notice-wait")).to_have_text("You can try again now.")


def test_without_a_session_the_page_says_how_to_get_one(new_page: NewPage, server: ScriptedServer) -> None:
    body = {"error": "UnauthenticatedError", "detail": "No token was sent."}
    server.faults = {"/agents": [Fault(401, body)], "/threads": [Fault(401, body)]}
    page = new_page()
    page.goto(server.url)

    expect(page.get_by_role("alert")).to_contain_text("Run seatrial open in a terminal")
    expect(page.get_by_role("navigation", name="Threads")).to_contain_text("Sign in to see your threads.")


def test_an_unreachable_server_is_named_and_the_message_is_kept(page: Page) -> None:
    page.context.set_offline(True)

    ask(page, "Keep me")

    expect(page.get_by_role("alert")).to_contain_text("No connection")
    expect(page.get_by_label("Message", exact=True)).to_have_value("Keep me")


def test_an_unknown_thread_in_the_address_is_said(new_page: NewPage, server: ScriptedServer) -> None:
    page = new_page()
    page.goto(f"{server.url}/#/t/gone")

    expect(page.get_by_role("alert")).to_contain_text("Nothing here is called 'gone'.")


def test_a_notice_can_be_dismissed(page: Page, server: ScriptedServer) -> None:
    server.faults["/runs"] = [Fault(503, {"error": "Unavailable", "detail": "The store does not answer."})]
    ask(page)

    page.get_by_role("button", name="Dismiss this message").click()

    expect(page.get_by_role("alert")).to_be_empty()


def test_markup_from_models_tools_and_users_stays_text(page: Page, server: ScriptedServer) -> None:
    server.script = [
        started(SUPERVISOR, "a0"),
        thought(SUPERVISOR, "a0", HOSTILE),
        *tool(f"agent {HOSTILE}", "a0", HOSTILE, {"input": HOSTILE}, HOSTILE),
        *written(HOSTILE, 7),
        answered(HOSTILE, missing=(HOSTILE,)),
    ]

    ask(page, HOSTILE)
    expect(page.locator(".answer-foot")).to_be_visible()
    page.locator(".events > summary").click()
    page.wait_for_timeout(200)

    expect(page.locator(".answer-text")).to_contain_text("<script>window.pwned = 1</script>")
    assert page.evaluate("window.pwned") is None
    assert page.locator("#deck script, #deck img[src=x], .answer-text svg, .answer-text a").count() == 0


def test_the_browser_itself_would_refuse_markup(page: Page) -> None:
    attempt = "() => { try { document.body.innerHTML = '<p>x'; return false } catch { return true } }"
    refused = page.evaluate(attempt)

    assert refused, "require-trusted-types-for 'script' is not in force"


def test_the_page_and_its_assets_carry_strict_headers(server: ScriptedServer) -> None:
    for path, kind in (
        ("/", "text/html"),
        ("/assets/main.js", "text/javascript"),
        ("/assets/mark.svg", "image/svg+xml"),
    ):
        answer = httpx.get(server.url + path)

        assert answer.headers["content-type"].startswith(kind)
        assert answer.headers["x-content-type-options"] == "nosniff"
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'self';")
        assert "unsafe" not in policy


def test_an_unchanged_asset_is_not_sent_again(server: ScriptedServer) -> None:
    address = f"{server.url}/assets/main.js"
    held = httpx.get(address).headers["etag"]

    again = httpx.get(address, headers={"If-None-Match": f'"other", W/{held}'})

    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("name", ["nothing.js", "router.py", "..%2Frouter.py", "%2e%2e/index.html"])
def test_nothing_but_assets_is_served(server: ScriptedServer, name: str) -> None:
    assert httpx.get(f"{server.url}/assets/{name}").status_code == 404


def test_the_page_asks_no_other_host(new_page: NewPage, server: ScriptedServer) -> None:
    page = new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(server.url)
    ask(page)
    expect(page.locator(".answer-foot")).to_be_visible()

    assert [url for url in asked if not url.startswith(server.url)] == []


def test_every_module_is_fetched_ahead(server: ScriptedServer) -> None:
    page = httpx.get(server.url).text

    assets = files("app.ui") / "assets"
    modules = {item.name for item in assets.iterdir() if item.name.endswith(".js")}

    assert modules == set(re.findall(r'rel="modulepreload" href="/assets/([^"]+)"', page))

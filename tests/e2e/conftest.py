"""A browser, a scripted server and a page for the tests of the chat page."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.conftest import chromium
from tests.e2e.pages import NewPage
from tests.e2e.scripted_server import ScriptedServer, serving
from tests.e2e.scripts import short

ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-sync",
    "--no-first-run",
]
DESKTOP = {"viewport": {"width": 1280, "height": 800}, "locale": "en-GB"}
AGENTS = [
    ("supervisor", "Splits a request into parts and writes the answer.", ["planning"], "available"),
    ("flight_agent", "Finds flights between two cities.", ["search_flights"], "available"),
    (
        "hotel_agent",
        "Finds hotels and adds up costs.",
        ["search_hotels", "total_budget"],
        "available",
    ),
    ("sights_agent", "Knows opening hours and entrance fees.", ["list_sights"], "unavailable"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Give a browser for one file: while it is open its event loop runs, and no other test could have one."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def double() -> Iterator[ScriptedServer]:
    with serving(ScriptedServer()) as running:
        yield running


@pytest.fixture
def server(double: ScriptedServer) -> ScriptedServer:
    double.reset()
    double.agents = [
        {"name": name, "description": text, "capabilities": skills, "status": status}
        for name, text, skills, status in AGENTS
    ]
    double.script = short()
    return double


@pytest.fixture(scope="module")
def desktop(browser: Browser) -> Iterator[BrowserContext]:
    """Share one browser profile: the page keeps nothing in it, and its modules are compiled once."""
    context = browser.new_context(**DESKTOP)
    yield context
    context.close()


@pytest.fixture
def new_page(browser: Browser, desktop: BrowserContext) -> Iterator[NewPage]:
    """Open pages, in a profile of their own where options are given; an error in one fails the test."""
    pages: list[Page] = []
    own: list[BrowserContext] = []
    errors: list[str] = []

    def make(**options: object) -> Page:
        if options:
            own.append(browser.new_context(**{**DESKTOP, **options}))
        page = (own[-1] if options else desktop).new_page()
        page.set_default_timeout(8_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        pages.append(page)
        return page

    yield make
    desktop.set_offline(False)
    for item in (*pages, *own):
        item.close()
    assert errors == []


@pytest.fixture
def page(new_page: NewPage, server: ScriptedServer) -> Page:
    page = new_page()
    page.goto(server.url)
    return page


@pytest.fixture
def screenshots() -> Path:
    """Return where pictures of the page are kept; SCREENSHOTS moves it."""
    folder = Path(os.environ.get("SCREENSHOTS", ".seatrial/screenshots")).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder

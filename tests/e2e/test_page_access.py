"""The page by keyboard, by screen reader, on a phone, in the dark; and the pictures the run keeps."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.pages import NewPage, ask
from tests.e2e.scripted_server import ScriptedServer
from tests.e2e.scripts import SUPERVISOR, TRIP_QUESTION, answered, started, trip, written

pytestmark = pytest.mark.browser

CONTRAST = Path(__file__).with_name("contrast.js")
PHONE = {"viewport": {"width": 320, "height": 640}, "has_touch": True, "is_mobile": True}
LONG = "a" * 300 + " " + "https://example.test/" + "b" * 200


def overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


def focused(page: Page) -> str:
    return str(page.evaluate("(n => n.getAttribute('aria-label') || n.innerText)(document.activeElement)"))


def test_a_conversation_needs_no_mouse(page: Page, server: ScriptedServer) -> None:
    page.keyboard.type("First line")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("second line")
    page.keyboard.press("Enter")
    expect(page.locator(".question")).to_have_text("First line\nsecond line")
    expect(page.locator(".answer-foot")).to_be_visible()

    page.locator(".steps > summary").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.get_by_label("Input", exact=True)).to_be_visible()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_every_control_is_reached_by_tab(new_page: NewPage, server: ScriptedServer) -> None:
    server.add_thread("t-1", "Trip to Porto", 5)
    server.examples = ["Plan a weekend"]
    page = new_page()
    page.goto(server.url)
    expect(page.get_by_role("link", name="Trip to Porto")).to_be_visible()
    expect(page.locator(".member").first).to_be_visible()
    page.get_by_role("link", name="Skip to the message box").focus()

    seen = []
    while page.evaluate("document.activeElement.id") != "message" and len(seen) < 20:
        page.keyboard.press("Tab")
        seen.append(focused(page))

    reached = " | ".join(seen)
    for name in ("New thread", "Delete thread: Trip to Porto", "Supervisor", "Plan a weekend"):
        assert name in reached
    assert any(name.startswith("Trip to Porto") for name in seen)
    expect(page.get_by_label("Message", exact=True)).to_be_focused()


def test_skip_leads_to_the_message_box(page: Page) -> None:
    page.get_by_role("link", name="Skip to the message box").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_label("Message", exact=True)).to_be_focused()


def test_escape_stops_the_run(page: Page, server: ScriptedServer) -> None:
    server.script = [started(SUPERVISOR, "a0"), *written("Never ends " * 100, 4, wait=0.1)]
    ask(page)
    expect(page.locator(".answer-text")).to_contain_text("Never")

    page.keyboard.press("Escape")

    expect(page.locator(".note")).to_have_text("Stopped at your request.")


def test_enter_that_ends_a_composition_does_not_send(page: Page, server: ScriptedServer) -> None:
    box = page.get_by_label("Message", exact=True)
    box.fill("にほ")
    composing = "{key: 'Enter', isComposing: true, bubbles: true}"
    box.evaluate(f"node => node.dispatchEvent(new KeyboardEvent('keydown', {composing}))")

    expect(box).to_have_value("にほ")
    assert server.runs == {}


def test_landmarks_and_names_are_there(page: Page) -> None:
    for role, name in (
        ("navigation", "Threads"),
        ("main", "Conversation"),
        ("region", "Crew"),
        ("form", "Write a message"),
        ("textbox", "Message"),
        ("button", "Send"),
    ):
        expect(page.get_by_role(role, name=name, exact=True)).to_have_count(1)  # type: ignore[arg-type]  # a Literal
    expect(page.get_by_role("heading", level=1)).to_have_count(1)


def test_the_finished_answer_is_announced_once_and_deltas_are_not(page: Page, server: ScriptedServer) -> None:
    page.evaluate("""() => {
        window.spoken = [];
        const region = document.getElementById('announce-answer');
        new MutationObserver(() => region.textContent && window.spoken.push(region.textContent))
            .observe(region, {childList: true});
    }""")
    server.script = [started(SUPERVISOR, "a0"), *written("One two three", 3), answered("One two three")]

    ask(page)
    expect(page.locator("#announce-answer")).to_have_text("Answer: One two three")

    assert page.evaluate("window.spoken") == ["Answer: One two three"]
    assert page.locator("main [aria-live], main[aria-live], main [role=log]").count() == 0


def test_no_control_is_without_a_name(page: Page, server: ScriptedServer) -> None:
    server.script = trip()
    ask(page)
    expect(page.locator(".answer-foot")).to_be_visible()

    nameless = page.evaluate("""() => [...document.querySelectorAll('button, a, textarea, summary')]
        .filter(n => !n.getAttribute('aria-label') && !n.textContent.trim() && !n.labels?.length)
        .map(n => n.outerHTML)""")
    assert nameless == []


@pytest.mark.parametrize("width", [320, 360, 390])
def test_nothing_scrolls_sideways_on_a_phone(new_page: NewPage, server: ScriptedServer, width: int) -> None:
    server.script = [*trip()[:-1], answered(f"{LONG}\n\n```\n{LONG}\n```\n- {LONG}", missing=(LONG,))]
    server.add_thread("t-long", LONG, 3)
    page = new_page(**{**PHONE, "viewport": {"width": width, "height": 640}})
    page.goto(server.url)
    assert overflow(page) == 0

    ask(page, LONG)
    expect(page.locator(".answer-foot")).to_be_visible()
    page.locator(".step.tool summary").first.click()
    page.locator(".events > summary").click()

    assert overflow(page) == 0
    assert (
        page.evaluate("n => n.scrollWidth - n.clientWidth", page.locator("#conversation").element_handle())
        == 0
    )


def test_the_thread_list_is_a_drawer_on_a_phone(new_page: NewPage, server: ScriptedServer) -> None:
    server.add_thread("t-1", "Trip to Porto", 5, {"role": "user", "content": "Porto?"})
    page = new_page(**PHONE)
    page.goto(server.url)
    opener = page.get_by_role("button", name="Open the thread list")
    expect(page.get_by_role("link", name="Trip to Porto")).to_have_count(0)

    opener.click()
    expect(opener).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(opener).to_have_attribute("aria-expanded", "false")
    expect(opener).to_be_focused()
    opener.click()
    page.get_by_role("link", name="Trip to Porto").click()

    expect(page.locator(".question")).to_have_text("Porto?")
    expect(opener).to_have_attribute("aria-expanded", "false")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_enough_contrast(new_page: NewPage, server: ScriptedServer, scheme: str) -> None:
    server.script = [*trip()[:-1], answered("Done with `code`.", missing=("Something",))]
    page = new_page(color_scheme=scheme)
    page.goto(server.url)
    ask(page)
    expect(page.locator(".answer-foot")).to_be_visible()
    page.wait_for_timeout(300)

    assert page.evaluate(CONTRAST.read_text()) == []


def test_the_dark_scheme_is_dark(new_page: NewPage, server: ScriptedServer) -> None:
    def brightness(scheme: str) -> int:
        page = new_page(color_scheme=scheme)
        page.goto(server.url)
        return int(page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0]"))

    assert brightness("dark") < 40
    assert brightness("light") > 220


def test_reduced_motion_stops_the_turning_marks(new_page: NewPage, server: ScriptedServer) -> None:
    server.script = [started(SUPERVISOR, "a0"), *written("Never ends " * 100, 4, wait=0.1)]
    page = new_page(reduced_motion="reduce")
    page.goto(server.url)
    ask(page)

    mark = page.locator(".mark[data-state=running]").first
    expect(mark).to_have_css("animation-iteration-count", "1")


@pytest.mark.parametrize("device", ["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.long)])
def test_the_run_keeps_pictures(
    new_page: NewPage, server: ScriptedServer, screenshots: Path, device: str, scheme: str
) -> None:
    server.script = trip()
    server.examples = [TRIP_QUESTION, "Compare a weekend in Porto with one in Valencia."]
    options = {**PHONE, "device_scale_factor": 2} if device == "phone" else {}
    page = new_page(**options, color_scheme=scheme)
    page.goto(server.url)
    expect(page.locator(".starter")).to_have_count(2)
    page.screenshot(path=screenshots / f"{device}-{scheme}-welcome.png")

    page.locator(".starter").first.click()
    expect(page.locator(".answer-foot")).to_be_visible()
    page.wait_for_timeout(300)
    page.screenshot(path=screenshots / f"{device}-{scheme}.png")

    assert (screenshots / f"{device}-{scheme}.png").stat().st_size > 10_000

"""The twin's page in a browser: opened by its ticket, live, by keyboard, on a phone and in the dark."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.pages import NewPage
from tests.infra.twin.page.stage import Stage, staged

pytestmark = pytest.mark.browser

CONTRAST = Path(__file__).with_name("contrast.js")
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
WIDE = {"viewport": {"width": 1600, "height": 1000}}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("twin-page")) as found:
        yield found


def opened(page: Page, stage: Stage) -> Page:
    page.goto(stage.twin.admin.page())
    expect(page.get_by_role("status")).to_have_text("Live")
    return page


def part(page: Page, name: str) -> str:
    return page.get_by_role("region", name=name, exact=True).inner_text()


def test_the_ticket_opens_the_page_and_leaves_its_address(new_page: NewPage, stage: Stage) -> None:
    page = opened(new_page(), stage)

    expect(page.get_by_role("heading", level=1)).to_have_text("The twin of dev")
    assert page.url == f"{stage.url}/page/"
    page.reload()
    expect(page.get_by_role("status")).to_have_text("Live")


def test_without_a_ticket_the_page_says_how_to_get_one(new_page: NewPage, stage: Stage) -> None:
    page = new_page(**WIDE)
    page.goto(f"{stage.url}/page/#ticket=used")

    expect(page.get_by_role("alert")).to_contain_text("seatrial open STACK --twin")
    expect(page.get_by_role("status")).to_have_text("Not signed in")


def test_every_part_shows_what_the_twin_holds(new_page: NewPage, stage: Stage) -> None:
    page = opened(new_page(), stage)

    for name, text in (
        ("Overview", "5.10 USD a month"),
        ("Findings", "ST010"),
        ("Apps and revisions", "label blue"),
        ("Registry pulls", "refused"),
        ("Roles", "pull/read"),
        ("Database", "6.5 RU"),
        ("Alerts and budget", "Total RestartCount > 3"),
        ("Traces", "POST /api/v1/message"),
        ("Logs", "plain line"),
        ("What a twin cannot show", "apps are only recorded"),
    ):
        assert text in part(page, name), name


def test_a_resource_opens_and_closes_by_keyboard_without_its_secrets(new_page: NewPage, stage: Stage) -> None:
    page = opened(new_page(), stage)
    button = page.get_by_role("button", name="ca-dev", exact=True)

    button.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="ca-dev")
    expect(dialog).to_contain_text("2 secrets left out")
    expect(dialog).to_contain_text("WEATHER_API_KEY")
    page.keyboard.press("Escape")

    expect(dialog).to_be_hidden()
    expect(button).to_be_focused()
    assert [secret for secret in stage.secrets() if secret in page.content()] == []


@pytest.mark.long
def test_what_happens_appears_and_what_is_open_stays_open(new_page: NewPage, stage: Stage) -> None:
    page = opened(new_page(), stage)
    probes = page.locator("details", has_text="1 probe").first
    probes.locator("summary").click()

    stage.apps.health = "Unhealthy"
    stage.apps.console.line("it happened just now")

    expect(page.locator("#logs")).to_contain_text("it happened just now")
    expect(page.locator("#head")).to_contain_text("unhealthy")
    stage.apps.health = "Healthy"
    expect(page.locator("#head")).not_to_contain_text("unhealthy")
    expect(probes).to_have_attribute("open", "")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


@pytest.mark.long
def test_a_hidden_page_rests_and_one_that_is_looked_at_goes_on(new_page: NewPage, stage: Stage) -> None:
    page = opened(new_page(), stage)
    asked: list[str] = []
    hide = "value => Object.defineProperty(document, 'hidden', {value, configurable: true})"
    tell = "document.dispatchEvent(new Event('visibilitychange'))"

    page.evaluate(hide, True)
    page.evaluate(tell)
    expect(page.get_by_role("status")).to_have_text("Paused while hidden")
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(2_500)
    assert asked == []

    page.evaluate(hide, False)
    page.evaluate(tell)
    expect(page.get_by_role("status")).to_have_text("Live")
    assert len(asked) == 1


@pytest.mark.long
def test_a_twin_that_is_away_is_waited_for(new_page: NewPage, stage: Stage) -> None:
    page = opened(new_page(**WIDE), stage)

    page.context.set_offline(True)
    expect(page.get_by_role("status")).to_contain_text("does not answer")
    page.context.set_offline(False)

    expect(page.get_by_role("status")).to_have_text("Live")


def test_the_log_is_filtered(new_page: NewPage, stage: Stage) -> None:
    page = opened(new_page(), stage)
    page.get_by_label("Filter").fill("PLAIN")

    lines = page.get_by_role("region", name="Log lines")
    expect(lines).to_have_text("plain line\n")


def test_every_control_has_a_name_and_every_part_a_heading(new_page: NewPage, stage: Stage) -> None:
    page = opened(new_page(), stage)

    nameless = page.evaluate("""() => [...document.querySelectorAll('button, a, input, select, summary')]
        .filter(n => !n.getAttribute('aria-label') && !n.textContent.trim() && !n.labels?.length)
        .map(n => n.outerHTML)""")
    assert nameless == []
    for link in page.get_by_role("navigation").get_by_role("link").all():
        target = page.locator(str(link.get_attribute("href")))
        expect(target.get_by_role("heading", level=2)).to_have_count(1)
    expect(page.get_by_role("heading", level=1)).to_have_count(1)


@pytest.mark.parametrize("width", [360, 700, 1600])
def test_nothing_scrolls_sideways(new_page: NewPage, stage: Stage, width: int) -> None:
    page = opened(new_page(viewport={"width": width, "height": 740}), stage)
    for summary in page.locator("summary").all():
        summary.click()

    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") == 0
    page.get_by_role("button", name="ca-dev", exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text("Microsoft.App/containerApps")
    assert page.evaluate("n => n.scrollWidth - n.clientWidth", page.locator("dialog").element_handle()) == 0


@pytest.mark.parametrize("device", ["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_run_keeps_pictures_with_enough_contrast(
    new_page: NewPage, stage: Stage, screenshots: Path, device: str, scheme: str
) -> None:
    options = {**PHONE, "device_scale_factor": 2} if device == "phone" else {}
    page = opened(new_page(**options, color_scheme=scheme), stage)
    expect(page.get_by_role("region", name="Log lines")).to_contain_text("plain line")

    picture = screenshots / f"twin-{device}-{scheme}.png"
    page.screenshot(path=picture, full_page=True)

    assert picture.stat().st_size > 10_000
    assert page.evaluate(CONTRAST.read_text()) == []

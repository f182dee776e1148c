"""The chat page in a browser, against a scripted double of the app: answers, steps, threads, breaks."""

from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.pages import NewPage, ask
from tests.e2e.scripted_server import ScriptedServer
from tests.e2e.scripts import (
    SUPERVISOR,
    Step,
    answered,
    completed,
    failed,
    short,
    started,
    thought,
    tool_failed,
    trip,
    written,
)

pytestmark = pytest.mark.browser

ANSWER = "Three nights in Lisbon come to 612 EUR."


def open_events(page: Page) -> None:
    page.locator(".events > summary").last.click()


def held(text: str) -> list[Step]:
    return written(text, len(text), held=True)


def test_an_answer_grows_while_it_is_written(page: Page, server: ScriptedServer) -> None:
    text = "One two three"
    server.script = [started(SUPERVISOR, "a0"), *written("One ", 4), *held(text[4:]), answered(text)]

    ask(page)

    expect(page.locator(".answer-text.writing")).to_have_text("One")
    server.let_go()
    expect(page.locator(".answer-text")).to_have_text("One two three")
    expect(page.locator(".answer-text.writing")).to_have_count(0)


def test_agents_and_tools_are_shown_inside_their_parents(page: Page, server: ScriptedServer) -> None:
    server.script = trip()

    ask(page)

    supervisor = page.locator(".steps > .tree > .agent")
    expect(supervisor.locator("> .step-head .step-name")).to_have_text("Supervisor")
    inside = supervisor.locator("> .tree > .agent")
    expect(inside.locator("> .step-head .step-name")).to_have_text(["Flight agent", "Hotel agent"])
    expect(inside.nth(1).locator(".tool-name")).to_have_text(["search_hotels", "total_budget"])
    expect(page.locator(".steps-summary")).to_have_text("3 agents, 3 tool calls")


def test_a_step_in_progress_is_marked_until_it_ends(page: Page, server: ScriptedServer) -> None:
    server.script = [*short()[:4], replace(short()[4], held=True), *short()[5:]]

    ask(page)

    step = page.locator(".step.tool")
    expect(step).to_have_attribute("data-state", "running")
    expect(page.locator(".steps-summary")).to_have_text("Hotel agent uses search_hotels")
    server.let_go()
    expect(step).to_have_attribute("data-state", "done")
    expect(step.locator(".step-time")).to_have_text("0.4 s")


def test_a_tool_opens_to_its_input_and_output(page: Page) -> None:
    ask(page)

    page.locator(".step.tool summary").click()

    expect(page.get_by_label("Input", exact=True)).to_contain_text('"city": "Lisbon"')
    expect(page.get_by_label("Output", exact=True)).to_contain_text('"hotels": 4')


def test_every_event_is_listed_once_and_in_order(page: Page, server: ScriptedServer) -> None:
    ask(page)
    expect(page.locator(".answer-foot")).to_be_visible()

    open_events(page)

    numbers = page.locator(".events tbody td:first-child").all_text_contents()
    assert numbers == [str(number) for number in range(1, len(server.script) + 1)]


def test_model_and_tokens_stand_under_the_answer(page: Page) -> None:
    ask(page)

    expect(page.locator(".answer-foot")).to_contain_text("smollm2-135m-instruct")
    expect(page.locator(".answer-foot")).to_contain_text("1,496 tokens (1,284 in, 212 out)")


def test_request_units_and_price_stand_under_the_answer(page: Page) -> None:
    ask(page)

    expect(page.locator(".answer-foot")).to_contain_text("184.3 RU (modelled)")
    expect(page.locator(".answer-foot")).to_contain_text("0.000899 USD")


def test_an_answer_without_a_price_says_none(page: Page, server: ScriptedServer) -> None:
    server.script[-1].data["usage"] = {"model": "house-model", "input_tokens": 1, "output_tokens": 1}
    ask(page)

    expect(page.locator(".answer-foot")).to_contain_text("house-model")
    expect(page.locator(".answer-foot")).not_to_contain_text("USD")


def test_a_partial_answer_says_what_is_missing(page: Page, server: ScriptedServer) -> None:
    server.script = [
        started(SUPERVISOR, "a0"),
        started("flight_agent", "a1", "a0"),
        *tool_failed("flight_agent", "a1", "search_flights", {"to": "Lisbon"}, "Timed out after 10 s."),
        failed("flight_agent", "a1", "ToolError", "search_flights failed twice.", by="hotel_agent"),
        answered("The hotel costs 384 EUR.", missing=("No flight prices: the flight table timed out.",)),
    ]

    ask(page)

    expect(page.locator(".note.missing")).to_contain_text("This answer is incomplete")
    expect(page.locator(".note.missing li")).to_have_text("No flight prices: the flight table timed out.")
    expect(page.locator(".step-fault:visible")).to_contain_text("Taken over by Hotel agent.")


def test_a_failed_run_shows_its_error(page: Page, server: ScriptedServer) -> None:
    detail = "The model answered with nothing three times. Set OPENAI_MODEL_NAME to another model."
    server.script = [started(SUPERVISOR, "a0"), failed(SUPERVISOR, "a0", "ModelError", detail, final=True)]

    ask(page)

    expect(page.locator(".note.fault")).to_contain_text("ModelError")
    expect(page.locator(".note.fault")).to_contain_text(detail)
    expect(page.get_by_role("button", name="Send")).to_be_visible()


def test_stop_ends_the_run_and_closes_its_steps(page: Page, server: ScriptedServer) -> None:
    server.script = [
        started(SUPERVISOR, "a0"),
        thought(SUPERVISOR, "a0", "Thinks"),
        *written("Never ends " * 200, 4, wait=0.1),
    ]
    ask(page)
    expect(page.locator(".thought").first).to_have_text("Thinks")

    page.get_by_role("button", name="Stop").click()

    expect(page.locator(".note")).to_have_text("Stopped at your request.")
    expect(page.locator(".turn")).to_have_attribute("data-state", "cancelled")
    expect(page.get_by_label("Message", exact=True)).to_be_focused()


@pytest.mark.parametrize("broken", [False, True], ids=["ended", "broken off"])
def test_a_cut_stream_is_taken_up_after_the_last_event(
    page: Page, server: ScriptedServer, *, broken: bool
) -> None:
    server.cut_after = [(4, broken), (3, broken)]

    ask(page)
    expect(page.locator(".answer-text")).to_have_text(ANSWER)
    open_events(page)

    assert server.resumed_after == [0, 4, 7]
    numbers = page.locator(".events tbody td:first-child").all_text_contents()
    assert numbers == [str(number) for number in range(1, len(server.script) + 1)]


def test_a_lost_connection_is_shown_and_comes_back(page: Page, server: ScriptedServer) -> None:
    text = "Slow but sure"
    server.script = [started(SUPERVISOR, "a0"), *written("Slow", 4), *held(" but sure"), answered(text)]
    server.cut_after = [(2, True)]
    ask(page)
    expect(page.locator("#link-state")).to_have_text("Live")

    page.context.set_offline(True)
    server.let_go()

    expect(page.locator("#link-state")).to_have_text("Connection lost, reconnecting")
    expect(page.locator("#announce-status")).to_have_text("Connection lost. Reconnecting.")
    page.context.set_offline(False)
    expect(page.locator(".answer-text")).to_have_text(text)
    expect(page.locator("#link-state")).to_be_hidden()


def test_a_run_that_goes_on_is_followed_after_a_reload(page: Page, server: ScriptedServer) -> None:
    slow = "Slow but sure"
    server.script = [started(SUPERVISOR, "a0"), *written("Slow", 4), *held(" but sure"), answered(slow)]
    ask(page)
    expect(page.locator(".answer-text")).to_contain_text("Slow")

    page.reload()

    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    server.let_go()
    expect(page.locator(".answer-text")).to_have_text("Slow but sure")
    expect(page.get_by_role("button", name="Send")).to_be_visible()


def test_an_opened_thread_shows_its_messages_and_their_steps(page: Page, server: ScriptedServer) -> None:
    ask(page)
    expect(page.locator(".answer-foot")).to_be_visible()

    page.reload()

    expect(page.locator(".question")).to_have_text("Three nights in Lisbon?")
    expect(page.locator(".answer-text")).to_have_text(ANSWER)
    expect(page.locator(".steps-summary")).to_have_text("2 agents, 1 tool call")
    expect(page.locator(".steps")).not_to_have_attribute("open", "")


def test_threads_are_listed_page_by_page(new_page: NewPage, server: ScriptedServer) -> None:
    for number in range(45):
        server.add_thread(f"t-{number}", f"Trip {number}", number)
    page = new_page()
    page.goto(server.url)
    threads = page.get_by_role("navigation", name="Threads").get_by_role("link")
    expect(threads).to_have_count(20)

    page.get_by_role("button", name="Load more").click()
    expect(threads).to_have_count(40)
    page.get_by_role("button", name="Load more").click()

    expect(threads).to_have_count(45)
    expect(threads.last).to_contain_text("Trip 44")
    expect(page.get_by_role("button", name="Load more")).to_be_hidden()


def test_a_thread_is_deleted_only_after_confirmation(new_page: NewPage, server: ScriptedServer) -> None:
    server.add_thread("t-1", "Trip to Porto", 5)
    page = new_page()
    page.goto(server.url)

    page.get_by_role("button", name="Delete thread: Trip to Porto").click()
    page.get_by_role("button", name="Keep it").click()
    assert "t-1" in server.threads
    page.get_by_role("button", name="Delete thread: Trip to Porto").click()
    expect(page.get_by_role("dialog")).to_contain_text("“Trip to Porto”")
    page.get_by_role("button", name="Delete", exact=True).click()

    expect(page.get_by_role("link", name="Trip to Porto")).to_have_count(0)
    assert server.threads == {}


def test_back_returns_to_the_thread_before(page: Page, server: ScriptedServer) -> None:
    ask(page, "First question")
    expect(page.locator(".answer-foot")).to_be_visible()
    page.get_by_role("button", name="New thread").click()
    expect(page.get_by_role("heading", name="Where to?")).to_be_visible()

    page.go_back()

    expect(page.locator(".question")).to_have_text("First question")


def test_a_second_message_goes_to_the_same_thread(page: Page, server: ScriptedServer) -> None:
    ask(page, "First")
    expect(page.locator(".answer-foot")).to_be_visible()
    ask(page, "Second")

    expect(page.locator(".answer-foot:visible")).to_have_count(2)
    assert len(server.threads) == 1


def test_examples_start_a_conversation(new_page: NewPage, server: ScriptedServer) -> None:
    server.examples = ["Plan a weekend in Porto"]
    page = new_page()
    page.goto(server.url)

    page.get_by_role("button", name="Plan a weekend in Porto").click()

    expect(page.locator(".question")).to_have_text("Plan a weekend in Porto")
    expect(page.locator(".answer-text")).to_have_text(ANSWER)


def test_the_crew_is_listed_with_its_state(page: Page) -> None:
    crew = page.get_by_role("region", name="Crew")

    names = ["Supervisor", "Flight agent", "Hotel agent", "Sights agent"]
    expect(crew.locator(".member-name")).to_have_text(names)
    crew.get_by_text("Hotel agent").click()

    expect(crew).to_contain_text("Finds hotels and adds up costs.")
    expect(crew.locator(".member").nth(3)).to_contain_text("unavailable")


def test_a_supervisor_that_starts_again_starts_its_answer_again(page: Page, server: ScriptedServer) -> None:
    server.script = [
        started(SUPERVISOR, "a9"),
        failed(SUPERVISOR, "a9", "ModelError", "No answer in 20 s.", by="scripted"),
        started(SUPERVISOR, "a0"),
        completed("hotel_agent", "unknown", "An event that names no known agent is survived."),
        *written("Second try"),
        answered("Second try"),
    ]

    ask(page)

    expect(page.locator(".answer-text")).to_have_text("Second try")
    expect(page.locator(".turn")).to_have_attribute("data-state", "done")

"""What the tests of the chat page do again and again."""

from collections.abc import Callable

from playwright.sync_api import Page

NewPage = Callable[..., Page]


def ask(page: Page, text: str = "Three nights in Lisbon?") -> None:
    page.get_by_label("Message", exact=True).fill(text)
    page.keyboard.press("Enter")

"""Numbers in prose: digits, and words that say them."""

import re

WORDS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5,
    "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
    "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
    "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50,
    "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
WORDS |= {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "dozen": 12}
# "one of the" counts nothing.
_FREE = frozenset({"one", "zero"})
_FIGURE = re.compile(r"\d+(?:[.,:]\d+)*")
_LETTERS = re.compile(r"[a-z]+")


def figures(text: str) -> set[str]:
    """Return every number in a text, words for numbers as digits."""
    found = {figure.strip(".,:") for figure in _FIGURE.findall(text)}
    words = set(_LETTERS.findall(text.casefold())) - _FREE
    return found | {str(WORDS[word]) for word in words if word in WORDS}


def whole_number(text: str) -> int | None:
    """Return the number that a word or digits say."""
    plain = text.strip().casefold()
    if plain.isascii() and plain.isdigit() and len(plain) <= 9:  # noqa: PLR2004 - more digits are no count
        return int(plain)
    return WORDS.get(plain)

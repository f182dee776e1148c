"""Whether what a model wrote is language at all."""

import re
from collections import Counter

_MIN_WORDS_FOR_REPEATS = 12
_MAX_SHARE = 0.4
_MAX_CONTROL_SHARE = 0.02
_LONGEST_WORD = 45
_WORD = re.compile(r"[^\W\d_]+", re.UNICODE)


def defect(text: str) -> str | None:
    """Return what is wrong with a whole text, in words for people; None where it can be read."""
    if not text.strip():
        return "it wrote nothing"
    words = [word.casefold() for word in _WORD.findall(text)]
    if not words:
        return "it wrote no words"
    unprintable = sum(not (char.isprintable() or char in "\n\t") or char == "\ufffd" for char in text)
    if unprintable / len(text) > _MAX_CONTROL_SHARE:
        return "it wrote unprintable characters"
    if max(map(len, words)) > _LONGEST_WORD:
        return "it wrote a word without end"
    return _repeats(words)


def _repeats(words: list[str]) -> str | None:
    if any(
        first == second == third for first, second, third in zip(words, words[1:], words[2:], strict=False)
    ):
        return "it repeats itself"
    if len(words) < _MIN_WORDS_FOR_REPEATS:
        return None
    _, most = Counter(words).most_common(1)[0]
    return "it repeats itself" if most / len(words) > _MAX_SHARE else None

"""What of a model's prose may stand in an answer: sentences that claim nothing beyond the facts."""

import re
from collections.abc import Sequence

from frmk.agents.numbers import figures
from frmk.llm.quality import defect
from frmk.tools.tables import folded

_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+|\n+")
_NAME = re.compile(r"[^\W\d_][\w'\u2019-]*", re.UNICODE)
# Capitalised in English wherever they stand; months and days of the week are facts.
_COMMON = frozenset({"i", "i'm", "i'll", "i've", "english"})
_LONGEST_SENTENCE = 400
_MIN_LETTERS = 8


class ProseFilter:
    """Cut a stream of text into sentences and let through those that say nothing the facts do not."""

    def __init__(self, known: str, claims: Sequence[str] = ()) -> None:
        words = _words(known)
        self._unsupported = tuple(
            claim for claim in map(folded, claims) if not any(word.startswith(claim) for word in words)
        )
        self._figures = figures(known)
        self._names = {folded(name) for name in _NAME.findall(known)}
        self._rest = ""
        self._seen: set[str] = set()
        self.kept: list[str] = []
        self.dropped: list[str] = []

    def feed(self, text: str) -> list[str]:
        """Take a piece; return the sentences that it completes and that may stand."""
        *complete, self._rest = _END.split(self._rest + text)
        if len(self._rest) > _LONGEST_SENTENCE:
            complete, self._rest = [*complete, self._rest], ""
        return self._sift(complete)

    def finish(self) -> list[str]:
        """Take the end; a sentence that was cut off is dropped."""
        last, self._rest = self._rest.strip(), ""
        if last and not last.endswith((".", "!", "?")):
            self.dropped.append(last)
            return []
        return self._sift([last])

    def _sift(self, sentences: list[str]) -> list[str]:
        passed = []
        for sentence in map(str.strip, sentences):
            if not sentence:
                continue
            if self._may_stand(sentence):
                passed.append(sentence)
                self.kept.append(sentence)
            else:
                self.dropped.append(sentence)
        return passed

    def _may_stand(self, sentence: str) -> bool:
        plain = folded(sentence)
        if plain in self._seen or len(sentence) > _LONGEST_SENTENCE:
            return False
        self._seen.add(plain)
        if sum(char.isalpha() for char in sentence) < _MIN_LETTERS or defect(sentence):
            return False
        if any(word.startswith(self._unsupported) for word in _words(sentence)):
            return False
        return figures(sentence) <= self._figures and self._names_known(sentence)

    def _names_known(self, sentence: str) -> bool:
        words = _NAME.findall(sentence)[1:]
        capitalised = [word for word in words if word[0].isupper()]
        return all(self._known(word) for word in capitalised)

    def _known(self, word: str) -> bool:
        plain = folded(word).replace("\u2019", "'")
        return plain in self._names or plain in _COMMON or plain.removesuffix("'s") in self._names


def _words(text: str) -> set[str]:
    return {folded(word) for word in _NAME.findall(text)}

"""What a rehearsal cannot show, said out loud."""

from collections.abc import Iterable

ALWAYS = ("quotas, role propagation times, regions' capacity and real prices",)


def not_shown(by_the_twin: Iterable[str]) -> tuple[str, ...]:
    """Return what this rehearsal did not show, each once: the twin's own list, and what no twin shows."""
    told = dict.fromkeys((*by_the_twin, *ALWAYS))
    return tuple(sentence for sentence in told if not _said_shorter(sentence, told))


def _said_shorter(sentence: str, told: Iterable[str]) -> bool:
    return any(other != sentence and sentence.startswith(other) for other in told)

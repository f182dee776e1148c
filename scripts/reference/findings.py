"""The page of finding codes."""

from infra.findings.catalogue import Explanation, catalogue


def findings() -> str:
    """Return the page."""
    head = (
        "# Findings\n\n"
        "What a rehearsal, a preview or a check refuses has a code; `seatrial explain CODE` prints the same. "
        "Codes from ST101 on are policies: [policies](../policies.md).\n"
    )
    return head + "".join(map(_section, catalogue().values()))


def _section(one: Explanation) -> str:
    links = "".join(f"- <{link}>\n" for link in one.links)
    return (
        f"\n## {one.code} {one.title}\n\n{one.meaning}\n\n"
        f"Causes:\n\n{_listed(one.causes)}\nNext steps:\n\n{_listed(one.fixes)}"
        + (f"\n{links}" if links else "")
    )


def _listed(sentences: tuple[str, ...]) -> str:
    return "".join(f"- {sentence}\n" for sentence in sentences)

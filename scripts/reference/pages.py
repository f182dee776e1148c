"""The pages of docs/reference/."""

from scripts.reference.commands import commands
from scripts.reference.findings import findings
from scripts.reference.stack_file import stack_file

FOLDER = "docs/reference"
NOTE = "Written from the code by `python -m scripts.reference`; a test compares.\n"


def pages() -> dict[str, str]:
    """Return every page's text by its file name."""
    written = {"commands.md": commands(), "findings.md": findings(), "stack-file.md": stack_file()}
    return {name: text.replace("\n\n", f"\n\n{NOTE}\n", 1) for name, text in written.items()}

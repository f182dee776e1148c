"""Write docs/reference/ anew, in the project's folder."""

import sys
from pathlib import Path

from scripts.reference.pages import FOLDER, pages

if __name__ == "__main__":
    folder = Path.cwd() / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")
        sys.stdout.write(f"{FOLDER}/{name}\n")

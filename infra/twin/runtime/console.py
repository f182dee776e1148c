"""What replicas print: the last lines in memory, more of them in a bounded file."""

from collections import deque
from pathlib import Path

_KEPT_LINES = 2000
_FILE_BYTES = 5_000_000
_LONGEST_LINE = 16_384


class Console:
    """Collect lines; with a path they also go to a file that is rotated once it is full."""

    def __init__(self, path: Path | None = None, *, copy_to: "Console | None" = None) -> None:
        self._lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self._count = 0
        self._rest = b""
        self._path = path
        self._copy = copy_to
        self._written = path.stat().st_size if path is not None and path.exists() else 0

    def feed(self, data: bytes) -> None:
        """Take raw output; a line counts once it has ended or grown too long."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self.line(line.decode(errors="replace").rstrip("\r"))
        if len(self._rest) > _LONGEST_LINE:
            self.finish()

    def finish(self) -> None:
        """Take what is left without a line end."""
        rest, self._rest = self._rest, b""
        if rest:
            self.line(rest.decode(errors="replace"))

    def line(self, text: str) -> None:
        """Add one line."""
        text = text[:_LONGEST_LINE]
        self._lines.append(text)
        self._count += 1
        if self._path is not None:
            self._write(self._path, text)
        if self._copy is not None:
            self._copy.line(text)

    def tail(self, count: int) -> list[str]:
        """Return the last lines, oldest first."""
        return list(self._lines)[-count:] if count > 0 else []

    def since(self, count: int) -> tuple[list[str], int]:
        """Return the lines after the first `count`, and how many there have been by now."""
        return self.tail(self._count - count), self._count

    def _write(self, path: Path, text: str) -> None:
        data = text.encode(errors="replace") + b"\n"
        try:
            if self._written + len(data) > _FILE_BYTES:
                path.replace(path.with_suffix(".1.log"))
                self._written = 0
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("ab") as file:
                file.write(data)
        except OSError as error:
            # A full disk must not stop the app whose output this is; the lines in memory stay.
            self._path = None
            self._lines.append(f"system: {path} can no longer be written: {error}")
            return
        self._written += len(data)

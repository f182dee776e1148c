"""An SVG chart as PNG, for places that show no SVG, such as a pull request's comment."""

from pathlib import Path

import resvg_py

SCALE = 2.0
_LETTERS = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20">'
    '<text x="2" y="15" font-family="DejaVu Sans, Verdana, Arial, sans-serif">{text}</text></svg>'
)


class ChartError(Exception):
    """Say why a chart cannot be drawn, and what helps."""


def png(svg: str) -> bytes:
    """Return the picture at twice its size; raise ChartError where the machine has no font for its text."""
    if _drawn("Ag") == _drawn(""):
        raise ChartError(
            "a PNG needs a font and this machine has none: install one (apt-get install fonts-dejavu-core), "
            "or write the chart as .svg"
        )
    return resvg_py.svg_to_bytes(svg_string=svg, background="#ffffff", zoom=SCALE)


def write(path: Path, svg: str) -> None:
    """Write a chart in the form that the file's name ends with; raise ChartError."""
    if path.suffix == ".svg":
        path.write_text(svg, encoding="utf-8")
    elif path.suffix == ".png":
        path.write_bytes(png(svg))
    else:
        raise ChartError(f"a chart's file ends with .svg or .png, not {path.suffix or path.name!r}: {path}")


def _drawn(text: str) -> bytes:
    return resvg_py.svg_to_bytes(svg_string=_LETTERS.format(text=text))

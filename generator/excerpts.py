"""The line of a file that a problem is about, with a caret below the spot: for the terminal and the preview."""

import os
import unicodedata
from pathlib import Path
from typing import NamedTuple

from generator.errors import Place

BEFORE, WIDTH = 60, 110  # characters shown before the spot, and in all
LARGEST = 10**7  # bytes of a file that is read again for this


class Excerpt(NamedTuple):
    """A line as it can be shown, and how many columns of a terminal stand before the spot in it."""

    line: str
    columns: int


class Excerpts:
    """Finds excerpts; keeps the lines of each file for the next problem in it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lines: dict[str, list[str]] = {}

    def at(self, place: Place) -> Excerpt | None:
        """Return the excerpt at a place, or None where the line cannot be had, or nothing is in it."""
        if place.path not in self._lines:
            self._lines[place.path] = self._read(place.path)
        lines = self._lines[place.path]
        if place.line > len(lines):
            return None
        start = max(0, place.column - BEFORE)
        shown = lines[place.line - 1].rstrip()[start : start + WIDTH]
        if not shown.isprintable():
            shown = "".join(character if character.isprintable() else " " for character in shown)
        before = shown[: place.column - 1 - start]
        wide = 0 if before.isascii() else sum(unicodedata.east_asian_width(character) in "WF" for character in before)
        columns = len(before) + wide
        return Excerpt(shown, columns) if shown.strip() else None

    def _read(self, path: str) -> list[str]:
        try:
            file = self._root / path
            # What a link out of the briefing leads to is never shown.
            is_ours = file.is_file() and Path(os.path.realpath(file)).is_relative_to(self._root.resolve())
            is_small = is_ours and file.stat().st_size < LARGEST
            return file.read_text("utf-8-sig").split("\n") if is_small else []
        except (OSError, UnicodeDecodeError):
            return []

"""Finds where a field stands in its file, for messages only: line and column of what somebody typed."""

from contextlib import suppress
from pathlib import Path

import yaml

from generator.errors import Place
from generator.fields import FieldPath
from generator.yaml_text import read_text

SMALL = 10_000  # characters: a shorter file is quickly read again


def _place_in(text: str, node: yaml.Node, path: str, at: FieldPath, *, on_key: bool = False, needle: str = "") -> Place:
    mark = node.start_mark
    for step in at:
        found = _child(node, step)
        if found is None:
            break
        node, key = found
        mark = key.start_mark if on_key and key is not None else node.start_mark
    spot = text.find(needle, mark.index, node.end_mark.index) if needle else -1
    if spot < 0 and mark.index >= len(text):  # an empty value at the end, which the parser puts on a line of its own
        return spot_in(text, path, len(text))
    if spot < 0:
        return Place(path, mark.line + 1, mark.column + 1)
    # Counted from the value on: a file may have a hundred thousand places to be told.
    return Place(path, mark.line + 1 + text.count("\n", mark.index, spot), spot - text.rfind("\n", 0, spot))


def place_of(text: str, path: str, words: str) -> Place:
    """Return where these words first stand in a text, or its start."""
    return spot_in(text, path, max(0, text.find(words)))


def spot_in(text: str, path: str, spot: int) -> Place:
    """Return where a character of a text stands, given how many are before it."""
    return Place(path, text.count("\n", 0, spot) + 1, spot - text.rfind("\n", 0, spot))


def _child(node: yaml.Node, step: str | int) -> tuple[yaml.Node, yaml.Node | None] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], None
    if isinstance(node, yaml.MappingNode):
        return next(((value, key) for key, value in node.value if key.value == step), None)
    return None


class Places:
    """Finds where fields stand, for messages only: a file with a problem is read again; a long one is then kept."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._files: dict[str, tuple[str, yaml.Node | None]] = {}
        self._last: tuple[str, tuple[str, yaml.Node | None]] = "", ("", None)

    def of(self, path: str, at: FieldPath, *, on_key: bool = False, needle: str = "") -> Place:
        """Return where a field of the file at `path` stands: its value, or with `on_key` its name.

        A path that leads further than the text does (a missing field, a single item that stands for a list) gives the
        last place on the way. With `needle`, the first spot at or after the value where these words stand.
        """
        if self._last[0] != path:
            self._last = path, self._files.get(path) or self._read(path)
        text, node = self._last[1]
        if path.endswith(".md"):
            return place_of(text, path, needle)
        return _place_in(text, node, path, at, on_key=on_key, needle=needle) if node else Place(path)

    def _read(self, path: str) -> tuple[str, yaml.Node | None]:
        text, node = read_text(self._root, path, []) or "", None
        if not path.endswith(".md"):
            with suppress(yaml.YAMLError):  # changed since it was loaded, or the very problem
                node = yaml.compose(text, yaml.CBaseLoader)
        if len(text) > SMALL:  # a list of many records, perhaps with a problem in each
            self._files[path] = text, node
        return text, node

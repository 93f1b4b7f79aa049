"""Step 1 of 5, load: the folder `docs/` in, raw records, hand-written pages and assets out.

Reads YAML as text and structure only, by the rules of YAML 1.2 and no schema: `NO`, `12:30`, `010` and `2024` are
text. Never gives a value a type, and never stops at the first problem.
"""

import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import yaml

from generator.errors import Place, Problem, nearest
from generator.fields import FieldPath
from generator.records import KIND_BY_FOLDER, Record

MAX_BYTES = 5 * 1024 * 1024
MAX_DEPTH = 100
MAX_ALIASED = 10_000  # values that the aliases of one file may repeat, all together

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_CORE_TAGS = frozenset({"tag:yaml.org,2002:str", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq", "", "?", "!"})
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_MAYBE_DEEP = re.compile(r"^ {100,}", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One record as typed: texts, lists and mappings. `at` leads to it in its file: () or (its place in a list,)."""

    model: type[Record]
    id: str
    values: Mapping[str, Any]
    path: str
    at: FieldPath


@dataclass(frozen=True, slots=True)
class RawPage:
    """A hand-written page. `path` is relative to the project, `name` to `docs/`."""

    path: str
    name: str
    text: str


@dataclass(slots=True)
class Loaded:
    """All that `docs/` holds. `info` is `briefing.yml` as typed, or None; `assets` are names below `docs/`."""

    records: list[RawRecord] = field(default_factory=list)
    pages: list[RawPage] = field(default_factory=list)
    assets: list[str] = field(default_factory=list)
    info: Mapping[str, Any] | None = None
    problems: list[Problem] = field(default_factory=list)


def load_folder(root: Path) -> Loaded:
    """Read everything below `root/docs`.

    Shape: files in the order of their names, whatever the disk's order. Hidden files are left out.
    Raises: nothing for what an author can do: that is in `problems`.
    """
    loaded = Loaded()
    docs = root / "docs"
    if not docs.is_dir():
        loaded.problems.append(
            Problem(
                place=Place("docs"),
                field="",
                message="there is no folder 'docs' here.",
                hint="Run 'briefbook init DIR' to start one.",
            )
        )
        return loaded
    for name in _names_below(docs, root, loaded.problems):
        _load_file(root, name, loaded)
    if loaded.info is None and not any(problem.place.path == "docs/briefing.yml" for problem in loaded.problems):
        message = "the briefing has no card."
        loaded.problems.append(
            Problem(
                place=Place("docs/briefing.yml"), field="", message=message, hint="Write one with at least a 'title'."
            )
        )
    return loaded


def _names_below(docs: Path, root: Path, problems: list[Problem]) -> Iterator[str]:
    inside = docs.resolve()
    for folder, folders, files in os.walk(docs):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in [*folders, *files]:
            path = Path(folder, name)
            if path.is_symlink() and not path.resolve().is_relative_to(inside):
                place = Place(path.relative_to(root).as_posix())
                problems.append(
                    Problem(
                        place=place, field="", message="the link leads out of 'docs'.", hint="Put the file itself here."
                    )
                )
        for name in sorted(files):
            path = Path(folder, name)
            if not name.startswith(".") and not name.endswith("~") and path.resolve().is_relative_to(inside):
                yield path.relative_to(docs).as_posix()


def _load_file(root: Path, name: str, loaded: Loaded) -> None:
    path = f"docs/{name}"
    folder, _, _ = name.partition("/")
    is_yaml = name.endswith((".yml", ".yaml")) and folder != "assets"
    if not is_yaml and not name.endswith(".md"):
        loaded.assets.append(name)
        return
    text = read_text(root, path, loaded.problems)
    if text is None:
        return
    if not is_yaml:
        loaded.pages.append(RawPage(path, name, text))
    elif name == "briefing.yml":
        value = read_yaml(text, path, loaded.problems)
        if isinstance(value, dict):
            loaded.info = value
        elif not any(problem.place.path == path for problem in loaded.problems):
            loaded.problems.append(
                Problem(
                    place=Place(path), field="", message="the file holds no fields.", hint="Write at least a 'title'."
                )
            )
    elif folder in KIND_BY_FOLDER and "/" in name:
        loaded.records += _records_in(text, path, KIND_BY_FOLDER[folder], loaded.problems)
    else:
        loaded.problems.append(_misplaced(path, folder if "/" in name else ""))


def _misplaced(path: str, folder: str) -> Problem:
    near = nearest(folder, KIND_BY_FOLDER) if folder else None
    where = (
        f"Did you mean 'docs/{near}'?"
        if near
        else f"Records lie in {', '.join(f'docs/{name}' for name in KIND_BY_FOLDER)}; other files in docs/assets."
    )
    return Problem(
        place=Place(path),
        field="",
        message=f"no records are kept in 'docs/{folder}'." if folder else "no record is kept here.",
        hint=where,
    )


def read_text(root: Path, path: str, problems: list[Problem]) -> str | None:
    """Return a file's text, or None when it cannot be had; the reason is then added to `problems`."""

    def refuse(message: str, hint: str, line: int = 1, column: int = 1) -> None:
        problems.append(Problem(place=Place(path, line, column), field="", message=message, hint=hint))

    try:
        status = (root / path).stat()
        if not stat.S_ISREG(status.st_mode):
            refuse("this is not an ordinary file.", "Remove it, or put a file in its place.")
            return None
        if status.st_size > MAX_BYTES:
            refuse(f"the file has {status.st_size / 1e6:.1f} MB.", "Split it: 5 MB is the limit.")
            return None
        data = (root / path).read_bytes()
    except OSError as error:
        refuse(f"the file cannot be read: {error.strerror}.", "Check that it exists and that you may read it.")
        return None
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        column = error.start - before.rfind(b"\n")
        found = f"the byte 0x{data[error.start]:02x} is not UTF-8."
        refuse(found, "Save the file as UTF-8.", before.count(b"\n") + 1, column)
        return None


def _records_in(text: str, path: str, model: type[Record], problems: list[Problem]) -> Iterator[RawRecord]:
    known = len(problems)
    value = read_yaml(text, path, problems)
    stem = path.rpartition("/")[2].rpartition(".")[0]

    def refuse(message: str, hint: str, at: FieldPath = (), field: str = "") -> None:
        problems.append(Problem(place=place_in(text, path, at), field=field, message=message, hint=hint))

    if isinstance(value, dict):
        if value.get("id", stem) != stem:
            refuse(
                f"'{value['id']}' is not the file's name.",
                f"Remove the line, or rename the file to {value['id']}.yml.",
                ("id",),
                "id",
            )
            return None
        yield RawRecord(model, stem, value, path, ())
    elif isinstance(value, list):
        for index, item in enumerate(value):
            if not isinstance(item, dict):
                refuse("this item of the list is no record.", "Write it as fields, 'name: value'.", (index,))
            elif not isinstance(item.get("id"), str):
                refuse("missing.", "Each record of a list needs an id of its own.", (index,), "id")
            else:
                yield RawRecord(model, item["id"], item, path, (index,))
    elif len(problems) == known:
        refuse("the file holds no record.", f"Write its fields, or run 'briefbook new {model.kind}'.")


def read_yaml(text: str, path: str, problems: list[Problem]) -> Any:
    """Return what a YAML text says as dicts, lists, texts and None; with a problem, what could be read, or None."""
    node = _compose(text, path, problems)
    return _Values(path, problems).value(node) if node is not None else None


def _compose(text: str, path: str, problems: list[Problem]) -> yaml.Node | None:
    def refuse(message: str, hint: str, line: int, column: int) -> None:
        problems.append(Problem(place=Place(path, line, column), field="", message=message, hint=hint))

    try:
        deep = _too_deep(text)
        if deep is not None:
            refuse(
                f"the values are nested over {MAX_DEPTH} levels deep.",
                "Write them flatter.",
                *deep,
            )
            return None
        return yaml.compose(text, yaml.CBaseLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        hint = _YAML_HINTS.get(error.problem or "", "Check quotation marks, brackets and indentation near here.")
        refuse(f"this is not YAML: {error.problem}.", hint, line, column)
        return None
    except yaml.reader.ReaderError as error:
        # The C reader gives no offset in characters for what it refuses; the text itself does.
        found = _CONTROL.search(text)
        before = text[: found.start()] if found else ""
        shown = f"U+{ord(found[0]):04X}" if found else str(error.reason)
        refuse(
            f"the character {shown} is not allowed.",
            "Remove it.",
            before.count("\n") + 1,
            len(before) - before.rfind("\n"),
        )
        return None


_YAML_HINTS = {
    "mapping values are not allowed in this context": "Put a value that contains ': ' between quotation marks.",
    "found character that cannot start any token": "Indent with spaces; put @, ` or % at the start in quotes.",
    "found undefined alias": "Put a value that starts with * between quotation marks.",
    "but found another document": "Keep one document in a file: remove the line '---'.",
}


def _too_deep(text: str) -> tuple[int, int] | None:
    """Return where the nesting passes the limit. Composing is recursive in C: too deep a text would end the process."""
    if text.count("[") + text.count("{") + text.count("- ") + text.count("? ") <= MAX_DEPTH and not _MAYBE_DEEP.search(
        text
    ):
        return None
    depth = 0
    for event in yaml.parse(text, yaml.CBaseLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                mark = event.start_mark
                return (mark.line + 1, mark.column + 1) if mark else (1, 1)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return None


class _Values:
    """Turns the nodes of one file into plain values, and collects what is wrong with them."""

    def __init__(self, path: str, problems: list[Problem]) -> None:
        self.path = path
        self.problems = problems
        self.open: set[int] = set()  # the collections around the present value
        self.seen: set[int] = set()  # collections met so far: meeting one again means an alias
        self.aliased = 0

    def value(self, node: yaml.Node, inside_alias: bool = False) -> Any:
        if node.tag not in _CORE_TAGS:
            tag = node.tag.replace("tag:yaml.org,2002:", "!!")
            self._refuse(node, f"the tag '{tag}' is not allowed.", "Remove it.")
            return node.value if isinstance(node, yaml.ScalarNode) else None
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        if id(node) in self.open:
            self._refuse(node, "an alias (*) leads into itself.", "Write the values out.")
            return None
        inside_alias = inside_alias or id(node) in self.seen
        self.seen.add(id(node))
        if inside_alias and self._repeats_too_much(node):
            return None
        self.open.add(id(node))
        try:
            if isinstance(node, yaml.SequenceNode):
                return [self.value(item, inside_alias) for item in node.value]
            return self._mapping(cast(yaml.MappingNode, node), inside_alias)
        finally:
            self.open.remove(id(node))

    def _repeats_too_much(self, node: yaml.Node) -> bool:
        was_fine = self.aliased <= MAX_ALIASED
        self.aliased += len(node.value) + 1
        if was_fine and self.aliased > MAX_ALIASED:
            self._refuse(node, "the aliases (*) repeat too much.", "Write the values out.")
        return self.aliased > MAX_ALIASED

    def _scalar(self, node: yaml.ScalarNode) -> str | None:
        text = cast(str, node.value)
        if not node.style and text in _NULLS:
            return None
        found = _CONTROL.search(text) if node.style == '"' else None
        if found:
            self._refuse(node, f"the character U+{ord(found[0]):04X} is not allowed.", "Remove it.")
        return _CONTROL.sub("", text) if found else text

    def _mapping(self, node: yaml.MappingNode, inside_alias: bool) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._refuse(key, "a list or mapping cannot be a key.", "Write a plain word before the colon.")
            elif key.value == "<<":
                self._refuse(key, "merge keys (<<) are not part of YAML 1.2.", "Write the fields out.")
            elif key.value in values:
                self._refuse(key, "the key is given twice.", "Keep one of the two.", key.value)
            else:
                values[key.value] = self.value(value, inside_alias)
        return values

    def _refuse(self, node: yaml.Node, message: str, hint: str, field: str = "") -> None:
        mark = node.start_mark
        self.problems.append(
            Problem(place=Place(self.path, mark.line + 1, mark.column + 1), field=field, message=message, hint=hint)
        )


def place_in(text: str, path: str, at: FieldPath, *, on_key: bool = False, needle: str = "") -> Place:
    """Return where a field stands in a YAML text: its value, or with `on_key` its name.

    A path that leads further than the text does (a missing field, a single item that stands for a list) gives the
    last place on the way. With `needle`, the first spot at or after the value where these words stand.
    """
    node = yaml.compose(text, yaml.CBaseLoader)
    if node is None:  # an empty file
        return Place(path)
    mark = node.start_mark
    for step in at:
        found = _child(node, step)
        if found is None:
            break
        node, key = found
        mark = key.start_mark if on_key and key is not None else node.start_mark
    spot = text.find(needle, mark.index, node.end_mark.index) if needle else -1
    if spot < 0:
        return Place(path, mark.line + 1, mark.column + 1)
    return Place(path, text.count("\n", 0, spot) + 1, spot - text.rfind("\n", 0, spot))


def _child(node: yaml.Node, step: str | int) -> tuple[yaml.Node, yaml.Node | None] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], None
    if isinstance(node, yaml.MappingNode):
        return next(((value, key) for key, value in node.value if key.value == step), None)
    return None


class Places:
    """Finds where fields stand, for messages only: a file is read again when it has a problem, and then kept."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._texts: dict[str, str] = {}

    def of(self, path: str, at: FieldPath, *, on_key: bool = False, needle: str = "") -> Place:
        """Return where a field of the file at `path` stands, as `place_in` does."""
        if path not in self._texts:
            self._texts[path] = read_text(self._root, path, []) or ""
        try:
            return place_in(self._texts[path], path, at, on_key=on_key, needle=needle)
        except yaml.YAMLError:  # changed since it was loaded, or the very problem
            return Place(path)

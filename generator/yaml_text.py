"""YAML files read as text and structure only, by the rules of YAML 1.2 and no schema.

`NO`, `12:30`, `010` and `2024` are text; nothing in a file can make anything but texts, lists, mappings and None, or
take more time or memory than its size allows. What is wrong is collected as problems, with line and column.
"""

import re
import stat
from pathlib import Path
from typing import Any, cast

import yaml

from generator.errors import Place, Problem
from generator.tree import read_file

MAX_BYTES = 5 * 1024 * 1024
MAX_DEPTH = 100
MAX_ALIASED = 20_000  # characters and values that the aliases of one file may repeat, all together
MAX_VALUES = 50_000  # in one file
MAX_ITEMS = 1000  # of one list, which may be one of records, or fields of one group

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_CORE_TAGS = frozenset({"tag:yaml.org,2002:str", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq", "", "?", "!"})
# Also the ends of lines that YAML 1.1 and editors see in different places.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")
_OTHER_ENCODINGS = ((b"\xff\xfe\x00\x00", "UTF-32"), (b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"))
_MAYBE_DEEP = re.compile(r"^ {100,}", re.MULTILINE)


def read_text(root: Path, path: str, problems: list[Problem]) -> str | None:
    """Return a file's text, or None when it cannot be had; the reason is then added to `problems`."""

    def refuse(message: str, hint: str, line: int = 1, column: int = 1) -> None:
        problems.append(Problem(place=Place(path, line, column), field="", message=message, hint=hint))

    try:
        file = root / path
        status = file.stat()
        if not stat.S_ISREG(status.st_mode):
            refuse("this is not an ordinary file.", "Remove it, or put a file in its place.")
            return None
        if status.st_size > MAX_BYTES:
            refuse(f"the file has {status.st_size / 1e6:.1f} MB.", "Split it: 5 MB is the limit.")
            return None
        data = read_file(str(file))
    except OSError as error:
        refuse(f"the file cannot be read: {error.strerror}.", "Check that it exists and that you may read it.")
        return None
    other = next((name for mark, name in _OTHER_ENCODINGS if data.startswith(mark)), None)
    if other:
        refuse(f"the file is in {other}.", "Save it as UTF-8.")
        return None
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8-sig")
        found = f"the byte 0x{data[error.start]:02x} is not UTF-8."
        refuse(found, "Save the file as UTF-8.", *_spot(before, len(before)))
        return None
    control = _CONTROL.search(text)
    if control:
        refuse(f"the character U+{ord(control[0]):04X} is not allowed.", "Remove it.", *_spot(text, control.start()))
        return None
    return text


def _spot(text: str, at: int) -> tuple[int, int]:
    """Return line and column of a character, both from 1."""
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def read_yaml(text: str, path: str, problems: list[Problem]) -> Any:
    """Return what a YAML text says as dicts, lists, texts and None; with a problem, what could be read, or None."""
    node = _compose(text, path, problems)
    return _Values(path, problems).value(node) if node is not None else None


class _Loader(yaml.CBaseLoader):
    """Reads structure alone: what has no tag of its own gets none."""

    def resolve(self, kind: type[yaml.Node], value: str | None, implicit: tuple[bool, bool] | bool) -> str:
        """Return no tag, at once: PyYAML's own way looks for one through all that surrounds a value."""
        return ""


def _compose(text: str, path: str, problems: list[Problem]) -> yaml.Node | None:
    def refuse(message: str, hint: str, line: int, column: int) -> None:
        problems.append(Problem(place=Place(path, line, column), field="", message=message, hint=hint))

    try:
        excess = _excess(text)
        if excess is not None:
            refuse(*excess)
            return None
        return yaml.compose(text, _Loader)
    except yaml.MarkedYAMLError as error:
        is_open = error.problem in _UNCLOSED  # then what was opened, and where, is of use
        mark = (error.context_mark if is_open else error.problem_mark) or error.context_mark
        line, column = (
            _spot(text, min(mark.index, len(text))) if mark else (1, 1)
        )  # at the end, its line is one too many
        hint = _YAML_HINTS.get(error.problem or "", "Check quotation marks, brackets and indentation near here.")
        refuse(f"this is not YAML: {error.problem}.", hint, line, column)
        return None


_UNCLOSED = ("found unexpected end of stream", "did not find expected ',' or ']'", "did not find expected ',' or '}'")
_YAML_HINTS = {
    **dict.fromkeys(_UNCLOSED, "Close the quotation mark or bracket that is opened here."),
    "did not find expected alphabetic or numeric character": "Put a value that starts with * or & in quotation marks.",
    "mapping values are not allowed in this context": "Put a value that contains ': ' between quotation "
    "marks, and let fields of one group start in the same column.",
    "found character that cannot start any token": "Indent with spaces; put @, ` or % at the start in quotes.",
    "found undefined alias": "Put a value that starts with * between quotation marks.",
    "but found another document": "Keep one document in a file: remove the line '---'.",
}


def _excess(text: str) -> tuple[str, str, int, int] | None:
    """Return what there is too much of, what to do, line and column, before the text is composed.

    Composing is recursive in C: too deep a text would end the process.
    """
    marks = text.count("[") + text.count("{") + text.count("- ") + text.count("? ")
    is_flat = marks <= MAX_DEPTH and not _MAYBE_DEEP.search(text)
    if is_flat and 2 * (text.count("\n") + text.count(",") + text.count(": ")) < MAX_VALUES:
        return None
    depth = values = 0
    for event in yaml.parse(text, yaml.CBaseLoader):
        found = None
        values += 1
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
            values -= 1
        if depth > MAX_DEPTH:
            found = f"the values are nested over {MAX_DEPTH} levels deep.", "Write them flatter."
        elif values > MAX_VALUES:
            found = f"the file has over {MAX_VALUES:,} values.", "Split it."
        if found:
            mark = event.start_mark
            return *found, *((mark.line + 1, mark.column + 1) if mark else (1, 1))
    return None


class _Values:
    """Turns the nodes of one file into plain values, and collects what is wrong with them."""

    def __init__(self, path: str, problems: list[Problem]) -> None:
        self.path = path
        self.problems = problems
        self.open: set[int] = set()  # the collections around the present value
        self.seen: set[int] = set()  # nodes met so far: meeting one again means an alias
        self.aliased = 0

    def value(self, node: yaml.Node, inside_alias: bool = False) -> Any:
        if node.tag not in _CORE_TAGS:
            tag = node.tag.replace("tag:yaml.org,2002:", "!!")
            self._refuse(node, f"the tag '{tag}' is not allowed.", "Remove it.")
            return node.value if isinstance(node, yaml.ScalarNode) else None
        if id(node) in self.open:
            self._refuse(node, "an alias (*) leads into itself.", "Write the values out.")
            return None
        inside_alias = inside_alias or id(node) in self.seen
        self.seen.add(id(node))
        if inside_alias and self._repeats_too_much(node):
            return None
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        self.open.add(id(node))
        try:
            if isinstance(node, yaml.SequenceNode):
                return [self.value(item, inside_alias) for item in self._first(node)]
            return self._mapping(cast(yaml.MappingNode, node), inside_alias)
        finally:
            self.open.remove(id(node))

    def _first(self, node: yaml.CollectionNode) -> list[Any]:
        """Return what is in a collection, up to the limit."""
        if len(node.value) > MAX_ITEMS:
            self._refuse(node, f"this has {len(node.value):,} items.", f"Split it: {MAX_ITEMS:,} is the limit.")
        return cast(list[Any], node.value[:MAX_ITEMS])

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
        for key, value in self._first(node):
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

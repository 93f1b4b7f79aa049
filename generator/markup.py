"""Markdown to the nodes that the book is set from: read as the site reads it, cleaned as the site cleans it.

A node is text, or a mapping whose "t" says what it is; it becomes JSON, which the book's templates lay out. Nothing of
it can be code. Never looks a record up: a link to one is `#key`, and `"p"` as its title asks for its page number.
"""

import posixpath
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from typing import Any, NamedTuple
from urllib.parse import unquote

import markdown
from markdown import Extension

from generator.sanitise import sanitise

Node = str | dict[str, Any]
Nodes = list[Node]

EXTENSIONS = (
    "abbr",
    "admonition",
    "attr_list",
    "def_list",
    "footnotes",
    "md_in_html",
    "tables",
    "pymdownx.superfences",
)
FOR_BROWSERS = frozenset({"toc", "briefbook"})  # their marks are no text, and the sanitiser is called by `Markup`
LOWEST_HEADING = 6
WEB = ("http:", "https:", "mailto:")
WITH_PAGE = "p"  # the title of a link whose page number is worth having

_VOID = frozenset({"br", "col", "hr", "img", "wbr"})
_BLOCKS = frozenset(
    "article aside blockquote dd details div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6 header hr li ol p pre "
    "section summary table ul".split()
)
_MARKS = {
    "em": "em",
    "i": "em",
    "cite": "em",
    "dfn": "em",
    "var": "em",
    "strong": "strong",
    "b": "strong",
    "del": "del",
    "s": "del",
    "ins": "ins",
    "sup": "sup",
    "sub": "sub",
    "small": "small",
    "mark": "mark",
}
_CODE = frozenset({"code", "kbd", "samp"})


@dataclass(slots=True)
class _Element:
    tag: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    children: list["_Element | str"] = field(default_factory=list)

    @property
    def classes(self) -> list[str]:
        return self.attributes.get("class", "").split()

    def all(self, tag: str) -> Iterator["_Element"]:
        for child in self.children:
            if isinstance(child, _Element):
                if child.tag == tag:
                    yield child
                yield from child.all(tag)

    def text(self) -> str:
        return "".join(child if isinstance(child, str) else child.text() for child in self.children)


class _Tree(HTMLParser):
    """Builds the tree of HTML that the sanitiser wrote: all is closed, and only what it lets through is there."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = _Element("div")
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = _Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].children.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if len(self._open) > 1 and tag not in _VOID:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)


class Reading(NamedTuple):
    """With which extensions of Python-Markdown the site reads its pages: their names, and the settings of each."""

    extensions: Sequence[str | Extension] = EXTENSIONS
    settings: Mapping[str, Mapping[str, Any]] = {}


class Markup:
    """Reads Markdown as the site does.

    `targets` are the keys of what stands in the book, and `file_of` tells the file of a picture, by its address below
    `docs/`, or None when the book cannot have it.
    """

    def __init__(self, reading: Reading, targets: Container[str], file_of: Callable[[str], str | None]) -> None:
        extensions = [name for name in reading.extensions if name not in FOR_BROWSERS]
        self._markdown = markdown.Markdown(extensions=extensions, extension_configs=dict(reading.settings))
        self._targets = targets
        self._file_of = file_of
        self.inline = cache(self._inline)

    def blocks(self, text: str, level: int = 1, folder: str = "") -> Nodes:
        """Return Markdown as blocks: paragraphs, lists, tables.

        It stands below a heading of `level`, and its addresses start in `folder`, below `docs/`.
        """
        if not text.strip():
            return []
        tree = _Tree()
        tree.feed(sanitise(self._markdown.reset().convert(text)))
        tree.close()
        return list(_Reader(tree.root, self._targets, self._file_of, level, folder).blocks(tree.root))

    def _inline(self, text: str) -> tuple[Node, ...]:
        """Return Markdown of one paragraph as what stands in a line; of several, one after the other."""
        nodes: Nodes = []
        for block in self.blocks(text):
            nodes += block["c"] if isinstance(block, dict) and block["t"] == "p" else [block]
        return tuple(nodes)


class _Reader:
    """Turns a tree of HTML into nodes; knows where the footnotes are, and the level of the last heading."""

    def __init__(
        self,
        root: _Element,
        targets: Container[str],
        file_of: Callable[[str], str | None],
        level: int,
        folder: str,
    ) -> None:
        self._targets = targets
        self._file_of = file_of
        self._folder = folder
        self._above = self._level = level
        self._notes = {item.attributes["id"]: item for item in root.all("li") if "id" in item.attributes}

    def blocks(self, parent: _Element) -> Iterator[Node]:
        """Yield blocks; what stands in a line by itself becomes a paragraph."""
        line: Nodes = []
        for child in parent.children:
            if isinstance(child, _Element) and child.tag in _BLOCKS:
                yield from _paragraph(line)
                line = []
                yield from self._block(child)
            else:
                line += self._line(child)
        yield from _paragraph(line)

    def _block(self, element: _Element) -> Iterator[Node]:
        tag = element.tag
        if tag == "p":
            yield from _paragraph(self._inside(element))
        elif tag[0] == "h" and tag[1:].isdigit():
            # Below the heading above the text, and no level left out: readers' tools go by it.
            wanted = self._above + max(1, int(tag[1:]) - 1)
            self._level = min(wanted, self._level + 1, LOWEST_HEADING)
            yield {"t": "h", "level": self._level, "c": _trimmed(self._inside(element))}
        elif tag in ("ul", "ol"):
            yield self._list(element)
        elif tag == "dl":
            yield from self._terms(element)
        elif tag == "blockquote":
            yield {"t": "quote", "c": list(self.blocks(element))}
        elif tag == "pre":
            yield {"t": "pre", "s": element.text().rstrip("\n")}
        elif tag == "table":
            yield self._table(element)
        elif tag == "hr":
            yield {"t": "hr"}
        elif tag == "details" or "admonition" in element.classes:
            yield self._admonition(element)
        elif "footnote" not in element.classes:  # the notes stand where they are called
            yield from self.blocks(element)

    def _list(self, element: _Element) -> Node:
        items = [list(self.blocks(item)) for item in element.children if isinstance(item, _Element)]
        start = element.attributes.get("start", "1")
        node: dict[str, Any] = {"t": element.tag, "items": items}
        if element.tag == "ol" and start.isdecimal():
            node["start"] = int(start)
        return node

    def _terms(self, element: _Element) -> Iterator[Node]:
        for child in element.children:
            if isinstance(child, _Element):
                inside = list(self.blocks(child))
                is_term = child.tag == "dt"
                yield from [{"t": "p", "c": [{"t": "strong", "c": _lines(inside)}]}] if is_term else inside

    def _table(self, element: _Element) -> Node:
        rows = [[cell for cell in row.children if isinstance(cell, _Element)] for row in element.all("tr")]
        head = rows[0] if rows and all(cell.tag == "th" for cell in rows[0]) else []
        body = rows[1:] if head else rows
        columns = max((len(row) for row in rows), default=1)
        sides = [next((name[3:] for name in cell.classes if name.startswith("bb-")), "") for cell in (head or body[0])]
        shown = [[_lines(list(self.blocks(cell))) for cell in row] for row in body]
        titles = [_lines(list(self.blocks(cell))) for cell in head]
        return {"t": "table", "columns": columns, "align": sides, "head": titles, "rows": shown}

    def _admonition(self, element: _Element) -> Node:
        title: Nodes = []
        rest = []
        for child in element.children:
            is_title = isinstance(child, _Element) and (child.tag == "summary" or "admonition-title" in child.classes)
            if is_title and isinstance(child, _Element):
                title = _trimmed(self._inside(child))
            else:
                rest.append(child)
        return {"t": "box", "title": title, "c": list(self.blocks(_Element("div", {}, rest)))}

    def _inside(self, element: _Element) -> Nodes:
        return [node for child in element.children for node in self._line(child)]

    def _line(self, child: "_Element | str") -> Nodes:
        """Return what stands in a line; of a block in it, its text."""
        if isinstance(child, str):
            return [_spaced(child)] if child else []
        tag, inside = child.tag, self._inside
        if "footnote-ref" in child.classes:
            return self._note(child)
        if "footnote-backref" in child.classes or "headerlink" in child.classes:
            return []
        if tag == "a" and child.attributes.get("href"):
            return self._link(child.attributes["href"], child.attributes.get("title", ""), inside(child))
        if tag == "img":
            return self._image(child)
        if tag == "br":
            return [{"t": "br"}]
        if tag in _CODE:
            return [{"t": "code", "s": _spaced(child.text())}]
        if tag == "sup" and any("footnote-ref" in link.classes for link in child.all("a")):
            return inside(child)
        nodes = inside(child)
        if tag in _MARKS and nodes:
            nodes = [{"t": _MARKS[tag], "c": nodes}]
        if child.attributes.get("lang"):
            return [{"t": "lang", "lang": child.attributes["lang"], "c": nodes}]
        if tag == "bdi" and nodes:
            return [{"t": "bdi", "c": nodes}]
        return nodes

    def _link(self, href: str, title: str, inside: Nodes) -> Nodes:
        """Return a link to the web, or to what stands in the book; of any other, its words."""
        if href.startswith(WEB):
            shown = "".join(node for node in inside if isinstance(node, str))
            return [{"t": "link", "url": href, "c": inside, "written": shown != href.removeprefix("mailto:")}]
        key = href[1:] if href.startswith("#") else self._below_docs(href.partition("#")[0]).removesuffix(".md")
        return [{"t": "ref", "key": key, "c": inside, "page": title == WITH_PAGE}] if key in self._targets else inside

    def _image(self, element: _Element) -> Nodes:
        """Return a picture; where the book cannot have it, what it shows."""
        alt = element.attributes.get("alt", "")
        file = self._file_of(self._below_docs(element.attributes.get("src", "")))
        return [{"t": "img", "file": file, "alt": alt}] if file else [alt] if alt else []

    def _below_docs(self, address: str) -> str:
        """Return where an address of a page leads to below `docs/`."""
        return posixpath.normpath(posixpath.join(self._folder, unquote(address)))

    def _note(self, link: _Element) -> Nodes:
        note = self._notes.get(link.attributes.get("href", "#")[1:])
        if note is None:
            return []
        blocks = list(self.blocks(note))
        last = blocks[-1]["c"] if blocks and isinstance(blocks[-1], dict) and blocks[-1]["t"] == "p" else []
        if last and isinstance(last[-1], str):
            last[-1] = last[-1].rstrip("\N{NO-BREAK SPACE}")  # which stood before the way back
        return [{"t": "note", "c": _lines(blocks)}]


def _spaced(text: str) -> str:
    """Return text with each run of white space as one space, as a browser shows it; no-break spaces stay."""
    if "\n" not in text and "  " not in text and "\t" not in text:
        return text
    start = " " if text[0] in " \t\r\n" else ""
    end = " " if text[-1] in " \t\r\n" else ""
    words = [word for word in text.replace("\t", " ").replace("\r", " ").replace("\n", " ").split(" ") if word]
    return f"{start}{' '.join(words)}{end}" if words else " "


def _trimmed(nodes: Sequence[Node]) -> Nodes:
    """Return a line without the white space at its ends and around its breaks."""
    kept: Nodes = []
    for node in nodes:
        after_break = not kept or _is_break(kept[-1])
        if isinstance(node, str):
            node = node.lstrip(" ") if after_break or _ends_in_space(kept[-1]) else node
            if not node:
                continue
        elif _is_break(node) and kept and isinstance(kept[-1], str):
            kept[-1] = kept[-1].rstrip(" ")
        kept.append(node)
    if kept and isinstance(kept[-1], str):
        kept[-1] = kept[-1].rstrip(" ")
    return [node for node in kept if node != ""]


def _is_break(node: Node) -> bool:
    return isinstance(node, dict) and node["t"] == "br"


def _ends_in_space(node: Node) -> bool:
    return isinstance(node, str) and node.endswith(" ")


def _paragraph(line: Iterable[Node]) -> Iterator[Node]:
    trimmed = _trimmed(list(line))
    if trimmed:
        yield {"t": "p", "c": trimmed}


def _lines(blocks: Sequence[Node]) -> Nodes:
    """Return blocks as they stand in a cell or a note: one paragraph as its line, several as blocks."""
    if len(blocks) == 1 and isinstance(blocks[0], dict) and blocks[0]["t"] == "p":
        return list(blocks[0]["c"])
    return list(blocks)

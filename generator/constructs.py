"""The Markdown that our own templates write, rendered without Python-Markdown: most pages have nothing else in them.

Ten thousand pages are mostly headings, lists, links and a few marked boxes. Whatever is not known here for certain
makes a whole page unknown, and Python-Markdown renders it; what is known has the same HTML, byte for byte, as tests
and `briefbook build --verify` show.
"""

import html
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple, TypeVar

from markdown.extensions.toc import slugify, unique

from generator.prose import BY_HAND
from generator.sanitise import is_id, is_own

EXTENSIONS = frozenset(
    "abbr admonition attr_list def_list fenced_code footnotes md_in_html tables toc pymdownx.details "
    "pymdownx.highlight pymdownx.superfences briefbook".split()
)
SETTINGS = {"toc": {"permalink": True}}  # of extensions whose settings show in what is rendered here

_PERMALINK = '<a class="headerlink" href="#{id}" title="Permanent link">¶</a>'
_BOXES = r"div|section|blockquote"
_SPANS = r"span|b|i|bdi|details|summary"

_ATTRIBUTES = r"((?: [a-z-]+(?:=\"[^\"<>&]+\")?)*)"

_HEADING = re.compile(r"(#{1,6}) (\S.*?)(?: \{: #([a-z0-9-]+) \})?")
_OPEN = re.compile(rf"<({_BOXES}){_ATTRIBUTES} markdown>")
_CLOSE = re.compile(rf"</({_BOXES})>")
_MARKED = re.compile(rf"<p{_ATTRIBUTES} markdown>(.+)</p>")
_ATTRIBUTE = re.compile(r' ([a-z-]+)(?:="([^"]+)")?')
_DELIMITERS = re.compile(r"\|(?:---\|)+")
_KINDS = {"": "", "#": "heading", "|": "table"}
# What starts a block of another kind, or may do so: paragraphs that start like this are not known here.
_OTHER_START = re.compile(r"[ #>+:|=~?-]|\d+[.)]|!(?!\[)|</|<(?:details|summary)", re.ASCII)

_OTHER_LINE = re.compile(rf"\n(?:{_OTHER_START.pattern})", re.ASCII)

# Each begins with a sign of its own, which lets the search skip whatever is none of them.
_TOKEN = re.compile(
    rf"""
    \\(?P<escaped>[\\`*_{{}}\[\]()>#+.!|-])
    | &(?P<entity>(?:\#\d{{1,6}}|lt|gt|amp|quot|nbsp);)
    | \[(?<!!\[)(?P<label>[^\[\]\\]*(?:\\.[^\[\]\\]*)*)\]\((?:<(?P<angled>[^<>\s\\]+)>|(?P<plain>[^<>\s\\()'"]+))\)
    | !\[(?P<alt>[^\[\]\\]*(?:\\.[^\[\]\\]*)*)\]\(<(?P<source>[^<>\s\\]+)>\)
    | \*(?P<second>\*?)(?=[^\s*])(?P<stressed>[^*]*[^\s*])\*(?P=second)(?!\*)
    | <(?P<opened>{_SPANS})(?P<attributes>(?:\ [a-z-]+="[^"<>&]+")*)>
    | </(?P<closed>{_SPANS})>
    | <br(?P<line>)>
    | \ \ \n(?P<broken>)
    | \n(?<!\ \n)(?P<new>)
    """,
    re.VERBOSE,
)
_SPECIAL = re.compile(r"[\\`*_\[\]<>{}&\t\n\r\f\v\x00-\x08\x0e-\x1f\x85\u2028\u2029]")
_ADDRESS = re.compile(r"(?:https?://|mailto:)[\w.~:/?#@!$'()*+,;=%&-]+", re.ASCII)
_IN_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\u00a0": "&nbsp;"})

T = TypeVar("T")
Resolve = Callable[[str], str | None]  # an address below `docs/`, as the page has it -> as the site has it


class Heading(NamedTuple):
    """A heading: its level, address, and words as HTML."""

    level: int
    id: str
    name: str


class Content(NamedTuple):
    """The HTML of a page, and its headings in their order."""

    html: str
    headings: tuple[Heading, ...]


class _UnknownError(Exception):
    """There is something that only Python-Markdown knows."""


def knows(extensions: Mapping[str, Mapping[str, Any]]) -> bool:
    """Tell whether pages read with these extensions, {name: settings}, can be rendered here."""
    return set(extensions) <= EXTENSIONS and all(extensions.get(name, {}) == SETTINGS[name] for name in SETTINGS)


def render(text: str, resolve: Resolve) -> Content | None:
    """Return a page's Markdown as HTML, or None when something in it is not known here."""
    if text.startswith(BY_HAND):
        if "bb-" in text:  # a class that the sanitiser takes away
            return None
        text = text.removeprefix(BY_HAND)
    try:
        return _Page(resolve).render(text)
    except _UnknownError:
        return None


class _Page:
    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._headings: list[Heading] = []
        self._opened: list[str] = []  # tags of the boxes that we are in
        self._ids: set[str] = set()
        self._out: list[str] = []

    def render(self, text: str) -> Content:
        chunks = re.split(r"\n\n+", text.strip("\n"))
        # Addresses that are given count before those that are made.
        headings = (_HEADING.fullmatch(chunk) for chunk in chunks if chunk[:1] == "#")
        self._ids = {match[3] for match in headings if match and match[3]}
        before = ""
        for chunk in (*chunks, ""):
            kind = _kind_of(chunk)
            if kind == before == "list":  # with empty lines between its entries a list looks otherwise
                raise _UnknownError
            if before == "facts" != kind:
                self._out.append("</dl>")
            elif kind == "facts" != before:
                self._out.append("<dl>")
            if kind:
                getattr(self, f"_{kind}")(chunk)
            before = kind
        if self._opened:
            raise _UnknownError
        return Content("\n".join(self._out), tuple(self._headings))

    def _open(self, chunk: str) -> None:
        tag, opened = _box(chunk)
        self._opened.append(tag)
        self._out.append(opened)

    def _close(self, chunk: str) -> None:
        match = _sure(_CLOSE.fullmatch(chunk))
        if not self._opened or self._opened.pop() != match[1]:
            raise _UnknownError
        self._out.append(chunk)

    def _marked(self, chunk: str) -> None:
        match = _sure(_MARKED.fullmatch(chunk))
        self._out.append(f"<p{_attributes('p', match[1], is_block=True)}>{self._inline(match[2])}</p>")

    def _paragraph(self, chunk: str) -> None:
        self._out.append(f"<p>{self._lines(chunk)}</p>")

    def _list(self, chunk: str) -> None:
        items = chunk.split("\n")
        if not all(item.startswith("- ") for item in items):
            raise _UnknownError
        self._out += ["<ul>", *(f"<li>{self._lines(item[2:])}</li>" for item in items), "</ul>"]

    def _facts(self, chunk: str) -> None:
        term, _, definition = chunk.partition("\n:   ")
        self._out += [f"<dt>{self._lines(term)}</dt>", f"<dd>{self._lines(definition)}</dd>"]

    def _heading(self, chunk: str) -> None:
        match = _sure(_HEADING.fullmatch(chunk))
        words = self._inline(match[2])
        if "<" in words or match[2][-1] == "#" or not is_id(match[3] or "x"):
            raise _UnknownError
        name = " ".join(words.split())
        id = match[3] or unique(slugify(html.unescape(name), "-"), self._ids)
        level = len(match[1])
        self._headings.append(Heading(level, id, name))
        address = f' id="{id}"' if is_id(id) else ""
        self._out.append(f"<h{level}{address}>{words}{_PERMALINK.format(id=id)}</h{level}>")

    def _table(self, chunk: str) -> None:
        head, *others = chunk.split("\n")
        rows = [_cells(row) for row in (head, *others[1:])]
        width = others[0].count("|") - 1 if others else 0
        if len(rows) < 2 or not _DELIMITERS.fullmatch(others[0]) or any(len(row) != width for row in rows):
            raise _UnknownError
        self._out += ["<table>", "<thead>", *self._row("th", rows[0]), "</thead>", "<tbody>"]
        for row in rows[1:]:
            self._out += self._row("td", row)
        self._out += ["</tbody>", "</table>"]

    def _row(self, tag: str, cells: list[str]) -> Iterator[str]:
        yield "<tr>"
        for cell in cells:
            if "|" in cell:
                raise _UnknownError
            yield f"<{tag}>{self._inline(cell)}</{tag}>"
        yield "</tr>"

    def _lines(self, text: str) -> str:
        if "|" in text or _OTHER_START.match(text) or ("\n" in text and _OTHER_LINE.search(text)):
            raise _UnknownError
        return self._inline(text)

    def _inline(self, text: str) -> str:
        """Render the inside of a block: text, links, and what stands in a line."""
        if text != text.strip():
            raise _UnknownError
        if not _SPECIAL.search(text):  # most words have no sign in them, and need no search for tokens
            return text.replace("\u00a0", "&nbsp;")
        parts: list[str] = []
        opened: list[str] = []
        end = 0
        for token in _TOKEN.finditer(text):
            start, stop = token.span()
            if end != start:
                parts.append(_plain(text[end:start]))
            end = stop
            parts.append(self._token(token, opened))
        if end != len(text):
            parts.append(_plain(text[end:]))
        if opened:
            raise _UnknownError
        return "".join(parts)

    def _token(self, token: re.Match[str], opened: list[str]) -> str:
        kind = token.lastgroup
        if kind == "plain" or kind == "angled":
            address, label = token.group(kind, "label")
            return f'<a href="{self._address(address)}">{self._inline(label)}</a>'
        if kind == "attributes":
            tag, attributes = token.group("opened", "attributes")
            opened.append(tag)
            return f"<{tag}{_attributes(tag, attributes)}>"
        if kind == "closed":
            if not opened or opened.pop() != token[kind]:
                raise _UnknownError
            return token[0]
        if kind == "escaped":
            return token[kind].translate(_IN_TEXT)
        if kind == "entity":
            return html.unescape(token[0]).translate(_IN_TEXT)
        if kind == "stressed":
            tag = "strong" if token["second"] else "em"
            return f"<{tag}>{self._inline(token[kind])}</{tag}>"
        if kind == "source":
            return f'<img alt="{self._alternative(token["alt"])}" src="{_sure(self._resolve(token[kind]))}">'
        return "\n" if kind == "new" else "<br>\n" if kind == "broken" else "<br>"

    def _alternative(self, text: str) -> str:
        words = self._inline(text)
        if "<" in words:
            raise _UnknownError
        return words.replace('"', "&quot;")

    def _address(self, given: str) -> str:
        if given.startswith("../") or not _ADDRESS.fullmatch(given):  # most links are such paths
            return _sure(self._resolve(given))
        if "&" in given and ";" in given:  # which may be a character's name
            raise _UnknownError
        return given.replace("&", "&amp;")


def _kind_of(chunk: str) -> str:
    """Return which method renders a block, as its start tells; nothing for no block."""
    first = chunk[:1]
    if first == "<":
        if chunk.startswith(("</", "<p ")):
            return "close" if chunk[1] == "/" else "marked"
        if chunk.endswith(" markdown>") and _OPEN.fullmatch(chunk):
            return "open"
    if first in _KINDS:
        return _KINDS[first]
    if chunk.startswith("- "):
        return "list"
    return "facts" if "\n:   " in chunk else "paragraph"


def _sure(found: T | None) -> T:
    if found is None:
        raise _UnknownError
    return found


def _cells(row: str) -> list[str]:
    if not (row.startswith("| ") and row.endswith(" |")):
        raise _UnknownError
    return row[2:-2].split(" | ")


def _plain(text: str) -> str:
    if _SPECIAL.search(text):
        raise _UnknownError
    return text.replace("\u00a0", "&nbsp;")


@cache
def _box(chunk: str) -> tuple[str, str]:
    """Return the tag of a box, and its start in HTML: there are few of them, on all pages the same."""
    match = _sure(_OPEN.fullmatch(chunk))
    return match[1], f"<{match[1]}{_attributes(match[1], match[2], is_block=True)}>"


@cache
def _attributes(tag: str, text: str, *, is_block: bool = False) -> str:
    """Return the attributes of a tag that the sanitiser lets through; those of blocks are sorted."""
    found = _ATTRIBUTE.findall(text)
    kept = ""
    for name, value in sorted(found) if is_block else found:
        if name == "data-pagefind-ignore" and not value:
            kept += ' data-pagefind-ignore="data-pagefind-ignore"' if tag in ("div", "section") else ""
        elif name == "class" and all(is_own(word) for word in value.split(" ")):
            kept += f' class="{value}"'
        elif name in ("lang", "dir", "aria-hidden") or (name, value) == ("role", "note"):
            kept += f' {name}="{value}"'
        else:
            raise _UnknownError
    return kept

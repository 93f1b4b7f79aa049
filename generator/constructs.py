"""The Markdown that our own templates write, rendered without Python-Markdown: most pages have nothing else in them.

Ten thousand pages are mostly headings, lists, links and a few marked boxes. Whatever is not known here for certain
makes a whole page unknown, and Python-Markdown renders it; what is known has the same HTML, byte for byte, as tests
and `briefbook build --verify` show.
"""

import html
import re
import unicodedata
from collections.abc import Container, Iterator, Mapping
from functools import cache, lru_cache, partial
from typing import Any, NamedTuple, Protocol, TypeVar

from generator.allowed import is_id, is_own
from generator.prose import BY_HAND

EXTENSIONS = frozenset(
    "abbr admonition attr_list def_list fenced_code footnotes md_in_html tables toc pymdownx.details "
    "pymdownx.highlight pymdownx.superfences briefbook".split()
)
SETTINGS = {"toc": {"permalink": True}}  # of extensions whose settings show in what is rendered here

_BOXES = r"div|section|blockquote|figure|figcaption"
_SPANS = r"span|b|i|bdi|details|summary"

_ATTRIBUTES = r"((?: [a-z-]+(?:=\"[^\"<>&]+\")?)*)"

_HEADING = re.compile(r"(#{1,6}) (\S.*?)(?: \{: #([a-z0-9-]+) \})?")
_OPEN = re.compile(rf"<({_BOXES}){_ATTRIBUTES} markdown>")
_FOLD = re.compile(rf"<details{_ATTRIBUTES} markdown>\n<summary>([\w ',.\u2019]+)</summary>")
_CLOSE = re.compile(rf"</({_BOXES}|details)>")
_MARKED = re.compile(rf"<p{_ATTRIBUTES} markdown>(.+)</p>")
_ATTRIBUTE = re.compile(r' ([a-z-]+)(?:="([^"]+)")?')
_DELIMITERS = re.compile(r"\|(?:---\|)+")
_KINDS = {"": "", "#": "heading", "|": "table"}
# What starts a block of another kind, or may do so: paragraphs that start like this are not known here.
_OTHER_START = re.compile(r"[ #>+:|=~?-]|\d+[.)]|!(?!\[)|</|<(?:details|summary)", re.ASCII)
_OTHER_LINE = re.compile(rf"\n(?:{_OTHER_START.pattern})", re.ASCII)

_SIGNS = "\\`*_[]<>{}&\x85\xa0"  # and all controls
_SPECIAL = rf"{re.escape(_SIGNS)}\x00-\x1f"  # in a class of characters: of ranges `re` makes one sooner
# Each begins with a sign of its own, which lets the search skip whatever is none of them. What has no group is unknown.
_TOKEN = re.compile(
    rf"""
    \\(?P<escaped>[\\`*_{{}}\[\]()>#+.!|-])
    | &(?P<entity>(?:\#\d{{1,6}}|lt|gt|amp|quot|nbsp);)
    | \[!\[(?P<pictured>[^\[\]\\]*(?:\\.[^\[\]\\]*)*)\]\(<(?P<shown>[^<>\s\\]+)>\)\]\((?P<leading>[^<>\s\\()'"]+)\)
    | \[(?<!!\[)(?P<label>[^\[\]\\]*(?:\\.[^\[\]\\]*)*)\]\((?:<(?P<angled>[^<>\s\\]+)>|(?P<plain>[^<>\s\\()'"]+))\)
    | !\[(?P<alt>[^\[\]\\]*(?:\\.[^\[\]\\]*)*)\]\(<(?P<source>[^<>\s\\]+)>\)
    | \*(?P<second>\*?)(?=[^\s*])(?P<stressed>[^*]*[^\s*])\*(?P=second)(?!\*)
    | <(?P<opened>{_SPANS})(?P<attributes>(?:\ [a-z-]+="[^"<>&]+")*)>
    | </(?P<closed>{_SPANS})>
    | <br(?P<line>)>
    | \n(?<=\ \ \n)(?P<broken>)
    | \n(?<!\ \n)(?P<new>)
    | \u00a0(?P<unbroken>)
    | {"|".join(map(re.escape, (*_SIGNS, *map(chr, range(32)))))}
    """,
    re.VERBOSE,
)
_IS_SPECIAL = re.compile(f"[{_SPECIAL}]")

# Nearly all rows of lists are words, links, and marked words: to see that takes less time than to go from sign to sign.
_LINK = re.compile(r"\[(?P<label>[^\[\]\\]*)\]\((?:<(?P<angled>[^<>\s\\]+)>|(?P<plain>[^<>\s\\()'\"]+))\)")
_WORDS = f"[^{_SPECIAL}]*+"
_LINKED = rf"{_WORDS}(?:(?<!!)\[{_WORDS}\]\((?:<[^<>\s\\]+>|[^<>\s\\()'\"]+)\){_WORDS})*+"
_BOLD = f"<b>{_WORDS}</b>{_LINKED}"
_MARKED_WORDS = rf"<span class=\"bb-(?:context|details|seen|step)\">{_LINKED}(?:{_BOLD})*+</span>{_LINKED}"
_ROW = re.compile(rf"{_LINKED}(?:{_BOLD}|{_MARKED_WORDS})*+")
_ADDRESS = re.compile(r"(?:https?://|mailto:)[\w.~:/?#@!$'()*+,;=%&-]+", re.ASCII)
_ALONE = {"new": "\n", "broken": "\x00", "line": "<br>", "unbroken": "&nbsp;"}  # what has no parts
_BROKEN = "  \x00"  # a line that ends in two spaces; to look for spaces would take longer than all else
_IN_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\u00a0": "&nbsp;"})

T = TypeVar("T")


class Target(NamedTuple):
    """Where an address leads, as the site has it from a page.

    `links` are links, {Markdown: HTML}, that were rendered on pages from which it is the same; more may be put there.
    """

    address: str
    links: dict[str, str]


class View(Protocol):
    """What a page sees of the site."""

    def find(self, written: str) -> Target | None:
        """Return where an address below `docs/` leads, as the page has it, or None when it is unknown."""

    def link(self, written: str) -> str | None:
        """Return the HTML of a link that was rendered before, where it is sure to be the same on this page."""


class Heading(NamedTuple):
    """A heading: its level, address, and words as HTML."""

    level: int
    id: str
    name: str


class Content(NamedTuple):
    """The HTML of a page, and its headings in their order."""

    html: str
    headings: tuple[Heading, ...]


class _Titled(NamedTuple):
    """A heading as any page may have it: its words as HTML, and in one line; its id: given, or made of its words."""

    level: int
    words: str
    name: str
    given: str
    slug: str


class _Nowhere:
    """What is seen where nothing leads anywhere."""

    def find(self, written: str) -> Target | None:
        """Return None."""

    def link(self, written: str) -> str | None:
        """Return None."""


class _UnknownError(Exception):
    """There is something that only Python-Markdown knows."""


def knows(extensions: Mapping[str, Mapping[str, Any]]) -> bool:
    """Tell whether pages read with these extensions, {name: settings}, can be rendered here."""
    return set(extensions) <= EXTENSIONS and all(extensions.get(name, {}) == SETTINGS[name] for name in SETTINGS)


def render(text: str, view: View) -> Content | None:
    """Return a page's Markdown as HTML, or None when something in it is not known here."""
    if "\u2028" in text or "\u2029" in text:  # which some take for ends of lines
        return None
    if text.startswith(BY_HAND):
        if "bb-" in text:  # a class that the sanitiser takes away
            return None
        text = text.removeprefix(BY_HAND)
    try:
        return _Page(view).render(text)
    except _UnknownError:
        return None


class _Page:
    def __init__(self, view: View) -> None:
        self._view = view
        self._headings: list[Heading] = []
        self._opened: list[str] = []  # tags of the boxes that we are in
        self._ids: set[str] = set()
        self._out: list[str] = []

    def render(self, text: str) -> Content:
        chunks = re.split(r"\n\n+", text.strip("\n"))
        # Addresses that are given count before those that are made.
        self._ids = {given for chunk in chunks if chunk[:1] == "#" and (given := _heading_of(chunk).given)}
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

    def _edge(self, chunk: str) -> None:
        tag, made, is_open = _sure(_edge_of(chunk))
        if is_open:
            self._opened.append(tag)
        elif not self._opened or self._opened.pop() != tag or self._out[-1].startswith((f"<{tag}", "<summary>")):
            raise _UnknownError  # a box in which there is nothing looks otherwise, too
        self._out.append(made)

    def _fold(self, chunk: str) -> None:
        match = _sure(_FOLD.fullmatch(chunk))
        self._opened.append("details")
        words = self.inline(match[2])
        self._out += [f"<details{_attributes('details', match[1], is_block=True)}>", f"<summary>{words}</summary>"]

    def _marked(self, chunk: str) -> None:
        match = _sure(_MARKED.fullmatch(chunk))
        self._out.append(f"<p{_attributes('p', match[1], is_block=True)}>{self.inline(match[2])}</p>")

    def _paragraph(self, chunk: str) -> None:
        self._out.append(f"<p>{self._lines(chunk)}</p>")

    def _list(self, chunk: str) -> None:
        items = chunk[2:].split("\n- ")
        if chunk.count("\n") >= len(items):
            raise _UnknownError
        self._out += ["<ul>", *[f"<li>{self._lines(item)}</li>" for item in items], "</ul>"]

    def _facts(self, chunk: str) -> None:
        term, _, definition = chunk.partition("\n:   ")
        self._out += [f"<dt>{self._lines(term)}</dt>", f"<dd>{self._lines(definition)}</dd>"]

    def _heading(self, chunk: str) -> None:
        heading = _heading_of(chunk)
        id = heading.given or _unique(heading.slug, self._ids)
        self._ids.add(id)
        self._headings.append(Heading(heading.level, id, heading.name))
        address = f' id="{id}"' if is_id(id) else ""
        permalink = f'<a class="headerlink" href="#{id}" title="Permanent link">¶</a>'
        self._out.append(f"<h{heading.level}{address}>{heading.words}{permalink}</h{heading.level}>")

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
            yield f"<{tag}>{self.inline(cell)}</{tag}>"
        yield "</tr>"

    def _lines(self, text: str) -> str:
        if "|" in text or (text[:1] != "[" and _OTHER_START.match(text)) or ("\n" in text and _OTHER_LINE.search(text)):
            raise _UnknownError
        return self.inline(text)

    def inline(self, text: str) -> str:
        """Render the inside of a block: text, links, and what stands in a line."""
        if text != text.strip():
            raise _UnknownError
        if not _IS_SPECIAL.search(text):  # most words have no sign in them, and need no search for tokens
            return text
        if _ROW.fullmatch(text):
            return _LINK.sub(self._linked, text)
        opened: list[str] = []
        rendered = _TOKEN.sub(partial(self._token, opened), text)
        if opened:
            raise _UnknownError
        return rendered.replace(_BROKEN, "<br>\n") if _BROKEN in rendered else rendered

    def _token(self, opened: list[str], token: re.Match[str]) -> str:
        kind = token.lastgroup
        if kind == "plain" or kind == "angled":
            return self._linked(token)
        if kind == "attributes":
            opened.append(token["opened"])
            return _span(token["opened"], token[kind])
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
            return f"<{tag}>{self.inline(token[kind])}</{tag}>"
        if kind == "source":
            return self._picture(token["alt"], token[kind])
        if kind == "leading":  # a picture that is a link
            target = _sure(self._view.find(token[kind])).address
            return f'<a href="{target}">{self._picture(token["pictured"], token["shown"])}</a>'
        return _sure(_ALONE.get(kind or ""))

    def _linked(self, token: re.Match[str]) -> str:
        return self._view.link(token[0]) or self._link(token)

    def _link(self, token: re.Match[str]) -> str:
        given = token["plain"] or token["angled"]
        # Most links are such paths.
        target = None if _ADDRESS.fullmatch(given) and not given.startswith("../") else _sure(self._view.find(given))
        address = target.address if target else _outward(given)
        link = f'<a href="{address}">{self.inline(token["label"])}</a>'
        if target:
            target.links[token[0]] = link
        return link

    def _picture(self, alternative: str, source: str) -> str:
        words = self.inline(alternative)
        if "<" in words:
            raise _UnknownError
        words = words.replace('"', "&quot;")
        return f'<img alt="{words}" src="{_sure(self._view.find(source)).address}">'


def _kind_of(chunk: str) -> str:
    """Return which method renders a block, as its start tells; nothing for no block."""
    first = chunk[:1]
    if first == "<":
        if chunk.startswith("<p "):
            return "marked"
        if _edge_of(chunk):
            return "edge"
        if chunk.startswith("<details "):
            return "fold"
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


def _outward(address: str) -> str:
    if "&" in address and ";" in address:  # which may be a character's name
        raise _UnknownError
    return address.replace("&", "&amp;")


@lru_cache(4096)
def _heading_of(chunk: str) -> _Titled:
    """Return a heading, whatever the page: most pages have the same ones.

    Raises: _UnknownError.
    """
    marks, text, given = _sure(_HEADING.fullmatch(chunk)).groups()
    words = _Page(_Nowhere()).inline(text)
    if "<" in words or text[-1] == "#" or not is_id(given or "x"):
        raise _UnknownError
    name = " ".join(words.split())
    return _Titled(len(marks), words, name, given or "", _slugify(html.unescape(name)))


@lru_cache(4096)
def _edge_of(chunk: str) -> tuple[str, str, bool] | None:
    """Return of what a box begins or ends with its tag, its HTML, and whether it begins; None for anything else."""
    if match := _CLOSE.fullmatch(chunk):
        return match[1], chunk, False
    match = _OPEN.fullmatch(chunk)
    return match and (match[1], f"<{match[1]}{_attributes(match[1], match[2], is_block=True)}>", True)


def _slugify(words: str) -> str:
    """Return the id that the table of contents gives to a heading of these words."""
    letters = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode("ascii")
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", letters).strip().lower())


def _unique(id: str, taken: Container[str]) -> str:
    """Return the id that the table of contents gives to a heading where some are taken."""
    while not id or id in taken:
        stem, _, number = id.rpartition("_")
        id = f"{stem}_{int(number) + 1}" if number.isdecimal() and "_" in id else f"{id}_1"
    return id


@cache
def _span(tag: str, attributes: str) -> str:
    return f"<{tag}{_attributes(tag, attributes)}>"


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

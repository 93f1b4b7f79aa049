"""Markdown as text: what authors type is read into pieces here, and plain text is escaped so that it reads as typed.

A record's prose is tamed on the way: it may emphasise, list, quote, link and show code, but it is no HTML, sets no
attributes, defines nothing for the rest of its page, and points nowhere outside the site but to web addresses.
A hand-written page keeps its Markdown and HTML (`sanitise.py` cleans what comes of it). Never looks an id up.
"""

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from generator.characters import is_web_address, turns


class Words(NamedTuple):
    """Running text, in which the names of actors may become links."""

    text: str


class Verbatim(NamedTuple):
    """Markdown to be left as it is: code, links to elsewhere, headings of hand-written pages."""

    text: str


class Wiki(NamedTuple):
    """A typed link, `[[target]]` or `[[target|words]]`, to a record. `typed` is the whole of it."""

    target: str
    words: str | None
    typed: str


class Target(NamedTuple):
    """The address in a link or image of a record's prose, when it names a file below `docs/`."""

    path: str


class Refused(NamedTuple):
    """A link that no prose may have. `typed` is what to look for, `message` and `hint` say why."""

    typed: str
    message: str
    hint: str


Piece = Words | Verbatim | Wiki | Target | Refused

BY_HAND = "<!-- Written by hand -->"  # the first line of a hand-written page, by which the sanitiser knows it

_FENCE = re.compile(
    r"^(?P<fence>`{3,}|~{3,})(?P<info>[^\n`]*)\n(?P<body>.*?)^(?P=fence)[`~]*[ \t]*$", re.MULTILINE | re.DOTALL
)
_LABEL = r"\[(?:[^\[\]\\\n]|\\.|\[[^\[\]\n]*+\])*+\]"
_CODE = r"(?<!`)(?P<ticks>`++)(?:(?!(?P=ticks)(?!`)).|`(?!`))*?(?<!`)(?P=ticks)(?!`)"
# Each begins with one of a few signs: to look for these first takes a seventh of the time.
_INLINE = re.compile(
    rf"""(?=[\\`\[!<]|http)(?:
      (?P<escape>\\[\\`*_{{}}\[\]()>\#+.!-])
    | (?P<code>{_CODE})
    | (?P<wiki>\[\[(?P<target>[^\[\]|\\\n]++)(?:\\?\|(?P<words>(?:[^\[\]\n]|\n(?!\s*\n))++))?\]\])
    | (?P<link>!?{_LABEL})(?P<open>\()(?P<address>[^()\s]*+(?:\([^()\s]*+\)[^()\s]*+)*+)
      (?P<title>(?:[ \t]+(?:"[^"\n]*+"|'[^'\n]*+'))?[ \t]*\))
    | (?P<auto><(?:[a-zA-Z][a-zA-Z0-9+.-]*+:[^<>\s]*+|[^<>\s@]++@[^<>\s]++)>)
    | (?P<url>\bhttps?://[^\s<>)\]]++)
    )""",
    re.VERBOSE | re.DOTALL,
)
_TAG = re.compile(rf"(?P<code>{_CODE})|(?P<comment><!--)|</?(?P<tag>[a-zA-Z][a-zA-Z0-9]*+)[^<>]*+>", re.DOTALL)
# What is between these tags is left alone, as a whole.
_CLOSED_TAGS = frozenset({"a", "code", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "script", "style", "svg", "math"})
_HEADING = re.compile(
    r"^ {0,3}#{1,6}(?:[ \t][^\n]*)?$|^[^\n]+\n(?:=+|-+)[ \t]*$|^\s*[*]?\[[^\]\n]+\]:[^\n]*$", re.MULTILINE
)
_ATTRIBUTES = re.compile(r"\{[:.#][^{}\n]*+\}")


def read_page(text: str) -> Iterator[Piece]:
    """Yield the pieces of a hand-written page, whose Markdown and HTML stay as they are."""
    for is_fence, part in _split(_FENCE, text):
        if is_fence:
            yield Verbatim(part)
            continue
        for is_heading, line in _split(_HEADING, part):
            for is_html, span in _split_html(line):
                yield from [Verbatim(span)] if is_html else _read_inline(span, can_name=not is_heading)


def _split(pattern: re.Pattern[str], text: str, *signs: str) -> Iterator[tuple[bool, str]]:
    """Yield the text in parts, each with whether the pattern matched it; empty parts are left out.

    Where none of `signs` is in the text the pattern is in it nowhere: to see that takes a twentieth of the time.
    """
    if signs and text and not any(sign in text for sign in signs):
        yield False, text
        return
    end = 0
    for match in pattern.finditer(text):
        if match.start() > end:
            yield False, text[end : match.start()]
        yield True, match[0]
        end = match.end()
    if end < len(text):
        yield False, text[end:]


def _split_html(text: str) -> Iterator[tuple[bool, str]]:
    """Yield the text in parts, each with whether it is HTML or code: a tag, a comment, all of a link or heading."""
    unclosed: set[str] = set()  # closing tags that do not come any more: looking again for each would be quadratic
    end = 0
    while match := _TAG.search(text, end):
        start, stop = match.span()
        name = (match["tag"] or "").lower()
        closing = "-->" if match["comment"] else ""
        if name in _CLOSED_TAGS and text[start + 1] != "/":
            closing = f"</{name}"
        if closing and closing not in unclosed:
            found = re.compile(re.escape(closing) + ("" if closing == "-->" else r"\b[^<>]*>?"), re.IGNORECASE).search(
                text, stop
            )
            stop = found.end() if found else stop
            if not found:
                unclosed.add(closing)
        if start > end:
            yield False, text[end:start]
        yield True, text[start:stop]
        end = stop
    if end < len(text):
        yield False, text[end:]


def _read_inline(text: str, *, can_name: bool) -> Iterator[Piece]:
    end = 0
    for match in _INLINE.finditer(text):
        if match.start() > end:
            yield from _read_attributes(text[end : match.start()], can_name)
        yield _wiki(match) if match["wiki"] else Verbatim(match[0])
        end = match.end()
    if end < len(text):
        yield from _read_attributes(text[end:], can_name)


def _wiki(match: re.Match[str]) -> Wiki:
    words = " ".join(match["words"].split()) if match["words"] else None
    return Wiki(match["target"].strip(), words or None, match[0])


def _read_attributes(text: str, can_name: bool) -> Iterator[Piece]:
    for is_attributes, part in _split(_ATTRIBUTES, text):
        yield Words(part) if can_name and not is_attributes else Verbatim(part)


def read_prose(text: str, scope: str) -> Iterator[Piece]:
    """Yield the pieces of a record's prose, tamed.

    `scope` makes the names of footnotes unique on the page: the record and the field.
    """
    for is_fence, part in _split(_FENCE, text, "```", "~~~"):
        if is_fence:
            yield Verbatim(_tame_fence(part))
        elif "    " in part and not _LIST.search(part):
            for is_code, lines in _split(_INDENTED, part):
                yield from [Verbatim(_fence(lines))] if is_code else _read_tame(lines, scope)
        else:
            yield from _read_tame(part, scope)


_LIST = re.compile(r"^\s*(?:[-*+]|\d+\.)\s", re.MULTILINE)
_INDENTED = re.compile(r"(?:(?<=\n\n)|\A)(?: {4}[^\n]*(?:\n|\Z))+")
_SETEXT = re.compile(r"(?<=[^\n]\n)([=-])(?=\1*[ \t]*$)", re.MULTILINE)
_LINE_START = re.compile(
    r"""^(?P<indent>[ \t]*(?:>[ \t]?)*)(?:
      (?P<heading>\#{1,6})(?=[ \t])
    | (?P<contents>\[)(?=TOC\]|toc\])
    | (?P<fence>```|~~~)
    )""",
    re.MULTILINE | re.VERBOSE,
)
_TAMED_HEADING = re.compile(r"^[ \t>]*#{1,6}[ \t][^\n]*$", re.MULTILINE)
_FOOTNOTE = re.compile(r"\[\^([^\]\s]+)\]")
_MARK = re.compile(rf"{_FOOTNOTE.pattern}[:(]?|&#\d+;")


def _tame_fence(text: str) -> str:
    match = _FENCE.fullmatch(text)
    assert match, "only what the pattern split off comes here"
    language = re.match(r"\s*([A-Za-z0-9_+-]*)", match["info"])
    return f"{match['fence']}{language[1] if language else ''}\n{match['body']}{match['fence']}"


def _fence(lines: str) -> str:
    """Return an indented block of code between fences: there, and not where it is indented, a tag is no tag."""
    code = "\n".join(line[4:] for line in lines.rstrip("\n").split("\n"))
    ticks = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", code)), 3)
    return f"{ticks}\n{code}\n{ticks}\n"


def _read_tame(text: str, scope: str) -> Iterator[Piece]:
    text = _LINE_START.sub(_tame_line, text)
    if "\n=" in text or "\n-" in text:
        text = _SETEXT.sub(lambda found: "&#61;" if found[1] == "=" else "\\-", text)
    text = _FOOTNOTE.sub(lambda found: f"[^{scope}-{found[1]}]", text)
    for is_heading, part in _split(_TAMED_HEADING, text, "#"):
        for piece in _tame_span(part):
            # In a heading, ids in brackets are links, but names are not.
            yield Verbatim(tame_words(piece.text)) if is_heading and isinstance(piece, Words) else piece


def _tame_span(text: str) -> Iterator[Piece]:
    end = 0
    for match in _INLINE.finditer(text):
        yield from _without_marks(text[end : match.start()])
        yield from _tame_inline(match)
        end = match.end()
    yield from _without_marks(text[end:])


def _without_marks(text: str) -> Iterator[Piece]:
    """Yield words, and between them what nobody typed in this form: no name is to be found in that."""
    for is_mark, part in _split(_MARK, text, "[^", "&#"):
        yield Verbatim(tame_words(part)) if is_mark else Words(part)


def _tame_line(match: re.Match[str]) -> str:
    indent = match["indent"]
    if match["heading"]:  # the page's own title is of level 1
        return f"{indent}{'#' * min(6, len(match['heading']) + 1)}"
    if match["fence"]:
        return indent + ("\\`\\`\\`" if match["fence"] == "```" else "&#126;&#126;&#126;")
    return f"{indent}\\{match[0][len(indent) :]}"


def _tame_inline(match: re.Match[str]) -> Iterator[Piece]:
    typed = match[0]
    if match["wiki"]:
        yield _wiki(match)
    elif match["code"]:  # a tag would be taken for HTML even between backticks
        code = " ".join(typed.strip("`").split())
        yield Verbatim(f"<code>{escape_text(code)}</code>" if "<" in code else " ".join(typed.splitlines()))
    elif match["auto"]:
        address = typed[1:-1]
        yield Verbatim(typed) if is_web_address(address) or ("@" in address and ":" not in address) else Words(typed)
    elif match["link"] is None:
        yield Verbatim(typed)
    else:
        yield from _tame_link(match)


def _tame_link(match: re.Match[str]) -> Iterator[Piece]:
    is_image = match["link"].startswith("!")
    address = html.unescape(match["address"])
    has_scheme = re.match(r"[^/?#]*:", address) is not None or address.startswith(("//", "\\"))
    if has_scheme and is_image:
        yield Refused(
            match[0], f"the picture '{address}' is on another host.", "Put it in docs/assets and name it 'assets/...'."
        )
    elif has_scheme and not is_web_address(address):
        yield Refused(
            match[0], f"'{address}' is not a web address.", "Write one that starts with https://, http:// or mailto:."
        )
    else:
        yield Verbatim(tame_words(match["link"]) + "(")
        yield Verbatim(match["address"]) if has_scheme or address.startswith("#") else Target(address)
        yield Verbatim(tame_words(match["title"]))


# Link addresses and abbreviations hold for a whole page; a link that was not read as one here is none there either.
_DEFINES = re.compile(r"(\[\^[^\]\s]+\]:)|\]([:(])")
_TAME = str.maketrans({"<": "&lt;", "{": "&#123;", "\x02": "", "\x03": ""})


def tame_words(text: str) -> str:
    """Return running text of a record's prose without the means to make HTML, set attributes or define things."""
    return _DEFINES.sub(lambda found: found[1] or f"]&#{ord(found[2])};", text.translate(_TAME))


_ESCAPES = str.maketrans(
    {
        **{character: f"\\{character}" for character in "\\`*_[]#"},
        **{character: f"&#{ord(character)};" for character in "|{}~^$"},
        "<": "&lt;",
        ">": "&gt;",
        "&": "&amp;",
    }
)
_NEEDS_ESCAPE = re.compile(r"[\\`*_\[\]#|{}~^$<>&]")
_BLOCK_START = re.compile(r"^(\s*)(?:([-+!?:=%/])|(\d+)([.)]))", re.MULTILINE)
_PAIRED = re.compile(r"==|:(?=[\w+-]+:)|@(?=\w)|--8")


@lru_cache(10_000)  # the same names, dates and titles stand on many pages
def escape_text(text: str) -> str:
    """Return plain text as Markdown that reads exactly as typed, wherever in a page it stands.

    Source: Python-Markdown's ESCAPED_CHARS; what cannot be escaped with a backslash is written as an entity.
    """
    if _NEEDS_ESCAPE.search(text):
        text = text.translate(_ESCAPES).replace("\\]:", "&#93;:")  # even "\]:" would define an address
    text = _PAIRED.sub(lambda found: "".join(f"&#{ord(character)};" for character in found[0]), text)
    return _BLOCK_START.sub(_escape_start, text)


def escape_inline(text: str) -> str:
    """Return plain text as Markdown for a place among other words, which it does not turn round (UAX #9)."""
    return f"<bdi>{escape_text(text)}</bdi>" if turns(text) else escape_text(text)


def _escape_start(match: re.Match[str]) -> str:
    indent, sign, number, dot = match.groups()
    return f"{indent}&#{ord(sign)};" if sign else f"{indent}{number}&#{ord(dot)};"


_SIGNS = (
    (re.compile(r"\[\[(?:[^\[\]|]*\|)?([^\[\]]*)\]\]"), r"\1"),  # links to records
    (re.compile(r"!?\[([^\[\]]*)\]\([^()]*\)"), r"\1"),  # links and pictures: their words
    (re.compile(r"\[\^[^\[\]]*\]:?|^\s*(?:#+|[-*+]|\d+\.|>)\s|^[|\s:-]+$|```\S*", re.MULTILINE), " "),
    (re.compile(r"</?[a-zA-Z][^<>]*>|\{[:.#][^{}]*\}"), ""),
    (re.compile(r"[*`]|\\(?=[-\\`*_\[\]#])|(?<!\w)_|_(?!\w)"), ""),
)


# Without one of these there is none of those, and no character is written as an entity.
_MAY_BE_SIGN = re.compile(r"[\[\]*+#>|`<{\\_&]|^\s*(?:[-:]|\d+\.)", re.MULTILINE)


def strip_markdown(text: str) -> str:
    """Return Markdown as plain text on one line, for titles and descriptions: its words without its signs."""
    if _MAY_BE_SIGN.search(text):
        for pattern, kept in _SIGNS:
            text = pattern.sub(kept, text)
        text = html.unescape(text)
    return " ".join(text.split())


@dataclass(frozen=True, slots=True)
class Mention:
    """A link to a record. `words` are shown, or the record's caption; `is_typed` tells `[[id]]` from a found name."""

    key: str
    words: str | None
    is_typed: bool


LinkedPiece = Words | Verbatim | Mention | Target
Prose = tuple[LinkedPiece, ...]
_PIECES: Mapping[str, type[LinkedPiece]] = {"w": Words, "v": Verbatim, "m": Mention, "t": Target}
_LETTERS = {made: letter for letter, made in _PIECES.items()}


def told_of(prose: Prose) -> str | list[list[Any]]:
    """Return prose in lists and texts, for JSON; most of it is but a text, with which less is to be read."""
    first = prose[0] if len(prose) == 1 else None
    if isinstance(first, Words):
        return first.text
    return [[_LETTERS[type(piece)], *_parts_of(piece)] for piece in prose]


def prose_of(told: str | Iterable[list[Any]]) -> Prose:
    """Return the prose of which `told_of` made this.

    Raises: KeyError, TypeError or ValueError when it made no such thing.
    """
    if isinstance(told, str):
        return (Words(told),)
    return tuple(_PIECES[letter](*parts) for letter, *parts in told)


def _parts_of(piece: LinkedPiece) -> tuple[Any, ...]:
    return (piece.key, piece.words, piece.is_typed) if isinstance(piece, Mention) else piece

"""Weighs Markdown before it is rendered: what no author needs, and would keep a renderer busy for minutes, is refused.

Python-Markdown looks for the end of each `[` and `<`, again and again where there is none, and copies a paragraph for
each sign in it; deep nesting ends its recursion. The limits are far above what real texts have, and keep each text
below two seconds. Weighing takes time in step with the length. Never renders.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

MAX_CHARACTERS = 250_000  # of a page, or of all texts of a record: a book of 100 pages
SHORT = 400  # characters, in which there cannot be too many of anything
LIGHT, FEW_SIGNS, FEW_LINES = 2000, 90, 500  # characters, signs and lines with which nothing below can be reached
MAX_DEPTH = 30
MAX_EMPTY_LINES = 1000
MAX_LINKS = 10_000  # of a page, and of all records of a file
# Work is counted in steps of some 30 nanoseconds, as measured with Python-Markdown 3.10.
MAX_WORK = 22_000_000  # took 0.8 s at most when measured, for machines may be half as fast
OF_BLOCK, OF_LINE, OF_SIGN, OF_CELL, OF_TAG = 1000, 700, 300, 1200, 2000

_BLOCK = re.compile(r"(?:^[ \t]*+[^ \t\n][^\n]*+(?:\n|\Z))++", re.MULTILINE)
_SIGN = re.compile(r"[\\`*_\[<&!]")
_BRACKET = re.compile(r"\\.|\[|\](\()?", re.DOTALL)
_LINK = re.compile(r"\[\[|\]\(")
_TAG = re.compile(r"<(?=[a-zA-Z/!?])")
_PREFIX = re.compile(r"(?:[ \t]++|>|[-*+](?=[ \t])|\d++[.)](?=[ \t]))*+")
_MAYBE_DEEP = re.compile(rf"^[ \t>*+\-\d.)]{{{MAX_DEPTH + 1}}}", re.MULTILINE)
_LEVEL = re.compile(r"[>*+-]|\d+[.)]|\t| {4}")
_DELIMITERS = re.compile(r"^[ \t>]*+(?=[^\n-]*+-)[|:\- \t]*+$", re.MULTILINE)

_COUNTS = (
    ("headings", 2000, re.compile(r"^[ \t>]*+#|^(?:=++|-++)[ \t]*+$|<h[1-6]\b", re.MULTILINE | re.IGNORECASE)),
    ("footnote signs ([^)", 1000, re.compile(r"\[\^")),
    ("definitions (lines that start with ':')", 1000, re.compile(r"^[ \t>]*+:[ \t]", re.MULTILINE)),
    ("abbreviations (*[)", 1000, re.compile(r"^[ \t>]*+\*\[", re.MULTILINE)),
    ("fences of code", 2000, re.compile(r"^[ \t>]*+(?:```|~~~)", re.MULTILINE)),
    ("tables of contents ([TOC])", 100, re.compile(r"^[ \t>]*+\[TOC\]", re.MULTILINE | re.IGNORECASE)),
    ("tags with the attribute 'markdown'", 100, re.compile(r"<[a-z][^<>]*?\bmarkdown\b", re.IGNORECASE)),
)


class Excess(NamedTuple):
    """What there is too much of in a text: the character where it starts, what was found, what to do."""

    start: int
    message: str
    hint: str


def weigh_markdown(text: str) -> list[Excess]:
    """Return what there is too much of in a text, each kind once; nothing for any text that people write."""
    if len(text) > MAX_CHARACTERS:
        hint = f"Split it: {MAX_CHARACTERS:,} is the limit of a page, or a record."
        return [Excess(MAX_CHARACTERS, f"the text has {len(text):,} characters.", hint)]
    if _is_light(text):
        return []
    blocks = [(found.start(), found[0]) for found in _BLOCK.finditer(text)]
    found = (_too_much_work(blocks), _too_many_tags(text), _too_deep(blocks), _too_empty(text, blocks))
    many = _too_many(text) if len(text) > SHORT else ()
    return [excess for excess in (*found, *many) if excess]


def _is_light(text: str) -> bool:
    """Tell at a glance of most texts that there is too much of nothing: all that is limited needs signs, or length."""
    return (
        len(text) <= LIGHT
        and "|" not in text
        and len(_SIGN.findall(text)) + text.count("]") <= FEW_SIGNS
        and text.count("\n") <= FEW_LINES
        and not _MAYBE_DEEP.search(text)
    )


def weigh_links(text: str) -> Excess | None:
    """Return that a file has too many links, of which each may be a problem to be told, or None."""
    found = [match.start() for match in _LINK.finditer(text)] if text.count("[") > MAX_LINKS else []
    hint = "Split the file."
    return Excess(found[MAX_LINKS], f"there are over {MAX_LINKS:,} links.", hint) if len(found) > MAX_LINKS else None


def _too_much_work(blocks: list[tuple[int, str]]) -> Excess | None:
    """Find the block that is the most work, where all together are too much."""
    work, most, start = 0, 0, 0
    for at, block in blocks:
        own = _work_of(block)
        work += own
        if own >= most:
            most, start = own, at
        if work > MAX_WORK:
            hint = (
                "Close or escape signs such as [ or `, put empty lines between paragraphs, or make several pages of it."
            )
            return Excess(start, "there is too much Markdown here.", hint)
    return None


def _work_of(block: str) -> int:
    signs = len(_SIGN.findall(block)) + block.count("  \n")  # a break of a line is one, too
    work = OF_BLOCK + OF_LINE * block.count("\n")
    work += signs * (OF_SIGN + len(block) // 50)  # for each sign, the block is copied
    work += sum(len(_SIGN.findall(line)) * len(line) // 10 for line in block.split("\n") if len(line) > 1000)
    delimiters = _DELIMITERS.search(block) if "|" in block else None
    if delimiters:  # each row gets as many cells as the first
        work += OF_CELL * (delimiters[0].count("|") + 1) * block.count("\n", delimiters.end())
    return work + 6 * _bracket_steps(block, MAX_WORK)


def _bracket_steps(block: str, most: int) -> int:
    """Return how many characters are passed when the end of each bracket is looked for; counting ends at `most`."""
    steps, opened = 0, list[int]()
    for found in _BRACKET.finditer(block):
        at = found.start()
        if found[0] == "[":
            opened.append(at)
        elif found[0][0] == "]":
            steps += at - opened.pop() if opened else 0
            if found[1]:
                end = block.find(")", at)
                steps += (end if end >= 0 else len(block)) - at
        if steps > most:
            break
    return steps + sum(len(block) - at for at in opened)


def _too_many_tags(text: str) -> Excess | None:
    work, start = 0, None
    for found in _TAG.finditer(text):
        at = found.start()
        end = text.find(">", at)
        if start is None or (end < 0 <= text.find(">", start)):
            start = at  # of the first tag, or better, the first that is not closed
        # Declarations, instructions and the like are looked for in a slower way.
        way = ((end if end >= 0 else len(text)) - at) * (15 if text[at + 1] in "!?" else 1)
        work += OF_TAG + way
        if work > MAX_WORK:
            return Excess(start, "there are too many tags, or '<' without a '>'.", "Write &lt; for a plain <.")
    return None


def _too_deep(blocks: list[tuple[int, str]]) -> Excess | None:
    for at, block in blocks:
        for line in block.split("\n"):
            prefix = _PREFIX.match(line)
            if prefix and prefix.end() > MAX_DEPTH and len(_LEVEL.findall(prefix[0])) > MAX_DEPTH:
                message = f"lists, quotes or indentation are nested over {MAX_DEPTH} levels deep."
                return Excess(at + block.index(line), message, "Write them flatter.")
    return None


def _too_empty(text: str, blocks: list[tuple[int, str]]) -> Excess | None:
    end = 0
    for at, block in (*blocks, (len(text), "")):
        if text.count("\n", end, at) > MAX_EMPTY_LINES:
            return Excess(end, f"there are over {MAX_EMPTY_LINES:,} empty lines in a row.", "Remove them.")
        end = at + len(block)
    return None


def _too_many(text: str) -> Iterator[Excess]:
    for what, most, pattern in _COUNTS:
        found = [match.start() for match in pattern.finditer(text)]
        if len(found) > most:
            yield Excess(found[most], f"there are over {most:,} {what}.", "Make several pages or records of it.")

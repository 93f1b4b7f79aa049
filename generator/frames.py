"""The theme around a page: rendered once for all pages of a class, with gaps for what differs among them.

Pages of a class are none of the navigation's, lie equally deep in folders, have the same fields in their front matter,
and the same kind. What the theme writes between the headings, in its table of contents, is known by their levels
(`joints.py`); pages with headings of other levels are classes of their own. How frames are found: `framing.py`.
"""

import json
import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import quote

from markupsafe import Markup, escape

from generator.addresses import Located
from generator.constructs import Content, Heading
from generator.joints import OUTLINE, Joints, Part, is_regular, outline_of
from generator.tree import folders_of

# Of the front matter, each with words of its own.
FIELDS = ("title", "window", "description", "when", "who", "also", "record")
JOINTS = "joints"

# Nearly all front matter is words on lines of their own that need no signs to escape others.
_FRONT = re.compile(r"---(?:\n[a-z]+: \"[^\"\\\x00-\x1f\x7f-\x9f\ufeff\ufffe\uffff]*\")+")
_FIELD = re.compile(r"\n([a-z]+): \"([^\"]*)\"")
_DESCRIPTION = re.compile(r"\ndescription: (.*)")
_UNSURE = re.compile("[\x7f-\x9f\ufeff\ufffe\uffff]")  # which YAML reads in its own way
_PAGE = re.compile(r"(?:[a-z0-9-]+/)+[a-z0-9-]+\.md")  # the same in an address, and in any form of it

WAYS: tuple[Callable[[str], str], ...] = (
    str,
    lambda text: str(escape(text)),
    lambda text: Markup(text).striptags(),
    lambda text: str(escape(Markup(text).striptags())),
    quote,
)

ContentOf = Callable[[Located, str], Content | None]


class PageClass(NamedTuple):
    """What pages have in common that differ only in what is filled into their frame."""

    folder: str  # as far as the navigation leads into it: addresses seen from there hang on it
    depth: int  # how many folders below that a page lies
    fields: tuple[str, ...]
    kind: str
    levels: tuple[int, ...] | None  # of its headings; None for all that are regular


class Framed(NamedTuple):
    """A page in its frame, with its policy, and what it needs of that, as JSON."""

    html: bytes
    needs: str


class Frame(NamedTuple):
    """Texts of the theme, with gaps between them; and what pages in it need of the policy, as JSON."""

    parts: tuple[Part, ...]
    needs: str
    joints: Joints | None  # between headings, where their levels are regular

    def fill(self, words: Mapping[str, str], headings: Sequence[Heading]) -> bytes:
        """Return the page with these words in the gaps, by their names."""
        words = {**words, **words_of(headings)}
        if self.joints:
            outline = outline_of([heading.level for heading in headings], self.joints)
            words[OUTLINE[0]] = _filled(outline, words).decode("utf-8")
        return _filled(self.parts, words)

    def told(self) -> list[Any]:
        """Return the frame as JSON can have it: texts and gaps, and what pages in it need of the policy."""
        return [told_of(self.parts), self.needs, told_of(self.joints) if self.joints else None]

    @classmethod
    def of(cls, told: tuple[list[Any], str, list[Any] | None]) -> "Frame":
        """Return the frame that was told so."""
        return cls(tuple(_read_parts(told[0])), told[1], Joints(*_read_parts(told[2])) if told[2] else None)


def _filled(parts: Iterable[Part], words: Mapping[str, str]) -> bytes:
    return b"".join(
        part if isinstance(part, bytes) else part[1](words[part[0]]).encode("utf-8", errors="xmlcharrefreplace")
        for part in parts
    )


def told_of(parts: Iterable[Part]) -> list[Any]:
    """Return texts and gaps as JSON can have them."""
    return [part.decode() if isinstance(part, bytes) else [part[0], WAYS.index(part[1])] for part in parts]


def _read_parts(told: Iterable[Any]) -> Iterator[Any]:
    return (part.encode() if isinstance(part, str) else (part[0], WAYS[part[1]]) for part in told)


class StoredFrames:
    """Frames that were told before: `frame_of` returns what `Frames.told` has of a class. `in_nav` are the pages in the
    navigation.
    """

    def __init__(self, in_nav: Iterable[str], frame_of: Callable[[str], Any], content_of: ContentOf) -> None:
        self._in_nav, self._content_of = {*in_nav}, content_of
        self._led_to = folders_of(self._in_nav)
        self._frame_of = cache(lambda made: Frame.of(told) if (told := frame_of(json.dumps(made))) else None)
        self._joints = cache(lambda: Joints(*_read_parts(told)) if (told := frame_of(JOINTS)) else None)

    def render(self, page: Located, text: str) -> Framed | None:
        """Return the page that is made of a text, or None when its frame is not known."""
        is_free = page.src_uri not in self._in_nav
        return framed(page, text, self._led_to, self._frame_of, self._content_of) if is_free else None

    def swap_content(self, page: Located, before: str, text: str, html: bytes) -> bytes | None:
        """Return the page that is made of a text, by the HTML that the text before had; None when that is not certain.

        Around the content a page of the theme that is known here hangs on its front matter and headings alone. Of the
        front matter only the description may be another: no other page has it.
        """
        (front, _, last), (front_now, _, now) = (part.partition("\n---\n") for part in (before, text))
        if not has_same_front(before, text) or not front.startswith("---\n"):
            return None
        old, new = (self._content_of(page, body.lstrip("\n")) for body in (last, now))
        if not old or not new or not old.html or not new.html:
            return None
        around = html.split(old.html.encode("utf-8"))
        if front != front_now:
            around = _with_other_description(around, *(_DESCRIPTION.findall(part) for part in (front, front_now)))
        is_sure = len(around) == 2 and ("<h1" in old.html) == ("<h1" in new.html)  # which the theme adds where it lacks
        if is_sure and old.headings != new.headings:
            around = _with_other_headings(around, old.headings, new.headings, self._joints())
        return new.html.encode("utf-8").join(around) if is_sure and around else None


def has_same_front(before: str, now: str) -> bool:
    """Tell whether two texts of a page have the same front matter, but for its description, which no other page has."""
    last, new = (_DESCRIPTION.sub("", text.partition("\n---\n")[0]) for text in (before, now))
    return last == new


def _with_other_description(around: Sequence[bytes], before: Sequence[str], now: Sequence[str]) -> list[bytes]:
    """Return what stands around a page with another description, as front matter has it; nothing if there is none."""
    if not (before and now and around):
        return []
    head = around[0]
    for name in ('name="description"', 'property="og:description"'):
        last, new = (f'<meta {name} content="{json.loads(told[0])}">'.encode() for told in (before, now))
        if head.count(last) != 1:
            return []
        head = head.replace(last, new)
    return [head, *around[1:]]


def _with_other_headings(
    around: Sequence[bytes], before: Sequence[Heading], now: Sequence[Heading], joints: Joints | None
) -> list[bytes]:
    """Return what stands around a page with other headings below its title; nothing if that is not certain."""
    last, outline = (_outline(headings, joints) if joints else b"" for headings in (before, now))
    if not last or not outline or before[0] != now[0]:
        return []
    left = b"".join(part.replace(last, b"") for part in around)
    is_whole = len(left) < sum(map(len, around)) and not any(f'"#{item.id}"'.encode() in left for item in before[1:])
    return [part.replace(last, outline) for part in around] if is_whole else []


def _outline(headings: Sequence[Heading], joints: Joints) -> bytes:
    """Return what the table of contents has of headings; nothing if that is not known."""
    levels = [heading.level for heading in headings]
    return _filled(outline_of(levels, joints), words_of(headings)) if is_regular(levels) else b""


def framed(
    page: Located,
    text: str,
    led_to: Container[str],
    frame_of: Callable[[PageClass], Frame | None],
    content_of: ContentOf,
) -> Framed | None:
    """Return the page that is made of a text in the frame of its class, or None when MkDocs has to render it.

    `led_to` are folders in the navigation.
    """
    path = page.src_uri
    read = _read(text) if _PAGE.fullmatch(path) and not path.endswith("/index.md") else None
    front, body = read or ({}, "")
    is_ours = front.get("markdown") == path and "kind" in front and set(front) <= {*FIELDS, "kind", "markdown"}
    content = content_of(page, body) if is_ours else None
    if not content:
        return None
    made = _class_of(path, front, [heading.level for heading in content.headings], led_to)
    frame = frame_of(made)
    words = {**front, "content": content.html, **steps_of(path, made)}
    return Framed(frame.fill(words, content.headings), frame.needs) if frame else None


def _class_of(path: str, front: Mapping[str, str], levels: Sequence[int], led_to: Container[str]) -> PageClass:
    folder = path.rpartition("/")[0]
    while "/" in folder and folder not in led_to:
        folder = folder.rpartition("/")[0]
    depth = path.count("/") - folder.count("/") - 1
    return PageClass(folder, depth, tuple(front), front["kind"], None if is_regular(levels) else tuple(levels))


def steps_of(path: str, made: PageClass) -> dict[str, str]:
    """Return what a page's path has below the folder of its class: {name of the mark: step}."""
    steps = path.removeprefix(f"{made.folder}/").removesuffix(".md").split("/")
    return {f"path{at}": step for at, step in enumerate(steps)}


def _read(text: str) -> tuple[dict[str, str], str] | None:
    """Return a page's front matter and Markdown, or None when that is not all words on lines of their own."""
    head, found, body = text.partition("\n---\n")
    if found and _FRONT.fullmatch(head):
        return dict(_FIELD.findall(head)), body
    if not head.startswith("---\n") or not found or _UNSURE.search(head):
        return None
    front = {}
    with suppress(ValueError):
        for line in head[4:].split("\n"):
            name, _, value = line.partition(": ")
            front[name] = json.loads(value)
        return (front, body) if all(isinstance(value, str) for value in front.values()) else None
    return None


def words_of(headings: Iterable[Heading]) -> dict[str, str]:
    """Return the words and addresses of a page's headings: {name of the mark: what it stands for}."""
    marked = [(str(at), f"id{at}", heading) for at, heading in enumerate(headings)]
    return {**{name: heading.name for name, _, heading in marked}, **{id: heading.id for _, id, heading in marked}}

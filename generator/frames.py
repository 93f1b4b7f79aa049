"""The theme around a page, rendered once for all pages of a class, with gaps for what differs among them.

Pages of a class are none of the navigation's, lie equally deep in folders, have the same fields in their front matter,
and the same kind. MkDocs renders one page of such a class whose title, fields and headings are marks; where a mark
comes out, and how the theme wrote it, tells what to fill in. What the theme writes between the headings, in its table
of contents, is found out by their levels (`joints.py`); pages with headings of other levels are classes of their own. A
class whose marks come out in any other way is left to MkDocs.
"""

import json
import re
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import combinations
from pathlib import PurePosixPath
from typing import Any, NamedTuple
from urllib.parse import quote

from markupsafe import Markup, escape
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, set_exclusions

from generator.constructs import Content, Heading
from generator.joints import (
    OTHER_SAMPLE,
    OUTLINE,
    SAMPLE,
    Gap,
    Joints,
    Part,
    is_regular,
    joints_of,
    outline_of,
    without_outline,
)
from generator.pipeline import package_templates
from generator.policy import find_sources, protect_page
from generator.publishing import needs_of
from generator.rendering import Rendering, unpackaged_theme_dirs

# Of the front matter, each with words of its own.
FIELDS = ("title", "window", "description", "when", "who", "also", "record")
JOINTS = "joints"
NOT_ALWAYS = ("when", "who", "also")
MANY = 300  # pages: with fewer, a whole build is quick

_MARK = re.compile(r"bbq(\w+?)q(.*?)qbb", re.DOTALL)
_HEADINGS = re.compile(r"\n(#{1,6}) ")  # which is found much sooner than starts of lines are
# Nearly all front matter is words on lines of their own that need no signs to escape others.
_FRONT = re.compile(r"---(?:\n[a-z]+: \"[^\"\\\x00-\x1f\x7f-\x9f\ufeff\ufffe\uffff]*\")+")
_FIELD = re.compile(r"\n([a-z]+): \"([^\"]*)\"")
_UNSURE = re.compile("[\x7f-\x9f\ufeff\ufffe\uffff]")  # which YAML reads in its own way
_PAGE = re.compile(r"(?:[a-z0-9-]+/)+[a-z0-9-]+\.md")  # the same in an address, and in any form of it

_WAYS: tuple[Callable[[str], str], ...] = (
    str,
    lambda text: str(escape(text)),
    lambda text: Markup(text).striptags(),
    lambda text: str(escape(Markup(text).striptags())),
    quote,
)
_ODD = "x <i>&amp;&lt;\u00e9 </i>y"  # has another form in each of these ways

ContentOf = Callable[[File, str], Content | None]


class _Class(NamedTuple):
    folder: str  # as far as the navigation leads into it: addresses seen from there hang on it
    depth: int  # how many folders below that a page lies
    fields: tuple[str, ...]
    kind: str
    levels: tuple[int, ...] | None  # of its headings; None for all that are regular


class Framed(NamedTuple):
    """A page in its frame, with its policy, and what it needs of that, as JSON."""

    html: bytes
    needs: str


class _Frame(NamedTuple):
    parts: tuple[Part, ...]
    needs: str
    joints: Joints | None  # between headings, where their levels are regular

    def fill(self, words: Mapping[str, str], headings: Sequence[Heading]) -> bytes:
        words = {**words, **_words(headings)}
        if self.joints:
            outline = outline_of([heading.level for heading in headings], self.joints)
            words[OUTLINE[0]] = _filled(outline, words).decode("utf-8")
        return _filled(self.parts, words)

    def told(self) -> list[Any]:
        """Return the frame as JSON can have it: texts and gaps, and what pages in it need of the policy."""
        return [_told(self.parts), self.needs, _told(self.joints) if self.joints else None]

    @classmethod
    def of(cls, told: tuple[list[Any], str, list[Any] | None]) -> "_Frame":
        return cls(tuple(_read_parts(told[0])), told[1], Joints(*_read_parts(told[2])) if told[2] else None)


def _filled(parts: Iterable[Part], words: Mapping[str, str]) -> bytes:
    return b"".join(
        part if isinstance(part, bytes) else part[1](words[part[0]]).encode("utf-8", errors="xmlcharrefreplace")
        for part in parts
    )


def _told(parts: Iterable[Part]) -> list[Any]:
    return [part.decode() if isinstance(part, bytes) else [part[0], _WAYS.index(part[1])] for part in parts]


def _read_parts(told: Iterable[Any]) -> Iterator[Any]:
    return (part.encode() if isinstance(part, str) else (part[0], _WAYS[part[1]]) for part in told)


class Frames:
    """The frames of these pages, as far as their theme, their Markdown and their classes are known here."""

    def __init__(self, rendering: Rendering, files: Iterable[File]) -> None:
        self.rendering = rendering
        self.in_nav: set[str] = set()
        self._classes: dict[str, _Class] = {}  # by the path of a page
        self._frames: dict[_Class, _Frame | None] = {}
        self._joints: Joints | None = None
        if rendering.is_known and is_plain(rendering.config):
            self.in_nav = in_nav = {page.file.src_uri for page in rendering.nav.pages}
            led_to = _folders_of(in_nav)
            made_of = ((file.src_uri, _class_of(file, led_to)) for file in files if file.src_uri not in in_nav)
            self._classes = {path: made for path, made in made_of if made}
            classes = dict.fromkeys(self._classes.values())
            if len(self._classes) > MANY:
                classes |= dict.fromkeys(less for made in classes for less in _with_less(made))
            self._frames = {made: self._frame(made) for made in classes}

    def render(self, file: File) -> Framed | None:
        """Return the page that is made of a file, or None when MkDocs has to render it."""
        made = self._classes.get(file.src_uri)
        frame = self._frames.get(made) if made else None
        return _framed(file, made, frame, self.rendering.content_of) if made and frame else None

    def told(self) -> dict[str, Any]:
        """Return the frames as JSON can have them, by their classes; what is between headings has the name `JOINTS`."""
        joints = {JOINTS: _told(self._joints)} if self._joints else {}
        return {json.dumps(made): frame.told() for made, frame in self._frames.items() if frame} | joints

    def _frame(self, made: _Class) -> _Frame | None:
        """Return the frame of a class, or None when the theme does what is not known."""
        frame = self._frame_for(made, made.levels or SAMPLE)
        if frame is None or made.levels:
            return frame
        if self._joints is None:
            other = self._frame_for(made, OTHER_SAMPLE)
            if other and other.parts == frame.parts:  # no headings are told, as with `toc.integrate`
                return frame
            self._joints = joints_of(frame.parts, other.parts) if other else None
        parts = without_outline(frame.parts, SAMPLE, self._joints) if self._joints else None
        return _Frame(parts, frame.needs, self._joints) if parts else None

    def _frame_for(self, made: _Class, levels: Sequence[int]) -> _Frame | None:
        """Render a page of marks of a class, and find the gaps in it; None when the theme does what is not known."""
        marks = {name: f"bbq{name}q{_ODD}qbb" for name in made.fields if name in FIELDS}
        file = self._page_of_marks(made, levels, marks)
        html = protect_page(self.rendering.html_of(file)).decode("utf-8")
        content = self.rendering.content_of(file, file.content_string.partition("\n---\n")[2])
        before, found, after = html.partition(content.html) if content else ("", "", "")
        if not content or not found or content.html in after:
            return None
        marks |= {**_steps(file, made), **_words(content.headings)}
        parts = [*_parts(before, marks), ("content", str), *_parts(after, marks)]
        known = tuple(part for part in parts if part is not None)
        return _Frame(known, needs_of(find_sources(html.encode("utf-8"))), None) if len(known) == len(parts) else None

    def _page_of_marks(self, made: _Class, levels: Sequence[int], marks: Mapping[str, str]) -> File:
        config = self.rendering.config
        path = "/".join((made.folder, *(f"bbqpath{at}qqbb" for at in range(made.depth + 1)))) + ".md"
        front = {**marks, "kind": made.kind, "markdown": path}
        words = _ODD.replace("<", "&lt;").replace(">", "&gt;")  # which is the same in Markdown and in its HTML
        lines = [
            "---",
            *(f"{name}: {json.dumps(front[name])}" for name in made.fields),
            "---",
            *(f"\n{'#' * level} bbq{at}q{words}qbb {{: #bbqid{at}qqbb }}" for at, level in enumerate(levels)),
            "\nbbqcontentqqbb\n",
        ]
        file = File(path, config.docs_dir, str(config.site_dir), config.use_directory_urls)
        file.content_string = "\n".join(lines)
        set_exclusions([file], config)
        return file


def render_stored(
    file: File, in_nav: Collection[str], frame_of: Callable[[str], Any], content_of: ContentOf
) -> Framed | None:
    """Return the page that is made of a file in a frame that was told before, or None when that is not known.

    `in_nav` are the pages in the navigation, and `frame_of` returns what `Frames.told` has of a class.
    """
    made = _class_of(file, _folders_of(in_nav)) if file.src_uri not in in_nav else None
    told = frame_of(json.dumps(made)) if made else None
    return _framed(file, made, _Frame.of(told), content_of) if made and told else None


def swap_content(
    file: File, text: str, html: bytes, frame_of: Callable[[str], Any], content_of: ContentOf
) -> bytes | None:
    """Return the page that is made of a file, by the HTML that its text before had; None when that is not certain.

    Around the content a page of the theme that is known here hangs on its front matter and headings alone. `frame_of`
    is that of `render_stored`.
    """
    (front, _, before), (front_now, _, now) = (page.partition("\n---\n") for page in (text, file.content_string))
    old, new = content_of(file, before), content_of(file, now)
    if not old or not new or front != front_now or not front.startswith("---\n"):
        return None
    around = html.split(old.html.encode("utf-8"))
    is_sure = len(around) == 2 and ("<h1" in old.html) == ("<h1" in new.html)  # which the theme adds where it lacks
    if is_sure and old.headings != new.headings:
        around = _with_other_headings(around, old.headings, new.headings, frame_of(JOINTS))
    return new.html.encode("utf-8").join(around) if is_sure and around else None


def _with_other_headings(
    around: Sequence[bytes], before: Sequence[Heading], now: Sequence[Heading], joints: Any
) -> list[bytes]:
    """Return what stands around a page with other headings below its title; nothing if that is not certain."""
    known = Joints(*_read_parts(joints)) if joints else None
    last, outline = (_outline(headings, known) if known else b"" for headings in (before, now))
    if not last or not outline or before[0] != now[0]:
        return []
    left = b"".join(part.replace(last, b"") for part in around)
    is_whole = len(left) < sum(map(len, around)) and not any(f'"#{item.id}"'.encode() in left for item in before[1:])
    return [part.replace(last, outline) for part in around] if is_whole else []


def _outline(headings: Sequence[Heading], joints: Joints) -> bytes:
    """Return what the table of contents has of headings; nothing if that is not known."""
    levels = [heading.level for heading in headings]
    return _filled(outline_of(levels, joints), _words(headings)) if is_regular(levels) else b""


def _folders_of(in_nav: Iterable[str]) -> set[str]:
    return {str(folder) for path in in_nav for folder in PurePosixPath(path).parents}


def _framed(file: File, made: _Class, frame: _Frame, content_of: ContentOf) -> Framed | None:
    read = _read(file.content_string)
    content = content_of(file, read[1]) if read else None
    if not read or not content or _levels_of([heading.level for heading in content.headings]) != made.levels:
        return None
    words = {**read[0], "content": content.html, **_steps(file, made)}
    return Framed(frame.fill(words, content.headings), frame.needs)


def is_plain(config: MkDocsConfig) -> bool:
    """Tell whether the theme is the one that is known here, with no more than settings of a briefing's own."""
    ours = str(package_templates() / "theme")
    return config.theme.name == "material" and {ours, *unpackaged_theme_dirs(config)} == {ours}


def _class_of(file: File, led_to: Container[str]) -> _Class | None:
    """Return the class of a page, or None when MkDocs has to render it; `led_to` are folders in the navigation."""
    path = file.src_uri
    read = _read(file.content_string) if _PAGE.fullmatch(path) and file.name != "index" else None
    if not read or read[0].get("markdown") != path:
        return None
    front, body = read
    if "kind" not in front or not set(front) <= {*FIELDS, "kind", "markdown"}:
        return None
    folder = path.rpartition("/")[0]
    while "/" in folder and folder not in led_to:
        folder = folder.rpartition("/")[0]
    depth = path.count("/") - folder.count("/") - 1
    levels = _levels_of([len(mark) for mark in _HEADINGS.findall(f"\n{body}")])
    return _Class(folder, depth, tuple(front), front["kind"], levels)


def _with_less(made: _Class) -> Iterator[_Class]:
    """Yield the classes of a record's pages of which less is known, with headings and without: one may come soon."""
    found = [name for name in made.fields if name in NOT_ALWAYS] if "record" in made.fields else []
    for number in range(len(found) + 1) if made.levels is None else ():
        for left_out in combinations(found, number):
            less = made._replace(fields=tuple(name for name in made.fields if name not in left_out))
            yield from (less, less._replace(levels=(1,)))


def _levels_of(levels: Sequence[int]) -> tuple[int, ...] | None:
    return None if is_regular(levels) else tuple(levels)


def _steps(file: File, made: _Class) -> dict[str, str]:
    """Return what a page's path has below the folder of its class: {name of the mark: step}."""
    steps = file.src_uri.removeprefix(f"{made.folder}/").removesuffix(".md").split("/")
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


def _words(headings: Iterable[Heading]) -> dict[str, str]:
    """Return the words and addresses of a page's headings: {name of the mark: what it stands for}."""
    marked = [(str(at), f"id{at}", heading) for at, heading in enumerate(headings)]
    return {**{name: heading.name for name, _, heading in marked}, **{id: heading.id for _, id, heading in marked}}


def _parts(html: str, marks: Mapping[str, str]) -> Iterator[bytes | Gap | None]:
    """Yield what lies between marks, and what a mark stands for; None for one that is written in an unknown way."""
    end = 0
    for found in _MARK.finditer(html):
        yield html[end : found.start()].encode("utf-8")
        end = found.end()
        way = next((way for way in _WAYS if way(marks.get(found[1], "")) == found[0]), None)
        yield (found[1], way) if way else None
    yield html[end:].encode("utf-8")

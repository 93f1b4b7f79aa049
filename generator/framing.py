"""The frames of pages: MkDocs renders one page of each class, whose title, fields and headings are marks.

Where a mark comes out, and how the theme wrote it, tells what to fill in. What the theme writes between the headings is
found out by their levels. A class whose marks come out in any other way is left to MkDocs.
"""

import json
import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from mkdocs.structure.files import File, set_exclusions

from generator.frames import (
    FIELDS,
    JOINTS,
    WAYS,
    Frame,
    Framed,
    PageClass,
    framed,
    steps_of,
    told_of,
    words_of,
)
from generator.joints import OTHER_SAMPLE, SAMPLE, Gap, Joints, joints_of, without_outline
from generator.policy import find_sources, protect_page
from generator.publishing import needs_of
from generator.rendering import Rendering, is_plain
from generator.tree import folders_of, read_file

NOT_ALWAYS = ("when", "who", "also")
MANY = 300  # pages: with fewer, a whole build is quick
SAMPLES = 100  # pages among many, in which nearly all classes are

_MARK = re.compile(r"bbq(\w+?)q(.*?)qbb", re.DOTALL)
_ODD = "x <i>&amp;&lt;\u00e9 </i>y"  # has another form in each of the ways in which a theme writes words


class Frames:
    """The frames of pages, as far as their theme, their Markdown and their classes are known here.

    A frame is found when the first page of its class is rendered: of some of `files` at once, for all processes.
    """

    def __init__(self, rendering: Rendering, files: Sequence[File]) -> None:
        self.rendering = rendering
        self._frames: dict[PageClass, Frame | None] = {}
        self._joints: Joints | None = None
        self._is_plain = rendering.is_known and is_plain(rendering.config)
        self._in_nav = {page.file.src_uri for page in rendering.nav.pages}
        self._led_to = folders_of(self._in_nav)
        self._are_many = len(files) > MANY
        for file in files[:: len(files) // SAMPLES] if self._are_many else ():
            self.render(file)

    def render(self, file: File) -> Framed | None:
        """Return the page that is made of a file, or None when MkDocs has to render it."""
        if not self._is_plain or file.src_uri in self._in_nav:
            return None
        return framed(file, _text_of(file), self._led_to, self._find, self.rendering.content_of)

    def classes(self) -> list[PageClass]:
        """Return the classes whose frames were looked for by now, in this process."""
        return [*self._frames]

    def told(self, classes: Iterable[PageClass]) -> dict[str, Any]:
        """Return the frames as JSON can have them, by their classes; what is between headings has the name `JOINTS`."""
        wanted = dict.fromkeys((*self._frames, *classes))
        if self._are_many:
            wanted |= dict.fromkeys(less for made in (*wanted,) for less in _with_less(made))
        found = {json.dumps(made): frame.told() for made in wanted if (frame := self._find(made))}
        return found | ({JOINTS: told_of(self._joints)} if self._joints else {})

    def _find(self, made: PageClass) -> Frame | None:
        if made not in self._frames:
            self._frames[made] = self._frame(made)
        return self._frames[made]

    def _frame(self, made: PageClass) -> Frame | None:
        """Return the frame of a class, or None when the theme does what is not known."""
        frame = self._frame_for(made, SAMPLE if made.levels is None else made.levels)
        if frame is None or made.levels is not None:
            return frame
        if self._joints is None:
            other = self._frame_for(made, OTHER_SAMPLE)
            if other and other.parts == frame.parts:  # no headings are told, as with `toc.integrate`
                return frame
            self._joints = joints_of(frame.parts, other.parts) if other else None
        parts = without_outline(frame.parts, SAMPLE, self._joints) if self._joints else None
        return Frame(parts, frame.needs, self._joints) if parts else None

    def _frame_for(self, made: PageClass, levels: Sequence[int]) -> Frame | None:
        """Render a page of marks of a class, and find the gaps in it; None when the theme does what is not known."""
        marks = {name: f"bbq{name}q{_ODD}qbb" for name in made.fields if name in FIELDS}
        file = self._page_of_marks(made, levels, marks)
        html = protect_page(self.rendering.html_of(file)).decode("utf-8")
        content = self.rendering.content_of(file, file.content_string.partition("\n---\n")[2])
        before, found, after = html.partition(content.html) if content else ("", "", "")
        if not content or not found or content.html in after:
            return None
        marks |= {**steps_of(file.src_uri, made), **words_of(content.headings)}
        parts = [*_parts(before, marks), ("content", str), *_parts(after, marks)]
        known = tuple(part for part in parts if part is not None)
        return Frame(known, needs_of(find_sources(html.encode("utf-8"))), None) if len(known) == len(parts) else None

    def _page_of_marks(self, made: PageClass, levels: Sequence[int], marks: Mapping[str, str]) -> File:
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


def _text_of(file: File) -> str:
    """Return a page's Markdown as MkDocs reads it, in a quarter of the time."""
    data = read_file(str(file.abs_src_path))  # no plugin that is known here has pages in memory alone
    is_as_it_is = b"\r" not in data and not data.startswith(BOM_UTF8)
    return data.decode("utf-8") if is_as_it_is else file.content_string


def _with_less(made: PageClass) -> Iterator[PageClass]:
    """Yield the classes of a record's pages of which less is known, with headings and without: one may come soon."""
    found = [name for name in made.fields if name in NOT_ALWAYS] if "record" in made.fields else []
    for number in range(len(found) + 1) if made.levels is None else ():
        for left_out in combinations(found, number):
            less = made._replace(fields=tuple(name for name in made.fields if name not in left_out))
            yield from (less, less._replace(levels=(1,)))


def _parts(html: str, marks: Mapping[str, str]) -> Iterator[bytes | Gap | None]:
    """Yield what lies between marks, and what a mark stands for; None for one that is written in an unknown way."""
    end = 0
    for found in _MARK.finditer(html):
        yield html[end : found.start()].encode("utf-8")
        end = found.end()
        way = next((way for way in WAYS if way(marks.get(found[1], "")) == found[0]), None)
        yield (found[1], way) if way else None
    yield html[end:].encode("utf-8")

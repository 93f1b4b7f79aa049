"""What the preview shows: the last good version of a briefing, page by page, and what is wrong with it now.

Knows nothing of HTTP. An edit is read with `refresh`; pages are made when they are asked for.
"""

import mimetypes
import os
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from threading import RLock
from typing import NamedTuple

from jinja2 import TemplateError

from generator.errors import BriefbookError, Place, Problem, is_failure
from generator.link import Briefing
from generator.load import INFO_PATH
from generator.pages import PageMaker
from generator.pipeline import page_maker
from generator.policy import protect_page
from generator.project import Project
from generator.reading import Reader, without_collector
from generator.records import KIND_BY_FOLDER
from generator.rendering import NOT_FOUND, Renderer

MOST_ANSWERS = 200  # that are kept: who follows every link of ten thousand pages must not fill the memory


class Answer(NamedTuple):
    """What is at an address: a page (`digest` tells it from other versions), or a file."""

    status: int
    body: bytes | Path
    type: str
    digest: str = ""


class Preview:
    """A briefing that follows edits, once `refresh` has read it. All methods may be called from any thread.

    `tell` gets all problems after each reading; `version` is another whenever pages may be others.
    """

    def __init__(self, project: Project, tell: Callable[[tuple[Problem, ...]], None]) -> None:
        self.problems: tuple[Problem, ...] = ()
        self.version = 0
        self._project = project
        self._root = project.root.resolve()
        self._tell = tell
        self._reader = Reader(project, with_drafts=True)
        self._renderer: Renderer | None = None
        self._maker: PageMaker | None = None
        self._is_to_check = False
        self._is_outdated = (
            True  # what is shown was made by other settings or templates than there are, or by broken ones
        )
        self._answers: dict[str, Answer] = {}  # of this version, by address
        self._lock = RLock()

    @without_collector()
    def refresh(self, changed: Iterable[Path] | None = None) -> None:
        """Read what changed, or all; with errors in it, the last good version stays. `check` then has to follow."""
        with self._lock:
            paths = None if changed is None else [self._below_root(path) for path in changed]
            names = None if paths is None else [path.removeprefix("docs/") for path in paths]
            try:
                if names and not self._is_outdated and _are_texts(paths) and self._follow_edits(names):
                    return
                self._is_outdated = self._is_outdated or not _are_records(paths)
                briefing, self.problems = self._reader.read(names)
                if not is_failure(self.problems, strict=False):
                    known = None if self._is_outdated else self._maker
                    maker = known.after(briefing) if known else page_maker(briefing, self._project)
                    self._show(briefing, maker, is_new=known is None)
            except BriefbookError as error:
                self._refuse("mkdocs.yml", error)
            self._is_to_check = False
            self._tell(self.problems)

    def _refuse(self, path: str, error: Exception) -> None:
        self._is_outdated, self._is_to_check = True, False
        self.problems = (Problem(place=Place(path), field="", message=str(error), hint=""),)

    def check(self) -> None:
        """Look at the whole briefing after an edit; `refresh` shows it before, where nothing can be wrong with it."""
        with self._lock:
            if self._is_to_check:
                self._is_to_check = False
                self.problems = self._reader.check()
                self._tell(self.problems)

    def prepare(self) -> bool:
        """Make ready some of what the first edit of a name asks for, and tell whether there is more."""
        with self._lock:
            return self._reader.prepare()

    def _follow_edits(self, names: Iterable[str]) -> bool:
        edited = self._reader.read_edits(names)
        if edited is None or not self._renderer or not self._maker or not self._reader.briefing:
            return False
        if edited.keys:
            self._show(self._reader.briefing, self._maker.after(self._reader.briefing, edited.keys), is_new=False)
        if edited.problems != self.problems:
            self.problems = edited.problems
            self._tell(self.problems)
        self._is_to_check = True
        return True

    @without_collector()
    def answer(self, address: str) -> Answer | None:
        """Return what is at an address, "actors/jane-doe/", or None when there is nothing."""
        with self._lock:
            if address not in self._answers:
                found = self._find(address)
                if found is None:
                    return None
                self._keep(address, found)
            return self._answers[address]

    def not_found(self) -> Answer:
        """Return the page for addresses at which there is none."""
        with self._lock:
            if NOT_FOUND not in self._answers:
                html = protect_page(self._renderer.not_found()) if self._renderer else BARE
                self._keep(NOT_FOUND, _page(404, html))
            return self._answers[NOT_FOUND]

    def digest_of(self, address: str) -> str:
        """Return what tells the page at an address from its other versions."""
        return (self.answer(address) or self.not_found()).digest

    def _keep(self, address: str, answer: Answer) -> None:
        while len(self._answers) >= MOST_ANSWERS:
            del self._answers[next(iter(self._answers))]
        self._answers[address] = answer

    def _show(self, briefing: Briefing, maker: PageMaker, *, is_new: bool) -> None:
        if is_new or self._renderer is None or not self._renderer.follow(briefing, maker):
            self._renderer = Renderer(self._project, briefing, maker)
        self._maker = maker
        self._is_outdated = False
        self._answers.clear()
        self.version += 1

    def _find(self, address: str) -> Answer | None:
        if self._renderer is None:  # nothing good was read so far: the page holds nothing but the problems
            return _page(200, BARE) if address in ("", "/") or address.endswith("/") else None
        try:
            page = self._renderer.page_at(address)
            file = None if page else self._renderer.file_at(address)
        except (BriefbookError, TemplateError) as error:  # a mistake in a template of the briefing's own
            self._refuse("templates", error)
            self._tell(self.problems)
            return _page(500, BARE)
        if page:
            return _page(200, page)
        kind = mimetypes.guess_type(address)[0] or "application/octet-stream"
        return Answer(200, file, kind) if file else None

    def _below_root(self, path: Path) -> str:
        """Return a path as names are written; of a link its own, not that to which it leads."""
        return Path(os.path.relpath(path, self._root)).as_posix()


BARE = b'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Briefbook</title></head><body></body></html>'


def _page(status: int, html: bytes) -> Answer:
    return Answer(status, html, "text/html; charset=utf-8", sha256(html).hexdigest()[:16])


def _are_texts(paths: Iterable[str] | None) -> bool:
    """Tell whether nothing changed but records, the card, and pages that people wrote."""
    others = [path for path in paths or () if not _are_records([path]) and path != INFO_PATH]
    return paths is not None and all(path.startswith("docs/") and path.endswith(".md") for path in others)


def _are_records(paths: Iterable[str] | None) -> bool:
    """Tell whether nothing changed but records: the theme, the navigation and the settings are then as they were."""
    if paths is None:
        return False
    starts = tuple(f"docs/{folder}/" for folder in KIND_BY_FOLDER)
    return all(path.startswith(starts) and path.endswith((".yml", ".yaml")) and path != INFO_PATH for path in paths)

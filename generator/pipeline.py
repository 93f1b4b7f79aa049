"""The recipe: load > validate > link > pages > write, for the command and the MkDocs plugin alike."""

import gc
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from pathspec import PathSpec

from generator.check import check_book, check_links
from generator.errors import Problem, RecordsInvalid, is_failure, sort_problems
from generator.link import Briefing, LinkMemory, link_records
from generator.load import Loaded, join_loaded, load_file, names_below
from generator.pages import PageMaker, find_collisions
from generator.places import Places
from generator.records import BriefingInfo
from generator.validate import Judged, validate_info, validate_records
from generator.words import load_words
from generator.write import write_folder

NO_CARD = BriefingInfo(title="-")


@dataclass(frozen=True, slots=True)
class Project:
    """Where a briefing lies. `root` holds `mkdocs.yml` and `docs/`; all that is made goes below `build/`."""

    root: Path

    @property
    def pages_dir(self) -> Path:
        return self.root / "build" / "docs"

    @property
    def site_dir(self) -> Path:
        return self.root / "build" / "site"

    @property
    def template_dirs(self) -> tuple[Path, ...]:
        """The folders that may hold a template, the first that has it counts: the briefing's own, then ours."""
        return self.root / "templates", package_templates()

    def excluded(self) -> PathSpec[Any]:
        """Return what `exclude_docs` of `mkdocs.yml` leaves out: patterns as in .gitignore, names below `docs/`."""
        settings = read_settings(self.root / "mkdocs.yml")
        patterns = settings.get("exclude_docs")
        return PathSpec.from_lines("gitignore", patterns.splitlines() if isinstance(patterns, str) else ())


def read_settings(file: Path) -> Mapping[str, object]:
    """Return the settings of a YAML file as texts, lists and mappings, or none when it cannot be read as such."""
    try:
        settings = yaml.load(file.read_text("utf-8"), yaml.CBaseLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return {}  # the renderer, whose file it is, says what is wrong with it
    return settings if isinstance(settings, dict) else {}


def package_templates() -> Path:
    """Return the folder of the templates that come with Briefbook: inside the package, or beside it in a checkout."""
    inside = Path(__file__).parent / "templates"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "templates"


@contextmanager
def _without_collector() -> Iterator[None]:
    """Keep Python from looking for cycles of dead objects: while records are made nothing dies, and looking through
    them over and over takes a fifth of the time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class Reader:
    """Reads a briefing, and then again after each edit, but only what changed."""

    def __init__(self, project: Project, *, with_drafts: bool = False) -> None:
        self._project = project
        self._with_drafts = with_drafts
        self._files: dict[str, Loaded] = {}  # by name below docs
        self._folder_problems: list[Problem] = []
        self._judged: dict[int, Judged] = {}
        self._card: tuple[object, BriefingInfo | None, list[Problem]] = None, None, []
        self._assets: list[str] = []
        self._links = LinkMemory()

    @_without_collector()
    def read(self, changed: Iterable[str] | None = None) -> tuple[Briefing, tuple[Problem, ...]]:
        """Return the briefing with all that is wrong with it, sorted by place.

        With errors among the problems the briefing has blanks, and is only good for being checked. `changed` are names
        below `docs/` of files that were edited, added or removed since; without it, all is read.
        """
        project = self._project
        again = None if changed is None else set(changed)
        names = list(self._files)
        if again is None or not all(self._is_there(name) for name in again):
            names, self._folder_problems = names_below(project.root, project.excluded())
        self._files = {
            name: load_file(project.root, name)
            if again is None or name in again or name not in self._files
            else self._files[name]
            for name in names
        }
        loaded = join_loaded(self._files.values(), self._folder_problems)
        if loaded.assets != self._assets:
            self._judged.clear()
            self._assets = loaded.assets
        return self._judge(loaded)

    def _is_there(self, name: str) -> bool:
        """Tell whether a file is where it was: then no other came or went with it."""
        return name in self._files and (self._project.root / "docs" / name).is_file()

    def _judge(self, loaded: Loaded) -> tuple[Briefing, tuple[Problem, ...]]:
        places = Places(self._project.root)
        checked, wrong = validate_records(loaded, places, self._judged)
        if self._card[0] is not loaded.info:
            self._card = loaded.info, *(validate_info(loaded.info, places) if loaded.info is not None else (None, []))
        _, info, wrong_info = self._card
        briefing, wrong_links = link_records(
            checked,
            info or NO_CARD,
            loaded.pages,
            loaded.assets,
            places,
            unreadable=loaded.unreadable,
            with_drafts=self._with_drafts,
            memory=self._links,
        )
        problems = [*loaded.problems, *wrong, *wrong_info, *wrong_links]
        problems += [
            *check_links(briefing, checked, places, is_whole=not problems),
            *check_book(briefing, places),
            *find_collisions(briefing, checked, places),
        ]
        return briefing, sort_problems(problems)


def check_briefing(project: Project, *, with_drafts: bool = False) -> tuple[Briefing, tuple[Problem, ...]]:
    """Read and link a briefing; return it with all that is wrong with it, as `Reader.read` does."""
    return Reader(project, with_drafts=with_drafts).read()


def read_briefing(project: Project, *, with_drafts: bool = False) -> tuple[Briefing, tuple[Problem, ...]]:
    """Return a briefing that has no errors, and its warnings.

    Raises: RecordsInvalid with all the problems when one is an error.
    """
    briefing, problems = check_briefing(project, with_drafts=with_drafts)
    if is_failure(problems, strict=False):
        raise RecordsInvalid(problems)
    return briefing, problems


def page_maker(briefing: Briefing, project: Project, books: Mapping[str, str] | None = None) -> PageMaker:
    """Return what makes a briefing's pages, laid out by the project's templates, in the briefing's language.

    `books` tells where the PDF of a page is, {key: path in the site}; that of the whole briefing has the key HOME.
    """
    words = load_words(briefing.info.language, project.template_dirs)
    return PageMaker(briefing, project.template_dirs, words, books)


@_without_collector()
def write_pages(briefing: Briefing, project: Project, folder: Path, books: Mapping[str, str] | None = None) -> int:
    """Write a briefing's pages and files, and return how many files changed.

    `books` are PDFs below `build/`, as `page_maker` has them.
    """
    pages = page_maker(briefing, project, books).all()
    copies = [(name, project.root / "docs" / name) for name in briefing.assets]
    copies += [(path, project.root / "build" / path) for path in (books or {}).values()]
    return write_folder(folder, ((page.path, page.text) for page in pages), copies)


def last_change(briefing: Briefing) -> int:
    """Return the moment that builds are dated to, in seconds since 1970 (UTC): the day of the newest record.

    Never the clock, so that two builds of the same records are the same.
    """
    days = [record.when.end for record in briefing.records.values() if record.when and record.when.end]
    if briefing.info.as_of and briefing.info.as_of.end:
        days.append(briefing.info.as_of.end)
    day = max(days, default=None)
    return max(0, int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())) if day else 0

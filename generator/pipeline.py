"""The recipe: load > validate > link > pages > write, for the command and the MkDocs plugin alike."""

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from pathspec import PathSpec

from generator.check import check_book, check_links
from generator.errors import Problem, RecordsInvalid, is_failure, sort_problems
from generator.link import Briefing, link_records
from generator.lists import Page
from generator.load import load_folder
from generator.pages import build_pages, find_collisions
from generator.places import Places
from generator.records import BriefingInfo
from generator.validate import validate_info, validate_records
from generator.words import load_words
from generator.write import write_folder


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


@_without_collector()
def check_briefing(project: Project, *, with_drafts: bool = False) -> tuple[Briefing, tuple[Problem, ...]]:
    """Read and link a briefing; return it with all that is wrong with it, sorted by place.

    With errors among the problems the briefing has blanks, and is only good for being checked.
    """
    loaded = load_folder(project.root, project.excluded())
    places = Places(project.root)
    checked, wrong = validate_records(loaded, places)
    info, wrong_info = validate_info(loaded.info, places) if loaded.info is not None else (None, [])
    briefing, wrong_links = link_records(
        checked,
        info or BriefingInfo(title="-"),
        loaded.pages,
        loaded.assets,
        places,
        unreadable=loaded.unreadable,
        with_drafts=with_drafts,
    )
    problems = [*loaded.problems, *wrong, *wrong_info, *wrong_links]
    problems += [
        *check_links(briefing, checked, places, is_whole=not problems),
        *check_book(briefing, places),
        *find_collisions(briefing, checked, places),
    ]
    return briefing, sort_problems(problems)


def read_briefing(project: Project, *, with_drafts: bool = False) -> tuple[Briefing, tuple[Problem, ...]]:
    """Return a briefing that has no errors, and its warnings.

    Raises: RecordsInvalid with all the problems when one is an error.
    """
    briefing, problems = check_briefing(project, with_drafts=with_drafts)
    if is_failure(problems, strict=False):
        raise RecordsInvalid(problems)
    return briefing, problems


def make_pages(briefing: Briefing, project: Project, books: Mapping[str, str] | None = None) -> Iterator[Page]:
    """Yield a briefing's pages, laid out by the project's templates, in the briefing's language.

    `books` tells where the PDF of a page is, {key: path in the site}; that of the whole briefing has the key HOME.
    """
    words = load_words(briefing.info.language, project.template_dirs)
    return build_pages(briefing, project.template_dirs, words, books or {})


@_without_collector()
def write_pages(briefing: Briefing, project: Project, folder: Path, books: Mapping[str, str] | None = None) -> int:
    """Write a briefing's pages and files, and return how many files changed.

    `books` are PDFs below `build/`, as `make_pages` has them.
    """
    pages = make_pages(briefing, project, books)
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

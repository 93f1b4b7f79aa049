"""The recipe: load > validate > link > pages > write, for the command and the MkDocs plugin alike."""

import gc
import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from generator.errors import Problem, RecordsInvalid, is_failure
from generator.link import Briefing
from generator.pages import PageMaker
from generator.project import Project
from generator.reading import Reader, without_collector
from generator.records import BriefingInfo
from generator.words import load_words
from generator.write import write_folder

LAST_MOMENT = 2**32 - 1  # that sitemap.xml.gz can be of: a day of 2106


@without_collector()
def check_briefing(project: Project, *, with_drafts: bool = False) -> tuple[Briefing, tuple[Problem, ...]]:
    """Read and link a briefing; return it with all that is wrong with it, as `Reader.read` does."""
    reader = Reader(project, with_drafts=with_drafts)
    found = reader.read()
    reader.keep()
    gc.freeze()  # the records stay to the end: nobody is to look through them for what is no longer used
    return found


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


@without_collector()
def write_pages(briefing: Briefing, project: Project, folder: Path, books: Mapping[str, str] | None = None) -> int:
    """Write a briefing's pages and files, and return how many files changed.

    `books` are PDFs below `build/`, as `page_maker` has them.
    """
    pages = page_maker(briefing, project, books).all()
    copies = [(name, project.root / "docs" / name) for name in briefing.assets]
    copies += [(path, project.root / "build" / path) for path in (books or {}).values()]
    return write_folder(folder, ((page.path, page.text) for page in pages), copies)


def build_day(briefing: Briefing) -> date:
    """Return the day that a site is dated to: `SOURCE_DATE_EPOCH` may say another than that of the newest record."""
    return day_of(briefing.info, _ends(briefing))


def day_of(info: BriefingInfo, ends: Iterable[date]) -> date:
    """Return what `build_day` does, of the days on which the records end."""
    return datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", _moment_of(info, ends))), UTC).date()


def last_change(briefing: Briefing) -> int:
    """Return the moment that builds are dated to, in seconds since 1970 (UTC): the day of the newest record.

    Never the clock, so that two builds of the same records are the same.
    """
    return _moment_of(briefing.info, _ends(briefing))


def _ends(briefing: Briefing) -> Iterator[date]:
    return (record.when.end for record in briefing.records.values() if record.when and record.when.end)


def _moment_of(info: BriefingInfo, ends: Iterable[date]) -> int:
    as_of = info.as_of.end if info.as_of else None
    day = max((*ends, *([as_of] if as_of else [])), default=None)
    moment = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) if day else 0
    return min(max(0, moment), LAST_MOMENT)

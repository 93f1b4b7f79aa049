"""The recipe: load > validate > link > pages > write, for the command and the MkDocs plugin alike."""

import gc
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import yaml

from generator.check import check_book, check_links, find_cycles
from generator.collisions import find_collisions, fits, names_of_theme
from generator.errors import Problem, RecordsInvalid, is_failure, sort_problems
from generator.files import LIMITS, Limits, Matches, is_still_a_file, names_below, too_much
from generator.kept import Kept
from generator.link import Briefing, link_records, relink_records
from generator.linked import LinkMemory
from generator.load import Loaded, join_loaded, load_file
from generator.pages import PageMaker
from generator.places import Places
from generator.records import BriefingInfo, Record
from generator.tree import links_among
from generator.validate import Checked, Judged, judge_alone, judge_record, validate_info, validate_records
from generator.words import load_words
from generator.workers import spread
from generator.write import write_folder

NO_CARD = BriefingInfo(title="-")
MANY = 500  # files: to read so many, several processes are worth it
TEXTS_AT_ONCE = 500  # of authors, which take some hundredths of a second to put together
LAST_MOMENT = 2**32 - 1  # that sitemap.xml.gz can be of: a day of 2106


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

    def theme_dirs(self) -> tuple[Path, ...]:
        """Return the folders of which a theme puts files into the site: of templates, of `mkdocs.yml`, of packages."""
        theme = read_settings(self.root / "mkdocs.yml").get("theme")
        settings = theme if isinstance(theme, dict) else {"name": theme}
        own, name = settings.get("custom_dir"), settings.get("name")
        folders = [folder / "theme" for folder in self.template_dirs]
        folders += [self.root / own] if isinstance(own, str) else []
        return *folders, *_package_themes(name if isinstance(name, str) else "mkdocs")

    def excluded(self) -> Matches | None:
        """Return what tells whether `exclude_docs` of `mkdocs.yml` leaves a name below `docs/` out; None for none."""
        return self.patterns("exclude_docs")

    def patterns(self, setting: str) -> Matches | None:
        """Return what tells whether a setting of `mkdocs.yml` matches: patterns as in .gitignore. None without any."""
        patterns = read_settings(self.root / "mkdocs.yml").get(setting)
        if not isinstance(patterns, str):
            return None
        from pathspec import PathSpec  # takes a while to load, and is seldom needed

        return PathSpec.from_lines("gitignore", patterns.splitlines()).match_file


def read_settings(file: Path) -> Mapping[str, object]:
    """Return the settings of a YAML file as texts, lists and mappings, or none when it cannot be read as such."""
    try:
        settings = yaml.load(file.read_text("utf-8"), yaml.CBaseLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return {}  # the renderer, whose file it is, says what is wrong with it
    return settings if isinstance(settings, dict) else {}


def _package_themes(name: str) -> Iterator[Path]:
    """Yield the folders of a theme of this name, and of those that come in its place."""
    for package in ("material", "zensical"):
        spec = find_spec(package)
        yield from (Path(folder, "templates") for folder in (spec and spec.submodule_search_locations) or ())
    if name != "material":  # to look through all packages takes a fifth of a second
        from importlib.metadata import entry_points  # takes a while to load

        for entry in entry_points(group="mkdocs.themes", name=name):
            spec = find_spec(entry.value)
            yield from map(Path, (spec and spec.submodule_search_locations) or ())


def package_templates() -> Path:
    """Return the folder of the templates that come with Briefbook: inside the package, or beside it in a checkout."""
    inside = Path(__file__).parent / "templates"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "templates"


@contextmanager
def without_collector() -> Iterator[None]:
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

    def __init__(self, project: Project, *, with_drafts: bool = False, limits: Limits = LIMITS) -> None:
        self._project = project
        self._limits = limits
        self._with_drafts = with_drafts
        self._files: dict[str, Loaded] = {}  # by name below docs
        self._aliases: set[str] = set()  # files that are links: what they lead to may change without them
        self._folder_problems: list[Problem] = []
        self._judged: dict[int, Judged] = {}
        self._card: tuple[object, BriefingInfo | None, list[Problem]] = None, None, []
        self._assets: list[str] = []
        self._of_theme: frozenset[str] = frozenset()
        self._lying: dict[str, str] = {}
        self._links = LinkMemory()
        self._kept: Kept | None = None
        self._checked: Mapping[str, Checked] = {}
        self._wrong: list[Problem] = []
        self._is_good = False  # whether the briefing has no errors
        self.briefing: Briefing | None = None

    @without_collector()
    def read(self, changed: Iterable[str] | None = None) -> tuple[Briefing, tuple[Problem, ...]]:
        """Return the briefing with all that is wrong with it, sorted by place.

        With errors among the problems the briefing has blanks, and is only good for being checked. `changed` are names
        below `docs/` of files and folders that were edited, added or removed since; without it, all is read.
        """
        root = self._project.root
        self._kept = Kept(root) if changed is None else None
        changed = None if changed is None else [*changed]
        if changed is None:
            self._of_theme = names_of_theme(self._project.theme_dirs())
        known = {} if changed is None else self._without(changed)
        names = [*self._files] if changed and self._are_there_still(changed) else self._list_files()
        self._files = self._load_all(names, known)
        self._aliases = links_among(root / "docs", (name for name in names if name not in known))
        loaded = join_loaded(self._files.values(), self._folder_problems)
        self._assets = loaded.assets
        places = self._places
        self._checked, self._wrong = validate_records(loaded, places, self._judged)
        if self._kept:
            self._links = self._kept.links_of(self._checked.values())
        if self._card[0] is not loaded.info:
            self._card = loaded.info, *(validate_info(loaded.info, places) if loaded.info is not None else (None, []))
        _, info, wrong_info = self._card
        self.briefing, wrong_links = link_records(
            self._checked,
            info or NO_CARD,
            loaded.pages,
            loaded.assets,
            places,
            unreadable=loaded.unreadable,
            with_drafts=self._with_drafts,
            memory=self._links,
        )
        self._wrong = [*loaded.problems, *self._wrong, *wrong_info, *wrong_links]
        return self.briefing, self.check()

    @without_collector()
    def keep(self) -> None:
        """Keep what was read, if all was: the next reader then reads only the files that changed."""
        if self._kept:
            self._kept.keep(self._files, self._judged, self._links)

    def prepare(self) -> bool:
        """Make ready some of what an edit of a name asks for, and tell whether there is more."""
        return self._links.gather_texts(TEXTS_AT_ONCE)

    def _are_there_still(self, names: Iterable[str]) -> bool:
        """Tell whether these files were there before, and still are: then nothing came or went."""
        docs = self._project.root / "docs"
        return all(name in self._files and is_still_a_file(docs / name) for name in (*names, *self._aliases))

    def _list_files(self) -> list[str]:
        names, self._folder_problems = names_below(self._project.root, self._project.excluded(), self._limits)
        return names

    def _load_all(self, names: Sequence[str], known: Mapping[str, Loaded]) -> dict[str, Loaded]:
        """Return what these files hold: what is known or was kept of them, or else what is read, and judged at once.

        Where they hold too many records, that is all that is known of them.
        """
        kept = {name: self._kept.judged_in(name) for name in names if name not in known} if self._kept else {}
        found = {name: judged for name, judged in kept.items() if judged is not None}
        files = {**known, **{name: Loaded(records=[item.raw for item in judged]) for name, judged in found.items()}}
        fresh = [name for name in names if name not in files]
        read, count = partial(_load_and_judge, self._project.root), sum(len(part.records) for part in files.values())
        for name, (part, judged) in zip(fresh, spread(read, fresh) if len(fresh) > MANY else read(fresh), strict=True):
            files[name], found[name] = part, judged
            count += len(part.records)
            if count > self._limits.records:
                break
        if count > self._limits.records:
            self._folder_problems = [too_much(f"there are over {self._limits.records:,} records.")]
            return {}
        self._judged |= {id(item.raw): item for judged in found.values() for item in judged}
        return {name: files[name] for name in names}

    def _without(self, changed: Iterable[str]) -> dict[str, Loaded]:
        """Return the files that are as they were: not among these names, and in no folder that is."""
        again = {*changed, *self._aliases}
        folders = tuple(f"{name}/" for name in again if name not in self._files)
        return {name: part for name, part in self._files.items() if name not in again and not name.startswith(folders)}

    @without_collector()
    def read_edits(self, changed: Iterable[str]) -> frozenset[str] | None:
        """Read a few files again, and return the keys of their records; afterwards `briefing` is up to date, and
        `check` still to be asked for what may be a slip.

        Returns None when all is to be read for them: records came or went, or something is or was wrong.
        """
        if self._wrong or self._aliases or self.briefing is None or not self._is_good or not self._with_drafts:
            return None
        names = list(changed)
        parts = {name: load_file(self._project.root, name) for name in names if name in self._files}
        judged = [item for name in names for item in self._judge(name, parts.get(name))]
        if len(parts) < len(names) or None in judged or not judged:
            return None
        edited = {item.record.key: item for item in judged if item}
        checked = {key: Checked(item.record, item.raw.path, item.raw.at) for key, item in edited.items()}
        self._kept = None  # how the files lay is no longer known
        briefing, wrong = relink_records(checked.values(), self.briefing, self._links, self._places)
        if wrong or not self._is_sound(briefing, [item.record for item in checked.values()]):
            return None
        self.briefing = briefing
        self._files |= parts
        self._judged |= {id(item.raw): item for item in edited.values()}
        self._checked = {**self._checked, **checked}
        return frozenset(checked)

    def _judge(self, name: str, part: Loaded | None) -> Iterator[Judged | None]:
        """Yield what becomes of the records of a file; None where others are in it than before, or one has a fault."""
        before = [raw.id for raw in self._files[name].records] if part else []
        if part is None or not before or part.problems or [raw.id for raw in part.records] != before:
            yield None
            return
        for raw in part.records:
            judged = judge_record(raw, frozenset(self._assets), self._places)
            yield None if judged.problems else judged

    def _is_sound(self, briefing: Briefing, edited: Collection[Record]) -> bool:
        """Tell whether no error is in a briefing that had none before some records were edited."""
        are_free = all(fits(record, self._lying) for record in edited)
        return are_free and not briefing.nested_names and not any(find_cycles(briefing, edited))

    @property
    def _places(self) -> Places:
        """Where fields stand, in files as they are now."""
        return Places(self._project.root)

    def check(self) -> tuple[Problem, ...]:
        """Return all that is wrong with the briefing as it was last read, sorted by place."""
        places = self._places
        assert self.briefing, "it was read before"
        colliding, self._lying = find_collisions(self.briefing, self._checked, places, self._of_theme)
        problems = [
            *self._wrong,
            *check_links(self.briefing, self._checked, places, is_whole=not self._wrong),
            *check_book(self.briefing, places),
            *colliding,
        ]
        self._is_good = not is_failure(problems, strict=False)
        return sort_problems(problems)


def _load_and_judge(root: Path, names: Iterable[str]) -> list[tuple[Loaded, list[Judged]]]:
    places, parts = Places(root), [load_file(root, name) for name in names]  # which reads a file with faults only once
    return [(part, [judge_alone(raw, places) for raw in part.records]) for part in parts]


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

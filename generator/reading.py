"""Reads a briefing: all of it, and then only what is edited. Remembers what it read, and what linking found."""

import gc
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from generator.check import check_book, check_links, find_cycles
from generator.collisions import find_collisions, fits, names_of_theme
from generator.errors import Problem, is_failure, sort_problems
from generator.files import LIMITS, Limits, is_still_a_file, may_come, names_below, too_much
from generator.kept import Kept
from generator.link import HOME, Briefing, Edits, link_records, relink_some
from generator.linked import LinkMemory
from generator.load import INFO_PATH, Loaded, RawPage, join_loaded, load_file
from generator.mend import BLANK
from generator.noted import with_edits
from generator.places import Places
from generator.project import Project
from generator.records import KIND_BY_FOLDER, BriefingInfo, Record
from generator.tree import links_among
from generator.validate import Checked, Judged, judge_alone, judge_record, validate_info, validate_records
from generator.workers import spread

NO_CARD = BriefingInfo(title="-")
MANY = 500  # files: to read so many, several processes are worth it
TEXTS_AT_ONCE = 500  # of authors, which take some hundredths of a second to put together


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


class Edited(NamedTuple):
    """What came of edits: the keys of records and pages that are others, came or went, and all that is known to be
    wrong. There are no keys when something is wrong with the edits.
    """

    keys: frozenset[str]
    problems: tuple[Problem, ...]


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
        self._checked: dict[str, Checked] = {}
        self._wrong: list[Problem] = []
        self._found: list[Problem] = []  # when it was last checked
        self._is_good = False  # whether the briefing has no errors
        self._waiting: frozenset[str] = frozenset()  # files with edits that could not be taken over
        self._faults: list[Problem] = []  # with these edits
        self._is_in_order = True  # whether the files are in the order in which they are listed
        self.briefing: Briefing | None = None

    @without_collector()
    def read(self, changed: Iterable[str] | None = None) -> tuple[Briefing, tuple[Problem, ...]]:
        """Return the briefing with all that is wrong with it, sorted by place.

        With errors among the problems the briefing has blanks, and is only good for being checked. `changed` are names
        below `docs/` of files and folders that were edited, added or removed since; without it, all is read.
        """
        root = self._project.root
        self._kept = Kept(root) if changed is None else None
        changed = None if changed is None else {*changed, *self._waiting}
        self._waiting, self._faults = frozenset(), []
        if changed is None:
            self._of_theme = names_of_theme(self._project.theme_dirs())
        known = {} if changed is None else self._without(changed)
        is_listed = changed and self._is_in_order and self._are_there_still(changed)
        names = [*self._files] if is_listed else self._list_files()
        self._is_in_order = True
        self._files = self._load_all(names, known)
        self._aliases = links_among(root / "docs", (name for name in names if name not in known))
        loaded = join_loaded(self._files.values(), self._folder_problems)
        self._assets = loaded.assets
        places = Places(self._project.root)
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
    def read_edits(self, changed: Iterable[str]) -> Edited | None:
        """Read a few files without the others: of records that came, went or were edited, of edited pages that people
        wrote, and the card. Afterwards `briefing` is up to date, and `check` still to be asked for slips.

        Where something is wrong with them, the briefing stays as it was, and they are read again with the next edit.
        Returns None when more is to be read than these files.
        """
        is_known = self._is_good and not self._wrong and not self._aliases and self._with_drafts
        parts = self._load_some({*changed, *self._waiting}) if is_known else None
        if parts is None or self.briefing is None:
            return None
        wrong: list[Problem] = []
        places, there = Places(self._project.root), [part for part in parts.values() if part]
        judged = self._judge_some(parts, places, wrong)
        by_hand = _read_by_hand(there, self.briefing, places, wrong)
        if judged is None or by_hand is None:
            return None
        self._kept = None  # how the files lay is no longer known
        records = {key: item and Checked(item.record, item.raw.path, item.raw.at) for key, item in judged.items()}
        edits = Edits(records, by_hand, frozenset().union(*(part.unreadable for part in there)))
        briefing = relink_some(edits, self.briefing, self._links, places, wrong)
        if briefing is None:
            self._waiting, self._faults = frozenset(parts), wrong
            return Edited(frozenset(), self._known_problems)
        if not self._is_sound(briefing, [item.record for item in records.values() if item]):
            return None
        self._take(briefing, parts, judged, edits)
        return Edited(frozenset({*records, *by_hand}), self._known_problems)

    def _load_some(self, names: Set[str]) -> dict[str, Loaded | None] | None:
        """Return what files hold now, None for those that are gone.

        Returns None where one neither has records, nor is the card or a page that was there.
        """
        docs = self._project.root / "docs"
        there = {name for name in names if is_still_a_file(docs / name)}
        is_plain = all((docs / name).parent.resolve() == docs.resolve() / name.rpartition("/")[0] for name in there)
        new = there - self._files.keys()
        excluded = self._project.excluded() if new else None
        if not is_plain or not may_come(new, self._files) or any(excluded and excluded(name) for name in new):
            return None
        if not all(self._may_be_gone(name) for name in names - there):
            return None
        gone = names & self._files.keys() - there
        return {**{name: load_file(self._project.root, name) for name in there}, **dict.fromkeys(gone)}

    def _may_be_gone(self, name: str) -> bool:
        """Tell whether nothing is there any more, where nothing but a file of records can have been."""
        path = self._project.root / "docs" / name
        is_of_records = name.partition("/")[0] in KIND_BY_FOLDER and not name.endswith(".md")
        was_folder = name not in self._files and any(known.startswith(f"{name}/") for known in self._files)
        return is_of_records and not was_folder and not path.is_symlink() and not path.exists()

    def _judge_some(
        self, parts: Mapping[str, Loaded | None], places: Places, wrong: list[Problem]
    ) -> dict[str, Judged | None] | None:
        """Return what becomes of the records in these files, by key, None for those that are gone; and what is wrong.

        Returns None, too, when the id of one is taken, or there are too many.
        """
        known = (raw for name in parts.keys() & self._files.keys() for raw in self._files[name].records)
        before, now = {self._judged[id(raw)].record.key for raw in known}, dict[str, Judged | None]()
        assets = frozenset(self._assets)
        for part in filter(None, parts.values()):
            wrong += part.problems
            for item in (judge_record(raw, assets, places) for raw in part.records):
                wrong += item.problems
                if item.record.key in now:
                    return None
                if item.record.id != BLANK:
                    now[item.record.key] = item
        new, gone = now.keys() - before, before - now.keys()
        if new & self._checked.keys() or len(self._checked) + len(new) - len(gone) > self._limits.records:
            return None
        return {**dict.fromkeys(gone), **now}

    def _take(
        self, briefing: Briefing, parts: Mapping[str, Loaded | None], judged: Mapping[str, Judged | None], edits: Edits
    ) -> None:
        """Take over what was read of some files, and the briefing that came of it."""
        self.briefing = briefing
        self._is_in_order = self._is_in_order and parts.keys() <= self._files.keys()
        for raw in (raw for name in parts.keys() & self._files.keys() for raw in self._files[name].records):
            del self._judged[id(raw)]
        self._judged |= {id(item.raw): item for item in judged.values() if item}
        self._files = with_edits(self._files, parts)
        self._checked = with_edits(self._checked, edits.records)
        card = parts.get(INFO_PATH.removeprefix("docs/"))
        self._card = (card.info, briefing.info, []) if card else self._card
        self._waiting, self._faults = frozenset(), []

    def _is_sound(self, briefing: Briefing, edited: Collection[Record]) -> bool:
        """Tell whether no error is in a briefing that had none before some records were edited."""
        are_free = all(fits(record, self._lying) for record in edited)
        return are_free and not briefing.nested_names and not any(find_cycles(briefing, edited))

    def check(self) -> tuple[Problem, ...]:
        """Return all that is wrong with the briefing as it was last read, sorted by place."""
        places = Places(self._project.root)
        assert self.briefing, "it was read before"
        colliding, self._lying = find_collisions(self.briefing, self._checked, places, self._of_theme)
        is_whole = not self._wrong and not self._faults
        found = [
            *self._wrong,
            *check_links(self.briefing, self._checked, places, is_whole=is_whole),
            *check_book(self.briefing, places),
            *colliding,
        ]
        waiting = {f"docs/{name}" for name in self._waiting}  # which are not what was checked
        self._found = [problem for problem in found if problem.place.path not in waiting]
        self._is_good = not is_failure(found, strict=False)
        return self._known_problems

    @property
    def _known_problems(self) -> tuple[Problem, ...]:
        """All that is known to be wrong: as it was last checked, and with edits that wait since then."""
        return sort_problems((*self._found, *self._faults))


def _load_and_judge(root: Path, names: Iterable[str]) -> list[tuple[Loaded, list[Judged]]]:
    places, parts = Places(root), [load_file(root, name) for name in names]  # which reads a file with faults only once
    return [(part, [judge_alone(raw, places) for raw in part.records]) for part in parts]


def _read_by_hand(
    parts: Iterable[Loaded], briefing: Briefing, places: Places, wrong: list[Problem]
) -> dict[str, RawPage | BriefingInfo] | None:
    """Return the pages that people wrote, and the card, in these files, by key; and what is wrong with the card.

    None when the card says something else that all pages show.
    """
    found: dict[str, RawPage | BriefingInfo] = {}
    for part in parts:
        found |= {page.name.removesuffix(".md"): page for page in part.pages}
        if part.info is not None:
            info, problems = validate_info(part.info, places)
            wrong += [*problems, *check_book(replace(briefing, info=info), places)]
            found[HOME] = info
            if (info.title, info.on_all_pages) != (briefing.info.title, briefing.info.on_all_pages):
                return None
    return found

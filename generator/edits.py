"""What was edited since the last build, read without the rest: records that changed, came or went; pages, the card.

Whatever is not certain here is left to a whole reading: circles, mistakes, and pages that come or go.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from generator.backlinks import MENTIONED, Backlink, Naming
from generator.check import check_alone, check_book, find_cycles, find_slips, is_slip
from generator.collisions import is_free
from generator.errors import Problem, sort_problems
from generator.fields import FieldPath, Part
from generator.files import is_of_one_record, is_still_a_file, may_come
from generator.ledger import Ledger
from generator.link import HOME, Briefing, link_some
from generator.linked import Author, HandPage, Linked, World, words_of
from generator.load import INFO_PATH, RawPage, load_file
from generator.names import as_line, changed_forms, names_after, shared_names
from generator.noted import Lazy
from generator.places import Places
from generator.project import Project
from generator.prose import Mention, Prose
from generator.rearranging import Edit
from generator.records import Actor, BriefingInfo, Event, Record, keys_by_id
from generator.seen import SEEN, Seen
from generator.validate import Checked, judge_record, validate_info

MOST_FILES = 20  # edited ones: with more, a whole build is not much slower
MOST_DRAFTS = 100  # to be read when something goes that they may name
MOST_CARRIED = 100  # events that may stand elsewhere, as they follow an edited one, or others do that they follow
MOST_NAMING = 200  # records that have a name in their text that leads to another actor now
MOST_LIKELY = 4000  # those that have a word of such a name, to be read for the whole of it

_Parts = Mapping[str, tuple[Part | RawPage, Author]]  # what is linked, by key


class Written(NamedTuple):
    """An edit, the file below `docs/` that has the record now, and its linked prose; both empty where it is gone.

    Of a hand-written page, or the card, the edit has but its key and how it names others; it is in `part`.
    """

    edit: Edit
    file: str
    prose: Mapping[FieldPath, Prose]
    part: HandPage | BriefingInfo | None = None


class Edits:
    """The edits of a briefing since the last build. `briefing` is as it was then, and read from the ledger.

    `names` are those of actors, as `names_of` has them, and `drafts` the files of drafts by their keys: as they were
    then, and after `read` as they are now. `changed` are the names of the files that came, went, or were edited.
    """

    def __init__(self, project: Project, ledger: Ledger, briefing: Briefing, seen: Seen) -> None:
        self._project, self._ledger, self._seen = project, ledger, seen
        self._briefing = briefing
        self._files = briefing.files
        self._places = Places(project.root)
        self._checked = Lazy(self._check_file)
        # The files of pages that people wrote, and of the card
        self._by_hand = {HOME: INFO_PATH.removeprefix("docs/"), **{key: f"{key}.md" for key in briefing.pages}}
        self.changed: frozenset[str] = frozenset()
        names: Mapping[str, list[str]] = ledger.told("named")
        self._last_names = self.names = names
        self.drafts: Mapping[str, str] = ledger.told("drafts")

    def read(self) -> list[Written] | None:
        """Return the edits, by key; None when more is to be read for them.

        Whatever has in its text a name that leads to another actor now is among them, as it is linked in another way.
        """
        names = self._changed_files()
        if names is None:
            return None
        self.changed = frozenset(names)
        last = self._world(self._files, self._last_names, self.drafts)
        by_hand = self._by_hand.values()
        sorted_out = self._sort_out(name for name in names if name in self._seen.files and name not in by_hand)
        if sorted_out is None:
            return None
        now, drafts = sorted_out
        known = {key for key, file in self._files.items() if file in self.changed}
        self.names = self._names_after(known, now)
        naming, carried = self._naming_others(), self._carried(known, now)
        if naming is None or carried is None:
            return None
        pages = self._read_by_hand(key for key, name in self._by_hand.items() if name in self.changed or key in naming)
        if pages is None:
            return None
        others = (naming | carried) - known - pages.keys()
        before = {key: self._unedited(key) for key in sorted(known | others)}
        now |= {key: before[key] for key in others}
        world = self._world({*(key for key in self._files if key not in before), *now}, self.names, self.drafts)
        card = {HOME: (self._briefing.info, Author(HOME, INFO_PATH))} if HOME in pages else {}
        parts = ({**_parts(before), **card}, last), ({**_parts(now), **pages}, world), (_parts(drafts), world)
        linked_before, linked, linked_drafts = self._link(*parts)
        written = [
            self._edit_of(key, linked_before.get(key), linked.get(key), key in carried)
            for key in sorted(known | linked.keys())
        ]
        has_problems = any(found.problems for found in (*linked.values(), *linked_drafts.values()))
        if has_problems or not self._are_left(known - now.keys(), written):
            return None
        return [item for item in written if item.edit.key in naming | carried or self._is_other(item)]

    def problems_after(
        self, written: Sequence[Written], briefing: Briefing, problems: Iterable[Problem]
    ) -> tuple[Problem, ...] | None:
        """Return what is wrong now, of what was wrong before; None when it is more than slips.

        `briefing` is as it is after the edits, but for the names that actors share.
        """
        briefing = replace(briefing, shared_names=shared_names(self.names))
        edits = [item.edit for item in written]
        cycles = find_cycles(briefing, (edit.now for edit in edits if edit.now))
        is_of_card = any(isinstance(item.part, BriefingInfo) for item in written)
        if any(cycles) or (is_of_card and any(check_book(briefing, self._places))):
            return None
        named = {key for edit in edits for key in edit.named}
        dated = {backlink.key for edit in edits for backlink in self._dated_by(edit)}
        checked = {edit.key for edit in edits} | named | dated | self._sharing()
        checked &= briefing.files.keys()
        slips_in = {problem.place.path for problem in problems if is_slip(problem)}
        paths = {f"docs/{briefing.files[key]}" for key in checked} & slips_in
        paths |= {f"docs/{briefing.files[finding[0]]}" for finding in find_slips(briefing, sorted(checked))}
        paths |= {f"docs/{name}" for name in self.changed}
        if not all(is_slip(problem) for problem in problems if problem.place.path in paths):
            return None
        there = (path.removeprefix("docs/") for path in sorted(paths))
        found = [item for name in there if name in self._seen.files for item in self._checked[name] if item]
        items = [item for item in found if not item.record.draft]
        slips = check_alone(briefing, items, self._places)
        return sort_problems((*(problem for problem in problems if problem.place.path not in paths), *slips))

    def _sharing(self) -> set[str]:
        """Return the keys of actors with a name that others have, too, where these are others now."""
        if self.names is self._last_names:
            return set()
        before, now = (shared_names(names) for names in (self._last_names, self.names))
        changed = (name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
        return {key for name in changed for shared in (before, now) for key in shared.get(name, ())}

    def _dated_by(self, edit: Edit) -> Iterator[Backlink]:
        """Yield what names a record whose date others must fit, where that is another now."""
        before, now = edit.before, edit.now
        named = self._named(edit.key)
        if isinstance(before, Event) and isinstance(now, Event) and before.date != now.date:
            yield from (*named.get("quotes-said-there", ()), *named.get("what-followed", ()))
        if isinstance(before, Actor) and isinstance(now, Actor) and before.died != now.died:
            yield from named.get("quotes-by-this-actor", ())

    def _changed_files(self) -> list[str] | None:
        """Return the names of the files that were edited, came or went; None when it were too many, or others."""
        before, now = self._ledger.files(SEEN), self._seen.files
        edited = [name for name, lay in now.items() if name in before and (lay != before[name][1:] or not lay[1])]
        gone, new = before.keys() - now.keys(), now.keys() - before.keys()
        if len(edited) + len(gone) + len(new) > MOST_FILES or not all(map(is_of_one_record, gone)):
            return None
        if not edited and not gone and not new:
            return []
        is_known = may_come(new, before) and self._are_read([*edited, *new])
        return [*edited, *gone, *new] if is_known else None

    def _are_read(self, names: Sequence[str]) -> bool:
        """Tell whether files are to be read: none is a link, or left out."""
        excluded, docs = self._project.excluded(), self._project.root / "docs"
        return not any((excluded and excluded(name)) or not is_still_a_file(docs / name) for name in names)

    def _check_file(self, name: str) -> list[Checked | None]:
        """Return the records of a file; None among them where something is wrong, or it is no file of records."""
        part = load_file(self._project.root, name)
        assets = frozenset(self._briefing.assets)
        judged = [judge_record(raw, assets, self._places) for raw in part.records]
        checked = [None if found.problems else Checked(found.record, found.raw.path, found.raw.at) for found in judged]
        return [None, *checked] if part.problems or not checked else [*checked]

    def _sort_out(self, names: Iterable[str]) -> tuple[dict[str, Checked], dict[str, Checked]] | None:
        """Return the records in these files, and the drafts; None when others are to be read for them."""
        now: dict[str, Checked] = {}
        drafts: dict[str, Checked] = {}
        for item in (item for name in names for item in self._checked[name]):
            if item is None or item.record.key in now or item.record.key in drafts:
                return None
            (drafts if item.record.draft else now)[item.record.key] = item
        files = {**self._files, **self.drafts}
        left = {key: file for key, file in self.drafts.items() if file not in self.changed}
        known = {key for key, file in files.items() if file in self.changed}
        self.drafts = {**left, **{key: item.path.removeprefix("docs/") for key, item in drafts.items()}}
        twins = keys_by_id(files)
        new = (now | drafts).keys() - known
        may_come = all(is_free(key, self._files) and not twins[key.partition("/")[2]] for key in new)
        # That a draft names what is gone is no backlink: all of them are to be linked.
        waiting = set() if known <= now.keys() | drafts.keys() else {*left.values()}
        if len(waiting) > MOST_DRAFTS or not may_come:
            return None
        there = (item for name in waiting for item in self._checked[name] if item)
        return now, drafts | {item.record.key: item for item in there if item.record.draft}

    def _carried(self, known: set[str], now: Mapping[str, Checked]) -> set[str] | None:
        """Return the keys of the events that follow one, at once or by others, that follows others than it did; None
        where they are many.
        """
        events = ((self._briefing.records[key], now[key].record) for key in known & now.keys())
        waiting = [
            before.key
            for before, after in events
            if isinstance(before, Event) and isinstance(after, Event) and before.follows != after.follows
        ]
        found = set[str]()
        while waiting and len(found) <= MOST_CARRIED:
            followers = {backlink.key for backlink in self._named(waiting.pop()).get("what-followed", ())} - found
            found |= followers
            waiting += followers
        return found if len(found) <= MOST_CARRIED else None

    def _unedited(self, key: str) -> Checked:
        return Checked(self._briefing.records[key], f"docs/{self._files[key]}", ())

    def _names_after(self, known: Collection[str], now: Mapping[str, Checked]) -> Mapping[str, list[str]]:
        """Return the names of actors when those that are `known` are gone, and these records are there."""
        before = (self._briefing.records[key] for key in known)
        return names_after(self.names, before, (item.record for item in now.values()))

    def _naming_others(self) -> set[str] | None:
        """Return the keys of those in whose text a name leads to another actor than by the last names.

        None when these are many, too many names end in each other, or a page cannot be read.
        """
        if self.names is self._last_names:
            return set()
        changed = changed_forms(self._last_names, self.names)
        if changed is None:
            return None
        forms = {as_line(form) for form in changed}
        docs = self._project.root / "docs"
        try:
            pages = {key: as_line((docs / self._by_hand[key]).read_text("utf-8")) for key in self._briefing.pages}
        except (OSError, UnicodeDecodeError):
            return None
        # A name may go on in the next line: its words are looked for one by one, as JSON has them.
        words = [[json.dumps(word, ensure_ascii=False)[1:-1] for word in form.split()] for form in forms]
        keys = self._ledger.keys_with("record", [sorted(own, key=len, reverse=True) for own in words])
        if len(keys) > MOST_LIKELY:
            return None
        texts = {HOME: words_of(self._briefing.info), **pages} | {
            key: words_of(self._briefing.records[key]) for key in keys
        }
        found = {key for key, text in texts.items() if any(form in text for form in forms)}
        return found if len(found) <= MOST_NAMING else None

    def _are_left(self, gone: Collection[str], written: Sequence[Written]) -> bool:
        """Tell whether those that are gone are named by none but records that no longer do."""
        naming = {item.edit.key: item.edit.names for item in written}
        authors = {backlink.key for key in gone for found in self._named(key).values() for backlink in found}
        named = {named for names in naming.values() for named, _, _ in names}
        return authors <= naming.keys() and named.isdisjoint(gone)

    def _named(self, key: str) -> Mapping[str, Sequence[Backlink]]:
        return self._briefing.backlinks.get(key, {})

    def _world(self, keys: Iterable[str], names: Mapping[str, list[str]], drafts: Mapping[str, str]) -> World:
        files = frozenset((*self._briefing.assets, *(f"{name}.md" for name in self._briefing.pages)))
        return World(names, {*keys, *drafts}, (frozenset(drafts), files, frozenset()))

    def _link(self, *parts: tuple[_Parts, World]) -> list[dict[str, Linked]]:
        """Return what comes of linking some, each among the records that there are: those of one world at once."""
        items = [(item, world) for found, world in parts for item in found.values()]
        linked: list[Linked] = []
        for world, group in groupby(items, key=itemgetter(1)):
            linked += link_some([item for item, _ in group], world, self._places)
        rest = iter(linked)
        return [{key: next(rest) for key in found} for found, _ in parts]

    def _read_by_hand(self, keys: Iterable[str]) -> _Parts | None:
        """Return pages that people wrote, and the card, as they are now; None when something is wrong with one, or all
        pages show what is another.
        """
        found: dict[str, tuple[Part | RawPage, Author]] = {}
        for key in keys:
            part = load_file(self._project.root, self._by_hand[key])
            if part.problems:
                return None
            if key != HOME:
                found[key] = part.pages[0], Author(key, part.pages[0].path)
                continue
            info, problems = validate_info(part.info or {}, self._places)
            if problems or info.on_all_pages != self._briefing.info.on_all_pages:
                return None
            found[key] = info, Author(HOME, INFO_PATH)
        return found

    def _edit_of(self, key: str, last: Linked | None, linked: Linked | None, is_carried: bool) -> Written:
        """Return how something was edited, of what came of linking it before and now."""
        page = self._briefing.pages.get(key)
        names_before = _names_on(page) if page else last.names if last else []
        before, now = (found.of if found and isinstance(found.of, Record) else None for found in (last, linked))
        if linked is None:
            return Written(Edit(key, before, None, names_before), "", {})
        edit = Edit(key, before, now, names_before, linked.names, is_carried)
        file = linked.author.path.removeprefix("docs/")
        if linked.page:
            return Written(edit, file, {(): linked.page.prose}, linked.page)
        prose = {at: prose for (_, at), prose in linked.prose.items()}
        return Written(edit, file, prose, linked.of if isinstance(linked.of, BriefingInfo) else None)

    def _is_other(self, item: Written) -> bool:
        edit = item.edit
        return item.part is not None or edit.before != edit.now or item.file != self._files[edit.key]


def _parts(items: Mapping[str, Checked]) -> _Parts:
    return {key: (item.record, Author(key, item.path, item.at)) for key, item in items.items()}


def _names_on(page: HandPage) -> list[Naming]:
    """Return whom a hand-written page names, as linking it found them."""
    mentions = (piece for piece in page.prose if isinstance(piece, Mention))
    return [(mention.key, MENTIONED, Backlink(page.key, ())) for mention in mentions]

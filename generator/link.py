"""Step 3 of 5, link: checked records and hand-written pages in, one `Briefing` out.

Follows every id by which a record names another, in fields and in prose, finds the names of actors in prose, and
notes the way back. Never reads files, never renders text.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from generator.backlinks import MENTIONED, Backlink
from generator.characters import same_text
from generator.errors import Known, Problem, nearest
from generator.fields import FieldPath, Part, Refers, marked_values
from generator.front import read_front
from generator.linked import Author, HandPage, Linked, LinkMemory, World, words_of
from generator.load import INFO_PATH, RawPage
from generator.mend import BLANK
from generator.names import NameIndex, as_line, forms_of, names_after, names_of
from generator.noted import Lazy, with_edits
from generator.order import keys_in_order, keys_of_kind, order_after, steps_back
from generator.places import Places
from generator.prose import (
    LinkedPiece,
    Mention,
    Piece,
    Prose,
    Refused,
    Target,
    Wiki,
    Words,
    read_page,
    read_prose,
)
from generator.records import KIND_BY_FOLDER, BriefingInfo, Record, keys_by_id
from generator.validate import Checked, field_name

HOME = "index"


@dataclass(frozen=True, slots=True, kw_only=True)
class Briefing:
    """All that the pages are made of. A key is "actors/jane-doe", a hand-written page's name without `.md`, or HOME.

    `records` come kind by kind: actors by name, the others by date, undated last. `backlinks` has, for each key that
    is named, the headings of the ways in which it is, and under each what names it, in the same order. `prose` has
    the linked form of every prose field, that of the briefing's card under HOME.
    """

    info: BriefingInfo
    records: Mapping[str, Record]
    pages: Mapping[str, HandPage]
    assets: tuple[str, ...]
    files: Mapping[str, str]  # key -> the YAML file below `docs/`
    backlinks: Mapping[str, Mapping[str, tuple[Backlink, ...]]]
    prose: Mapping[tuple[str, FieldPath], Prose]
    shared_names: Mapping[str, tuple[str, ...]]  # name -> keys of the actors that share it
    nested_names: Mapping[str, str]  # name in which too many others end -> key of an actor that has it

    def keys_of(self, folder: str) -> tuple[str, ...]:
        """Return the keys of the records of one kind, in order."""
        return tuple(keys_of_kind([*self.records], folder))

    def of_kind(self, folder: str) -> tuple[Record, ...]:
        """Return the records of one kind, in order."""
        return tuple(self.records[key] for key in self.keys_of(folder))


def link_records(
    written: Mapping[str, Checked],
    info: BriefingInfo,
    pages: Iterable[RawPage],
    assets: Iterable[str],
    places: Places,
    *,
    unreadable: Iterable[str] = (),
    with_drafts: bool = False,
    memory: LinkMemory | None = None,
) -> tuple[Briefing, list[Problem]]:
    """Return the briefing, and what is wrong with the ways in which its records and pages name each other.

    Drafts are left out of the briefing unless `with_drafts`; that a published record names a draft is then a problem.
    `unreadable` are the keys of records that could not be read: to name one of these is no second problem.
    """
    memory = memory or LinkMemory()
    unordered = [item.record for item in written.values()]
    memory.steps = steps_back(unordered)
    records = {key: written[key].record for key in keys_in_order(unordered, memory.steps)}
    drafts = frozenset() if with_drafts else frozenset(key for key, record in records.items() if record.draft)
    raw_pages = {page.name.removesuffix(".md"): page for page in pages}
    files = frozenset((*assets, *(page.name for page in raw_pages.values())))
    others = drafts, files, frozenset(unreadable)
    named = names_of(record for key, record in records.items() if key not in drafts)
    linker = _Linker(places, records, *others, memory, memory.enter(World(named, frozenset(records), others)))
    for key, record in records.items():
        linker.link(record, Author(key, written[key].path, written[key].at))
    linker.link(info, Author(HOME, INFO_PATH))
    for key, page in raw_pages.items():
        linker.link(page, Author(key, page.path))
    linked = linker.finish(memory.linked.keys() | linker.linked.keys())
    briefing = Briefing(
        info=info,
        records={key: record for key, record in records.items() if key not in drafts},
        pages={key: part.page for key, part in linked.items() if part.page},
        assets=tuple(assets),
        files={key: item.path.removeprefix("docs/") for key, item in written.items()},
        backlinks=memory.ways_back.turned([*records, HOME, *raw_pages], drafts),
        prose=dict(memory.prose),
        shared_names=memory.names.shared,
        nested_names=memory.names.nested,
    )
    return briefing, [problem for part in linked.values() for problem in part.problems]


class Edits(NamedTuple):
    """What was edited, by key: records, None for those that are gone, and what is written by hand, pages and the card.
    `unreadable` are the keys of records that could not be read.
    """

    records: Mapping[str, Checked | None]
    by_hand: Mapping[str, RawPage | BriefingInfo]
    unreadable: frozenset[str]


def relink_some(
    edits: Edits, briefing: Briefing, memory: LinkMemory, places: Places, wrong: list[Problem]
) -> Briefing | None:
    """Return a briefing after edits. It is as it was last linked, with its drafts, and without faults.

    What is wrong with links now is put to what is `wrong` with the edits otherwise: if anything is, nothing is
    remembered, and None returned.
    """
    edited = edits.records
    now = {key: item.record if item else None for key, item in edited.items()}
    records, steps = order_after(briefing.records, now, memory.steps)
    before = (briefing.records[key] for key in edited if key in briefing.records)
    names = names_after(memory.world.names, before, filter(None, now.values()))
    are_same = None not in now.values() and now.keys() <= briefing.records.keys()
    keys = memory.world.keys if are_same else frozenset(records)
    last = memory.world, memory.names
    touched = memory.enter(memory.world._replace(names=names, keys=keys))
    drafts, names_of_files, unreadable = memory.world.others
    others = drafts, names_of_files, unreadable | edits.unreadable
    linker = _Linker(places, records, *others, memory, touched, linked=dict(memory.linked))
    anew = _link_again(linker, edits)
    wrong += [problem for key in anew if key in linker.linked for problem in linker.linked[key].problems]
    if wrong:
        memory.world, memory.names = last
        return None
    memory.steps = steps
    linked = linker.finish(anew)
    card = edits.by_hand.get(HOME)
    files = {key: item.path.removeprefix("docs/") if item else None for key, item in edited.items()}
    return replace(
        briefing,
        info=card if isinstance(card, BriefingInfo) else briefing.info,
        records=records,
        pages={key: page for key in briefing.pages if (page := linked[key].page)},
        files=with_edits(briefing.files, files),
        backlinks=memory.ways_back.turned([*records, HOME, *briefing.pages], linker.drafts),
        prose=dict(memory.prose),
        shared_names=memory.names.shared,
        nested_names=memory.names.nested,
    )


def _link_again(linker: "_Linker", edits: Edits) -> list[str]:
    """Link what was edited, and those whom that touches; return the keys of all."""
    for key, item in edits.records.items():
        linker.linked.pop(key, None)
        if item:
            linker.link(item.record, Author(key, item.path, item.at))
    for key, part in edits.by_hand.items():
        linker.link(part, Author(key, part.path if isinstance(part, RawPage) else INFO_PATH))
    others = linker.touched - edits.records.keys() - edits.by_hand.keys()
    for other in [linker.linked[key] for key in others]:
        linker.link(other.of, other.author)
    return [*edits.records, *edits.by_hand, *others]


def link_some(parts: Collection[tuple[Part | RawPage, Author]], world: World, places: Places) -> list[Linked]:
    """Return what comes of linking records, pages, or the card. One may be there several times, in other states."""
    text = "\n".join(words_of(part) for part, _ in parts)
    found = {name: keys for name, keys in world.names.items() if any(as_line(form) in text for form in forms_of(name))}
    linker = _Linker(places, world.keys, *world.others, LinkMemory(names=NameIndex(found)))
    return [linker.link(part, author) for part, author in parts]


@dataclass(slots=True)
class _Linker:
    """What linking knows, and `now`, what it is linking."""

    places: Places
    keys: Collection[str]
    drafts: frozenset[str]
    files: frozenset[str]
    unreadable: frozenset[str]
    memory: LinkMemory
    touched: frozenset[str] = frozenset()
    known: dict[tuple[tuple[str, ...], bool], Known] = field(default_factory=dict)  # (kinds, with folder) -> names
    linked: dict[str, Linked] = field(default_factory=dict)
    keys_by_id: Lazy[str, list[str]] = field(init=False)
    now: Linked = field(init=False)

    def __post_init__(self) -> None:
        self.keys_by_id = keys_by_id(self.keys)

    def link(self, part: Part | RawPage, author: Author) -> Linked:
        """Link a record, the card or a page, unless that was done before, and return what came of it."""
        before = self.memory.linked.get(author.key)
        if before and before.of is part and before.author == author and author.key not in self.touched:
            self.linked[author.key] = before
            return before
        self.now = self.linked[author.key] = Linked(part, author)
        if isinstance(part, RawPage):
            self.now.page = self._link_page(part, author)
        else:
            self._link_part(part, author)
        return self.now

    def finish(self, keys: Iterable[str]) -> dict[str, Linked]:
        """Return all that is linked, and remember it; only that of these authors has changed."""
        memory = self.memory
        for key in keys:
            before, after = memory.linked.get(key), self.linked.get(key)
            if before is after:
                continue
            if before:
                memory.forget(before)
            if after:
                memory.remember(after)
        memory.linked = self.linked
        return self.linked

    def _link_part(self, part: Part, author: Author) -> None:
        """Resolve all that a record, or the briefing's card, names."""
        for at, mark, text in marked_values(part):
            if isinstance(mark, Refers):
                key = self._resolve(text, mark.kinds, author, at)
                if key is not None:
                    self.now.names.append((key, mark.back, Backlink(author.key, at)))
            else:
                scope = "-".join(str(step) for step in (author.key.rpartition("/")[2], *at))
                self.now.prose[author.key, at] = tuple(self._link(read_prose(text, scope), author, at))

    def _link_page(self, page: RawPage, author: Author) -> HandPage:
        """Resolve all that a hand-written page names."""
        front = read_front(page)
        self.now.problems += front.problems
        return HandPage(page.name, front.fields, front.title, tuple(self._link(read_page(front.body), author, ())))

    def _link(self, pieces: Iterable[Piece], author: Author, at: FieldPath) -> Iterator[LinkedPiece]:
        for piece in pieces:
            if isinstance(piece, Words):
                yield from self._name(piece.text, author, at)
            elif isinstance(piece, Wiki):
                key = self._resolve(piece.target, (), author, at, piece.typed)
                if key is not None:
                    self.now.names.append((key, MENTIONED, Backlink(author.key, at)))
                    yield Mention(key, piece.words, is_typed=True)
            elif isinstance(piece, Refused):
                self._refuse(author, at, piece.message, piece.hint, piece.typed)
            else:
                if isinstance(piece, Target):
                    self._check_target(piece, author, at)
                yield piece

    def _name(self, text: str, author: Author, at: FieldPath) -> Iterator[LinkedPiece]:
        end = 0
        for found in self.memory.names.find(text):
            if found.key == author.key:
                continue
            self.now.names.append((found.key, MENTIONED, Backlink(author.key, at)))
            if found.start > end:
                yield Words(text[end : found.start])
            yield Mention(found.key, text[found.start : found.end], is_typed=False)
            end = found.end
        if end < len(text):
            yield Words(text[end:])

    def _check_target(self, target: Target, author: Author, at: FieldPath) -> None:
        name = same_text(target.path.partition("#")[0])
        if name in self.files:
            return
        near = nearest(name, sorted(self.files))
        hint = f"Did you mean '{near}'?" if near else "Write a path below docs, or [[id]] for a record."
        self._refuse(author, at, f"there is no file 'docs/{name}'.", hint, target.path)

    def _resolve(
        self, target: str, kinds: tuple[str, ...], author: Author, at: FieldPath, needle: str = ""
    ) -> str | None:
        """Return the key of the record that is meant, or None after noting what is wrong."""
        found = self.keys_by_id[target]
        if len(found) == 1 and not self.drafts and (not kinds or found[0].partition("/")[0] in kinds):
            return found[0]
        folder, slash, id = target.rpartition("/")
        keys = [key for key in self.keys_by_id[id] if not kinds or key.partition("/")[0] in kinds]
        if slash:
            keys = [key for key in keys if key.partition("/")[0] == folder]
        if len(keys) > 1:
            self._refuse(author, at, f"'{target}' is the id of several records.", f"Write {' or '.join(keys)}.", needle)
        elif not keys:
            may_lie_in = kinds or tuple(KIND_BY_FOLDER)
            if id != BLANK and not any(f"{place}/{id}" in self.unreadable for place in may_lie_in):
                self._dangling(target, kinds, author, at, needle)
        elif keys[0] in self.drafts and author.key not in self.drafts:
            self._refuse(
                author, at, f"'{target}' is a draft, and not published.", "Finish it, or remove the reference.", needle
            )
        else:
            return keys[0]
        return None

    def _dangling(self, target: str, kinds: tuple[str, ...], author: Author, at: FieldPath, needle: str) -> None:
        others = self.keys_by_id[target]
        if others and kinds:
            found = " and ".join(f"a {KIND_BY_FOLDER[key.partition('/')[0]].kind}" for key in others)
            hint = f"Write the id of a record in {' or '.join(f'docs/{folder}' for folder in kinds)}."
            self._refuse(author, at, f"'{target}' is the id of {found}.", hint, needle)
            return
        near = self._known_to(kinds, "/" in target).nearest(target)
        what = KIND_BY_FOLDER[kinds[0]].kind if len(kinds) == 1 else "record"
        add = (
            f"Add docs/{kinds[0]}/{target}.yml, or correct the id." if len(kinds) == 1 else "Add it, or correct the id."
        )
        hint = f"Did you mean '{near}'?" if near else add
        self._refuse(author, at, f"no {what} has the id '{target}'.", hint, needle)

    def _known_to(self, kinds: tuple[str, ...], with_folder: bool) -> Known:
        if (kinds, with_folder) not in self.known:
            keys = [key for key in self.keys if not kinds or key.partition("/")[0] in kinds]
            self.known[kinds, with_folder] = Known(keys if with_folder else [key.partition("/")[2] for key in keys])
        return self.known[kinds, with_folder]

    def _refuse(self, author: Author, at: FieldPath, message: str, hint: str, needle: str = "") -> None:
        place = self.places.of(author.path, (*author.at, *at), needle=needle)
        self.now.problems.append(Problem(place=place, field=field_name(at), message=message, hint=hint))

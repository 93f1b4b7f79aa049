"""What is arranged among all records after edits of some: brought up to date, without reading the others.

Who names a record, what comes before and after it, who appears with whom, places, lists and their pages, tallies, and
what is chosen by them: each is what it was but for what the edits touch, and that is made by the same functions.
"""

from bisect import insort
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

from generator.backlinks import MENTIONED, Backlink, Naming, by_heading
from generator.choices import CHOICES
from generator.explorer import facets_after, plan_chunks
from generator.fields import slug
from generator.gazetteer import FOLDER, KnownPlace, place_of
from generator.link import HOME
from generator.lists import Entry, ListPlan, Maker, actor_group, entry_of_place, entry_of_year, page_paths, years_of
from generator.network import NetworkChoice, choose_network
from generator.order import keys_followed, keys_of_kind, next_step, put_in_order
from generator.outlines import Companion, Outline, Outlines, RestPlan, rest_path, section_names
from generator.pictures import DRAWN
from generator.records import Actor, Event, Quote, Record, key_of
from generator.tallies import LINKS, TALLIES, Tally, count_links, counted_in, is_on_timeline
from generator.ties import Tie, count_ties, pairs_of
from generator.timeline import TimelineChoice, choose_items


class Edit(NamedTuple):
    """A record before and after an edit, and how it names others; None where it is new, or gone.

    Of a page that people wrote, or the card, there are only whom it names: it has no place among records.
    """

    key: str
    before: Record | None
    now: Record | None
    names_before: Sequence[Naming] = ()
    names: Sequence[Naming] = ()
    is_carried: bool = False  # it follows an event that follows others now, and so may stand elsewhere

    @property
    def records(self) -> tuple[Record, ...]:
        """The record before and after, as far as it was and is there."""
        return tuple(record for record in (self.before, self.now) if record)

    @property
    def named(self) -> set[str]:
        """The keys of those whom it named or names; of a record that is what it was, those whom it names otherwise."""
        before, now = {*self.names_before}, {*self.names}
        namings = before ^ now if self.is_only_relinked else before | now
        return {naming[0] for naming in namings} - {self.key}

    @property
    def is_only_relinked(self) -> bool:
        """Whether it stands where it stood, and is what it was: names in its text may lead to others."""
        return self.before is self.now and not self.is_carried

    @property
    def is_cited_alike(self) -> bool:
        """Whether it names the same as before in its fields; whom its text mentions does not count."""
        before, now = (
            [naming for naming in names if naming[1] != MENTIONED] for names in (self.names_before, self.names)
        )
        return before == now

    @property
    def is_linked_alike(self) -> bool:
        """Whether it names the same as before, in the same places."""
        return [*self.names_before] == [*self.names]


class Arrangement(NamedTuple):
    """All that is arranged, as it was: what changes is put into these mappings."""

    backlinks: MutableMapping[str, Mapping[str, tuple[Backlink, ...]]]
    ties: MutableMapping[str, Mapping[str, tuple[Tie, ...]]]
    places: MutableMapping[str, KnownPlace]
    neighbours: MutableMapping[str, tuple[str | None, str | None]]
    plans: MutableMapping[str, ListPlan]
    rests: MutableMapping[str, RestPlan]
    chunks: MutableMapping[str, tuple[str, ...]]
    outlines: MutableMapping[str, Outline]
    tallies: MutableMapping[str, Tally]
    choices: MutableMapping[str, Any]


def reorder(
    keys: Iterable[str], records: Mapping[str, Record], edits: Sequence[Edit], steps: dict[str, int]
) -> list[str]:
    """Return the keys of all records in their order after edits; `steps` (see `steps_back`) are brought up to date."""
    for edit in edits:
        if edit.before and not edit.now:
            steps.pop(edit.key, None)
    events = [edit.now for edit in edits if isinstance(edit.now, Event)]
    for _ in events:  # as often as the last of them may wait for others, which it follows
        steps |= {event.key: next_step(keys_followed(event), steps) for event in events}
    for key in [key for key, count in steps.items() if not count]:
        del steps[key]
    return put_in_order(keys, records, {edit.key: edit.now for edit in edits}, steps)


class Rearranging:
    """Brings an arrangement up to date: `before` are all keys as they stood, `maker` has the records as they are."""

    def __init__(self, known: Arrangement, edits: Sequence[Edit], maker: Maker, before: Sequence[str]) -> None:
        self._known, self._edits, self._maker, self._before = known, edits, maker, before
        self._briefing = briefing = maker.whole
        self._order = [*briefing.records]
        self._rank = {key: number for number, key in enumerate((*self._order, HOME, *briefing.pages))}
        moved = self._before != self._order
        self._moved = {
            edit.key for edit in edits if not edit.is_only_relinked and (moved or not edit.before or not edit.now)
        }
        self._shifting = [edit for edit in edits if edit.key in self._moved or _is_shifted(edit)]
        self._counted: set[str] = set()  # tallies that are others
        self._folders = {edit.key.partition("/")[0] for edit in edits if edit.key in self._moved}
        self._touched = {key for edit in self._shifting for key in (edit.key, *edit.named)}
        shifted = (record for edit in self._shifting for record in edit.records)
        self._pairs = {frozenset(pair[:2]) for record in shifted for pair in pairs_of(record)}

    def run(self) -> bool:
        """Bring all up to date, and tell whether that could be done."""
        for edit in self._shifting:
            self._turn_back(edit)
            self._tie(edit)
        self._move_places()
        if self._folders:
            self._move_neighbours()
            self._move_chunks()
        self._count()
        for folder in self._listed_kinds():
            self._list_kind(folder)
        if not all(self._list_group(folder, name) for folder, name in self._groups()):
            return False
        self._outline()
        self._choose()
        return True

    def _turn_back(self, edit: Edit) -> None:
        """Bring up to date who names those whom a record named or names."""
        backlinks, rank = self._known.backlinks, self._rank
        for named in edit.named:
            own = by_heading(naming for naming in edit.names if naming[0] == named)
            before = backlinks.get(named, {})
            turned: dict[str, tuple[Backlink, ...]] = {}
            for heading in sorted(before.keys() | own.keys()):
                others = (backlink for backlink in before.get(heading, ()) if backlink.key != edit.key)
                found = sorted((*others, *own.get(heading, ())), key=lambda backlink: rank.get(backlink.key, -1))
                if found:
                    turned[heading] = tuple(found)
            _put(backlinks, named, turned)

    def _tie(self, edit: Edit) -> None:
        """Bring up to date who appears with whom by a record."""
        records, ties = self._briefing.records, self._known.ties
        now = [*pairs_of(edit.now)] if edit.now else []
        for one, other in {(one, other) for record in edit.records for one, other, _ in pairs_of(record)}:
            own = {
                Tie(kind, edit.key): None
                for first, second, kind in now
                if {first, second} == {one, other} and one in records and other in records
            }
            for this, that in ((one, other), (other, one)):
                before = ties.get(this, {})
                others = (tie for tie in before.get(that, ()) if tie.record != edit.key)
                found = tuple(sorted((*others, *own), key=lambda tie: self._rank.get(tie.record, -1)))
                tied = {**before, that: found}
                _put(ties, this, {key: tied[key] for key in sorted(tied) if tied[key]})

    def _move_places(self) -> None:
        events = [edit for edit in self._edits if edit.key.startswith(f"{Event.folder}/")]
        keys = {edit.key for edit in events}
        for name in {_place_name(record) for edit in events for record in edit.records} - {""}:
            before = self._known.places.get(name)
            found = [key for key in (before.events if before else ()) if key not in keys]
            found += [edit.key for edit in events if isinstance(edit.now, Event) and _place_name(edit.now) == name]
            found.sort(key=self._rank.__getitem__)
            records = (self._briefing.records[key] for key in found)
            place = place_of(name, [record for record in records if isinstance(record, Event)])
            _put(self._known.places, name, place if found else None)

    def _move_neighbours(self) -> None:
        neighbours, rank = self._known.neighbours, self._rank
        order = ["", *self._order, ""]
        touched: set[str | None] = set()
        for key in self._moved:
            at = rank.get(key)
            touched |= {key, *(neighbours.get(key) or ()), *(order[at : at + 3] if at is not None else ())}
        for touching in touched - {None}:
            key = str(touching)
            folder, _, id = key.partition("/")
            if id and folder in (Quote.folder, Event.folder):
                beside = (order[rank[key]], order[rank[key] + 2]) if key in rank else ()
                found = tuple(other if other.startswith(f"{folder}/") else None for other in beside)
                _put(neighbours, key, found)

    def _move_chunks(self) -> None:
        if Quote.folder in self._folders:
            now = dict(plan_chunks(self._briefing.keys_of(Quote.folder)))
            before = plan_chunks(keys_of_kind(self._before, Quote.folder))
            for path in now.keys() | {path for path, _ in before}:
                _put(self._known.chunks, path, now.get(path))

    def _count(self) -> None:
        """Bring the tallies up to date."""
        tallies = {name: {**self._known.tallies[name]} for name in (*TALLIES, LINKS)}
        for edit in self._edits:
            for record, by in ((edit.before, -1), (edit.now, 1)):
                for name, value in counted_in(record) if record else ():
                    tallies[name][value] = tallies[name].get(value, 0) + by
            for key in {key for record in edit.records for one, other, _ in pairs_of(record) for key in (one, other)}:
                tallies["ties"][key] = count_ties(self._known.ties, key)
            for key in {edit.key, *edit.named}:
                record = self._briefing.records.get(key)
                if record and is_on_timeline(record):
                    tallies[LINKS][key] = count_links(self._briefing, key)
                else:
                    tallies[LINKS].pop(key, None)
        for name, tally in tallies.items():
            counted = {value: tally[value] for value in sorted(tally) if tally[value] or name == LINKS}
            if counted != self._known.tallies[name]:
                self._known.tallies[name] = counted
                self._counted.add(name)

    def _listed_kinds(self) -> Iterator[str]:
        """Yield the kinds whose lists may be others."""
        for folder in {edit.key.partition("/")[0] for edit in self._edits}:
            if folder in self._folders or folder == Actor.folder:
                yield folder

    def _list_kind(self, folder: str) -> None:
        path = f"{folder}/index.md"
        items: list[str] = [str(item) for plan in self._pages_of(path) for item in plan.items]
        if folder == Actor.folder:
            edited = [edit.key for edit in self._edits if edit.key.startswith(f"{folder}/")]
            items = [key for key in items if key not in edited]
            records = self._briefing.records
            for key in (key for key in edited if key in records):
                insort(items, key, key=lambda key: (actor_group(records[key]), self._rank[key]))
        else:
            items = [*self._briefing.keys_of(folder)]
        self._replan(path, items)

    def _groups(self) -> Iterator[tuple[str, str]]:
        """Yield the topics, places and years whose lists may be others, (folder, name)."""
        found: dict[tuple[str, str], None] = {}
        for edit in self._edits:
            tags = [{*record.tags} for record in (edit.before, edit.now) if record]
            touched = {*chain(*tags)} if edit.key in self._moved or len(tags) < 2 else tags[0] ^ tags[1]
            found |= dict.fromkeys(("tags", tag) for tag in sorted(touched))
            if edit.key in self._moved or len({_scene_of(record) for record in edit.records}) > 1:
                years = (year for record in edit.records for year in years_of(record))
                found |= dict.fromkeys(("years", str(year)) for year in years)
                found |= dict.fromkeys((FOLDER, name) for name in sorted(_places_in(edit, self._briefing.records)))
        yield from found

    def _list_group(self, folder: str, name: str) -> bool:
        """Bring the pages of a topic, place or year up to date; False when one of another name has them."""
        path = f"{folder}/{name if folder == 'years' else slug(name)}.md"
        before = self._pages_of(path)
        if before and before[0].title != name:
            return False
        entry = self._entry(folder, name, [str(item) for plan in before for item in plan.items])
        self._plan(path, entry.plans() if entry.keys else ())
        self._list_in_index(folder, entry)
        return True

    def _entry(self, folder: str, name: str, listed: Sequence[str]) -> Entry:
        if folder == FOLDER:
            place = self._known.places.get(name)
            return entry_of_place(self._maker, place) if place else Entry(name, f"{folder}/{slug(name)}", "Place", ())
        edited = {edit.key: edit.now for edit in self._edits}
        keys = [key for key in listed if key not in edited]
        if folder == "tags":
            keys += [key for key, record in edited.items() if record and name in record.tags]
            return Entry(name, f"{folder}/{slug(name)}", "Topic", sorted(keys, key=self._rank.__getitem__))
        keys = [key for key in keys if key.startswith((f"{Quote.folder}/", f"{Event.folder}/"))]
        keys += [key for key, record in edited.items() if record and int(name) in years_of(record)]
        return entry_of_year(self._maker, int(name), sorted(keys, key=self._rank.__getitem__))

    def _list_in_index(self, folder: str, entry: Entry) -> None:
        path = f"{folder}/index.md"
        listed = (item for plan in self._pages_of(path) for item in plan.items)
        items = {item[0]: item for item in listed if not isinstance(item, str)}
        items[entry.name] = (entry.name, entry.key, len(entry.keys))
        if not entry.keys:
            del items[entry.name]
        names = sorted(items, key=int, reverse=True) if folder == "years" else sorted(items, key=str.casefold)
        self._replan(path, [items[name] for name in names])

    def _pages_of(self, path: str) -> list[ListPlan]:
        first = self._known.plans.get(path)
        return [self._known.plans[page] for page in page_paths(path, first.pager.last)] if first else []

    def _replan(self, path: str, items: Sequence[Any]) -> None:
        """Have an overview list these."""
        first = self._known.plans[path]
        self._plan(path, ListPlan.each(path, first.title, first.kind, first.intro, items))

    def _plan(self, path: str, plans: Iterable[ListPlan]) -> None:
        """Have a list on these pages, and on no others."""
        now = {plan.path: plan for plan in plans}
        for page in now.keys() | {plan.path for plan in self._pages_of(path)}:
            _put(self._known.plans, page, now.get(page))

    def _outline(self) -> None:
        """Bring up to date what pages show of all that refers to those whom edited records name, and to themselves."""
        known, maker = self._known, self._maker
        outlines = Outlines(self._briefing, maker.captions.whole, known.ties, maker.rows.resolve)
        is_cited_alike = all(edit.is_cited_alike for edit in self._edits)
        renamed = [edit.key for edit in self._edits if len({record.caption for record in edit.records}) > 1]
        for key in self._touched:
            record = self._briefing.records.get(key)
            last = known.outlines.get(key)
            sources = last.sources if last and is_cited_alike else None
            now_long = record if record and key in outlines else None
            _put(known.outlines, key, now_long and outlines.of(now_long, sources, self._company(key, last)))
            now = {plan.path: plan for plan in outlines.rests(record)} if record else {}
            firsts = (known.rests.get(rest_path(key, name)) for name in section_names())
            before = [path for first in firsts if first for path in page_paths(first.path, first.pager.last)]
            for path in {*now, *before}:
                _put(known.rests, path, now.get(path))
        naming = {other for key in renamed for other in known.ties.get(key, {})}  # who lists it by its name
        for key in naming - self._touched:
            if last := known.outlines.get(key):
                company, _ = outlines.company(key, last.company)
                _put(known.outlines, key, last._replace(company=company))

    def _company(self, key: str, last: Outline | None) -> Iterator[Companion]:
        """Return those of whom the last outline says what still is true: no edited record ties them to this actor."""
        return (found for found in (last.company if last else ()) if frozenset((key, found.key)) not in self._pairs)

    def _choose(self) -> None:
        """Choose anew, but by what is known of records and pairs that no edit touches."""
        known = self._known
        alike = () if self._counted & {*DRAWN} else ("years",)  # which takes long to draw
        others = CHOICES.keys() - {*_BY_MORE, *alike}
        chosen: dict[str, Any] = {name: CHOICES[name].choose(self._maker) for name in others}
        dated = any(edit.key.startswith((f"{Quote.folder}/", f"{Event.folder}/")) for edit in self._edits)
        chosen |= {"timeline": self._chosen_items()} if dated or self._shifting else {}
        chosen |= {"network": self._chosen_network()} if self._shifting else {}
        edited = [edit for edit in self._edits if not edit.is_only_relinked]
        if any(edit.key.startswith(f"{Quote.folder}/") for edit in edited):
            quotes = {edit.key: edit.now for edit in edited if isinstance(edit.now, Quote)}
            before, now = keys_of_kind(self._before, Quote.folder), self._briefing.keys_of(Quote.folder)
            chosen["explorer"] = facets_after(known.choices["explorer"], before, now, quotes)
        for name, choice in chosen.items():
            known.choices[name] = choice

    def _chosen_items(self) -> TimelineChoice:
        last: TimelineChoice = self._known.choices["timeline"]
        touched = self._touched | {edit.key for edit in self._edits}
        items = {item.key: item for item in last.items if item.key not in touched}
        return choose_items(self._briefing, self._known.tallies[LINKS], items)

    def _chosen_network(self) -> NetworkChoice:
        last: NetworkChoice = self._known.choices["network"]
        return choose_network(self._briefing, self._known.ties, self._known.tallies["ties"], last=(last, self._pairs))


_BY_MORE = ("timeline", "network", "explorer")  # choices that look at more than tallies and a few records


def _put(known: MutableMapping[str, Any], key: str, value: Any) -> None:
    """Put a value in, where it is another; None or an empty one is taken out."""
    if value:
        if known.get(key) != value:
            known[key] = value
    elif key in known:
        del known[key]


def _is_shifted(edit: Edit) -> bool:
    """Tell whether a record names others, or has a date, in another way than before."""
    return not edit.is_linked_alike or len({record.when for record in edit.records}) > 1


def _place_name(record: Record | None) -> str:
    return record.place.name if isinstance(record, Event) and record.place else ""


def _places_in(edit: Edit, records: Mapping[str, Record]) -> set[str]:
    """Return the names of the places where an event was or is, or a quote was or is said."""
    said_at = (record.event for record in edit.records if isinstance(record, Quote) and record.event)
    events = (records.get(key_of(Event, id)) for id in said_at)
    return {_place_name(record) for record in (*edit.records, *events)} - {""}


def _scene_of(record: Record) -> tuple[Any, ...]:
    """Return what places and years say of a record: who is there, where, and in which years."""
    if isinstance(record, Event):
        return *(participant.actor for participant in record.participants), record.place, years_of(record)
    return (record.speaker, record.event, years_of(record)) if isinstance(record, Quote) else ()

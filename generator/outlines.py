"""What a record's page shows of all that refers to the record, and the pages on which its long lists go on.

A few records are named by thousands of others, of which their own pages show some and count the rest. For these records
it is found out once, before pages are made: the page then looks up what it shows, and no more.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, islice, takewhile
from typing import NamedTuple

from generator.backlinks import MENTIONED, Backlink
from generator.dates import PartialDate
from generator.facts import Resolve
from generator.fields import Refers, all_marks
from generator.link import Briefing
from generator.lists import ListPlan, Maker, Page, Pager, in_pages, list_page
from generator.noted import Lazy
from generator.records import KINDS, Actor, Event, Quote, Record, Source
from generator.rows import Row
from generator.tallies import most_counted
from generator.ties import Tie

ROWS_IN_A_SECTION = 50
COMPANY = 20  # actors in the table of those that one appears with
SHARED = 10  # records that a row of it leads to
RESTS_ON = 12  # sources that a page names

Named = tuple[Backlink, ...]  # the ways in which one record names another, under one heading


class Part(NamedTuple):
    """What refers to a record in one way: the first that do, and how many in all."""

    name: str
    first: tuple[Named, ...]
    total: int


class Companion(NamedTuple):
    """Another actor with whom one appears: in how many records, the first of them, and the dates of these, as EDTF."""

    key: str
    times: int
    shared: tuple[str, ...]
    first: str
    last: str


class Outline(NamedTuple):
    """What the page of a record shows of all that refers to it. `sources` are what that rests on, with counts."""

    parts: tuple[Part, ...]
    sources: tuple[tuple[str, int], ...]
    company: tuple[Companion, ...]
    company_count: int


class RestPlan(NamedTuple):
    """What is on a page of a record's long list: `of` is the key of the record, `name` its heading."""

    path: str
    of: str
    name: str
    listed: tuple[Named, ...]
    pager: Pager
    total: int  # of the rows on all pages of the list


@dataclass(frozen=True, slots=True)
class Outlines(Mapping[str, Outline]):
    """The outlines of those records that have long lists, {key: outline}; `of` makes that of any record."""

    briefing: Briefing
    captions: Mapping[str, str]
    ties: Mapping[str, Mapping[str, Sequence[Tie]]]
    resolve: Resolve

    def __getitem__(self, key: str) -> Outline:
        if key not in self:
            raise KeyError(key)
        return self.of(self.briefing.records[key])

    def __contains__(self, key: object) -> bool:
        named = self.briefing.backlinks.get(str(key), {})
        return any(len(backlinks) > ROWS_IN_A_SECTION for backlinks in named.values())

    def __iter__(self) -> Iterator[str]:
        return (key for key in self.briefing.records if key in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def of(
        self, record: Record, sources: tuple[tuple[str, int], ...] | None = None, known: Iterable[Companion] = ()
    ) -> Outline:
        """Return the outline of a record; where it is known what that rests on, nobody is asked for it."""
        named = self.briefing.backlinks.get(record.key, {})
        listed = {name: _listed(self.briefing, record, name) for name in _SECTIONS if name in named}
        parts = (Part(name, tuple(found[:ROWS_IN_A_SECTION]), len(found)) for name, found in listed.items())
        company, count = self.company(record.key, known) if isinstance(record, Actor) else ((), 0)
        return Outline(tuple(parts), self._sources(record) if sources is None else sources, company, count)

    def company(self, key: str, known: Iterable[Companion] = ()) -> tuple[tuple[Companion, ...], int]:
        """Return those with whom an actor appears most, of whom some are known, and with how many it appears."""
        ties = self.ties.get(key, {})
        counts = {other: len({tie.record for tie in found}) for other, found in ties.items()}
        told = {companion.key: companion for companion in known}
        most = most_counted(counts, self.captions, COMPANY)
        return tuple(told.get(other) or self._companion(other, ties[other]) for other in most), len(ties)

    def rests(self, record: Record) -> Iterator[RestPlan]:
        """Yield the pages on which the long lists of a record go on: the first of a list has its start again."""
        for name, backlinks in self.briefing.backlinks.get(record.key, {}).items():
            listed = _listed(self.briefing, record, name) if len(backlinks) > ROWS_IN_A_SECTION else ()
            if len(listed) > ROWS_IN_A_SECTION:
                for path, chunk, pager in in_pages(rest_path(record.key, name), listed):
                    yield RestPlan(path, record.key, name, tuple(chunk), pager, len(listed))

    def _sources(self, record: Record) -> tuple[tuple[str, int], ...]:
        """Return the sources that what a record's page says rests on, most cited first, with how many records do."""
        if not isinstance(record, Actor | Event):  # whose own citations are all that there is to say
            return ()
        groups = self.briefing.backlinks.get(record.key, {})
        said = {backlink.key for name, backlinks in groups.items() if name != MENTIONED for backlink in backlinks}
        counts: Counter[str] = Counter()
        for key in (record.key, *sorted(said)):
            found = self.briefing.records.get(key)
            counts.update({self.resolve(citation.source, ("sources",)) for citation in found.sources} if found else ())
        return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:RESTS_ON])

    def _companion(self, key: str, ties: Sequence[Tie]) -> Companion:
        shared = tuple(dict.fromkeys(tie.record for tie in ties))
        dates = [
            when for _, run in groupby(shared, lambda key: key.partition("/")[0]) for when in self._ends_of([*run])
        ]
        first = min(dates, key=lambda when: when.sort_key, default=None)
        last = max(dates, key=lambda when: when.sort_key, default=None)
        return Companion(key, len(shared), shared[:SHARED], first.text if first else "", last.text if last else "")

    def _ends_of(self, keys: Sequence[str]) -> Iterator[PartialDate]:
        """Yield the first and the last date of records of one kind: they stand in order, and few are looked at."""
        for way in (keys, keys[::-1]):
            dates = (self.briefing.records[key].when for key in way)
            yield from islice((when for when in dates if when and when.start), 1)


class Rests(Mapping[str, RestPlan]):
    """The pages on which long lists of records go on, by their paths; each found out when it is looked up."""

    def __init__(self, outlines: Outlines) -> None:
        self._outlines = outlines
        self._by_record = Lazy(self._of)

    def __getitem__(self, path: str) -> RestPlan:
        return self._by_record["/".join(path.split("/")[:2])][path]

    def __iter__(self) -> Iterator[str]:
        return (path for key in self._outlines for path in self._by_record[key])

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _of(self, key: str) -> Mapping[str, RestPlan]:
        record = self._outlines.briefing.records.get(key)
        return {plan.path: plan for plan in self._outlines.rests(record)} if record else {}


def make_rest(maker: Maker, plan: RestPlan) -> Page:
    """Return the page that is planned."""
    links = maker.links_on(plan.path)
    heading = maker.words(f"back.{plan.name}")
    record = maker.briefing.records[plan.of]
    title = maker.words("page.section_title", record=record.caption, section=heading[0].lower() + heading[1:])
    groups: dict[str, list[Row]] = {}
    for item in plan.listed:
        row = maker.rows.of_backlinks(links, item, plan.of)
        groups.setdefault(row.group, []).append(row)
    shown = ListPlan(plan.path, title, "Overview", "", (), plan.pager, plan.total)
    return list_page(maker, shown, links, tuple(groups.items()), back=plan.of)


def rest_path(key: str, name: str) -> str:
    """Return the path of the page on which a list of a record goes on."""
    return f"{key}/{name}.md"


def _listed(briefing: Briefing, record: Record, name: str) -> Sequence[Named]:
    """Return what refers to a record in one way, the backlinks of one record together.

    An actor's quotes come newest first; what rests on a source with quotes, then events; all else as in the briefing.
    """
    groups: dict[str, list[Backlink]] = {}
    for backlink in briefing.backlinks.get(record.key, {}).get(name, ()):
        groups.setdefault(backlink.key, []).append(backlink)
    listed = [tuple(group) for group in groups.values()]
    if isinstance(record, Source):
        order = [model.folder for model in (Quote, Event, Actor, Source)]
        listed.sort(key=lambda group: order.index(folder) if (folder := group[0].key.partition("/")[0]) in order else 9)
    if not isinstance(record, Actor) or not name.startswith("quotes"):
        return listed
    undated = [*takewhile(lambda group: briefing.records[group[0].key].when is None, reversed(listed))]  # stand last
    dated = listed[: len(listed) - len(undated)]
    return [*reversed(dated), *reversed(undated)]


def section_names() -> tuple[str, ...]:
    """Return the names of all reverse links, in the order in which the models declare them; mentions last."""
    what_was_said_first = sorted(KINDS, key=lambda model: model is Actor)
    found = dict.fromkeys(
        mark.back for model in what_was_said_first for mark in all_marks(model) if isinstance(mark, Refers)
    )
    from_card = "key-judgements-that-rest-on-this"
    return (from_card, *(name for name in found if name != from_card), MENTIONED)


_SECTIONS = section_names()

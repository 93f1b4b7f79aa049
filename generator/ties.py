"""Who appears with whom: the records that tie one actor to another, and how.

For the table "appears with" of an actor's page, and for the network. Never reads prose: a tie is what a field says.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import combinations
from typing import Literal, NamedTuple

from generator.link import Briefing
from generator.noted import Lazy
from generator.records import Actor, Event, Quote, Record

TieKind = Literal["together", "quoted", "part"]  # at one event; one quotes, addresses or relays the other; part-of
MOST_PARTICIPANTS = 50  # of an event whose participants are tied to each other: a congress of hundreds ties nobody


class Tie(NamedTuple):
    """One record that ties two actors. `record` is its key: an event, a quote, or the actor that is a part."""

    kind: TieKind
    record: str


Ties = Mapping[
    str, Mapping[str, tuple[Tie, ...]]
]  # actor key -> the other actor's key, in order -> ties, in order of the records


def ties_of(briefing: Briefing) -> Ties:
    """Return what ties each actor to others, the same from both sides; an actor without ties has no key."""
    found: defaultdict[str, defaultdict[str, dict[Tie, None]]] = defaultdict(lambda: defaultdict(dict))
    for record in briefing.records.values():
        for one, other, kind in pairs_of(record):
            if one in briefing.records and other in briefing.records:
                tie = Tie(kind, record.key)
                found[one][other][tie] = found[other][one][tie] = None
    return {one: {other: tuple(others[other]) for other in sorted(others)} for one, others in found.items()}


class TiesAsAsked(Mapping[str, Mapping[str, tuple[Tie, ...]]]):
    """What `ties_of` finds: of one actor when that is asked for, of all when they are gone through."""

    def __init__(self, briefing: Briefing) -> None:
        self._briefing = briefing
        self._found = Lazy(self._find)

    def __getitem__(self, key: str) -> Mapping[str, tuple[Tie, ...]]:
        found = self._found[key]
        if not found:
            raise KeyError(key)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._whole)

    def __len__(self) -> int:
        return len(self._whole)

    @cached_property
    def _whole(self) -> Ties:
        whole = ties_of(self._briefing)
        self._found.update(whole)
        return whole

    @cached_property
    def _rank(self) -> Mapping[str, int]:
        return {key: number for number, key in enumerate(self._briefing.records)}

    def _find(self, key: str) -> Mapping[str, tuple[Tie, ...]]:
        named_in = (backlink.key for ways in self._briefing.backlinks.get(key, {}).values() for backlink in ways)
        authors = {key, *named_in} & self._rank.keys()
        found: defaultdict[str, dict[Tie, None]] = defaultdict(dict)
        for author in sorted(authors, key=self._rank.__getitem__):
            for one, other, kind in pairs_of(self._briefing.records[author]):
                if key in (one, other):
                    found[other if one == key else one][Tie(kind, author)] = None
        return {other: tuple(found[other]) for other in sorted(found) if other in self._rank}


def count_ties(ties: Ties, key: str) -> int:
    """Return how many ties an actor has to all others."""
    return sum(map(len, ties.get(key, {}).values()))


def pairs_of(record: Record) -> Iterator[tuple[str, str, TieKind]]:
    """Yield the keys of actors whom a record ties to each other, and how."""
    yield from ((one, other, kind) for one, other, kind in _pairs(record) if one != other)


def _pairs(record: Record) -> Iterator[tuple[str, str, TieKind]]:
    match record:
        case Event():
            present = dict.fromkeys(actor_key(participant.actor) for participant in record.participants)
            if len(present) <= MOST_PARTICIPANTS:
                yield from ((one, other, "together") for one, other in combinations(present, 2))
        case Quote():
            speaker = actor_key(record.speaker)
            for id in (*record.to, *record.about, *record.via):
                yield speaker, actor_key(id), "quoted"
        case Actor():
            for id in (*record.part_of, *(role.of for role in record.roles if role.of)):
                yield record.key, actor_key(id), "part"


def actor_key(id: str) -> str:
    """Return the key of an actor; an id that is no actor's has none, and is found in no briefing."""
    return id if "/" in id else f"{Actor.folder}/{id}"

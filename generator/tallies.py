"""What is counted among all records, so that what is chosen by it need not be chosen among them."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from heapq import nlargest
from itertools import chain

from generator.link import Briefing
from generator.lists import years_of
from generator.noted import Deferred
from generator.records import Event, Quote, Record
from generator.ties import Ties, actor_key, count_ties

Tally = Mapping[str, int]

# By a field of records: who is quoted, topics, places of events, years of events and quotes, and days (ISO 8601): those
# on which records end, and those on which events and quotes begin. Each tells as what a record counts.
_OF_FIELDS: Mapping[str, Callable[[Record], Iterable[str]]] = {
    "quoted": lambda record: [actor_key(record.speaker)] if isinstance(record, Quote) else (),
    "topics": lambda record: dict.fromkeys(record.tags),
    "places": lambda record: [record.place.name] if isinstance(record, Event) and record.place else (),
    "years": lambda record: map(str, years_of(record)),
    "ends": lambda record: [record.when.end.isoformat()] if record.when and record.when.end else (),
    "events": lambda record: _begins(record) if isinstance(record, Event) else (),
    "quotes": lambda record: _begins(record) if isinstance(record, Quote) else (),
}
TALLIES = (*_OF_FIELDS, "ties")
LINKS = "links"  # the name of another, which hangs on backlinks


def tallies_of(briefing: Briefing, ties: Ties) -> dict[str, Tally]:
    """Return {name: tally} of all these but that of links; each is counted when it is first asked for anything."""
    found: dict[str, Tally] = {name: Deferred(partial(_count, briefing, name)) for name in _OF_FIELDS}
    return {**found, "ties": Deferred(lambda: {key: count_ties(ties, key) for key in sorted(ties)})}


def _count(briefing: Briefing, name: str) -> Tally:
    tally = Counter(chain.from_iterable(map(_OF_FIELDS[name], briefing.records.values())))
    return dict(sorted(tally.items()))


def links_of(briefing: Briefing) -> Tally:
    """Return in how many ways each record is named that may be on the timeline."""
    linked = sorted(record.key for record in briefing.records.values() if is_on_timeline(record))
    return {key: count_links(briefing, key) for key in linked}


def most_counted(counts: Tally, names: Mapping[str, str], number: int) -> list[str]:
    """Return so many keys, the most counted first, then by name; no other names are looked up than may be needed."""
    least = min(nlargest(number, counts.values()), default=0)
    most = (key for key, count in counts.items() if count >= least)
    return sorted(most, key=lambda key: (-counts[key], names[key], key))[:number]


def counted_in(record: Record) -> Iterator[tuple[str, str]]:
    """Yield as what a record counts in the tallies of fields: (tally, value)."""
    for name, values in _OF_FIELDS.items():
        yield from ((name, value) for value in values(record))


def _begins(record: Event | Quote) -> list[str]:
    return [record.date.start.isoformat()] if record.date and record.date.start else []


def is_on_timeline(record: Record) -> bool:
    """Tell whether a record may be on the timeline: an event, or a quote with a date that was said at none."""
    return isinstance(record, Event) or (isinstance(record, Quote) and record.date is not None and not record.event)


def count_links(briefing: Briefing, key: str) -> int:
    """Return in how many ways records and pages name a record."""
    return sum(map(len, briefing.backlinks.get(key, {}).values()))

"""What is counted among all records, so that what is chosen by it need not be chosen among them."""

from collections import Counter
from collections.abc import Iterator, Mapping
from heapq import nlargest

from generator.link import Briefing
from generator.lists import years_of
from generator.records import Event, Quote, Record
from generator.ties import Ties, actor_key, count_ties

Tally = Mapping[str, int]

# By a field of records: who is quoted, topics, places of events, years of events and quotes, and days (ISO 8601): those
# on which records end, and those on which events and quotes begin.
OF_FIELDS = ("quoted", "topics", "places", "years", "ends", "events", "quotes")
TALLIES = (*OF_FIELDS, "ties")
LINKS = "links"  # the name of another, which hangs on backlinks


def tallies_of(briefing: Briefing, ties: Ties) -> dict[str, Tally]:
    """Return {name: tally} of all these but that of links."""
    found: dict[str, Counter[str]] = {name: Counter() for name in OF_FIELDS}
    for record in briefing.records.values():
        for name, value in counted_in(record):
            found[name][value] += 1
    found["ties"] = Counter({key: count_ties(ties, key) for key in ties})
    return {name: dict(sorted(tally.items())) for name, tally in found.items()}


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
    yield from (("topics", topic) for topic in dict.fromkeys(record.tags))
    yield from (("years", str(year)) for year in years_of(record))
    if record.when and record.when.end:
        yield "ends", record.when.end.isoformat()
    if isinstance(record, Event | Quote) and record.date and record.date.start:
        yield record.folder, record.date.start.isoformat()
    if isinstance(record, Event) and record.place:
        yield "places", record.place.name
    if isinstance(record, Quote):
        yield "quoted", actor_key(record.speaker)


def is_on_timeline(record: Record) -> bool:
    """Tell whether a record may be on the timeline: an event, or a quote with a date that was said at none."""
    return isinstance(record, Event) or (isinstance(record, Quote) and record.date is not None and not record.event)


def count_links(briefing: Briefing, key: str) -> int:
    """Return in how many ways records and pages name a record."""
    return sum(map(len, briefing.backlinks.get(key, {}).values()))

"""What is chosen among all records before pages are made: the latest events, what is on the timeline, and so on.

A page looks up a choice, and then the records that were chosen: it is made again when one of these is another, and not
with every edit. A choice hangs on what `is_arranged_alike` compares, and nothing else.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, NamedTuple

from generator.explorer import choose_facets
from generator.link import Briefing
from generator.lists import Maker, years_of
from generator.network import NetworkChoice, choose_network
from generator.pictures import Drawing
from generator.records import KINDS, Actor, Event, Quote
from generator.timeline import TimelineChoice, choose_items

LATEST = 5  # events on the home page
MOST_QUOTED = 6  # actors there


class Choice(NamedTuple):
    """A choice: what makes it, and of which type it is, so that JSON can keep it."""

    choose: Callable[[Maker], Any]
    type: Any


def last_day(briefing: Briefing) -> date:
    """Return the day up to which what lasts is drawn: the briefing's, or that of its newest record."""
    as_of = briefing.info.as_of
    if as_of and as_of.end:
        return as_of.end
    days = (record.when.end for record in briefing.records.values() if record.when and record.when.end)
    return max(days, default=date.min)


def _latest(maker: Maker) -> tuple[str, ...]:
    """Return the events that began last, by the day the briefing is of; what is planned for later is not yet one."""
    as_of = maker.whole.info.as_of
    last = (as_of and as_of.end) or date.max
    events = maker.whole.of_kind(Event.folder)
    begun = [event.key for event in events if event.when and (event.when.start or date.min) <= last]
    return tuple(begun[: -LATEST - 1 : -1])


def _most_quoted(maker: Maker) -> tuple[tuple[str, int], ...]:
    """Return the actors who said most of the quotes: (key, number of quotes)."""
    said = (record.speaker for record in maker.whole.records.values() if isinstance(record, Quote))
    counts = Counter(maker.rows.resolve(id, (Actor.folder,)) for id in said)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], maker.captions.whole[item[0]]))
    return tuple(ranked[:MOST_QUOTED])


def _overviews(maker: Maker) -> tuple[tuple[str, int], ...]:
    """Return the lists that there are: (folder, number of entries)."""
    years = {year for record in maker.whole.records.values() for year in years_of(record)}
    kinds = [(model.folder, len(maker.whole.of_kind(model.folder))) for model in KINDS]
    return *kinds, ("tags", len(maker.topics)), ("places", len(maker.places)), ("years", len(years))


def _hub(maker: Maker) -> str:
    """Return whoever appears with others most, or "" when nobody does."""
    ties = maker.ties.whole
    return max(ties, key=lambda key: (sum(map(len, ties[key].values())), key), default="")


def _ranked_places(maker: Maker) -> tuple[str, ...]:
    """Return the names of all places, those of most events first."""
    ranked = sorted(maker.places.whole.values(), key=lambda place: (-len(place.events), place.name.casefold()))
    return tuple(place.name for place in ranked)


CHOICES: Mapping[str, Choice] = {
    "last day": Choice(lambda maker: last_day(maker.whole), date),
    "latest": Choice(_latest, tuple[str, ...]),
    "most quoted": Choice(_most_quoted, tuple[tuple[str, int], ...]),
    "overviews": Choice(_overviews, tuple[tuple[str, int], ...]),
    "hub": Choice(_hub, str),
    "years": Choice(lambda maker: maker.pictures.years(maker.whole), Drawing | None),
    "timeline": Choice(lambda maker: choose_items(maker.whole), TimelineChoice),
    "network": Choice(lambda maker: choose_network(maker.whole, maker.ties.whole), NetworkChoice),
    "places": Choice(_ranked_places, tuple[str, ...]),
    "explorer": Choice(lambda maker: choose_facets(maker.whole), Any),
}

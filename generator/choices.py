"""What is chosen among all records before pages are made: the latest events, what is on the timeline, and so on.

A page looks up a choice, and then the records that were chosen: it is made again when one of these is another, and not
with every edit. Most are made of tallies, and look at few records.
"""

from collections.abc import Callable, Mapping
from datetime import date
from itertools import islice
from typing import Any, NamedTuple

from generator.explorer import choose_facets
from generator.link import Briefing
from generator.lists import Maker
from generator.network import NetworkChoice, choose_network
from generator.pictures import Drawing
from generator.records import KINDS, Event
from generator.tallies import Tally, most_counted
from generator.timeline import TimelineChoice, choose_items

LATEST = 5  # events on the home page
MOST_QUOTED = 6  # actors there


class Choice(NamedTuple):
    """A choice: what makes it, and of which type it is, so that JSON can keep it."""

    choose: Callable[[Maker], Any]
    type: Any


def last_day(briefing: Briefing, ends: Tally) -> date:
    """Return the day up to which what lasts is drawn: the briefing's, or that of its newest record."""
    as_of = briefing.info.as_of
    return (as_of and as_of.end) or date.fromisoformat(max(ends, default=date.min.isoformat()))


def _latest(maker: Maker) -> tuple[str, ...]:
    """Return the events that began last, by the day the briefing is of; what is planned for later is not yet one."""
    as_of = maker.whole.info.as_of
    last = (as_of and as_of.end) or date.max
    events = (maker.whole.records[key] for key in reversed(maker.whole.keys_of(Event.folder)))
    begun = (event.key for event in events if event.when and (event.when.start or date.min) <= last)
    return tuple(islice(begun, LATEST))


def _most_quoted(maker: Maker) -> tuple[tuple[str, int], ...]:
    """Return the actors who said most of the quotes: (key, number of quotes)."""
    counts = maker.tallies["quoted"]
    return tuple((key, counts[key]) for key in most_counted(counts, maker.captions.whole, MOST_QUOTED))


def _overviews(maker: Maker) -> tuple[tuple[str, int], ...]:
    """Return the lists that there are: (folder, number of entries)."""
    kinds = ((model.folder, len(maker.whole.keys_of(model.folder))) for model in KINDS)
    lists = {"tags": "topics", "places": "places", "years": "years"}
    return *kinds, *((folder, len(maker.tallies[name])) for folder, name in lists.items())


def _hub(maker: Maker) -> str:
    """Return whoever appears with others most, or "" when nobody does."""
    counts = maker.tallies["ties"]
    return max(counts, key=lambda key: (counts[key], key), default="")


def _ranked_places(maker: Maker) -> tuple[tuple[str, int], ...]:
    """Return all places, those of most events first: (name, number of events)."""
    counts = maker.tallies["places"]
    return tuple(sorted(counts.items(), key=lambda counted: (-counted[1], counted[0].casefold())))


CHOICES: Mapping[str, Choice] = {
    "last day": Choice(lambda maker: last_day(maker.whole, maker.tallies["ends"]), date),
    "latest": Choice(_latest, tuple[str, ...]),
    "most quoted": Choice(_most_quoted, tuple[tuple[str, int], ...]),
    "overviews": Choice(_overviews, tuple[tuple[str, int], ...]),
    "hub": Choice(_hub, str),
    "years": Choice(lambda maker: maker.pictures.years(maker.tallies), Drawing | None),
    "timeline": Choice(lambda maker: choose_items(maker.whole, maker.links), TimelineChoice),
    "network": Choice(
        lambda maker: choose_network(maker.whole, maker.ties.whole, maker.tallies["ties"]), NetworkChoice
    ),
    "places": Choice(_ranked_places, tuple[tuple[str, int], ...]),
    "explorer": Choice(lambda maker: choose_facets(maker.whole), Any),
}

"""The timeline: which events and quotes are on it, how each is drawn, and the data that its script reads.

A date is drawn as it is known: a day as a point; a month as a pale bar of its length, in which it was some day; what
lasted as a full bar; "about" with a broken outline, doubt with a dotted one; an open end fades away.
"""

import json
from bisect import insort
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from generator.dates import PartialDate, parse_date
from generator.fields import shorten, slug
from generator.labels import text_width
from generator.link import Briefing
from generator.pictures import Drawing, Pictures, Scale, key_entries
from generator.records import Event, Quote, Record
from generator.ties import actor_key

MOST_ITEMS = 300
MOST_DRAWN = 40  # in the picture that needs no script
OUTLIERS = 0.1  # of the items, the earliest: left of where the picture starts when they would squeeze the rest
WIDTH = 1000.0
LANE = 25.0
TOP = 34.0
LABEL = 60  # characters
INSIDE = 240  # a bar of this width has its words above it, not beside it
FADE = 70.0  # how far an open start is drawn
SLIVER = 20  # of "2018/2019" two days are sure: less than a twentieth is not drawn
LEGEND = ("point", "lasting", "within", "about", "uncertain", "open", "quote")


class Said(NamedTuple):
    """A quote that was said at an event, and has a date."""

    key: str
    caption: str
    date: PartialDate


class Item(NamedTuple):
    """An event on the timeline, or a quote that was said at none. `said` are the quotes of an event that have dates."""

    key: str
    caption: str
    date: PartialDate
    type: str  # of an event, or ""; of a quote its kind
    place: str  # its name, or ""
    tags: tuple[str, ...]
    said: tuple[Said, ...]
    actors: tuple[str, ...]  # keys of those who took part, spoke or were spoken to
    links: int  # how many records and pages name it

    @property
    def is_quote(self) -> bool:
        """Whether it is a quote, and no event."""
        return self.key.startswith(f"{Quote.folder}/")


class Extent(NamedTuple):
    """How a date is drawn: from `start` to `end` (None: open), and from `sure_from` to `sure_to` without doubt."""

    start: date | None
    end: date | None
    sure_from: date | None
    sure_to: date | None
    doubt: str  # "about", "uncertain" or ""

    @property
    def is_point(self) -> bool:
        return self.start == self.end

    @property
    def left(self) -> date:
        """The day it is drawn from; of an open start the last day that is known."""
        return self.start or self.sure_to or self.end or date.min

    @property
    def right(self) -> date:
        """The day it is drawn to; what has no end is drawn to the end."""
        return self.end or date.max


def extent_of(when: PartialDate) -> Extent:
    """Return how a date is drawn. Of an interval it is sure what lies between the latest start and the earliest end."""
    doubt = "about" if "~" in when.text or "%" in when.text else "uncertain" if "?" in when.text else ""
    if "/" not in when.text:
        return Extent(when.start, when.end, None, None, doubt)
    first, last = (part.strip() for part in when.text.split("/"))
    latest_start = parse_date(first).end if first not in ("", "..") else None
    earliest_end = parse_date(last).start if last not in ("", "..") else None
    if latest_start and earliest_end and (earliest_end - latest_start) * SLIVER < _length(when):
        latest_start = earliest_end = None
    return Extent(when.start, when.end, latest_start, earliest_end, doubt)


def _length(when: PartialDate) -> timedelta:
    return when.end - when.start if when.start and when.end else timedelta(0)


class ItemChoice(NamedTuple):
    """An item of the timeline as it is known before pages are made: by keys, and dates as EDTF."""

    key: str
    date: str
    type: str
    place: str
    tags: tuple[str, ...]
    said: tuple[tuple[str, str], ...]
    actors: tuple[str, ...]
    links: int


class TimelineChoice(NamedTuple):
    """What is on the timeline, in order of time, and of how many it was chosen."""

    items: tuple[ItemChoice, ...]
    total: int


def items_of(captions: Mapping[str, str], chosen: Iterable[ItemChoice]) -> list[Item]:
    """Return the items that were chosen, with their captions."""
    found = []
    for key, when, type, place, tags, quotes, actors, links in chosen:
        said = tuple(Said(quote, captions[quote], parse_date(day)) for quote, day in quotes)
        found.append(Item(key, captions[key], parse_date(when), type, place, tags, said, actors, links))
    return found


def choose_items(
    briefing: Briefing, links: Mapping[str, int], known: Mapping[str, ItemChoice] | None = None
) -> TimelineChoice:
    """Return what is on the timeline: the most linked, of those which may be; what is known stays in its order."""
    known = known or {}
    wanted = {*sorted(links, key=lambda key: (-links[key], key))[:MOST_ITEMS]}
    order = [key for key in known if key in wanted]
    for key in wanted - known.keys():
        insort(order, key, key=lambda key: _moment(briefing.records[key]))
    items = (known.get(key) or _choice(briefing, briefing.records[key]) for key in order)
    return TimelineChoice(tuple(item._replace(links=links[item.key]) for item in items), len(links))


def _moment(record: Record) -> tuple[Any, ...]:
    return (*(record.when.sort_key if record.when else ()), record.key)


def _choice(briefing: Briefing, record: Record) -> ItemChoice:
    when = record.when.text if record.when else ""  # which all have that may be chosen
    if isinstance(record, Quote):
        return ItemChoice(record.key, when, record.kind, "", record.tags, (), _keys((record.speaker, *record.to)), 0)
    assert isinstance(record, Event)
    named = briefing.backlinks.get(record.key, {}).get("quotes-said-there", ())
    quotes = (briefing.records[backlink.key] for backlink in named)
    said = [quote for quote in quotes if isinstance(quote, Quote) and quote.date]
    present = (participant.actor for participant in record.participants)
    actors = _keys((*present, *(quote.speaker for quote in said)))
    days = tuple((quote.key, quote.date.text) for quote in said if quote.date)
    place = record.place.name if record.place else ""
    return ItemChoice(record.key, when, record.type or "", place, record.tags, days, actors, 0)


def _id(id: str) -> str:
    return id.rpartition("/")[2]


def _keys(ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(actor_key, ids)))


def window_of(items: Sequence[Item]) -> tuple[date, date] | None:
    """Return the days that the picture starts with: all, or all but a few early ones that would squeeze the rest."""
    extents = [extent_of(item.date) for item in items]
    starts = sorted(extent.left for extent in extents)
    if not starts:
        return None
    ends = [extent.end or extent.left for extent in extents]
    first, last = starts[0], max(ends)
    late = starts[int(len(starts) * OUTLIERS)]
    if (last - late).days < (last - first).days / 2:
        first = late
    room = timedelta(days=max(2, (last - first).days // 40))
    return _moved(first, -room), _moved(last, room)


def _moved(day: date, by: timedelta) -> date:
    try:
        return day + by
    except OverflowError:
        return day


def timeline_data(pictures: Pictures, items: Sequence[Item], captions: Mapping[str, str]) -> str:
    """Return the timeline as JSON for its script: items, and the names of the actors, types and topics they have."""
    words = pictures.words
    actors = {key: captions[key] for item in items for key in item.actors}
    types = {item.type: "" for item in items}
    for name in types:
        types[name] = words("kinds.quote") if name == Quote.kind else name[:1].upper() + name[1:]
    names = {slug(tag): tag for item in items for tag in item.tags}
    window = window_of(items)
    data = {
        "items": [_row(pictures, item) for item in items],
        "actors": {_id(key): actors[key] for key in sorted(actors, key=lambda key: actors[key].casefold())},
        "types": dict(sorted((name, label) for name, label in types.items() if name)),
        "topics": dict(sorted(names.items())),
        "window": [str(day) for day in window or ()],
    }
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n"


def _row(pictures: Pictures, item: Item) -> dict[str, Any]:
    extent = extent_of(item.date)
    row = {
        "key": item.key,
        "title": shorten(item.caption, 90),
        "when": pictures.words.in_words(item.date),
        "start": extent.start,
        "end": extent.end,
        "from": extent.sure_from,
        "to": extent.sure_to,
        "doubt": extent.doubt,
        "links": item.links,
        "actors": [_id(key) for key in item.actors],
        "type": item.type,
        "topics": [slug(tag) for tag in item.tags],
        "said": [
            [str(quote.date.start or quote.date.end), quote.key, shorten(quote.caption, 60)] for quote in item.said
        ],
    }
    return {name: str(value) if isinstance(value, date) else value for name, value in row.items() if value}


class Timeline(NamedTuple):
    """The picture, how many items are in it, and how many of those on the timeline end before it starts."""

    drawing: Drawing
    shown: int
    earlier: int


def timeline_picture(
    pictures: Pictures, items: Sequence[Item], width: float = WIDTH, most: int = MOST_DRAWN
) -> Timeline | None:
    """Draw the most linked items of the days that the timeline starts with; None when there are none."""
    window = window_of(items)
    if not window:
        return None
    inside = [item for item in items if extent_of(item.date).right >= window[0]]
    drawn = sorted(inside, key=lambda item: (-item.links, item.key))[:most]
    drawn.sort(key=lambda item: (*item.date.sort_key, item.key))
    scale = Scale(*window, 10, width - 10)
    rows = [_drawn(item, scale) for item in drawn]
    lanes = _pack(rows)
    bottom = TOP + lanes * LANE + 4
    words = pictures.words
    ends = [words.in_words(PartialDate(day.isoformat(), day, day)) for day in window]
    title = words("timeline.alt", count=len(drawn), first=ends[0], last=ends[1])
    legend, tall = key_entries([(name, words(f"timeline.legend.{name}"), "", 30) for name in LEGEND], width)
    values = {
        "rows": rows,
        "ticks": scale.year_ticks(int(width // 100)),
        "bottom": bottom,
        "legend": legend,
        "legend_y": bottom + 8,
    }
    drawing = pictures.draw("timeline", title, width, bottom + tall + 12, **values)
    return Timeline(drawing, len(drawn), len(items) - len(inside))


def _drawn(item: Item, scale: Scale) -> dict[str, Any]:
    extent = extent_of(item.date)
    left, right = scale.x(max(extent.left, scale.first)), scale.x(extent.right)
    start = max(scale.left - 10, left - FADE) if extent.start is None else left
    end = scale.right + 10 if extent.end is None else right
    width = 0.0 if extent.is_point else max(6.0, end - start)
    broad = scale.right + 10
    label = shorten(item.caption, LABEL)
    wide = text_width(label, 12)
    is_inside = width >= INSIDE
    label_x = start if is_inside else start + width + (9 if extent.is_point else 5)
    is_left = label_x + wide > broad
    if is_left:
        label_x = (broad - 2) if is_inside else start - (9 if extent.is_point else 5)
    sure = _sure(extent, scale)
    return {
        "x": start,
        "width": round(width, 1),
        "sure_x": sure[0],
        "sure_width": round(sure[1] - sure[0], 1) if sure[1] > sure[0] else 0,
        "label": label,
        "label_x": round(label_x, 1),
        "is_left": is_left,
        "is_inside": is_inside,
        "from": min(start, label_x - wide if is_left else start) - 6,
        "to": max(start + width, label_x if is_left else label_x + wide) + 6,
        "doubt": extent.doubt,
        "is_point": extent.is_point,
        "is_quote": item.is_quote,
        "fades": "start" if extent.start is None else "end" if extent.end is None else "",
        "marks": sorted({scale.x(quote.date.start) for quote in item.said if quote.date.start}),
        "y": 0.0,
    }


def _sure(extent: Extent, scale: Scale) -> tuple[float, float]:
    """Return from where to where the bar is full; an open end has none of its own, for it fades."""
    if extent.sure_from and extent.sure_to:
        return scale.x(max(extent.sure_from, scale.first)), scale.x(max(extent.sure_to, scale.first))
    return 0.0, 0.0


def _pack(rows: Sequence[dict[str, Any]]) -> int:
    """Give each row a lane in which nothing lies below it, and return how many lanes there are."""
    lanes: list[list[tuple[float, float]]] = []
    for row in rows:
        taken = (row["from"], row["to"])
        free = next((lane for lane in lanes if all(taken[1] <= a or b <= taken[0] for a, b in lane)), None)
        if free is None:
            free = []
            lanes.append(free)
        free.append(taken)
        row["y"] = TOP + next(number for number, lane in enumerate(lanes) if lane is free) * LANE
    return len(lanes)

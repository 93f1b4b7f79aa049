"""The timeline: which events and quotes are on it, how each is drawn, and the data that its script reads.

A date is drawn as it is known: a day as a point, a month as a bar of its length, "about" with a broken outline, an open
end fading away.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from generator.dates import PartialDate
from generator.fields import shorten
from generator.link import Briefing
from generator.pictures import Drawing, Pictures, text_width
from generator.records import Actor, Event, Quote, Record

MOST_ITEMS = 400
MOST_DRAWN = 40  # in the picture that needs no script
WIDTH = 1000.0
LANE = 26.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An event on the timeline, or a quote that was said at none. `said` are the quotes of an event that have dates."""

    record: Record
    date: PartialDate
    actors: tuple[str, ...]  # keys
    said: tuple[Quote, ...] = ()


def items_of(briefing: Briefing) -> tuple[list[Item], int]:
    """Return what is on the timeline, in order of time, and how many there would be; the most linked are chosen."""
    said: dict[str, list[Quote]] = {}
    items = []
    for record in briefing.records.values():
        if isinstance(record, Quote) and record.date:
            if record.event:
                said.setdefault(_id(record.event), []).append(record)
            else:
                items.append(Item(record=record, date=record.date, actors=_keys((record.speaker, *record.to))))
    for record in briefing.records.values():
        if isinstance(record, Event):
            actors = _keys(participant.actor for participant in record.participants)
            items.append(Item(record=record, date=record.date, actors=actors, said=tuple(said.get(record.id, ()))))
    count = len(items)
    if count > MOST_ITEMS:
        items.sort(key=lambda item: (-_links(briefing, item.record), item.record.key))
        del items[MOST_ITEMS:]
    return sorted(items, key=lambda item: (*item.date.sort_key, item.record.key)), count


def _id(id: str) -> str:
    return id.rpartition("/")[2]


def _keys(ids: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(f"{Actor.folder}/{_id(id)}" for id in ids))


def _links(briefing: Briefing, record: Record) -> int:
    return sum(len(backlinks) for backlinks in briefing.backlinks.get(record.key, {}).values())


def doubt_of(when: PartialDate) -> str:
    """Return how a date is drawn: "" as it stands, "about" or "uncertain"."""
    return "about" if "~" in when.text or "%" in when.text else "uncertain" if "?" in when.text else ""


def timeline_data(pictures: Pictures, items: Sequence[Item], topics: Mapping[str, str]) -> str:
    """Return the timeline as JSON for its script: items, and the names of the actors, types and topics they have."""
    words, records = pictures.words, pictures.briefing.records
    rows = []
    for item in items:
        record = item.record
        row: dict[str, Any] = {
            "key": record.key,
            "title": shorten(record.caption, 90),
            "when": words.in_words(item.date),
            "start": str(item.date.start or ""),
            "end": str(item.date.end or ""),
            "doubt": doubt_of(item.date),
            "actors": item.actors,
            "type": record.type if isinstance(record, Event) and record.type else "",
            "topics": [topics[tag].rpartition("/")[2] for tag in record.tags],
            "said": [
                [str(quote.date.start or quote.date.end), quote.key, quote.caption] for quote in item.said if quote.date
            ],
        }
        rows.append(row)
    actors = {key: records[key].caption for item in items for key in item.actors}
    names = {topics[tag].rpartition("/")[2]: tag for item in items for tag in item.record.tags}
    data = {"items": rows, "actors": dict(sorted(actors.items())), "topics": dict(sorted(names.items()))}
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n"


def timeline_picture(pictures: Pictures, items: Sequence[Item]) -> Drawing | None:
    """Draw the latest items of the timeline; None when there are none."""
    drawn = [item for item in items if item.date.start][-MOST_DRAWN:]
    if not drawn:
        return None
    first = min(item.date.start for item in drawn if item.date.start)
    last = max(item.date.end or first for item in drawn) + timedelta(days=1)
    days = max(1, (last - first).days)

    def x(day: date) -> float:
        return round(10 + (day - first).days / days * (WIDTH - 220), 1)

    rows = [
        _drawn(item, x(item.date.start or first), x(item.date.end or last), item.date.end is None) for item in drawn
    ]
    lanes = _pack(rows)
    marks = [
        {"x": x(quote.date.start or first), "y": row["y"]}
        for item, row in zip(drawn, rows, strict=True)
        for quote in item.said
        if quote.date and first <= (quote.date.start or first) <= last
    ]
    height = 30 + lanes * LANE
    ends = [(first, "start"), (last - timedelta(days=1), "end")]
    words = pictures.words
    ticks = [
        {"x": x(day), "anchor": anchor, "label": words.in_words(PartialDate(day.isoformat(), day, day))}
        for day, anchor in ends
    ]
    title = words("timeline.alt", shown=len(drawn), first=ticks[0]["label"], last=ticks[1]["label"])
    return pictures.draw("timeline", title, WIDTH, height, rows=rows, marks=marks, ticks=ticks)


def _drawn(item: Item, left: float, right: float, is_open: bool) -> dict[str, Any]:
    label = shorten(item.record.caption, 60)
    width = max(6.0, round(right - left, 1))
    return {
        "x": left,
        "width": width,
        "label": label,
        "label_x": round(left + (width if width < 200 else 0) + 5, 1),
        "end": left + max(width, (width if width < 200 else 0) + 10 + text_width(label, 12)),
        "doubt": doubt_of(item.date),
        "is_open": is_open,
        "is_point": item.date.start == item.date.end,
        "is_quote": isinstance(item.record, Quote),
        "is_inside": width >= 200,
        "y": 0.0,
    }


def _pack(rows: Sequence[dict[str, Any]]) -> int:
    """Give each row a lane in which nothing lies below it, and return how many lanes there are."""
    ends: list[float] = []
    for row in sorted(rows, key=lambda row: row["x"]):
        lane = next((number for number, end in enumerate(ends) if end <= row["x"]), len(ends))
        ends[lane : lane + 1] = [row["end"]]
        row["y"] = 24 + lane * LANE
    return len(ends)

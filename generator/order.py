"""The order in which records stand: kind by kind, actors by name, the others by date, undated last."""

from bisect import bisect_left, insort
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from generator.noted import with_edits
from generator.records import KIND_BY_FOLDER, Actor, Event, Record, key_of

SortKey = tuple[int, tuple[date, int], int, str, str]
_FOLDERS = tuple(KIND_BY_FOLDER)


def keys_in_order(records: Iterable[Record], steps: Mapping[str, int]) -> list[str]:
    """Return the keys of records in their order."""
    return [record.key for record in sorted(records, key=lambda record: sort_key(record, steps))]


def put_in_order(
    keys: Iterable[str], records: Mapping[str, Record], others: Collection[str], steps: Mapping[str, int]
) -> list[str]:
    """Return the keys of records in their order; but for those of some others, which may be gone, they stand in it."""
    order = [key for key in keys if key not in others]
    for key in others:
        if key in records:
            insort(order, key, key=lambda key: sort_key(records[key], steps))
    return order


def order_after(
    before: Mapping[str, Record], edited: Mapping[str, Record | None], steps: Mapping[str, int]
) -> tuple[dict[str, Record], Mapping[str, int]]:
    """Return records, in their order, after some were edited, came or went (None), and the steps of events.

    `steps` are those before.
    """
    records = with_edits(before, edited)
    is_alike = all(_followed(before.get(key)) == _followed(edited[key]) for key in edited)
    now = steps if is_alike else steps_back(records.values())
    others = {*edited, *(key for key in now.keys() | steps.keys() if now.get(key) != steps.get(key))}
    if all(_placed(before.get(key), steps) == _placed(records.get(key), now) for key in others):
        return records, now
    return {key: records[key] for key in put_in_order(records, records, others, now)}, now


def _placed(record: Record | None, steps: Mapping[str, int]) -> SortKey | None:
    return sort_key(record, steps) if record else None


def keys_of_kind(keys: Sequence[str], folder: str) -> Sequence[str]:
    """Return those of keys in their order that are of one kind: they stand together."""
    rank = _FOLDERS.index(folder)
    first, end = (bisect_left(keys, number, key=_rank_of) for number in (rank, rank + 1))
    return keys[first:end]


def _rank_of(key: str) -> int:
    return _FOLDERS.index(key.partition("/")[0])


def sort_key(record: Record, steps: Mapping[str, int]) -> SortKey:
    """Return by what a record is put in order; `steps` are those of all events, as `steps_back` has them."""
    return (
        _FOLDERS.index(record.folder),
        record.when.sort_key if record.when else (date.max, 0),
        steps.get(record.key, 0),
        record.caption.casefold() if isinstance(record, Actor) else "",
        record.id,
    )


def steps_back(records: Iterable[Record]) -> dict[str, int]:
    """Return {key of an event: how many events lead up to it by `follows`}: those of one day are told in that order.

    Events that follow none are left out.
    """
    before = {item.key: keys_followed(item) for item in records if isinstance(item, Event)}
    steps: dict[str, int] = {}
    for start in before:
        trail = {start: None}  # in order; a set too, for the circles that are found and refused later
        while trail:
            last = next(reversed(trail))
            waiting = next((key for key in before.get(last, ()) if key not in steps and key not in trail), None)
            if waiting is None:
                steps[last] = next_step(before.get(last, ()), steps)
                trail.popitem()
            else:
                trail[waiting] = None
    return {key: count for key, count in steps.items() if count}


def _followed(record: Record | None) -> list[str]:
    return keys_followed(record) if isinstance(record, Event) else []


def keys_followed(event: Event) -> list[str]:
    """Return the keys of the events that an event follows."""
    return [key_of(Event, id) for id in event.follows]


def next_step(followed: Iterable[str], steps: Mapping[str, int]) -> int:
    """Return how many events lead up to one that follows these, whose own steps are known."""
    return 1 + max((steps.get(key, 0) for key in followed), default=-1)

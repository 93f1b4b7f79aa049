"""The order in which records stand: kind by kind, actors by name, the others by date, undated last."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from generator.records import KIND_BY_FOLDER, Actor, Event, Record


def keys_in_order(unordered: Iterable[Record]) -> Iterator[str]:
    """Yield the keys of records in their order."""
    folders = tuple(KIND_BY_FOLDER)
    records = tuple(unordered)
    steps = _steps_back(records)
    yield from (
        record.key
        for record in sorted(
            records,
            key=lambda record: (
                folders.index(record.folder),
                record.when.sort_key if record.when else (date.max, 0),
                steps.get(record.key, 0),
                record.caption.casefold() if isinstance(record, Actor) else "",
                record.id,
            ),
        )
    )


def _steps_back(records: Iterable[Record]) -> Mapping[str, int]:
    """Return {key of an event: how many events lead up to it by `follows`}: those of one day are told in that order."""
    before = {item.id: [id.rpartition("/")[2] for id in item.follows] for item in records if isinstance(item, Event)}
    steps: dict[str, int] = {}
    for start in before:
        trail = {start: None}  # in order; a set too, for the circles that are found and refused later
        while trail:
            last = next(reversed(trail))
            waiting = next((id for id in before.get(last, ()) if id not in steps and id not in trail), None)
            if waiting is None:
                steps[last] = 1 + max((steps.get(id, 0) for id in before.get(last, ())), default=-1)
                trail.popitem()
            else:
                trail[waiting] = None
    return {f"{Event.folder}/{id}": count for id, count in steps.items()}

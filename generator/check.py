"""Step 3, second half: what records say of each other that cannot be, or may be a slip. Changes nothing."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial
from itertools import chain
from typing import TypeGuard

from generator.errors import Problem, Severity, nearest
from generator.fields import FieldPath, shorten
from generator.link import Briefing
from generator.load import INFO_PATH
from generator.mend import BLANK_DATE
from generator.names import MAX_NESTED
from generator.places import Places
from generator.records import KINDS, Actor, Event, Quote, Record, key_of
from generator.validate import Checked, field_name

Finding = tuple[str, FieldPath, str, str]  # key, field, what was found, what to do

_WRITE_ID = "It is never linked by itself; write [[id]] where it is meant."
_NAME_IT = "Name it where it belongs, with its id or [[id]] in prose."
_CORRECT_ONE = "Correct one of the two."
_TURN_ROUND = "Correct a date, or turn the two round."


def check_links(briefing: Briefing, written: Mapping[str, Checked], places: Places, *, is_whole: bool) -> list[Problem]:
    """Return cycles (errors), and what looks like a slip (warnings): see the functions below for what that is.

    `is_whole` tells that nothing was found wrong so far; a record with a fault may be the one that names another.
    """
    records = briefing.records.values()
    unnamed = _unnamed(briefing, records if is_whole else ())
    found = {
        Severity.ERROR: chain(find_cycles(briefing, records), _nested_names(briefing)),
        Severity.WARNING: chain(unnamed, _untimely(briefing, records), _shared_names(briefing, briefing.records)),
    }
    return [
        _problem(finding, written, places, severity) for severity, findings in found.items() for finding in findings
    ]


def check_alone(briefing: Briefing, items: Iterable[Checked], places: Places) -> Iterator[Problem]:
    """Yield the slips in some records of a briefing: that nothing refers to them, dates that do not fit, and names that
    they share.
    """
    written = {item.record.key: item for item in items}
    for finding in find_slips(briefing, written):
        yield _problem(finding, written, places, Severity.WARNING)


def find_slips(briefing: Briefing, keys: Collection[str]) -> Iterator[Finding]:
    """Yield what `check_alone` does, as (key, field, what was found, what to do)."""
    records = [briefing.records[key] for key in keys]
    yield from _unnamed(briefing, records)
    yield from _untimely(briefing, records)
    yield from _shared_names(briefing, keys)


def is_slip(problem: Problem) -> bool:
    """Tell whether a problem is one of those that `check_alone` finds."""
    return problem.hint in (_NAME_IT, _CORRECT_ONE, _TURN_ROUND, _WRITE_ID)


def _problem(finding: Finding, written: Mapping[str, Checked], places: Places, severity: Severity) -> Problem:
    key, at, message, hint = finding
    item = written[key]
    place = places.of(item.path, (*item.at, *at))
    return Problem(place=place, field=field_name(at), message=message, hint=hint, severity=severity)


def check_book(briefing: Briefing, places: Places) -> Iterator[Problem]:
    """Yield an error for each chapter of the book that is no hand-written page."""
    names = [page.name for page in briefing.pages.values()]
    for index, name in enumerate(briefing.info.book.pages):
        if name not in names:
            at = ("book", "pages", index)
            near = nearest(name, names)
            hint = f"Did you mean '{near}'?" if near else "Write its path below docs/, as 'method.md'."
            place, message = places.of(INFO_PATH, at), f"there is no page '{name}'."
            yield Problem(place=place, field=field_name(at), message=message, hint=hint)


def find_cycles(briefing: Briefing, records: Iterable[Record]) -> Iterator[Finding]:
    """Find which of these records lead to some that are part of themselves, or follow themselves, whatever the way."""
    starts = [*records]
    for name in ("part_of", "follows"):
        onward = partial(_onward, briefing, name)
        able = tuple(model for model in KINDS if name in model.model_fields)
        found = (record.key for record in starts if isinstance(record, able) and getattr(record, name))
        for cycle in _loops(found, onward):
            key = min(cycle)
            way = cycle[cycle.index(key) :] + cycle[: cycle.index(key)]
            ids = [step.partition("/")[2] for step in (*way, key)]
            index = onward(key).index(way[1] if len(way) > 1 else key)
            yield key, (name, index), f"this goes round in a circle: {' > '.join(ids)}.", "Remove one of the steps."


def _onward(briefing: Briefing, name: str, key: str) -> tuple[str, ...]:
    """Return the keys that a field of a record names, those of its own kind."""
    record = briefing.records.get(key)
    return tuple(key_of(type(record), id) for id in getattr(record, name, ())) if record else ()


def _loops(starts: Iterable[str], onward: Callable[[str], Iterable[str]]) -> Iterator[list[str]]:
    """Yield each loop that a walk along `onward` closes, as the keys on it; no key is walked twice."""
    done: set[str] = set()
    for start in starts:
        trail: dict[str, Iterator[str]] = {}
        step: str | None = start
        while step is not None or trail:
            if step is not None and step not in done:
                trail[step] = iter(onward(step))
                done.add(step)
            elif step in trail:
                keys = list(trail)
                yield keys[keys.index(step) :]
            while trail:
                step = next(trail[next(reversed(trail))], None)
                if step is not None:
                    break
                trail.popitem()
            else:
                step = None


def _unnamed(briefing: Briefing, records: Iterable[Record]) -> Iterator[Finding]:
    for record in records:
        if record.key not in briefing.backlinks:
            yield record.key, (), "nothing refers to this record.", _NAME_IT


def _untimely(briefing: Briefing, records: Iterable[Record]) -> Iterator[Finding]:
    for record in records:
        yield from _untimely_quote(briefing, record) if isinstance(record, Quote) else ()
        yield from _early_follower(briefing, record) if _is_dated(record) else ()


def _untimely_quote(briefing: Briefing, quote: Quote) -> Iterator[Finding]:
    if quote.date is not None:
        event = briefing.records.get(key_of(Event, quote.event or ""))
        if _is_dated(event) and (quote.date.is_before(event.date) or event.date.is_before(quote.date)):
            yield (
                quote.key,
                ("date",),
                f"'{quote.date}' is outside the event '{event.id}' ({event.date}).",
                _CORRECT_ONE,
            )
        speaker = briefing.records.get(key_of(Actor, quote.speaker))
        if isinstance(speaker, Actor) and speaker.died and speaker.died.is_before(quote.date):
            yield (
                quote.key,
                ("date",),
                f"'{quote.date}' is after '{speaker.id}' died ({speaker.died}).",
                _CORRECT_ONE,
            )


def _early_follower(briefing: Briefing, event: Event) -> Iterator[Finding]:
    for index, id in enumerate(event.follows):
        earlier = briefing.records.get(key_of(Event, id))
        if _is_dated(earlier) and event.date.is_before(earlier.date):
            yield (
                event.key,
                ("follows", index),
                f"'{id}' is later ({earlier.date}).",
                _TURN_ROUND,
            )


def _is_dated(record: Record | None) -> TypeGuard[Event]:
    """Tell whether this is an event with a date that can be compared: it may have a blank, where the date is wrong."""
    return isinstance(record, Event) and str(record.date) != BLANK_DATE


def _nested_names(briefing: Briefing) -> Iterator[Finding]:
    for name, key in briefing.nested_names.items():
        actor = briefing.records[key]
        if isinstance(actor, Actor):
            message = f"'{shorten(name)}' ends in {MAX_NESTED} other names of actors, one in another."
            yield key, _where_named(actor, name), message, "Remove some of them."


def _shared_names(briefing: Briefing, asked: Collection[str]) -> Iterator[Finding]:
    for name, keys in briefing.shared_names.items():
        for key in (key for key in keys if key in asked):
            actor = briefing.records[key]
            if isinstance(actor, Actor):
                others = [f"'{other.partition('/')[2]}'" for other in keys[:4] if other != key][:3]
                more = f" and {len(keys) - 1 - len(others)} more" if len(keys) - 1 > len(others) else ""
                message = f"'{name}' is also a name of {', '.join(others)}{more}."
                yield key, _where_named(actor, name), message, _WRITE_ID


def _where_named(actor: Actor, name: str) -> FieldPath:
    if name in actor.aliases:
        return "aliases", actor.aliases.index(name)
    language = next((language for language, text in actor.names.items() if text == name), None)
    return ("names", language) if language and actor.name != name else ("name",)

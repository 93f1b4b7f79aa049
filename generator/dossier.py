"""A dossier: the part of a briefing that a reader asks for, as a smaller `Briefing`, which `book.py` sets as a book.

In it are a record and what touches it, or what has a topic, or was said and happened in a span of time; with it,
whoever spoke or took part, and all sources. What it names beyond that is given in words. Never writes.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from generator.dates import PartialDate
from generator.errors import BriefbookError, nearest
from generator.facts import Resolve
from generator.fields import slug
from generator.link import Briefing
from generator.records import Actor, Event, Quote, Record, Source
from generator.words import Words

FOLDER = "dossiers"
Touching = Mapping[str, frozenset[str]]  # key of a record -> keys of those that it names or that name it


@dataclass(frozen=True, slots=True)
class Selection:
    """What a dossier is about. Where several things are given, a record must fulfil them all.

    `actor` and `event` are ids, `tag` a topic, `since` and `until` the first and the last day.
    """

    actor: str | None = None
    event: str | None = None
    tag: str | None = None
    since: PartialDate | None = None
    until: PartialDate | None = None

    def __bool__(self) -> bool:
        return self != Selection()

    def is_within(self, record: Record) -> bool:
        """Tell whether a record may have been said or have happened in the span of time."""
        when = record.when
        if when is None:
            return False
        first = (self.since and self.since.start) or date.min
        last = (self.until and self.until.end) or date.max
        return (when.start or date.min) <= last and (when.end or date.max) >= first


class Dossier(NamedTuple):
    """A part of a briefing, and what its cover says. `name` is its place among the dossiers: "actors/jane-doe"."""

    name: str
    title: str
    part: Briefing


def touching_of(briefing: Briefing) -> Touching:
    """Return which records each record names, or is named by."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for key, groups in briefing.backlinks.items():
        for backlink in (backlink for backlinks in groups.values() for backlink in backlinks):
            if key in briefing.records and backlink.key in briefing.records:
                found[key].add(backlink.key)
                found[backlink.key].add(key)
    return {key: frozenset(keys) for key, keys in found.items()}


def make_dossier(briefing: Briefing, selection: Selection, words: Words, touching: Touching) -> Dossier:
    """Return the dossier of a selection.

    Raises: BriefbookError when the briefing has no such actor, event or topic, or nothing fulfils the selection.
    """
    chosen = set(briefing.records)
    named = []
    for model, id in ((Actor, selection.actor), (Event, selection.event)):
        if id is not None:
            key = _known(id, model, briefing)
            named.append(key)
            chosen &= {key, *touching.get(key, ())}
    if selection.tag is not None:
        chosen &= _with_tag(selection.tag, briefing)
    if selection.since or selection.until:
        chosen = {key for key in chosen if key in named or selection.is_within(briefing.records[key])}
    if not chosen:
        raise BriefbookError("No record fulfils this selection. Widen it, or leave a part of it out.")
    keys = _with_those_present(chosen | set(named), briefing)
    return Dossier(_name(selection, named), _title(selection, named, briefing, words), _part(briefing, keys))


def _known(id: str, model: type[Record], briefing: Briefing) -> str:
    key = f"{model.folder}/{id.removeprefix(f'{model.folder}/')}"
    if key not in briefing.records:
        ids = [record.id for record in briefing.of_kind(model.folder)]
        near = nearest(id, ids) or next((known for known in ids if slug(id) in known), None)
        hint = f"Did you mean '{near}'?" if near else f"See docs/{model.folder} for those that there are."
        raise BriefbookError(f"There is no {model.kind} '{id}'. {hint}")
    return key


def _with_tag(tag: str, briefing: Briefing) -> set[str]:
    found = {key for key, record in briefing.records.items() if tag in record.tags}
    if not found:
        near = nearest(tag, {tag for record in briefing.records.values() for tag in record.tags})
        raise BriefbookError(f"No record has the topic '{tag}'. {f'Did you mean {near!r}?' if near else ''}".rstrip())
    return found


def _with_those_present(keys: Iterable[str], briefing: Briefing) -> frozenset[str]:
    """Return these records with those who spoke or took part in them, and the sources of all."""
    resolve = Resolve(briefing.records)
    chosen = set(keys)
    for key in tuple(chosen):
        chosen |= {resolve(id, (Actor.folder,)) for id in _present(briefing.records[key])}
    sources = {
        resolve(citation.source, (Source.folder,)) for key in chosen for citation in briefing.records[key].sources
    }
    return frozenset(chosen | sources)


def _present(record: Record) -> Iterator[str]:
    if isinstance(record, Quote):
        yield from (record.speaker, *record.to, *record.via)
    elif isinstance(record, Event):
        yield from (participant.actor for participant in record.participants)


def _part(briefing: Briefing, keys: frozenset[str]) -> Briefing:
    backlinks = {
        key: {
            name: kept
            for name, listed in groups.items()
            if (kept := tuple(backlink for backlink in listed if backlink.key in keys))
        }
        for key, groups in briefing.backlinks.items()
        if key in keys
    }
    records = {key: record for key, record in briefing.records.items() if key in keys}
    return replace(briefing, records=records, backlinks=backlinks, pages={})


def _name(selection: Selection, named: Iterable[str]) -> str:
    parts = [*named, *([f"tags/{slug(selection.tag)}"] if selection.tag else [])]
    parts += [f"since-{slug(str(selection.since))}"] if selection.since else []
    parts += [f"until-{slug(str(selection.until))}"] if selection.until else []
    first, *rest = parts
    return "_".join([first, *(part.replace("/", "-") for part in rest)])


def _title(selection: Selection, named: Iterable[str], briefing: Briefing, words: Words) -> str:
    parts = [briefing.records[key].caption for key in named]
    parts += [selection.tag] if selection.tag else []
    if selection.since and selection.until:
        since, until = words.in_words(selection.since), words.in_words(selection.until)
        parts.append(words("book.from_to", since=since, until=until))
    elif selection.since:
        parts.append(words("book.since", date=words.in_words(selection.since)))
    elif selection.until:
        parts.append(words("book.until", date=words.in_words(selection.until)))
    return " · ".join(parts)

"""The places of a briefing: each name once, with what the events there say of where it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from generator.fields import slug
from generator.link import Briefing
from generator.records import Event, EventPlace

FOLDER = "places"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPlace:
    """A place by its name. Its country and coordinates (degrees) are of the first event that gives them."""

    name: str
    key: str  # "places/pyongyang"
    country: str | None
    latitude: float | None
    longitude: float | None
    events: tuple[str, ...]  # keys, in order of time

    @property
    def is_mapped(self) -> bool:
        return self.latitude is not None and self.longitude is not None


def places_of(briefing: Briefing) -> Mapping[str, KnownPlace]:
    """Return {name: place} of all places where events are, by name."""
    events: dict[str, list[Event]] = {}
    for record in briefing.of_kind(Event.folder):
        if isinstance(record, Event) and record.place:
            events.setdefault(record.place.name, []).append(record)
    return {name: place_of(name, events[name]) for name in sorted(events, key=str.casefold)}


def place_of(name: str, events: Sequence[Event]) -> KnownPlace:
    """Return the place of a name, where these events are, all that are there, in order of time."""
    told = [event.place for event in events if event.place]
    mapped = next((place for place in told if _has_coordinates(place)), None)
    return KnownPlace(
        name=name,
        key=place_key(name),
        country=next((place.country for place in told if place.country), None),
        latitude=mapped.latitude if mapped else None,
        longitude=mapped.longitude if mapped else None,
        events=tuple(event.key for event in events),
    )


def place_key(name: str) -> str:
    """Return the key of a place's page."""
    return f"{FOLDER}/{slug(name)}"


def _has_coordinates(place: EventPlace) -> bool:
    return place.latitude is not None and place.longitude is not None

"""What a record says, field by field, as labelled Markdown: whatever a model declares is shown."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import quote

from generator.dates import PartialDate
from generator.fields import Refers, references_of, shorten
from generator.prose import escape_inline, escape_text
from generator.records import EventPlace, Image, Participant, Record, Role, keys_by_id
from generator.render import PageLinks
from generator.words import Words

# Fields that the templates place themselves.
_PLACED = frozenset(
    "id name title text summary note sources draft as_reported original image tags names description speaker date "
    "status".split()
)


class Fact(NamedTuple):
    """One line of a record's card: the field's label, and its value as Markdown."""

    label: str
    value: str


class _Field(NamedTuple):
    name: str
    refers: Refers | None
    is_url: bool


def facts_of(record: Record, links: PageLinks, resolve: "Resolve") -> Iterator[Fact]:
    """Yield what a record says in the order of its model's fields, but for what the templates place themselves."""
    for field in _fields(type(record)):
        value = getattr(record, field.name)
        if value in (None, (), {}):
            continue
        label = field_label(links.words, record, field.name)
        if field.refers:
            ids = value if isinstance(value, tuple) else (value,)
            yield Fact(label, ", ".join(links.to(resolve(id, field.refers.kinds)) for id in ids))
        elif field.is_url:
            yield Fact(label, web_link(value))
        else:
            yield Fact(label, _value(field.name, value, links, resolve))


class Resolve:
    """Turns an id that was checked into the key of the record: {id: keys} of the whole briefing."""

    def __init__(self, records: Mapping[str, Record]) -> None:
        self._keys = keys_by_id(records)

    def __call__(self, id: str, kinds: tuple[str, ...] = ()) -> str:
        if "/" in id:
            return id
        keys = self._keys[id]
        if len(keys) == 1:  # it was checked, so that is it
            return keys[0]
        return next(key for key in keys if not kinds or key.partition("/")[0] in kinds)


@cache
def _fields(model: type[Record]) -> tuple[_Field, ...]:
    shown = [name for name in model.model_fields if name not in _PLACED]
    shown.sort(key=lambda name: name in Record.model_fields)  # what a kind has of its own comes first
    refers = references_of(model)
    return tuple(_Field(name, refers.get(name), name in ("url", "archived_url")) for name in shown)


def field_label(words: Words, record: Record, name: str) -> str:
    """Return what a field of a record is called on its page."""
    own = f"fields.{record.kind}.{name}"
    return words(own if words.has(own) else f"fields.{name}")


# What would end the address, or mean something in Markdown.
_IN_ADDRESS = str.maketrans({character: f"%{ord(character):02X}" for character in '()<>"\\`*{[]'})


def web_link(url: str, words: str | None = None) -> str:
    """Return a link to an address elsewhere, with the address itself as its words unless others are given."""
    return f"[{escape_text(words or shorten(url, 60))}](<{url.translate(_IN_ADDRESS)}>)"


def _value(name: str, value: Any, links: PageLinks, resolve: Resolve) -> str:
    match value:
        case PartialDate():
            return escape_text(links.words.in_words(value))
        case EventPlace():
            return _place(value, links)
        case str():
            return _text(name, value, links.words)
        case Mapping():
            named = ((links.words.language_name(tag), tag, text) for tag, text in value.items())
            return "; ".join(f"{escape_text(language)} {_in_language(text, tag)}" for language, tag, text in named)
    if value and isinstance(value[0], Role):
        return "  \n".join(_role(role, links, resolve) for role in value)
    if value and isinstance(value[0], Participant):
        return "  \n".join(_participants(value, links, resolve))
    return "; ".join(escape_inline(str(item)) for item in value)


def _in_language(text: str, tag: str) -> str:
    # `bdi` keeps a name written right to left from turning what stands around it.
    return f'<bdi lang="{tag}">{escape_text(text)}</bdi>'


def _text(name: str, value: str, words: Words) -> str:
    if name == "country":
        return escape_text(words.country_name(value))
    if name == "language":
        return escape_text(words.language_name(value))
    if name == "wikidata":
        return web_link(f"https://www.wikidata.org/wiki/{value}", value)
    if name == "reliability":
        return escape_text(f"{value}: {words(f'reliability.{value}')}")
    if name == "confidence":
        return _badge(name, value, words)
    if name == "extent" or words.has(f"{name}s.{value}"):
        return escape_text(words(f"extent.{value}" if name == "extent" else f"{name}s.{value}"))
    return escape_inline(value[:1].upper() + value[1:] if name == "type" else value)


def _badge(name: str, value: str, words: Words) -> str:
    return f'<span class="bb-badge bb-badge--{value}">{escape_text(words(f"{name}.{value}"))}</span>'


def _place(place: EventPlace, links: PageLinks) -> str:
    words = links.words
    parts = [links.to_place(place.name)]
    if place.country and words.country_name(place.country) != place.name:
        parts.append(escape_text(words.country_name(place.country)))
    text = ", ".join(parts)
    if place.latitude is not None and place.longitude is not None:
        north = f"{abs(place.latitude):g}° {'N' if place.latitude >= 0 else 'S'}"
        east = f"{abs(place.longitude):g}° {'E' if place.longitude >= 0 else 'W'}"
        text += f" ({north}, {east})"
    return text


def _role(role: Role, links: PageLinks, resolve: Resolve) -> str:
    text = escape_inline(role.title)
    if role.of:
        text += f", {links.to(resolve(role.of, ('actors',)))}"
    return text + in_brackets(links.words.span(role.from_, role.to))


def in_brackets(text: str) -> str:
    """Return text in brackets after a space, or nothing when there is none."""
    return f" ({text})" if text else ""


def _participants(participants: Iterable[Participant], links: PageLinks, resolve: Resolve) -> Iterator[str]:
    """Yield a line for each role, with those who took part in it; who has none comes last."""
    by_role: dict[str, list[str]] = {}
    for participant in sorted(participants, key=lambda participant: participant.role is None):
        link = links.to(resolve(participant.actor, ("actors",)))
        by_role.setdefault(participant.role or "", []).append(link)
    for role, actors in by_role.items():
        yield f"{escape_inline(role[:1].upper() + role[1:])}: {', '.join(actors)}" if role else ", ".join(actors)


def image_markdown(image: Image, links: PageLinks) -> str:
    """Return a portrait with its alternative text, and who made it."""
    picture = f"![{escape_text(image.alt or '')}](<{links.path_to(quote(image.src))}>)"
    return f"{picture}  \n*{escape_text(image.credit)}*" if image.credit else picture

"""The page of a record: its own fields, what refers to it, and what follows from both.

Decides what is on the page and in which order; the templates lay it out. Never writes.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from anyascii import anyascii

from generator.dates import PartialDate, parse_date
from generator.facts import facts_of, image_markdown
from generator.fields import shorten
from generator.link import Briefing
from generator.lists import Maker, Page, topic_key
from generator.outlines import ROWS_IN_A_SECTION, Companion, Outline, Outlines, Part, rest_path
from generator.pictures import FOLDER, Drawing
from generator.prose import escape_inline
from generator.records import Actor, Event, Quote, Record, Role, Source
from generator.render import PageLinks, plain_text
from generator.rows import Row


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with groups of rows, each (subheading or "", rows).

    `more` is the page with all of them when these are only the first, of `count` in all.
    """

    name: str
    heading: str
    groups: tuple[tuple[str, tuple[Row, ...]], ...]
    count: int
    more: str = ""


class CompanyRow(NamedTuple):
    """A row of the table of those that an actor appears with; the texts are Markdown."""

    link: str
    times: int
    shared: tuple[str, ...]  # links to the shared records, the first of them
    first: str
    last: str


def record_pages(maker: Maker, record: Record) -> Iterator[Page]:
    """Yield a record's page, and its pictures."""
    path = f"{record.key}.md"
    links = maker.links_on(path)
    outline = _outline_of(maker, record)
    values: dict[str, Any] = {
        record.kind: record,
        # In the order in which they stand on the page: a name is linked where it comes first.
        "reported_note": links.prose(record.key, "as_reported", "note"),
        "summary": links.prose(record.key, "summary"),
        "facts": list(facts_of(record, links, maker.rows.resolve)),
        "note": links.prose(record.key, "note"),
        "citations": [maker.rows.of_citation(links, citation, record) for citation in record.sources],
        "tags": [(tag, topic_key(tag)) for tag in record.tags],
        "sections": list(_sections(maker, record, links, outline.parts)),
        "neighbours": maker.neighbours.get(record.key, (None, None)),
        **_of_its_kind(maker, record, links, outline),
    }
    drawings = _drawings(maker, record)
    values["pictures"] = {
        name: maker.picture(links, f"{FOLDER}/{record.key}-{name}.svg", drawing) for name, drawing in drawings.items()
    }
    yield maker.render(f"{record.kind}.md.j2", path, _meta(maker, record), links, **values)
    for name, drawing in drawings.items():
        if drawing:
            yield Page(f"{FOLDER}/{record.key}-{name}.svg", drawing.svg)


def _outline_of(maker: Maker, record: Record) -> Outline:
    if record.key in maker.outlines:
        outline: Outline = maker.outlines[record.key]
        return outline
    return Outlines(maker.briefing, maker.captions, maker.ties, maker.rows.resolve).of(record)


def _of_its_kind(maker: Maker, record: Record, links: PageLinks, outline: Outline) -> Mapping[str, Any]:
    match record:
        case Actor():
            return {**_actor_values(maker, record, links, outline), "sources": _sources(links, outline)}
        case Quote():
            return _quote_values(maker, record, links)
        case Event():
            return {**_event_values(maker, record, links), "sources": _sources(links, outline)}
        case Source():
            return {"citation": _citation(maker, record)}
    return {}


def _drawings(maker: Maker, record: Record) -> Mapping[str, Drawing | None]:
    """Return the small pictures of a record's page, by name."""
    if isinstance(record, Actor):
        return {"roles": maker.pictures.roles(record), "network": maker.pictures.neighbours(record)}
    return {}


def _meta(maker: Maker, record: Record) -> Mapping[str, str]:
    """Return what the front matter says of a record: `when` and `who` are shown with it where it is found."""
    speaker = _speaker(maker, record).caption if isinstance(record, Quote) else ""
    place = record.place.name if isinstance(record, Event) and record.place else ""
    publisher = record.publisher or "" if isinstance(record, Source) else ""
    return {
        "when": maker.words.in_words(record.when) if record.when else "",
        "who": speaker or place or publisher,
        "also": romanised((record.name, *record.aliases, *record.names.values())) if isinstance(record, Actor) else "",
        "title": record.caption,
        "description": _description(maker, record),
        "kind": record.kind.capitalize(),
        "record": maker.briefing.files[record.key],
    }


def _description(maker: Maker, record: Record) -> str:
    if isinstance(record, Actor) and record.description:
        return record.description
    if isinstance(record, Quote):
        speaker = _speaker(maker, record).caption
        when = f", {maker.words.in_words(record.date)}" if record.date else ""
        return f"{speaker}{when}: {shorten(record.text, 160)}"
    summary = plain_text(maker.briefing, maker.briefing.prose.get((record.key, ("summary",)), ()))
    return shorten(summary, 160) if summary else f"{maker.words(f'kinds.{record.kind}')}: {record.caption}"


def romanised(names: Iterable[str]) -> str:
    """Return names in Latin letters, for the search: those of other scripts and with accents, joined and by syllable.

    "\N{CJK UNIFIED IDEOGRAPH-4E60}\N{CJK UNIFIED IDEOGRAPH-8FD1}" gives "XiJin Xi Jin"; a name that is in plain
    Latin letters gives nothing.
    """
    found: dict[str, None] = {}
    for name in names:
        latin = anyascii(name)
        if latin != name:
            found |= dict.fromkeys((latin, _SYLLABLE.sub(" ", latin)))
    return " ".join(found)


_SYLLABLE = re.compile(r"(?<=[a-z])(?=[A-Z])")


def neighbours_of(briefing: Briefing) -> Mapping[str, tuple[str | None, str | None]]:
    """Return what comes before and after each quote and event in its kind."""
    found: dict[str, tuple[str | None, str | None]] = {}
    for model in (Quote, Event):
        keys = briefing.keys_of(model.folder)
        for before, key, after in zip([None, *keys], keys, [*keys[1:], None], strict=False):
            found[key] = before, after
    return found


# What refers to the record


def _sections(maker: Maker, record: Record, links: PageLinks, parts: Iterable[Part]) -> Iterator[Section]:
    """Yield what refers to a record, grouped by how it does; a long group has its own pages."""
    for part in parts:
        groups = _by_year(maker, record, links, part)
        more = rest_path(record.key, part.name) if part.total > ROWS_IN_A_SECTION else ""
        yield Section(part.name, maker.words(f"back.{part.name}"), groups, part.total, more)


def _by_year(maker: Maker, record: Record, links: PageLinks, part: Part) -> tuple[tuple[str, tuple[Row, ...]], ...]:
    rows = [maker.rows.of_backlinks(links, backlinks, record.key) for backlinks in part.first]
    if not isinstance(record, Actor) or part.name != "quotes-by-this-actor" or len({row.group for row in rows}) < 2:
        return (("", tuple(rows)),)
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.group, []).append(row)
    return tuple((year, tuple(listed)) for year, listed in groups.items())


def _sources(links: PageLinks, outline: Outline) -> list[tuple[str, int]]:
    return [(links.to(key), count) for key, count in outline.sources]


# Actors


def _actor_values(maker: Maker, actor: Actor, links: PageLinks, outline: Outline) -> Mapping[str, Any]:
    return {
        "image": image_markdown(actor.image, links) if actor.image else "",
        "initials": initials(actor.name),
        "names": [(tag, maker.words.language_name(tag), name) for tag, name in actor.names.items()],
        "company": [_company_row(maker, links, companion) for companion in outline.company],
        "company_count": outline.company_count,
    }


def _company_row(maker: Maker, links: PageLinks, companion: Companion) -> CompanyRow:
    membership = maker.words("actor.membership")  # what ties an actor to one that it is a part of
    shared = [membership if key.startswith(f"{Actor.folder}/") else links.to(key) for key in companion.shared]
    ends = [maker.words.in_words(parse_date(text)) if text else "" for text in (companion.first, companion.last)]
    return CompanyRow(links.to(companion.key), companion.times, tuple(shared), *ends)


def initials(name: str) -> str:
    """Return what stands for an actor without a portrait: the first letters of the first and last word, or of one."""
    words = [word for word in name.split() if word[0].isalnum()] or [name]
    letters = words[0][0] + (words[-1][0] if len(words) > 1 else "")
    return letters.upper()


# Events


def _event_values(maker: Maker, event: Event, links: PageLinks) -> Mapping[str, Any]:
    return {
        "place": links.to_place(event.place.name) if event.place else "",
        "picture": maker.place_picture(links, event.place.name) if event.place else "",
    }


# Quotes


def _speaker(maker: Maker, quote: Quote) -> Record:
    return maker.briefing.records[maker.rows.resolve(quote.speaker, ("actors",))]


def _quote_values(maker: Maker, quote: Quote, links: PageLinks) -> Mapping[str, Any]:
    speaker = _speaker(maker, quote)
    role = role_at(speaker.roles, quote.date) if isinstance(speaker, Actor) and quote.date else None
    event = maker.briefing.records[maker.rows.resolve(quote.event, ("events",))] if quote.event else None
    return {
        "place": links.to_place(event.place.name) if isinstance(event, Event) and event.place else "",
        "speaker": speaker.key,
        "role": _role_title(maker, links, role) if role else "",
        "said_there": _said_around(maker, quote, links),
    }


def role_at(roles: Sequence[Role], date: PartialDate) -> Role | None:
    """Return the role held at a date, the latest begun of several; None when no role with dates fits."""
    held = [
        role
        for role in roles
        if (role.from_ or role.to)
        and not (role.from_ and not _is_by(role.from_, date))
        and not (role.to and not _is_by(date, role.to))
    ]
    return max(held, key=lambda role: role.from_.sort_key[0].toordinal() if role.from_ else 0, default=None)


def _is_by(one: PartialDate, other: PartialDate) -> bool:
    """Tell whether the one has come when the other has, however both are read; in one day, month or year it has."""
    return one.start is None or other.end is None or one.start <= other.end


def _role_title(maker: Maker, links: PageLinks, role: Role) -> str:
    title = escape_inline(role.title)
    return f"{title}, {links.to(maker.rows.resolve(role.of, ('actors',)))}" if role.of else title


def _said_around(maker: Maker, quote: Quote, links: PageLinks) -> list[tuple[str, Row]]:
    """Return what was said just before and after a quote at the same event: ("before" or "after", row)."""
    if not quote.event:
        return []
    said = maker.briefing.backlinks[maker.rows.resolve(quote.event, ("events",))]["quotes-said-there"]
    keys = [backlink.key for backlink in said]
    at = keys.index(quote.key)
    around = [("before", at - 1), ("after", at + 1)]
    return [(way, maker.rows.of_key(links, keys[index])) for way, index in around if 0 <= index < len(keys)]


# Sources


def _citation(maker: Maker, source: Source) -> str:
    """Return the source as a bibliography has it: authors, title, publisher, date."""
    parts = [*source.authors[:-1], *(author.rstrip(".") for author in source.authors[-1:])]
    cited = ["; ".join(map(escape_inline, parts))]
    published = maker.words.in_words(source.published) if source.published else ""
    others = (maker.words("quoted", text=source.title), source.publisher or "", published)
    cited += [escape_inline(part.rstrip(".")) for part in others]
    return ". ".join(part for part in cited if part) + "."

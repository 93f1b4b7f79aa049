"""Pages that list records: the overviews of kinds, topics and years, and the rest of lists too long for one page.

No page grows with the whole briefing: a list of over `ROWS_ON_A_PAGE` records goes on beside the first page.
"""

import html
import traceback
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from jinja2 import Environment, TemplateError, TemplateSyntaxError

from generator.backlinks import Backlink
from generator.errors import BriefbookError
from generator.gazetteer import KnownPlace
from generator.link import Briefing
from generator.pictures import FOLDER, Drawing, Pictures
from generator.prose import escape_text
from generator.records import KINDS, Actor, Event, Quote, Record, Source
from generator.render import PageLinks, front_matter
from generator.rows import Row, Rows
from generator.ties import Ties
from generator.words import Words

Item = TypeVar("Item")

ROWS_ON_A_PAGE = 100
_ACTOR_ORDER = ("person", "country", "organisation", "group", None)


@dataclass(frozen=True, slots=True)
class Page:
    """One Markdown page; `path` is relative to `build/docs`."""

    path: str
    text: str


class Pager(NamedTuple):
    """Where a page stands in a list of several: its number, of how many, and the pages that it leads to."""

    number: int
    last: int
    pages: tuple[tuple[str, str], ...]  # "first", "previous", "next" or "last", and the path


@dataclass(frozen=True, slots=True)
class Maker:
    """What pages are made with: the briefing, the templates, and what all pages ask for again and again."""

    briefing: Briefing
    environment: Environment
    captions: Mapping[str, str]
    rows: Rows
    words: Words
    topics: Mapping[str, str]  # tag -> key of its page
    places: Mapping[str, KnownPlace]  # by name
    ties: Ties
    pictures: Pictures
    books: Mapping[str, str]  # key -> path of its PDF

    def links_on(self, path: str) -> PageLinks:
        """Return the links of the page at `path`."""
        return PageLinks(path, self.briefing, self.captions, self.words, self.places)

    def picture(self, links: PageLinks, path: str, drawing: Drawing | None) -> str:
        """Return a picture as Markdown, or nothing when there is none."""
        return f"![{escape_text(drawing.title)}](<{links.path_to(path)}>)" if drawing else ""

    def place_picture(self, links: PageLinks, name: str) -> str:
        """Return the picture of a place as Markdown, or nothing when it has no coordinates."""
        place = self.places[name]
        return self.picture(links, f"{FOLDER}/{place.key}.svg", self.pictures.place(place))

    def render(self, template: str, path: str, meta: Mapping[str, Any], links: PageLinks, **values: Any) -> Page:
        """Return the page that a template makes of these values, with its front matter.

        Raises: BriefbookError with the template's line when it uses a name that is not there, or is no template.
        """
        texts = {name: escaped(value) if isinstance(value, str) else value for name, value in meta.items()}
        shown = {**texts, "markdown": path, "pdf": self.books.get(path.removesuffix(".md"), "")}
        try:
            text = self.environment.get_template(template).render(links=links, **values)
        except TemplateError as error:
            raise BriefbookError(f"The template {_template_place(error, template)}: {error.message}") from error
        return Page(path, front_matter(shown) + text.strip("\n") + "\n")


def _template_place(error: TemplateError, template: str) -> str:
    """Return the template and line at which an error arose, "source.md.j2:3"."""
    if isinstance(error, TemplateSyntaxError):
        return f"{error.name}:{error.lineno}"
    steps = [step for step in traceback.extract_tb(error.__traceback__) if step.filename.endswith(".j2")]
    return f"{Path(steps[-1].filename).name}:{steps[-1].lineno}" if steps else template


def escaped(text: object) -> str:
    """Return text for the front matter: the theme writes titles and descriptions into HTML as they are."""
    return html.escape(str(text), quote=True)


OVERVIEWS = (*(model.folder for model in KINDS), "tags", "places", "years")


def build_overview(maker: Maker, folder: str) -> Iterator[Page]:
    """Yield the pages that list all records of a kind, or the records by topic, place or year; the overview first."""
    path, title, intro = f"{folder}/index.md", maker.words(f"plurals.{folder}"), maker.words(f"intros.{folder}")
    by = {"tags": _by_tag, "places": _by_place, "years": _by_year}
    if folder not in by:
        records = list(maker.briefing.of_kind(folder))
        if folder == Actor.folder:
            records.sort(key=lambda record: _ACTOR_ORDER.index(getattr(record, "type", None)))
        yield from list_pages(maker, path, title, [(Backlink(record.key, ()),) for record in records], intro=intro)
        return
    entries = by[folder](maker)
    yield from _index_pages(maker, path, title, intro, entries)
    for entry in entries:
        yield from list_pages(maker, f"{entry.key}.md", entry.name, in_order(maker, entry.keys), kind=entry.kind)
    for place in maker.places.values() if folder == "places" else ():
        drawing = maker.pictures.place(place)
        if drawing:
            yield Page(f"{FOLDER}/{place.key}.svg", drawing.svg)


class Entry(NamedTuple):
    """A topic, place or year: its name, the key of its page, the kind of that page, and keys of what it is about."""

    name: str
    key: str
    kind: str
    keys: Sequence[str]


def _by_tag(maker: Maker) -> list[Entry]:
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for key, record in maker.briefing.records.items():
        for tag in record.tags:
            groups[tag].append(key)
    return [Entry(tag, maker.topics[tag], "Topic", groups[tag]) for tag in sorted(groups, key=str.casefold)]


def _by_place(maker: Maker) -> list[Entry]:
    said_at: defaultdict[str, list[str]] = defaultdict(list)
    for record in maker.briefing.records.values():
        if isinstance(record, Quote) and record.event:
            said_at[maker.rows.resolve(record.event, ("events",))].append(record.key)
    entries = []
    for name, place in maker.places.items():
        said = [key for event in place.events for key in said_at[event]]
        entries.append(Entry(name, place.key, "Place", [*place.events, *said, *_involved(maker, place.events)]))
    return entries


def _by_year(maker: Maker) -> list[Entry]:
    """Return the years that quotes and events touch, latest first, with those and the actors in them."""
    groups: defaultdict[int, list[str]] = defaultdict(list)
    for key, record in maker.briefing.records.items():
        for year in years_of(record):
            groups[year].append(key)
    return [
        Entry(str(year), f"years/{year}", "Year", [*groups[year], *_involved(maker, groups[year])])
        for year in sorted(groups, reverse=True)
    ]


def _involved(maker: Maker, keys: Iterable[str]) -> list[str]:
    """Return the actors who took part in these events or said these quotes, who did so most often first."""
    counts: Counter[str] = Counter()
    for key in keys:
        record = maker.briefing.records[key]
        if isinstance(record, Event):
            ids = {participant.actor for participant in record.participants}
        else:
            ids = {record.speaker} if isinstance(record, Quote) else set()
        counts.update(maker.rows.resolve(id, ("actors",)) for id in ids)
    return sorted(counts, key=lambda key: (-counts[key], key))


def in_order(maker: Maker, keys: Iterable[str]) -> list[tuple[Backlink, ...]]:
    """Return records as topics, places and years list them: events, quotes, actors, then sources."""
    folders = [model.folder for model in (Event, Quote, Actor, Source)]
    ranked = sorted(dict.fromkeys(keys), key=lambda key: folders.index(maker.briefing.records[key].folder))
    return [(Backlink(key, ()),) for key in ranked]


def years_of(record: Record) -> tuple[int, ...]:
    """Return the years on whose pages a record is listed: only what was said or done has any."""
    return record.date.years if isinstance(record, Event | Quote) and record.date else ()


def _index_pages(maker: Maker, path: str, title: str, intro: str, entries: Sequence[Entry]) -> Iterator[Page]:
    for page_path, chunk, pager in _chunks(path, entries, path.removesuffix("/index.md")):
        links = maker.links_on(page_path)
        rows = [
            Row(links.link(entry.key, escape_text(entry.name)), (maker.words.number(len(entry.keys)),), "")
            for entry in chunk
        ]
        yield _list_page(maker, page_path, title, "Overview", intro, [("", rows)], pager, links, len(entries))


def list_pages(
    maker: Maker,
    path: str,
    title: str,
    listed: Sequence[Sequence[Backlink]],
    *,
    kind: str = "Overview",
    intro: str = "",
    back: str = "",
) -> Iterator[Page]:
    """Yield the pages of a list of records: the first at `path`, the others below it.

    `listed` has a row each, with all the backlinks that the row is of.
    `back` is the key of the record that the list belongs to, if it belongs to one.
    """
    stem = path.removesuffix(".md").removesuffix("/index")
    for page_path, chunk, pager in _chunks(path, listed, stem):
        links = maker.links_on(page_path)
        groups: dict[str, list[Row]] = {}
        for item in chunk:
            row = maker.rows.of_backlinks(links, item, back)
            record = maker.briefing.records.get(item[0].key)
            heading = (
                maker.words(f"plurals.{record.folder}") if kind in ("Topic", "Place", "Year") and record else row.group
            )
            groups.setdefault(heading, []).append(row)
        picture = maker.place_picture(links, title) if kind == "Place" and pager.number == 1 else ""
        yield _list_page(
            maker, page_path, title, kind, intro, list(groups.items()), pager, links, len(listed), back, picture
        )


def _list_page(
    maker: Maker,
    path: str,
    title: str,
    kind: str,
    intro: str,
    groups: Sequence[tuple[str, Sequence[Row]]],
    pager: Pager,
    links: PageLinks,
    count: int,
    back: str = "",
    picture: str = "",
) -> Page:
    name = maker.words("page.numbered", title=title, number=pager.number) if pager.number > 1 else title
    meta = {
        "title": name,
        "description": intro or maker.words("page.list_description", title=title, count=count),
        "kind": kind,
        "explorer": count > 0 and path == f"{Quote.folder}/index.md",
    }
    return maker.render(
        "list.md.j2",
        path,
        meta,
        links,
        title=title,
        intro=intro,
        groups=groups,
        pager=pager,
        back=back,
        picture=picture,
    )


def _chunks(path: str, items: Sequence[Item], stem: str) -> Iterator[tuple[str, Sequence[Item], Pager]]:
    """Yield a list in pages: the path of each, its items, and its pager; an empty list has one page."""
    last = max(1, -(-len(items) // ROWS_ON_A_PAGE))
    paths = [path, *(f"{stem}/page/{number}.md" for number in range(2, last + 1))]
    for number, page_path in enumerate(paths, start=1):
        wanted = [("first", 1), ("previous", number - 1), ("next", number + 1), ("last", last)]
        steps = tuple((words, paths[other - 1]) for words, other in wanted if 1 <= other <= last and other != number)
        start = (number - 1) * ROWS_ON_A_PAGE
        yield page_path, items[start : start + ROWS_ON_A_PAGE], Pager(number, last, steps)

"""Pages that list records: the overviews of kinds, topics and years, and the rest of lists too long for one page.

No page grows with the whole briefing: a list of over `ROWS_ON_A_PAGE` records goes on beside the first page. What is on
each page of an overview is planned on the whole briefing; a page is then made by its plan alone.
"""

import html
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from jinja2 import Environment

from generator.fields import slug
from generator.gazetteer import KnownPlace
from generator.link import Briefing
from generator.noted import Lazy, Noted
from generator.pictures import FOLDER, Drawing, Pictures
from generator.prose import escape_inline, escape_text
from generator.records import KIND_BY_FOLDER, Actor, Event, Quote, Record, Source
from generator.render import PageLinks, front_matter, template_faults
from generator.rows import Row, Rows
from generator.ties import Tie
from generator.words import Words

Item = TypeVar("Item")

ROWS_ON_A_PAGE = 100
IN_LISTS = tuple(model.folder for model in (Event, Quote, Actor, Source))  # in which order they stand in those
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
    """What pages are made with: the briefing, the templates, and what all pages ask for again and again.

    Pages look up what they show in `briefing` and in mappings that note it. What is chosen or arranged among all
    records is so on `whole`, by what `is_arranged_alike` compares and nothing else.
    """

    whole: Briefing
    briefing: Briefing
    environment: Environment
    captions: Noted[str, str]
    rows: Rows
    words: Words
    places: Noted[str, KnownPlace]  # by name
    ties: Noted[str, Mapping[str, tuple[Tie, ...]]]
    tallies: Mapping[str, Mapping[str, int]]  # by a name of `tallies.TALLIES`
    links: Mapping[str, int]  # key of what may be on the timeline -> in how many ways it is named
    neighbours: Noted[str, tuple[str | None, str | None]]  # key -> what comes before and after it in its kind
    pictures: Pictures
    outlines: Noted[str, Any]  # key -> what the page of a record with long lists shows (`outlines.Outline`)
    chosen: Noted[str, Any]  # what is chosen among all records, by a name of `choices.CHOICES`
    books: Mapping[str, str]  # key -> path of its PDF

    def links_on(self, path: str) -> PageLinks:
        """Return the links of the page at `path`."""
        return PageLinks(path, self.briefing, self.captions, self.words, self.places)

    def picture(self, links: PageLinks, path: str, drawing: Drawing | None) -> str:
        """Return a picture as Markdown, or nothing when there is none."""
        return self._shown(links, path, drawing.title) if drawing else ""

    def place_picture(self, links: PageLinks, name: str) -> str:
        """Return the picture of a place as Markdown, or nothing when it has no coordinates."""
        place = self.places[name]
        title = self.pictures.place_title(place)
        return self._shown(links, f"{FOLDER}/{place.key}.svg", title) if title else ""

    def _shown(self, links: PageLinks, path: str, title: str) -> str:
        return f"![{escape_text(title)}](<{links.path_to(path)}>)"

    def render(self, template: str, path: str, meta: Mapping[str, Any], links: PageLinks, **values: Any) -> Page:
        """Return the page that a template makes of these values, with its front matter.

        Raises: BriefbookError with the template's line when it uses a name that is not there, or is no template.
        """
        texts = {name: escaped(value) if isinstance(value, str) else value for name, value in meta.items()}
        shown = {**texts, "markdown": path, "pdf": self.books.get(path.removesuffix(".md"), "")}
        with template_faults():
            text = self.environment.get_template(template).render(links=links, **values)
        return Page(path, front_matter(shown) + text.strip("\n") + "\n")


def escaped(text: object) -> str:
    """Return text for the front matter: the theme writes titles and descriptions into HTML as they are."""
    return html.escape(str(text), quote=True)


class ListPlan(NamedTuple):
    """What is on one page of an overview: keys of records, or (words, key, count) of topics, places or years."""

    path: str
    title: str
    kind: str
    intro: str
    items: tuple[str, ...] | tuple[tuple[str, str, int], ...]
    pager: Pager
    total: int  # of the items on all its pages

    @classmethod
    def each(cls, path: str, title: str, kind: str, intro: str, items: Sequence[Any]) -> "Iterator[ListPlan]":
        """Yield the plans of a list, page by page."""
        for page_path, chunk, pager in in_pages(path, items):
            yield cls(page_path, title, kind, intro, tuple(chunk), pager, len(items))


class Plans(Mapping[str, ListPlan]):
    """What is on the pages that list all records by kind, topic, place and year, {path: plan}: found out for one of
    these folders when something in it is looked up.
    """

    def __init__(self, maker: Maker) -> None:
        self._by_folder = Lazy[str, Mapping[str, ListPlan]](
            lambda folder: {plan.path: plan for plan in _plan_folder(maker, folder)}
        )

    def __getitem__(self, path: str) -> ListPlan:
        folder = path.partition("/")[0]
        if folder not in LIST_FOLDERS:
            raise KeyError(path)
        return self._by_folder[folder][path]

    def __contains__(self, path: object) -> bool:
        folder, _, rest = str(path).partition("/")
        return folder in LIST_FOLDERS and (rest == "index.md" or path in self._by_folder[folder])

    def __iter__(self) -> Iterator[str]:
        return (path for folder in LIST_FOLDERS for path in self._by_folder[folder])

    def __len__(self) -> int:
        return sum(len(self._by_folder[folder]) for folder in LIST_FOLDERS)


def title_of_list(words: Words, path: str) -> str | None:
    """Return the title of the overview that begins at a path; None where none does."""
    folder, _, rest = path.partition("/")
    return words(f"plurals.{folder}") if folder in LIST_FOLDERS and rest == "index.md" else None


def _plan_folder(maker: Maker, folder: str) -> Iterator[ListPlan]:
    title, intro = maker.words(f"plurals.{folder}"), maker.words(f"intros.{folder}")
    if folder not in _GROUPS:
        keys = maker.whole.keys_of(folder)
        if folder == Actor.folder:
            keys = tuple(sorted(keys, key=lambda key: actor_group(maker.whole.records[key])))
        yield from ListPlan.each(f"{folder}/index.md", title, "Overview", intro, keys)
        return
    entries = _GROUPS[folder](maker)
    items = [(entry.name, entry.key, len(entry.keys)) for entry in entries]
    yield from ListPlan.each(f"{folder}/index.md", title, "Overview", intro, items)
    for entry in entries:
        yield from entry.plans()


def actor_group(record: Record) -> int:
    """Return the place among the groups of actors of the one that an actor is in."""
    return _ACTOR_ORDER.index(getattr(record, "type", None))


def make_overview(maker: Maker, plan: ListPlan) -> Iterator[Page]:
    """Yield the page that is planned, and the picture of the place that it is of."""
    links = maker.links_on(plan.path)
    groups: dict[str, list[Row]] = {}
    for item in plan.items:
        if isinstance(item, str):
            row = maker.rows.of_key(links, item)
            heading = maker.words(f"plurals.{item.partition('/')[0]}") if plan.kind != "Overview" else row.group
        else:
            name, key, count = item
            row, heading = Row(links.link(key, escape_inline(name)), (maker.words.number(count),), ""), ""
        groups.setdefault(heading, []).append(row)
    place = maker.places[plan.title] if plan.kind == "Place" and plan.pager.number == 1 else None
    drawing = maker.pictures.place(place) if place else None
    picture = maker.place_picture(links, plan.title) if drawing else ""
    yield list_page(maker, plan, links, tuple(groups.items()), picture=picture)
    if place and drawing:
        yield Page(f"{FOLDER}/{place.key}.svg", drawing.svg)


class Entry(NamedTuple):
    """A topic, place or year: its name, the key of its page, the kind of that page, and keys of what it is about."""

    name: str
    key: str
    kind: str
    keys: Sequence[str]

    def plans(self) -> Iterator[ListPlan]:
        """Yield its pages: events, quotes, actors and sources, one kind after the other."""
        keys = sorted(dict.fromkeys(self.keys), key=lambda key: IN_LISTS.index(key.partition("/")[0]))
        return ListPlan.each(f"{self.key}.md", self.name, self.kind, "", keys)


def _by_tag(maker: Maker) -> list[Entry]:
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for key, record in maker.whole.records.items():
        for tag in dict.fromkeys(record.tags):
            groups[tag].append(key)
    return [Entry(tag, topic_key(tag), "Topic", groups[tag]) for tag in sorted(groups, key=str.casefold)]


def topic_key(tag: str) -> str:
    """Return the key of a topic's page."""
    return f"tags/{slug(tag)}"


def _by_place(maker: Maker) -> list[Entry]:
    return [entry_of_place(maker, place) for place in maker.places.values()]


def entry_of_place(maker: Maker, place: KnownPlace) -> Entry:
    """Return what is on the pages of a place: what happened there, what was said there, and who took part."""
    groups = (maker.whole.backlinks.get(event, {}) for event in place.events)
    said = (backlink.key for group in groups for backlink in group.get("quotes-said-there", ()))
    return Entry(place.name, place.key, "Place", [*place.events, *said, *_involved(maker, place.events)])


def _by_year(maker: Maker) -> list[Entry]:
    """Return the years that quotes and events touch, latest first, with those and the actors in them."""
    groups: defaultdict[int, list[str]] = defaultdict(list)
    for key, record in maker.whole.records.items():
        for year in years_of(record):
            groups[year].append(key)
    return [entry_of_year(maker, year, groups[year]) for year in sorted(groups, reverse=True)]


def entry_of_year(maker: Maker, year: int, keys: Sequence[str]) -> Entry:
    """Return what is on the pages of a year in which these quotes and events are: those, and who took part."""
    return Entry(str(year), f"years/{year}", "Year", [*keys, *_involved(maker, keys)])


def _involved(maker: Maker, keys: Iterable[str]) -> list[str]:
    """Return the actors who took part in these events or said these quotes, who did so most often first."""
    counts: Counter[str] = Counter()
    for key in keys:
        record = maker.whole.records[key]
        if isinstance(record, Event):
            ids = {participant.actor for participant in record.participants}
        else:
            ids = {record.speaker} if isinstance(record, Quote) else set()
        counts.update(maker.rows.resolve(id, ("actors",)) for id in ids)
    return sorted(counts, key=lambda key: (-counts[key], key))


_GROUPS = {"tags": _by_tag, "places": _by_place, "years": _by_year}
LIST_FOLDERS = (*KIND_BY_FOLDER, *_GROUPS)  # lists go on below these, more of them as the briefing grows


def years_of(record: Record) -> tuple[int, ...]:
    """Return the years on whose pages a record is listed: only what was said or done has any."""
    return record.date.years if isinstance(record, Event | Quote) and record.date else ()


def list_page(
    maker: Maker,
    plan: ListPlan,
    links: PageLinks,
    groups: Sequence[tuple[str, Sequence[Row]]],
    *,
    back: str = "",
    picture: str = "",
) -> Page:
    """Return the page of a list, with its rows by their headings; `back` is the key of the record that it is of."""
    path, title, intro, pager = plan.path, plan.title, plan.intro, plan.pager
    name = maker.words("page.numbered", title=title, number=pager.number) if pager.number > 1 else title
    meta = {
        "title": name,
        "description": intro or maker.words("page.list_description", title=title, count=plan.total),
        "kind": plan.kind,
        "explorer": plan.total > 0 and path == f"{Quote.folder}/index.md",
    }
    shown = {"title": title, "intro": intro, "groups": groups, "pager": pager, "back": back, "picture": picture}
    return maker.render("list.md.j2", path, meta, links, **shown)


def in_pages(path: str, items: Sequence[Item]) -> Iterator[tuple[str, Sequence[Item], Pager]]:
    """Yield a list in pages: the path of each, its items, and its pager; an empty list has one page."""
    last = max(1, -(-len(items) // ROWS_ON_A_PAGE))
    paths = page_paths(path, last)
    for number, page_path in enumerate(paths, start=1):
        wanted = [("first", 1), ("previous", number - 1), ("next", number + 1), ("last", last)]
        steps = tuple((words, paths[other - 1]) for words, other in wanted if 1 <= other <= last and other != number)
        start = (number - 1) * ROWS_ON_A_PAGE
        yield page_path, items[start : start + ROWS_ON_A_PAGE], Pager(number, last, steps)


def page_paths(path: str, last: int) -> list[str]:
    """Return the paths of the pages of a list, so many, which begins at a path."""
    stem = path.removesuffix(".md").removesuffix("/index")  # the folder in which it goes on
    return [path, *(f"{stem}/page/{number}.md" for number in range(2, last + 1))]

"""Pages that list records: the overviews of kinds, topics and years, and the rest of lists too long for one page.

No page grows with the whole briefing: a list of over `ROWS_ON_A_PAGE` records goes on beside the first page.
"""

import html
import traceback
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from jinja2 import Environment, TemplateError, TemplateSyntaxError

from generator.errors import BriefbookError
from generator.link import Backlink, Briefing
from generator.prose import escape_text
from generator.records import KINDS, Actor, Event, Quote, Record
from generator.render import PageLinks, front_matter
from generator.rows import Row, Rows
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

    def links_on(self, path: str) -> PageLinks:
        """Return the links of the page at `path`."""
        return PageLinks(path, self.briefing, self.captions, self.words)

    def render(self, template: str, path: str, meta: Mapping[str, Any], links: PageLinks, **values: Any) -> Page:
        """Return the page that a template makes of these values, with its front matter.

        Raises: BriefbookError with the template's line when it uses a name that is not there, or is no template.
        """
        shown = {**meta, "title": escaped(meta["title"]), "description": escaped(meta["description"]), "markdown": path}
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


def build_overviews(maker: Maker) -> Iterator[Page]:
    """Yield the pages that list all records: by kind, by topic and by year."""
    words = maker.words
    for model in KINDS:
        records = list(maker.briefing.of_kind(model.folder))
        if model is Actor:
            records.sort(key=lambda record: _ACTOR_ORDER.index(getattr(record, "type", None)))
        listed = [Backlink(record.key, ()) for record in records]
        yield from list_pages(
            maker,
            f"{model.folder}/index.md",
            words(f"plurals.{model.folder}"),
            listed,
            intro=words(f"intros.{model.folder}"),
        )
    by_tag, by_year = _by_tag(maker.briefing), _by_year(maker.briefing)
    topics = [(tag, maker.topics[tag], len(by_tag[tag])) for tag in sorted(by_tag, key=str.casefold)]
    years = [(str(year), f"years/{year}", len(by_year[year])) for year in sorted(by_year, reverse=True)]
    yield from _index_pages(maker, "tags/index.md", words("plurals.tags"), words("intros.tags"), topics)
    yield from _index_pages(maker, "years/index.md", words("plurals.years"), words("intros.years"), years)
    for tag, key, _ in topics:
        yield from list_pages(maker, f"{key}.md", tag, by_tag[tag], kind="Topic")
    for name, key, _ in years:
        yield from list_pages(maker, f"{key}.md", name, by_year[int(name)], kind="Year")


def _by_tag(briefing: Briefing) -> Mapping[str, list[Backlink]]:
    groups: defaultdict[str, list[Backlink]] = defaultdict(list)
    for key, record in briefing.records.items():
        for tag in record.tags:
            groups[tag].append(Backlink(key, ()))
    return groups


def _by_year(briefing: Briefing) -> Mapping[int, list[Backlink]]:
    """Return {year: quotes and events that touch it}, quotes first, each in order of time."""
    groups: defaultdict[int, list[Backlink]] = defaultdict(list)
    for key, record in briefing.records.items():
        for year in years_of(record):
            groups[year].append(Backlink(key, ()))
    return groups


def years_of(record: Record) -> tuple[int, ...]:
    """Return the years on whose pages a record is listed: only what was said or done has any."""
    return record.date.years if isinstance(record, Event | Quote) and record.date else ()


def _index_pages(
    maker: Maker, path: str, title: str, intro: str, entries: Sequence[tuple[str, str, int]]
) -> Iterator[Page]:
    for page_path, chunk, pager in _chunks(path, entries, path.removesuffix("/index.md")):
        links = maker.links_on(page_path)
        rows = [Row(f"[{escape_text(name)}]({links.path_to(key)}.md)", (str(count),), "") for name, key, count in chunk]
        yield _list_page(maker, page_path, title, "Overview", intro, [("", rows)], pager, links, len(entries))


def list_pages(
    maker: Maker,
    path: str,
    title: str,
    listed: Sequence[Backlink],
    *,
    kind: str = "Overview",
    intro: str = "",
    back: str = "",
) -> Iterator[Page]:
    """Yield the pages of a list of records: the first at `path`, the others below it.

    `back` is the key of the record that the list belongs to, if it belongs to one.
    """
    stem = path.removesuffix(".md").removesuffix("/index")
    for page_path, chunk, pager in _chunks(path, listed, stem):
        links = maker.links_on(page_path)
        groups: dict[str, list[Row]] = {}
        for item in chunk:
            row = maker.rows.of_backlink(links, item)
            record = maker.briefing.records.get(item.key)
            heading = maker.words(f"plurals.{record.folder}") if kind in ("Topic", "Year") and record else row.group
            groups.setdefault(heading, []).append(row)
        yield _list_page(maker, page_path, title, kind, intro, list(groups.items()), pager, links, len(listed), back)


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
) -> Page:
    name = maker.words("page.numbered", title=title, number=pager.number) if pager.number > 1 else title
    meta = {
        "title": name,
        "description": intro or maker.words("page.list_description", title=title, count=count),
        "kind": kind,
    }
    return maker.render(
        "list.md.j2", path, meta, links, title=title, intro=intro, groups=groups, pager=pager, back=back
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

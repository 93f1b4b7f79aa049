"""Step 4 of 5, pages: a `Briefing` in, a stream of `Page(path, text)` out; also which files are copied as they are.

Decides what is on which page and in which order; the templates lay it out. Never writes.
"""

import html
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from anyascii import anyascii
from jinja2 import Environment

from generator.errors import Place, Problem
from generator.facts import Resolve, facts_of, image_markdown, span_words, web_link
from generator.fields import Refers, all_marks, in_quotes, shorten
from generator.link import HOME, MENTIONED, Backlink, Briefing
from generator.prose import escape_text
from generator.records import KINDS, Actor, Citation, Event, Participant, Quote, Record, Role, Source
from generator.render import PageLinks, build_environment, captions_of, front_matter, plain_text

Item = TypeVar("Item")

ROWS_ON_A_PAGE = 100
ROWS_IN_A_SECTION = 50


@dataclass(frozen=True, slots=True)
class Page:
    """One Markdown page; `path` is relative to `build/docs`."""

    path: str
    text: str


class Row(NamedTuple):
    """A line of a list: what it leads to, and what is said of it beside its name, as Markdown."""

    title: str
    details: tuple[str, ...]
    group: str  # the heading it stands under in an overview, as plain text


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with rows; `more` is the page with all of them when these are only the first, of `count` in all."""

    heading: str
    rows: Sequence[Row]
    count: int
    more: str = ""


@dataclass(slots=True)
class _Maker:
    """What every page is made with."""

    briefing: Briefing
    environment: Environment
    captions: Mapping[str, str]
    resolve: Resolve
    topics: Mapping[str, str]  # tag -> key of its page
    neighbours: Mapping[str, tuple[str | None, str | None]]  # key -> keys of the record before and after it in its kind


def build_pages(briefing: Briefing, template_folders: Iterable[Path]) -> Iterator[Page]:
    """Yield every page of the briefing: home, records, overviews, topics, years, and the hand-written ones."""
    maker = _Maker(
        briefing=briefing,
        environment=build_environment(template_folders),
        captions=captions_of(briefing),
        resolve=Resolve(briefing.records),
        topics={tag: f"tags/{slug(tag)}" for tag in sorted(tags_of(briefing))},
        neighbours=_neighbours(briefing),
    )
    yield _home(maker)
    for record in briefing.records.values():
        yield from _record_pages(maker, record)
    yield from _overviews(maker)
    for page in briefing.pages.values():
        links = PageLinks(page.name, briefing, maker.captions)
        meta = {
            **page.front_matter,
            "title": _escaped(page.title),
            "description": _escaped(page.front_matter.get("description", "")),
        }
        yield Page(page.name, front_matter({**meta, "markdown": page.name}) + links.linked(page.prose).lstrip("\n"))


def find_collisions(briefing: Briefing) -> list[Problem]:
    """Return a problem for each hand-written page or file, and each topic, that would lie where another page does."""
    made = {f"{HOME}.md": "the home page", "tags/index.md": "the list of topics", "years/index.md": "the list of years"}
    made |= {f"{model.folder}/index.md": f"the list of {model.folder}" for model in KINDS}
    made |= {f"{key}.md": f"the page of the {record.kind} '{record.id}'" for key, record in briefing.records.items()}
    made |= {f"years/{year}.md": f"the page of {year}" for year in _years(briefing)}
    problems = []
    tags: dict[str, str] = {}
    for tag, key in sorted(tags_of(briefing).items()):
        path = f"tags/{slug(tag)}.md"
        if path in tags:
            place = Place(f"docs/{briefing.files[key]}")
            message = f"the topics '{tag}' and '{tags[path]}' would share the page '{path}'."
            problems.append(
                Problem(
                    place=place,
                    field="tags",
                    message=message,
                    hint="Write one of them throughout, or name them further apart.",
                )
            )
        tags[path] = tag
    made |= {path: f"the page of the topic '{tag}'" for path, tag in tags.items()}
    folders = tuple(f"{model.folder}/" for model in KINDS)
    for name in [page.name for page in briefing.pages.values()]:
        path = f"{name.removesuffix('README.md')}index.md" if name.rpartition("/")[2] == "README.md" else name
        taken = made.get(path) or ("pages made from records" if name.startswith((*folders, "tags/", "years/")) else "")
        if taken:
            message = f"the page would lie where {taken} {'lie' if taken.startswith('pages') else 'lies'}."
            problems.append(
                Problem(
                    place=Place(f"docs/{name}"), field="", message=message, hint="Move it, or give it another name."
                )
            )
    return problems


def slug(text: str) -> str:
    """Return text as the part of an address: romanised, small letters and hyphens; "topic" when nothing is left."""
    letters = (character if character.isalnum() else "-" for character in anyascii(text).lower())
    return "-".join(part for part in "".join(letters).split("-") if part) or "topic"


def tags_of(briefing: Briefing) -> dict[str, str]:
    """Return {tag: key of the first record that has it}."""
    first: dict[str, str] = {}
    for key, record in briefing.records.items():
        for tag in record.tags:
            first.setdefault(tag, key)
    return first


def _escaped(text: object) -> str:
    # Material writes titles and descriptions into the page as they are, so the escaping is done here.
    return html.escape(str(text), quote=True)


def _years(briefing: Briefing) -> Counter[int]:
    return Counter(
        year
        for record in briefing.records.values()
        if isinstance(record, Event | Quote) and record.date
        for year in record.date.years
    )


def _neighbours(briefing: Briefing) -> dict[str, tuple[str | None, str | None]]:
    found: dict[str, tuple[str | None, str | None]] = {}
    for model in (Quote, Event):
        keys = [record.key for record in briefing.of_kind(model.folder)]
        for before, key, after in zip([None, *keys], keys, [*keys[1:], None], strict=False):
            found[key] = before, after
    return found


def _render(maker: _Maker, template: str, path: str, meta: Mapping[str, Any], links: PageLinks, **values: Any) -> Page:
    shown = {
        **meta,
        "title": _escaped(meta["title"]),
        "description": _escaped(meta.get("description", "")),
        "markdown": path,
    }
    text = maker.environment.get_template(template).render(links=links, **values)
    return Page(path, front_matter(shown) + text.strip("\n") + "\n")


def _home(maker: _Maker) -> Page:
    briefing = maker.briefing
    links = PageLinks(f"{HOME}.md", briefing, maker.captions)
    summary = plain_text(briefing, briefing.prose.get((HOME, ("summary",)), ()))
    meta = {
        "title": briefing.info.title,
        "description": shorten(summary or briefing.info.subtitle or briefing.info.title, 160),
    }
    judgements = [
        {
            "judgement": judgement,
            "text": links.prose(HOME, "judgements", index, "text"),
            "evidence": [_row(maker, links, maker.briefing.records[maker.resolve(id)]) for id in judgement.based_on],
        }
        for index, judgement in enumerate(briefing.info.judgements)
    ]
    counts = [(model, len(briefing.of_kind(model.folder))) for model in KINDS]
    others = [
        ("Topics", "tags/index", len(maker.topics), "Everything on one subject, side by side."),
        ("Years", "years/index", len(_years(briefing)), "What was said and done, year by year."),
    ]
    values = {"info": briefing.info, "judgements": judgements, "counts": counts, "others": others}
    return _render(maker, "home.md.j2", f"{HOME}.md", {**meta, "record": "briefing.yml"}, links, **values)


def _record_pages(maker: _Maker, record: Record) -> Iterator[Page]:
    path = f"{record.key}.md"
    links = PageLinks(path, maker.briefing, maker.captions)
    file = maker.briefing.files[record.key]
    meta = {
        "title": record.caption,
        "description": _description(maker, record),
        "kind": record.kind.capitalize(),
        "record": file,
    }
    summary = links.prose(record.key, "summary")
    values: dict[str, Any] = {
        "summary": summary,
        "facts": list(facts_of(record, links, maker.resolve)),
        "reported_note": links.prose(record.key, "as_reported", "note"),
        "note": links.prose(record.key, "note"),
        "citations": [_citation(maker, links, citation) for citation in record.sources],
        "tags": [(tag, maker.topics[tag]) for tag in record.tags],
        "image": image_markdown(record.image, links) if isinstance(record, Actor) and record.image else "",
        "neighbours": maker.neighbours.get(record.key, (None, None)),
    }
    if isinstance(record, Quote):
        values["speaker"] = maker.resolve(record.speaker, ("actors",))
    more: list[Page] = []
    sections = []
    for heading in _HEADINGS:
        backlinks = maker.briefing.backlinks.get(record.key, {}).get(heading, ())
        if backlinks:
            all_at = f"{record.key}/{slug(heading)}/1.md" if len(backlinks) > ROWS_IN_A_SECTION else ""
            rows = [_backlink_row(maker, links, backlink) for backlink in backlinks[:ROWS_IN_A_SECTION]]
            sections.append(Section(heading, rows, len(backlinks), all_at))
            if all_at:
                title = f"{record.caption}: {heading[0].lower()}{heading[1:]}"
                more += _list_pages(
                    maker, all_at, title, "", record.kind.capitalize(), backlinks, start_at_one=True, back=record.key
                )
    yield _render(
        maker, f"{record.kind}.md.j2", path, meta, links, **{record.kind: record}, sections=sections, **values
    )
    yield from more


def _headings() -> tuple[str, ...]:
    """Return the headings of all reverse links, in the order in which the models declare them; mentions last."""
    found = dict.fromkeys(
        mark.back for model in (Quote, Event, Actor, Source) for mark in all_marks(model) if isinstance(mark, Refers)
    )
    from_card = "Key judgements that rest on this"
    return (from_card, *(heading for heading in found if heading != from_card), MENTIONED)


_HEADINGS = _headings()


def _description(maker: _Maker, record: Record) -> str:
    if isinstance(record, Actor) and record.description:
        return record.description
    if isinstance(record, Quote):
        speaker = maker.briefing.records[maker.resolve(record.speaker, ("actors",))]
        return f"{speaker.caption}{f', {record.date.in_words()}' if record.date else ''}: {shorten(record.text, 160)}"
    summary = plain_text(maker.briefing, maker.briefing.prose.get((record.key, ("summary",)), ()))
    return shorten(summary, 160) if summary else f"{record.kind.capitalize()}: {record.caption}"


def _citation(maker: _Maker, links: PageLinks, citation: Citation) -> str:
    text = links.to(maker.resolve(citation.source, ("sources",)))
    if citation.at:
        text += f", {escape_text(citation.at)}"
    if citation.quote:
        text += f": {in_quotes(escape_text(' '.join(citation.quote.split())))}"
    return f"{text} ({web_link(citation.url)})" if citation.url else text


def _row(maker: _Maker, links: PageLinks, record: Record, *details: str) -> Row:
    """Return the line by which lists name a record: what it is, then when, who and where."""
    when = [record.when.in_words()] if record.when else []
    year = str(record.when.years[0]) if record.when and record.when.years else "Undated"
    if isinstance(record, Actor):
        group = (
            f"{record.type.capitalize()}s".replace("ys", "ies").replace("Persons", "People")
            if record.type
            else "Others"
        )
        return Row(
            links.to(record.key), (*details, *([escape_text(record.description)] if record.description else [])), group
        )
    if isinstance(record, Quote):
        words = in_quotes(shorten(record.text, 200))
        speaker = links.to(maker.resolve(record.speaker, ("actors",)))
        return Row(links.to(record.key, words), (*details, speaker, *when), year)
    if isinstance(record, Event):
        place = [escape_text(record.place.name)] if record.place else []
        return Row(links.to(record.key), (*details, *when, *place), year)
    publisher = [escape_text(record.publisher)] if isinstance(record, Source) and record.publisher else []
    return Row(links.to(record.key), (*details, *publisher, *when), "")


def _backlink_row(maker: _Maker, links: PageLinks, backlink: Backlink) -> Row:
    record = maker.briefing.records.get(backlink.key)
    if record is not None:
        return _row(maker, links, record, *_role_in(record, backlink))
    if backlink.key == HOME and backlink.at[:1] == ("judgements",):
        judgement = maker.briefing.info.judgements[int(backlink.at[1])]
        prose = maker.briefing.prose[HOME, ("judgements", backlink.at[1], "text")]
        return Row(
            links.to(HOME, shorten(plain_text(maker.briefing, prose), 200)),
            tuple(filter(None, [judgement.likelihood])),
            "",
        )
    return Row(links.to(backlink.key), (), "")


def _role_in(record: Record, backlink: Backlink) -> tuple[str, ...]:
    """Say as what one record names another: the role of a participant, the title of a post, the place in a source."""
    part: Any = record
    for step in backlink.at[:-1]:
        part = part[step] if isinstance(step, int) else getattr(part, step)
    if isinstance(part, Participant) and part.role:
        return (escape_text(part.role),)
    if isinstance(part, Role):
        return (escape_text(part.title + span_words(part.from_, part.to)),)
    if isinstance(part, Citation) and part.at:
        return (escape_text(part.at),)
    return ()


def _overviews(maker: _Maker) -> Iterator[Page]:
    records = maker.briefing.records
    for model in KINDS:
        listed = [Backlink(record.key, ()) for record in maker.briefing.of_kind(model.folder)]
        if model is Actor:
            order = ["People", "Countries", "Organisations", "Groups", "Others"]
            links = PageLinks("", maker.briefing, maker.captions)
            listed.sort(key=lambda item: order.index(_row(maker, links, records[item.key]).group))
        yield from _list_pages(maker, f"{model.folder}/index.md", model.plural, model.intro, "Overview", listed)
    by_tag: defaultdict[str, list[Backlink]] = defaultdict(list)
    by_year: defaultdict[int, list[Backlink]] = defaultdict(list)
    for key, record in records.items():
        for tag in record.tags:
            by_tag[tag].append(Backlink(key, ()))
        if isinstance(record, Event | Quote) and record.date:
            for year in record.date.years:
                by_year[year].append(Backlink(key, ()))
    topics = [(tag, maker.topics[tag], len(by_tag[tag])) for tag in sorted(by_tag, key=str.casefold)]
    years = [(str(year), f"years/{year}", len(by_year[year])) for year in sorted(by_year, reverse=True)]
    yield from _index_pages(maker, "tags/index.md", "Topics", "Everything on one subject, side by side.", topics)
    yield from _index_pages(maker, "years/index.md", "Years", "What was said and done, year by year.", years)
    for tag, key, _ in topics:
        yield from _list_pages(maker, f"{key}.md", tag, "", "Topic", by_tag[tag], by_kind=True)
    for name, key, _ in years:
        in_order = sorted(by_year[int(name)], key=lambda item: records[item.key].when.sort_key)  # type: ignore[union-attr]
        yield from _list_pages(maker, f"{key}.md", name, "", "Year", in_order, by_kind=True)


def _index_pages(
    maker: _Maker, path: str, title: str, intro: str, entries: Sequence[tuple[str, str, int]]
) -> Iterator[Page]:
    for page_path, chunk, pager in _chunks(path, entries, ROWS_ON_A_PAGE):
        links = PageLinks(page_path, maker.briefing, maker.captions)
        rows = [Row(f"[{escape_text(name)}]({links.path_to(key)}.md)", (str(count),), "") for name, key, count in chunk]
        meta = {"title": _numbered(title, pager), "description": intro, "kind": "Overview"}
        yield _render(
            maker,
            "list.md.j2",
            page_path,
            meta,
            links,
            title=title,
            intro=intro,
            groups=[("", rows)],
            pager=pager,
            back="",
        )


def _list_pages(
    maker: _Maker,
    path: str,
    title: str,
    intro: str,
    kind: str,
    listed: Sequence[Backlink],
    *,
    by_kind: bool = False,
    start_at_one: bool = False,
    back: str = "",
) -> Iterator[Page]:
    """Yield the pages of a list of records: the first at `path`, the others beside it, each with a pager."""
    for page_path, chunk, pager in _chunks(path, listed, ROWS_ON_A_PAGE, start_at_one=start_at_one):
        links = PageLinks(page_path, maker.briefing, maker.captions)
        groups: dict[str, list[Row]] = {}
        for item in chunk:
            row = _backlink_row(maker, links, item)
            record = maker.briefing.records.get(item.key)
            groups.setdefault(record.plural if by_kind and record else row.group, []).append(row)
        meta = {
            "title": _numbered(title, pager),
            "description": intro or f"{title}: {len(listed)} records.",
            "kind": kind,
        }
        yield _render(
            maker,
            "list.md.j2",
            page_path,
            meta,
            links,
            title=title,
            intro=intro,
            groups=list(groups.items()),
            pager=pager,
            back=back,
        )


class Pager(NamedTuple):
    """Where a page stands in a list of several: its number, of how many, and the pages that it leads to."""

    number: int
    last: int
    pages: tuple[tuple[str, str], ...]  # words, path


def _numbered(title: str, pager: Pager) -> str:
    return f"{title}, page {pager.number}" if pager.number > 1 else title


def _chunks(
    path: str, items: Sequence[Item], size: int, *, start_at_one: bool = False
) -> Iterator[tuple[str, Sequence[Item], Pager]]:
    stem = path.removesuffix(".md").removesuffix("/1" if start_at_one else "/index")
    last = max(1, -(-len(items) // size))

    def path_of(number: int) -> str:
        if start_at_one:
            return f"{stem}/{number}.md"
        return path if number == 1 else f"{stem}/page/{number}.md"

    for number in range(1, last + 1):
        wanted = [("First", 1), ("Previous", number - 1), ("Next", number + 1), ("Last", last)]
        steps = tuple((words, path_of(other)) for words, other in wanted if 1 <= other <= last and other != number)
        yield path_of(number), items[(number - 1) * size : number * size], Pager(number, last, steps)

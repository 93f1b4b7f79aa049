"""Step 4 of 5, pages: a `Briefing` in, a stream of `Page(path, text)` out.

Decides what is on which page and in which order; the templates lay it out. Never writes.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generator.errors import Place, Problem
from generator.facts import Resolve, facts_of, image_markdown
from generator.fields import Refers, all_marks, shorten, slug
from generator.link import HOME, MENTIONED, Briefing, HandPage
from generator.lists import Maker, Page, build_overviews, escaped, list_pages, years_of
from generator.places import Places
from generator.records import KIND_BY_FOLDER, KINDS, Actor, Event, Quote, Record
from generator.render import PageLinks, build_environment, captions_of, front_matter, plain_text
from generator.rows import Row, Rows
from generator.validate import Checked
from generator.words import Words

ROWS_IN_A_SECTION = 50

Neighbours = Mapping[str, tuple[str | None, str | None]]  # key -> keys of the records before and after it in its kind


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with rows; `more` is the page with all of them when these are only the first, of `count` in all."""

    name: str
    heading: str
    rows: tuple[Row, ...]
    count: int
    more: str = ""


def build_pages(briefing: Briefing, template_dirs: Iterable[Path], words: Words) -> Iterator[Page]:
    """Yield every page of the briefing: home, records, overviews, topics, years, and the hand-written ones.

    Of two templates with one name, the one in the first of `template_dirs` counts.
    """
    maker = Maker(
        briefing=briefing,
        environment=build_environment((folder / "pages" for folder in template_dirs), words),
        captions=captions_of(briefing),
        rows=Rows(briefing, Resolve(briefing.records), words),
        words=words,
        topics={tag: f"tags/{slug(tag)}" for tag in sorted(tags_of(briefing))},
    )
    neighbours = _neighbours(briefing)
    yield _home(maker)
    for record in briefing.records.values():
        yield from _record_pages(maker, record, neighbours.get(record.key, (None, None)))
    yield from build_overviews(maker)
    for page in briefing.pages.values():
        yield _hand_page(maker, page)


def _hand_page(maker: Maker, page: HandPage) -> Page:
    description = page.front_matter.get("description", "")
    meta = {
        **page.front_matter,
        "title": escaped(page.title),
        "description": escaped(description),
        "markdown": page.name,
    }
    return Page(page.name, front_matter(meta) + maker.links_on(page.name).linked(page.prose).lstrip("\n"))


def _home(maker: Maker) -> Page:
    briefing, path = maker.briefing, f"{HOME}.md"
    links = maker.links_on(path)
    summary = plain_text(briefing, briefing.prose.get((HOME, ("summary",)), ()))
    description = shorten(summary or briefing.info.subtitle or briefing.info.title, 160)
    judgements = [
        {
            "judgement": judgement,
            "text": links.prose(HOME, "judgements", index, "text"),
            "evidence": [
                maker.rows.of_record(links, briefing.records[maker.rows.resolve(id)]) for id in judgement.based_on
            ],
        }
        for index, judgement in enumerate(briefing.info.judgements)
    ]
    years = {year for record in briefing.records.values() for year in years_of(record)}
    overviews = [
        *((model.folder, len(briefing.of_kind(model.folder))) for model in KINDS),
        ("tags", len(maker.topics)),
        ("years", len(years)),
    ]
    meta = {"title": briefing.info.title, "description": description, "record": "briefing.yml"}
    return maker.render("home.md.j2", path, meta, links, info=briefing.info, judgements=judgements, overviews=overviews)


def _record_pages(maker: Maker, record: Record, neighbours: tuple[str | None, str | None]) -> Iterator[Page]:
    path = f"{record.key}.md"
    links = maker.links_on(path)
    values: dict[str, Any] = {
        record.kind: record,
        # In the order in which they stand on the page: a name is linked where it comes first.
        "reported_note": links.prose(record.key, "as_reported", "note"),
        "summary": links.prose(record.key, "summary"),
        "facts": list(facts_of(record, links, maker.rows.resolve)),
        "note": links.prose(record.key, "note"),
        "citations": [maker.rows.of_citation(links, citation) for citation in record.sources],
        "tags": [(tag, maker.topics[tag]) for tag in record.tags],
        "image": image_markdown(record.image, links) if isinstance(record, Actor) and record.image else "",
        "sections": list(_sections(maker, record, links)),
        "neighbours": neighbours,
    }
    if isinstance(record, Quote):
        values["speaker"] = maker.rows.resolve(record.speaker, ("actors",))
    file = maker.briefing.files[record.key]
    meta = {
        "title": record.caption,
        "description": _description(maker, record),
        "kind": record.kind.capitalize(),
        "record": file,
    }
    yield maker.render(f"{record.kind}.md.j2", path, meta, links, **values)
    for section in values["sections"]:
        if section.more:
            heading = section.heading[0].lower() + section.heading[1:]
            title = maker.words("page.section_title", record=record.caption, section=heading)
            backlinks = maker.briefing.backlinks[record.key][section.name]
            yield from list_pages(maker, section.more, title, backlinks, back=record.key)


def _sections(maker: Maker, record: Record, links: PageLinks) -> Iterator[Section]:
    """Yield what refers to a record, grouped by how it does; a long group has its own pages."""
    groups = maker.briefing.backlinks.get(record.key, {})
    for name in _SECTIONS:
        backlinks = groups.get(name, ())
        if backlinks:
            rows = tuple(maker.rows.of_backlink(links, backlink) for backlink in backlinks[:ROWS_IN_A_SECTION])
            more = f"{record.key}/{name}.md" if len(backlinks) > ROWS_IN_A_SECTION else ""
            yield Section(name, maker.words(f"back.{name}"), rows, len(backlinks), more)


def _section_names() -> tuple[str, ...]:
    """Return the names of all reverse links, in the order in which the models declare them; mentions last."""
    what_was_said_first = sorted(KINDS, key=lambda model: model is Actor)
    found = dict.fromkeys(
        mark.back for model in what_was_said_first for mark in all_marks(model) if isinstance(mark, Refers)
    )
    from_card = "key-judgements-that-rest-on-this"
    return (from_card, *(heading for heading in found if heading != from_card), MENTIONED)


_SECTIONS = _section_names()


def _description(maker: Maker, record: Record) -> str:
    if isinstance(record, Actor) and record.description:
        return record.description
    if isinstance(record, Quote):
        speaker = maker.briefing.records[maker.rows.resolve(record.speaker, ("actors",))].caption
        when = f", {maker.words.in_words(record.date)}" if record.date else ""
        return f"{speaker}{when}: {shorten(record.text, 160)}"
    summary = plain_text(maker.briefing, maker.briefing.prose.get((record.key, ("summary",)), ()))
    return shorten(summary, 160) if summary else f"{maker.words(f'kinds.{record.kind}')}: {record.caption}"


def _neighbours(briefing: Briefing) -> Neighbours:
    found: dict[str, tuple[str | None, str | None]] = {}
    for model in (Quote, Event):
        keys = [record.key for record in briefing.of_kind(model.folder)]
        for before, key, after in zip([None, *keys], keys, [*keys[1:], None], strict=False):
            found[key] = before, after
    return found


def find_collisions(briefing: Briefing, checked: Iterable[Checked], places: Places) -> list[Problem]:
    """Return a problem for each record, topic and hand-written page that would lie where another page does."""
    written = {item.record.key: item for item in checked}
    made = {f"{HOME}.md": "the home page", "tags/index.md": "the list of topics", "years/index.md": "the list of years"}
    made |= {f"{model.folder}/index.md": f"the list of {model.folder}" for model in KINDS}
    problems: list[Problem] = []

    def claim(path: str, what: str, owner: str, field: str, hint: str) -> None:
        if path in made:
            item = written.get(owner)
            place = places.of(item.path, (*item.at, field)) if item else Place(f"docs/{owner}")
            message = f"{what} would lie where {made[path]} lies."
            problems.append(Problem(place=place, field=field, message=message, hint=hint))
        made.setdefault(path, what)

    for key, record in briefing.records.items():
        what = f"the page of the {record.kind} '{record.id}'"
        claim(f"{key}.md", what, key, "id", "Give it another id.")
    for tag, key in sorted(tags_of(briefing).items()):
        hint = "Write one of them throughout, or name them further apart."
        claim(f"tags/{slug(tag)}.md", f"the page of the topic '{tag}'", key, "tags", hint)
    made |= {f"years/{year}.md": f"the page of {year}" for item in briefing.records.values() for year in years_of(item)}
    folders = tuple(f"{folder}/" for folder in (*KIND_BY_FOLDER, "tags", "years"))
    for name in (page.name for page in briefing.pages.values()):
        is_index = name.rpartition("/")[2] == "README.md"
        path = f"{name.removesuffix('README.md')}index.md" if is_index else name
        if name.startswith(folders):  # lists go on in folders below these, more of them as the briefing grows
            made.setdefault(path, "a page made from records, now or later,")
        claim(path, "the page", name, "", "Move it, or give it another name.")
    return problems


def tags_of(briefing: Briefing) -> dict[str, str]:
    """Return {tag: key of the first record that has it}."""
    first: dict[str, str] = {}
    for key, record in briefing.records.items():
        for tag in record.tags:
            first.setdefault(tag, key)
    return first

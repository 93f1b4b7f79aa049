"""Step 4 of 5, pages: a `Briefing` in, a stream of `Page(path, text)` out.

Decides what is on which page and in which order; the templates lay it out. Tells what each page was made of. Never
writes.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment

from generator.choices import CHOICES
from generator.errors import BriefbookError
from generator.explorer import DATA_FOLDER, build_index, make_chunk, plan_chunks
from generator.facts import Resolve
from generator.fields import shorten
from generator.gazetteer import KnownPlace, places_of
from generator.link import HOME, Briefing
from generator.linked import HandPage
from generator.lists import ListPlan, Maker, Page, Plans, escaped, make_overview, title_of_list
from generator.noted import Deferred, Lazy, Noted
from generator.outlines import Outline, Outlines, RestPlan, Rests, make_rest
from generator.pictures import FOLDER, Pictures, templates_of_pictures
from generator.profiles import neighbours_of, record_pages
from generator.prose import BY_HAND
from generator.records import Actor, Event, Quote, is_arranged_alike
from generator.render import Captions, PageLinks, build_environment, front_matter, plain_text
from generator.rows import Row, Rows, Sentences, Told
from generator.tallies import Tally, links_of, tallies_of
from generator.ties import Ties, TiesAsAsked
from generator.views import DATA, PATHS, VIEWS, build_view, title_of_view
from generator.words import Words

EXPLORER = "explorer"  # a group of pages, beside HOME, keys of records, and paths of lists, views and chunks
# Paths that are there whatever the records are, and the groups that make them
_FIXED = {
    f"{HOME}.md": HOME,
    f"{FOLDER}/years.svg": HOME,
    f"{DATA_FOLDER}/index.json": EXPLORER,
    DATA: PATHS["timeline"],
    **{path: path for path in VIEWS},
    **{f"{FOLDER}/{name}.svg": path for name, path in PATHS.items()},
}


class Arranged(NamedTuple):
    """What is found out among all records before pages are made, as `Maker` has it."""

    captions: Mapping[str, str]
    places: Mapping[str, KnownPlace]
    ties: Ties
    tallies: Mapping[str, Tally]
    links: Tally
    neighbours: Mapping[str, tuple[str | None, str | None]]
    rows: Mapping[str, Told] | None = None
    sentences: Mapping[str, Sentences] | None = None


class Planned(NamedTuple):
    """What is on pages that show a part of what there is, as `PageMaker.noted` has it."""

    plans: Mapping[str, ListPlan]
    rests: Mapping[str, RestPlan]
    chunks: Mapping[str, tuple[str, ...]]
    outlines: Mapping[str, Outline]
    choices: Mapping[str, Any]


class _Tools(NamedTuple):
    """What pages are made with, whatever the records are: templates of pages and of pictures, words, PDFs by key."""

    pages: Environment
    pictures: Environment
    words: Words
    books: Mapping[str, str]

    @classmethod
    def of(cls, template_dirs: Iterable[Path], words: Words, books: Mapping[str, str]) -> "_Tools":
        folders = tuple(template_dirs)
        pages = build_environment((folder / "pages" for folder in folders), words)
        return cls(pages, templates_of_pictures(folders), words, books)


class PageMaker:
    """Makes the pages of a briefing: home, records, overviews, topics, years, pictures, and the hand-written ones.

    They come in groups, which are made as a whole: a record's page with its pictures, a page of a list. Of two
    templates with one name, the one in the first of `template_dirs` counts. `books` has the PDF of each page that has
    one: {key: path}.
    """

    def __init__(
        self, briefing: Briefing, template_dirs: Iterable[Path], words: Words, books: Mapping[str, str] | None = None
    ) -> None:
        self._begin(briefing, _arranged(briefing), _Tools.of(template_dirs, words, books or {}))

    def _begin(self, briefing: Briefing, arranged: Arranged, tools: _Tools, planned: Planned | None = None) -> None:
        self._arranged, self._tools = arranged, tools
        self._maker = _maker_of(briefing, arranged, tools, planned)
        # By group: those that `find` made, by their paths, and what makes the rest
        self._made: dict[str, tuple[dict[str, Page], Iterator[Page]]] = {}

    @classmethod
    def of_parts(
        cls, briefing: Briefing, arranged: Arranged, planned: Planned, template_dirs: Iterable[Path], words: Words
    ) -> "PageMaker":
        """Return what makes pages of what was found out before."""
        made = cls.__new__(cls)
        made._begin(briefing, arranged, _Tools.of(template_dirs, words, {}), planned)
        made.plans, made.rests, made.chunks = Noted(planned.plans), Noted(planned.rests), Noted(planned.chunks)
        return made

    def after(self, briefing: Briefing, edited: Collection[str] | None = None) -> "PageMaker":
        """Return what makes the pages after edits of records, by the templates as they were read.

        `edited` are the keys of all records and pages that are others, came or went, where that is known.
        """
        made = self.__class__.__new__(self.__class__)
        arranged = _arranged(briefing)
        states = [(self.whole.records.get(key), briefing.records.get(key)) for key in edited or ()]
        is_quiet = bool(states) and all(before and now and is_arranged_alike(before, now) for before, now in states)
        if is_quiet:  # it may name others in its prose, but nothing else is arranged by it
            arranged = self._arranged._replace(captions=arranged.captions, links=arranged.links)
        elif edited and not any(key.startswith(f"{Event.folder}/") for key in edited):
            arranged = arranged._replace(places=self._arranged.places)
        made._begin(briefing, arranged, self._tools)
        if is_quiet and "chunks" in self.__dict__:
            made.chunks = self.chunks
        return made

    @property
    def whole(self) -> Briefing:
        """The briefing that the pages are of."""
        return self._maker.whole

    @property
    def maker(self) -> Maker:
        """What the pages are made with."""
        return self._maker

    @property
    def noted(self) -> Mapping[str, Noted[Any, Any]]:
        """All that pages look things up in, each kind by a name: "record", "text" (by key and field), "caption" ..."""
        maker = self._maker
        found = {"record": maker.briefing.records, "back": maker.briefing.backlinks, "text": maker.briefing.prose}
        found |= {"sentence": maker.rows.sentences, "row": maker.rows.told, "caption": maker.captions}
        found |= {"ties": maker.ties, "place": maker.places, "beside": maker.neighbours, "card": maker.rows.card}
        found |= {"outline": maker.outlines, "choice": maker.chosen}
        return {**found, "plan": self.plans, "rest": self.rests, "chunk": self.chunks}  # type: ignore[dict-item]

    def prepare(self) -> None:
        """Make what most pages ask for, before processes share them out."""
        self._maker.rows.prepare()

    def all(self) -> Iterator[Page]:
        """Yield every page."""
        for group in self.groups():
            yield from self.make(group)

    def groups(self) -> Iterator[str]:
        """Yield the names of all groups of pages."""
        whole = self._maker.whole
        yield from (HOME, *whole.records, *self.rests, *self.plans, *VIEWS, EXPLORER, *self.chunks, *whole.pages)

    @cached_property
    def plans(self) -> Noted[str, ListPlan]:
        """What is on each page of an overview, by its path."""
        return Noted(Plans(self._maker))

    @cached_property
    def rests(self) -> Noted[str, RestPlan]:
        """What is on each page of a record's long list, by its path."""
        return Noted(Rests(self._maker.outlines.whole))  # type: ignore[arg-type]

    @cached_property
    def chunks(self) -> Noted[str, tuple[str, ...]]:
        """The keys of the quotes in each chunk of the explorer's data, by its path."""
        return Noted(dict(plan_chunks([quote.key for quote in self._maker.whole.of_kind(Quote.folder)])))

    def find(self, path: str) -> Page | None:
        """Return the page or file at a path, "actors/jane-doe.md", or None; no more is made than its group up to it."""
        found = (self._look_in(group, path) for group in self._groups_of(path))
        return next(filter(None, found), None)

    def has(self, path: str) -> bool:
        """Tell whether there is a page at a path; that of a record or overview need not be made for that."""
        key, whole = path.removesuffix(".md"), self._maker.whole
        is_known = key != path and (key in whole.records or key in whole.pages or path in _FIXED or path in self.plans)
        return is_known or self.find(path) is not None

    def title_of(self, path: str) -> str | None:
        """Return the title, as its front matter has it, of a page that takes long to make; None for any other."""
        if path == f"{HOME}.md":
            return escaped(self._maker.whole.info.title)
        name = path.removesuffix(".md")
        words = self._maker.words
        title = title_of_view(words, name) if PATHS.get(name) == path else title_of_list(words, path)
        return None if title is None else escaped(title)

    def _look_in(self, group: str, path: str) -> Page | None:
        if group not in self._made:
            self._made[group] = {}, iter(self.make(group))
        made, rest = self._made[group]
        if path in made:
            return made[path]
        try:
            for page in rest:
                made[page.path] = page
                if page.path == path:
                    return page
        except BriefbookError:  # of a template: whoever looks again is told again
            del self._made[group]
            raise
        return None

    def _groups_of(self, path: str) -> Iterator[str]:
        """Yield the groups that may have a path."""
        briefing = self._maker.whole
        if path in self.rests:
            yield path
        key = path.removesuffix(".md").removeprefix(f"{FOLDER}/")
        while key and key not in briefing.records and key not in briefing.pages:
            # pictures/actors/jane-doe-network.svg
            key = key.rpartition("-" if key.endswith(".svg") or "/" not in key else "/")[0]
        if key:
            yield key
        place = path.removeprefix(f"{FOLDER}/").removesuffix(".svg") + ".md"
        yield from (name for name in (path, place) if name in self.plans or name in self.chunks)
        if path in _FIXED:
            yield _FIXED[path]

    def is_group(self, name: str) -> bool:
        """Tell whether there is a group of pages of this name."""
        whole = self._maker.whole
        by_key = (whole.records, self.plans, self.rests, self.chunks, whole.pages)
        return name in (HOME, EXPLORER, *VIEWS) or any(name in found for found in by_key)

    def make(self, group: str) -> Iterable[Page]:
        """Yield the pages of a group."""
        maker, briefing = self._maker, self._maker.briefing
        if group in briefing.records:
            return record_pages(maker, briefing.records[group])
        if group in briefing.pages:
            return [_hand_page(maker, briefing.pages[group])]
        if group in self.plans:
            return make_overview(maker, self.plans[group])
        if group in self.rests:
            return [make_rest(maker, self.rests[group])]
        if group in self.chunks:
            return [make_chunk(maker, group, self.chunks[group])]
        return build_view(maker, group) if group in VIEWS else {HOME: _home, EXPLORER: build_index}[group](maker)


def _arranged(briefing: Briefing) -> Arranged:
    """Return what is found out among all records: when it is asked for, as the preview needs little of it."""
    return Arranged(
        captions=Captions(briefing),
        places=Deferred(lambda: places_of(briefing)),
        ties=(ties := TiesAsAsked(briefing)),
        tallies=tallies_of(briefing, ties),
        links=Deferred(lambda: links_of(briefing)),
        neighbours=Deferred(lambda: neighbours_of(briefing)),
    )


def _maker_of(briefing: Briefing, arranged: Arranged, tools: _Tools, planned: Planned | None) -> Maker:
    noted, ties = _noted(briefing), Noted(arranged.ties)
    resolve = Resolve(briefing.records)
    outlines = planned.outlines if planned else Outlines(briefing, arranged.captions, arranged.ties, resolve)
    chosen = Noted(planned.choices if planned else Lazy(lambda name: CHOICES[name].choose(maker)))
    maker = Maker(
        whole=briefing,
        briefing=noted,
        environment=tools.pages,
        captions=Noted(arranged.captions),
        rows=Rows(briefing, noted, resolve, tools.words, arranged.rows, arranged.sentences),
        words=tools.words,
        places=Noted(arranged.places),
        ties=ties,
        tallies=arranged.tallies,
        links=arranged.links,
        neighbours=Noted(arranged.neighbours),
        pictures=Pictures(noted, ties, tools.words, tools.pictures, lambda: chosen["last day"]),
        outlines=Noted(outlines),
        chosen=chosen,
        books=tools.books,
    )
    return maker


def _noted(briefing: Briefing) -> Briefing:
    """Return a briefing that notes which of its records, backlinks and texts are looked up."""
    records, backlinks, prose = Noted(briefing.records), Noted(briefing.backlinks), Noted(briefing.prose)
    return replace(briefing, records=records, backlinks=backlinks, prose=prose)


def _hand_page(maker: Maker, page: HandPage) -> Page:
    description = page.front_matter.get("description", "")
    meta = {
        **page.front_matter,
        "title": escaped(page.title),
        "description": escaped(description),
        "markdown": page.name,
    }
    text = maker.links_on(page.name).linked(page.prose).lstrip("\n")
    return Page(page.name, f"{front_matter(meta)}{BY_HAND}\n\n{text}")


def _home(maker: Maker) -> Iterator[Page]:
    briefing, info, path = maker.briefing, maker.rows.card[HOME], f"{HOME}.md"
    links = maker.links_on(path)
    summary = plain_text(briefing, briefing.prose.get((HOME, ("summary",)), ()))
    description = shorten(summary or info.subtitle or info.title, 160)
    judgements = [
        {
            "judgement": judgement,
            "text": links.prose(HOME, "judgements", index, "text"),
            "evidence": [maker.rows.of_key(links, maker.rows.resolve(id)) for id in judgement.based_on],
        }
        for index, judgement in enumerate(info.judgements)
    ]
    meta = {"title": info.title, "description": description, "record": "briefing.yml"}
    values = {
        "judgements": judgements,
        "latest": [maker.rows.of_key(links, key) for key in maker.chosen["latest"]],
        "speakers": [
            Row(links.to(key), (maker.words("home.quotes", count=count),), "")
            for key, count in maker.chosen["most quoted"]
        ],
        "overviews": maker.chosen["overviews"],
    }
    years = maker.chosen["years"]
    values["picture"] = maker.picture(links, f"{FOLDER}/years.svg", years)
    values["network"] = _network(maker, links)
    values["book"] = maker.books.get(HOME, "")
    yield maker.render("home.md.j2", path, meta, links, info=info, **values)
    if years:
        yield Page(f"{FOLDER}/years.svg", years.svg)


def _network(maker: Maker, links: PageLinks) -> str:
    """Return the small network of whoever appears with others most, which that actor's own page has too."""
    key = maker.chosen["hub"]
    actor = maker.briefing.records.get(key) if key else None
    drawing = maker.pictures.neighbours(actor) if isinstance(actor, Actor) else None
    return maker.picture(links, f"{FOLDER}/{key}-network.svg", drawing)

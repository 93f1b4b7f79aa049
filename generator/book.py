"""The `Briefing` to a book: sections, entries and footnotes as data, which `templates/book` lays out.

Decides what stands in the book and in which order. Everything is in it once: `expected` says what must come out of the
printing, record by record and citation by citation. Never writes, and knows nothing of Typst.
"""

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import InitVar, dataclass, field
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any

from anyascii import anyascii

from generator.backlinks import MENTIONED, Backlink
from generator.choices import last_day
from generator.dossier import Dossier
from generator.facts import Resolve, facts_of, image_markdown, web_link
from generator.fields import shorten
from generator.gazetteer import KnownPlace, places_of
from generator.link import HOME, Briefing
from generator.markup import WITH_PAGE, Markup, Node, Nodes, Reading
from generator.network import choose_network, drawn_edges, network_picture
from generator.outlines import section_names
from generator.pictures import Drawing, Pictures, templates_of_pictures
from generator.prose import escape_inline, escape_text
from generator.records import Actor, Citation, Event, Quote, Record, Source
from generator.render import Captions, PageLinks
from generator.tallies import links_of, tallies_of
from generator.ties import ties_of
from generator.timeline import choose_items, items_of, timeline_picture
from generator.words import Words

Entry = dict[str, Any]

LEVELS = {Actor: 2, Quote: 4, Event: 3, Source: 2}  # of the heading of a record
PICTURE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp"})
PICTURE_WIDTH = 640.0  # pixels of a picture as wide as the page: at that, its labels are of 8 points
EVENTS_DRAWN = 26
ACTORS_DRAWN = 24


class BookLinks(PageLinks):
    """Links inside the book: to the entry of a record, and with its page where readers need it.

    Actors and places are found by their names, in who's who and the index; all else by its page.
    """

    def link(self, key: str, shown: str) -> str:
        title = "" if key.startswith(("actors/", "places/")) else f' "{WITH_PAGE}"'
        return f"[{shown}](#{key}{title})"  # what is not in the book is given in words by `Markup`

    def links_name(self, key: str) -> bool:
        return True

    def path_to(self, path: str) -> str:
        return path


@dataclass(slots=True)
class Book:
    """A book to be set: `content` is what the templates get; `expected` is what must be found in it when it is set.

    `drawings` are SVG by file name, `images` assets ("assets/map.png") by file name; `content` names these files.
    """

    content: dict[str, Any]
    expected: frozenset[str]
    drawings: Mapping[str, str]
    images: Mapping[str, str]


def compose_book(
    briefing: Briefing, words: Words, reading: Reading, template_dirs: Iterable[Path], dossier: Dossier | None = None
) -> Book:
    """Return the book of a briefing, or of a dossier from it; `template_dirs` hold the templates of its pictures."""
    part = dossier.part if dossier else briefing
    places = places_of(briefing)
    links = BookLinks("", briefing, Captions(briefing), words, places)
    composer = _Composer(part, words, tuple(template_dirs), places_of(part), links, Resolve(briefing.records), reading)
    return composer.book(dossier)


@dataclass(slots=True)
class _Composer:
    """Composes the book of `briefing`, which may be a part; `links` and `resolve` know the whole."""

    briefing: Briefing
    words: Words
    template_dirs: tuple[Path, ...]
    places: Mapping[str, KnownPlace]
    links: BookLinks
    resolve: Resolve
    reading: InitVar[Reading]
    markup: Markup = field(init=False)
    cited: set[str] = field(default_factory=set)  # sources that a footnote has given in full
    expected: set[str] = field(default_factory=set)
    images: dict[str, str] = field(default_factory=dict)  # address of an asset -> its file in the book's folder

    def __post_init__(self, reading: Reading) -> None:
        places = (place.key for place in self.places.values())
        self.markup = Markup(reading, {*self.briefing.records, *self._chapter_keys(), *places}, self._file_of)

    def book(self, dossier: Dossier | None) -> Book:
        info = self.briefing.info
        drawings = self._pictures()
        content: dict[str, Any] = {
            "lang": info.language,
            "title": dossier.title if dossier else info.title,
            "subtitle": self.words("book.dossier", title=info.title) if dossier else info.subtitle or "",
            "edition": info.edition or "",
            "as_of": self.words("home.as_of", date=self.words.in_words(info.as_of)) if info.as_of else "",
            "authors": list(info.authors),
            "marking": info.marking or "",
            "words": {**self.words.section("book"), "quoted": self.words("quoted")},
            "judgements": [self._judgement(number) for number in self._judgements()],
            "summary": [] if dossier else self._prose(HOME, 1, "summary"),
            "chapters": [] if dossier else [self._chapter(key) for key in self._chapter_keys()],
            "timeline": list(self._timeline()),
            "actors": [self._actor(actor) for actor in self._in_order(Actor)],
            "chronicle": list(self._chronicle()),
            "sources": [self._entry(source) for source in self._in_order(Source)],
            "index": self._index(),
            "pictures": {name: {"file": f"{name}.svg", "alt": drawing.title} for name, drawing in drawings.items()},
        }
        self.expected |= {key for entry in content["index"] for key in entry["anchors"]}
        svg = {f"{name}.svg": drawing.svg for name, drawing in drawings.items()}
        return Book(content, frozenset(self.expected), svg, {file: asset for asset, file in self.images.items()})

    def _pictures(self) -> dict[str, Drawing]:
        """Return the timeline and the network of the main actors, drawn for a page of the book."""
        ties = ties_of(self.briefing)
        tallies = tallies_of(self.briefing, ties)
        environment = templates_of_pictures(self.template_dirs)
        last = last_day(self.briefing, tallies["ends"])
        pictures = Pictures(self.briefing, ties, self.words, environment, lambda: last)
        captions = {key: record.caption for key, record in self.briefing.records.items()}
        items = items_of(captions, choose_items(self.briefing, links_of(self.briefing)).items)
        timeline = timeline_picture(pictures, items, PICTURE_WIDTH, EVENTS_DRAWN)
        found = {"timeline": timeline.drawing} if timeline else {}
        network = choose_network(self.briefing, ties, tallies["ties"], ACTORS_DRAWN)
        if edges := drawn_edges(network.edges):
            found["network"] = network_picture(pictures, network, edges, PICTURE_WIDTH)
        return {name: pictures.for_print(drawing) for name, drawing in found.items()}

    def _in_order(self, model: type[Record]) -> list[Any]:
        return sorted(self.briefing.of_kind(model.folder), key=lambda record: (_sorted_as(record.caption), record.id))

    def _judgements(self) -> Iterator[int]:
        """Yield the numbers of the key judgements that rest on a record of the book, or on none."""
        for number, judgement in enumerate(self.briefing.info.judgements):
            if not judgement.based_on or any(self.resolve(id) in self.briefing.records for id in judgement.based_on):
                yield number

    def _judgement(self, number: int) -> Entry:
        judgement = self.briefing.info.judgements[number]
        words = self.words
        said = [words(f"likelihood.{judgement.likelihood}")] if judgement.likelihood else []
        if judgement.confidence:
            said.append(words("home.confidence", level=words(f"confidence.{judgement.confidence}")))
        rests_on = [self._inline(self.links.to(self.resolve(id))) for id in judgement.based_on]
        text = self._prose(HOME, 1, "judgements", number, "text")
        return {"text": text, "said": " · ".join(said), "rests_on": rests_on}

    def _prose(self, key: str, level: int, *at: str | int) -> Nodes:
        """Return a field of prose, which stands below a heading of this level."""
        return self.markup.blocks(self.links.prose(key, *at), level)

    def _inline(self, text: str) -> Nodes:
        return list(self.markup.inline(text))

    def _file_of(self, address: str) -> str | None:
        """Return under which name an asset is in the book's folder; nothing when it is no picture of the briefing."""
        suffix = PurePosixPath(address).suffix.lower()
        if address not in self.briefing.assets or suffix not in PICTURE_SUFFIXES:
            return None
        return self.images.setdefault(address, f"image-{len(self.images)}{suffix}")

    # What is not made of records alone

    def _chapter_keys(self) -> list[str]:
        """Return the keys of the hand-written pages that are chapters; a dossier has none."""
        named = (name.removesuffix(".md") for name in self.briefing.info.book.pages)
        return [key for key in named if key in self.briefing.pages]

    def _chapter(self, key: str) -> Entry:
        page = self.briefing.pages[key]
        self.expected.add(key)
        nodes = self.markup.blocks(self.links.linked(page.prose), 1, posixpath.dirname(page.name))
        starts_with_title = nodes and isinstance(nodes[0], dict) and nodes[0]["t"] == "h"
        return {"key": key, "title": page.title, "text": nodes[1:] if starts_with_title else nodes}

    def _timeline(self) -> Iterator[Entry]:
        """Yield the events in order: when, and what, as a reference with its page."""
        for event in sorted(self._in_order(Event), key=lambda event: event.date.sort_key):
            reference = {"t": "ref", "key": event.key, "c": [event.title], "page": True}
            yield {"when": self.words.in_words(event.date), "event": reference}

    # Records

    def _entry(self, record: Record) -> Entry:
        """Return what every record has in the book."""
        self.expected.add(record.key)
        facts = [
            {"label": fact.label, "c": self._inline(fact.value)} for fact in facts_of(record, self.links, self.resolve)
        ]
        return {
            "key": record.key,
            "title": record.caption,
            "facts": facts,
            "summary": self._prose(record.key, LEVELS[type(record)], "summary"),
            "note": self._prose(record.key, LEVELS[type(record)], "note"),
            "cites": [self._cite(record, number, citation) for number, citation in enumerate(record.sources)],
            "uses": list(self._uses(record)),
            "tags": [f"tags/{tag}" for tag in record.tags],
        }

    def _uses(self, record: Record) -> Iterator[Entry]:
        """Yield under which headings other records name this one, and which they are.

        Not what the book tells elsewhere: where an actor is mentioned is in the index, what was said at an event below
        it.
        """
        told = {Actor: MENTIONED, Event: "quotes-said-there"}.get(type(record))
        backlinks = self.briefing.backlinks.get(record.key, {})
        for name in section_names():
            keys = _keys(backlinks.get(name, ()), self.briefing)
            if keys and name != told:
                yield {"label": self.words(f"back.{name}"), "keys": keys}

    def _actor(self, actor: Actor) -> Entry:
        names = [{"lang": tag, "c": [name]} for tag, name in actor.names.items()]
        image = self.markup.inline(image_markdown(actor.image, self.links)) if actor.image else ()
        portrait, credit = (image[0], actor.image.credit) if image and actor.image else (None, None)
        told = {"names": names, "lede": actor.description or "", "portrait": portrait, "credit": credit or ""}
        return self._entry(actor) | told

    def _quote(self, quote: Quote) -> Entry:
        speaker = self.resolve(quote.speaker, ("actors",))
        original = quote.original
        tongue = quote.language or self.briefing.info.language
        return self._entry(quote) | {
            "t": "quote",
            "speaker": self._inline(self.links.to(speaker)),
            "when": self.words.in_words(quote.date) if quote.date else "",
            "status": self.words(f"status.{quote.status}") if quote.status else "",
            "text": _paragraphs(quote.text),
            "lang": tongue,
            "original": {
                "lang": original.language,
                "label": self.words("quote.original_in", language=self.words.language_name(original.language)),
                "text": _paragraphs(original.text),
            }
            if original
            else None,
        }

    def _event(self, event: Event) -> Entry:
        backlinks = self.briefing.backlinks.get(event.key, {}).get("quotes-said-there", ())
        quotes = [self.briefing.records[key] for key in _keys(backlinks, self.briefing)]
        reported: Nodes = []
        if event.as_reported:
            said = event.as_reported
            dated = self.words("event.dated", date=self.words.in_words(event.date))
            source = f" ({self.links.to(self.resolve(said.source, ('sources',)))})" if said.source else ""
            text = f"{self.words('event.other_date')} {escape_inline(said.date)}{source}. {escape_text(dated)}"
            reported = [*self.markup.blocks(text), *self._prose(event.key, LEVELS[Event], "as_reported", "note")]
        shown = [self._quote(quote) for quote in quotes if isinstance(quote, Quote)]
        when = self.words.in_words(event.date)
        return self._entry(event) | {"t": "event", "when": when, "reported": reported, "quotes": shown}

    def _chronicle(self) -> Iterator[Entry]:
        """Yield events and quotes by year; a quote that was said at an event stands below it, undated ones last."""
        told: dict[str, list[Entry]] = {}
        standing = (
            record
            for record in self.briefing.records.values()
            if isinstance(record, Event) or (isinstance(record, Quote) and not self._is_said_at_an_event(record))
        )
        for record in sorted(standing, key=lambda record: record.when.sort_key if record.when else (date.max, 0)):
            years = record.when.years if record.when else ()
            year = str(years[0]) if years else self.words("groups.undated")
            entry = self._event(record) if isinstance(record, Event) else self._quote(record)
            told.setdefault(year, []).append(entry)
        yield from ({"year": year, "entries": entries} for year, entries in told.items())

    def _is_said_at_an_event(self, quote: Quote) -> bool:
        return bool(quote.event) and self.resolve(str(quote.event), (Event.folder,)) in self.briefing.records

    # Footnotes

    def _cite(self, record: Record, number: int, citation: Citation) -> Entry:
        """Return the footnote of a citation: in full where its source is first cited, shortened after that."""
        id = f"{record.key}#{number}"
        self.expected.add(id)
        key = self.resolve(citation.source, ("sources",))
        source = self.briefing.records[key]
        assert isinstance(source, Source), "the field refers to sources only"
        told = self._short(source) if key in self.cited else self._full(source)
        self.cited.add(key)
        parts = [f"[{told}](#{key})"]  # without its page: a source is found by its name
        parts += [escape_inline(citation.at)] if citation.at else []
        parts += [web_link(citation.url)] if citation.url else []
        said = f": {escape_inline(self.words('quoted', text=citation.quote))}" if citation.quote else ""
        return {"id": id, "c": self._inline(", ".join(parts) + said)}

    def _full(self, source: Source) -> str:
        when = self.words.in_words(source.published) if source.published else ""
        parts = ["; ".join(source.authors), self.words("quoted", text=source.title), source.publisher or "", when]
        return ", ".join(escape_inline(part) for part in parts if part)

    def _short(self, source: Source) -> str:
        who = next(iter(source.authors), source.publisher or "")
        title = self.words("quoted", text=shorten(source.title, 40))
        return ", ".join(escape_inline(part) for part in (who, title) if part)

    # The index

    def _index(self) -> list[Entry]:
        """Return names, places and topics in the order of the alphabet; other names of an actor lead to its own.

        A country that is also where something happened stands there once, with the `keys` of both.
        """
        actors, records = self._in_order(Actor), self.briefing.records
        labels = [(actor.name, actor.key) for actor in actors]
        labels += [(place.name, place.key) for place in self.places.values()]
        labels += [(tag, f"tags/{tag}") for record in records.values() for tag in record.tags]
        keys: dict[str, dict[str, None]] = {}
        for label, key in labels:
            keys.setdefault(label, {})[key] = None
        entries: list[Entry] = [
            {"label": label, "see": "", "keys": list(found), "anchors": [key for key in found if key not in records]}
            for label, found in keys.items()
        ]
        entries += [
            {"label": alias, "see": actor.name, "keys": [], "anchors": []}
            for actor in actors
            for alias in actor.aliases
            if alias not in keys
        ]
        return sorted(entries, key=lambda entry: (_sorted_as(entry["label"]), entry["label"], entry["see"]))


def _keys(backlinks: Iterable[Backlink], briefing: Briefing) -> list[str]:
    return list(dict.fromkeys(backlink.key for backlink in backlinks if backlink.key in briefing.records))


def _sorted_as(name: str) -> str:
    return anyascii(name).casefold()


def _paragraphs(text: str) -> list[Sequence[Node]]:
    """Return words as they were said: paragraphs of lines."""
    paragraphs = [part.strip().split("\n") for part in text.split("\n\n") if part.strip()]
    return [[node for line in lines for node in ({"t": "br"}, " ".join(line.split()))][1:] for lines in paragraphs]

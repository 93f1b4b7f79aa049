"""What a record may say: Actor, Quote, Event, Source and the briefing's own card, as frozen pydantic models.

The models are the one description of the fields. From what they declare follow the reverse links (`Refers`), the
prose that may mention others (`Prose`), captions, order in time, the JSON Schemas and the guide's list of fields.
Never reads files, never renders text.
"""

from collections.abc import Container, Mapping
from functools import cached_property
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from generator.dates import PartialDate
from generator.fields import (
    Confidence,
    Country,
    DateText,
    Id,
    Label,
    Language,
    Line,
    Many,
    Marked,
    Part,
    Prose,
    Refers,
    Url,
    Words,
    in_quotes,
    marked_values,
    shorten,
)
from generator.noted import Lazy


class Citation(Part):
    """Where a sentence can be seen."""

    short_form = "source"
    source: Annotated[str, Refers("rests-on-this-source", ("sources",))] = Field(description="Id of the source.")
    at: Line | None = Field(None, description="Page, paragraph or time in the source: `p. 4`, `paragraph 12`, `00:31`.")
    url: Url | None = Field(None, description="Address of the very place, where the source has one.")
    quote: Words | None = Field(None, description="The source's own words.")


class Role(Part):
    """An office or post that an actor holds or held."""

    title: Line = Field(description="The role: `President`.")
    of: Annotated[str, Refers("roles-here", ("actors",))] | None = Field(
        None, description="Id of the actor it is held in."
    )
    from_: DateText | None = Field(None, alias="from", description="When it began.")
    to: DateText | None = Field(None, description="When it ended; left out while it lasts.")


class Image(Part):
    """A picture below `docs/assets`."""

    short_form = "src"
    src: Label = Field(description="Path of the file, as `assets/portraits/jane-doe.jpg`.")
    alt: Line | None = Field(None, description="What it shows, for those who cannot see it.")
    credit: Line | None = Field(None, description="Who made it, and its licence.")


class Original(Part):
    """The words in the language they were said in."""

    language: Language = Field(description="BCP 47: `ru`, `ko`, `zh-Hans`.")
    text: Words = Field(description="The words themselves.")


class AsReported(Part):
    """What the source says of the date, where the record corrects it."""

    short_form = "date"
    date: Line = Field(description="The date as the source has it, in its own words or as a date.")
    source: Annotated[str, Refers("dates-corrected-from-this-source", ("sources",))] | None = Field(
        None, description="Id of the source that says so."
    )
    note: Prose | None = Field(None, description="Why it cannot be right.")


class EventPlace(Part):
    """Where an event happened."""

    short_form = "name"
    name: Label = Field(description="The place, as readers know it.")
    country: Country | None = Field(None, description="ISO 3166 code of two capitals: `KP`.")
    latitude: float | None = Field(None, ge=-90, le=90, description="Degrees north.")
    longitude: float | None = Field(None, ge=-180, le=180, description="Degrees east.")


class Participant(Part):
    """Who took part, and as what."""

    short_form = "actor"
    actor: Annotated[str, Refers("took-part-in", ("actors",))] = Field(description="Id of the actor.")
    role: Line | None = Field(None, description="As what: `host`, `signatory`.")


class Judgement(Part):
    """A key judgement: the bottom line, and what it rests on."""

    text: Prose = Field(description="The judgement, in a sentence or two.")
    confidence: Confidence | None = Field(None, description="How good the evidence is.")
    likelihood: (
        Literal[
            "almost no chance",
            "very unlikely",
            "unlikely",
            "roughly even chance",
            "likely",
            "very likely",
            "almost certain",
        ]
        | None
    ) = Field(None, description="How likely it is, in the terms of ICD 203.")
    based_on: Many[Annotated[str, Refers("key-judgements-that-rest-on-this")]] = Field(
        (), description="Ids of the records that it rests on, of any kind."
    )


class Record(Part):
    """What every record has. `key` is its place in the site, "actors/jane-doe"; `id` is the last part of that."""

    kind: ClassVar[str]
    folder: ClassVar[str]
    required_on_new: ClassVar[tuple[str, ...]]

    id: Id = Field(description="Small letters, digits and single hyphens; the file's stem unless given.")
    summary: Prose | None = Field(None, description="What a reader should know, in a few sentences.")
    note: Prose | None = Field(None, description="An editor's note, shown as such.")
    tags: Many[Label] = Field((), description="Topics.")
    sources: Many[Citation] = Field((), description="Where it can be seen: ids of sources, or citations.")
    confidence: Confidence | None = Field(None, description="How sure the editors are of the record.")
    draft: bool = Field(False, description="`true` keeps the record out of everything but the preview.")

    @cached_property
    def key(self) -> str:
        return f"{self.folder}/{self.id}"

    @property
    def caption(self) -> str:
        """The plain text by which other pages name the record."""
        raise NotImplementedError

    @property
    def when(self) -> PartialDate | None:
        """The date by which the record is put in order, if it has one."""
        return None


class Actor(Record):
    """Who: a person, a country, an organisation or a group."""

    kind, folder = "actor", "actors"
    required_on_new = ("name",)

    name: Line = Field(description="The name by which pages call the actor.")
    type: Literal["person", "country", "organisation", "group"] | None = Field(None, description="What the actor is.")
    description: Line | None = Field(None, description="Who this is, in one line.")
    aliases: Many[Line] = Field((), description="Other names; the first mention of one on a page is linked.")
    names: Mapping[Language, Line] = Field({}, description="The name in other languages: `{ko: ..., ru: ...}`.")
    roles: Many[Role] = Field((), description="Posts held, newest first or as you like.")
    part_of: Many[Annotated[str, Refers("members-and-parts", ("actors",))]] = Field(
        (), description="Ids of the actors it belongs to."
    )
    country: Country | None = Field(None, description="ISO 3166 code of two capitals: `RU`.")
    born: DateText | None = Field(None, description="Date of birth, or of founding.")
    died: DateText | None = Field(None, description="Date of death, or of dissolution.")
    url: Url | None = Field(None, description="The actor's own address on the web.")
    image: Image | None = Field(None, description="A portrait or emblem below `docs/assets`.")
    wikidata: Annotated[str, Field(pattern=r"^Q[1-9]\d*$")] | None = Field(None, description="Wikidata item: `Q7747`.")

    @property
    def caption(self) -> str:
        return self.name


class Quote(Record):
    """What was said, by whom, and where it can be seen."""

    kind, folder = "quote", "quotes"
    required_on_new = ("speaker", "text", "sources")

    speaker: Annotated[str, Refers("quotes-by-this-actor", ("actors",))] = Field(
        description="Id of the actor who said it."
    )
    text: Words = Field(description="The words, exactly; plain text, not Markdown.")
    sources: Many[Citation] = Field(min_length=1, description="Where the words can be seen; at least one.")
    date: DateText | None = Field(None, description="When it was said.")
    event: Annotated[str, Refers("quotes-said-there", ("events",))] | None = Field(
        None, description="Id of the event it was said at."
    )
    to: Many[Annotated[str, Refers("quotes-addressed-to-this-actor", ("actors",))]] = Field(
        (), description="Ids of those it was said to."
    )
    about: Many[Annotated[str, Refers("quotes-about-this")]] = Field(
        (), description="Ids of what it is about, of any kind."
    )
    via: Many[Annotated[str, Refers("quotes-relayed-by-this-actor", ("actors",))]] = Field(
        (), description="Ids of those who relayed the words."
    )
    language: Language | None = Field(None, description="Language of `text`, BCP 47.")
    original: Original | None = Field(None, description="The words in the language they were said in.")
    extent: Literal["full", "excerpt", "phrase"] | None = Field(None, description="How much of what was said this is.")
    status: Literal["verified", "reported", "disputed", "misattributed"] | None = Field(
        None, description="How far the words are established."
    )

    @property
    def caption(self) -> str:
        return in_quotes(shorten(self.text))

    @property
    def when(self) -> PartialDate | None:
        return self.date


class Event(Record):
    """What happened, when and where, and who took part."""

    kind, folder = "event", "events"
    required_on_new = ("title", "date")

    title: Line = Field(description="What happened, in a few words.")
    date: DateText = Field(description="When, as precise as it is known (EDTF).")
    as_reported: AsReported | None = Field(None, description="What the source says where `date` corrects it.")
    type: Line | None = Field(None, description="What sort of event: `summit`, `visit`, `agreement`.")
    place: EventPlace | None = Field(None, description="Where it happened.")
    participants: Many[Participant] = Field((), description="Ids of the actors, or `{actor, role}`.")
    part_of: Many[Annotated[str, Refers("parts-of-this", ("events",))]] = Field(
        (), description="Ids of the events it is part of."
    )
    follows: Many[Annotated[str, Refers("what-followed", ("events",))]] = Field(
        (), description="Ids of the events it follows on."
    )
    about: Many[Annotated[str, Refers("events-about-this")]] = Field(
        (), description="Ids of what it is about, of any kind."
    )

    @property
    def caption(self) -> str:
        return self.title

    @property
    def when(self) -> PartialDate | None:
        return self.date


class Source(Record):
    """Where things can be seen: an article, a treaty, a recording."""

    kind, folder = "source", "sources"
    required_on_new = ("title",)

    title: Line = Field(description="Its title.")
    type: Line | None = Field(None, description="`article`, `report`, `treaty`, `statement`, `dataset` or what it is.")
    authors: Many[Line] = Field((), description="Who wrote it.")
    publisher: Line | None = Field(None, description="Who published it.")
    published: DateText | None = Field(None, description="When it was published.")
    url: Url | None = Field(None, description="Its address.")
    archived_url: Url | None = Field(None, description="Address of an archived copy.")
    accessed: DateText | None = Field(None, description="When the editors last saw it.")
    language: Language | None = Field(None, description="Its language, BCP 47.")
    reliability: Literal["A", "B", "C", "D", "E", "F"] | None = Field(
        None, description="A (completely reliable) to E (unreliable), or F (cannot be judged): the Admiralty code."
    )

    @property
    def caption(self) -> str:
        return self.title

    @property
    def when(self) -> PartialDate | None:
        return self.published


class BookPlan(Part):
    """What the PDF book holds beside the records."""

    pages: Many[Line] = Field((), description="Hand-written pages that are chapters of it, in order: `method.md`.")
    dossiers: Many[Literal["actors", "events"]] = Field(
        (), description="Of what `briefbook build --pdf` makes a dossier for each: `actors`, `events`."
    )


class BriefingInfo(Part):
    """The briefing's own card, `docs/briefing.yml`."""

    title: Line = Field(description="The briefing's title.")
    subtitle: Line | None = Field(None, description="One line below it.")
    edition: Line | None = Field(None, description="`First edition`, `Week 25`.")
    as_of: DateText | None = Field(None, description="The last day that the briefing takes account of.")
    language: Language = Field("en", description="The language it is written in, BCP 47.")
    authors: Many[Line] = Field((), description="Who wrote it.")
    marking: Literal["TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED"] | None = Field(
        None, description="Who may read it: Traffic Light Protocol 2.0."
    )
    summary: Prose | None = Field(None, description="What the briefing is about.")
    judgements: Many[Judgement] = Field((), description="The bottom line, most important first.")
    book: BookPlan = Field(
        default_factory=BookPlan, description="What the PDF book holds beside the records, and its dossiers."
    )

    @property
    def on_all_pages(self) -> list[str | None]:
        """What all pages show of it, or hand to scripts."""
        return [self.language, self.edition]


KINDS: tuple[type[Record], ...] = (Actor, Quote, Event, Source)
KIND_BY_FOLDER: Mapping[str, type[Record]] = {model.folder: model for model in KINDS}
KIND_BY_NAME: Mapping[str, type[Record]] = {model.kind: model for model in KINDS}

# What a record says for itself in its own words: nothing is chosen among all records, or put in order, by these.
_OWN_WORDS = frozenset(
    "title summary note sources confidence description url wikidata image text original extent as_reported "
    "archived_url accessed reliability authors publisher".split()
)


def key_of(model: type[Record], id: str) -> str:
    """Return the key of what an id names, which may have its folder: `events/pier-vote`."""
    return f"{model.folder}/{id.rpartition('/')[2]}"


def keys_by_id(keys: Container[str]) -> Lazy[str, list[str]]:
    """Return {id: keys of the records that have it}, kind by kind, of those that there are."""
    return Lazy(lambda id: [key for folder in KIND_BY_FOLDER if (key := f"{folder}/{id}") in keys])


def is_arranged_alike(before: Record, after: Record) -> bool:
    """Tell whether an edit changed nothing but a record's own words: no reference, no field that is arranged by.

    A title is such words, as records stand in the order of their dates; an actor's name is not.
    """
    if type(before) is not type(after) or _references(before) != _references(after):
        return False
    if isinstance(before, Quote) and isinstance(after, Quote):
        languages = [quote.original.language if quote.original else None for quote in (before, after)]
        if languages[0] != languages[1]:
            return False
    arranged_by = (name for name in type(before).model_fields if name not in _OWN_WORDS)
    return all(getattr(before, name) == getattr(after, name) for name in arranged_by)


def _references(record: Record) -> list[Marked]:
    return [marked for marked in marked_values(record) if isinstance(marked.mark, Refers)]

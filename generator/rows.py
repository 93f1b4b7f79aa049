"""The lines by which lists name records: what a record is called, and what is said of it beside its name."""

from typing import Any, NamedTuple

from generator.facts import Resolve, in_brackets, web_link
from generator.fields import in_quotes, shorten
from generator.link import HOME, Backlink, Briefing
from generator.prose import escape_text
from generator.records import Actor, Citation, Event, Participant, Quote, Record, Role, Source
from generator.render import PageLinks, plain_text
from generator.words import Words


class Row(NamedTuple):
    """A line of a list: what it leads to, and what is said of it beside its name, as Markdown."""

    title: str
    details: tuple[str, ...]
    group: str  # the heading it stands under in an overview, as plain text


class _Told(NamedTuple):
    """What rows say of a record, on whatever page they stand. `speaker` is a key or empty, the others Markdown."""

    shown: str
    speaker: str
    about: tuple[str, ...]
    group: str


class Rows:
    """Writes the rows of one briefing."""

    def __init__(self, briefing: Briefing, resolve: Resolve, words: Words) -> None:
        self.words = words
        self.briefing = briefing
        self.resolve = resolve
        self._told: dict[str, _Told] = {}  # by key: a record stands in nine lists, on the average

    def of_record(self, links: PageLinks, record: Record, *details: str) -> Row:
        """Return the row of a record: its name, then `details` (as what it is listed), when, who and where."""
        told = self._told.get(record.key)
        if told is None:
            told = self._told[record.key] = self._tell(record)
        speaker = (links.to(told.speaker),) if told.speaker else ()
        return Row(links.link(record.key, told.shown), (*details, *speaker, *told.about), told.group)

    def _tell(self, record: Record) -> _Told:
        when = (self.words.in_words(record.when),) if record.when else ()
        year = str(record.when.years[0]) if record.when and record.when.years else self.words("groups.undated")
        caption = escape_text(record.caption)
        match record:
            case Actor():
                about = (escape_text(record.description),) if record.description else ()
                return _Told(caption, "", about, self.words(f"groups.{record.type or 'other'}"))
            case Quote():
                speaker = self.resolve(record.speaker, ("actors",))
                return _Told(escape_text(in_quotes(shorten(record.text, 200))), speaker, when, year)
            case Event():
                place = (escape_text(record.place.name),) if record.place else ()
                return _Told(caption, "", (*when, *place), year)
            case Source(publisher=str(publisher)):
                return _Told(caption, "", (escape_text(publisher), *when), "")
        return _Told(caption, "", when, "")

    def of_backlink(self, links: PageLinks, backlink: Backlink) -> Row:
        """Return the row of what names a record: a record (with its role there), a judgement, or a page."""
        record = self.briefing.records.get(backlink.key)
        if record is not None:
            return self.of_record(links, record, *_role_in(record, backlink, self.words))
        if backlink.key == HOME and backlink.at[:1] == ("judgements",):
            judgement = self.briefing.info.judgements[int(backlink.at[1])]
            prose = self.briefing.prose[HOME, ("judgements", backlink.at[1], "text")]
            words = shorten(plain_text(self.briefing, prose), 200)
            return Row(
                links.to(HOME, words),
                (self.words(f"likelihood.{judgement.likelihood}"),) if judgement.likelihood else (),
                "",
            )
        return Row(links.to(backlink.key), (), "")

    def of_citation(self, links: PageLinks, citation: Citation) -> str:
        """Return a citation as Markdown: the source, where in it, its words, and their address."""
        text = links.to(self.resolve(citation.source, ("sources",)))
        if citation.at:
            text += f", {escape_text(citation.at)}"
        if citation.quote:
            text += f": {in_quotes(escape_text(' '.join(citation.quote.split())))}"
        return f"{text} ({web_link(citation.url)})" if citation.url else text


def _role_in(record: Record, backlink: Backlink, words: Words) -> tuple[str, ...]:
    """Say as what one record names another: the role of a participant, the title of a post, the place in a source."""
    part: Any = record
    for step in backlink.at[:-1]:
        part = part[step] if isinstance(step, int) else getattr(part, step)
    if isinstance(part, Participant) and part.role:
        return (escape_text(part.role),)
    if isinstance(part, Role):
        return (escape_text(part.title + in_brackets(words.span(part.from_, part.to))),)
    if isinstance(part, Citation) and part.at:
        return (escape_text(part.at),)
    return ()

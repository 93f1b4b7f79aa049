"""The lines by which lists name records: what a record is called, and what is said of it beside its name."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from generator.backlinks import Backlink
from generator.facts import Resolve, in_brackets, web_link
from generator.fields import IsProse, in_quotes, marked_values, shorten
from generator.link import HOME, Briefing
from generator.noted import Lazy, Noted
from generator.prose import Prose, escape_inline, escape_text
from generator.records import Actor, Citation, Event, Participant, Quote, Record, Role, Source
from generator.render import PageLinks, plain_text
from generator.sentences import WIDTH, sentences_of
from generator.words import Words

TEXT_FRAGMENT_WORDS = 6


class Row(NamedTuple):
    """A line of a list: what it leads to, and what is said of it beside its name, as Markdown."""

    title: str
    details: tuple[str, ...]
    group: str  # the heading it stands under in an overview, as plain text
    context: str = ""  # the sentence, of what names a record, in which it does so


class Told(NamedTuple):
    """What rows say of a record, on whatever page they stand. `speaker` is a key or empty, the others Markdown."""

    shown: str
    speaker: str
    about: tuple[str, ...]
    group: str


Sentences = Mapping[str, str]  # of one text, by the key of the first whom each of them names


class Rows:
    """Writes the rows of one briefing, by what pages look up in `briefing`; what is made once for all is of `whole`.

    `told` and `sentences` are of all who are listed, where they were made before.
    """

    def __init__(
        self,
        whole: Briefing,
        briefing: Briefing,
        resolve: Resolve,
        words: Words,
        told: Mapping[str, Told] | None = None,
        sentences: Mapping[str, Sentences] | None = None,
    ) -> None:
        self.words = words
        self._whole = whole
        self.briefing = briefing
        self.resolve = resolve
        self.told = Noted(Lazy(self.tell) if told is None else told)  # by key: a record stands in nine lists
        self.sentences = Noted(Lazy(self.quote) if sentences is None else sentences)  # by key of what names others
        self.card = Noted({HOME: whole.info})

    def prepare(self) -> None:
        """Make what rows say of every record now: processes that are forked after this need not each do so."""
        for key in self._whole.records:
            self.told.whole[key]  # which keeps it
            self.sentences.whole[key]

    def of_key(self, links: PageLinks, key: str, *details: str, on: str = "", context: str = "") -> Row:
        """Return the row of a record: its name, then `details` (as what it is listed), who, when and where.

        `on` is the key of whose page it is for: a speaker's own page does not name the speaker each time.
        """
        told = self.told[key]
        speaker = (links.to(told.speaker),) if told.speaker and told.speaker != on else ()
        return Row(links.link(key, told.shown), (*details, *speaker, *told.about), told.group, context)

    def tell(self, key: str) -> Told:
        """Return what rows say of a record, which is all that pages with such a row hang on."""
        record = self._whole.records[key]
        when = (self.words.in_words(record.when),) if record.when else ()
        year = str(record.when.years[0]) if record.when and record.when.years else self.words("groups.undated")
        caption = escape_inline(record.caption)
        match record:
            case Actor():
                about = (escape_inline(record.description),) if record.description else ()
                return Told(caption, "", about, self.words(f"groups.{record.type or 'other'}"))
            case Quote():
                speaker = self.resolve(record.speaker, ("actors",))
                return Told(escape_inline(in_quotes(shorten(record.text, 200))), speaker, when, year)
            case Event():
                place = (escape_inline(record.place.name),) if record.place else ()
                return Told(caption, "", (*when, *place), year)
            case Source(publisher=str(publisher)):
                return Told(caption, "", (escape_inline(publisher), *when), "")
        return Told(caption, "", when, "")

    def of_backlinks(self, links: PageLinks, backlinks: Sequence[Backlink], named: str) -> Row:
        """Return the row of what names a record, once or several times: a record, a judgement, or a page.

        `backlinks` have one key. `named` is the key of the record that is named; the row says as what it is named, and
        has the sentences that do so.
        """
        backlink = backlinks[0]
        if backlink.key in self._whole.records:
            parts = [self._part_at(backlink) for backlink in backlinks]
            roles = dict.fromkeys(role for part in parts for role in _role_in(part, self.words))
            contexts = dict.fromkeys(self._context(backlink.key, part, named) for part in parts)
            as_what = (", ".join(roles),) if roles else ()
            return self.of_key(links, backlink.key, *as_what, on=named, context="<br>".join(filter(None, contexts)))
        if backlink.key == HOME and backlink.at[:1] == ("judgements",):
            judgement = self.card[HOME].judgements[int(backlink.at[1])]
            prose = self.briefing.prose[HOME, ("judgements", backlink.at[1], "text")]
            words = shorten(plain_text(self.briefing, prose), 200)
            return Row(
                links.to(HOME, words),
                (self.words(f"likelihood.{judgement.likelihood}"),) if judgement.likelihood else (),
                "",
            )
        return Row(links.to(backlink.key), (), "", self._sentence(backlink.key, named))

    def _part_at(self, backlink: Backlink) -> Any:
        """Return the part of a record that holds a reference, a citation, role or participant; None for the record."""
        if len(backlink.at) < 2 or isinstance(backlink.at[-1], int):  # of a list of ids, or by itself
            return None
        part: Any = self.briefing.records[backlink.key]
        for step in backlink.at[:-1]:
            part = part[step] if isinstance(step, int) else getattr(part, step)
        return part

    def _context(self, key: str, part: Any, named: str) -> str:
        if isinstance(part, Citation) and part.quote:
            return escape_inline(in_quotes(shorten(part.quote, WIDTH)))
        return self._sentence(key, named)

    def _sentence(self, key: str, named: str) -> str:
        return self.sentences.get(key, {}).get(named, "") if named else ""

    def quote(self, key: str) -> Sentences:
        """Return the sentences in which a record, a page or the card names others, as Markdown."""
        page = self._whole.pages.get(key)
        found: dict[str, str] = {}
        for prose in [page.prose] if page else self._prose_of(key):
            found = {**sentences_of(self._whole, prose), **found}
        return found

    def _prose_of(self, key: str) -> list[Prose]:
        """Return all prose of a record, or of the briefing's card."""
        part = self._whole.info if key == HOME else self._whole.records[key]
        return [self._whole.prose[key, at] for at, _, _ in marked_values(part, IsProse)]

    def of_citation(self, links: PageLinks, citation: Citation, record: Record) -> str:
        """Return a citation as Markdown: the source, where in it, its words, and where they can be seen.

        An address of the source leads to the words themselves: those cited, or those of the quote that cites it.
        """
        key = self.resolve(citation.source, ("sources",))
        source = self.briefing.records[key]
        text = links.to(key)
        if citation.at:
            text += f", {escape_inline(citation.at)}"
        if citation.quote:
            text += f": {escape_inline(in_quotes(' '.join(citation.quote.split())))}"
        words = citation.quote or (record.text if isinstance(record, Quote) else "")
        seen = [web_link(to_words(citation.url, words), shorten(citation.url, 60))] if citation.url else []
        if isinstance(source, Source):
            if source.url and not citation.url:
                seen.append(web_link(to_words(source.url, words), self.words("citation.there")))
            if source.archived_url:
                seen.append(web_link(to_words(source.archived_url, words), self.words("citation.archived")))
        return f'{text} <span class="bb-seen">({", ".join(seen)})</span>' if seen else text


def to_words(url: str, words: str) -> str:
    """Return an address that has browsers scroll to words on its page and mark them; of long ones the first and last.

    Source: URL Fragment Text Directives, WICG, section 3.3; browsers that do not know it show the page.
    """
    if not words or not url.startswith(("http://", "https://")):
        return url
    said = words.split("\N{HORIZONTAL ELLIPSIS}")[0].split() or words.split()
    ends = [said] if len(said) <= 2 * TEXT_FRAGMENT_WORDS else [said[:TEXT_FRAGMENT_WORDS], said[-TEXT_FRAGMENT_WORDS:]]
    text = ",".join(quote(" ".join(part), safe="").replace("-", "%2D") for part in ends)
    return f"{url}{'' if '#' in url else '#'}:~:text={text}"


def _role_in(part: Any, words: Words) -> tuple[str, ...]:
    """Say as what a part of a record names another: role of a participant, title of a post, place in a source."""
    if isinstance(part, Participant) and part.role:
        return (escape_inline(part.role),)
    if isinstance(part, Role):
        return (escape_inline(part.title) + in_brackets(escape_text(words.span(part.from_, part.to))),)
    if isinstance(part, Citation) and part.at:
        return (escape_inline(part.at),)
    return ()

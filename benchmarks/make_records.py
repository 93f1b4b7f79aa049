"""Writes a briefing of any size: `python benchmarks/make_records.py N DIR [--seed S]`.

N records in all: 20% actors, 45% quotes, 25% events, 10% sources. They are invented, but shaped like real ones: a
few actors say most of the quotes, names stand in running text, dates are as vague as they are in life. The briefing
has no errors and no warnings: each record is named by another one, and follows only what went before it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import click
import yaml
from anyascii import anyascii
from babel import Locale
from words import FIRST_YEAR, LAST_YEAR, Words, Zipf

from generator.dates import parse_date

SHARES = {"actors": 0.20, "events": 0.25, "sources": 0.10}  # the rest are quotes
RECORDS_TO_A_PAGE = 500  # one hand-written page for so many records
TOPICS = 40

SETTINGS = Path(__file__).resolve().parent.parent / "templates" / "init" / "mkdocs.yml"


@dataclass(slots=True, eq=False)
class Draft:
    """A record to be. `shown` are the names that prose may call it by; `last_year` is the last in which it speaks."""

    folder: str
    id: str
    fields: dict[str, Any]
    shown: tuple[str, ...] = ()
    mentions: list[str] = field(default_factory=list)  # what its summary must name
    last_year: int = 0


class Maker:
    """Makes the records of one briefing; the order in which its methods are called decides what is drawn."""

    def __init__(self, count: int, seed: int) -> None:
        self.random = Random(seed)
        self.words = Words(self.random)
        sizes = {folder: round(count * share) for folder, share in SHARES.items()}
        self.topics = Zipf((self.words.phrase(self.random.randint(1, 2)) for _ in range(TOPICS)), self.random)
        self.ids: set[str] = set()
        self.sources = [self._source() for _ in range(sizes["sources"])]
        self.actors = [self._actor() for _ in range(sizes["actors"])]
        self._give_posts()
        self._cast = Zipf(self.random.sample(self.actors, len(self.actors)), self.random, 0.9)
        self._cited = Zipf(self.random.sample(self.sources, len(self.sources)), self.random, 0.7)
        self.events = self._all_events(sizes["events"])
        self.quotes = self._all_quotes(count - sum(sizes.values()))
        self._name_all()
        for draft in self.records():
            self._finish(draft)

    def records(self) -> Iterator[Draft]:
        """Yield the records, kind by kind."""
        yield from self.actors
        yield from self.events
        yield from self.quotes
        yield from self.sources

    def _is(self, chance: float) -> bool:
        return self.random.random() < chance

    def _id(self, text: str) -> str:
        letters = "".join(letter if letter.isalnum() else "-" for letter in anyascii(text).lower())
        stem = id = "-".join(part for part in letters.split("-") if part)
        number = 1
        while id in self.ids:
            number = number * 2 if number < 8 else self.random.randint(9, 10**7)
            id = f"{stem}-{number}"
        self.ids.add(id)
        return id

    def _source(self) -> Draft:
        title = self.words.phrase(self.random.randint(4, 9))
        fields: dict[str, Any] = {
            "title": title,
            "type": self.random.choice(("article", "report", "treaty", "statement", "dataset", "minutes")),
            "publisher": f"The {self.words.rare()} {self.random.choice(('Herald', 'Times', 'Review', 'Institute'))}",
            "published": self.words.date(),
            "url": f"https://example.org/{self.random.randint(10**5, 10**8)}",
        }
        if self._is(0.3):
            fields |= {"reliability": self.random.choice("ABCDEF"), "language": "en"}
        return Draft("sources", self._id(title), fields)

    def _actor(self) -> Draft:
        kind = self.random.choices(("person", "organisation", "group", "country"), (66, 22, 8, 4))[0]
        if kind == "person":
            return self._person()
        if kind == "country":
            for code in self.random.sample(_COUNTRIES, 5):
                name = _country(code, "en")
                if self.words.take(name):
                    names = {language: _country(code, language) for language in ("ru", "ko", "zh", "ar")}
                    kept = {language: text for language, text in names.items() if self.words.take(text)}
                    fields = {"name": name, "type": kind, "names": kept, "country": code}
                    return Draft("actors", self._id(name), fields, (name,))
            kind = "organisation"  # all are taken
        return self._body(kind)

    def _person(self) -> Draft:
        name = self.words.person()
        fields: dict[str, Any] = {"name": name.latin, "type": "person", "description": self.words.phrase(5)}
        shown = [name.latin]
        if name.native and name.language:
            fields["names"] = {name.language: name.native}
            shown.append(name.native)
        if self._is(0.4):
            first, *rest = name.latin.split()
            fields["aliases"] = [alias for alias in (f"{first[0]}. {' '.join(rest)}",) if self.words.take(alias)]
            shown += fields["aliases"]
        if self._is(0.5):
            fields["born"] = f"{self.random.randint(1920, FIRST_YEAR - 20)}"
        return Draft("actors", self._id(name.latin), fields, tuple(shown))

    def _body(self, kind: str) -> Draft:
        endings = ("Movement", "Front", "League") if kind == "group" else ("Institute", "Council", "Agency", "Union")
        name = ""
        while not self.words.take(name):
            name = " ".join((self.words.rare(), self.words.rare(), self.random.choice(endings)))
        fields: dict[str, Any] = {"name": name, "type": kind, "url": f"https://example.org/{len(self.ids)}"}
        letters = "".join(word[:2].upper() for word in name.split())
        fields["aliases"] = [alias for alias in (letters,) if self._is(0.6) and self.words.take(alias)]
        return Draft("actors", self._id(name), fields, (name, *fields["aliases"]))

    def _give_posts(self) -> None:
        """Make actors part of bodies that come before them, and give people posts in these."""
        bodies: list[Draft] = []
        for actor in self.actors:
            if bodies and self._is(0.6):
                actor.fields["part_of"] = self.random.choice(bodies).id
            if actor.fields["type"] != "person":
                bodies.append(actor)
                continue
            roles = []
            for _ in range(self.random.randint(0, 2) if bodies else 0):
                start = self.random.randint(FIRST_YEAR, LAST_YEAR - 4)
                role = {"title": self.words.phrase(2), "of": self.random.choice(bodies).id, "from": str(start)}
                roles.append(role | ({"to": str(start + self.random.randint(0, 4))} if self._is(0.6) else {}))
            actor.fields["roles"] = roles

    def _all_events(self, count: int) -> list[Draft]:
        events: list[Draft] = []
        for number, when in enumerate(self.words.dates(count)):
            kind = self.random.choice(("Summit", "Visit", "Agreement", "Vote", "Protest", "Exercise", "Hearing"))
            title = f"{kind} of {self.words.rare()} on {self.words.phrase(2).lower()}"
            cast = {actor.id for actor in self.actors[number : number + 1]}  # so that each takes part in something
            cast |= {actor.id for actor in self._cast.draw_several(self.random.randint(1, 5))}
            people = [{"actor": id, "role": self.words.phrase(1)} if self._is(0.3) else id for id in sorted(cast)]
            fields: dict[str, Any] = {"title": title, "date": when, "type": kind.lower(), "place": self.words.place()}
            fields["participants"] = people
            for name, chance in (("follows", 0.4), ("part_of", 0.15)):
                if events and self._is(chance):
                    fields[name] = self.random.choice(events[-30:]).id
            events.append(Draft("events", self._id(title), fields))
        return events

    def _all_quotes(self, count: int) -> list[Draft]:
        return [self._quote(number) for number in range(count)]

    def _quote(self, number: int) -> Draft:
        speaker = self._cast.draw()
        text = " ".join(self.words.sentence() for _ in range(self.random.choices((1, 2, 3), (5, 3, 2))[0]))
        text = text.replace("*", "")
        cited = [*self.sources[number : number + 1], *self._cited.draw_several(self.random.choice((1, 1, 2)))]
        fields: dict[str, Any] = {"speaker": speaker.id, "text": text, "sources": self._citations(cited)}
        if number < len(self.events) or self._is(0.4):
            event = self.events[number] if number < len(self.events) else self.random.choice(self.events)
            fields |= {"event": event.id, "date": event.fields["date"]}
        elif self._is(0.95):
            fields["date"] = self.words.date()
        if self._is(0.2):
            fields["to"] = [actor.id for actor in self._cast.draw_several(2)]
        if self._is(0.2):
            language, words = self.words.foreign_text(self.random.randint(8, 30))
            fields |= {"language": "en", "original": {"language": language, "text": words}}
        fields["status"] = self.random.choices(("verified", "reported", "disputed"), (7, 2, 1))[0]
        fields["about"] = [self._cast.draw().id] if self._is(0.3) else []
        if "date" in fields:
            speaker.last_year = max(speaker.last_year, *parse_date(fields["date"]).years)
        return Draft("quotes", self._id(f"{speaker.id} {text[:24]}"), fields)

    def _citations(self, cited: list[Draft]) -> list[Any]:
        ids = sorted({source.id for source in cited})
        at = ("p.", "paragraph", "section")
        return [
            {"source": id, "at": f"{self.random.choice(at)} {self.random.randint(1, 90)}"} if self._is(0.6) else id
            for id in ids
        ]

    def _name_all(self) -> None:
        """Have each quote named by an event's summary or by the next quote, and let some speakers die."""
        for quote, following in zip(self.quotes, [*self.quotes[1:], self.quotes[0]], strict=True):
            if self._is(0.4):
                following.fields["about"].append(quote.id)
            else:
                self.random.choice(self.events).mentions.append(f"[[{quote.id}|these words]]")
        for actor in self.actors:
            if "born" in actor.fields and actor.last_year < LAST_YEAR and self._is(0.2):
                actor.fields["died"] = str(max(actor.last_year + 1, 2000))

    def _finish(self, draft: Draft) -> None:
        """Give a record what any kind may have: prose, topics, citations."""
        fields = draft.fields
        if draft.folder in ("actors", "events") or self._is(0.3):
            fields["summary"] = self._prose(self.random.randint(1, 4), draft.mentions)
        if self._is(0.04):
            fields["note"] = self.words.sentence()
        if self._is(0.6) and draft.folder != "sources":
            fields["tags"] = self.topics.draw_several(3)
        if draft.folder in ("actors", "events"):
            fields["sources"] = self._citations(self._cited.draw_several(2))
        if self._is(0.2):
            fields["confidence"] = self.random.choice(("low", "moderate", "high"))
        draft.fields = {name: value for name, value in fields.items() if value not in ("", [], {})}

    def _prose(self, count: int, mentions: list[str]) -> str:
        sentences = [self.words.sentence([mention]) for mention in mentions]
        for _ in range(count):
            named = [self.random.choice(self._cast.draw().shown)] if self._is(0.35) else []
            named += [f"[[{self._cast.draw().id}]]"] if self._is(0.12) else []
            sentences.append(self.words.sentence(named))
        if self._is(0.06):
            points = "\n".join(f"- {self.words.sentence()}" for _ in range(3))
            return f"{' '.join(sentences)}\n\n{points}"
        return " ".join(sentences)

    def card(self) -> dict[str, Any]:
        """Return the briefing's card."""
        likelihoods = ("unlikely", "roughly even chance", "likely", "very likely")
        judgements = [
            {
                "text": self._prose(1, []),
                "likelihood": self.random.choice(likelihoods),
                "confidence": self.random.choice(("low", "moderate", "high")),
                "based_on": [self.random.choice(drafts).id for drafts in (self.quotes, self.events)],
            }
            for _ in range(5)
        ]
        card = {"title": "Invented briefing", "subtitle": self.words.phrase(6), "edition": "First edition"}
        return card | {"as_of": f"{LAST_YEAR}-12-31", "summary": self._prose(4, []), "judgements": judgements}

    def page(self, number: int) -> str:
        """Return a hand-written page that links to records of each kind."""
        named = [f"[[{self.random.choice(drafts).id}]]" for drafts in (self.actors, self.events, self.quotes)]
        return f"# Note {number}: {self.words.phrase(3)}\n\n{self._prose(6, named)}\n"


_COUNTRIES = tuple(code for code in map(str, Locale("en").territories) if code.isalpha() and code != "ZZ")


def _country(code: str, language: str) -> str:
    return str(Locale(language).territories.get(code, ""))


def write_briefing(maker: Maker, folder: Path) -> None:
    """Write the records below `folder/docs`, about one file in 30 with several, and what else a briefing has."""
    docs = folder / "docs"
    for name, kind in (("actors", maker.actors), ("quotes", maker.quotes), ("events", maker.events)):
        _write_records(docs / name, kind, maker.random)
    _write_records(docs / "sources", maker.sources, maker.random)
    (docs / "notes").mkdir(exist_ok=True)
    for number in range(1, 2 + sum(1 for _ in maker.records()) // RECORDS_TO_A_PAGE):
        (docs / "notes" / f"note-{number}.md").write_text(maker.page(number), "utf-8")
    (docs / "briefing.yml").write_text(_as_yaml(maker.card()), "utf-8")
    settings = SETTINGS.read_text("utf-8").replace("not_in_nav: |\n", "not_in_nav: |\n  /notes/\n")
    (folder / "mkdocs.yml").write_text(settings, "utf-8")


def _write_records(folder: Path, drafts: list[Draft], random: Random) -> None:
    left = iter(drafts)
    for first in left:
        year = str(first.fields.get("date", ""))[:4].replace("X", "0")
        below = folder / (year or first.id[:1])
        below.mkdir(parents=True, exist_ok=True)
        if random.random() < 0.03:
            several = [first, *islice(left, random.randint(1, 8))]
            text = _as_yaml([{"id": draft.id, **draft.fields} for draft in several])
            (below / f"from-{first.id}.yml").write_text(text, "utf-8")
        else:
            (below / f"{first.id}.yml").write_text(_as_yaml(first.fields), "utf-8")


def _as_yaml(value: object) -> str:
    return yaml.dump(value, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False, width=100)


@click.command()
@click.argument("count", type=click.IntRange(min=10))
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--seed", default=1, show_default=True, help="Another seed gives another briefing of the same shape.")
def main(count: int, folder: Path, seed: int) -> None:
    """Write a briefing of COUNT records into the new or empty FOLDER."""
    if folder.exists() and any(folder.iterdir()):
        raise click.UsageError(f"'{folder}' is not empty. Name a new folder.")
    write_briefing(Maker(count, seed), folder)


if __name__ == "__main__":
    main()

"""The short cut of a build: after edits of a few records, the others are not read.

What pages are made of is what the ledger has, but for what the edits change in it. Whatever is not certain here is left
to a whole build, before anything is written.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from html import unescape
from itertools import chain
from typing import Any, NamedTuple
from urllib.parse import unquote

from pydantic import TypeAdapter

from generator.ahead import fetch_for_edits, fetch_for_pages
from generator.edits import Edits, Written
from generator.errors import Problem
from generator.fields import FieldPath
from generator.inputs import Input, card_input, page_input, record_input, take_inputs, text_input
from generator.ledger import Ledger, Stamp
from generator.link import HOME, Briefing
from generator.linked import HandPage
from generator.names import names_of
from generator.noted import Deferred
from generator.order import steps_back
from generator.pages import Arranged, PageMaker, Planned
from generator.pipeline import day_of
from generator.project import Project
from generator.prose import Mention, Prose, Target
from generator.rearranging import Arrangement, Rearranging, reorder
from generator.records import BriefingInfo, Record, is_arranged_alike
from generator.rows import Sentences, Told
from generator.seen import SEEN, Seen, look_at
from generator.stored import Stored, StoredProse
from generator.tallies import LINKS
from generator.words import load_words

_PROBLEMS = TypeAdapter(tuple[Problem, ...])
# The kinds of inputs that an `Arrangement` has, by its names of them
_ARRANGED = {"backlinks": "back", "ties": "ties", "places": "place", "neighbours": "beside", "plans": "plan"}
_ARRANGED |= {"rests": "rest", "chunks": "chunk", "outlines": "outline", "tallies": "tally", "choices": "choice"}
_DERIVED = ("caption", "row", "sentence", *_ARRANGED.values())  # kinds of inputs that follow from records
_END = re.compile(r"\.(?:md|svg|json)([#?]?)")  # of a path, in whatever form a link is written
_LONGEST = 300  # name of a file, in characters
_GROUPS = ("record", "plan", "rest", "chunk")  # kinds of inputs, each of which is a group of pages by its key


class Remade(NamedTuple):
    """What edits made of pages: their texts by path, with the group of each; and what the ledger is to be told.

    `gone` are the groups of which nothing is left. `inputs` are by kind and key; one without a value is gone. `day` is
    that to which the site is dated.
    """

    texts: Mapping[str, str]
    groups: Mapping[str, str]
    gone: frozenset[str]
    inputs: Mapping[tuple[str, str], Input]
    looked_up: Mapping[str, Mapping[str, list[str]]]
    day: date
    is_of_another_day: bool


def remember(ledger: Ledger, briefing: Briefing, problems: Iterable[Problem], seen: Seen) -> None:
    """Tell the ledger what the short cut needs after a whole build."""
    named = names_of(briefing.records.values())
    _keep_seen(ledger, seen, {*seen.files, *ledger.files(SEEN)})
    ledger.tell("keys", {key: briefing.files[key] for key in briefing.records})  # in their order
    ledger.tell("drafts", {key: file for key, file in briefing.files.items() if key not in briefing.records})
    ledger.tell("named", named)
    ledger.tell("led to", _led_to(briefing.pages.values()))
    ledger.tell("steps", steps_back(briefing.records.values()))
    told = {
        "world": seen.world,
        "assets": briefing.assets,
        "pages": [page.name for page in briefing.pages.values()],
        "problems": _PROBLEMS.dump_python(tuple(problems), mode="json"),
    }
    ledger.tell("short cut", told)


def _keep_seen(ledger: Ledger, seen: Seen, names: Collection[str]) -> None:
    """Tell the ledger how files lie: those of these names."""
    stamps = {name: Stamp("-", *seen.files[name]) for name in names if name in seen.files}  # "" is gone
    ledger.keep_files(SEEN, stamps, gone=[name for name in names if name not in stamps])


def is_same_world(ledger: Ledger, seen: Seen) -> bool:
    """Tell whether pages are made with what the last build made them with, as far as the ledger knows."""
    return _has_world(ledger.told("short cut"), seen)


def _has_world(told: Any, seen: Seen) -> bool:
    return bool(told and seen.world) and told["world"] == seen.world


def forget(ledger: Ledger) -> None:
    """Tell the ledger that the next build has to be a whole one."""
    ledger.tell("short cut", None)


class Shortcut:
    """What the ledger has of a briefing, as far as it is asked for. `is_open` tells whether it may be used.

    `problems` are the warnings of the last build, and `led_to` to which files pages that people wrote may lead, as
    `_led_to` has them; after `remake`, those of this one.
    """

    def __init__(self, project: Project, ledger: Ledger) -> None:
        told = ledger.told("short cut")
        self._project, self._ledger, self._told = project, ledger, told
        self._seen = look_at(project) if told else Seen({}, "")
        self.is_open = _has_world(told, self._seen)
        self.problems: tuple[Problem, ...] = ()
        self.led_to: Mapping[str, list[str]] = ledger.told("led to") or {}
        if self.is_open:
            self.problems = _PROBLEMS.validate_python(told["problems"], strict=False)
            self._files: dict[str, str] = ledger.told("keys")
            stored = {kind: Stored[Any](ledger, kind) for kind in (*_DERIVED, "text", "card")}
            pages = {name.removesuffix(".md"): name for name in told["pages"]}
            stored |= {"record": Stored(ledger, "record", self._files), "page": Stored(ledger, "page", pages)}
            self._stored = stored
            self._records: Stored[Record] = self._stored["record"]
            self._texts: Stored[Mapping[FieldPath, Prose]] = stored["text"]
            self._captions: Stored[str] = stored["caption"]
            self._rows: Stored[Told] = stored["row"]
            self._sentences: Stored[Sentences] = stored["sentence"]
            self._known = Arrangement(**{name: stored[kind] for name, kind in _ARRANGED.items()})
            self._briefing = self._stored_briefing()

    def remake(self) -> Remade | None:
        """Return what the edits since then make of pages; None when that takes a whole build."""
        edits = Edits(self._project, self._ledger, self._briefing, self._seen) if self.is_open else None
        written = edits.read() if edits else None
        if edits is None or written is None:
            return None
        day = self._day()
        inputs = self._own_inputs(written)
        maker = self._arranged(written)
        if maker:
            self._quote(maker, {key: bool(made.value) for (kind, key), made in inputs.items() if kind == "text"})
        problems = edits.problems_after(written, self._briefing, self.problems) if maker else None
        if maker is None or problems is None:
            return None
        self.problems, self._edits = problems, edits
        inputs |= chain.from_iterable(self._stored[kind].changes() for kind in _DERIVED)
        known = {place: self._ledger.input(*place) or Input("", "") for place in inputs}
        if pages := [item.part for item in written if isinstance(item.part, HandPage)]:
            led_to = _led_to(pages)  # where they led before is not forgotten
            self.led_to = {name: sorted({*led_to[name], *last}) for name, last in self.led_to.items()}
        return self._made(maker, {place: made for place, made in inputs.items() if made != known[place]}, day)

    def remember(self) -> None:
        """Tell the ledger that what was edited is followed."""
        ledger, files = self._ledger, self._briefing.files
        _keep_seen(ledger, self._seen, self._edits.changed)
        now = {"named": self._edits.names, "drafts": self._edits.drafts, "led to": self.led_to}
        for name, value in now.items():
            if value != ledger.told(name):
                ledger.tell(name, value)
        if [*self._files.items()] != [*files.items()]:
            ledger.tell("keys", files)
        ledger.tell("short cut", {**self._told, "problems": _PROBLEMS.dump_python(self.problems, mode="json")})

    def _made(self, maker: PageMaker, inputs: Mapping[tuple[str, str], Input], last_day: date) -> Remade:
        """Return the pages that look up what is another in these inputs, and new ones.

        `last_day` is that to which the site was dated.
        """
        others = [place for place, made in inputs.items() if not self._ledger.has_input(*place, made.digest)]
        readers = self._ledger.readers(f"{kind} {key}" for kind, key in others)
        groups = {group for group in readers if maker.is_group(group)}  # and not one that is gone since then
        gone = frozenset(key for (kind, key), made in inputs.items() if kind in _GROUPS and not made.value)
        there = ((kind, key) for (kind, key), made in inputs.items() if kind in _GROUPS and made.value)
        groups |= {key for kind, key in there if not self._ledger.input(kind, key)}
        groups |= {key for kind, key in others if kind == "page"}
        texts: dict[str, str] = {}
        groups_of: dict[str, str] = {}
        looked_up = {}
        fetch_for_pages(self._stored, groups - gone)
        take_inputs(maker)  # what was looked up to arrange them belongs to none of them
        for group in sorted(groups - gone):
            made = {page.path: page.text for page in maker.make(group)}
            texts |= made
            groups_of |= dict.fromkeys(made, group)
            looked_up[group] = take_inputs(maker)
        day = self._day()
        return Remade(texts, groups_of, gone, inputs, looked_up, day, is_of_another_day=day != last_day)

    def _day(self) -> date:
        return day_of(self._briefing.info, map(date.fromisoformat, self._known.tallies["ends"]))

    def _own_inputs(self, written: Iterable[Written]) -> dict[tuple[str, str], Input]:
        """Take the edits into the briefing, and return what pages look up of these records."""
        found = dict[tuple[str, str], Input]()
        gone = {item.edit.key for item in written if not item.file}
        for item in written:
            self._take(item)
        briefing = self._briefing
        for item in written:
            key = item.edit.key
            found |= _own_input(item)
            found["text", key] = text_input(item.prose.items(), briefing) if item.prose else Input("", "")
            for author in self._named_without_words(key):
                if author not in gone:
                    found["text", author] = text_input(self._texts[author].items(), briefing)
        return found

    def _take(self, item: Written) -> None:
        """Have the briefing hold what was edited as it is now."""
        key, now, part = item.edit.key, item.edit.now, item.part
        if not item.file:
            del self._records[key], self._captions[key]
            return
        self._texts[key] = item.prose
        if now:
            self._records[key], self._captions[key] = now, now.caption
        elif isinstance(part, BriefingInfo):
            self._briefing = replace(self._briefing, info=part)
            self._captions[key] = part.title
        elif part:
            self._stored["page"][key], self._captions[key] = part, part.title

    def _arranged(self, written: Sequence[Written]) -> PageMaker | None:
        """Bring all that is arranged up to date, and return what makes pages of it; None when that takes more."""
        moving = [item.edit for item in written if _moves(item)]
        now = order = [*self._briefing.files]
        if moving:
            steps = self._ledger.told("steps")
            now = reorder(order, self._records, moving, steps)
            self._ledger.tell("steps", steps)
        all_files = {**self._briefing.files, **{item.edit.key: item.file for item in written}}
        self._briefing = replace(self._briefing, files={key: all_files[key] for key in now})
        self._records.keys_in_order = self._briefing.files
        maker = self._page_maker()
        for edit in (item.edit for item in written):
            if edit.now:
                self._rows[edit.key] = maker.maker.rows.tell(edit.key)
            elif edit.before:
                del self._rows[edit.key]
        fetch_for_edits(self._stored, moving)
        is_done = not moving or Rearranging(self._known, moving, maker.maker, order).run()
        return maker if is_done else None

    def _quote(self, maker: PageMaker, texts: Mapping[str, bool]) -> None:
        """Find the sentences anew in which texts name others: {key: whether there is a text}."""
        for key, is_there in texts.items():
            if is_there:
                self._sentences[key] = maker.maker.rows.quote(key)
            elif key in self._sentences:
                del self._sentences[key]

    def _named_without_words(self, key: str) -> Iterator[str]:
        """Yield the keys of those whose prose names a record by its id alone, and so has its caption in it."""
        backlinks = self._briefing.backlinks.get(key, {})
        for author in {backlink.key for found in backlinks.values() for backlink in found}:
            pieces = (piece for prose in self._texts.get(author, {}).values() for piece in prose)
            if any(isinstance(piece, Mention) and piece.key == key and not piece.words for piece in pieces):
                yield author

    def _stored_briefing(self) -> Briefing:
        return Briefing(
            info=self._stored["card"][HOME],
            records=self._records,
            pages=self._stored["page"],
            assets=tuple(self._told["assets"]),
            files=self._files,
            backlinks=self._known.backlinks,
            prose=StoredProse(self._texts),
            shared_names={},
            nested_names={},
        )

    def _page_maker(self) -> PageMaker:
        known, words = self._known, load_words(self._briefing.info.language, self._project.template_dirs)
        links = Deferred(lambda: known.tallies[LINKS])
        arranged = Arranged(
            self._captions,
            known.places,
            known.ties,
            known.tallies,
            links,
            known.neighbours,
            self._rows,
            self._sentences,
        )
        planned = Planned(known.plans, known.rests, known.chunks, known.outlines, known.choices)
        return PageMaker.of_parts(self._briefing, arranged, planned, self._project.template_dirs, words)


def _led_to(pages: Iterable[HandPage]) -> dict[str, list[str]]:
    """Return to which files pages that people wrote may lead, and into which: at a heading. Each is a text that ends in
    the name of one.
    """
    pieces = (piece for page in pages for piece in page.prose if not isinstance(piece, Mention))
    texts = (piece.path if isinstance(piece, Target) else piece.text for piece in pieces)
    found = {lead for text in texts for lead in _leads_in(text)}
    return {"files": sorted({name for name, _ in found}), "headings": sorted({name for name, mark in found if mark})}


def _leads_in(text: str) -> Iterator[tuple[str, str]]:
    plain = unquote(unescape(text)).replace("\\", "")
    for found in _END.finditer(plain):
        end = found.start(1)
        yield plain[max(0, end - _LONGEST) : end].rpartition("\n")[2].rpartition("/")[2], found[1]


def _own_input(item: Written) -> dict[tuple[str, str], Input]:
    """Return what was edited as an input, beside its text; without a value: gone."""
    key, now, part = item.edit.key, item.edit.now, item.part
    if isinstance(part, BriefingInfo):
        return {("card", key): card_input(part)}
    if part:
        return {("page", key): page_input(part)}
    return {("record", key): record_input(now, item.file) if now else Input("", "")}


def _moves(item: Written) -> bool:
    """Tell whether an edit is of more than own words: by the day of the card, too, much is chosen."""
    edit = item.edit
    if item.part:
        return isinstance(item.part, BriefingInfo) or not edit.is_linked_alike
    if edit.before is None or edit.now is None:
        return True
    return edit.is_carried or not is_arranged_alike(edit.before, edit.now) or not edit.is_linked_alike

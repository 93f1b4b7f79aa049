"""The short cut of a build: after edits of what records say in their own words, the other records are not read.

Such an edit changes no reference, and nothing by which records are chosen or put in order: all else that pages are made
of is what the ledger has. Whatever is not certain here is left to a whole build, before anything is written.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from hashlib import sha256
from time import time_ns
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from generator.errors import Problem
from generator.fields import FieldPath, slug
from generator.files import is_settled, stamps_below
from generator.inputs import Input, input_of, record_input, take_inputs, text_input
from generator.ledger import Ledger
from generator.link import Briefing, Prose, link_alone
from generator.lists import ListPlan
from generator.load import load_file
from generator.manifest import digests_below, made_with
from generator.names import names_of
from generator.noted import Lazy
from generator.pages import Arranged, PageMaker, Planned
from generator.pipeline import Project
from generator.places import Places
from generator.prose import Mention, escape_inline
from generator.records import Actor, BriefingInfo, Quote, Record, is_arranged_alike
from generator.stored import Stored, StoredProse
from generator.topics import Retagged, refaceted, replan_topics
from generator.validate import Checked, judge_record
from generator.words import load_words

MOST_FILES = 20  # edited ones: with more, a whole build is not much slower

_PROBLEMS = TypeAdapter(tuple[Problem, ...])


class Seen(NamedTuple):
    """How the files below `docs/` lay before they were read, and a digest of all else that pages are made with."""

    files: Mapping[str, list[int]]  # name -> inode, time, bytes; nothing of what may have been edited just then
    world: str


class Edit(NamedTuple):
    """A record after an edit, where it is written, its linked prose, and the topics that it had."""

    record: Record
    file: str
    prose: Mapping[FieldPath, Prose]
    topics: tuple[str, ...]


class Remade(NamedTuple):
    """What an edit made of pages: their texts by path, with the group of each; and what the ledger is to be told.

    `inputs` are by kind and key; one without a value is gone.
    """

    texts: Mapping[str, str]
    groups: Mapping[str, str]
    inputs: Mapping[tuple[str, str], Input]
    looked_up: Mapping[str, Mapping[str, list[str]]]


def look_at(project: Project) -> Seen:
    """Return how everything lies now. A briefing whose settings are in several files has no world: "" is no digest."""
    now = time_ns()
    try:
        settings = (project.root / "mkdocs.yml").read_text("utf-8")
        stamps = stamps_below(project.root / "docs")
    except (OSError, UnicodeDecodeError):
        return Seen({}, "")
    words = {*re.findall(r"\w+", settings)} - {"_"}  # which shells set to the command
    named = sorted((name, value) for name, value in os.environ.items() if name in words)
    told = [settings, named, os.environ.get("SOURCE_DATE_EPOCH"), made_with()]
    told += [digests_below(folder) for folder in project.template_dirs]
    world = "" if "INHERIT" in settings else sha256(repr(told).encode()).hexdigest()
    return Seen({name: [*lay] if is_settled(lay[1], now) else [] for name, lay in stamps.items()}, world)


def remember(ledger: Ledger, briefing: Briefing, problems: Iterable[Problem], seen: Seen) -> None:
    """Tell the ledger what the short cut needs after a whole build."""
    named = names_of(record for record in briefing.records.values() if isinstance(record, Actor))
    ledger.tell("seen files", seen.files)
    ledger.tell("keys", {key: briefing.files[key] for key in briefing.records})  # in their order
    ledger.tell("named", named)
    told = {
        "world": seen.world,
        "card": briefing.info.model_dump_json(by_alias=True, exclude_defaults=True),
        "assets": briefing.assets,
        "pages": [page.name for page in briefing.pages.values()],
        "problems": _PROBLEMS.dump_python(tuple(problems), mode="json"),
    }
    ledger.tell("short cut", told)


def is_same_world(ledger: Ledger, seen: Seen) -> bool:
    """Tell whether pages are made with what the last build made them with, as far as the ledger knows."""
    return _has_world(ledger.told("short cut"), seen)


def _has_world(told: Any, seen: Seen) -> bool:
    return bool(told and seen.world) and told["world"] == seen.world


def forget(ledger: Ledger) -> None:
    """Tell the ledger that the next build has to be a whole one."""
    ledger.tell("short cut", None)


class Shortcut:
    """What the ledger has of a briefing, as far as it is asked for. `is_open` tells whether it may be used."""

    def __init__(self, project: Project, ledger: Ledger) -> None:
        told = ledger.told("short cut")
        self._project, self._ledger = project, ledger
        self._seen = look_at(project) if told else Seen({}, "")
        self.is_open = _has_world(told, self._seen)
        self.problems: tuple[Problem, ...] = ()
        if self.is_open:
            self.problems = _PROBLEMS.validate_python(told["problems"], strict=False)
            self._files: dict[str, str] = ledger.told("keys")  # key -> file
            self._assets, self._pages = told["assets"], told["pages"]
            self._briefing = self._stored_briefing(BriefingInfo.model_validate_json(told["card"]))

    def remake(self) -> Remade | None:
        """Return what the edits since then make of pages; None when that takes a whole build."""
        edits = self._edits() if self.is_open else None
        planned = self._replanned(edits) if edits is not None else None
        if edits is None or planned is None:
            return None
        inputs = {**self._changed_inputs(edits), **planned}
        groups = self._ledger.readers(f"{kind} {key}" for kind, key in inputs)
        if groups & self._briefing.pages.keys():
            return None
        maker = self._page_maker()
        texts: dict[str, str] = {}
        groups_of: dict[str, str] = {}
        looked_up = {}
        for group in sorted(groups):
            made = {page.path: page.text for page in maker.make(group)}
            texts |= made
            groups_of |= dict.fromkeys(made, group)
            looked_up[group] = take_inputs(maker)
        # A record is told whole, with its prose, which does not count in its digest.
        records = {("record", edit.record.key): record_input(edit.record, edit.file) for edit in edits}
        return Remade(texts, groups_of, {**inputs, **records}, looked_up)

    def remember(self) -> None:
        """Tell the ledger that what was edited is followed."""
        self._ledger.tell("seen files", self._seen.files)

    def _edits(self) -> list[Edit] | None:
        names = self._changed_files()
        found: list[Edit] = []
        for name in names if names is not None else ():
            edits = self._edits_in(name)
            if edits is None:
                return None
            found += edits
        return None if names is None else found

    def _changed_files(self) -> list[str] | None:
        """Return the names of the files that were edited; None when it were too many, or some are new or gone."""
        before, now = self._ledger.told("seen files"), self._seen.files
        if before.keys() != now.keys():
            return None
        names = [name for name, lay in now.items() if not lay or lay != before[name]]
        return names if len(names) <= MOST_FILES else None

    def _edits_in(self, name: str) -> list[Edit] | None:
        """Return the records of a file that were edited in their own words; None when there is more to it."""
        path, root = f"docs/{name}", self._project.root
        keys = sorted(key for key, file in self._files.items() if file == name)
        part = load_file(root, name)
        if part.problems or sorted(f"{raw.model.folder}/{raw.id}" for raw in part.records) != keys or not keys:
            return None
        if any(problem.place.path == path for problem in self.problems):  # which may be on another line now
            return None
        places, found = Places(root), []
        for raw in part.records:
            judged = judge_record(raw, frozenset(self._assets), places)
            before = self._briefing.records[f"{raw.model.folder}/{raw.id}"]
            alike = judged.record.model_copy(update={"tags": before.tags})  # other topics are followed, too
            if judged.problems or not is_arranged_alike(before, alike):
                return None
            linked, linked_before = (
                link_alone(Checked(record, path, raw.at), self._files, self._named, self._targets, places)
                for record in (judged.record, before)
            )
            if linked.problems or linked.names != linked_before.names:
                return None
            if judged.record != before:
                prose_now = {at: prose for (_, at), prose in linked.prose.items()}
                found.append(Edit(judged.record, name, prose_now, before.tags))
        return found

    @cached_property
    def _named(self) -> Mapping[str, list[str]]:
        return self._ledger.told("named")  # type: ignore[no-any-return]

    @property
    def _targets(self) -> list[str]:
        return [*self._assets, *self._pages]

    def _changed_inputs(self, edits: Iterable[Edit]) -> dict[tuple[str, str], Input]:
        """Take the edits into the briefing, and return what pages look up that is another now."""
        briefing, found = self._briefing, dict[tuple[str, str], Input]()
        for edit in edits:
            key = edit.record.key
            self._records.known[key] = edit.record
            self._texts.known[key] = edit.prose
            self._captions.known[key] = escape_inline(edit.record.caption)
            found["record", key] = record_input(edit.record, edit.file)
            found["text", key] = text_input(edit.prose.items(), briefing) if edit.prose else Input("", "")
            found["caption", key] = input_of("caption", self._captions.known[key])
        for edit in edits:
            for author in self._named_without_words(edit.record.key):
                found["text", author] = text_input(self._texts[author].items(), briefing)
        return {
            (kind, key): made
            for (kind, key), made in found.items()
            if (self._ledger.input(kind, key) or ("", ""))[0] != made.digest
        }

    def _replanned(self, edits: Iterable[Edit]) -> dict[tuple[str, str], Input] | None:
        """Take other topics of records into their lists, and return what is another now; None if it takes more."""
        retagged = [Retagged(edit.record.key, edit.topics, edit.record.tags) for edit in edits]
        retagged = [edit for edit in retagged if edit.before != edit.now]
        plans = replan_topics(self._plans, retagged, [*self._files]) if retagged else {}
        if plans is None:
            return None
        found = {("plan", path): input_of("plan", plan) for path, plan in plans.items() if plan != self._plans[path]}
        self._plans.known |= plans
        if any(edit.key.startswith(f"{Quote.folder}/") for edit in retagged):
            facets = self._choices.known["explorer"] = refaceted(self._choices["explorer"], retagged, self._files)
            found["choice", "explorer"] = input_of("choice", facets, "explorer")
        return found

    def _named_without_words(self, key: str) -> Iterator[str]:
        """Yield the keys of those whose prose names a record by its id alone, and so has its caption in it."""
        backlinks = self._briefing.backlinks.get(key, {})
        for author in {backlink.key for found in backlinks.values() for backlink in found}:
            pieces = (piece for prose in self._texts.get(author, {}).values() for piece in prose)
            if any(isinstance(piece, Mention) and piece.key == key and not piece.words for piece in pieces):
                yield author

    def _stored_briefing(self, info: BriefingInfo) -> Briefing:
        ledger = self._ledger
        self._records: Stored[Record] = Stored(ledger, "record", self._files)
        self._texts: Stored[Mapping[FieldPath, Prose]] = Stored(ledger, "text")
        self._captions: Stored[str] = Stored(ledger, "caption")
        self._plans: Stored[ListPlan] = Stored(ledger, "plan")
        self._choices: Stored[Any] = Stored(ledger, "choice")
        return Briefing(
            info=info,
            records=self._records,
            pages=Stored(ledger, "page", [name.removesuffix(".md") for name in self._pages]),
            assets=tuple(self._assets),
            files=self._files,
            backlinks=Stored(ledger, "back"),
            prose=StoredProse(self._texts),
            shared_names={},
            nested_names={},
        )

    def _page_maker(self) -> PageMaker:
        ledger, words = self._ledger, load_words(self._briefing.info.language, self._project.template_dirs)
        arranged = Arranged(
            captions=self._captions,
            places=Stored(ledger, "place"),
            ties=Stored(ledger, "ties"),
            neighbours=Stored(ledger, "beside"),
            topics=Lazy(lambda tag: f"tags/{slug(tag)}"),
        )
        planned = Planned(
            plans=self._plans,
            rests=Stored(ledger, "rest"),
            chunks=Stored(ledger, "chunk"),
            outlines=Stored(ledger, "outline"),
            choices=self._choices,
        )
        return PageMaker.of_parts(self._briefing, arranged, planned, self._project.template_dirs, words)

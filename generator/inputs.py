"""What pages are made of: everything that a page may look up, as text; and what each page did look up.

An input is told by its kind and its key: a record, its prose ("text"), its caption, what refers to it ("back") and so
on, as `PageMaker.noted` has them. A page all of whose inputs have the digests that they had is the page that it was. An
input can be read back: `shortcut.py` makes pages of them, without reading the records.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from hashlib import blake2b
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from generator.backlinks import Backlink
from generator.choices import CHOICES
from generator.fields import FieldPath
from generator.gazetteer import KnownPlace
from generator.link import HOME, Briefing
from generator.linked import HandPage
from generator.lists import ListPlan
from generator.outlines import Outline, RestPlan
from generator.pages import PageMaker
from generator.prose import Mention, Prose, prose_of, told_of
from generator.records import KIND_BY_FOLDER, BriefingInfo, Record
from generator.rows import Told
from generator.tallies import LINKS
from generator.ties import Tie

_PROSE: Mapping[str, Any] = {"summary": True, "note": True, "as_reported": {"note"}}  # an input by itself
_TYPES: Mapping[str, Any] = {
    "back": dict[str, tuple[Backlink, ...]],
    "ties": dict[str, tuple[Tie, ...]],
    "beside": tuple[str | None, str | None],
    "place": KnownPlace,
    "plan": ListPlan,
    "rest": RestPlan,
    "outline": Outline,
    "chunk": tuple[str, ...],
    "caption": str,
    "row": Told,
    "sentence": dict[str, str],
    "tally": dict[str, int],
}


class Input(NamedTuple):
    """A thing that pages look up: a digest of what they may show of it, and the whole of it as JSON."""

    digest: str
    value: str


def inputs_of(maker: PageMaker, known: Mapping[str, Mapping[str, str]] | None = None) -> dict[str, dict[str, Input]]:
    """Return all that the pages of a briefing may look up: {kind: {key: input}}; hand-written pages as "page".

    `known` are the digests that these had before, {kind: {key: digest}}. Sentences of texts that are what they were are
    not looked for, and have no value.
    """
    whole = maker.whole
    found = {
        "record": {key: record_input(record, whole.files[key]) for key, record in whole.records.items()},
        "text": {key: text_input(fields, whole) for key, fields in _texts(whole).items()},
        "page": {key: page_input(page) for key, page in whole.pages.items()},
        "card": {HOME: card_input(whole.info)},
    }
    tallies = {**maker.maker.tallies, LINKS: maker.maker.links}
    found["row"] = {key: input_of("row", maker.maker.rows.told.whole[key]) for key in whole.records}
    found["tally"] = {name: input_of("tally", {**tally}) for name, tally in tallies.items()}
    found["sentence"] = {}
    texts, sentences = ((known or {}).get(kind, {}) for kind in ("text", "sentence"))
    for key, text in found["text"].items():
        is_known = key in sentences and texts.get(key) == text.digest
        made = Input(sentences[key], "") if is_known else input_of("sentence", maker.maker.rows.sentences.whole[key])
        found["sentence"][key] = made
    for kind in (kind for kind in _TYPES if kind not in found):
        found[kind] = {key: input_of(kind, value) for key, value in maker.noted[kind].whole.items()}
    choices = maker.noted["choice"].whole
    found["choice"] = {name: input_of("choice", choices[name], name) for name in CHOICES}
    return found


def take_inputs(maker: PageMaker) -> dict[str, list[str]]:
    """Return what was looked up since this was last asked: {kind: keys}."""
    found: dict[str, list[str]] = {}
    for kind, noted in maker.noted.items():
        keys = noted.take()
        if keys:
            found[kind] = [*dict.fromkeys(key for key, _ in keys)] if kind == "text" else keys
    return found


def changed_inputs(
    before: Mapping[str, Mapping[str, str]], after: Mapping[str, Mapping[str, Input]]
) -> Iterator[tuple[str, str]]:
    """Yield the kind and key of each input that is new, gone, or has another digest than `before`."""
    for kind in before.keys() | after.keys():
        old, new = before.get(kind, {}), after.get(kind, {})
        yield from ((kind, key) for key, made in new.items() if old.get(key) != made.digest)
        yield from ((kind, key) for key in old.keys() - new.keys())


def record_input(record: Record, file: str) -> Input:
    """Return a record as an input; its prose, which others quote less often, does not count in its digest."""
    told = record.model_dump_json(exclude=_PROSE, exclude_defaults=True, by_alias=True)
    return Input(_digest(f"{file} {told}"), record.model_dump_json(exclude_defaults=True, by_alias=True))


def text_input(fields: Iterable[tuple[FieldPath, Prose]], briefing: Briefing) -> Input:
    """Return the prose of a record, or of the card: with what those are called whom it names by their ids alone."""
    told = [[at, told_of(prose), wordless_in(prose, briefing)] for at, prose in fields]
    return _input(json.dumps(told, ensure_ascii=False, separators=(",", ":")))


def page_input(page: HandPage) -> Input:
    """Return a hand-written page as an input."""
    told = [page.name, page.front_matter, page.title, told_of(page.prose)]
    return _input(json.dumps(told, ensure_ascii=False, separators=(",", ":")))


def card_input(info: BriefingInfo) -> Input:
    """Return the card of a briefing as an input."""
    return _input(info.model_dump_json(exclude_defaults=True, by_alias=True))


def input_of(kind: str, value: Any, name: str = "") -> Input:
    """Return a value of any other kind as an input; `name` is that of a choice.

    The events at a place do not count in its digest: pages that list them look these up by their rows.
    """
    adapter = _adapter(kind, name)
    made = _input(adapter.dump_json(value).decode())
    told = adapter.dump_json(value, exclude={"events"}).decode() if kind == "place" else ""
    return made._replace(digest=_digest(told)) if told else made


def wordless_in(prose: Prose, briefing: Briefing) -> list[str]:
    """Return the captions of those whom a text names by their ids alone."""
    mentioned = (piece.key for piece in prose if isinstance(piece, Mention) and not piece.words)
    return [briefing.records[key].caption for key in mentioned if key in briefing.records]


def read_input(kind: str, key: str, value: str) -> Any:
    """Return what the JSON of an input stands for: a record, its prose by field ("text"), a `HandPage`, the card ..."""
    if kind == "record":
        return KIND_BY_FOLDER[key.partition("/")[0]].model_validate_json(value)
    if kind == "text":
        return {tuple(at): prose_of(pieces) for at, pieces, _ in json.loads(value)}
    if kind == "card":
        return BriefingInfo.model_validate_json(value)
    if kind == "page":
        name, front_matter, title, pieces = json.loads(value)
        return HandPage(name, front_matter, title, prose_of(pieces))
    return _adapter(kind, key if kind == "choice" else "").validate_json(value)


@cache
def _adapter(kind: str, name: str = "") -> TypeAdapter[Any]:
    """Return what reads and writes the inputs of a kind, or the choice of this name: made when it is first needed."""
    return TypeAdapter(CHOICES[name].type if kind == "choice" else _TYPES[kind])


def _input(value: str) -> Input:
    return Input(_digest(value), value)


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def _texts(briefing: Briefing) -> dict[str, list[tuple[FieldPath, Prose]]]:
    found: dict[str, list[tuple[FieldPath, Prose]]] = {key: [((), page.prose)] for key, page in briefing.pages.items()}
    for (key, at), prose in briefing.prose.items():
        if key in briefing.records or key == HOME:  # and no draft
            found.setdefault(key, []).append((at, prose))
    return found

"""What pages are made of: everything that a page may look up, with a digest; and what each page did look up.

An input is told by its kind and its key: a record, its prose ("text"), its caption, what refers to it ("back"), and so
on, as `PageMaker.noted` has them. A page all of whose inputs have the digests that they had is the page that it was.
"""

from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Any

from generator.link import Briefing, Prose
from generator.pages import PageMaker
from generator.prose import Mention

Inputs = Mapping[str, Mapping[str, str]]  # kind -> key -> digest

_PROSE: Mapping[str, Any] = {"summary": True, "note": True, "as_reported": {"note"}}  # an input by itself
_OF_ANOTHER_KIND = {"row": "record", "sentence": "text"}  # made of the one thing, once for all pages


def inputs_of(maker: PageMaker) -> dict[str, dict[str, str]]:
    """Return a digest of all that the pages of a briefing may look up: {kind: {key: digest}}.

    Hand-written pages are among them, as "page".
    """
    whole = maker.whole
    found = {
        "record": {key: digest(record_text(whole, key)) for key in whole.records},
        "text": {key: digest(repr(parts)) for key, parts in _texts(whole).items()},
        "page": {key: digest(repr(page)) for key, page in whole.pages.items()},
    }
    for kind, noted in maker.noted.items():
        if kind not in found and kind not in _OF_ANOTHER_KIND:
            found[kind] = {key: digest(repr(value)) for key, value in noted.whole.items()}
    return found


def take_inputs(maker: PageMaker) -> dict[str, list[str]]:
    """Return what was looked up since this was last asked: {kind: keys}."""
    found: dict[str, dict[str, None]] = {}
    for kind, noted in maker.noted.items():
        keys = noted.take()
        if keys:
            known = found.setdefault(_OF_ANOTHER_KIND.get(kind, kind), {})
            known.update(dict.fromkeys((key for key, _ in keys) if kind == "text" else keys))
    return {kind: [*keys] for kind, keys in found.items()}


def changed_inputs(before: Inputs, after: Inputs) -> Iterator[tuple[str, str]]:
    """Yield the kind and key of each input that is new, gone, or another."""
    for kind in before.keys() | after.keys():
        old, new = before.get(kind, {}), after.get(kind, {})
        yield from ((kind, key) for key in old.keys() | new.keys() if old.get(key) != new.get(key))


def digest(text: str) -> str:
    """Return a short digest, good enough to tell the texts of one briefing apart."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def record_text(briefing: Briefing, key: str) -> str:
    """Return all that a record says but for its prose, and where it is written."""
    return f"{briefing.files[key]} {briefing.records[key].model_dump_json(exclude=_PROSE)}"


def _texts(briefing: Briefing) -> dict[str, list[Any]]:
    """Return the prose of each record, of the card and of each page, as it reads where others quote it."""
    texts: dict[str, list[Any]] = {}
    for (key, at), prose in briefing.prose.items():
        texts.setdefault(key, []).append((at, prose, _captions_in(briefing, prose)))
    return texts | {page.key: [page.prose, _captions_in(briefing, page.prose)] for page in briefing.pages.values()}


def _captions_in(briefing: Briefing, prose: Prose) -> list[str]:
    """Return what those are called whom a text names by their ids alone."""
    mentioned = (piece.key for piece in prose if isinstance(piece, Mention) and not piece.words)
    return [briefing.records[key].caption for key in mentioned if key in briefing.records]

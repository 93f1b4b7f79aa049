"""The data of the quote explorer: what each quote can be narrowed by, and the quotes themselves in chunks.

The index is small (numbers only, and each name once) and read at once; a chunk is read when a quote of it is shown, or
when somebody searches for words. Both are JSON files beside the list of quotes.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from generator.fields import slug
from generator.link import Briefing
from generator.lists import Maker, Page
from generator.records import Actor, Quote, Record, Source

DATA_FOLDER = f"{Quote.folder}/data"
CHUNK = 100
UNDATED = "undated"
_FOLDERS = {"speaker": Actor.folder, "to": Actor.folder, "source": Source.folder}  # of the records that facets name


def build_index(maker: Maker) -> Iterator[Page]:
    """Yield the explorer's index: none when there are no quotes."""
    chosen = maker.chosen["explorer"]
    if chosen["count"]:
        facets = {name: _named_facet(maker, name, facet) for name, facet in chosen["facets"].items()}
        index = {"count": chosen["count"], "chunk": CHUNK, "dated": chosen["dated"], "facets": facets}
        yield Page(f"{DATA_FOLDER}/index.json", _json(index))


def keys_in(chosen: Mapping[str, Any]) -> Iterator[str]:
    """Yield the keys of the records that facets name, as `choose_facets` has them."""
    for name, folder in _FOLDERS.items():
        yield from (f"{folder}/{value}" for value in chosen["facets"][name]["values"])


def plan_chunks(quotes: Sequence[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the path of each chunk, and the keys of the quotes in it."""
    for number, start in enumerate(range(0, len(quotes), CHUNK), start=1):
        yield f"{DATA_FOLDER}/rows-{number}.json", tuple(quotes[start : start + CHUNK])


def make_chunk(maker: Maker, path: str, quotes: Iterable[str]) -> Page:
    """Return the chunk that holds these quotes."""
    return Page(path, _json([_row(maker, maker.briefing.records[key]) for key in quotes]))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"


def _row(maker: Maker, quote: Record) -> list[str]:
    """Return what is shown of a quote: id, words, words in the original, when."""
    assert isinstance(quote, Quote)
    original = quote.original.text if quote.original else ""
    when = maker.words.in_words(quote.date) if quote.date else ""
    return [quote.id, " ".join(quote.text.split()), " ".join(original.split()), when]


def choose_facets(briefing: Briefing) -> Mapping[str, Any]:
    """Return how many quotes there are, and by what they can be narrowed: the values of facets, and each quote's own.

    Shape: {"count", "dated", "facets": {name: {"values": [value], "rows": [[number of a value]]}}}, a row a quote.
    """
    quotes = [quote for quote in briefing.of_kind(Quote.folder) if isinstance(quote, Quote)]
    facets = {name: _number_values([values_of(quote) for quote in quotes]) for name, values_of in _FACETS.items()}
    return _of_facets(facets)


def facets_after(
    chosen: Mapping[str, Any], before: Sequence[str], now: Sequence[str], edited: Mapping[str, Quote]
) -> Mapping[str, Any]:
    """Return what `choose_facets` does, of what it did before; the keys are those of all quotes, before and now."""
    facets = {}
    for name, facet in chosen["facets"].items():
        own = dict(zip(before, facet["rows"], strict=True))
        known = facet["values"]
        values_of = _FACETS[name]
        rows = (values_of(edited[key]) if key in edited else [known[number] for number in own[key]] for key in now)
        facets[name] = _number_values([*rows])
    return _of_facets(facets)


def _of_facets(facets: Mapping[str, Any]) -> Mapping[str, Any]:
    values, rows = facets["year"]["values"], facets["year"]["rows"]
    undated = [values.index(UNDATED)] if UNDATED in values else None
    return {"count": len(rows), "dated": sum(row != undated for row in rows), "facets": facets}


def _number_values(found: Sequence[Sequence[str]]) -> Mapping[str, Any]:
    """Return a facet: its values, in the order in which they are found, and by their numbers those of each quote."""
    values = {value: number for number, value in enumerate(dict.fromkeys(value for own in found for value in own))}
    return {"values": [*values], "rows": [[values[value] for value in own] for own in found]}


def _named_facet(maker: Maker, name: str, facet: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a facet whose values are [what stands in the address, its name]."""
    return {"values": [_named(maker, name, value) for value in facet["values"]], "rows": facet["rows"]}


def _named(maker: Maker, name: str, value: str) -> list[str]:
    words, captions = maker.words, maker.captions
    match name:
        case "speaker" | "to" | "source":
            return [value, captions[f"{_FOLDERS[name]}/{value}"]]
        case "topic":
            return [slug(value), value]
        case "language":
            return [value, words.language_name(value)]
        case "status":
            return [value, words(f"status.{value}")]
    return [value, words("groups.undated") if value == UNDATED else value]


def _ids(ids: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(id.rpartition("/")[2] for id in ids))


def _years(quote: Quote) -> list[str]:
    return [str(year) for year in quote.date.years] if quote.date else [UNDATED]


def _languages(quote: Quote) -> list[str]:
    tags = (quote.language, quote.original.language if quote.original else None)
    return list(dict.fromkeys(tag for tag in tags if tag))


_FACETS: Mapping[str, Callable[[Quote], Sequence[str]]] = {
    "speaker": lambda quote: _ids([quote.speaker]),
    "to": lambda quote: _ids(quote.to),
    "topic": lambda quote: list(dict.fromkeys(quote.tags)),
    "year": _years,
    "language": _languages,
    "status": lambda quote: [quote.status] if quote.status else [],
    "source": lambda quote: _ids([citation.source for citation in quote.sources]),
}

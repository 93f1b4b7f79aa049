"""The data of the quote explorer: what each quote can be narrowed by, and the quotes themselves in chunks.

The index is small (numbers only, and each name once) and read at once; a chunk is read when a quote of it is shown, or
when somebody searches for words. Both are JSON files beside the list of quotes.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from generator.lists import Maker, Page
from generator.records import Actor, Quote, Record, Source

DATA_FOLDER = f"{Quote.folder}/data"
CHUNK = 100
UNDATED = "undated"


def build_index(maker: Maker) -> Iterator[Page]:
    """Yield the explorer's index: none when there are no quotes."""
    quotes = [quote for quote in maker.whole.of_kind(Quote.folder) if isinstance(quote, Quote)]
    if not quotes:
        return
    index = {
        "count": len(quotes),
        "chunk": CHUNK,
        "dated": sum(quote.date is not None for quote in quotes),
        "facets": _facets(maker, quotes),
    }
    yield Page(f"{DATA_FOLDER}/index.json", _json(index))


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


def _facet(
    quotes: Sequence[Quote], values_of: Callable[[Quote], Sequence[str]], name_of: Callable[[str], str]
) -> Mapping[str, object]:
    """Return a facet's values, each [what stands in the address, its name], and each quote's own, by their numbers."""
    found = [values_of(quote) for quote in quotes]
    values = {value: number for number, value in enumerate(dict.fromkeys(value for own in found for value in own))}
    return {
        "values": [[value, name_of(value)] for value in values],
        "rows": [[values[value] for value in own] for own in found],
    }


def _facets(maker: Maker, quotes: Sequence[Quote]) -> Mapping[str, Mapping[str, object]]:
    words, records = maker.words, maker.whole.records
    topics = {key.rpartition("/")[2]: tag for tag, key in maker.topics.items()}
    slugs = {tag: slug for slug, tag in topics.items()}

    def actor(id: str) -> str:
        return records[f"{Actor.folder}/{id}"].caption

    def source(id: str) -> str:
        return records[f"{Source.folder}/{id}"].caption

    def year(value: str) -> str:
        return words("groups.undated") if value == UNDATED else value

    return {
        "speaker": _facet(quotes, lambda quote: _ids([quote.speaker]), actor),
        "to": _facet(quotes, lambda quote: _ids(quote.to), actor),
        "topic": _facet(quotes, lambda quote: [slugs[tag] for tag in dict.fromkeys(quote.tags)], topics.__getitem__),
        "year": _facet(quotes, _years, year),
        "language": _facet(quotes, _languages, words.language_name),
        "status": _facet(
            quotes, lambda quote: [quote.status] if quote.status else [], lambda value: words(f"status.{value}")
        ),
        "source": _facet(quotes, lambda quote: _ids([citation.source for citation in quote.sources]), source),
    }


def _ids(ids: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(id.rpartition("/")[2] for id in ids))


def _years(quote: Quote) -> list[str]:
    return [str(year) for year in quote.date.years] if quote.date else [UNDATED]


def _languages(quote: Quote) -> list[str]:
    tags = (quote.language, quote.original.language if quote.original else None)
    return list(dict.fromkeys(tag for tag in tags if tag))

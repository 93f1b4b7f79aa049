"""Phrases with common words in a search index: pairs of words that stand side by side, each as a word of its own.

Of a word on most pages an index has but the first place on each (`bundles.lighten`), which does not tell what stands
beside it. So it has all places of each pair of which one is such a word; a search for text between quotation marks asks
for these (`search/pagefind.js`, which spells words as is done here). A pair is written in digits, which no stemmer of
any language takes for a word, and nobody types.

Pagefind knows words by their stems, and a stem may stand for several spellings: those of the common ones are found
where the index has the stem, and are told to the search with the index's entry.
"""

import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

import cbor2

from generator.bundles import PAIR, Entry, Hits, UnknownFormatError, encode, is_common
from generator.ledger import Ledger
from generator.noted import Lazy

Pair = tuple[str, str]  # spellings; "" is the second of the last word of a text
Common = dict[str, list[str]]  # stem of a word on most pages -> its spellings

_BETWEEN_WORDS = "\u200b"  # between words of languages that are written without spaces
_SIGNS = re.compile(r"[\W_]+")
_INSIDE = "~"  # what stands for signs inside a word
_WEIGHT = -25  # of the places after it: one, in steps of a 24th


class UnsureError(Exception):
    """An index after an edit is not certain to be that of all pages."""


class Text(NamedTuple):
    """The words of a page as they are spelled, by their places: of its content, and of its fields by their numbers."""

    content: Sequence[str]
    fields: Mapping[int, Sequence[str]]


def text_in(fragment: bytes, fields: Sequence[str]) -> Text:
    """Return the text that the fragment of a page has; `fields` are the names of the index's, in their order."""
    content, told = _words_in(fragment)
    spelled = {fields.index(name): [*map(_SPELLED.__getitem__, words)] for name, words in told.items()}
    return Text([*map(_SPELLED.__getitem__, content)], spelled)


def spell(word: str) -> str:
    """Return a word without case, accents and signs around it; signs inside it are all the same; "" for signs alone."""
    marked = unicodedata.normalize("NFD", word)
    letters = "".join(sign for sign in marked if unicodedata.category(sign)[0] != "M")
    return _SIGNS.sub(_INSIDE, letters.lower()).strip(_INSIDE)


def spellings_of(forms: Iterable[Hits], texts: Mapping[int, Text]) -> set[str]:
    """Return how the words are spelled that stand where the forms of a word are found, on pages that have a text.

    Signs are not spelled, though Pagefind finds some of them.
    Raises: UnknownFormatError when a text has no word there.
    """
    found: set[str] = set()
    try:
        for page, hit in (hit for hits in forms for hit in hits.items()):
            if text := texts.get(page):
                content, fields = cbor2.loads(b"\x82" + hit)
                found |= {text.content[at] for _, at in _places(content)}
                found |= {text.fields[field][at] for field, at in _places(fields)}
    except LookupError as error:
        raise UnknownFormatError("a word is where its page has none") from error
    return found - {""}


def pairs_of(text: Text, common: Container[str]) -> Iterator[tuple[Pair, bytes]]:
    """Yield the pairs of a page that the index is to have, with what a hit says; `common` are spellings."""
    found: defaultdict[Pair, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    fields = ((1, -1 - field, words) for field, words in text.fields.items())
    for part, lead, words in ((0, _WEIGHT, text.content), *fields):
        last: dict[Pair, int] = {}
        for pair, at in _pairs(words, common):
            numbers = found[pair][part]
            numbers += (at - last[pair],) if pair in last else (lead, at)
            last[pair] = at
    yield from ((pair, _encode_hit(tuple(places), tuple(more))) for pair, (places, more) in found.items())


def key_of(pair: Pair) -> bytes:
    """Return the word that a pair is in an index; of one with a second "", what all start with that have its first."""
    first, second = pair
    return b"%b%b%b%b" % (PAIR, _DIGITS[first], _DIGITS[" "], _DIGITS[second])


class CommonWords:
    """The words on most pages after an edit: the same words, or it is not certain, with their spellings.

    `before` and `now` are the fragments of the pages that are edited, as they were and as they are, by their numbers in
    an index of these alone, which has these fields.
    """

    def __init__(
        self, common: Common, before: Mapping[int, bytes], now: Mapping[int, bytes], fields: Sequence[str]
    ) -> None:
        self._fragments = [*before.values(), *now.values()]
        self._before, self._now = (
            {at: text_in(fragment, fields) for at, fragment in fragments.items()} for fragments in (before, now)
        )
        self._of = {stem.encode(): {*spellings} for stem, spellings in common.items()}
        self._were = self._spellings()
        self._lost: list[tuple[bytes, str]] = []

    def _spellings(self) -> frozenset[str]:
        return frozenset(spelling for spellings in self._of.values() for spelling in spellings)

    def look_at(self, entry: Entry) -> None:
        """See how a word on most pages is spelled on those that are edited. Raises: UnsureError."""
        if entry.word not in self._of:
            return
        old, new = (spellings_of(entry.forms.values(), texts) for texts in (self._before, self._now))
        if old != new and not (old ^ new).isdisjoint(chain(*map(_mixed_in, self._fragments))):
            raise UnsureError("what other pages may have is spelled alike, and was no such word")
        self._lost += ((entry.word, spelling) for spelling in old - new)
        self._of[entry.word] |= new

    def pairs(self) -> Iterator[Entry]:
        """Yield the pairs of the pages that are edited; after all words."""
        found: defaultdict[Pair, Hits] = defaultdict(dict)
        for texts, spellings in ((self._before, self._were), (self._now, self._spellings())):
            for at, text in texts.items():
                for pair, hit in pairs_of(text, spellings):
                    found[pair][at] = hit
        yield from (Entry(key_of(pair), {b"": hits}) for pair, hits in found.items())

    def compare(self, known: Mapping[bytes, bytes], page_count: int) -> None:
        """See that the same words are on most pages, by the entries of all that may be others. Raises: UnsureError."""
        common = {word for word, entry in known.items() if is_common(entry, page_count)}
        if common != self._of.keys() & known.keys():
            raise UnsureError("other words on most pages")

    def now(self, amended: Mapping[bytes, bytes], ledger: Ledger) -> Common:
        """Return them without spellings that no page has any more, by the entries that are others than the ledger's."""
        for word, spelling in self._lost:
            start = key_of((spelling, ""))
            known = ledger.words_between(start, start + b":")  # which is after all digits
            known |= {key: entry for key, entry in amended.items() if key.startswith(start)}
            if not any(amended.get(key, entry) for key, entry in known.items()):
                self._of[word].discard(spelling)
        return {word.decode(): sorted(spellings) for word, spellings in self._of.items()}


def _words_in(fragment: bytes) -> tuple[list[str], dict[str, list[str]]]:
    """Return the words of a page's content as they are written, and those of its fields by name."""
    said = json.loads(fragment)
    content = said["content"].split(_BETWEEN_WORDS if _BETWEEN_WORDS in said["content"] else " ")
    return content, {name: value.split() for name, value in sorted(said["meta"].items())}


def _mixed_in(fragment: bytes) -> set[str]:
    """Return the spellings of words that capitals divide into parts for Pagefind, as in HTMLParser."""
    content, fields = _words_in(fragment)
    return {_SPELLED[word] for word in chain(content, *fields.values()) if any(map(_is_mixed, _SIGNS.split(word)))}


def _is_mixed(part: str) -> bool:
    return part[1:] != part[1:].lower() and part != part.upper()


def _pairs(words: Sequence[str], common: Container[str]) -> Iterator[tuple[Pair, int]]:
    """Yield the pairs with a common word, each with the place of its first word; after the last word there is ""."""
    spelled = [*words, ""]
    for at in [at for at, word in enumerate(words) if word in common]:
        before = spelled[at - 1]  # of the first word, the "" at the end
        if before and before not in common:
            yield (before, spelled[at]), at - 1
        yield (spelled[at], spelled[at + 1]), at


def _places(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield the places of a hit, which has each as steps from the last: a weight or the number of a field, and it."""
    of = at = 0
    for number in numbers:
        if number < 0:
            of, at = -1 - number, 0
        else:
            at += number
            yield of, at


@lru_cache(maxsize=2**16)
def _encode_hit(places: tuple[int, ...], in_fields: tuple[int, ...]) -> bytes:
    return encode(places) + encode(in_fields)


_SPELLED: Lazy[str, str] = Lazy(spell)
_DIGITS: Lazy[str, bytes] = Lazy(lambda spelling: b"".join(b"%03d" % byte for byte in spelling.encode("utf-8")))

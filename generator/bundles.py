"""The files of a search index as Pagefind reads them: how they are written, cut and named here.

Whatever makes an index here, of all pages or of some, writes it with these functions: the same words give the same
bytes. Entries of words are not decoded, but taken apart: what a hit says beside the number of its page stays as it is.

Source: Pagefind 1.5, pagefind/src/index: gzip of a signature and CBOR (RFC 8949). Meta: [version, pages, chunks,
filters, sorts, fields]; page: [name of its fragment, words]; chunk: [first word, last word, name]; in a chunk: [[[word,
hits, [[other form, hits]]]]], where a hit is [number of the page, counted from the hit before, places, places in
fields]. A filter: [name, [[value, pages]]].

A word that is on most pages would be most of what a search loads, and says little. So an index has but its first place
on each page, and pairs of words for text between quotation marks (`phrases.py`).
"""

import gzip
import hashlib
import re
import zlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate, chain, pairwise, takewhile
from pathlib import Path
from typing import Any, NamedTuple

import cbor2

from generator.noted import Lazy

SIGNATURE = b"pagefind_dcd"  # with which Pagefind's own files start, before the CBOR
ENTRY = "pagefind-entry.json"
PAIR = b"_"  # before the digits of a pair
GONE = -1  # the number of a page that is no longer there
_DIGITS = 16  # of a digest in a name
_SHORT = 7  # of the digest by which Pagefind names a fragment, where it can
_LEAST = 32_768  # bytes of a chunk; most have twice as many, as with Pagefind, which gzip makes a third
_MOST = 4  # times as many; more only where one word needs more
_OF_PAIRS = _LEAST // 3  # nobody looks for what starts like a pair, and a phrase needs several

_COMMON = 1000  # pages that a word is on at least, and half of all, to be one of those on most
_LEAST_HIT = 5  # bytes

_INTEGER = rb"(?:[\x00-\x17\x20-\x37]|[\x18\x38].|[\x19\x39]..|[\x1a\x3a].{4})"
_ARRAY = rb"(?:[\x80-\x97]|\x98.|\x99..|\x9a.{4})"
_HIT_PARTS = (_INTEGER, _ARRAY, _INTEGER, _ARRAY, _INTEGER)
_HIT = re.compile(rb"(\x83%b)(%b%b*+%b%b*+)" % _HIT_PARTS, re.DOTALL)
_HITS = re.compile(rb"(?:\x83%b%b%b*+%b%b*+)*+" % _HIT_PARTS, re.DOTALL)
_PLACES = re.compile(rb"(%b)(%b*+)(%b)(%b*+)" % (_ARRAY, _INTEGER, _ARRAY, _INTEGER), re.DOTALL)
_NEGATIVE = rb"(?:[\x20-\x37]|\x38.|\x39..|\x3a.{4})"  # a weight, or a field, of the places after it
_FIRST = re.compile(rb"(%b?)(?=[\x00-\x1a])%b" % (_NEGATIVE, _INTEGER), re.DOTALL)
_TEXTS, _ARRAYS = 3, 4  # major types

Hits = dict[int, bytes]  # page -> what a hit says of it
Forms = dict[bytes, Hits]  # of a word, by form; its own is b""


class Entry(NamedTuple):
    """All that an index knows of a word."""

    word: bytes
    forms: Forms


class Moves(NamedTuple):
    """What becomes of the numbers of pages when some come or go: the new one of each, in the same order, or GONE.

    `edges` are the pages from which on it is more, or less, that a number changes by.
    """

    numbers: Sequence[int]
    edges: Sequence[int]

    @classmethod
    def to(cls, numbers: Sequence[int]) -> "Moves":
        """Return the moves to these numbers."""
        by = [new - old for old, new in enumerate(numbers)]
        return cls(numbers, [at for at, (before, now) in enumerate(pairwise((0, *by))) if before != now])


class UnknownFormatError(Exception):
    """A file is not as Pagefind 1.5 writes it."""


def read_file(file: Path) -> bytes:
    """Return the CBOR that is in a file of an index. Raises: UnknownFormatError, for one that is cut off too."""
    try:
        data = gzip.decompress(file.read_bytes())
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UnknownFormatError(f"{file.name} is cut off") from error
    if not data.startswith(SIGNATURE):
        raise UnknownFormatError(f"{file.name} begins with another signature")
    return data[len(SIGNATURE) :]


def pack(data: bytes) -> bytes:
    """Return what a file of an index has to hold, of the CBOR that is to be in it."""
    return gzip.compress(SIGNATURE + data, 5, mtime=0)  # one more takes twice as long, for 3 %


def name_of(language: str, data: bytes) -> str:
    """Return a name such as "en_716bb13c0d1e2f3a" for what has this content."""
    return f"{language}_{hashlib.sha256(SIGNATURE + data).hexdigest()[:_DIGITS]}"


def fragment_file(name: str) -> str:
    """Return where in a bundle a fragment lies."""
    return f"fragment/{name}.pf_fragment"


def chunk_file(name: str) -> str:
    """Return where in a bundle a chunk of the words lies."""
    return f"index/{name}.pf_index"


def meta_file(name: str) -> str:
    """Return where in a bundle the metadata of an index lies."""
    return f"pagefind.{name}.pf_meta"


def filter_file(name: str) -> str:
    """Return where in a bundle a filter lies."""
    return f"filter/{name}.pf_filter"


def encode(value: Any) -> bytes:
    """Return the CBOR of a value."""
    return bytes(cbor2.dumps(value))


def entries(chunk: bytes) -> Iterator[Entry]:
    """Yield the words of a chunk. Raises: UnknownFormatError."""
    try:
        if chunk[0] != 0x81:
            raise UnknownFormatError("a chunk has more than its words")
        count, at = _head(chunk, 1, _ARRAYS)
        for _ in range(count):
            entry, at = _entry(chunk, at)
            yield entry
    except IndexError as error:
        raise UnknownFormatError("a chunk is cut off") from error
    if at != len(chunk):
        raise UnknownFormatError("a chunk has more than its words")


def entry_of(data: bytes) -> Entry:
    """Return a word of its encoded entry. Raises: UnknownFormatError."""
    return _entry(data, 0)[0]


def encode_entry(entry: Entry) -> bytes:
    """Return the encoded entry of a word, or b"" when no page has it."""
    others = [(form, hits) for form, hits in sorted(entry.forms.items()) if form and hits]
    own = entry.forms.get(b"", {})
    if not others and not own:
        return b""
    parts = [b"\x83", _lead(_TEXTS, len(entry.word)), entry.word, _encode_hits(own), _lead(_ARRAYS, len(others))]
    for form, hits in others:
        parts += (b"\x82", _lead(_TEXTS, len(form)), form, _encode_hits(hits))
    return b"".join(parts)


def renumber(encoded: bytes, moves: Moves) -> bytes:
    """Return the encoded entry of a word that is on none of the pages that are gone. Raises: UnknownFormatError."""
    return _with_hits(encoded, lambda at: _renumber_hits(encoded, at, moves))


def encode_chunk(encoded: Sequence[bytes], page_count: int) -> bytes:
    """Return a chunk of an index of so many pages, of the encoded entries of its words, which are all made light."""
    light = (lighten(entry, page_count) for entry in encoded)
    return b"".join((b"\x81", _lead(_ARRAYS, len(encoded)), *light))


def is_common(encoded: bytes, page_count: int) -> bool:
    """Tell whether a word is on most of so many pages, by its encoded entry."""
    least = _least(page_count)
    if not _is_likely(encoded, least):
        return False
    own, _ = _head(encoded, _text(encoded, 1)[1], _ARRAYS)
    return own >= least or any(len(hits) >= least for hits in entry_of(encoded).forms.values())


def lighten(encoded: bytes, page_count: int) -> bytes:
    """Return the encoded entry of a word; of one on most pages, with but its first place on each, and in its fields."""
    least = _least(page_count)
    if not _is_likely(encoded, least):
        return encoded
    return _with_hits(encoded, lambda at: _lighten_hits(encoded, at, least))


def with_meta(
    language: str, about: Mapping[str, Any], meta: Sequence[Any], common: Mapping[str, Sequence[str]]
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return what the entry of a bundle says of a language, and the file of its metadata.

    `common` are the spellings of words on most pages, by stem.
    """
    data = encode(meta)
    name = name_of(language, data)
    told = {"common": common} if common else {}
    return {**about, "hash": name, "page_count": len(meta[1]), **told}, {meta_file(name): pack(data)}


def cut(lengths: Iterable[tuple[bytes, int]]) -> list[list[bytes]]:
    """Cut sorted words into chunks by the lengths of their encoded entries.

    Where one ends hangs on a word and on those right before it, so that a change moves few of the ends: Pagefind's
    chunks, as long as one another, would all end elsewhere.
    """
    chunks: list[list[bytes]] = []
    words: list[bytes] = []
    size = 0
    for word, length in lengths:
        words.append(word)
        size += length
        least = _OF_PAIRS if word.startswith(PAIR) else _LEAST
        if size >= _MOST * least or (size >= least and zlib.crc32(word) * least < length << 32):
            chunks.append(words)
            words, size = [], 0
    return [*chunks, words] if words else chunks


def ranges(chunks: Sequence[Sequence[bytes]]) -> list[list[str]]:
    """Return from where to where each chunk goes, [from, to], as short as still tells neighbours apart.

    As Pagefind does it: what is typed may be the start of a word, and is to be found in the chunk that has it.
    """
    found = [[words[0].decode(), words[-1].decode()] for words in chunks]
    for one, following in pairwise(found):
        length = 1 + sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one[1], following[0], strict=False)))
        if one[1][:length] >= one[0]:
            one[1] = one[1][:length]
        following[0] = following[0][:length]
    return found


def shortened(name: str, language: str) -> str:
    """Return by which name Pagefind would know a fragment that it knows by this one, were it alone."""
    return name[: len(language) + 1 + _SHORT]


def short_name(language: str, fragment: bytes) -> str:
    """Return by which name Pagefind would know a fragment with this content, were it alone.

    It writes the bytes of the digest without zeros before them: "a" for 0a.
    """
    digits = "".join(f"{byte:x}" for byte in hashlib.sha1(fragment, usedforsecurity=False).digest())
    return shortened(f"{language}_{digits}", language)


def tell_apart(names: Sequence[str], language: str, fragment: Callable[[int], bytes]) -> list[str]:
    """Return the names of fragments: their short ones, or longer ones where these would be the same.

    Which of them has a longer one must not hang on their order, as it does with Pagefind.
    """
    alike = Counter(names)
    return [name if alike[name] == 1 else name_of(language, fragment(at)) for at, name in enumerate(names)]


def _least(page_count: int) -> int:
    """Return on how many pages a word is at least that is on most of so many."""
    return max(_COMMON, page_count // 2 + 1)


def _is_likely(encoded: bytes, least: int) -> bool:
    """Tell whether an entry is long enough for a word on so many pages, and none of a pair."""
    return len(encoded) >= least * _LEAST_HIT and not _text(encoded, 1)[0].startswith(PAIR)


def _entry(data: bytes, at: int) -> tuple[Entry, int]:
    if data[at] != 0x83:
        raise UnknownFormatError("a word has other parts")
    word, at = _text(data, at + 1)
    own, at = _hits(data, at)
    forms = {b"": own}
    count, at = _head(data, at, _ARRAYS)
    for _ in range(count):
        if data[at] != 0x82:
            raise UnknownFormatError("a form of a word has other parts")
        form, at = _text(data, at + 1)
        forms[form], at = _hits(data, at)
    return Entry(word, forms), at


def _hits(data: bytes, at: int) -> tuple[Hits, int]:
    steps, rests, end = _run(data, at)
    hits = dict(zip(accumulate(map(_STEP_OF.__getitem__, steps)), rests, strict=True))
    if len(hits) != len(steps):
        raise UnknownFormatError("a word is on one page twice")
    return hits, end


def _run(data: bytes, at: int) -> tuple[list[bytes], list[bytes], int]:
    """Return how far each hit is from the one before, as it is written, what else it says, and where the hits end."""
    count, at = _head(data, at, _ARRAYS)
    run = _HITS.match(data, at)
    found: list[tuple[bytes, bytes]] = _HIT.findall(run[0]) if run else []
    if not run or len(found) != count:
        raise UnknownFormatError("a hit has other parts")
    return [step for step, _ in found], [rest for _, rest in found], run.end()


def _with_hits(encoded: bytes, remake: Callable[[int], tuple[bytes, int]]) -> bytes:
    """Return the encoded entry of a word with its hits made anew: of those at a place, and where they end."""
    _, at = _text(encoded, 1)
    hits, end = remake(at)
    count, following = _head(encoded, end, _ARRAYS)
    parts = [encoded[:at], hits, encoded[end:following]]
    for _ in range(count):
        _, at = _text(encoded, following + 1)
        hits, end = remake(at)
        parts += (encoded[following:at], hits)
        following = end
    return b"".join(parts)


def _renumber_hits(data: bytes, at: int, moves: Moves) -> tuple[bytes, int]:
    """Return the hits of a word with other numbers of pages, and where they end: few are written anew."""
    steps, rests, end = _run(data, at)
    pages = [*accumulate(map(_STEP_OF.__getitem__, steps))]
    touched = {bisect_left(pages, edge) for edge in moves.edges} - {len(pages)}
    if not touched:
        return data[at:end], end
    for hit in touched:
        page, before = moves.numbers[pages[hit]], moves.numbers[pages[hit - 1]] if hit else 0
        if page < before:
            raise UnknownFormatError("a word is on a page that is gone")
        steps[hit] = _encode_step(page - before)
    return _join_hits(steps, rests), end


def _lighten_hits(data: bytes, at: int, least: int) -> tuple[bytes, int]:
    """Return the hits of a word, if they are so many, with but the first places in each, and where they end."""
    steps, rests, end = _run(data, at)
    return data[at:end] if len(steps) < least else _join_hits(steps, map(_first_places, rests)), end


def _join_hits(steps: Sequence[bytes], rests: Iterable[bytes]) -> bytes:
    return _lead(_ARRAYS, len(steps)) + b"".join(chain.from_iterable(zip(steps, rests, strict=True)))


def _encode_hits(hits: Hits) -> bytes:
    parts = [_lead(_ARRAYS, len(hits))]
    before = 0
    for page in sorted(hits):
        parts += (_encode_step(page - before), hits[page])
        before = page
    return b"".join(parts)


def _encode_step(step: int) -> bytes:
    return _STEPS[step] if step < len(_STEPS) else b"\x83" + _lead(0, step)


@lru_cache(maxsize=2**16)
def _first_places(hit: bytes) -> bytes:
    found = _PLACES.fullmatch(hit)
    if not found:
        raise UnknownFormatError("a hit has other parts")
    parts = []
    for head, places in ((found[1], found[2]), (found[3], found[4])):
        first = _FIRST.match(places)
        parts.append(b"%b%b" % (b"\x82" if first[1] else b"\x81", first[0]) if first else head + places)
    return b"".join(parts)


def _text(data: bytes, at: int) -> tuple[bytes, int]:
    length, at = _head(data, at, _TEXTS)
    return data[at : at + length], at + length


def _head(data: bytes, at: int, kind: int) -> tuple[int, int]:
    """Return the number in the head of an item, and where that ends."""
    first = data[at]
    size = first & 31
    if first >> 5 != kind or size > 26:
        raise UnknownFormatError(f"an item is no {kind}")
    if size < 24:
        return size, at + 1
    end = at + 1 + (1 << (size - 24))
    return int.from_bytes(data[at + 1 : end], "big"), end


def _lead(kind: int, number: int) -> bytes:
    """Return the head of an item, as short as can be."""
    if number < 24:
        return bytes((kind << 5 | number,))
    size = 0 if number < 1 << 8 else 1 if number < 1 << 16 else 2
    return bytes((kind << 5 | 24 + size,)) + number.to_bytes(1 << size, "big")


_STEPS = tuple(b"\x83" + _lead(0, step) for step in range(256))
_STEP_OF: Lazy[bytes, int] = Lazy(lambda step: step[1] if len(step) == 2 else int.from_bytes(step[2:], "big"))

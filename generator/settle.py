"""Search indexes as Pagefind leaves them, of all pages or of some each, to one that is the same for the same pages.

Pagefind numbers pages in the order in which the disk lists them, which is another on another disk and may be another
after each build, and writes the values of filters in the order of a hash map. Here pages are numbered by their
addresses, and values are sorted; words are cut into chunks so that a change moves few of the cuts. Files are named
after their content and name each other: what changes is renamed. Of words on most pages, few places are left, and
pairs of words are put in (`phrases.py`).
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import merge
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

import cbor2

from generator.bundles import (
    ENTRY,
    Entry,
    Hits,
    UnknownFormatError,
    chunk_file,
    cut,
    encode,
    encode_chunk,
    encode_entry,
    entries,
    entry_of,
    filter_file,
    fragment_file,
    is_common,
    meta_file,
    name_of,
    pack,
    ranges,
    read_file,
    shortened,
    tell_apart,
    with_meta,
)
from generator.phrases import Common, Pair, key_of, pairs_of, spellings_of, text_in

_WORD = itemgetter(0)  # of an entry
_ADDRESS = re.compile(rb'"url":"((?:[^"\\]|\\.)*)"')

Words = dict[bytes, bytes]  # their encoded entries
Filters = dict[str, dict[str, list[int]]]  # numbers of pages, by filter and value


class ApartError(Exception):
    """Indexes of some pages each cannot become one of all."""


class _Part(NamedTuple):
    """An index of some of the pages, in one language: its folder, what the entry says of it, and its metadata."""

    folder: Path
    about: Mapping[str, Any]
    meta: list[Any]


def settle_index(bundle: Path, parts: Sequence[Path] = ()) -> Words:
    """Rewrite an index so that it hangs on nothing but its pages, and return its words, when it has one language.

    `parts` are indexes of some of the pages each, of which it is made; without them it lies in its folder already.
    Units: some 0.2 ms of one processor for a page.
    Raises: UnknownFormatError when Pagefind wrote it in another way; ApartError when parts do not belong together.
    """
    folders = parts or [bundle]
    said = [_entry_of(folder) for folder in folders]
    about_all = {**said[0], "languages": {}}
    if any({**entry, "languages": {}} != about_all for entry in said):
        raise ApartError("other settings")
    for folder in parts:
        _take_static(folder, bundle)
    words: Words = {}
    languages: dict[str, Any] = {}
    codes = sorted({code for entry in said for code in entry["languages"]})
    for code in codes:
        found = [(folder, entry["languages"].get(code)) for folder, entry in zip(folders, said, strict=True)]
        parts_of_it = [_part(folder, about) for folder, about in found if about]
        languages[code], words = _settle_language(bundle, code, parts_of_it)
    content = json.dumps({**about_all, "languages": languages}, ensure_ascii=False, separators=(",", ":"))
    (bundle / ENTRY).write_text(content, "utf-8")
    return words if len(codes) == 1 else {}


def address_in(fragment: bytes) -> bytes:
    """Return the address of a page as its fragment has it, in JSON."""
    found = _ADDRESS.search(fragment)
    return found[1] if found else b""


def _entry_of(bundle: Path) -> dict[str, Any]:
    try:
        return dict(json.loads((bundle / ENTRY).read_bytes()))
    except ValueError as error:
        raise UnknownFormatError(f"{ENTRY} is cut off") from error


def _part(folder: Path, about: Mapping[str, Any]) -> _Part:
    return _Part(folder, about, cbor2.loads(read_file(folder / meta_file(about["hash"]))))


def _take_static(part: Path, bundle: Path) -> None:
    """Take over what does not hang on the pages, programs and stems of words, and make the folders of all that does."""
    for file in part.iterdir():
        if file.is_dir():
            (bundle / file.name).mkdir(exist_ok=True)
        elif not file.name.endswith(".pf_meta"):
            file.replace(bundle / file.name)


def _settle_language(bundle: Path, language: str, parts: Sequence[_Part]) -> tuple[dict[str, Any], Words]:
    """Write the index of one language, and return what the entry is to say of it, and its words."""
    version, _, _, _, sorts, *fields = parts[0].meta
    if any((part.meta[0], part.meta[5:]) != (version, fields) for part in parts) or (sorts and len(parts) > 1):
        raise ApartError("other fields, or an order")
    found = [(part.folder, *page) for part in parts for page in part.meta[1]]
    fragments = [read_file(folder / fragment_file(name)) for folder, name, _ in found]
    shorts = [shortened(name, language) for _, name, _ in found]
    names = tell_apart(shorts, language, fragments.__getitem__)
    for (folder, name, _), new_name in zip(found, names, strict=True):
        (folder / fragment_file(name)).rename(bundle / fragment_file(new_name))
    addresses = [address_in(fragment) for fragment in fragments]
    order = sorted(range(len(found)), key=addresses.__getitem__)
    numbers = [0] * len(found)
    for new, old in enumerate(order):
        numbers[old] = new
    pages = [[names[old], found[old][2]] for old in order]
    following = iter(numbers)
    numbered = [(part, [*islice(following, len(part.meta[1]))]) for part in parts]
    words = _words_of(numbered)
    common = _add_pairs(words, [fragments[old] for old in order], *fields)
    chunks = _write_chunks(bundle, language, words, len(pages))
    filters = _write_filters(bundle, language, _filters_of(numbered))
    for part in parts:
        (part.folder / meta_file(part.about["hash"])).unlink()
    sorts = [[name, [numbers[page] for page in at]] for name, at in sorts]
    meta = [version, pages, chunks, filters, sorts, *fields]
    told, files = with_meta(language, parts[0].about, meta, common)
    for name, content in files.items():
        (bundle / name).write_bytes(content)
    return told, words


def _words_of(parts: Iterable[tuple[_Part, Sequence[int]]]) -> Words:
    """Take the words out of Pagefind's chunks, with the new numbers of pages."""
    words: Words = {}
    in_order = merge(*(_entries_of(part, numbers) for part, numbers in parts), key=_WORD)
    for word, found in groupby(in_order, key=_WORD):
        forms: dict[bytes, Hits] = {}
        for entry in found:  # of one word at a time: there are a million hits
            for form, hits in entry.forms.items():
                forms.setdefault(form, {}).update(hits)
        if word in words:
            raise UnknownFormatError("words are not in their order")
        words[word] = encode_entry(Entry(word, forms))
    return dict(sorted(words.items()))


def _entries_of(part: _Part, numbers: Sequence[int]) -> Iterator[Entry]:
    for *_, name in part.meta[2]:
        file = part.folder / chunk_file(name)
        for word, forms in entries(read_file(file)):
            numbered = {form: {numbers[page]: hit for page, hit in hits.items()} for form, hits in forms.items()}
            yield Entry(word, numbered)
        file.unlink()


def _add_pairs(words: Words, fragments: Sequence[bytes], fields: Sequence[str]) -> Common:
    """Add the pairs of words that take the place of those on most pages, and return these; pages are in their order."""
    common = {word: entry_of(entry) for word, entry in words.items() if is_common(entry, len(fragments))}
    if not common:
        return {}
    texts = {page: text_in(fragment, fields) for page, fragment in enumerate(fragments)}
    spellings = {word.decode(): sorted(spellings_of(entry.forms.values(), texts)) for word, entry in common.items()}
    every = frozenset().union(*spellings.values())
    found: defaultdict[Pair, list[tuple[int, bytes]]] = defaultdict(list)
    for page, text in texts.items():
        for pair, hit in pairs_of(text, every):
            found[pair].append((page, hit))
    for pair, hits in found.items():
        word = key_of(pair)
        words[word] = encode_entry(Entry(word, {b"": dict(hits)}))
    return spellings


def _write_chunks(bundle: Path, language: str, words: Words, page_count: int) -> list[list[str]]:
    """Write the chunks of an index, and return the list of them."""
    listed = []
    chunks = cut((word, len(entry)) for word, entry in sorted(words.items()))
    for (first, last), chunk in zip(ranges(chunks), chunks, strict=True):
        data = encode_chunk([words[word] for word in chunk], page_count)
        listed.append([first, last, name_of(language, data)])
        (bundle / chunk_file(listed[-1][2])).write_bytes(pack(data))
    return listed


def _filters_of(parts: Iterable[tuple[_Part, Sequence[int]]]) -> Filters:
    """Take the filters out of Pagefind's files, with the new numbers of pages."""
    found: Filters = {}
    for part, numbers in parts:
        for _, name in part.meta[3]:
            file = part.folder / filter_file(name)
            of, values = cbor2.loads(read_file(file))
            for value, pages in values:
                found.setdefault(of, {}).setdefault(value, []).extend(numbers[page] for page in pages)
            file.unlink()
    return found


def _write_filters(bundle: Path, language: str, filters: Filters) -> list[list[str]]:
    """Write the filters, and return the list of them."""
    listed = []
    for of, values in sorted(filters.items()):
        data = encode([of, sorted([value, sorted(pages)] for value, pages in values.items())])
        listed.append([of, name_of(language, data)])
        (bundle / filter_file(listed[-1][1])).write_bytes(pack(data))
    return listed

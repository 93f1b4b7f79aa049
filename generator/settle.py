"""The search index as Pagefind leaves it to one that is the same for the same pages.

Pagefind numbers pages in the order in which the disk lists them, which is another on another disk and may be another
after each build, and writes the values of filters in the order of a hash map. Here pages are numbered by their
addresses, and values are sorted; words are cut into chunks so that a change moves few of the cuts. Files are named
after their content and name each other: what changes is renamed. Of words on most pages, few places are left, and a
full index beside it has all (`bundles.py`).
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cbor2

from generator.bundles import (
    ENTRY,
    Entry,
    UnknownFormatError,
    chunk_file,
    cut,
    encode,
    encode_chunks,
    encode_entry,
    entries,
    filter_file,
    fragment_file,
    meta_file,
    name_of,
    pack,
    ranges,
    read_file,
    shortened,
    tell_apart,
    with_full,
)

_ADDRESS = re.compile(rb'"url":"((?:[^"\\]|\\.)*)"')

Words = dict[bytes, bytes]  # their encoded entries


def settle_index(bundle: Path) -> Words:
    """Rewrite an index so that it hangs on nothing but its pages, and return its words, when it has one language.

    Units: some 0.2 ms of one processor for a page.
    Raises: UnknownFormatError when Pagefind wrote it in another way.
    """
    entry_file = bundle / ENTRY
    try:
        entry = json.loads(entry_file.read_bytes())
    except ValueError as error:
        raise UnknownFormatError(f"{ENTRY} is cut off") from error
    words: Words = {}
    languages: dict[str, Any] = {}
    for language, about in entry["languages"].items():
        settled, words = _settle_language(bundle, language, about)
        languages |= settled
    content = json.dumps({**entry, "languages": languages}, ensure_ascii=False, separators=(",", ":"))
    entry_file.write_text(content, "utf-8")
    return words if len(entry["languages"]) == 1 else {}


def address_in(fragment: bytes) -> bytes:
    """Return the address of a page as its fragment has it, in JSON."""
    found = _ADDRESS.search(fragment)
    return found[1] if found else b""


def _settle_language(bundle: Path, language: str, about: Mapping[str, Any]) -> tuple[dict[str, Any], Words]:
    """Rewrite the index of one language, and return what the entry is to say of it, and its words."""
    old_meta = bundle / meta_file(about["hash"])
    meta = cbor2.loads(read_file(old_meta))
    _, pages, chunks, filters, sorts, *_ = meta
    fragments = [_fragment(bundle, page[0]) for page in pages]
    _rename_fragments(bundle, pages, language, fragments)
    addresses = [address_in(fragment) for fragment in fragments]
    order = sorted(range(len(pages)), key=addresses.__getitem__)
    numbers = [0] * len(pages)
    for new, old in enumerate(order):
        numbers[old] = new
    pages[:] = [pages[old] for old in order]
    words = _words_of(bundle, chunks, numbers)
    chunks[:], full_chunks = _write_chunks(bundle, language, words, len(pages))
    for part in filters:
        part[1] = _settle_filter(bundle, language, part[1], numbers)
    filters.sort()
    for sort in sorts:
        sort[1] = [numbers[page] for page in sort[1]]
    old_meta.unlink()
    languages, files = with_full(language, about, meta, full_chunks)
    for name, content in files.items():
        (bundle / name).write_bytes(content)
    return languages, words


def _fragment(bundle: Path, name: str) -> bytes:
    return read_file(bundle / fragment_file(name))


def _rename_fragments(bundle: Path, pages: list[list[Any]], language: str, fragments: Sequence[bytes]) -> None:
    shorts = [shortened(page[0], language) for page in pages]
    for page, name in zip(pages, tell_apart(shorts, language, fragments.__getitem__), strict=True):
        if page[0] != name:
            (bundle / fragment_file(page[0])).rename(bundle / fragment_file(name))
            page[0] = name


def _words_of(bundle: Path, chunks: list[list[str]], numbers: Sequence[int]) -> Words:
    """Take the words out of Pagefind's chunks, with the new numbers of pages."""
    words: Words = {}
    for *_, name in chunks:
        file = bundle / chunk_file(name)
        for word, forms in entries(read_file(file)):
            numbered = {form: {numbers[page]: hit for page, hit in hits.items()} for form, hits in forms.items()}
            words[word] = encode_entry(Entry(word, numbered))
        file.unlink()
    return dict(sorted(words.items()))


def _write_chunks(bundle: Path, language: str, words: Words, page_count: int) -> tuple[list[list[str]], ...]:
    """Write the chunks of the index and of the full one, and return the lists of both."""
    chunks = cut((word, len(entry)) for word, entry in words.items())
    listed: tuple[list[list[str]], ...] = ([], [])
    for (first, last), chunk in zip(ranges(chunks), chunks, strict=True):
        made = encode_chunks([words[word] for word in chunk], page_count)
        names = [name_of(language, data) for data in made]
        for named, name in zip(listed, names, strict=True):
            named.append([first, last, name])
        for name, data in dict(zip(names, made, strict=True)).items():  # most are the same
            (bundle / chunk_file(name)).write_bytes(pack(data))
    return listed


def _settle_filter(bundle: Path, language: str, name: str, numbers: Sequence[int]) -> str:
    file = bundle / filter_file(name)
    of, values = cbor2.loads(read_file(file))
    data = encode([of, sorted([value, sorted(numbers[page] for page in pages)] for value, pages in values)])
    new_name = name_of(language, data)
    file.unlink()
    (bundle / filter_file(new_name)).write_bytes(pack(data))
    return new_name

"""The search index after an edit: of the index that there was, and of the pages that the edit touched.

Pagefind indexes these alone, as they were and as they are. What it found on them before is taken out of the words'
entries, which the ledger has, and what it finds now is put in; then only the files are written that this changes. The
index is byte for byte that of all pages. Where that is not certain, nothing is amended: all pages are indexed anew.
"""

import json
import re
import shutil
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import cbor2

from generator.bundles import (
    ENTRY,
    GONE,
    Entry,
    Moves,
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
    meta_file,
    name_of,
    pack,
    ranges,
    read_file,
    renumber,
    short_name,
    shortened,
    tell_apart,
    with_meta,
)
from generator.ledger import Ledger
from generator.noted import Lazy
from generator.phrases import Common, CommonWords, UnsureError
from generator.search import run_pagefind
from generator.settle import address_in

MOST_PAGES = 500  # that are worth it
MOST_LOOKS = 200  # at pages, for one that has a field
_BEFORE = "briefbook-before"  # the folder of pages as they were
_FIELDS = "briefbook-fields.html"  # a page that has every field, so that fields have the numbers they have
_encode = json.JSONEncoder(ensure_ascii=False).encode  # once: `json.dumps` makes one for each of ten thousand pages
_MADE = re.compile(r".*\.pf_(meta|fragment|index|filter)")

Chunks = list[list[str]]  # first word, last word, name
Files = dict[str, bytes]  # name in the bundle -> content
Change = tuple[bytes | None, bytes | None]  # what a hit said, and what it says


class Edit(NamedTuple):
    """What the search reads of a page, before and now: None before of one that is new, and now of one that is gone."""

    before: bytes | None
    now: bytes | None


class Last(NamedTuple):
    """The index that there was: its folder, and the digests of its files, {name: SHA-256}."""

    bundle: Path
    digests: Mapping[str, str]


class Amended(NamedTuple):
    """What is to change in a bundle: files, and names of files that are gone."""

    files: Files
    gone: set[str]


def amend_index(
    last: Last, pages: Sequence[str], edits: Mapping[str, Edit], ledger: Ledger, work_dir: Path
) -> Amended | None:
    """Return what edits change in an index, and tell the ledger of the words; or None where that is not certain.

    `pages` are the names of all pages in it now, and the ledger's words are its own. `work_dir` is made, and removed.
    Raises: BriefbookError as `index_pages`.
    """
    if not 0 < len(edits) <= MOST_PAGES or any(name.startswith("briefbook-") for name in pages):
        return None
    shutil.rmtree(work_dir, ignore_errors=True)  # a build was killed
    try:
        whole, numbers = _Index(last.bundle), _Numbers(pages, edits)
        if len(whole.meta.pages) != len(numbers.old) or whole.meta.sorts:
            return None
        _write_pages(work_dir, whole, edits)
        run_pagefind(work_dir, work_dir / "pagefind")
        some = _Index(work_dir / "pagefind")
        _compare_static(some, last.digests)
        return _amend(whole, some, edits, numbers, ledger)
    except (UnsureError, UnknownFormatError, LookupError, TypeError, ValueError, EOFError, OSError, zlib.error):
        return None
    finally:
        shutil.rmtree(work_dir, ignore_errors=True)


class _Numbers:
    """The numbers of pages, by name: in the order of their addresses, before an edit and now."""

    def __init__(self, pages: Sequence[str], edits: Mapping[str, Edit]) -> None:
        new, gone = ({name for name, edit in edits.items() if edit[at] is None} for at in (0, 1))
        order = sorted({*pages, *gone}, key=_address_of)
        self.old = {name: at for at, name in enumerate(name for name in order if name not in new)}
        self.now = {name: at for at, name in enumerate(name for name in order if name not in gone)}
        self.moves = Moves.to([self.now.get(name, GONE) for name in self.old]) if new or gone else None


class _Meta(NamedTuple):
    version: str
    pages: list[list[Any]]
    chunks: list[list[str]]
    filters: list[list[str]]
    sorts: list[Any]
    fields: list[str]


class _Index:
    """A bundle of one language."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.entry: dict[str, Any] = json.loads((folder / ENTRY).read_bytes())
        ((self.language, self.of_language),) = self.entry["languages"].items()
        self.meta = _Meta(*cbor2.loads(read_file(folder / meta_file(self.of_language["hash"]))))

    def fragment(self, name: str) -> bytes:
        return read_file(self.folder / fragment_file(name))

    def filter(self, name: str) -> dict[str, list[int]]:
        _, values = cbor2.loads(read_file(self.folder / filter_file(name)))
        return dict(values)


def _write_pages(folder: Path, whole: _Index, edits: Mapping[str, Edit]) -> None:
    fields = whole.meta.fields
    if not all(re.fullmatch(r"\w+", name) for name in fields):
        raise UnsureError("a field that Pagefind could not be told of")
    told = "".join(
        f'<p data-pagefind-meta="{name}:{name}">{_FIELDS}</p>' for name in fields
    )  # one each: more is a value
    head = f'<!doctype html><html lang="{whole.language}"><body>'
    folder.mkdir(parents=True)
    (folder / _FIELDS).write_text(f"{head}<div data-pagefind-body>{told or _FIELDS}</div></body></html>", "utf-8")
    for name, edit in edits.items():
        for file, content in ((folder / name, edit.now), (folder / _BEFORE / name, edit.before)):
            if content is not None:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)


def _compare_static(some: _Index, digests: Mapping[str, str]) -> None:
    """See that all that does not hang on the pages is as it was: another Pagefind may know another format."""
    for file in some.folder.iterdir():
        if not file.is_file() or file.name == ENTRY or _MADE.fullmatch(file.name):
            continue
        if digests.get(file.name) != sha256(file.read_bytes()).hexdigest():
            raise UnsureError(f"another {file.name}")


def _amend(whole: _Index, some: _Index, edits: Mapping[str, Edit], numbers: _Numbers, ledger: Ledger) -> Amended:
    about = [
        ({**index.entry, "languages": 0}, {**index.of_language, "hash": 0, "page_count": 0, "common": 0})
        for index in (whole, some)
    ]
    if about[0] != about[1] or whole.language != some.language:
        raise UnsureError("another kind of index")
    if whole.meta.version != some.meta.version or whole.meta.fields != some.meta.fields or some.meta.sorts:
        raise UnsureError("other metadata")
    pages = _Pages(whole, some, edits, numbers)
    files, names = pages.rename()
    words, common = _amended_words(pages, some, ledger)
    chunks, more = _amended_chunks(whole, words, len(numbers.now), ledger)
    filters, others = _amended_filters(whole, some, pages)
    counted = [[name, page[1]] for name, page in zip(names, pages.all, strict=True)]
    meta = [whole.meta.version, counted, chunks, filters, whole.meta.sorts, whole.meta.fields]
    told, metas = with_meta(whole.language, whole.of_language, meta, common)
    files |= more | others | metas
    entry = {**whole.entry, "languages": {whole.language: told}}
    files[ENTRY] = json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    ledger.keep_words(words)
    return Amended(files, _gone(whole, {*map(fragment_file, names), *_named(chunks, filters), *metas}))


class _Pages:
    """The pages of an index as an edit leaves them: the name of each one's fragment, and how many words it has."""

    def __init__(self, whole: _Index, some: _Index, edits: Mapping[str, Edit], numbers: _Numbers) -> None:
        self._whole, self._some, self.numbers = whole, some, numbers
        before = dict(zip(numbers.old, whole.meta.pages, strict=True))
        self.all = [before.get(name, ["", 0]) for name in numbers.now]
        self._fresh: dict[int, str] = {}  # number -> name of its fragment in the index of some
        self.before: dict[int, str] = {}  # number in the index of some -> name
        self.now: dict[int, str] = {}
        found = {address_in(some.fragment(page[0])): number for number, page in enumerate(some.meta.pages)}
        count = 1 + sum(text is not None for edit in edits.values() for text in edit)
        if len(found) != count or len(some.meta.pages) != count:
            raise UnsureError("other pages")
        needed: set[str] = set()  # fields that pages may have been the last to have
        for name, edit in edits.items():
            if edit.before is not None:
                at = found[_address_of(f"{_BEFORE}/{name}")]
                self.before[at] = name
                needed |= self._compare(name, before[name], at)
            if edit.now is not None:
                at, number = found[_address_of(name)], numbers.now[name]
                self.now[at] = name
                self._fresh[number], count = some.meta.pages[at]
                self.all[number] = [self._fresh[number], count]
        self._look_for(needed)

    def _compare(self, name: str, known: Sequence[Any], at: int) -> set[str]:
        """See that a page was in the index at its place, and return the fields that it had."""
        old = self._whole.fragment(known[0])
        was, then = (json.loads(fragment) for fragment in (old, self._some.fragment(self._some.meta.pages[at][0])))
        if address_in(old) != _address_of(name) or {**was, "url": ""} != {**then, "url": ""}:
            raise UnsureError("another page")
        if known[1] != self._some.meta.pages[at][1]:
            raise UnsureError("other words")
        return {*was["meta"]}

    def _look_for(self, fields: set[str]) -> None:
        """See that there is a page with each of these fields: first among those that are edited."""
        others = (number for number in range(len(self.all)) if number not in self._fresh)
        for number in (*self._fresh, *islice(others, MOST_LOOKS)):
            if not fields:
                return
            fields = fields.difference(json.loads(self._fragment(number))["meta"])
        if fields:
            raise UnsureError("fields less")

    def common(self) -> CommonWords:
        """Return the words on most pages as they were, with the pages that are edited."""
        said, some = self._whole.of_language.get("common", {}), self._some
        before, now = (
            {at: some.fragment(some.meta.pages[at][0]) for at in numbers if said} for numbers in (self.before, self.now)
        )
        return CommonWords(said, before, now, some.meta.fields)

    def _fragment(self, number: int) -> bytes:
        name = self._fresh.get(number)
        return self._some.fragment(name) if name else self._whole.fragment(self.all[number][0])

    def rename(self) -> tuple[Files, list[str]]:
        """Return fragments that are new or have another name, and the names of all, in the order of the pages."""
        language = self._whole.language
        shorts = []
        for number, (name, _) in enumerate(self.all):
            is_short = name == shortened(name, language) and number not in self._fresh
            shorts.append(name if is_short else short_name(language, self._fragment(number)))
        if any(not name.startswith(shorts[number]) for number, name in self._fresh.items()):
            raise UnsureError("other names")
        names = tell_apart(shorts, language, self._fragment)
        files: Files = {}
        for number, name in enumerate(names):
            if name != self.all[number][0] or number in self._fresh:
                index, known = (
                    (self._some, self._fresh[number]) if number in self._fresh else (self._whole, self.all[number][0])
                )
                files[fragment_file(name)] = (index.folder / fragment_file(known)).read_bytes()
        return files, names


def _amended_words(pages: _Pages, some: _Index, ledger: Ledger) -> tuple[dict[bytes, bytes], Common]:
    """Return the entries of words that an edit made other ones, b"" for one that is gone, and words on most pages."""
    common = pages.common()
    amended = {}
    for word, forms in _entries(some, common):
        changes: dict[bytes, dict[str, Change]] = defaultdict(dict)
        for form, hits in forms.items():
            before = {pages.before[at]: hit for at, hit in hits.items() if at in pages.before}
            now = {pages.now[at]: hit for at, hit in hits.items() if at in pages.now}
            for page in before.keys() | now.keys():
                if before.get(page) != now.get(page):
                    changes[form][page] = (before.get(page), now.get(page))
        if changes:
            amended[word] = _amended_entry(word, ledger.word(word), changes, pages.numbers)
    known = amended
    if moves := pages.numbers.moves:
        all_words = ledger.words_between(b"", b"\xff")
        moved = {word: renumber(entry, moves) for word, entry in all_words.items() if word not in amended}
        known = moved | amended
        amended |= {word: entry for word, entry in moved.items() if entry != all_words[word]}
    common.compare(known, len(pages.numbers.now))
    return amended, common.now(amended, ledger)


def _entries(some: _Index, common: CommonWords) -> Iterator[Entry]:
    """Yield the entries of all words and pairs of the pages that are edited, as they were and as they are."""
    for *_, name in some.meta.chunks:
        for entry in entries(read_file(some.folder / chunk_file(name))):
            common.look_at(entry)
            yield entry
    yield from common.pairs()


def _amended_entry(
    word: bytes, entry: bytes, changes: Mapping[bytes, Mapping[str, Change]], numbers: _Numbers
) -> bytes:
    forms = entry_of(entry).forms if entry else {}
    for form, pages in changes.items():
        hits = forms.get(form, {})
        for page, (before, _) in pages.items():
            if hits.pop(numbers.old.get(page, GONE), None) != before:
                raise UnsureError("a word that was on another page")
    if numbers.moves:
        to = numbers.moves.numbers
        forms = {form: {to[page]: hit for page, hit in hits.items()} for form, hits in forms.items()}
    for form, pages in changes.items():
        forms.setdefault(form, {}).update({numbers.now[page]: now for page, (_, now) in pages.items() if now})
    return encode_entry(Entry(word, forms))


def _amended_chunks(whole: _Index, words: dict[bytes, bytes], page_count: int, ledger: Ledger) -> tuple[Chunks, Files]:
    """Return the list of chunks for the metadata of the index, and those chunks that changed."""
    lengths = ledger.lengths_of_words()
    old, old_count = cut(lengths.items()), len(whole.meta.pages)
    names = [chunk[2] for chunk in whole.meta.chunks]
    # Which words are on most pages may hang on the number of pages.
    known = {_key(chunk): name for chunk, name in zip(old, names, strict=True)} if page_count == old_count else {}
    lengths |= {word: len(entry) for word, entry in words.items()}
    chunks = cut(sorted((word, length) for word, length in lengths.items() if length))
    listed: Chunks = []
    files: Files = {}
    entries_in: Lazy[tuple[bytes, bytes], dict[bytes, bytes]] = Lazy(lambda ends: ledger.words_between(*ends))
    for (first, last), chunk in zip(ranges(chunks), chunks, strict=True):
        name = known.get(_key(chunk))
        if name is None or not words.keys().isdisjoint(chunk):
            before = entries_in[chunk[0], chunk[-1]]
            data = encode_chunk([words[word] if word in words else before[word] for word in chunk], page_count)
            name = name_of(whole.language, data)
            files[chunk_file(name)] = pack(data)
        listed.append([first, last, name])
    kept = {name for *_, name in listed}
    for chunk, name in zip(old, names, strict=True):
        if name not in kept:
            before = entries_in[chunk[0], chunk[-1]]
            if name != name_of(whole.language, encode_chunk([before[word] for word in chunk], old_count)):
                raise UnsureError("words that are not those of the index")
    return listed, files


def _key(chunk: Sequence[bytes]) -> tuple[bytes, bytes, int]:
    return chunk[0], chunk[-1], len(chunk)


def _amended_filters(whole: _Index, some: _Index, pages: _Pages) -> tuple[list[list[str]], Files]:
    """Return the list of filters for the metadata, and the filters, changed or not."""
    found = {of: some.filter(name) for of, name in some.meta.filters}
    if not found.keys() <= {of for of, _ in whole.meta.filters}:
        raise UnsureError("another filter")
    now, moves = pages.numbers.now, pages.numbers.moves
    to: Sequence[int] = moves.numbers if moves else range(len(now))
    changed = {GONE, *(now[page] for page in pages.now.values())}
    listed, files = [], {}
    for of, name in whole.meta.filters:
        values = {value: {to[number] for number in at} - changed for value, at in whole.filter(name).items()}
        for value, at in found.get(of, {}).items():
            values.setdefault(value, set()).update(now[pages.now[number]] for number in at if number in pages.now)
        kept = sorted([value, sorted(numbers)] for value, numbers in values.items() if numbers)
        if not kept:
            raise UnsureError("a filter less")
        data = encode([of, kept])
        listed.append([of, name_of(whole.language, data)])
        files[filter_file(listed[-1][1])] = pack(data)
    return listed, files


def _gone(whole: _Index, kept: set[str]) -> set[str]:
    named = {fragment_file(page[0]) for page in whole.meta.pages}
    named |= {*_named(whole.meta.chunks, whole.meta.filters), meta_file(whole.of_language["hash"])}
    return named - kept


def _named(chunks: Chunks, filters: list[list[str]]) -> set[str]:
    """Return the files of chunks and filters that a metadata names."""
    return {chunk_file(chunk[2]) for chunk in chunks} | {filter_file(part[1]) for part in filters}


def _address_of(name: str) -> bytes:
    """Return the address at which Pagefind finds a page, in JSON."""
    return _encode(f"/{name.removesuffix('index.html')}")[1:-1].encode("utf-8")

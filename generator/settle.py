"""The search index as Pagefind leaves it to one that is the same for the same pages.

Pagefind numbers pages in the order in which the disk lists them, which is another on another disk and may be another
after each build, and writes the values of filters in the order of a hash map. Here pages are numbered by their
addresses, and values are sorted. Files are named after their content and name each other: what changes is renamed.

Source: Pagefind 1.5, pagefind/src/index: gzip of a signature and CBOR. Meta: [version, pages, chunks, filters, sorts,
fields]; page: [name of its fragment, words]; chunk: [first word, last word, name]; in a chunk: [[[word, hits, [[other
form, hits]]]]], where a hit is [number of the page, counted from the hit before, places, places in fields].
"""

import gzip
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import cbor2

_SIGNATURE = b"pagefind_dcd"  # with which Pagefind's own files start, before the CBOR
_ADDRESS = re.compile(rb'"url":"((?:[^"\\]|\\.)*)"')
_DIGITS = 16  # of a digest in a name

Numbers = Mapping[int, int]  # of pages: Pagefind's -> ours


def settle_index(bundle: Path) -> None:
    """Rewrite an index so that it hangs on nothing but its pages.

    Units: some 0.2 ms of one processor for a page.
    """
    entry_file = bundle / "pagefind-entry.json"
    entry = json.loads(entry_file.read_text("utf-8"))
    for language in entry["languages"].values():
        language["hash"] = _settle_language(bundle, language["hash"])
    entry_file.write_text(json.dumps(entry, ensure_ascii=False, separators=(",", ":")), "utf-8")


def _settle_language(bundle: Path, name: str) -> str:
    """Rewrite the index of one language, and return the new name of its metadata."""
    meta_file = bundle / f"pagefind.{name}.pf_meta"
    meta = _read(meta_file)
    _, pages, chunks, filters, sorts, *_ = meta
    _tell_apart(bundle / "fragment", pages)
    addresses = [_address(bundle / "fragment" / f"{page[0]}.pf_fragment") for page in pages]
    order = sorted(range(len(pages)), key=addresses.__getitem__)
    numbers = {old: new for new, old in enumerate(order)}
    pages[:] = [pages[old] for old in order]
    for chunk in chunks:
        chunk[2] = _rewrite(bundle / "index" / f"{chunk[2]}.pf_index", lambda words: _renumber(words[0], numbers))
    for part in filters:
        part[1] = _rewrite(bundle / "filter" / f"{part[1]}.pf_filter", lambda values: _sort_values(values[1], numbers))
    for sort in sorts:
        sort[1] = [numbers[page] for page in sort[1]]
    meta_file.unlink()
    return _write(bundle, f"pagefind.{name}", ".pf_meta", meta).removeprefix("pagefind.")


def _tell_apart(fragments: Path, pages: list[list[Any]]) -> None:
    """Rename fragments whose short names would be the same: which of them has a longer one hangs on the order."""
    shortest = min((len(name) for name, _ in pages), default=0)
    alike = Counter(name[:shortest] for name, _ in pages)
    for page in pages:
        if alike[page[0][:shortest]] > 1:
            file = fragments / f"{page[0]}.pf_fragment"
            page[0] = _named(page[0], gzip.decompress(file.read_bytes()))
            file.rename(fragments / f"{page[0]}.pf_fragment")


def _address(fragment: Path) -> bytes:
    found = _ADDRESS.search(gzip.decompress(fragment.read_bytes()))
    return found[1] if found else b""


def _renumber(words: list[list[Any]], numbers: Numbers) -> None:
    for _, hits, others in words:
        for some in (hits, *(form[1] for form in others)):
            at = 0
            for hit in some:
                at += hit[0]
                hit[0] = numbers[at]
            some.sort(key=lambda hit: hit[0])
            before = 0
            for hit in some:
                hit[0], before = hit[0] - before, hit[0]
        others.sort(key=lambda form: form[0])


def _sort_values(values: list[list[Any]], numbers: Numbers) -> None:
    for value in values:
        value[1] = sorted(numbers[page] for page in value[1])
    values.sort()


def _rewrite(file: Path, change: Callable[[Any], None]) -> str:
    """Change what is in a file, and return the new name that it gets by that."""
    content = _read(file)
    change(content)
    file.unlink()
    return _write(file.parent, file.stem, file.suffix, content)


def _read(file: Path) -> Any:
    return cbor2.loads(gzip.decompress(file.read_bytes()).removeprefix(_SIGNATURE))


def _write(folder: Path, old_name: str, ending: str, content: Any) -> str:
    data = _SIGNATURE + cbor2.dumps(content)
    name = _named(old_name, data)
    (folder / f"{name}{ending}").write_bytes(
        gzip.compress(data, 6, mtime=0)
    )  # the highest takes five times as long, for 3 %
    return name


def _named(old_name: str, content: bytes) -> str:
    """Return a name such as "en_716bb13" with the digest of other content."""
    return f"{old_name.rpartition('_')[0]}_{hashlib.sha256(content).hexdigest()[:_DIGITS]}"

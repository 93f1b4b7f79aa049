"""The search index of a site, made by Pagefind of the parts of its pages that are to be found."""

import errno
import os
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from generator.bundles import UnknownFormatError
from generator.errors import BriefbookError
from generator.settle import ApartError, Words, settle_index
from generator.write import files_in, link_or_copy

BUNDLE = "pagefind"  # its folder in a site
PAGES_AT_ONCE = 2500  # for which Pagefind takes 0.2 GB
# The interface's own words: on every page they would be found everywhere, and make up a fifth of the index.
NOT_SEARCHED = ".headerlink, .bb-facts dt, .bb-status, .bb-seen, .bb-rests, .bb-page:not(.bb-page--page) > h2"

_TEXT, _BODY = b'<div class="bb-page', b"data-pagefind-body"  # of our theme, and of what it lets the search read
_IGNORED = b'data-pagefind-ignore="data-pagefind-ignore"'  # Pagefind says of each that it takes it for the short form
_NOT_FOUND = "404.html"
_PARTS = "parts"  # a folder in that of the bundle, meanwhile
_SIDE_BY_SIDE = 2  # Pagefinds, of so many pages each
_LEAST_ROOM = 2**16  # bytes: with less, a disk is full


def searchable(html: bytes) -> bytes | None:
    """Return what Pagefind reads of a page, as a page of its own, or None when it reads nothing of it.

    That is a third of most pages: the rest is the theme's.
    """
    start = html.find(_TEXT)
    end = html.rfind(b"</article>")
    if start < 0 or end < start:
        return html  # of another theme
    if _BODY not in html[start : html.index(b">", start)]:
        return None
    head = html.find(b"<html")
    read = b"".join((b"<!doctype html>", html[head : html.index(b">", head) + 1], b"<body>", html[start:end]))
    return read.replace(_IGNORED, b"data-pagefind-ignore")


def index_site(site: Path) -> None:
    """Make the index of a rendered site, in its folder `pagefind`. Raises: as `index_pages`."""
    with TemporaryDirectory(prefix=".search-", dir=site.parent) as folder:
        for name in files_in(site):
            read = searchable((site / name).read_bytes()) if name.endswith(".html") and name != _NOT_FOUND else None
            if read:
                page = Path(folder, name)
                page.parent.mkdir(parents=True, exist_ok=True)
                page.write_bytes(read)
        index_pages(Path(folder), site / BUNDLE)


def index_pages(pages: Path, bundle: Path, at_once: int = PAGES_AT_ONCE) -> Words:
    """Make the index of the pages below a folder, as `searchable` has them; the same for the same pages.

    It returns the words of the index, when it has one language. Pagefind reads at most so many pages `at_once`, unless
    only some have a field.
    Raises: BriefbookError when Pagefind cannot make it; OSError as `run_pagefind`.
    """
    try:
        names = sorted(files_in(pages))
        if len(names) > at_once:
            with suppress(ApartError):
                words = settle_index(bundle, _index_parts(pages, names, bundle, at_once))
                shutil.rmtree(bundle / _PARTS)
                return words
        run_pagefind(pages, bundle)
        return settle_index(bundle)
    except UnknownFormatError as error:
        raise BriefbookError(
            f"The search index could not be read: {error}. Is there room on the disk? Else install the packages anew."
        ) from error


def _index_parts(pages: Path, names: Sequence[str], bundle: Path, at_once: int) -> list[Path]:
    """Make indexes of some of the pages each, below the folder of the bundle, and return their folders.

    Pagefind takes 0.8 GB for ten thousand pages at once, and one processor, whatever there are.
    Raises: as `run_pagefind`.
    """
    from concurrent.futures import ThreadPoolExecutor  # takes a while to load

    shutil.rmtree(bundle, ignore_errors=True)
    count = -(-len(names) // at_once)
    parts = [bundle / _PARTS / str(number) for number in range(count)]
    for number, part in enumerate(parts):
        for name in names[number::count]:  # so that each has pages of all kinds, with all fields
            link_or_copy(pages / name, part / "pages" / name)
    bundles = [part / BUNDLE for part in parts]
    with ThreadPoolExecutor(min(_SIDE_BY_SIDE, os.cpu_count() or 1)) as threads:
        [*_] = threads.map(run_pagefind, (part / "pages" for part in parts), bundles)
    return bundles


def run_pagefind(pages: Path, bundle: Path) -> None:
    """Make the index of the pages below a folder as Pagefind leaves it.

    Raises: as `index_pages`; OSError when the disk is full, on which Pagefind leaves files cut off without a word.
    """
    shutil.rmtree(bundle, ignore_errors=True)
    options = ["--site", str(pages), "--output-path", str(bundle), "--exclude-selectors", NOT_SEARCHED, "--quiet"]
    try:
        done = subprocess.run([_pagefind(), *options], capture_output=True, text=True, check=False)
        said = (done.stderr or done.stdout).strip().rpartition("\n")[2]
        why = (said or f"Pagefind ended with {done.returncode}") if done.returncode else ""
    except OSError as error:
        why = str(error)
    if why:
        raise BriefbookError(f"The search index could not be made: {why}. Is Pagefind there, and room on the disk?")
    if shutil.disk_usage(bundle).free < _LEAST_ROOM:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(bundle))


def _pagefind() -> str:
    """Return the program: `python -m pagefind`, which looks for it in these places too, first starts Python again."""
    from pagefind_bin import get_executable  # takes a while to load

    return os.environ.get("PAGEFIND_BINARY_PATH") or str(get_executable())

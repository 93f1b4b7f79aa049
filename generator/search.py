"""The search index of a site, made by Pagefind of the parts of its pages that are to be found."""

import gzip
import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import cbor2

from generator.errors import BriefbookError
from generator.write import files_in

BUNDLE = "pagefind"  # its folder in a site

_SIGNATURE = b"pagefind_dcd"  # with which Pagefind's own files start, before the CBOR
_TEXT, _BODY = b'<div class="bb-page', b"data-pagefind-body"  # of our theme, and of what it lets the search read
_IGNORED = b'data-pagefind-ignore="data-pagefind-ignore"'  # Pagefind says of each that it takes it for the short form
_NOT_FOUND = "404.html"


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


def index_pages(pages: Path, bundle: Path) -> None:
    """Make the index of the pages below a folder, as `searchable` has them; the same for the same pages.

    Raises: BriefbookError when Pagefind cannot make it.
    """
    shutil.rmtree(bundle, ignore_errors=True)
    command = [sys.executable, "-m", "pagefind", "--site", str(pages), "--output-path", str(bundle)]
    command += ["--exclude-selectors", ".headerlink", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BriefbookError(f"The search index could not be made: {(done.stderr or done.stdout).strip()}")
    _settle(bundle)


def _settle(bundle: Path) -> None:
    """Put the values of filters in order, which Pagefind 1.5 writes in the order of a hash map, another each time.

    Files are named after their content and name each other: filters in the language's metadata, that in the entry.
    """
    entry_file = bundle / "pagefind-entry.json"
    entry = json.loads(entry_file.read_text("utf-8"))
    for language in entry["languages"].values():
        old_file = bundle / f"pagefind.{language['hash']}.pf_meta"
        meta = gzip.decompress(old_file.read_bytes())
        for filter_file in sorted(bundle.glob(f"filter/{language['hash'].partition('_')[0]}_*.pf_filter")):
            name, values = cbor2.loads(gzip.decompress(filter_file.read_bytes()).removeprefix(_SIGNATURE))
            settled = _SIGNATURE + cbor2.dumps([name, sorted(values)])
            new_name = _renamed(filter_file.stem, settled)
            meta = meta.replace(filter_file.stem.encode(), new_name.encode())
            filter_file.unlink()
            (bundle / "filter" / f"{new_name}.pf_filter").write_bytes(_packed(settled))
        language["hash"] = _renamed(language["hash"], meta)
        old_file.unlink()
        (bundle / f"pagefind.{language['hash']}.pf_meta").write_bytes(_packed(meta))
    entry_file.write_text(json.dumps(entry, ensure_ascii=False, separators=(",", ":")), "utf-8")


def _renamed(name: str, content: bytes) -> str:
    """Return a name such as "en_716bb13" with the digest of other content, of the same length."""
    language, _, digest = name.rpartition("_")
    return f"{language}_{hashlib.sha256(content).hexdigest()[: len(digest)]}"


def _packed(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)

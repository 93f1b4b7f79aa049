"""The search index of a rendered site, made by Pagefind in the site's folder `pagefind`."""

import gzip
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import cbor2

from generator.errors import BriefbookError

# The interface's own words: on every page they would be found everywhere, and make up a fifth of the index.
NOT_SEARCHED = ".headerlink, .bb-facts dt, .bb-status, .bb-seen, .bb-page:not(.bb-page--page) > h2"

_SIGNATURE = b"pagefind_dcd"  # with which Pagefind's own files start, before the CBOR


def index_site(site: Path) -> None:
    """Make the index of a site's pages, the same for the same pages.

    Raises: BriefbookError when Pagefind cannot make it.
    """
    command = [sys.executable, "-m", "pagefind", "--site", str(site), "--exclude-selectors", NOT_SEARCHED, "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BriefbookError(f"The search index could not be made: {(done.stderr or done.stdout).strip()}")
    _settle(site / "pagefind")


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

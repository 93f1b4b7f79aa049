"""The new site, as it grows beside the last one and takes its place; the ledger is told how both lie.

It grows in a copy of the last site that is kept for this, in `build/.cache`: only what changed is written. The files of
both are the same files, with two names, so that the copy takes little room.
"""

import json
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from generator.amend import MOST_PAGES, Edit, Last, amend_index
from generator.ledger import Ledger, Made, Stamp
from generator.manifest import listing
from generator.policy import HEADERS, Sources, find_sources, headers_of, protect_page
from generator.project import Project
from generator.search import BUNDLE, index_pages, searchable
from generator.tree import Earlier, Tree, are_as_left, folders_of, stamp_of
from generator.write import exchange_site, files_in

MANY = 1000  # folders of a site in which something is another: to look at all of it takes no longer then
MARK = "left"  # the file, in the cache, that is touched when a build has written all it writes


class Rendered(NamedTuple):
    """A page that was rendered, with the stamps of its HTML, and of what the search reads of it, if it reads it.

    `needs` is what it needs of the policy. `warnings` are (level, text); a page with any is rendered again by the next
    build, so that they are heard again.
    """

    path: str
    html: Stamp
    indexed: Stamp | None
    needs: str
    warnings: tuple[tuple[int, str], ...] = ()


class Publishing:
    """The making of a new site: what it holds by now, and what of the last one can be taken over.

    Raises: OSError when the disk does not allow it; the site is then as it was.
    """

    def __init__(self, project: Project, site_dir: Path, ledger: Ledger, *, trusts_feed: bool = False) -> None:
        cache = project.root / "build" / ".cache"
        self._last_dir = site_dir
        self._ledger = ledger
        self._last: dict[str, Stamp] = ledger.files("site") if ledger.told("site") == str(site_dir) else {}
        self._bundle_dir = cache / BUNDLE
        self._mark = cache / MARK  # as old as what lies in the site and in its copy
        copy_dir = _copy_of(site_dir, cache)
        earlier = ledger.told("left earlier")
        self._left = stamp.modified if (stamp := stamp_of(self._mark, "")) else 0
        known = Tree.as_left(copy_dir, self._last, self._mark, Earlier(*earlier) if earlier else None)
        self.site = known or Tree(copy_dir, self._last)
        last_feed: dict[str, Stamp] = {} if trusts_feed else ledger.files("search")
        self.feed = (Tree.as_known if trusts_feed else Tree)(cache / "search", last_feed)
        self._last_read = {name: stamp.digest for name, stamp in last_feed.items()}  # by the last site's search
        self._names: set[str] = set()  # of files of the new site
        self._keeps_others = False  # those of the last site, but for what is gone
        self._gone: set[str] = set()
        self._read: dict[str, str] = {}  # pages that the search reads: name -> digest
        self._needs: set[str] = set()
        self._renewed = ""  # the digest of what all pages share, when that is another than the last site's

    def begin(self, shared: str) -> None:
        """Take it that all pages share what has this digest; pages that shared something else are not taken over."""
        if self._ledger.told("rendered with") != shared:
            self._renewed = shared

    def reuse(self, made: Made, name: str) -> bool:
        """Take a page over from the last site, and tell whether it could be had there, as it was written."""
        if self._renewed or not self._take(name, made.html):
            return False
        self._note_page(made, name)
        return True

    def reuse_all(self) -> bool:
        """Take everything over from the last site, and tell whether it could be had: as it was written, and no more.

        Its headers stay, too: no page may need another policy.
        """
        if self.site.others or self.site.changed or HEADERS not in self._last:
            return False
        self._last_read = self._ledger.indexed()
        self._read = {**self._last_read}
        self._keeps_others = True
        return True

    def put_page(
        self, path: str, name: str, html: bytes, needs: str, warnings: Iterable[tuple[int, str]] = ()
    ) -> Rendered:
        """Write a page, and what the search reads of it, maybe in another process; `add_page` then notes it."""
        read = searchable(html)
        indexed = self.feed.put(name, read) if read else None
        return Rendered(path, self.site.put(name, html), indexed, needs, tuple(warnings))

    def add_page(self, made: Made, name: str, page: Rendered) -> Made:
        """Note a page that was rendered into the site, maybe in another process, and return all that is known of it."""
        self.site.note(name, page.html)
        if page.indexed:
            self.feed.note(name, page.indexed)
        indexed = page.indexed.digest if page.indexed else ""
        made = made._replace(html=page.html.digest, indexed=indexed, needs=page.needs, name=name)
        self._note_page(made, name)
        return made._replace(html="") if page.warnings else made

    def drop_page(self, made: Made) -> None:
        """Leave a page, or a picture, of the last site out: it is gone."""
        self._gone |= {made.path, made.name or made.path}  # a picture lies at its path alone
        self._read.pop(made.name, None)

    def add(self, name: str, content: bytes) -> None:
        """Put a file into the site; a page gets its policy."""
        if name.endswith(".html"):
            self._note_needs(content)
            content = protect_page(content)
        self._names.add(name)
        self.site.put(name, content)

    def add_copy(self, name: str, docs: Tree, source: str) -> None:
        """Put a file that lies in `build/docs` into the site, too."""
        self._names.add(name)
        self.site.share(name, f"{docs.folder}/{source}", docs.stamps[source])
        if is_document(name):
            self._note_needs((docs.folder / source).read_bytes())

    def finish(self) -> None:
        """Add the headers and the search index, and remove what is no longer there."""
        if not self._keeps_others and HEADERS not in self._names:
            self.add(HEADERS, headers_of(map(json.loads, self._needs)).encode("utf-8"))
        self._add_index()
        self.feed.keep_only(self._read)
        changed = {name: self.feed.stamps[name] for name in self.feed.changed & self.feed.stamps.keys()}
        self._ledger.keep_files("search", changed, gone=self._last_read.keys() - self._read.keys())
        if self._keeps_others:
            self.site.remove(self._gone - self._names)
        else:
            self.site.keep_only(self._names)
        if self._renewed:
            self._ledger.tell("rendered with", self._renewed)

    def note_readers(self) -> None:
        """Have the ledger put in what pages looked up, if that waits."""
        self._ledger.write_readers()

    def note_pages(self, pages: Iterable[Made]) -> None:
        """Have the ledger note pages as they are now."""
        self._ledger.keep_pages(pages)

    def note_frames(self, frames: Mapping[str, Any], in_nav: list[str]) -> None:
        """Have the ledger note the frames by their classes, and the pages in the navigation."""
        self._ledger.keep_frames(frames, anew=bool(self._renewed))
        self._ledger.tell("in navigation", in_nav)

    def publish(self) -> None:
        """Put the new site in the place of the last one, which becomes the copy, brought up to date."""
        ledger, site = self._ledger, self.site
        with listing(site.folder, self._last_dir, {name: stamp.digest for name, stamp in site.stamps.items()}):
            exchange_site(site.folder, self._last_dir)
        ledger.tell("site", str(self._last_dir))
        changed = {name: site.stamps[name] for name in site.changed if name in site.stamps}
        gone = site.changed - changed.keys()
        ledger.keep_files("site", changed, gone)
        folders = folders_of((*changed, *gone))
        is_known = bool(self._last) and len(folders) < MANY and are_as_left(site.folder, folders - {""}, self._left)
        ledger.tell("left earlier", Earlier(self._left, sorted(folders)) if is_known else None)
        ledger.keep()
        with suppress(OSError):  # what is missing in the copy is seen by the next build
            last = {name: self._last[name] for name in site.changed if name in self._last}
            copy = Tree.as_known(site.folder, last) if is_known else Tree(site.folder, self._last)
            for name, stamp in (changed if is_known else site.stamps).items():
                copy.share(name, f"{self._last_dir}/{name}", stamp)
            if is_known:
                copy.remove(gone)
            else:
                copy.keep_only(site.stamps)
            self._mark.touch()

    def _take(self, name: str, digest: str) -> bool:
        if self.site.has(name, digest):
            return True
        stamp, file = self._last.get(name), self._last_dir / name
        if stamp and stamp.digest == digest and stamp_of(file, digest) == stamp:
            self.site.share(name, str(file), stamp)
            return True
        return False

    def _note_page(self, made: Made, name: str) -> None:
        self._names.add(name)
        self._needs.add(made.needs)
        if made.indexed:
            self._read[name] = made.indexed

    def _note_needs(self, content: bytes) -> None:
        self._needs.add(needs_of(find_sources(content)))

    def _add_index(self) -> None:
        """Add the search index: that of the last site, as it was or amended, or one of all pages."""
        key = _key_of(self._read)
        told = self._ledger.told("index") or {"of": "", "files": {}}
        files: dict[str, str] = told["files"]
        if self._renewed or not files or not all(self._take(name, digest) for name, digest in files.items()):
            files = self._index_all()
        elif told["of"] != key:
            files = self._amend_index(told["of"], files) or self._index_all()
        if told != {"of": key, "files": files}:
            self._ledger.tell("index", {"of": key, "files": files})
        self._names |= files.keys()
        self._gone |= told["files"].keys() - files.keys()

    def _amend_index(self, of: str, files: Mapping[str, str]) -> dict[str, str] | None:
        """Amend the index of the last site, and return the digests of its files; or None where that cannot be done."""
        before = self._last_read
        changed = [name for name in before.keys() | self._read.keys() if before.get(name) != self._read.get(name)]
        if _key_of(before) != of or len(changed) > MOST_PAGES:
            return None
        edits = {name: self._edit_of(name, before.get(name)) for name in changed}
        sure = {name: edit for name, edit in edits.items() if edit}
        if len(sure) < len(edits):
            return None
        last = Last(self.site.folder / BUNDLE, {name.removeprefix(f"{BUNDLE}/"): files[name] for name in files})
        amended = amend_index(last, [*self._read], sure, self._ledger, self._bundle_dir.with_name("edits"))
        if amended is None:
            return None
        gone = {f"{BUNDLE}/{name}" for name in amended.gone}
        kept = {name: digest for name, digest in files.items() if name not in gone}
        return kept | self._put_index(amended.files.items())

    def _edit_of(self, name: str, digest: str | None) -> Edit | None:
        """Return what the search read of a page of the last site, and reads now, where the last one is there."""
        now = (self.feed.folder / name).read_bytes() if name in self._read else None
        if digest is None:
            return Edit(None, now)
        try:
            before = searchable((self._last_dir / name).read_bytes())
        except OSError:
            return None
        is_known = before is not None and sha256(before).hexdigest() == digest
        return Edit(before, now) if is_known else None

    def _index_all(self) -> dict[str, str]:
        """Index all pages, and return the digests of the files of the index."""
        self._complete_feed()
        self._ledger.forget_words()
        self._ledger.keep_words(index_pages(self.feed.folder, self._bundle_dir))
        files = self._put_index((name, (self._bundle_dir / name).read_bytes()) for name in files_in(self._bundle_dir))
        shutil.rmtree(self._bundle_dir)
        return files

    def _put_index(self, contents: Iterable[tuple[str, bytes]]) -> dict[str, str]:
        return {f"{BUNDLE}/{name}": self.site.put(f"{BUNDLE}/{name}", content).digest for name, content in contents}

    def _complete_feed(self) -> None:
        """Make sure that all is there that the search reads, and nothing else."""
        changed = self.feed.changed
        self.feed = Tree(self.feed.folder, self._ledger.files("search") | self.feed.stamps)
        self.feed.changed |= changed
        self.feed.keep_only(self._read)
        for name, digest in self._read.items():
            if not self.feed.has(name, digest):
                self.feed.put(name, searchable((self.site.folder / name).read_bytes()) or b"")


def is_document(name: str) -> bool:
    """Tell whether a file is a picture that is a document by itself, with a style, in a tab of its own."""
    return name.startswith("pictures/") and name.count("/") == 1 and name.endswith(".svg")


def needs_of(sources: Sources) -> str:
    """Return what a page needs of the policy, as JSON."""
    return json.dumps({directive: sorted(allowed) for directive, allowed in sources.items()}, sort_keys=True)


def _key_of(read: Mapping[str, str]) -> str:
    """Return the digest of all that the search reads, of that of each page."""
    return sha256(repr(sorted(read.items())).encode()).hexdigest()


def _copy_of(site_dir: Path, cache: Path) -> Path:
    """Return where the copy of a site lies: in the cache, or beside it where that is another disk."""
    cache.mkdir(parents=True, exist_ok=True)
    site_dir.parent.mkdir(parents=True, exist_ok=True)
    is_near = site_dir.parent.stat().st_dev == cache.stat().st_dev
    return cache / "site" if is_near else site_dir.parent / f".{site_dir.name}-copy"

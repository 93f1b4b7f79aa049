"""Addresses of pages and files in the site, as MkDocs has them, and as pages lead to each other by them.

Source: `mkdocs.structure.files.File` and `mkdocs.utils.get_relative_url`, MkDocs 1.6, which take a while to load.
"""

import posixpath
import re
from collections.abc import Callable
from typing import NamedTuple, Protocol
from urllib.parse import quote

from generator.constructs import Target

MOST_LINKS = 40_000  # that are remembered of pages that see the same: some 12 MB

_PATH = re.compile(r"((?:\.\./)*[a-z0-9/._-]+)((?:#[a-z0-9-]+)?)", re.IGNORECASE)  # as our templates write paths
_MARKDOWN = (".markdown", ".mdown", ".mkdn", ".mkd", ".md")
_ODD_STEPS = frozenset(("", ".", ".."))
_INDEX = ("index", "README")  # names of pages that are those of their folders


class Located(Protocol):
    """What lies at a path below `docs/`, and in the site, where it has an address: a file of MkDocs, or a `Spot`."""

    @property
    def src_uri(self) -> str: ...
    @property
    def dest_uri(self) -> str: ...
    @property
    def url(self) -> str: ...


class Spot(NamedTuple):
    """Where MkDocs puts what lies at a path below `docs/`, on a site whose pages are folders."""

    src_uri: str
    dest_uri: str
    url: str

    @classmethod
    def of(cls, path: str) -> "Spot":
        """Return that of what lies at a path."""
        if not path.endswith(_MARKDOWN):
            return cls(path, path, quote(path))
        stem = path.rpartition(".")[0]
        above, slash, name = stem.rpartition("/")
        folder = above + slash if name in _INDEX else f"{stem}/"
        return cls(path, f"{folder}index.html", quote(folder or "./"))


class Addresses:
    """Addresses of pages and files, as the site has them; `find` returns what is at a path below `docs/`, if any."""

    def __init__(self, find: Callable[[str], Located | None]) -> None:
        self._find = find
        # Links as pages had them -> as the site has them: from one folder, and from all pages that lie as deep, into
        # other top folders. How deep an address lies is another thing for index pages.
        self._near: dict[tuple[str, int], dict[str, str]] = {}
        self._far: dict[tuple[int, int], dict[str, str]] = {}

    def seen_from(self, page: Located) -> "_View":
        """Return what a page sees."""
        depth = page.url.removeprefix("./").count("/")
        near = self._near.setdefault((page.src_uri.rpartition("/")[0], depth), {})
        far = self._far.setdefault((page.src_uri.count("/"), depth), {})
        for links in (near, far):
            if len(links) > MOST_LINKS:
                links.clear()
        return _View(self._find, page, near, far)


class _View:
    """What a page sees of the site; `near` and `far` are links, as `Addresses` has them."""

    def __init__(
        self, find: Callable[[str], Located | None], page: Located, near: dict[str, str], far: dict[str, str]
    ) -> None:
        self._found_at, self._page, self._near = find, page, near
        self._own = page.src_uri.removesuffix("md").rpartition("/")[2]
        # That of the home page is "./".
        self._top, self._is_in_folder, _ = page.url.removeprefix("./").partition("/")
        self._up = "../" * page.src_uri.count("/")
        self._beside = f"{self._up}{self._top}"
        self._far = far if self._is_in_folder else {}

    def link(self, written: str) -> str | None:
        """Return the HTML of a link that was rendered before, where it is sure to be the same on this page."""
        if self._beside not in written and (found := self._far.get(written)):
            return found
        return None if self._is_own(written) else self._near.get(written)

    def _is_own(self, written: str) -> bool:
        """Tell whether a page may see itself, which has another address then, or what is in a folder of its name."""
        return self._own in written or f"{self._own[:-1]}/" in written

    def find(self, written: str) -> Target | None:
        """Return where an address below `docs/` leads, as the page has it, or None when it is unknown."""
        path = _PATH.fullmatch(written)
        if not path:
            return None
        page, up = self._page, self._up
        # Our templates write all paths by way of the top, which need not be taken apart.
        target = self._found_at(path[1].removeprefix(up)) if written.startswith(up) else None
        is_whole = target is not None and path[1] == up + target.src_uri
        folder = page.src_uri.rpartition("/")[0]
        target = target or self._found_at(posixpath.normpath(posixpath.join(folder, path[1])))
        if not target:
            return None
        # Where no folder is shared, MkDocs has the whole way down from the top.
        is_far = is_whole and self._is_in_folder and not target.url.startswith((f"{self._top}/", "."))
        back = "../" * page.url.removeprefix("./").count("/")
        address = (back + target.url if is_far else _relative(target.url, page.url)) + path[2]
        return Target(address, self._far if is_far else {} if self._is_own(written) else self._near)


def _relative(url: str, base: str) -> str:
    """Return the way from a page's address to another one below the same top."""
    folder, _, name = base.rpartition("/")
    base = folder if "." in name else base
    steps, start = url.strip("/").split("/"), base.strip("/").split("/")
    if not _ODD_STEPS.isdisjoint((*steps, *start)):
        way = posixpath.relpath(f"/{url}", f"/{base}")
    else:  # as nearly always, and in a fifth of the time
        same = 0
        while same < len(steps) and same < len(start) and steps[same] == start[same]:
            same += 1
        way = "../" * (len(start) - same) + "/".join(steps[same:])
        way = way.removesuffix("/") or "."
    return f"{way}/" if url.endswith("/") else way

"""A site that follows edits: only the pages that they touch are rendered, nearly all in frames told before.

After an edit by the short cut no more is read; after others, all was read, and the pages are made. Then MkDocs may
render a page that has no frame.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from generator.addresses import Addresses, Located, Spot
from generator.constructs import Content, render
from generator.errors import is_failure
from generator.frames import Framed, StoredFrames, has_same_front
from generator.ledger import Ledger, Made
from generator.link import Briefing
from generator.making import Making
from generator.pipeline import build_day
from generator.policy import find_sources, protect_page
from generator.project import Project
from generator.prose import BY_HAND
from generator.publishing import Publishing, is_document, needs_of
from generator.reading import without_collector
from generator.shortcut import Remade, Shortcut
from generator.sitemap import SITEMAP, packed, sitemap_after
from generator.tree import Tree
from generator.write import MARK

RenderPage = Callable[[str], bytes | None]  # by its path below docs; without its policy

MOST_PAGES = 400  # that are rendered here, one after the other: more are rendered sooner in several processes
FEW_PAGES = 8  # with so few, to ask for each page they lead to takes less time than to read the paths of all


@without_collector()
def follow_edits(project: Project, ledger: Ledger, shortcut: Shortcut, *, strict: bool = False) -> bool:
    """Bring pages and site up to date, and tell whether that could be done; nothing is written when it could not.

    `strict` leaves it to a whole build to say what is to be warned of.
    Raises: BriefbookError or OSError when the disk does not allow it; the site is then as it was.
    """
    remade = shortcut.remake() if ledger.told("can be followed") else None
    is_good = remade is not None and not is_failure(shortcut.problems, strict=strict)
    if remade is None or not is_good or not (project.pages_dir / MARK).is_file():
        return False
    before = ledger.pages_of({*remade.looked_up, *remade.gone})
    texts = {path: text.encode("utf-8") for path, text in remade.texts.items()}
    made = {path: before.get(path) or Made(path, group, "") for path, group in remade.groups.items()}
    made = {path: last._replace(digest=sha256(texts[path]).hexdigest()) for path, last in made.items()}
    changed = {path: page for path, page in made.items() if page != before.get(path)}
    gone = [last for path, last in before.items() if path not in texts]
    if len(changed) > MOST_PAGES:
        return False
    is_moving = bool(gone or changed.keys() - before.keys() or remade.is_of_another_day)
    moving = _Moving.of(ledger.paths(), ledger.needs(), changed, gone) if is_moving else None
    paths = moving.now if moving else ledger.paths() if len(changed) > FEW_PAGES else None
    is_page = ledger.has_page if paths is None else paths.__contains__
    following = _Following(project, ledger, before, is_page, shortcut.led_to)
    if not following.render({path: texts[path] for path in changed}):
        return False
    if not (following.move(moving, remade.day) if moving else following.has_known_needs()):
        return False
    docs = Tree.as_known(project.pages_dir, {})
    for path in changed:
        docs.put(path, texts[path])
    for page in gone:
        (project.pages_dir / page.path).unlink(missing_ok=True)
    following.add(changed, docs)
    ledger.keep_pages((), gone=(page.path for page in gone))
    ledger.keep_files("docs", {path: docs.stamps[path] for path in changed}, gone=(page.path for page in gone))
    _tell(ledger, remade)
    shortcut.remember()
    following.publishing.publish()
    return True


@without_collector()
def follow_pages(project: Project, briefing: Briefing, making: Making, ledger: Ledger, render: RenderPage) -> bool:
    """Bring the site up to date after a whole reading of which few pages came that are others, and tell whether it is.

    All that pages share has to be as it was. `render` has MkDocs render a page that has no frame. Nothing of the site
    is written when this cannot be done here.
    Raises: as `follow_edits`.
    """
    before, now = making.before, making.pages
    gone = [made for path, made in before.items() if path not in now]
    changed = {path: made for path, made in now.items() if path not in before or made.digest != before[path].digest}
    if not making.has_same_rest or not ledger.told("can be followed") or len(changed) + len(gone) > MOST_PAGES:
        return False
    if any(path.removesuffix(".md") in briefing.pages for path in changed):  # they may lead to what is not there yet
        return False
    following = _Following(project, ledger, before, now.__contains__, ledger.told("led to"), render)
    if not following.render({path: (project.pages_dir / path).read_bytes() for path in changed}):
        return False
    needs = Counter(made.needs for made in before.values())
    if not following.move(_Moving.of(before.keys(), needs, changed, gone), build_day(briefing)):
        return False
    following.add(changed, making.docs)
    following.publishing.publish()
    return True


class _Moving(NamedTuple):
    """Pages that come and go: the paths of all that there were and are, and how many of them had which needs."""

    before: Collection[str]
    now: Collection[str]
    needs: Mapping[str, int]
    changed: Mapping[str, Made]
    gone: Sequence[Made]

    @classmethod
    def of(
        cls, before: Collection[str], needs: Mapping[str, int], changed: Mapping[str, Made], gone: Sequence[Made]
    ) -> "_Moving":
        """Return those that come and go by a change."""
        return cls(before, {*before, *changed} - {made.path for made in gone}, needs, changed, gone)


class _Following:
    """A site that takes over what the last one had, and what pages `before` were, by path.

    `render_page` renders what takes MkDocs, where that may be started.
    """

    def __init__(
        self,
        project: Project,
        ledger: Ledger,
        before: Mapping[str, Made],
        is_page: Callable[[str], bool],
        led_to: Mapping[str, list[str]] | None,
        render_page: RenderPage = lambda _: None,
    ) -> None:
        self._project, self._ledger, self._before, self._is_page = project, ledger, before, is_page
        self._render_page = render_page
        self.publishing = Publishing(project, Path(ledger.told("site")), ledger, trusts_feed=True)
        self._in_nav = ledger.told("in navigation")
        self._led_to = led_to or {}
        self._is_good = self.publishing.reuse_all() and led_to is not None
        self._addresses = Addresses(self._find)
        self._frames = StoredFrames(self._in_nav, ledger.frame, self._content_of)
        self._pages: dict[str, Framed] = {}

    def _find(self, path: str) -> Spot | None:
        if path.startswith(("/", "..")):
            return None
        # What was a page is looked for in what was read of the last site; where something may lead there in the new
        # one, it does not move here.
        is_there = self._is_page(path) or path in self._before or (self._project.pages_dir / path).is_file()
        return Spot.of(path) if is_there else None

    def _content_of(self, page: Located, text: str) -> Content | None:
        return render(text, self._addresses.seen_from(page))

    def render(self, texts: Mapping[str, bytes]) -> bool:
        """Render the pages that are made of these texts, by path; False when that takes MkDocs, or more changes."""
        if not self._is_good or self._leads("headings", texts):  # one of which may be gone
            return False
        for path, data in texts.items():
            if is_document(path) and not self._has_same_policy(path, data):
                return False
            if path.endswith(".md"):
                spot, text = Spot.of(path), data.decode("utf-8")
                page = self._frames.render(spot, text) or self._swapped(spot, text)
                page = page or (self._rendered(path) if self._is_titled_alike(path, text) else None)
                if page is None:
                    return False
                self._pages[path] = page
        return True

    def _leads(self, name: str, paths: Iterable[str]) -> bool:
        """Tell whether a page that people wrote may lead to one of these files, or into one: at a heading."""
        names = tuple(path.rpartition("/")[2] for path in paths)
        return any(lead.endswith(names) for lead in self._led_to[name])

    def has_known_needs(self) -> bool:
        """Tell whether each page that was rendered needs of the policy what it needed."""
        return all(page.needs == self._before[path].needs for path, page in self._pages.items())

    def move(self, moving: _Moving, day: date) -> bool:
        """Have the site hold the pages that there are, dated to a day; False, before anything is written, when that
        takes MkDocs.
        """
        is_alike = self._has_same_navigation(moving) and self._has_same_needs(moving)
        listed = self._listed(moving, day) if is_alike else None
        if listed is None:
            return False
        for made in moving.gone:
            self.publishing.drop_page(made)
        for name, content in listed.items():
            self.publishing.add(name, content)
        return True

    def _swapped(self, page: Spot, text: str) -> Framed | None:
        before = self._last(page.src_uri)
        if before is None:
            return None
        made = self._before[page.src_uri]
        html = (self.publishing.site.folder / made.name).read_bytes()
        is_by_hand = text.partition("\n---\n")[2].lstrip().startswith(BY_HAND)
        if is_by_hand and ".md#" in text:
            return None  # MkDocs looks whether there is such a place
        swapped = self._frames.swap_content(page, before.decode("utf-8"), text, html)
        if swapped is None or (is_by_hand and find_sources(swapped) != find_sources(html)):
            return None
        return Framed(swapped, made.needs)  # of our own pages nothing is needed within the content

    def _is_titled_alike(self, path: str, text: str) -> bool:
        """Tell whether no other page shows what a page is called, or it is called what it was."""
        if path not in self._in_nav:
            return True
        return has_same_front((self._last(path) or b"").decode("utf-8"), text)

    def _rendered(self, path: str) -> Framed | None:
        raw = self._render_page(path)
        return Framed(protect_page(raw), needs_of(find_sources(raw))) if raw else None

    def _has_same_policy(self, path: str, data: bytes) -> bool:
        """Tell whether a picture that counts for the policy of the site needs of it what it needed."""
        text = self._last(path)
        return text is not None and find_sources(text) == find_sources(data)

    def _last(self, path: str) -> bytes | None:
        """Return the Markdown, or picture, that the last site has at a path, if there was one and it is what it was."""
        made = self._before.get(path)
        content = (self.publishing.site.folder / path).read_bytes() if made else b""
        return content if made and sha256(content).hexdigest() == made.digest else None

    def _has_same_navigation(self, moving: _Moving) -> bool:
        """Tell whether pages that come and go are in no navigation, and MkDocs has nothing to say of that.

        It warns of pages that are neither in a navigation that is written nor said not to be, and of links in pages
        that people wrote.
        """
        new = [path for path in moving.changed if path not in moving.before]
        moved = [*new, *(made.path for made in moving.gone)]
        if not moved:
            return True
        left_out, apart = self._project.excluded(), self._project.patterns("not_in_nav")
        is_known = not (left_out and any(map(left_out, new))) and (not apart or all(map(apart, new)))
        is_free = bool(self._ledger.told("navigation is written")) and not self._leads("files", moved)
        return is_known and is_free and all(path in moving.now for path in self._in_nav)

    def _has_same_needs(self, moving: _Moving) -> bool:
        """Tell whether all pages together need of the policy what they needed; so do pictures that come or go."""
        pages, before, needs = self._pages, self._before, Counter(moving.needs)
        needs.subtract(made.needs for made in moving.gone)
        needs.subtract(before[path].needs for path in moving.changed if path in before)
        needs.update(pages[path].needs if path in pages else made.needs for path, made in moving.changed.items())
        moved = [path for path in moving.changed if path not in before] + [made.path for made in moving.gone]
        return not any(map(is_document, moved)) and {*+needs} == {*moving.needs}

    def _listed(self, moving: _Moving, day: date) -> dict[str, bytes] | None:
        """Return the files of the sitemap that change; None where that is not certain."""
        last = self.publishing.site.folder
        before, after = ([path for path in paths if path.endswith(".md")] for paths in (moving.before, moving.now))
        listed = sitemap_after((last / SITEMAP).read_text("utf-8"), before, after, day)
        if listed is None:
            return None
        files = {SITEMAP: listed.encode("utf-8"), f"{SITEMAP}.gz": packed(listed, day)}  # which has the day in it, too
        return {name: content for name, content in files.items() if content != (last / name).read_bytes()}

    def add(self, changed: Mapping[str, Made], docs: Tree) -> None:
        """Put what changed into the new site, and have the ledger note it."""
        publishing, noted = self.publishing, []
        for path, made in changed.items():
            publishing.add_copy(path, docs, path)
            if page := self._pages.get(path):
                name = made.name or Spot.of(path).dest_uri
                made = publishing.add_page(made, name, publishing.put_page(path, name, page.html, page.needs))
            noted.append(made)
        publishing.finish()
        publishing.note_pages(noted)


def _tell(ledger: Ledger, remade: Remade) -> None:
    gone = [place for place, made in remade.inputs.items() if not made.value]
    ledger.keep_inputs(((*place, *made) for place, made in remade.inputs.items() if made.value), gone)
    ledger.keep_readers(remade.looked_up)

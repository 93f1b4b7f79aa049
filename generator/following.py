"""A site that follows edits by the short cut: only the pages that they touch are rendered, in frames told before."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from mkdocs.structure.files import File

from generator.constructs import Content, render
from generator.frames import ContentOf, render_stored, swap_content
from generator.ledger import Ledger, Made
from generator.pipeline import Project, without_collector
from generator.policy import find_sources
from generator.publishing import Publishing
from generator.rendering import Addresses
from generator.shortcut import Remade, Shortcut
from generator.tree import Tree
from generator.write import MARK


@without_collector()
def follow_edits(project: Project, ledger: Ledger, shortcut: Shortcut) -> bool:
    """Bring pages and site up to date, and tell whether that could be done; nothing is written when it could not.

    Raises: BriefbookError or OSError when the disk does not allow it; the site is then as it was.
    """
    remade = shortcut.remake() if ledger.told("can be followed") else None
    if remade is None or not (project.pages_dir / MARK).is_file():
        return False
    before = ledger.pages_of({*remade.groups.values()})
    if before.keys() != remade.texts.keys():
        return False
    texts = {path: text.encode("utf-8") for path, text in remade.texts.items()}
    changed = {path: data for path, data in texts.items() if sha256(data).hexdigest() != before[path].digest}
    publishing = Publishing(project, Path(ledger.told("site")), ledger, trusts_feed=True)
    pages = _render(project, ledger, publishing, before, changed) if publishing.reuse_all() else None
    if pages is None:
        return False
    docs = Tree.as_known(project.pages_dir, {})
    noted = []
    for path, data in changed.items():
        made = before[path]._replace(digest=docs.put(path, data).digest)
        publishing.add_copy(path, docs, path)
        noted.append(_add_page(publishing, made, pages[path]) if path in pages else made)
    publishing.finish()
    publishing.note_pages(noted)
    ledger.keep_files("docs", {path: docs.stamps[path] for path in changed})
    _tell(ledger, remade)
    shortcut.remember()
    publishing.publish()
    return True


def _render(
    project: Project, ledger: Ledger, publishing: Publishing, before: Mapping[str, Made], changed: Mapping[str, bytes]
) -> dict[str, bytes] | None:
    """Return the HTML of the pages that changed; None when one of them needs MkDocs, or more than its page changes."""

    def find(path: str) -> File | None:
        is_there = ledger.has_page(path) or (project.root / "docs" / path).is_file()
        return File(path, str(project.pages_dir), "", use_directory_urls=True) if is_there else None

    def content_of(file: File, text: str) -> Content | None:
        return render(text, addresses.seen_from(file))

    addresses, in_nav = Addresses(find), ledger.told("in navigation")
    pages = {}
    for path, data in changed.items():
        if path.endswith(".svg") and path.count("/") == 1 and not _has_same_policy(project, before[path], data):
            return None
        if path.endswith(".md"):
            file = File(path, str(project.pages_dir), "", use_directory_urls=True)
            file.content_string = data.decode("utf-8")
            framed = render_stored(file, in_nav, ledger.frame, content_of)
            html = framed.html if framed else _swapped(project, publishing, before[path], file, content_of)
            if html is None:
                return None
            pages[path] = html
    return pages


def _swapped(project: Project, publishing: Publishing, made: Made, file: File, content_of: ContentOf) -> bytes | None:
    text, html = _last_text(project, made), (publishing.site.folder / made.name).read_bytes()
    return swap_content(file, text.decode("utf-8"), html, content_of) if text is not None else None


def _has_same_policy(project: Project, made: Made, data: bytes) -> bool:
    """Tell whether a picture that counts for the policy of the site needs of it what it needed."""
    text = _last_text(project, made)
    return text is not None and find_sources(text) == find_sources(data)


def _last_text(project: Project, made: Made) -> bytes | None:
    """Return what lies in `build/docs`, if it is as it was made."""
    text = (project.pages_dir / made.path).read_bytes()
    return text if sha256(text).hexdigest() == made.digest else None


def _add_page(publishing: Publishing, made: Made, html: bytes) -> Made:
    # What it needs of the policy stands around its content, which is as it was.
    return publishing.add_page(made, made.name, publishing.put_page(made.path, made.name, html, made.needs))


def _tell(ledger: Ledger, remade: Remade) -> None:
    gone = [place for place, made in remade.inputs.items() if not made.value]
    ledger.keep_inputs(((*place, *made) for place, made in remade.inputs.items() if made.value), gone)
    ledger.keep_readers(remade.looked_up)

"""The Markdown of a build's pages: only of those whose inputs changed, and in several processes.

Which pages that are is found by the ledger: what a page looked up when it was made, and the digest that each of these
things had.
"""

import gc
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import NamedTuple

from generator.inputs import Input, changed_inputs, inputs_of, take_inputs
from generator.ledger import Ledger, Made, Stamp
from generator.link import Briefing
from generator.manifest import digests_below
from generator.pages import PageMaker
from generator.pipeline import page_maker
from generator.project import Project
from generator.reading import without_collector
from generator.tree import Tree, lay_of
from generator.versions import made_with
from generator.workers import spread
from generator.write import MARK


class _Group(NamedTuple):
    """A group of pages that was made: its name, its files with their stamps, and what was looked up for it."""

    name: str
    files: tuple[tuple[str, Stamp], ...]
    looked_up: Mapping[str, list[str]]


@dataclass(slots=True)
class Making:
    """The pages of a build as they lie in `build/docs`, by path, and those of the last build.

    `has_same_rest` tells that all that is copied there is what it was, and so is what all pages show of the card.
    """

    maker: PageMaker
    docs: Tree
    pages: dict[str, Made] = field(default_factory=dict)
    before: Mapping[str, Made] = field(default_factory=dict)
    has_same_rest: bool = False


_maker: PageMaker | None = None
_docs: Tree | None = None


@without_collector()
def make_pages(briefing: Briefing, project: Project, books: Mapping[str, str], ledger: Ledger) -> Making:
    """Bring `build/docs` up to date, and return what lies there; the ledger is told all but how pages are rendered.

    `books` are PDFs below `build/`, as `page_maker` has them.
    Raises: BriefbookError when a template cannot be used; OSError when the disk does not allow it.
    """
    global _maker, _docs
    _maker = page_maker(briefing, project, books)
    _docs = docs = Tree(project.pages_dir, ledger.files("docs"))
    _forget_what_others_made(ledger, briefing.info.language, project, books)
    known, digests, groups = ledger.pages(), ledger.input_digests(), {*_maker.groups()}
    inputs = inputs_of(_maker, digests)
    changed = [*changed_inputs(digests, inputs)]
    stale = _stale_groups(ledger, known.values(), changed, groups, docs)
    fresh = groups - stale
    making = Making(_maker, docs, {path: made for path, made in known.items() if made.part in fresh}, known)
    if len(stale) > len(groups) / 2:
        _maker.prepare()
    take_inputs(_maker)  # what was looked up to plan the pages belongs to none of them
    names = [name for name in _maker.groups() if name in stale]
    looked_up = {}
    for group in spread(_make_some, names, meanwhile=lambda: _keep_inputs(ledger, inputs, changed)):
        looked_up[group.name] = group.looked_up
        for path, stamp in group.files:
            docs.stamps[path] = stamp
            old = known.get(path)
            kept = old if old and old.digest == stamp.digest else Made(path, group.name, stamp.digest)
            making.pages[path] = kept._replace(part=group.name)
    copies, has_same_copies = _copy_others(briefing, project, books, docs, ledger)
    shown = briefing.info.on_all_pages
    making.has_same_rest = has_same_copies and ledger.told("shown on all") == shown
    ledger.tell("shown on all", shown)
    gone = docs.keep_only((*making.pages, *copies, MARK))
    (project.pages_dir / MARK).touch()
    ledger.keep_readers(looked_up)
    ledger.keep_pages((), gone=known.keys() - making.pages.keys())
    ledger.keep_files("docs", docs.stamps, gone=gone)
    gc.freeze()  # the records stay to the end: to look through them for what is no longer used takes most of a second
    return making


def _keep_inputs(ledger: Ledger, inputs: Mapping[str, Mapping[str, Input]], changed: Sequence[tuple[str, str]]) -> None:
    gone = [(kind, key) for kind, key in changed if key not in inputs.get(kind, {})]
    # What does not count in a digest may be another, too: the prose of a record, the events at a place.
    new = {*changed, *(("record", key) for kind, key in changed if kind == "text")} - {*gone}
    new |= {("place", name) for name in inputs["place"]}
    ledger.keep_inputs(((kind, key, *inputs[kind][key]) for kind, key in new if key in inputs[kind]), gone)


def _make_some(groups: Sequence[str]) -> list[_Group]:
    assert _maker and _docs, "this process was forked after they were made"
    made = []
    for name in groups:
        files = tuple((page.path, _docs.put(page.path, page.text.encode("utf-8"))) for page in _maker.make(name))
        made.append(_Group(name, files, take_inputs(_maker)))
    return made


def _forget_what_others_made(ledger: Ledger, language: str, project: Project, books: Mapping[str, str]) -> None:
    """Forget the pages that were made by other templates or code, or in another language."""
    told = [made_with(), language, sorted(books.items())]
    told += [digests_below(folder, apart_from="theme") for folder in project.template_dirs]
    made_by = sha256(repr(told).encode()).hexdigest()
    if ledger.told("made by") != made_by:
        ledger.forget_pages()
        ledger.tell("made by", made_by)


def _stale_groups(
    ledger: Ledger, known: Collection[Made], changed: Sequence[tuple[str, str]], groups: set[str], docs: Tree
) -> set[str]:
    """Return the groups of pages that are to be made: those that are new, lack a file, or are made of other things."""
    if not known:
        return groups
    by_part: dict[str, bool] = {}
    for made in known:
        by_part[made.part] = by_part.get(made.part, True) and docs.has(made.path, made.digest)
    stale = {name for name in groups if not by_part.get(name)}
    stale |= ledger.readers(f"{kind} {key}" for kind, key in changed)
    stale |= {key for kind, key in changed if kind == "page"}
    return stale & groups


def _copy_others(
    briefing: Briefing, project: Project, books: Mapping[str, str], docs: Tree, ledger: Ledger
) -> tuple[list[str], bool]:
    """Bring the copies of assets and books up to date, and return their names, and whether all are what they were.

    What is as it was is not read.
    """
    files = {name: project.root / "docs" / name for name in briefing.assets}
    files |= {path: project.root / "build" / path for path in books.values()}
    before = ledger.told("copies") or {}
    copies = {}
    for name, file in files.items():
        lay = [*lay_of(file.stat())]
        digest = before[name][1] if before.get(name, [None])[0] == lay else ""
        if not digest or not docs.has(name, digest):
            digest = docs.put(name, file.read_bytes()).digest
        copies[name] = [lay, digest]
    ledger.tell("copies", copies)
    digests, last_digests = ({name: digest for name, (_, digest) in of.items()} for of in (copies, before))
    return [*files], digests == last_digests

"""The site page by page, with MkDocs' own steps: only the pages that changed, and those in several processes.

What a made page shows hangs on its Markdown, and on what all pages share: settings, theme, navigation, packages. Where
both are what they were, its HTML is that of the last site. Hand-written pages, which may lead to what is not there
yet, and those in the navigation are always rendered. The new site grows in a copy of the last one, beside it.
"""

import json
import logging
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from mkdocs.commands.build import _build_theme_template
from mkdocs.commands.build import build as mkdocs_build
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import MkDocsException
from mkdocs.structure.files import File, get_files
from mkdocs.utils import CountHandler

from generator.errors import BriefbookError
from generator.following import follow_pages
from generator.frames import PageClass
from generator.framing import Frames
from generator.ledger import Ledger, Made
from generator.link import Briefing
from generator.making import Making
from generator.policy import find_sources, protect_page
from generator.project import Project
from generator.publishing import Publishing, Rendered, needs_of
from generator.reading import without_collector
from generator.render import template_faults
from generator.rendering import (
    OURS,
    Rendering,
    begin,
    is_plain,
    load_settings,
    unpackaged_theme_dirs,
    when_asked,
)
from generator.versions import made_with
from generator.workers import spread
from generator.write import files_in

log = logging.getLogger("mkdocs.commands.build")


@dataclass(slots=True)
class _Building:
    """What pages are rendered with, and into."""

    rendering: Rendering
    frames: Frames
    publishing: Publishing
    making: Making
    pages: dict[str, Made] = field(default_factory=dict)
    classes: set[PageClass] = field(default_factory=set)  # of which frames were found


class _Batch(NamedTuple):
    """Pages that were rendered, and the classes of which frames were found by then."""

    pages: list[Rendered]
    classes: list[PageClass]


_building: _Building | None = None


@template_faults()
def build_with_mkdocs(
    project: Project,
    briefing: Briefing,
    making: Making,
    ledger: Ledger,
    *,
    strict: bool = False,
    may_follow: bool = False,
    executor: Executor | None = None,
) -> str:
    """Render the pages in `build/docs`, publish them as the site, and return what made that slow, or "".

    With `may_follow`, all that pages share is as it was, and only those that changed may be looked at. With plugins or
    hooks that are not known here, MkDocs builds the site by itself. With another theme, or other extensions of
    Markdown, it renders each page in full. `executor` renders where many pages are to be rendered; otherwise processes
    do.
    Raises: BriefbookError when `mkdocs.yml` cannot be used, or under `strict` when something was warned of.
    """
    if may_follow and follow_pages(project, briefing, making, ledger, when_asked(project, briefing, making.maker)):
        return ""
    with _counted_warnings() as counter, _settings(project, briefing, strict=strict) as config:
        if not is_known(config):
            config.plugins.on_startup(command="build", dirty=False)
            mkdocs_build(config)
            return "There are plugins or hooks in mkdocs.yml that Briefbook does not know"
        plugin: Any = config.plugins["briefbook"]
        plugin.is_driven = True
        config.plugins.on_startup(command="build", dirty=False)
        site_dir = Path(config.site_dir)
        with TemporaryDirectory(prefix=".made-", dir=project.root / "build") as made:
            config = begin(config)
            config.site_dir = made  # for what MkDocs itself writes: never into files that two sites share
            publishing = Publishing(project, site_dir, ledger)
            obstacle = build_known(config, making, publishing, [*briefing.pages], executor)
            warned = sum(count for _, count in counter.get_counts())
            if config.strict and warned:
                raise BriefbookError(f"Aborted with {warned} warnings in strict mode!")
            left_out = project.excluded()
            is_whole = not config.draft_docs and not (left_out and any(map(left_out, making.pages)))
            ledger.tell("can be followed", not obstacle and not warned and is_whole and config.use_directory_urls)
            ledger.tell("navigation is written", config.nav is not None)
            publishing.publish()
        return obstacle


def build_plainly(project: Project, briefing: Briefing, folder: Path) -> None:
    """Have MkDocs build the site of the pages in `build/docs` by itself, into a folder.

    Raises: as `build_with_mkdocs`.
    """
    with _settings(project, briefing) as config:
        config.site_dir = str(folder)
        config.plugins.on_startup(command="build", dirty=False)
        mkdocs_build(config)


def verify_site(project: Project, briefing: Briefing) -> None:
    """Build the site once more as MkDocs does it by itself, and compare every file with `build/site`.

    Raises: as `build_with_mkdocs`; BriefbookError when files differ.
    """
    with TemporaryDirectory(prefix=".plain-", dir=project.root / "build") as name:
        plain = Path(name) / "site"
        build_plainly(project, briefing, plain)
        found, wanted = ({*files_in(folder)} for folder in (project.site_dir, plain))
        differ = (
            name for name in found & wanted if (project.site_dir / name).read_bytes() != (plain / name).read_bytes()
        )
        differing = sorted([*(found ^ wanted), *differ])
    if differing:
        some = ", ".join(differing[:5])
        raise BriefbookError(f"{len(differing)} files are not what MkDocs makes by itself, such as {some}.")


def is_known(config: MkDocsConfig) -> bool:
    """Tell whether these settings are such that pages can be rendered one by one, and taken from the last site."""
    return set(config.plugins) <= OURS and not config.hooks and not config.extra_templates


@without_collector()
def build_known(
    config: MkDocsConfig, making: Making, publishing: Publishing, always: Sequence[str], executor: Executor | None
) -> str:
    """Fill the new site, its pages protected, and return what made that slow, or "".

    The hand-written pages `always` are rendered whatever is in the last site. Warnings go to MkDocs' log.
    """
    global _building
    rendering = Rendering(config, get_files(config))
    files = {file.src_uri: file for file in rendering.files.documentation_pages()}
    unsure = {*(f"{key}.md" for key in always), *(page.file.src_uri for page in rendering.nav.pages)}
    publishing.begin(_shared(rendering))
    reused = {
        path: made
        for path, file in files.items()
        if (made := making.pages[path]).html and path not in unsure and publishing.reuse(made, file.dest_uri)
    }
    anew = [path for path in files if path not in reused]
    frames = Frames(rendering, [files[path] for path in anew])
    _building = building = _Building(rendering, frames, publishing, making, reused)

    def meanwhile() -> None:
        publishing.note_readers()
        _place_other_files(building)
        _add(building, _render_some(path for path in anew if path in unsure))  # here, where their links are looked at

    _add(building, spread(_render_some, [path for path in anew if path not in unsure], executor, meanwhile))
    _check_anchors(rendering, [files[path] for path in files if path in unsure])
    kept = {path: made._replace(html="") if path in unsure else made for path, made in building.pages.items()}
    publishing.finish()
    publishing.note_pages(kept.get(path, made) for path, made in making.pages.items())
    publishing.note_frames(frames.told(building.classes), [page.file.src_uri for page in rendering.nav.pages])
    return _obstacle(rendering)


def _render_some(paths: Iterable[str]) -> list[_Batch]:
    assert _building, "this process was forked after it was made"
    pages = [_render(_building, path) for path in paths]
    return [_Batch(pages, _building.frames.classes())]


def _render(building: _Building, path: str) -> Rendered:
    file = building.rendering.files.src_uris[path]
    framed = building.frames.render(file)
    warnings: list[tuple[int, str]] = []
    if framed:
        html, needs = framed
    else:
        with _heard() as warnings:
            raw = building.rendering.html_of(file)
        html, needs = protect_page(raw), needs_of(find_sources(raw))
    if file.page:  # what is written need not be kept: there may be ten thousand
        file.page.content = file.page.markdown = ""
    return building.publishing.put_page(path, file.dest_uri, html, needs, warnings)


def _add(building: _Building, batches: Iterable[_Batch]) -> None:
    """Note pages that were rendered, maybe in another process, and tell what was warned of."""
    for batch in batches:
        building.classes.update(batch.classes)
        for page in batch.pages:
            made, file = building.making.pages[page.path], building.rendering.files.src_uris[page.path]
            building.pages[page.path] = building.publishing.add_page(made, file.dest_uri, page)
            for level, text in page.warnings:
                log.log(level, text)


def _place_other_files(building: _Building) -> None:
    """Put pictures, data, assets, the theme's own files and pages, and the pages' Markdown into the site."""
    rendering, publishing, docs = building.rendering, building.publishing, building.making.docs
    for file in rendering.files:
        if not file.inclusion.is_included():  # type: ignore[no-untyped-call]
            continue
        if file.src_dir == rendering.config.docs_dir:
            publishing.add_copy(file.src_uri, docs, file.src_uri)
        elif not file.is_documentation_page():
            publishing.add(file.dest_uri, file.content_bytes)
    made = Path(rendering.config.site_dir)
    for template in rendering.config.theme.static_templates:
        _build_theme_template(template, rendering.env, rendering.files, rendering.config, rendering.nav)
    for name in files_in(made):
        publishing.add(name, (made / name).read_bytes())


@contextmanager
def _settings(project: Project, briefing: Briefing, *, strict: bool = False) -> Iterator[MkDocsConfig]:
    try:
        config = load_settings(project, briefing, strict=strict)
        try:
            yield config
        finally:
            config.plugins.on_shutdown()
    except MkDocsException as error:
        raise BriefbookError(" ".join(str(error).split())) from error


@contextmanager
def _counted_warnings() -> Iterator[CountHandler]:
    counter = CountHandler()
    counter.setLevel(logging.WARNING)
    logger = logging.getLogger("mkdocs")
    logger.addHandler(counter)
    try:
        yield counter
    finally:
        logger.removeHandler(counter)


@contextmanager
def _heard() -> Iterator[list[tuple[int, str]]]:
    """Keep what MkDocs logs meanwhile from being printed: in another process nobody would count it."""
    heard: list[tuple[int, str]] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.levelno >= logging.WARNING:
                heard.append((record.levelno, record.getMessage()))

    logger = logging.getLogger("mkdocs")
    before, logger.handlers, logger.propagate = (logger.handlers, logger.propagate), [Listener()], False
    try:
        yield heard
    finally:
        logger.handlers, logger.propagate = before


def _check_anchors(rendering: Rendering, files: Iterable[File]) -> None:
    """Look for the places in pages to which others lead: only hand-written pages lead to such a place of another."""
    if rendering.config.validation.links.anchors < logging.WARNING:
        return
    for file in files:
        if file.page is None or file.page.present_anchor_ids is None:
            rendering.html_of(file)
        leads_to = file.page.links_to_anchors if file.page else None
        for target in leads_to or ():
            if target.page and target.page.present_anchor_ids is None:
                rendering.html_of(target)
        if file.page:
            file.page.validate_anchor_links(files=rendering.files, log_level=rendering.config.validation.links.anchors)


def _obstacle(rendering: Rendering) -> str:
    if not is_plain(rendering.config):
        return "The theme is not Material as Briefbook has it"
    return "" if rendering.is_known else "There are extensions of Markdown in mkdocs.yml that Briefbook does not know"


def _shared(rendering: Rendering) -> str:
    """Return the digest of what all pages share."""
    config = rendering.config
    folders = [Path(folder) for folder in unpackaged_theme_dirs(config)]
    told: Mapping[str, Any] = {
        "settings": config.user_configs,
        "extra": config.extra,
        "theme": [
            (file.relative_to(folder).as_posix(), sha256(file.read_bytes()).hexdigest())
            for folder in folders
            for file in sorted(folder.rglob("*"))
            if file.is_file()
        ],
        "made_with": made_with(),
        "navigation": [(page.title, page.url) for page in rendering.nav.pages],
        # Material shows it on no page, and it is another with each new record.
        "date": "" if is_plain(config) else os.environ.get("SOURCE_DATE_EPOCH", ""),
    }
    return sha256(json.dumps(told, default=str, sort_keys=True).encode()).hexdigest()

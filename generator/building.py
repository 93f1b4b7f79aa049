"""The site page by page, with MkDocs' own steps: only the pages that changed, and those in several processes.

What a made page shows hangs on its Markdown, and on what all pages share: settings, theme, navigation, packages. Where
both are what they were, its HTML is taken from the last site. Hand-written pages, which may lead to what is not there
yet, and those in the navigation are always rendered.
"""

import gc
import json
import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import chain
from multiprocessing import get_all_start_methods, get_context
from pathlib import Path
from signal import SIG_IGN, SIGINT, signal
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from mkdocs.commands.build import _build_theme_template
from mkdocs.commands.build import build as mkdocs_build
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import MkDocsException
from mkdocs.structure.files import File, get_files
from mkdocs.utils import CountHandler

from generator.errors import BriefbookError
from generator.frames import Frames, is_plain
from generator.link import Briefing
from generator.manifest import made_with
from generator.pipeline import Project
from generator.policy import Sources, find_sources, protect_page
from generator.render import template_faults
from generator.rendering import Rendering, begin, load_settings, unpackaged_theme_dirs
from generator.write import files_in, link_or_copy

OURS = frozenset({"briefbook"})  # plugins whose pages hang on nothing but what is said above
WORTH_PROCESSES = 60  # pages: with fewer, starting processes takes longer than it saves
CHUNK = 20  # pages that a process takes at a time

log = logging.getLogger("mkdocs.commands.build")


class Rendered(NamedTuple):
    """A page that was rendered: the digests of its Markdown and of its HTML, and what it needs of the policy.

    `warnings` are (level, text); a page with any is rendered again by the next build, so that they are heard again.
    """

    path: str
    made_of: str
    html: str
    sources: Mapping[str, tuple[str, ...]]
    warnings: tuple[tuple[int, str], ...] = ()


@template_faults()
def build_with_mkdocs(
    project: Project, briefing: Briefing, *, strict: bool = False, plainly_into: Path | None = None
) -> str:
    """Render the pages in `build/docs`, publish them as `build/site`, and return what made that slow, or "".

    With plugins or hooks that are not known here, MkDocs builds the site by itself; and with `plainly_into`, into that
    folder. With another theme it renders each page in full.
    Raises: BriefbookError when `mkdocs.yml` cannot be used, or under `strict` when something was warned of.
    """
    counter = CountHandler()
    counter.setLevel(logging.WARNING)
    logger = logging.getLogger("mkdocs")
    try:
        config = load_settings(project, briefing, strict=strict)
        is_by_page = is_known(config) and not plainly_into
        config.site_dir = str(plainly_into or config.site_dir)
        config.plugins.on_startup(command="build", dirty=False)
        try:
            if not is_by_page:
                mkdocs_build(config)
                return "There are plugins or hooks in mkdocs.yml that Briefbook does not know"
            logger.addHandler(counter)
            last_site = Path(config.site_dir)  # the plugin has another one filled, and put in its place at the end
            config = begin(config)
            cache = project.root / "build" / ".cache" / "site.json"
            always = [page.name for page in briefing.pages.values()]
            plugin: Any = config.plugins["briefbook"]
            plugin.protected, plugin.digests = build_known(config, last_site, cache, always)
            config.plugins.on_post_build(config=config)
        finally:
            logger.removeHandler(counter)
            config.plugins.on_shutdown()
    except MkDocsException as error:
        raise BriefbookError(" ".join(str(error).split())) from error
    if config.strict and (warned := sum(count for _, count in counter.get_counts())):
        raise BriefbookError(f"Aborted with {warned} warnings in strict mode!")
    return "" if is_plain(config) else "The theme is not Material as Briefbook has it"


def verify_site(project: Project, briefing: Briefing) -> list[str]:
    """Build the site once more as MkDocs does it by itself, and return which files differ from `build/site`.

    Raises: as `build_with_mkdocs`.
    """
    with TemporaryDirectory(prefix=".plain-", dir=project.root / "build") as name:
        plain = Path(name) / "site"
        build_with_mkdocs(project, briefing, plainly_into=plain)
        found, wanted = ({*files_in(folder)} for folder in (project.site_dir, plain))
        differ = (
            name for name in found & wanted if (project.site_dir / name).read_bytes() != (plain / name).read_bytes()
        )
        return sorted([*(found ^ wanted), *differ])


@dataclass(slots=True)
class SiteCache:
    """What the last build rendered, by the path of the page; nothing of it counts when `shared` is another."""

    file: Path
    shared: str
    pages: dict[str, Rendered] = field(default_factory=dict)

    @classmethod
    def load(cls, file: Path, shared: str) -> "SiteCache":
        """Return what a file holds; nothing when it cannot be read, or is of other settings."""
        with suppress(OSError, ValueError, TypeError, KeyError):
            told = json.loads(file.read_text("utf-8"))
            if told["shared"] == shared:
                return cls(file, shared, {path: Rendered(path, *values) for path, values in told["pages"].items()})
        return cls(file, shared)

    def save(self, pages: Iterable[Rendered]) -> None:
        """Note what was rendered without a warning."""
        kept = {page.path: page[1:4] for page in pages if not page.warnings}
        part = self.file.with_suffix(".part")
        self.file.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps({"shared": self.shared, "pages": kept}), "utf-8")
        part.replace(self.file)


def is_known(config: MkDocsConfig) -> bool:
    """Tell whether these settings are such that pages can be rendered one by one, and taken from the last site."""
    return set(config.plugins) <= OURS and not config.hooks and not config.extra_templates


def build_known(
    config: MkDocsConfig, last_site: Path, cache: Path, always: Iterable[str], executor: Executor | None = None
) -> tuple[dict[str, Sources], dict[str, str]]:
    """Write the site into `config.site_dir`, its pages protected; return what each needs of the policy, and digests.

    `last_site` is the site of the last build; the pages at the paths `always`, below `docs/`, are rendered whatever is
    in it. `executor` renders where many pages are to be rendered; processes that are forked, where the system has them.
    Warnings go to MkDocs' log. Shapes: {name of the page in the site: its sources}, {name of a file: its SHA-256}.
    """
    global _frames
    rendering = Rendering(config, get_files(config))
    files = {file.src_uri: file for file in rendering.files.documentation_pages()}
    unsure = {*always, *(page.file.src_uri for page in rendering.nav.pages)}
    cached = SiteCache.load(cache, _shared(rendering))
    done = {path: page for path, page in cached.pages.items() if path in files and _reuse(page, files[path], last_site)}
    anew = [path for path in files if path not in done]
    _frames = Frames(rendering, [files[path] for path in anew])
    done |= {page.path: page for page in _render_all(anew, executor)}
    for path in anew:
        for level, text in done[path].warnings:
            log.log(level, text)
    _check_anchors(rendering, [files[path] for path in files if path in unsure])
    _place_static_files(rendering)
    for template in config.theme.static_templates:
        _build_theme_template(template, rendering.env, rendering.files, config, rendering.nav)
    cached.save(page for path, page in done.items() if path not in unsure)
    digests = {files[path].dest_uri: page.html for path, page in done.items()}
    digests |= {path: page.made_of for path, page in done.items()}  # as a page's Markdown is published, too
    return {files[path].dest_uri: _as_sources(page.sources) for path, page in done.items()}, digests


def _place_static_files(rendering: Rendering) -> None:
    """Put pictures, assets and the theme's own files into the site."""
    made = rendering.config.docs_dir
    for file in rendering.files:
        if file.is_documentation_page() or not file.inclusion.is_included():  # type: ignore[no-untyped-call]
            continue
        if file.src_dir == made and file.abs_src_path:  # what is made anew there is another file, as with the pages
            link_or_copy(Path(file.abs_src_path), Path(file.abs_dest_path))
        else:
            file.copy_file()


def _as_sources(told: Mapping[str, Iterable[str]]) -> Sources:
    return {directive: frozenset(allowed) for directive, allowed in told.items()}


def _reuse(page: Rendered, file: File, last_site: Path) -> bool:
    """Put the page of the last site into the new one, and tell whether it could be had: made of the same, and whole."""
    try:
        if _digest(file.content_bytes) != page.made_of:
            return False
        last = last_site / file.dest_uri
        if _digest(last.read_bytes()) != page.html:
            return False
    except OSError:
        return False
    link_or_copy(last, Path(file.abs_dest_path))
    return True


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()


_frames: Frames | None = None


def _render_all(paths: list[str], executor: Executor | None) -> Iterator[Rendered]:
    chunks = [paths[start : start + CHUNK] for start in range(0, len(paths), CHUNK)]
    if executor:
        yield from chain.from_iterable(executor.map(_render_some, chunks))
    elif len(paths) < WORTH_PROCESSES or "fork" not in get_all_start_methods() or (os.cpu_count() or 1) < 2:
        yield from chain.from_iterable(map(_render_some, chunks))
    else:
        gc.freeze()  # what is there is the same for all of them: none looks through it for what is no longer used
        try:
            with ProcessPoolExecutor(mp_context=get_context("fork"), initializer=_ignore_interrupts) as processes:
                yield from chain.from_iterable(processes.map(_render_some, chunks))
        except BrokenProcessPool as error:
            raise BriefbookError("A process that rendered pages was ended: is there too little memory?") from error


def _ignore_interrupts() -> None:
    """Leave Ctrl+C to the process that waits for this one, and then takes its work away."""
    signal(SIGINT, SIG_IGN)


def _render_some(paths: Iterable[str]) -> list[Rendered]:
    assert _frames, "this process was forked after they were made"
    return [_render(_frames, path) for path in paths]


def _render(frames: Frames, path: str) -> Rendered:
    file = frames.rendering.files.src_uris[path]
    framed = frames.render(file)
    warnings: list[tuple[int, str]] = []
    if framed:
        html, needed = framed
    else:
        with _heard() as warnings:
            raw = frames.rendering.html_of(file)
        html, needed = protect_page(raw), find_sources(raw)
    target = Path(file.abs_dest_path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(html)
    sources = {directive: tuple(sorted(allowed)) for directive, allowed in needed.items()}
    if file.page:  # what is written need not be kept: there may be ten thousand
        file.page.content = file.page.markdown = ""
    return Rendered(path, _digest(file.content_bytes), _digest(html), sources, tuple(warnings))


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
        rendering.html_of(file)
        leads_to = file.page.links_to_anchors if file.page else None
        for target in leads_to or ():
            if target.page and target.page.present_anchor_ids is None:
                rendering.html_of(target)
        if file.page:
            file.page.validate_anchor_links(files=rendering.files, log_level=rendering.config.validation.links.anchors)


def _shared(rendering: Rendering) -> str:
    """Return the digest of what all pages share."""
    config = rendering.config
    folders = [Path(folder) for folder in unpackaged_theme_dirs(config)]
    told = {
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
        "date": os.environ.get("SOURCE_DATE_EPOCH", ""),
    }
    return sha256(json.dumps(told, default=str, sort_keys=True).encode()).hexdigest()

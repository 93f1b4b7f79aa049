"""Pages to HTML, with MkDocs' own configuration, theme and plugins; the only module that knows MkDocs inside.

What every site needs whatever renders it is in `finish_site`: the search index, and each page's own Markdown.
"""

import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path

from mkdocs.commands.build import build as mkdocs_build
from mkdocs.commands.serve import serve as mkdocs_serve
from mkdocs.config import load_config
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import MkDocsException
from mkdocs.utils import CountHandler

from generator.errors import BriefbookError
from generator.link import Briefing
from generator.pipeline import Project, last_change

SANITISER = "briefbook"  # the name of our Markdown extension, as an entry point
RENDERERS = ("mkdocs", "properdocs", "zensical")


def theme_dirs(project: Project) -> list[str]:
    """Return the folders of theme overrides that exist: the briefing's own, then ours."""
    return [str(folder / "theme") for folder in project.template_dirs if (folder / "theme").is_dir()]


def configure(config: MkDocsConfig, project: Project, briefing: Briefing) -> None:
    """Make MkDocs read the made pages, with our theme overrides, dated to the records and not to the clock."""
    os.environ.setdefault("SOURCE_DATE_EPOCH", str(last_change(briefing)))
    config.docs_dir = str(project.pages_dir)
    after_custom = 1 if config.theme.custom_dir else 0
    own = [folder for folder in theme_dirs(project) if folder not in config.theme.dirs]
    config.theme.dirs[after_custom:after_custom] = own
    config.theme.static_templates.update({"404.html", "sitemap.xml"})
    if SANITISER not in config.markdown_extensions:
        config.markdown_extensions.append(SANITISER)


def has_strict_warnings(config: MkDocsConfig) -> bool:
    """Tell whether MkDocs is going to give the build up for its warnings, which it does only after the last event."""
    handlers = logging.getLogger("mkdocs").handlers
    counters = (handler for handler in handlers if isinstance(handler, CountHandler))
    return bool(config.strict) and any(counter.get_counts() for counter in counters)


def finish_site(site: Path, pages: Path) -> None:
    """Add to a rendered site what no renderer makes: each page's own Markdown, and the search index.

    Raises: BriefbookError when the index cannot be made.
    """
    for page in sorted(pages.rglob("*.md")):
        copy = site / page.relative_to(pages)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(page, copy)
    index_site(site)


def index_site(site: Path) -> None:
    """Make the search index of a rendered site, in its folder `pagefind`."""
    command = [sys.executable, "-m", "pagefind", "--site", str(site), "--exclude-selectors", ".headerlink", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BriefbookError(f"The search index could not be made: {(done.stderr or done.stdout).strip()}")


def build_site(project: Project, briefing: Briefing, *, renderer: str = "mkdocs", strict: bool = False) -> None:
    """Render the pages in `build/docs` and publish them as `build/site`.

    Raises: BriefbookError when there is no `mkdocs.yml`, or the renderer gives up.
    """
    if not (project.root / "mkdocs.yml").is_file():
        raise BriefbookError("There is no mkdocs.yml here. Run 'briefbook init DIR' to start a briefing with one.")
    if renderer == "mkdocs":
        _build_with_mkdocs(project, briefing, strict=strict)


def _build_with_mkdocs(project: Project, briefing: Briefing, *, strict: bool) -> None:
    try:
        config = load_config(str(project.root / "mkdocs.yml"), strict=strict or None)
        plugin = config.plugins.get("briefbook")
        if plugin is None:
            raise BriefbookError("mkdocs.yml does not name the plugin 'briefbook'. Add it to 'plugins'.")
        plugin.briefing = briefing
        config.plugins.on_startup(command="build", dirty=False)
        try:
            mkdocs_build(config)
        finally:
            config.plugins.on_shutdown()
    except MkDocsException as error:
        raise BriefbookError(str(error)) from error


def serve_site(project: Project, address: str) -> None:
    """Show the briefing at an address, "127.0.0.1:8000", until interrupted, and follow every edit."""
    try:
        mkdocs_serve(str(project.root / "mkdocs.yml"), dev_addr=address)
    except MkDocsException as error:
        raise BriefbookError(str(error)) from error

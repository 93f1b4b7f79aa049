"""The thin face for `mkdocs build`, `mkdocs serve` and `mkdocs gh-deploy`: runs the pipeline, decides nothing."""

import logging
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Literal

from jinja2 import Environment
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.livereload import LiveReloadServer
from mkdocs.plugins import BasePlugin, event_priority
from mkdocs.structure.files import Files, InclusionLevel

from generator.errors import BriefbookError
from generator.link import Briefing
from generator.manifest import listing
from generator.pipeline import read_briefing, write_pages
from generator.project import Project
from generator.site import configure, finish_site, has_strict_warnings
from generator.write import alone, discard_site, publish_site, readable, start_site

log = logging.getLogger("mkdocs.plugins.briefbook")


class BriefbookPlugin(BasePlugin):  # type: ignore[type-arg, no-untyped-call]
    """Turns the records below `docs/` into the pages that MkDocs then reads."""

    briefing: Briefing | None = None  # set by `briefbook build`, which has read and written it already
    is_driven = False  # set by what renders pages one by one, and publishes them itself

    def __init__(self) -> None:
        self.is_preview = False
        self.unfinished: Path | None = None
        self.site_dir = ""
        self.files = Files([])  # those of the site, as soon as they are known
        self.held = ExitStack()  # what the build keeps until it is done

    def on_startup(self, *, command: Literal["build", "gh-deploy", "serve"], dirty: bool) -> None:
        self.is_preview = command == "serve"

    def on_config(self, config: MkDocsConfig) -> MkDocsConfig:
        project = Project(Path(config.config_file_path).parent)
        makes_site = not self.is_preview and not self.is_driven
        if makes_site:
            self.held.enter_context(alone(project.root, log.warning))
            self.held.enter_context(readable())
        briefing = self.briefing
        try:
            if briefing is None:
                briefing, warnings = read_briefing(project, with_drafts=self.is_preview)
                for warning in warnings:
                    log.warning(str(warning))
                write_pages(briefing, project, project.pages_dir)
        except BriefbookError as error:
            raise PluginError(f"The records have problems:\n{error}") from error
        configure(config, project, briefing)
        if makes_site:
            self.site_dir = config.site_dir
            self.unfinished = start_site(Path(config.site_dir))
            config.site_dir = str(self.unfinished)
        return config

    @event_priority(-100)  # after every plugin that leaves something out
    def on_env(self, env: Environment, *, config: MkDocsConfig, files: Files) -> None:
        self.files = files

    @event_priority(-100)  # after every plugin that adds something to the site
    def on_post_build(self, config: MkDocsConfig) -> None:
        is_shown = InclusionLevel.is_in_serve if self.is_preview else InclusionLevel.is_included
        left_out = {file.src_uri for file in self.files if not is_shown(file.inclusion)}  # type: ignore[no-untyped-call]
        try:
            finish_site(Path(config.site_dir), Path(config.docs_dir), left_out, is_preview=self.is_preview)
        except BriefbookError as error:
            raise PluginError(str(error)) from error
        if self.unfinished and not has_strict_warnings(config):
            with listing(self.unfinished, Path(self.site_dir)):
                publish_site(self.unfinished, Path(self.site_dir))
            config.site_dir = self.site_dir  # where `mkdocs gh-deploy` looks for it

    def on_serve(self, server: LiveReloadServer, *, config: MkDocsConfig, builder: Any) -> LiveReloadServer:
        # What people edit is watched, not what is made of it: that would build again and again.
        project = Project(Path(config.config_file_path).parent)
        server.unwatch(config.docs_dir)
        server.watch(str(project.root / "docs"))
        for folder in project.template_dirs:
            if folder.is_dir():
                server.watch(str(folder))
        return server

    def on_shutdown(self) -> None:
        if self.unfinished:
            discard_site(self.unfinished)
        self.held.close()

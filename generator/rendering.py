"""Single pages as MkDocs renders them: the preview asks for one page at a time.

Source: `mkdocs.commands.build.build`, MkDocs 1.6, whose steps for one page are taken here in its order, with its own
functions and plugin events, so that the HTML is what a build of the whole site writes.
"""

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import FileSystemLoader
from markdown.extensions.toc import nest_toc_tokens
from mkdocs.commands.build import get_context
from mkdocs.config import load_config
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import MkDocsException
from mkdocs.structure.files import File, Files, set_exclusions
from mkdocs.structure.nav import get_navigation
from mkdocs.structure.pages import Page as SitePage
from mkdocs.structure.toc import get_toc

from generator.addresses import Addresses, Located
from generator.compiled import compiled_templates
from generator.constructs import Content, View, knows, render
from generator.errors import BriefbookError
from generator.link import Briefing
from generator.pages import PageMaker
from generator.policy import protect_page
from generator.project import Project, package_templates
from generator.prose import BY_HAND
from generator.render import front_matter, template_faults

NOT_FOUND = "404.html"
OURS = frozenset({"briefbook"})  # plugins by which a page hangs on its Markdown, and on what all pages share


class _LazyFiles(Files):
    """Files that come to be when something leads to them."""

    def __init__(self, make: Callable[[str], File | None]) -> None:
        super().__init__([])
        self._lazily = make

    def get_file_from_path(self, path: str) -> File | None:
        """Return the file at a path below `docs/`, or None when there is none."""
        found = super().get_file_from_path(path)
        if found is None and (found := self._lazily(path)):
            self.append(found)
        return found


class _ThemeLoader(FileSystemLoader):
    """Lists what themes have but for hidden folders, which MkDocs leaves out: Material has 15,000 icons there."""

    def list_templates(self) -> list[str]:
        """Return the names of all files, sorted."""
        found: set[str] = set()
        for root in map(Path, self.searchpath):
            for folder, folders, names in os.walk(root):
                folders[:] = [name for name in folders if not name.startswith(".")]
                found.update((Path(folder) / name).relative_to(root).as_posix() for name in names)
        return sorted(found)


class Rendering:
    """MkDocs made ready to render single pages of these files.

    Raises: BriefbookError when `mkdocs.yml` cannot be used.
    """

    def __init__(self, config: MkDocsConfig, files: Files) -> None:
        self.config = config
        self.env = config.theme.get_env()
        files.add_files_from_theme(self.env.overlay(loader=_ThemeLoader(config.theme.dirs)), config)
        self.files = config.plugins.on_files(files, config=config)
        set_exclusions(self.files, config)
        self.nav = config.plugins.on_nav(get_navigation(self.files, config), config=config, files=self.files)
        for page in self.nav.pages:
            self._read_title(page)
        self.env = config.plugins.on_env(self.env, config=config, files=self.files)
        if set(config.plugins) <= OURS and not config.hooks:  # others may change what Jinja makes of a template
            self.env.bytecode_cache = compiled_templates()
        self._documents = self.files.documentation_pages()  # once: MkDocs would gather them again for each page
        self.is_known = knows({name: config.mdx_configs.get(name, {}) for name in config.markdown_extensions})
        self._addresses = Addresses(self._find)

    def _read(self, page: SitePage) -> None:
        page.read_source(self.config)

    def _read_title(self, page: SitePage) -> None:
        """Read what other pages may show of one: those of the navigation."""
        self._read(page)

    @template_faults()
    def html_of(self, file: File) -> bytes:
        """Return the page that is made of a file."""
        config, plugins = self.config, self.config.plugins
        page = file.page or SitePage(None, file, config)
        config._current_page = page
        try:
            page = plugins.on_pre_page(page, config=config, files=self.files) or page
            self._read(page)
            page.markdown = plugins.on_page_markdown(page.markdown or "", page=page, config=config, files=self.files)
            self._render(page)
            page.content = plugins.on_page_content(page.content or "", page=page, config=config, files=self.files)
            page.active = True
            context = get_context(self.nav, self._documents, config, page)
            template = self.env.get_template(page.meta.get("template", "main.html"))
            context = plugins.on_page_context(context, page=page, config=config, nav=self.nav)
            html = plugins.on_post_page(template.render(context), page=page, config=config)
            return str(html).encode("utf-8", errors="xmlcharrefreplace")
        finally:
            page.active = False
            config._current_page = None

    def content_of(self, page: Located, text: str) -> Content | None:
        """Return a page's Markdown as HTML when nothing is in it but what is known without Python-Markdown, or None."""
        return render(text, self._view_of(page)) if self.is_known else None

    def _render(self, page: SitePage) -> None:
        text = page.markdown or ""
        # Which places in other pages it leads to, for MkDocs to check, is found by Python-Markdown alone.
        is_checked = text.startswith(BY_HAND) and ".md#" in text
        content = None if is_checked else self.content_of(page.file, text)
        if not content:
            page.render(self.config, self.files)
            return
        page.content = content.html
        page.toc = get_toc(nest_toc_tokens([heading._asdict() for heading in content.headings]))  # type: ignore[misc]
        page.present_anchor_ids = {heading.id for heading in content.headings}

    def _view_of(self, page: Located) -> View:
        return self._addresses.seen_from(page)

    def _find(self, path: str) -> File | None:
        file = self.files.src_uris.get(path) or self.files.get_file_from_path(path)
        is_there = file is not None and not file.inclusion.is_excluded()  # type: ignore[no-untyped-call]
        return file if is_there else None

    @template_faults()
    def not_found(self) -> bytes:
        """Return the page for addresses at which there is none."""
        config = self.config
        template = config.plugins.on_pre_template(
            self.env.get_template(NOT_FOUND), template_name=NOT_FOUND, config=config
        )
        context = get_context(self.nav, self.files, config, base_url=urlsplit(config.site_url or "/").path)
        context = config.plugins.on_template_context(context, template_name=NOT_FOUND, config=config)
        html = config.plugins.on_post_template(template.render(context), template_name=NOT_FOUND, config=config)
        return str(html).encode("utf-8")


class Renderer(Rendering):
    """Renders the pages of a briefing when they are asked for, from memory.

    Raises: BriefbookError when `mkdocs.yml` cannot be used.
    """

    def __init__(self, project: Project, briefing: Briefing, maker: PageMaker) -> None:
        self._project = project
        self._briefing = briefing
        self._maker = maker
        try:
            self.config = load_settings(project, briefing)
            self.config.plugins.on_startup(command="serve", dirty=False)
            self.config = begin(self.config)
            super().__init__(self.config, _LazyFiles(self._file_at))
        except MkDocsException as error:
            raise BriefbookError(" ".join(str(error).split())) from error
        self._static = {file.dest_uri: file for file in self.files if not file.is_documentation_page()}

    def follow(self, briefing: Briefing, maker: PageMaker) -> bool:
        """Render from now on what edits made of records and pages; False where the navigation would be another."""
        paths = [page.file.src_uri for page in self.nav.pages]
        if any(_told_of(self._briefing, path) != _told_of(briefing, path) for path in paths):
            return False
        self._briefing = briefing
        self._maker = maker
        return True

    def page_at(self, address: str) -> bytes | None:
        """Return the page at an address, "actors/jane-doe/", or None when there is none."""
        found = map(self.unprotected, _paths_of(address, uses_folders=self.config.use_directory_urls))
        page = next(filter(None, found), None)
        return protect_page(page) if page else None

    def unprotected(self, path: str) -> bytes | None:
        """Return the page that is made of a file below docs, without its policy, or None when there is none."""
        file = self.files.get_file_from_path(path)
        is_page = file is not None and file.is_documentation_page() and self._maker.has(path)
        return self.html_of(file) if file and is_page else None

    def file_at(self, address: str) -> bytes | Path | None:
        """Return what is at an address beside pages: bytes that were made, a file, or None."""
        if address in self._static and self._static[address].abs_src_path:
            return Path(str(self._static[address].abs_src_path))
        if address in self._briefing.assets:
            return self._project.root / "docs" / address
        made = self._maker.find(address)
        return made.text.encode("utf-8") if made else None

    def write_pages(self, folder: Path) -> None:
        """Write all pages into a folder, as a site has them."""
        for made in self._maker.all():
            file = self.files.get_file_from_path(made.path) if made.path.endswith(".md") else None
            if file:
                target = folder / file.dest_uri
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(self.html_of(file))

    def _file_at(self, path: str) -> File | None:
        if path in self._briefing.assets:
            file = File(path, str(self._project.root / "docs"), self.config.site_dir, self.config.use_directory_urls)
        elif self._maker.has(path):
            file = File.generated(self.config, path, content="")
            file.edit_uri = path
        else:
            return None
        set_exclusions([file], self.config)
        return file

    def _read_title(self, page: SitePage) -> None:
        # The theme that is known here shows no more of other pages. To make them would take most of a second.
        title = self._maker.title_of(page.file.src_uri) if is_plain(self.config) else None
        if title is None:
            self._read(page)
        else:
            page.file.content_string = front_matter({"title": title})
            super()._read(page)

    def _read(self, page: SitePage) -> None:
        made = self._maker.find(page.file.src_uri)
        page.file.content_string = made.text if made else ""
        super()._read(page)


def _told_of(briefing: Briefing, path: str) -> object:
    """Return what a record or page says of itself in the navigation; None for any other page."""
    key = path.removesuffix(".md")
    record, page = briefing.records.get(key), briefing.pages.get(key)
    return page.front if page else record and record.caption


def when_asked(project: Project, briefing: Briefing, maker: PageMaker) -> Callable[[str], bytes | None]:
    """Return what renders the pages at paths, as `Renderer.unprotected` does, and makes MkDocs ready for the first."""
    renderer = cache(lambda: Renderer(project, briefing, maker))
    return lambda path: renderer().unprotected(path)


def load_settings(project: Project, briefing: Briefing, *, strict: bool = False) -> MkDocsConfig:
    """Return what `mkdocs.yml` says, with the briefing given to the plugin, which need not read it then.

    Raises: BriefbookError or MkDocsException when it cannot be used.
    """
    config = load_config(str(project.root / "mkdocs.yml"), strict=strict or None)
    plugin = config.plugins.get("briefbook")
    if plugin is None:
        raise BriefbookError("mkdocs.yml does not name the plugin 'briefbook'. Add it to 'plugins'.")
    plugin.briefing = briefing
    plugin.is_driven = False  # MkDocs keeps a plugin from one reading of the settings to the next
    return config


def unpackaged_theme_dirs(config: MkDocsConfig) -> list[str]:
    """Return the folders of the theme that no installed package brings: what is in them can change at any time."""
    return [folder for folder in config.theme.dirs if "site-packages" not in folder]


def is_plain(config: MkDocsConfig) -> bool:
    """Tell whether the theme is the one that is known here, with no more than settings of a briefing's own."""
    ours = str(package_templates() / "theme")
    return config.theme.name == "material" and {ours, *unpackaged_theme_dirs(config)} == {ours}


def begin(config: MkDocsConfig) -> MkDocsConfig:
    """Let the plugins change the settings, as MkDocs does before it looks for files."""
    config = config.plugins.on_config(config)
    config.plugins.on_pre_build(config=config)
    return config


def _paths_of(address: str, *, uses_folders: bool) -> list[str]:
    """Return which pages may be at an address, as paths below `docs/`."""
    if uses_folders and (address == "" or address.endswith("/")):
        paths = [f"{address}index.md", f"{address}README.md"]
        return [f"{address.rstrip('/')}.md", *paths] if address else paths
    if not uses_folders and address.endswith(".html"):
        stem = address.removesuffix(".html")
        return [f"{stem}.md", *([f"{stem.removesuffix('index')}README.md"] if stem.endswith("index") else [])]
    return ["index.md"] if address in ("", "index.html") else []

"""Pages to HTML, with MkDocs' own configuration, theme and plugins; the only module that knows MkDocs inside.

What every site needs whatever renders it is in `finish_site`: each page's own Markdown, policies, the search index.
"""

import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from mkdocs.config import load_config
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import MkDocsException
from mkdocs.utils import CountHandler

from generator.errors import BriefbookError
from generator.link import Briefing
from generator.manifest import listing
from generator.pipeline import last_change
from generator.policy import protect_site
from generator.project import Project
from generator.search import index_site
from generator.words import load_words
from generator.write import discard_site, link_or_copy, publish_site, start_site, write_folder

SANITISER = "briefbook"  # the name of our Markdown extension, as an entry point
_TRACEBACK = re.compile(r"Traceback \(most recent call last\):\n(?:[ ].*\n)+")  # the line after it says what is wrong


def theme_dirs(project: Project) -> list[str]:
    """Return the folders of theme overrides that exist: the briefing's own, then ours."""
    return [str(folder / "theme") for folder in project.template_dirs if (folder / "theme").is_dir()]


def configure(config: MkDocsConfig, project: Project, briefing: Briefing) -> None:
    """Make MkDocs read the made pages, with our theme overrides, dated to the records and not to the clock."""
    os.environ.setdefault("SOURCE_DATE_EPOCH", str(last_change(briefing)))
    config.docs_dir = str(project.pages_dir)
    config.extra["briefbook"] = theme_values(project, briefing)
    config.theme["language"] = theme_language(briefing)
    after_custom = 1 if config.theme.custom_dir else 0
    own = [folder for folder in theme_dirs(project) if folder not in config.theme.dirs]
    config.theme.dirs[after_custom:after_custom] = own
    config.theme.static_templates.update({"404.html", "sitemap.xml"})
    if SANITISER not in config.markdown_extensions:
        config.markdown_extensions.append(SANITISER)


def theme_values(project: Project, briefing: Briefing) -> dict[str, Any]:
    """Return what the theme's templates get as `config.extra.briefbook`: words and the edition."""
    words = load_words(briefing.info.language, project.template_dirs)
    kinds = words.section("kinds")
    shown = {"kinds": kinds, "words": words.section("theme"), "script": words.section("script")}
    return {**shown, "edition": briefing.info.edition or ""}


def theme_language(briefing: Briefing) -> str:
    """Return which of the theme's languages is the briefing's, "fr" for "fr-CA"; English when it has no such."""
    folder = Path(str(files("material"))) / "templates" / "partials" / "languages"
    known = {file.stem.lower(): file.stem for file in folder.glob("*.html")}
    tag = briefing.info.language.lower()
    return known.get(tag) or known.get(tag.partition("-")[0]) or "en"


def markdown_settings(project: Project) -> tuple[list[str], dict[str, dict[str, Any]]] | tuple[()]:
    """Return the Markdown extensions that `mkdocs.yml` names, and their settings; nothing when there is no such file.

    Raises: BriefbookError when it cannot be read.
    """
    file = project.root / "mkdocs.yml"
    if not file.is_file():
        return ()
    try:
        config = load_config(str(file))
    except MkDocsException as error:
        raise BriefbookError(" ".join(str(error).split())) from error
    return config.markdown_extensions, config.mdx_configs


def has_strict_warnings(config: MkDocsConfig) -> bool:
    """Tell whether MkDocs is going to give the build up for its warnings, which it does only after the last event."""
    handlers = logging.getLogger("mkdocs").handlers
    counters = (handler for handler in handlers if isinstance(handler, CountHandler))
    return bool(config.strict) and any(counter.get_counts() for counter in counters)


def finish_site(site: Path, pages: Path, left_out: Collection[str], *, is_preview: bool = False) -> None:
    """Add to a rendered site what no renderer makes: each page's own Markdown, its policy, and the search index.

    `left_out` are the paths of pages that settings leave out.
    A preview has no policy: MkDocs adds a script of its own to each page only when it sends it.
    Raises: BriefbookError when the index cannot be made.
    """
    for page in sorted(pages.rglob("*.md")):
        path = page.relative_to(pages)
        if path.as_posix() not in left_out:
            link_or_copy(page, site / path)  # what is written anew there is another file
    if not is_preview:
        protect_site(site)
    index_site(site)


def _not_rendered(site: Path, pages: Path) -> set[str]:
    """Return the paths of pages of which a site has no HTML: settings leave them out."""
    paths = (page.relative_to(pages) for page in pages.rglob("*.md"))
    return {path.as_posix() for path in paths if not any((site / place).is_file() for place in _places_of(path))}


def _places_of(path: Path) -> Sequence[Path]:
    """Return where in a site the page may lie that is made of Markdown."""
    if path.stem in ("index", "README"):
        return (path.with_name("index.html"),)
    return path.with_suffix(".html"), path.with_suffix("") / "index.html"


def build_with_other(project: Project, briefing: Briefing, renderer: str, *, strict: bool = False) -> None:
    """Render the pages in `build/docs` with ProperDocs or Zensical, and publish them as `build/site`.

    Raises: BriefbookError when the renderer is missing or gives up.
    """
    os.environ.setdefault("SOURCE_DATE_EPOCH", str(last_change(briefing)))
    unfinished = start_site(project.site_dir)
    try:
        _build_with_other(project, briefing, renderer, unfinished, strict=strict)
        finish_site(unfinished, project.pages_dir, _not_rendered(unfinished, project.pages_dir))
        with listing(unfinished, project.site_dir):
            publish_site(unfinished, project.site_dir)
    finally:
        discard_site(unfinished)


def _build_with_other(project: Project, briefing: Briefing, renderer: str, site: Path, *, strict: bool) -> None:
    """Run ProperDocs or Zensical on a copy of `mkdocs.yml` that needs no plugin of ours."""
    build = project.root / "build"
    folders = [Path(folder) for folder in reversed(theme_dirs(project))]
    config = build / f"{renderer}.yml"
    text = (project.root / "mkdocs.yml").read_text("utf-8")
    try:
        own = {"language": theme_language(briefing), "extra": theme_values(project, briefing)}
        text, custom_dir = _derive_config(text, site.name, renderer, own)
    except (yaml.YAMLError, ValueError) as error:
        raise BriefbookError(f"mkdocs.yml cannot be read: {' '.join(str(error).split())}") from error
    folders += [project.root / custom_dir] if custom_dir else []
    theme = {
        file.relative_to(folder).as_posix(): file for folder in folders for file in folder.rglob("*") if file.is_file()
    }
    write_folder(build / "theme", (), theme.items())
    config.write_text(text, "utf-8")
    command = [sys.executable, "-m", renderer, "build", *(["--strict"] if strict else []), "-f", str(config)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        missing = f"No module named {renderer}" in done.stderr
        said = _TRACEBACK.sub("", done.stderr + done.stdout).strip()
        why = f"it is not installed. Run 'pip install {renderer}'." if missing else said
        raise BriefbookError(f"{renderer} gave up: {why}")
    (site / "search.json").unlink(missing_ok=True)  # Zensical's own index, which nothing asks for


def _derive_config(text: str, site: str, renderer: str, own: Mapping[str, Any]) -> tuple[str, str]:
    """Return `mkdocs.yml` with paths below `build/` and without our plugin, and its own theme folder or "".

    The nodes are changed, not the values, so that tags such as !ENV stay.
    """
    root = yaml.compose(text, yaml.SafeLoader)
    if not isinstance(root, yaml.MappingNode):
        raise ValueError("it holds no settings.")
    settings = {key.value: value for key, value in root.value}
    theme = settings.get("theme")
    if not isinstance(theme, yaml.MappingNode):
        theme = _mapping({"name": theme or _text("mkdocs")})
    custom_dir = next((value.value for key, value in theme.value if key.value == "custom_dir"), "")
    ours = {"custom_dir": _text("theme"), "language": _text(own["language"])}
    plugins = settings.get("plugins") or yaml.SequenceNode("tag:yaml.org,2002:seq", [])
    if renderer == "zensical":  # it looks as Material does, and has a search of its own, unless told otherwise
        ours["variant"] = _text("classic")
        off = _mapping({"search": _mapping({"enabled": yaml.ScalarNode("tag:yaml.org,2002:bool", "false")})})
        plugins.value = [*plugins.value, *(off.value if isinstance(plugins, yaml.MappingNode) else [off])]
    if isinstance(plugins, yaml.MappingNode):
        plugins.value = [(key, value) for key, value in plugins.value if key.value != "briefbook"]
    else:
        plugins.value = [item for item in plugins.value if item.value != "briefbook"]
    theme.value = [(key, value) for key, value in theme.value if key.value not in ours] + _mapping(ours).value
    extra = settings.get("extra")
    values = list(extra.value) if isinstance(extra, yaml.MappingNode) else []
    values.append((_text("briefbook"), yaml.compose(json.dumps(own["extra"]), yaml.SafeLoader)))
    changed = {
        "extra": yaml.MappingNode("tag:yaml.org,2002:map", values),
        "docs_dir": _text("docs"),
        "site_dir": _text(site),
    }
    changed |= {"theme": theme, "plugins": plugins}
    root.value = [(key, value) for key, value in root.value if key.value not in changed] + _mapping(changed).value
    return str(yaml.serialize(root, allow_unicode=True)), str(custom_dir)


def _mapping(values: Mapping[str, yaml.Node]) -> yaml.MappingNode:
    return yaml.MappingNode("tag:yaml.org,2002:map", [(_text(name), value) for name, value in values.items()])


def _text(value: str) -> yaml.ScalarNode:
    return yaml.ScalarNode("tag:yaml.org,2002:str", value)

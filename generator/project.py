"""Where a briefing lies, and what `mkdocs.yml` says of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import yaml

from generator.files import Matches


@dataclass(frozen=True, slots=True)
class Project:
    """Where a briefing lies. `root` holds `mkdocs.yml` and `docs/`; all that is made goes below `build/`."""

    root: Path

    @property
    def pages_dir(self) -> Path:
        return self.root / "build" / "docs"

    @property
    def site_dir(self) -> Path:
        return self.root / "build" / "site"

    @property
    def template_dirs(self) -> tuple[Path, ...]:
        """The folders that may hold a template, the first that has it counts: the briefing's own, then ours."""
        return self.root / "templates", package_templates()

    def theme_dirs(self) -> tuple[Path, ...]:
        """Return the folders of which a theme puts files into the site: of templates, of `mkdocs.yml`, of packages."""
        theme = read_settings(self.root / "mkdocs.yml").get("theme")
        settings = theme if isinstance(theme, dict) else {"name": theme}
        own, name = settings.get("custom_dir"), settings.get("name")
        folders = [folder / "theme" for folder in self.template_dirs]
        folders += [self.root / own] if isinstance(own, str) else []
        return *folders, *_package_themes(name if isinstance(name, str) else "mkdocs")

    def excluded(self) -> Matches | None:
        """Return what tells whether `exclude_docs` of `mkdocs.yml` leaves a name below `docs/` out; None for none."""
        return self.patterns("exclude_docs")

    def patterns(self, setting: str) -> Matches | None:
        """Return what tells whether a setting of `mkdocs.yml` matches: patterns as in .gitignore. None without any."""
        patterns = read_settings(self.root / "mkdocs.yml").get(setting)
        if not isinstance(patterns, str):
            return None
        from pathspec import PathSpec  # takes a while to load, and is seldom needed

        try:
            return PathSpec.from_lines("gitignore", patterns.splitlines()).match_file
        except ValueError:  # MkDocs, whose setting it is, says what is wrong with it
            return None


def read_settings(file: Path) -> Mapping[str, object]:
    """Return the settings of a YAML file as texts, lists and mappings, or none when it cannot be read as such."""
    try:
        settings = yaml.load(file.read_text("utf-8"), yaml.CBaseLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return {}  # the renderer, whose file it is, says what is wrong with it
    return settings if isinstance(settings, dict) else {}


def _package_themes(name: str) -> Iterator[Path]:
    """Yield the folders of a theme of this name, and of those that come in its place."""
    for package in ("material", "zensical"):
        spec = find_spec(package)
        yield from (Path(folder, "templates") for folder in (spec and spec.submodule_search_locations) or ())
    if name != "material":  # to look through all packages takes a fifth of a second
        from importlib.metadata import entry_points  # takes a while to load

        for entry in entry_points(group="mkdocs.themes", name=name):
            spec = find_spec(entry.value)
            yield from map(Path, (spec and spec.submodule_search_locations) or ())


def package_templates() -> Path:
    """Return the folder of the templates that come with Briefbook: inside the package, or beside it in a checkout."""
    inside = Path(__file__).parent / "templates"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "templates"

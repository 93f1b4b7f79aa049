"""What would lie where something else does: a `Briefing` and the names of the theme's files in, problems out.

What people write has its place in the site, but never that of what is made, or of the site's own interface: a page
`actors.md` would be the list of actors, and a page named like a script would take the script away. Compared is where
things lie in the site, as disks do for which capitals and small letters are the same.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from generator.errors import Place, Problem
from generator.explorer import DATA_FOLDER
from generator.gazetteer import place_key, places_of
from generator.link import HOME, Briefing
from generator.lists import LIST_FOLDERS, topic_key, years_of
from generator.places import Places
from generator.records import KINDS, Record
from generator.tallies import counted_in
from generator.validate import Checked
from generator.views import DATA, PATHS

_MOVE = "Move it, or give it another name."
_OF_THEME = "a file of the site's own interface"
_CHANGE = "Give it another name: the interface is changed in mkdocs.yml and templates/theme."
_OF_HOSTS = "what hosts and search engines take for settings"
_SETTINGS_TYPES = (".json", ".txt")  # staticwebapp.config.json, vercel.json, _routes.json, robots.txt ...
_INTO_ASSETS = "Put it into docs/assets; settings for a host belong into templates/theme."
_MADE = {
    f"{HOME}.md": "the home page",
    "tags/index.md": "the list of topics",
    "places/index.md": "the list of places",
    "years/index.md": "the list of years",
    **{f"{model.folder}/index.md": f"the list of {model.folder}" for model in KINDS},
    **{path: f"the {name}" for name, path in PATHS.items()},
    DATA: "the data of the timeline",
    # What builds write beside pages, whatever renders them:
    "404.md": "the page for addresses that lead nowhere",
    "404.html": "the page for addresses that lead nowhere",
    "_headers": "what hosts send with each page",
    "search.json": "the search index",
    "search/search_index.json": "the search index",
    "sitemap.xml": "the list of all pages",
    "sitemap.xml.gz": "the list of all pages",
}
_NOT_PUBLISHED = (".html", ".md", ".py", ".pyc", ".yml")  # of what themes have
# Folders where there is a file of that name, or may be one once the briefing has grown.
_FILES = re.compile(
    rf".*\.html|pictures/.*\.(svg|css)|({'|'.join(LIST_FOLDERS)})/.*\.md|briefing\.pdf|dossiers/.*\.pdf"
)


def names_of_theme(folders: Iterable[Path]) -> frozenset[str]:
    """Return the names of the files that a theme in these folders puts into a site, without hidden ones."""
    return frozenset(name for folder in folders for name in _published_below(folder))


def _published_below(folder: Path) -> Iterator[str]:
    for parent, below, names in os.walk(folder):
        below[:] = [name for name in below if not name.startswith(".")]  # Material has 14,000 icons in `.icons`
        inside = Path(parent).relative_to(folder)
        yield from ((inside / name).as_posix() for name in names if not name.endswith(_NOT_PUBLISHED))


def find_collisions(
    briefing: Briefing, written: Mapping[str, Checked], places: Places, of_theme: Iterable[str] = ()
) -> tuple[list[Problem], dict[str, str]]:
    """Return a problem for each record, topic, place and hand-written thing that would lie where something else does,
    and what lies where, for `fits`.

    `of_theme` are the names of the files that the theme puts into the site.
    """
    lying = {name.casefold(): _OF_THEME for name in of_theme} | {_spot_of(path): what for path, what in _MADE.items()}
    problems: list[Problem] = []

    def claim(path: str, what: str, key: str, field: str, hint: str) -> None:
        spot = _spot_of(path)
        if spot in lying:
            place = places.of(written[key].path, (*written[key].at, field))
            message = f"{what} would lie where {lying[spot]} lies."
            problems.append(Problem(place=place, field=field, message=message, hint=hint))
        lying.setdefault(spot, what)

    for key, record in briefing.records.items():
        claim(*_own(record), key, "id", "Give it another id.")
    hint = "Write one of them throughout, or name them further apart."
    for tag, key in sorted(_tags_of(briefing).items()):
        claim(*_topic(tag), key, "tags", hint)
    for place in places_of(briefing).values():
        claim(*_place(place.name), place.events[0], "place", hint)
    years = {year for record in briefing.records.values() for year in years_of(record)}
    lying |= {_spot_of(path): what for path, what in map(_year, map(str, years))}
    by_hand = [*(page.name for page in briefing.pages.values()), *briefing.assets]
    problems += _wrong_by_hand(by_hand, lying)
    return problems, {**{_spot_of(name): f"'docs/{name}'" for name in by_hand}, **lying}


def fits(record: Record, lying: dict[str, str]) -> bool:
    """Tell whether the pages of a record, of its topics, place and years lie where nothing else does; then they do."""
    listed_on = {"topics": _topic, "places": _place, "years": _year}
    pages = [_own(record), *(listed_on[name](value) for name, value in counted_in(record) if name in listed_on)]
    return all(lying.setdefault(_spot_of(path), what) == what for path, what in pages)


def _tags_of(briefing: Briefing) -> dict[str, str]:
    """Return {tag: key of the first record that has it}."""
    first: dict[str, str] = {}
    for key, record in briefing.records.items():
        for tag in record.tags:
            first.setdefault(tag, key)
    return first


def _own(record: Record) -> tuple[str, str]:
    return f"{record.key}.md", f"the page of the {record.kind} '{record.id}'"


def _topic(tag: str) -> tuple[str, str]:
    return f"{topic_key(tag)}.md", f"the page of the topic '{tag}'"


def _place(name: str) -> tuple[str, str]:
    return f"{place_key(name)}.md", f"the page of the place '{name}'"


def _year(year: str) -> tuple[str, str]:
    return f"years/{year}.md", f"the page of {year}"


def is_free(key: str, keys: Iterable[str]) -> bool:
    """Tell whether a new record's page lies where nothing else does, beside the records with these keys."""
    return _spot_of(f"{key}.md") not in map(_spot_of, (*_MADE, *(f"{other}.md" for other in keys)))


def _wrong_by_hand(names: list[str], lying: dict[str, str]) -> list[Problem]:
    """Return a problem for each page and file that people wrote whose place is not free, or will not be."""
    first: dict[str, str] = {}
    for name in names:
        first.setdefault(_spot_of(name), name)
    problems = []
    for name in names:
        spot = _spot_of(name)
        twin = first[spot]
        before = lying.get(spot) or _later_at(spot, name) or (f"'docs/{twin}'" if twin != name else "")
        folders = (folder.as_posix() for folder in PurePosixPath(spot).parents)
        for folder in folders if not before else ():
            before = before or _file_at(folder, lying, first)
        if before:
            what = "the page" if name.endswith(".md") else "the file"
            message = f"{what} would lie where {before} lies."
            hint = {_OF_THEME: _CHANGE, _OF_HOSTS: _INTO_ASSETS}.get(before, _MOVE)
            problems.append(Problem(place=Place(f"docs/{name}"), field="", message=message, hint=hint))
    return problems


def _spot_of(name: str) -> str:
    """Return where a page or file lies in the site, in small letters."""
    if not name.endswith(".md"):
        return name.casefold()
    folder, slash, stem = name.removesuffix(".md").rpartition("/")
    inside = "" if stem in ("index", "README") else f"{stem}/"
    return f"{folder}{slash}{inside}index.html".casefold()


def _later_at(spot: str, name: str) -> str:
    """Return what may lie at a place once the briefing has grown, or elsewhere is read there, or ""."""
    if spot.startswith("pagefind/"):
        return "the search index"
    if spot.startswith(f"{DATA_FOLDER}/"):
        return "the data of the quotes, now or later,"
    if "/" not in spot and spot.endswith(_SETTINGS_TYPES):
        return _OF_HOSTS
    is_below = name.endswith(".md") and name.casefold().startswith(tuple(f"{folder}/" for folder in LIST_FOLDERS))
    return "a page made from records, now or later," if is_below else ""


def _file_at(folder: str, lying: dict[str, str], first: dict[str, str]) -> str:
    """Return what file there is where a page or file needs a folder, or "": each page's own Markdown is one, too."""
    spot = _spot_of(folder)
    if spot in first:
        return f"'docs/{first[spot]}'"
    return lying.get(spot) or ("a page or picture, now or later," if _FILES.fullmatch(folder) else "")

"""Step 1 of 5, load: the files below `docs/` in, raw records, hand-written pages and assets out.

Never gives a value a type, and never stops at the first problem.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from generator.characters import UNCLOSED_DIRECTION, unclosed_direction, unseen_in, visible
from generator.dimensions import MAX_PIXELS, pixels_in
from generator.errors import Place, Problem, nearest
from generator.fields import FieldPath
from generator.places import Places, spot_in
from generator.records import KIND_BY_FOLDER, Record
from generator.weigh import Excess, weigh_links, weigh_markdown
from generator.yaml_text import read_text, read_yaml

INFO_PATH = "docs/briefing.yml"
# Files that are published as they are. None of these types can run script when a reader opens it: no HTML, JS or SVG.
ASSET_TYPES = tuple(
    "avif csv docx gif jpeg jpg json mp3 mp4 ods odt ogg pdf png pptx tsv txt vtt webm webp xlsx yaml yml zip".split()
)
PICTURE_TYPES = frozenset({"avif", "gif", "jpeg", "jpg", "png", "webp"})


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One record as typed: texts, lists and mappings. `at` leads to it in its file: () or (its place in a list,)."""

    model: type[Record]
    id: str
    values: Mapping[str, Any]
    path: str
    at: FieldPath


@dataclass(frozen=True, slots=True)
class RawPage:
    """A hand-written page. `path` is relative to the project, `name` to `docs/`."""

    path: str
    name: str
    text: str


@dataclass(slots=True)
class Loaded:
    """All that `docs/` holds. `info` is `briefing.yml` as typed, or None; `assets` are names below `docs/`."""

    records: list[RawRecord] = field(default_factory=list)
    pages: list[RawPage] = field(default_factory=list)
    assets: list[str] = field(default_factory=list)
    info: Mapping[str, Any] | None = None
    unreadable: set[str] = field(default_factory=set)  # keys of the records whose files are no YAML
    problems: list[Problem] = field(default_factory=list)


def load_file(root: Path, name: str) -> Loaded:
    """Read one file, by its name below `root/docs`.

    Raises: nothing for what an author can do: that is in `problems`.
    """
    loaded = Loaded()
    _load_file(root, name, loaded, Places(root))
    return loaded


def join_loaded(parts: Iterable[Loaded], problems: Iterable[Problem]) -> Loaded:
    """Return what several files hold as one; a briefing without a card is a problem."""
    whole = Loaded(problems=list(problems))
    for part in parts:
        whole.records += part.records
        whole.pages += part.pages
        whole.assets += part.assets
        whole.info = part.info if part.info is not None else whole.info
        whole.unreadable |= part.unreadable
        whole.problems += part.problems
    if whole.info is None and not any(problem.place.path in (INFO_PATH, "docs") for problem in whole.problems):
        message, hint = "the briefing has no card.", "Write one with at least a 'title'."
        whole.problems.append(Problem(place=Place(INFO_PATH), field="", message=message, hint=hint))
    return whole


def _load_file(root: Path, name: str, loaded: Loaded, places: Places) -> None:
    path = f"docs/{name}"
    folder, _, _ = name.partition("/")
    ending = name.rpartition(".")[2]

    def refuse(message: str, hint: str) -> None:
        loaded.problems.append(Problem(place=Place(path), field="", message=message, hint=hint))

    if ending.lower() in ("yml", "yaml", "md") and ending != ending.lower():
        refuse("the ending of the name has capitals.", f"Rename it so that it ends in .{ending.lower()}.")
    elif ending == "md" or (ending in ("yml", "yaml") and folder != "assets"):
        text = _read(root, path, loaded)
        if text is None:
            loaded.unreadable.add(_key_of(path, folder))
        elif ending == "md":
            _load_page(RawPage(path, name, text), loaded)
        elif path == INFO_PATH:
            _load_card(text, path, loaded)
        elif folder in KIND_BY_FOLDER and "/" in name:
            _load_records(text, path, KIND_BY_FOLDER[folder], loaded, places)
        else:
            loaded.problems.append(_misplaced(path, folder if "/" in name else ""))
    elif ending.lower() in ASSET_TYPES:
        if fault := _fault_of_picture(root / path) if ending.lower() in PICTURE_TYPES else None:
            refuse(*fault)
        loaded.assets.append(name)
    else:
        refuse("files of this type are not published.", f"Published are {', '.join(ASSET_TYPES)}.")


def _fault_of_picture(file: Path) -> tuple[str, str] | None:
    try:
        with file.open("rb") as opened:
            pixels = pixels_in(opened)
    except OSError as error:
        return f"the file cannot be read: {error.strerror}.", "Check that it exists and that you may read it."
    if pixels <= MAX_PIXELS:
        return None
    found = f"the picture has {pixels // 10**6:,} megapixels."
    return found, f"Make it smaller: {MAX_PIXELS // 10**6} is the limit."


def _read(root: Path, path: str, loaded: Loaded) -> str | None:
    text = read_text(root, path, loaded.problems)
    excess = weigh_links(text) if text else None
    if excess is None or text is None:
        return text
    _tell(excess, text, path, loaded)
    return None


def _tell(excess: Excess, text: str, path: str, loaded: Loaded) -> None:
    place = spot_in(text, path, excess.start)
    loaded.problems.append(Problem(place=place, field="", message=excess.message, hint=excess.hint))


def _load_page(page: RawPage, loaded: Loaded) -> None:
    excesses = weigh_markdown(page.text)
    loaded.pages.append(RawPage(page.path, page.name, "") if excesses else page)
    start = unclosed_direction(page.text)
    if start is not None:
        excesses.append(Excess(start, *UNCLOSED_DIRECTION))
    for excess in excesses:
        _tell(excess, page.text, page.path, loaded)


def unseen_in_page(page: RawPage, heading: str, fields: Mapping[str, object]) -> Iterator[Problem]:
    """Yield a problem for each field of a page in which something cannot be seen: windows and other pages show them.

    `heading` is the line that its title is from, unless the front matter has one.
    """
    for name, value in fields.items():
        unseen = unseen_in(str(value))
        if unseen:
            starts = (f"\n{page.text}".find(f"\n{typed}") for typed in (f"{name}:", heading))
            at = next((start for start in starts if start >= 0), 0)
            place = Place(page.path, page.text.count("\n", 0, at) + 1)
            message = f"the character U+{ord(unseen):04X}, which cannot be seen, is in '{visible(str(value))}'."
            yield Problem(place=place, field=name, message=message, hint="Remove it.")


def _load_card(text: str, path: str, loaded: Loaded) -> None:
    known = len(loaded.problems)
    value = read_yaml(text, path, loaded.problems)
    if isinstance(value, dict):
        loaded.info = value
    elif len(loaded.problems) == known:
        hint = "Write at least a 'title'."
        loaded.problems.append(Problem(place=Place(path), field="", message="the file holds no fields.", hint=hint))


def _load_records(text: str, path: str, model: type[Record], loaded: Loaded, places: Places) -> None:
    known = len(loaded.problems)
    found = list(_records_in(text, path, model, loaded.problems, places))
    loaded.records += found
    if not found and len(loaded.problems) > known:
        loaded.unreadable.add(_key_of(path, model.folder))


def _key_of(path: str, folder: str) -> str:
    return f"{folder}/{path.rpartition('/')[2].rpartition('.')[0]}"


def _misplaced(path: str, folder: str) -> Problem:
    near = nearest(folder, KIND_BY_FOLDER) if folder else None
    where = (
        f"Did you mean 'docs/{near}'?"
        if near
        else f"Records lie in {', '.join(f'docs/{name}' for name in KIND_BY_FOLDER)}; other files in docs/assets."
    )
    return Problem(
        place=Place(path),
        field="",
        message=f"no records are kept in 'docs/{folder}'." if folder else "no record is kept here.",
        hint=where,
    )


def _records_in(
    text: str, path: str, model: type[Record], problems: list[Problem], places: Places
) -> Iterator[RawRecord]:
    known = len(problems)
    value = read_yaml(text, path, problems)
    stem = path.rpartition("/")[2].rpartition(".")[0]

    def refuse(message: str, hint: str, at: FieldPath = (), field: str = "") -> None:
        problems.append(Problem(place=places.of(path, at), field=field, message=message, hint=hint))

    if isinstance(value, dict):
        if value.get("id", stem) != stem:
            refuse(
                f"'{value['id']}' is not the file's name.",
                f"Remove the line, or rename the file to {value['id']}.yml.",
                ("id",),
                "id",
            )
            return None
        yield RawRecord(model, stem, value, path, ())
    elif isinstance(value, list):
        for index, item in enumerate(value):
            if not isinstance(item, dict):
                refuse("this item of the list is no record.", "Write it as fields, 'name: value'.", (index,))
            elif not isinstance(item.get("id"), str):
                refuse("missing.", "Each record of a list needs an id of its own.", (index,), "id")
            else:
                yield RawRecord(model, item["id"], item, path, (index,))
    elif len(problems) == known:
        refuse("the file holds no record.", f"Write its fields, or run 'briefbook new {model.kind}'.")

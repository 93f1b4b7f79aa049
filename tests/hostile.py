"""A briefing that attacks in every field: its texts are data, and its fields follow from the models.

So a new field is attacked as soon as there is one.
"""

import base64
import re
import types
from collections.abc import Callable, Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import yaml

from generator.fields import Country, DateText, FieldPath, Id, Label, Language, Line, Part, Prose, Refers, Url, Words
from generator.records import KINDS, BriefingInfo, Record
from tests.sites import REPOSITORY, SUB_PATH, command, start_briefing

HOSTILE = Path(__file__).parent / "briefings" / "hostile"
PAYLOADS: Mapping[str, list[str]] = yaml.safe_load((HOSTILE / "payloads.yml").read_text("utf-8"))
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PICTURES = ("x.png", "it's; hit() & {{ x }} #1 100% [y](z) `w`.png", "محمود 김정은 _é_ [x].png")
WIDTH = 300  # characters of a line, so that most attacks are in what lists show of a name, and none is too long
REFUSED_IN_PROSE = ("](", "[[")  # links that prose may not have: tests/cases has what is said of them
# An address that is one, with all that could break out of where it is written.
ADDRESS = (
    """https://example.org/?a='onclick=hit()&b="onclick="hit()"&c=<script>hit()</script>&d=`{{7*7}}`|*_[x](y)\\#e"""
)

Leaf = Literal["line", "words", "prose", "url", "date", "language", "country", "id", "refers", "other"]
_LEAVES: tuple[tuple[Any, Leaf], ...] = (
    (Line, "line"),
    (Label, "line"),
    (Words, "words"),
    (Prose, "prose"),
    (Url, "url"),
    (DateText, "date"),
    (Language, "language"),
    (Country, "country"),
    (Id, "id"),
)
ValueOf = Callable[[Leaf, FieldPath, Any], Any]  # kind of leaf, its path, its type -> what is written there


def fields(model: type[Part], value_of: ValueOf, at: FieldPath = ()) -> dict[str, Any]:
    """Return every field of a model, with what `value_of` gives for each; a field for which it gives None is left out."""
    hints = get_type_hints(model, include_extras=True)
    found = {}
    for name, field in model.model_fields.items():
        key = field.alias or name
        value = _value(hints[name], value_of, (*at, key))
        if value is not None:
            found[key] = value
    return found


def _value(hint: Any, value_of: ValueOf, at: FieldPath) -> Any:
    for known, leaf in _LEAVES:
        if hint == known:
            return value_of(leaf, at, hint)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (types.UnionType, Union):
        return _value(next(inner for inner in arguments if inner is not type(None)), value_of, at)
    if isinstance(hint, type) and issubclass(hint, Part):
        return fields(hint, value_of, at)
    if origin is Literal:
        return arguments[0]
    if origin is Annotated and isinstance(hint.__metadata__[0], Refers):
        return value_of("refers", at, hint.__metadata__[0])
    if origin is Annotated and get_origin(arguments[0]) is tuple:  # Many
        item = _value(get_args(arguments[0])[0], value_of, (*at, 0))
        return None if item is None else [item]
    if hint in (float, float | None):
        return "12.5"
    if origin is Annotated:
        return _value(arguments[0], value_of, at) if get_origin(arguments[0]) else value_of("other", at, hint)
    if origin is not None and issubclass(origin, Mapping):
        return {"ar": _value(arguments[1], value_of, (*at, "ar"))}
    return value_of("other", at, hint)


def chunks(texts: list[str]) -> Iterator[str]:
    """Yield the texts joined to as few lines as may be."""
    line = ""
    for text in texts:
        if len(line) + len(text) > WIDTH:
            yield line
            line = ""
        line += f" {text}" if line else text
    yield line


def record(model: type[Record], number: int, line: str, prose: str) -> dict[str, Any]:
    """Return a record with all its fields: `line` in all plain ones, `prose` in those that are Markdown."""
    id = f"h{number}"

    def value_of(leaf: Leaf, at: FieldPath, hint: Any) -> Any:
        given = {"line": line, "words": line, "prose": prose, "url": ADDRESS, "date": "2024-06", "country": "KP"}
        if at[-1] == "src":
            return f"assets/{PICTURES[number % len(PICTURES)]}"
        if leaf == "refers":
            assert isinstance(hint, Refers)
            return _named(at, hint, id)
        return {**given, "language": "ar", "wikidata": "Q1"}.get(leaf if leaf != "other" else str(at[-1]))

    return fields(model, value_of)


def _named(at: FieldPath, refers: Refers, id: str) -> str:
    """Return what a reference names: the next attacker, but for what would be a circle, an actor that is none."""
    kind = refers.kinds[0] if refers.kinds else "actors"
    is_circle = at[-1] in ("follows", 0) and at[0] in ("part_of", "follows")
    return f"{kind}/base" if is_circle or (kind == "actors" and at[0] == "roles") else f"{kind}/{id}"


BASE = {
    "actors/base.yml": {"name": "Jane Doe", "summary": "[[actors/h0]] met [[events/h0]]."},
    "events/base.yml": {"title": "A vote", "date": "2024", "about": ["quotes/base"]},
    "quotes/base.yml": {"speaker": "base", "text": "We will build it.", "sources": "base"},
    "sources/base.yml": {"title": "Minutes"},
}


def hostile_files() -> dict[str, str | bytes]:
    """Return the files of the briefing, by their names below `docs/`; there is nothing in it that is refused."""
    lines = [f"{number} {line}" for number, line in enumerate(chunks(PAYLOADS["text"]))]
    tame = [text for text in PAYLOADS["text"] if not any(sign in text for sign in REFUSED_IN_PROSE)]
    made: dict[str, Any] = dict(BASE)
    for number, line in enumerate(lines):
        prose = "\n\n".join((*(text for text in tame if text in line), *PAYLOADS["prose"][number % 2 :: 2]))
        for model in KINDS:
            made[f"{model.folder}/h{number}.yml"] = record(model, number, line, prose)
    made["briefing.yml"] = _card(lines[0], "\n\n".join(PAYLOADS["prose"]))
    pages = {f"attacks/{file.name}": file.read_text("utf-8") for file in sorted(HOSTILE.glob("pages/*.md"))}
    pages["attacks/names.md"] = f"# Names\n\n{_clobbers()}\n"
    texts = {name: yaml.safe_dump(values, allow_unicode=True, sort_keys=False) for name, values in made.items()}
    return {**texts, **pages, **{f"assets/{name}": PICTURE for name in PICTURES}}


def _clobbers() -> str:
    """Return elements with every name in the scripts of the theme as their id: it stands for a variable that is not there."""
    folders = (
        Path(str(files("material"))) / "templates/assets/javascripts",
        REPOSITORY / "templates/theme/assets/javascripts",
    )
    scripts = (file.read_text("utf-8") for folder in folders for file in sorted(folder.glob("*.js")))
    names = sorted({name for script in scripts for name in re.findall(r"(?<![\w$.])[A-Za-z_$][\w$]{2,}", script)})
    return "\n".join(f'<i id="{name}">{name}</i>' for name in names)


def _card(line: str, prose: str) -> dict[str, Any]:
    def value_of(leaf: Leaf, at: FieldPath, _: Any) -> Any:
        if at[0] == "language":
            return "en"
        if at[0] == "book":
            return "attacks/templates.md" if leaf == "line" else None
        return {"line": line, "prose": prose, "date": "2024-06", "refers": "actors/h0"}.get(leaf)

    return fields(BriefingInfo, value_of)


def build_hostile(folder: Path) -> Path:
    """Write the briefing into a new folder, build its site, and return the folder."""
    start_briefing(folder, {})
    for name, data in hostile_files().items():
        path = folder / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
    done = command("briefbook", "build", cwd=folder, SITE_URL=f"https://example.org{SUB_PATH}")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder

"""What starts something: a new briefing (`briefbook init`), and a new record (`briefbook new`)."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import yaml

from generator.errors import BriefbookError
from generator.fields import Part, is_id, shorten, slug
from generator.load import Loaded, RawRecord
from generator.places import Places
from generator.project import package_templates
from generator.records import Quote, Record
from generator.validate import validate_records
from generator.words import ENGLISH, load_words

Given = Mapping[str, str | Sequence[str]]


def init_briefing(folder: Path, title: str, language: str) -> None:
    """Write a small, working briefing into a new or empty folder; its menu is in the language, its example in English.

    Raises: BriefbookError when there is something in the folder.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BriefbookError(f"'{folder}' is not empty. Name a new folder.")
    example = package_templates() / "init"
    for source in sorted(example.rglob("*")):
        if source.is_dir():
            continue
        # A leading dot is written as "dot-" in the package, where tools leave hidden files out.
        target = folder / source.relative_to(example).as_posix().replace("dot-", ".")
        target.parent.mkdir(parents=True, exist_ok=True)
        text = _translated(source.name, source.read_text("utf-8"), language)
        target.write_text(text.replace("A new briefing", _one_line(title)) if title else text, "utf-8")
    (folder / "docs" / "assets").mkdir(exist_ok=True)
    (folder / "templates").mkdir(exist_ok=True)  # there from the start, so that the preview follows it


def _translated(name: str, text: str, language: str) -> str:
    """Return a file of a new briefing with its language named, or the menu in it."""
    if name == "briefing.yml":
        return text.replace("summary:", f"language: {language}\nsummary:", 1)
    if name != "mkdocs.yml":
        return text
    english, own = (load_words(tag, [package_templates()]).section("nav") for tag in (ENGLISH, language))
    for key, words in english.items():
        text = re.sub(rf"{re.escape(str(words))}(?=[:}}])", str(own[key]), text)
    return text


def _one_line(text: str) -> str:
    return yaml.safe_dump(text, allow_unicode=True, width=1_000_000, default_style='"').strip()[1:-1]


def settable_fields(model: type[Record]) -> tuple[str, ...]:
    """Return the fields that a text on the command line can fill: those that have a short form, required ones first."""
    plain = (
        name
        for name, field in model.model_fields.items()
        if name not in ("id", "draft") and _takes_text(field.annotation)
    )
    required = {name: number for number, name in enumerate(model.required_on_new)}
    return tuple(sorted(plain, key=lambda name: required.get(name, len(required))))


def is_list(model: type[Record], name: str) -> bool:
    """Tell whether a field may have several values."""
    return Ellipsis in get_args(model.model_fields[name].annotation)


def _takes_text(annotation: Any) -> bool:
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return bool(annotation.short_form)
    inner = [part for part in get_args(annotation) if part not in (Ellipsis, type(None))]
    return (
        getattr(annotation, "__origin__", None) is not dict
        and "Mapping" not in str(annotation)
        and all(map(_takes_text, inner[:1]))
    )


def add_record(root: Path, model: type[Record], id: str | None, given: Given) -> Path:
    """Write the file of a new record, and return its path: under its id, or one made from its name, title or words.

    Raises: BriefbookError when the id is taken, or with all that is wrong with the values.
    """
    path = _new_record_path(root, model, id, given)
    text = _draft_record(model, path, root, given)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("x", encoding="utf-8") as file:
        file.write(text)
    return path


def _new_record_path(root: Path, model: type[Record], id: str | None, given: Given) -> Path:
    name = (
        given.get("name")
        or given.get("title")
        or f"{given.get('speaker', '')} {shorten(str(given.get('text', '')), 40)}"
    )
    if id is not None and not is_id(id):
        raise BriefbookError(f"id: '{id}' has the wrong form. Write small letters, digits and single hyphens.")
    path = root / "docs" / model.folder / f"{id or slug(str(name))}.yml"
    if path.exists():
        raise BriefbookError(f"'{path}' is there already. Give another --id.")
    return path


def _draft_record(model: type[Record], path: Path, root: Path, given: Given) -> str:
    raw = RawRecord(
        model,
        path.stem,
        {name: value if isinstance(value, str) else list(value) for name, value in given.items()},
        str(path),
        (),
    )
    _, problems = validate_records(Loaded(records=[raw]), Places(root))
    if problems:
        raise BriefbookError(" ".join(problem.sentence for problem in problems))
    schema = Path(os.path.relpath(root / "build" / "schema" / f"{model.kind}.json", path.parent)).as_posix()
    return f"# yaml-language-server: $schema={schema}\n{''.join(_lines(model, given))}"


def _lines(model: type[Record], given: Given) -> Iterator[str]:
    for name in settable_fields(model):
        value = given.get(name)
        if not value:
            continue
        if (isinstance(value, str) and "\n" in value.strip()) or (
            model is Quote and name == "text" and len(str(value)) > 70
        ):
            yield f"{name}: |-\n" + "".join(f"  {line}\n" for line in str(value).strip().split("\n"))
        else:
            yield yaml.safe_dump(
                {name: value if isinstance(value, str) else list(value)}, allow_unicode=True, sort_keys=False, width=100
            )

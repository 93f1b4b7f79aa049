"""The guide's reference pages, made from the models and the commands: every field, every command, every option.

Gives Markdown for `docs/guide/records.md` and `docs/guide/commands.md`, and writes nothing; `tests/test_guide.py`
holds the two files to it.
"""

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import click
from pydantic.fields import FieldInfo

from generator.cli import main
from generator.dates import PartialDate
from generator.fields import ID_PATTERN, Country, IsProse, Language, Line, Part, Refers, Url
from generator.project import package_templates
from generator.records import KIND_BY_FOLDER, KIND_BY_NAME, KINDS, BriefingInfo, Record
from generator.render import front_matter
from generator.words import ENGLISH, Words, load_words

_RECORDS_INTRO = """\
# Records and their fields

A record is a YAML file below `docs/actors`, `docs/quotes`, `docs/events` or `docs/sources`, at any depth. It may hold
one record, whose id is the file's name without `.yml`, or a list of records, each with an `id` of its own. The
briefing itself has a card, `docs/briefing.yml`.

- Ids are small letters, digits and single hyphens: `jane-doe`. Two records of different kinds may share an id; then
  write the kind's folder before it, as `events/port`.
- Where a field takes several values, a single one needs no list: `tags: harbour`.
- A field that is left empty counts as left out. A field that is not on this page is a [problem](problems.md), so a
  slip of the pen is found.
- YAML is read as text, by the rules of YAML 1.2: `NO` is Norway, `010` and `12:30` stay as typed. Tags such as
  `!!python/name` and merge keys (`<<`) are refused.
- One file may hold up to 1,000 records. All limits are on the page [Prose and dates](prose.md#limits).

`briefbook new` writes a record for you; [Commands](commands.md#briefbook-new) has its options. Many editors complete
and check the fields while you type, from the JSON Schemas that `briefbook init`, `build` and `schema` write.
"""

_COMMANDS_INTRO = """\
# Commands

Briefbook has one command, `briefbook`; `python -m generator` is the same. It works on the folder that it is run in, or
on the one named with `-C`. What it makes goes below `build/`, which may be deleted at any time.

| exit status | means |
|---|---|
| 0 | done |
| 1 | the records have problems, or the disk or a renderer gave up; the messages say which |
| 2 | the command was typed wrongly |
| 3 | a fault of Briefbook itself; a report was written |
| 130 | it was interrupted, by Ctrl+C |

`mkdocs build`, `mkdocs serve` and `mkdocs gh-deploy` work too, as the plugin `briefbook` in `mkdocs.yml` runs the same
steps. `briefbook COMMAND --help` shows what is below on the terminal.
"""

NOTES: Mapping[str, str] = {
    "check": "Use it while writing, and before each commit. [Problems](problems.md) shows how its findings read.",
    "build": "The new site takes the place of the old one in one step, and only when it is finished: a build that "
    "fails leaves the old one as it was. `properdocs` and `zensical` must be installed: "
    "`pip install 'briefbook[renderers]'`.",
    "serve": "Stop it with Ctrl+C. Records with `draft: true` are in the preview and marked as drafts.",
    "pdf": "The book has a cover, the judgements, who's who, what happened with what was said there, the sources, "
    "and an index; footnotes say where each sentence can be seen, and the records are attached as JSON. It keeps to "
    "PDF/UA-1 and PDF/A-3a, and is the same, byte for byte, for the same records. For Chinese, Japanese and Korean run "
    "`pip install 'briefbook[cjk]'`, or have Noto CJK among the system's fonts.",
    "verify": "It tells a site that was changed, or copied by half, from the one that was built; the list is "
    "`build/manifest.json`, with the SHA-256 of each file.",
    "pages": "FOLDER must be new or empty, or written by this command before.",
    "init": "FOLDER must be new or empty. The briefing in it is complete and builds without a warning.",
    "schema": "FOLDER must be new or empty, or written by this command before. `init` and `build` write them too.",
    "new": "Options that may be repeated make lists: `--tags harbour --tags trade`. On a terminal you are asked for "
    "what is required and missing. The form of the values is checked at once, and whether ids exist by "
    "`briefbook check`.",
}


@cache
def _words() -> Words:
    return load_words(ENGLISH, [package_templates()])


def record_reference() -> str:
    """Return the page with every field of every record, as Markdown."""
    sections = [_RECORDS_INTRO, "## Every record\n\nThese fields are the same in all four kinds.\n"]
    sections.append(_field_table(Record, Record.model_fields))
    for model in KINDS:
        heading, intro = (_words()(f"{name}.{model.folder}") for name in ("plurals", "intros"))
        sections.append(f"## {heading}\n\n{intro} A file in `docs/{model.folder}`:\n")
        sections += [_example(model), _field_table(model, _own_fields(model))]
        sections.append("And the [fields of every record](#every-record).\n")
    sections.append("## Parts of records\n\nSome fields hold fields of their own.\n")
    for part, places in _parts().items():
        intro = f"{_first_line(part)} Stands in {_listed(places, 'and')}."
        sections += [f"### {_title(part)}\n\n{intro}{_short(part)}\n", _field_table(part, part.model_fields)]
    sections.append("## The briefing's card\n\n`docs/briefing.yml` says what the briefing is, and what it comes to.\n")
    card = (package_templates() / "init" / "docs" / "briefing.yml").read_text("utf-8")
    sections += [_fenced(card), _field_table(BriefingInfo, BriefingInfo.model_fields)]
    sections.append("This page is made from the models in `generator/records.py`.\n")
    meta = {"title": "Records and their fields", "description": "Every field of every record, and what it may hold."}
    return front_matter(meta) + "\n".join(sections)


def command_reference() -> str:
    """Return the page with every command and every option, as Markdown."""
    context = click.Context(main, info_name="briefbook", **main.context_settings)
    sections = [_COMMANDS_INTRO, _command_text(main, context, "## For every command")]
    for command, inner in _commands(main, context):
        depth = "##" if inner.parent is context else "###"
        sections.append(_command_text(command, inner, f"{depth} `{inner.command_path}`"))
    sections.append("This page is made from the commands in `generator/cli.py`.\n")
    meta = {"title": "Commands", "description": "Every command and every option."}
    return front_matter(meta) + "\n".join(sections)


def _own_fields(model: type[Part]) -> Mapping[str, FieldInfo]:
    """Return the fields that a model declares itself, those that it declares anew among them."""
    return {name: model.model_fields[name] for name in inspect.get_annotations(model) if name in model.model_fields}


def _field_table(model: type[Part], fields: Mapping[str, FieldInfo]) -> str:
    rows = ["| field | required | value | meaning |", "|---|---|---|---|"]
    for name, field in fields.items():
        is_required = field.is_required() and (model, name) != (Record, "id")
        value = _value(field.annotation, tuple(field.metadata))
        meaning = f"{field.description}{_default(field)}{_way_back(field)}"
        rows.append(f"| `{field.alias or name}` | {'yes' if is_required else ''} | {value} | {meaning} |")
    return "\n".join(rows) + "\n"


def _default(field: FieldInfo) -> str:
    if field.is_required() or field.default_factory or field.default in (None, (), {}, False):
        return ""
    return f" Left out, it is `{field.default}`."


def _way_back(field: FieldInfo) -> str:
    """Say under which heading the record that is named lists the ones that name it."""
    marks = [mark for mark in _marks(field.annotation, tuple(field.metadata)) if isinstance(mark, Refers)]
    return f" Its page lists this under “{_words()(f'back.{marks[0].back}')}”." if marks else ""


def _marks(annotation: Any, marks: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the marks of a type, in the open: pydantic keeps those of `Field` inside it. Parts have their own."""
    if get_origin(annotation) is Annotated:
        annotation, *own = get_args(annotation)
        return _marks(annotation, (*own, *marks))
    found = [inner for mark in marks for inner in (mark.metadata if isinstance(mark, FieldInfo) else (mark,))]
    for inner in get_args(annotation) if get_origin(annotation) in (Union, UnionType, tuple) else ():
        found += _marks(inner, ())
    return tuple(found)


def _value(annotation: Any, marks: tuple[Any, ...] = ()) -> str:
    """Say what may be written for a value of this type."""
    origin, inner = get_origin(annotation), [type for type in get_args(annotation) if type is not NoneType]
    if origin is Annotated:
        return _value(inner[0], (*get_args(annotation)[1:], *marks))
    if origin in (Union, UnionType):
        return _value(inner[0], marks)
    if origin is Literal:
        return _listed((f"`{choice}`" for choice in inner), "or")
    if origin is tuple:
        return f"one or several: {_value(inner[0])}"
    if inner:
        return f"`tag: text`, where the tag is a {_value(inner[0])} and the text {_value(inner[1])}"
    if issubclass(annotation, Part):
        link = f"[{_title(annotation).lower()}](#{_title(annotation).lower().replace(' ', '-')})"
        return f"{link}, or its `{annotation.short_form}` alone" if annotation.short_form else link
    plain = {PartialDate: "[date](prose.md#dates)", bool: "`true` or `false`", float: "number"}
    return plain.get(annotation) or _text(_marks(annotation, marks))


def _text(marks: Iterable[Any]) -> str:
    found = list(marks)
    refers = next((mark for mark in found if isinstance(mark, Refers)), None)
    if refers:
        kinds = [KIND_BY_FOLDER[folder].kind for folder in refers.kinds]
        return f"id of {_listed((_with_article(kind) for kind in kinds), 'or') if kinds else 'any record'}"
    if any(isinstance(mark, IsProse) for mark in found):
        return "[prose](prose.md)"
    pattern = next((mark.pattern for mark in found if getattr(mark, "pattern", None)), None)
    known = {_pattern(Language): "language tag", _pattern(Country): "country code", f"^{ID_PATTERN}$": "id"}
    if pattern:
        return known.get(pattern, "text of this form")
    if get_args(Url)[1] in found:
        return "web address"
    return "one line" if get_args(Line)[1] in found else "text"


def _pattern(annotated: Any) -> str:
    return str(next(mark.pattern for mark in _marks(annotated, ()) if getattr(mark, "pattern", None)))


def _with_article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _listed(words: Iterable[str], conjunction: str) -> str:
    *most, last = words
    return f"{', '.join(most)} {conjunction} {last}" if most else last


def _parts() -> Mapping[type[Part], list[str]]:
    """Return {part: the fields that it stands in, as "`roles` of an actor"}, in the order of the models."""
    owners = [(model, _with_article(model.kind)) for model in KINDS]
    models: list[tuple[type[Part], str]] = [(Record, "every record"), *owners, (BriefingInfo, "the card")]
    found: dict[type[Part], list[str]] = {}
    for model, owner in models:
        for name, field in _own_fields(model).items():
            for part in _parts_in(field.annotation):
                if f"`{name}` of every record" not in found.get(part, ()):
                    found.setdefault(part, []).append(f"`{name}` of {owner}")
    return found


def _parts_in(annotation: Any) -> Iterator[type[Part]]:
    if isinstance(annotation, type) and issubclass(annotation, Part):
        yield annotation
    for inner in get_args(annotation):
        yield from _parts_in(inner)


def _title(part: type[Part]) -> str:
    return re.sub(r"(?<=[a-z])([A-Z])", lambda found: f" {found[0].lower()}", part.__name__)


def _first_line(model: type[Part]) -> str:
    return inspect.cleandoc(model.__doc__ or "").partition("\n")[0]


def _short(part: type[Part]) -> str:
    return f" A plain text stands for its `{part.short_form}`." if part.short_form else ""


def _example(model: type[Record]) -> str:
    """Return the fullest record of a kind among those that `briefbook init` writes."""
    files = sorted((package_templates() / "init" / "docs" / model.folder).glob("*.yml"))
    return _fenced(max(files, key=lambda file: file.stat().st_size).read_text("utf-8"))


def _fenced(text: str, language: str = "yaml") -> str:
    shown = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("# yaml-language-server"))
    return f"```{language}\n{shown.strip()}\n```\n"


def _commands(group: click.Group, context: click.Context) -> Iterator[tuple[click.Command, click.Context]]:
    """Yield every command, each group before its own."""
    for name in group.list_commands(context):
        command = group.commands[name]
        inner = click.Context(command, info_name=name, parent=context)
        yield command, inner
        if isinstance(command, click.Group):
            yield from _commands(command, inner)


def _command_text(command: click.Command, context: click.Context, heading: str) -> str:
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    rows = [
        f"| {', '.join(f'`{name}`' for name in option.opts)} | {_option_value(option)} | {_option_help(option)} |"
        for option in command.get_params(context)
        if isinstance(option, click.Option) and (context.parent is None or "--help" not in option.opts)
    ]
    table = "\n".join(["| option | value | meaning |", "|---|---|---|", *rows]) if rows else ""
    text = inspect.cleandoc(command.help or "")
    parts = [heading, text, _fenced(usage, "text").strip(), _note(command, context), table]
    return "\n\n".join(part for part in parts if part) + "\n"


def _note(command: click.Command, context: click.Context) -> str:
    """Return what the guide says of a command beyond its own help: for a record's, which options it needs."""
    model = KIND_BY_NAME.get(command.name or "")
    if model is None or context.command_path.split()[-2] != "new":
        return NOTES.get(command.name or "", "") if context.parent else ""
    return f"Required: {_listed((f'`--{name}`' for name in model.required_on_new), 'and')}."


def _option_value(option: click.Option) -> str:
    if option.is_flag:
        return ""
    if isinstance(option.type, click.Choice):
        value = _listed((f"`{choice}`" for choice in option.type.choices), "or")
    else:
        value = "folder" if isinstance(option.type, click.Path) else "text"
    return f"{value}; may be repeated" if option.multiple else value


def _option_help(option: click.Option) -> str:
    default = f" Left out, it is `{option.default}`." if isinstance(option.default, str) and option.default else ""
    return f"{(option.help or '').replace('|', chr(92) + '|')}{default}"

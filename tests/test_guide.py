"""The guide says what the code does: every field, command, option, filter and template is in it."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from jinja2 import Environment

from generator.cli import main
from generator.fields import Part
from generator.project import package_templates
from generator.records import KINDS, BriefingInfo
from generator.reference import NOTES, command_reference, record_reference
from generator.render import build_environment
from generator.words import load_words

ROOT = Path(__file__).parent.parent
GUIDE = ROOT / "docs" / "guide"
TEMPLATES = ROOT / "templates" / "pages"


@pytest.mark.parametrize(("name", "make"), [("records.md", record_reference), ("commands.md", command_reference)])
def test_reference_page_is_what_the_code_makes(name: str, make: Callable[[], str], update_goldens: bool) -> None:
    if update_goldens:
        (GUIDE / name).write_text(make(), "utf-8")
    assert (GUIDE / name).read_text("utf-8") == make()


def _parts(model: type[Part]) -> Iterator[type[Part]]:
    yield model
    for name in json.dumps(model.model_json_schema()).split('"#/$defs/')[1:]:
        wanted = name.partition('"')[0]
        yield from (part for part in Part.__subclasses__() if part.__name__ == wanted)


def test_every_field_is_in_the_guide() -> None:
    text = (GUIDE / "records.md").read_text("utf-8")
    kinds: tuple[type[Part], ...] = (*KINDS, BriefingInfo)
    models = {part for model in kinds for part in _parts(model)}
    names = {field.alias or name for model in models for name, field in model.model_fields.items()}
    assert {name for name in names if f"| `{name}` |" not in text} == set()
    assert {"source", "latitude", "from", "based_on"} <= names  # the parts were found


def test_every_command_and_option_is_in_the_guide() -> None:
    text = (GUIDE / "commands.md").read_text("utf-8")
    missing = []
    for path, command in _commands(main, "briefbook"):
        section = re.split(r"^#", text.partition(f"# `{path}`\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
        options = [option for option in command.params if isinstance(option, click.Option)]
        missing += [f"{path} {name}" for option in options for name in option.opts if f"`{name}`" not in section]
        missing += [] if section else [path]
    assert missing == []


def _commands(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from _commands(command, f"{path} {name}")


def test_the_command_s_own_options_are_in_the_guide() -> None:
    text = (GUIDE / "commands.md").read_text("utf-8")
    assert [name for option in main.params for name in option.opts if f"`{name}`" not in text] == []


def test_notes_are_about_commands_that_exist() -> None:
    assert sorted(NOTES) == sorted(main.commands)


def test_every_template_is_in_the_guide_with_what_it_gets() -> None:
    text = (GUIDE / "templates.md").read_text("utf-8")
    missing = []
    for path in sorted(TEMPLATES.glob("*.md.j2")):
        row = next((line for line in text.splitlines() if line.startswith(f"| `{path.name}` |")), "")
        missing += [] if row else [path.name]
        missing += [f"{path.name}: {name}" for name in _values_of(path) if f"`{name}`" not in row]
    assert missing == []


def _values_of(path: Path) -> list[str]:
    """Return the names that a template's first line says it gets."""
    gets = path.read_text("utf-8").splitlines()[0].partition(" gets ")[2]
    plain = re.sub(r"\([^()]*(?:\([^()]*\)[^()]*)*\)", "", gets).rstrip(" .#}")
    return [name.strip() for name in plain.split(",") if name.strip()]


def test_every_filter_is_in_the_guide() -> None:
    text = (GUIDE / "templates.md").read_text("utf-8")
    own = set(build_environment([TEMPLATES], load_words("en", [package_templates()])).filters) - set(
        Environment().filters
    )
    assert {name for name in own if f"| `{name}` |" not in text} == set()


def test_links_between_guide_pages_lead_somewhere() -> None:
    pages = sorted(GUIDE.glob("*.md"))
    broken = []
    for page in pages:
        prose = re.sub(r"^```.*?^```|`[^`\n]*`", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
        for target in re.findall(r"\]\(([\w.-]+\.md)", prose):
            broken += [] if (GUIDE / target).is_file() else [f"{page.name}: {target}"]
    assert broken == []
    assert {page.stem for page in pages} == {
        *(
            "index",
            "tutorial",
            "records",
            "commands",
            "prose",
            "hosting",
            "templates",
            "problems",
            "reading",
            "book",
            "preview",
        )
    }

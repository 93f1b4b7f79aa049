"""The command, as people and scripts call it: what it prints, and the status it ends with."""

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml
from click.testing import CliRunner, Result

from generator.cli import main
from generator.records import KINDS
from tests.conftest import MakeProject


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], catch_exceptions=False)


@pytest.fixture
def started(tmp_path: Path) -> Path:
    """A briefing that `init` has made."""
    folder = tmp_path / "harbour"
    assert run("init", folder, "--title", 'The "new" pier: C\\D').exit_code == 0
    return folder


def test_a_new_briefing_passes_every_check_and_carries_its_title(started: Path) -> None:
    checked = run("-C", started, "check", "--strict")
    assert (checked.exit_code, checked.output) == (0, "2 actors, 1 quote, 1 event, 1 source: no problems.\n")
    assert yaml.safe_load((started / "docs/briefing.yml").read_text())["title"] == 'The "new" pier: C\\D'
    assert yaml.load((started / "mkdocs.yml").read_text(), yaml.BaseLoader)["site_name"] == 'The "new" pier: C\\D'
    assert (started / ".gitignore").is_file()


def test_init_refuses_a_folder_with_something_in_it(started: Path) -> None:
    again = run("init", started)
    assert again.exit_code == 1
    assert again.output == f"error: '{started}' is not empty. Name a new folder.\n"


def test_a_problem_shows_its_line_with_a_caret(make_project: MakeProject) -> None:
    project = make_project({"actors/kim.yml": "name: Kim\nnames: {ko: 김정은, bad_tag: x}\n"})
    shown = run("-C", project.root, "check")
    assert shown.exit_code == 1
    assert shown.output.splitlines() == [
        "docs/actors/kim.yml:2:18: error: names.bad_tag: 'bad_tag' has the wrong form. "
        "Write a BCP 47 language tag, as ru or zh-Hans.",
        "  2 | names: {ko: 김정은, bad_tag: x}",
        "    |                     ^",
        "1 error; nothing was written.",
    ]


def test_problems_as_json_and_as_annotations(make_project: MakeProject) -> None:
    project = make_project({"actors/kim.yml": "name: Kim\ntype: 50%, persn\n"})
    found = json.loads(run("-C", project.root, "check", "--format", "json").stdout)
    assert found == [
        {
            "path": "docs/actors/kim.yml",
            "line": 2,
            "column": 7,
            "severity": "error",
            "field": "type",
            "message": "'50%, persn' is not one of its values.",
            "hint": "Write person, country, organisation or group.",
        }
    ]
    assert run("-C", project.root, "check", "--format", "github").stdout == (
        "::error file=docs/actors/kim.yml,line=2,col=7,title=briefbook::type: '50%25, persn' is not one of its values. "
        "Write person, country, organisation or group.\n"
    )


def test_warnings_fail_only_under_strict(make_project: MakeProject) -> None:
    project = make_project({"actors/kim.yml": "name: Kim\n"})
    assert run("-C", project.root, "check").exit_code == 0
    assert run("-C", project.root, "check", "--strict").exit_code == 1
    assert run("-C", project.root, "pages", project.root / "out", "--strict").exit_code == 1
    assert not (project.root / "out").exists()


def test_pages_writes_nothing_when_a_record_has_an_error(make_project: MakeProject) -> None:
    project = make_project({"actors/kim.yml": "nam: Kim\n"})
    assert run("-C", project.root, "pages", project.root / "out").exit_code == 1
    assert not (project.root / "out").exists()


def test_pages_refuses_a_folder_that_holds_something_else(make_project: MakeProject) -> None:
    project = make_project({})
    refused = run("-C", project.root, "pages", project.root / "docs")
    assert refused.exit_code == 1
    assert "docs' holds other files" in refused.output
    assert (project.root / "docs/briefing.yml").is_file()


def test_new_writes_a_record_that_passes(started: Path) -> None:
    actor = run(
        "-C",
        started,
        "new",
        "actor",
        "--name",
        "Владимир Путин",
        "--type",
        "person",
        "--aliases",
        "Putin",
        "--aliases",
        "V. P.",
    )
    assert actor.output == f"{started}/docs/actors/vladimir-putin.yml\n"
    assert (started / "docs/actors/vladimir-putin.yml").read_text() == (
        "# yaml-language-server: $schema=../../build/schema/actor.json\n"
        "name: Владимир Путин\ntype: person\naliases:\n- Putin\n- V. P.\n"
    )
    quote = run(
        "-C",
        started,
        "new",
        "quote",
        "--speaker",
        "vladimir-putin",
        "--text",
        "No: 2024 #x",
        "--sources",
        "council-minutes",
    )
    assert quote.exit_code == 0
    assert run("-C", started, "new", "event", "--title", "2024", "--date", "2024-06~").exit_code == 0
    assert run("-C", started, "new", "source", "--title", "NO", "--id", "norway").exit_code == 0
    assert run("-C", started, "check").exit_code == 0
    assert yaml.safe_load((started / "docs/sources/norway.yml").read_text())["title"] == "NO"


def test_new_refuses_what_is_missing_wrong_or_taken(started: Path) -> None:
    missing = run("-C", started, "new", "event", "--title", "Vote")
    assert (missing.exit_code, missing.output.splitlines()[-1]) == (2, "Error: missing --date.")
    wrong = run("-C", started, "new", "event", "--title", "Vote", "--date", "2024-02-30")
    assert (wrong.exit_code, wrong.output) == (
        1,
        "error: date: '2024-02-30' is not a date: February 2024 has 29 days.\n",
    )
    escape = run("-C", started, "new", "actor", "--name", "X", "--id", "../../x")
    assert escape.exit_code == 1
    assert "has the wrong form" in escape.output
    taken = run("-C", started, "new", "actor", "--name", "Jane Doe")
    assert taken.exit_code == 1
    assert "is there already" in taken.output
    assert len(list((started / "docs").rglob("*.yml"))) == 6


def test_the_schemas_accept_the_records_and_refuse_slips(started: Path) -> None:
    folder = started / "build" / "schema"
    for model in KINDS:
        schema = json.loads((folder / f"{model.kind}.json").read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        for file in (started / "docs" / model.folder).glob("*.yml"):
            record = yaml.load(file.read_text(), yaml.BaseLoader)
            jsonschema.validate(record, schema)
            with pytest.raises(jsonschema.ValidationError):
                jsonschema.validate({**record, "bogus": "x"}, schema)
    card = json.loads((folder / "briefing.json").read_text())
    jsonschema.validate(yaml.load((started / "docs/briefing.yml").read_text(), yaml.BaseLoader), card)


@pytest.mark.parametrize("arguments", [["nonsense"], ["check", "--format", "xml"], ["build", "--renderer", "hugo"]])
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    assert run(*arguments).exit_code == 2


def test_a_folder_without_a_briefing_gets_one_line(tmp_path: Path) -> None:
    nothing = run("-C", tmp_path, "check")
    assert nothing.exit_code == 1
    assert (
        nothing.output.splitlines()[0]
        == "docs:1:1: error: there is no folder 'docs' here. Run 'briefbook init DIR' to start one."
    )


def test_the_package_runs_as_a_module(started: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "generator", "-C", str(started), "check"], capture_output=True, text=True, check=True
    )
    assert done.stdout.endswith("no problems.\n")

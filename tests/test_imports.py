"""Imports go one way: a module uses only modules that stand before it in the line from file to page."""

import ast
from pathlib import Path

import generator

PACKAGE = Path(generator.__file__).parent
ORDER = (
    "characters noted errors versions compiled ledger tree workers dates fields records schemas yaml_text places files "
    "weigh dimensions load mend validate prose front names backlinks order linked link check ties gazetteer words render "
    "facts sentences rows labels world pictures lists tallies outlines profiles network timeline views explorer "
    "choices rearranging pages collisions inputs stored write manifest kept project reading pipeline making seen edits ahead shortcut "
    "allowed sanitise bundles phrases settle search amend policy publishing site mkdocs_plugin constructs addresses "
    "rendering joints frames sitemap following framing building preview excerpts reports preview_search watching news connections server dossier markup book "
    "paging typeset printing scaffold faults cli reference"
).split()
LINES = 400
FUNCTION_LINES = 40


def _modules() -> dict[str, ast.Module]:
    files = (file for file in PACKAGE.glob("*.py") if not file.stem.startswith("__"))
    return {file.stem: ast.parse(file.read_text("utf-8")) for file in files}


def test_every_module_has_its_place_in_the_order() -> None:
    assert sorted(_modules()) == sorted(ORDER)


def test_modules_import_only_what_stands_before_them() -> None:
    backward = []
    for name, tree in _modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("generator."):
                used = (node.module or "").removeprefix("generator.")
                if ORDER.index(used) >= ORDER.index(name):
                    backward.append(f"{name} imports {used}")
    assert backward == []


def test_modules_and_functions_stay_short() -> None:
    long = []
    for name, tree in _modules().items():
        lines = len((PACKAGE / f"{name}.py").read_text("utf-8").splitlines())
        if lines > LINES:
            long.append(f"{name}.py has {lines} lines")
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                docstring = ast.get_docstring(node, clean=False)
                length = (node.end_lineno or 0) - node.lineno + 1 - (len(docstring.splitlines()) if docstring else 0)
                if length > FUNCTION_LINES:
                    long.append(f"{name}.{node.name} has {length} lines")
    assert long == []


def test_only_the_command_catches_everything() -> None:
    catching = [
        name
        for name, tree in _modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException")))
    ]
    assert catching == ["cli"]


def test_the_architecture_names_every_module_in_its_order() -> None:
    text = " ".join((PACKAGE.parent / "ARCHITECTURE.md").read_text("utf-8").split())
    assert f"Import order: {', '.join(ORDER)}." in text
    assert [name for name in ORDER if f"`{name}.py`" not in text] == []

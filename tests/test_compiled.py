"""Compiled templates are kept for the code that compiled them, and never needed."""

import sys
from pathlib import Path
from typing import Any

import pytest
from jinja2 import DictLoader, Environment

from generator.compiled import ENDING, CompiledTemplates


class NeverCompiling(Environment):
    def compile(self, *arguments: Any, **named: Any) -> Any:
        raise AssertionError("the template was kept")


@pytest.fixture(autouse=True)
def writing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)


def rendered(
    folder: Path, digest: str = "a", text: str = "Hello {{ name }}", kind: type[Environment] = Environment
) -> str:
    environment = kind(loader=DictLoader({"page": text}), bytecode_cache=CompiledTemplates(folder, digest))
    return environment.get_template("page").render(name="Jane")


def kept(folder: Path) -> list[str]:
    return sorted(file.name.partition("-")[0] for file in folder.glob(f"*{ENDING}"))


def test_template_is_compiled_once(tmp_path: Path) -> None:
    assert rendered(tmp_path) == rendered(tmp_path, kind=NeverCompiling) == "Hello Jane"
    with pytest.raises(AssertionError):
        rendered(tmp_path, text="Goodbye {{ name }}", kind=NeverCompiling)


def test_templates_of_other_code_are_removed(tmp_path: Path) -> None:
    for digest in ("a", "b"):
        assert rendered(tmp_path, digest) == "Hello Jane"
        assert kept(tmp_path) == [digest]


def test_damaged_template_is_compiled_anew(tmp_path: Path) -> None:
    rendered(tmp_path)
    for file in tmp_path.iterdir():
        file.write_bytes(file.read_bytes()[:-20])
    assert rendered(tmp_path) == "Hello Jane"


def test_nothing_is_kept_where_python_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert rendered(tmp_path) == rendered(tmp_path / "not there") == "Hello Jane"
    assert kept(tmp_path) == []

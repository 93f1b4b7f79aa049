"""Golden cases: one YAML file has the records, and the problems or pages that must come of them."""

from pathlib import Path

import pytest
import yaml

from generator.pipeline import check_briefing, page_maker
from tests.conftest import MakeProject

CASES = sorted((Path(__file__).parent / "cases").rglob("*.yml"))


class _Block(str):
    """Text that is dumped as a YAML block, so that goldens read as files do."""

    __slots__ = ()


yaml.SafeDumper.add_representer(
    _Block, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style="|")
)


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_case(path: Path, make_project: MakeProject, update_goldens: bool) -> None:
    case = yaml.safe_load(path.read_text("utf-8"))
    project = make_project(case["files"])
    briefing, problems = check_briefing(project, with_drafts=case.get("drafts", False))
    found: dict[str, object] = {"problems": "".join(f"{problem}\n" for problem in problems)}
    if "pages" in case:
        pages = {page.path: page.text for page in page_maker(briefing, project).all()}
        found["pages"] = {name: pages[name] for name in case["pages"]}
    if update_goldens:
        _rewrite(path, {**case, **found})
    assert found == {key: case.get(key) for key in found}


def test_there_are_sixty_broken_briefings_and_more() -> None:
    told = [
        yaml.safe_load(path.read_text("utf-8"))["problems"] or "" for path in CASES if path.parent.name == "problems"
    ]
    assert sum(": error: " in text for text in told) >= 60


def _rewrite(path: Path, case: dict[str, object]) -> None:
    def block(value: object) -> object:
        if isinstance(value, dict):
            return {key: block(item) for key, item in value.items()}
        return _Block(value) if isinstance(value, str) and "\n" in value else value

    path.write_text(yaml.safe_dump(block(case), allow_unicode=True, sort_keys=False, width=1000), "utf-8")

"""What several tests share: small briefings written for real, and the switch that rewrites golden cases."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import settings

from generator.pipeline import Project

# The same examples on every run: what a submission is judged by must not be a matter of luck.
settings.register_profile("fixed", derandomize=True, deadline=None)
settings.load_profile("fixed")

MakeProject = Callable[[Mapping[str, str]], Project]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-goldens", action="store_true", help="Rewrite the golden cases with what comes out now.")


@pytest.fixture
def update_goldens(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-goldens"))


@pytest.fixture
def make_project(tmp_path: Path) -> MakeProject:
    """Write a briefing of these files (names below `docs/`, a card is added when there is none) and return it."""

    def make(files: Mapping[str, str]) -> Project:
        for name, text in {"briefing.yml": "title: A briefing\n", **files}.items():
            path = tmp_path / "docs" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        return Project(tmp_path)

    return make

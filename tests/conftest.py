"""What several tests share: small briefings written for real, and the switch that rewrites golden cases."""

import os
import signal
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from generator.project import Project
from tests.hostile import build_hostile

# The same examples on every run: what a submission is judged by must not be a matter of luck.
settings.register_profile("fixed", derandomize=True, deadline=None)
EXAMPLES = os.environ.get("BRIEFBOOK_FUZZ")  # `make fuzz`: so many for each test, others each time
settings.register_profile("long", max_examples=int(EXAMPLES or 1), deadline=None, suppress_health_check=HealthCheck)
settings.load_profile("long" if EXAMPLES else "fixed")

# A shell that starts the tests in the background has Ctrl+C ignored, also by what they start, and interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

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


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The briefing that attacks in every field, with its site built."""
    return build_hostile(tmp_path_factory.mktemp("hostile") / "briefing")

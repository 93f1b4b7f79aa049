"""What the browser's tests share: a browser, and sites of several sizes that nginx serves below a sub-path."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.sites import SUB_PATH, build, copy_first_briefing, invent_briefing, nginx

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True, kw_only=True)
class Served:
    """A built site, and the address at which nginx serves it."""

    site: Path
    address: str


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert program, "no Chromium: run 'make test', which installs one"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The first briefing, as a clone of the repository has it."""
    folder = tmp_path_factory.mktemp("first")
    site = build(copy_first_briefing(folder / "briefing"), SITE_URL=f"https://example.org{SUB_PATH}")
    with nginx(site, folder / "nginx") as address:
        yield Served(site=site, address=address)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An invented briefing of 100 records."""
    yield from _invented(tmp_path_factory.mktemp("small"), 100)


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An invented briefing of 2,000 records."""
    yield from _invented(tmp_path_factory.mktemp("large"), 2000)


@pytest.fixture(scope="session")
def attacked(hostile: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The briefing that attacks in every field."""
    site = hostile / "build" / "site"
    with nginx(site, tmp_path_factory.mktemp("attacked") / "nginx") as address:
        yield Served(site=site, address=address)


@pytest.fixture(scope="session")
def address(first: Served) -> str:
    """Where the first briefing is."""
    return first.address


def _invented(folder: Path, records: int) -> Iterator[Served]:
    site = build(invent_briefing(folder / "briefing", records), SITE_URL=f"https://example.org{SUB_PATH}")
    with nginx(site, folder / "nginx") as address:
        yield Served(site=site, address=address)

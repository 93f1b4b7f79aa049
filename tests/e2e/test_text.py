"""What is typed is what a browser reads: on pages, in their heads, in results of the search, in pictures and in data."""

import json
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Served
from tests.sites import build, nginx, start_briefing
from tests.test_text import TYPED

pytestmark = pytest.mark.slow

READ = """() => {
  const page = document.querySelector(".bb-page"), copy = page.cloneNode(true);
  copy.querySelectorAll(".headerlink").forEach((link) => link.remove());
  const meta = (name) => document.querySelector(`meta[name="${name}"], meta[property="${name}"]`)?.content;
  return { title: document.title, heading: copy.querySelector("h1").textContent, text: copy.textContent,
    og: meta("og:title"), description: meta("description"), bar: document.querySelectorAll(".md-header__topic")[1].textContent,
    alt: [...copy.querySelectorAll("img")].map((image) => image.alt) };
}"""
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63606060000000040001f61738550000000049454e44ae426082"
)


def words_of(at: int) -> str:
    """Return what is typed in every field of the records of a number, with a word by which a search finds them."""
    return f"{' '.join(TYPED[at].split())} zebra{at}"


def records(at: int) -> dict[str, Any]:
    typed, date = words_of(at), f"2024-06-{at + 1:02}"
    quoted = {"source": f"s{at}", "at": typed, "quote": typed}
    return {
        f"actors/a{at}.yml": {
            "name": typed,
            "description": typed,
            "aliases": [f"{typed} II"],
            "names": {"ar": f"{typed} III"},
            "roles": [{"title": typed, "from": "2020"}],
            "image": {"src": "assets/x.png", "alt": typed, "credit": typed},
            "tags": [typed],
        },
        f"sources/s{at}.yml": {"title": typed, "publisher": typed, "authors": [typed]},
        f"quotes/q{at}.yml": {
            "speaker": f"a{at}",
            "text": typed,
            "event": f"e{at}",
            "date": date,
            "sources": quoted,
            "tags": [typed],
        },
        f"events/e{at}.yml": {
            "title": typed,
            "date": date,
            "place": {"name": typed, "latitude": str(at), "longitude": str(at)},
            "participants": [{"actor": f"a{at}", "role": f"x {typed}"}, f"a{(at + 1) % len(TYPED)}"],
            "as_reported": {"date": typed, "source": f"s{at}"},
            "about": f"q{at}",
        },
    }


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = start_briefing(tmp_path_factory.mktemp("typed") / "briefing", {"briefing.yml": "title: Typed\n"})
    (folder / "docs/assets").mkdir()
    (folder / "docs/assets/x.png").write_bytes(PICTURE)
    for at in range(len(TYPED)):
        for name, fields in records(at).items():
            file = folder / "docs" / name
            file.parent.mkdir(exist_ok=True)
            file.write_text(yaml.safe_dump(fields, allow_unicode=True), "utf-8")
    site = build(folder)
    with nginx(site, folder.parent / "nginx") as address:
        yield Served(site=site, address=address)


def read(page: Page, address: str) -> dict[str, Any]:
    page.goto(address)
    found = page.evaluate(READ)
    return {name: " ".join(text.split()) if isinstance(text, str) else text for name, text in found.items()}


# How often a page has the words at least: in its title, and in each of the fields that it shows.
FIELDS = {"a": 8, "s": 4, "q": 4, "e": 6}


@pytest.mark.parametrize("at", range(len(TYPED)))
def test_the_words_are_read_in_every_field_and_in_the_head(browser: Browser, typed: Served, at: int) -> None:
    words = " ".join(words_of(at).split())  # which also makes one space of one that does not break
    page = browser.new_page()
    for kind, folder in {"a": "actors", "s": "sources", "e": "events", "q": "quotes"}.items():
        found = read(page, f"{typed.address}{folder}/{kind}{at}/")
        assert found["text"].count(words) >= FIELDS[kind], folder
        assert words in found["description"], folder
        if kind != "q":  # whose title has other quotation marks inside
            assert (found["heading"], found["og"], found["bar"]) == (words, words, words), folder
            assert found["title"] == f"{words} - A new briefing", folder
    found = read(page, f"{typed.address}actors/a{at}/")
    assert words in [" ".join(alt.split()) for alt in found["alt"]]
    page.close()


def test_the_words_are_read_in_results_of_the_search(browser: Browser, typed: Served) -> None:
    page = browser.new_page()
    page.goto(typed.address)
    page.locator(".bb-search-button").click()
    for at in range(0, len(TYPED), 3):
        page.locator("pagefind-input input").fill(f"zebra{at}")
        title = page.locator(".bb-result", has=page.locator(f"a[href*='/actors/a{at}/']")).locator(
            ".bb-result-title > span"
        )
        expect(title.first).to_have_text(words_of(at))
    page.close()


def test_the_words_are_read_in_data_and_pictures(typed: Served) -> None:
    rows = json.loads((typed.site / "quotes/data/rows-1.json").read_text("utf-8"))
    index = json.loads((typed.site / "quotes/data/index.json").read_text("utf-8"))
    wanted = {words_of(at) for at in range(len(TYPED))}
    assert {words for _, words, _, _ in rows} == {" ".join(words.split()) for words in wanted}
    assert {name for _, name in index["facets"]["speaker"]["values"]} == wanted
    assert {name for _, name in index["facets"]["source"]["values"]} == wanted
    for name in ("timeline", "network", "map"):
        picture = ElementTree.parse(typed.site / f"pictures/{name}.svg")
        said = " ".join(" ".join(picture.getroot().itertext()).split())
        assert [words for words in wanted if " ".join(words.split()) not in said] == [], name

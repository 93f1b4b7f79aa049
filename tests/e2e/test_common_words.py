"""Searches for words that are on thousands of pages, which are not ranked all at once."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from generator.search import BUNDLE, index_pages
from tests.sites import REPOSITORY, nginx

pytestmark = pytest.mark.slow

PAGES, ACTORS = 6100, 20
MODULE = "assets/javascripts/search/pagefind.js"
SEARCH = """async ([module, words, from, to]) => {
  const { createInstance } = await import(module);
  const { results } = await createInstance({}).search(words);
  const found = await Promise.all(results.slice(from, to).map((result) => result.data()));
  const numbers = found.map(({ url }) => Number(url.match(/p(\\d+)/)[1]));
  return { count: results.length, numbers, excerpts: found.map(({ excerpt }) => excerpt) };
}"""
ODD = (
    *("the O'Brien-Smith’s", "the COVID-19", "the “Élysée”", "the İstanbul Straße", "THE HTMLParser", "the 3rd"),
    *("the της Χώρας ΟΔΟΣ", "the Привет", "the العَرَبِيَّة", "the हिन्दी", "the 한국어", "the Þing Łódź", "pier-the the"),
)


@pytest.fixture(scope="module")
def page(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """Pages that all say "the", with the search alone."""
    folder = tmp_path_factory.mktemp("common")
    for number in range(PAGES):
        filters = ' data-pagefind-filter="first:1"' if number % (PAGES // ACTORS) == 0 else ""
        odd = f" {ODD[number - 1]}, and more" if 0 < number <= len(ODD) else ""
        body = f"<div data-pagefind-body{filters}>The pier of number{number}x the{odd}</div>"
        file = folder / "pages" / f"p{number}" / "index.html"
        file.parent.mkdir(parents=True)
        file.write_text(f'<html lang="en"><body>{body}', "utf-8")
    site = folder / "site"
    site.mkdir()
    (site / "index.html").write_text('<html lang="en">')
    (site / "_headers").write_text("/*\n  X-Content-Type-Options: nosniff\n")
    index_pages(folder / "pages", site / BUNDLE)
    (site / MODULE).parent.mkdir(parents=True)
    shutil.copy(REPOSITORY / "templates" / "theme" / MODULE, site / MODULE)
    with nginx(site, folder / "nginx") as address, browser.new_context() as context:
        page = context.new_page()
        page.goto(address)
        yield page


def found(page: Page, words: str, start: int = 0, end: int = 50) -> tuple[int, list[int]]:
    """Return how many pages are found, and the numbers of some of them."""
    result = page.evaluate(SEARCH, [f"{page.url}{MODULE}", words, start, end])
    return result["count"], result["numbers"]


def test_word_on_most_pages_finds_all_of_them_and_actors_first(page: Page) -> None:
    count, numbers = found(page, "the")
    assert count == PAGES
    assert {*numbers[:ACTORS]} == {*range(0, PAGES, PAGES // ACTORS)}
    _, last = found(page, "the", PAGES - 50, PAGES)
    assert len({*numbers, *last}) == 100


def test_word_on_most_pages_is_looked_for_with_others(page: Page) -> None:
    assert found(page, "the number77x of") == (1, [77])


def test_text_between_quotation_marks_is_found_with_words_on_most_pages(page: Page) -> None:
    assert found(page, '"number77x the"') == (1, [77])
    assert found(page, '"the number77x"') == (0, [])
    assert found(page, '"of number77x"') == (1, [77])
    assert found(page, '"the pier of number77x the"') == (1, [77])
    assert found(page, '"pier the"') == (0, [])
    assert found(page, '"the COVID-19, and more"') == (1, [2])
    assert found(page, '"the pier of"')[0] == PAGES


@pytest.mark.parametrize("words", ODD)
def test_words_beside_words_on_most_pages_are_found_however_they_are_written(page: Page, words: str) -> None:
    assert found(page, f'"{words}"') == (1, [ODD.index(words) + 1])


def test_all_words_of_a_phrase_are_marked(page: Page) -> None:
    result = page.evaluate(SEARCH, [f"{page.url}{MODULE}", '"of number77x the"', 0, 1])
    assert result["excerpts"] == ["The pier <mark>of</mark> <mark>number77x</mark> <mark>the.</mark>"]

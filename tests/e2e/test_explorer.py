"""The quote explorer, as a person uses it: narrowed, searched, shared, by keyboard; its counts are right."""

import re
from collections.abc import Iterator
from itertools import product

import pytest
from playwright.sync_api import Browser, Page, expect

from generator.pipeline import Project, check_briefing
from generator.records import Quote
from tests.e2e.conftest import Served

pytestmark = pytest.mark.slow


@pytest.fixture
def page(browser: Browser, first: Served) -> Iterator[Page]:
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        page.goto(f"{first.address}quotes/")
        expect(page.locator(".bb-explorer-count")).to_be_visible()
        yield page


def choose(page: Page, facet: str, value: str) -> None:
    page.get_by_role("group", name=facet).get_by_role("checkbox", name=re.compile(f"^{re.escape(value)}")).click()


def shown(page: Page) -> int:
    return int(page.locator(".bb-explorer-count").inner_text().split()[0].replace(",", ""))


def quotes_of(served: Served) -> list[Quote]:
    briefing, _ = check_briefing(Project(served.site.parent.parent))
    return [quote for quote in briefing.of_kind("quotes") if isinstance(quote, Quote)]


def test_narrowed_to_one_speaker_and_year_the_address_can_be_shared(
    page: Page, browser: Browser, first: Served
) -> None:
    choose(page, "Speaker", "Vladimir Putin")
    choose(page, "Year", "2024")
    expected = sum(
        quote.speaker == "vladimir-putin" and quote.date is not None and 2024 in quote.date.years
        for quote in quotes_of(first)
    )
    expect(page.locator(".bb-explorer-count")).to_have_text(f"{expected} of {len(quotes_of(first))} quotes")
    assert page.url.endswith("quotes/?speaker=vladimir-putin&year=2024")
    titles = page.locator(".bb-explorer .bb-list > ul > li").all_inner_texts()
    with browser.new_context() as context:
        other = context.new_page()
        other.goto(page.url)
        expect(other.locator(".bb-explorer-count")).to_have_text(f"{expected} of {len(quotes_of(first))} quotes")
        assert other.locator(".bb-explorer .bb-list > ul > li").all_inner_texts() == titles
    page.go_back()
    expect(page.get_by_role("checkbox", name="2024")).not_to_be_checked()
    expect(page.get_by_role("checkbox", name="Vladimir Putin").first).to_be_checked()


def test_the_count_beside_a_value_is_what_choosing_it_gives(browser: Browser, large: Served) -> None:
    quotes = quotes_of(large)
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        for status, year in product(("verified", "disputed"), ("2023", "2024")):
            page.goto(f"{large.address}quotes/?status={status}&year={year}")
            expect(page.locator(".bb-explorer-count")).to_be_visible()
            chosen = [
                quote for quote in quotes if quote.status == status and quote.date and int(year) in quote.date.years
            ]
            assert shown(page) == len(chosen)
            for facet, field in (("Speaker", "speaker"), ("Language", "language")):
                group = page.get_by_role("group", name=facet)
                for label in group.locator("label:visible").all()[:4]:
                    value = label.locator("input").get_attribute("value")
                    count = int(label.locator(".bb-facet-count").inner_text())
                    own = [
                        quote
                        for quote in chosen
                        if value
                        in (
                            getattr(quote, field),
                            quote.original.language if quote.original and field == "language" else None,
                        )
                    ]
                    assert count == len(own), (status, year, facet, value)
            # Counts of the chosen facet itself say what each of its values would give, not what the choice leaves.
            others = page.get_by_role("group", name="Status").locator("label:visible")
            told = {
                label.locator("input").get_attribute("value"): int(label.locator(".bb-facet-count").inner_text())
                for label in others.all()
            }
            for value, count in told.items():
                assert count == sum(
                    quote.status == value and quote.date is not None and int(year) in quote.date.years
                    for quote in quotes
                )


def test_three_words_find_a_quote_and_are_marked(page: Page) -> None:
    page.get_by_role("searchbox", name="Words").fill("unwavering RUSSIAN matter")
    expect(page.locator(".bb-explorer-count")).to_have_text(re.compile("^1 of"))
    assert [mark.lower() for mark in page.locator(".bb-explorer mark").all_inner_texts()] == [
        "unwavering",
        "russian",
        "matter",
    ]
    page.get_by_role("searchbox", name="Words").fill('"support of Russian policy"')
    expect(page.locator(".bb-explorer mark").first).to_have_text("support of Russian policy")
    page.get_by_role("searchbox", name="Words").fill('"policy of Russian support"')
    expect(page.locator(".bb-explorer-count")).to_have_text(re.compile("^0 of"))
    expect(page.get_by_text("No quote is like that")).to_be_visible()
    page.get_by_role("button", name="Clear all").click()
    expect(page.locator(".bb-explorer-count")).to_have_text(re.compile(r"^(\d+) of \1 quotes$"))


def test_it_is_used_by_keyboard_alone(page: Page) -> None:
    page.get_by_role("searchbox", name="Words").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    assert "sort=oldest" in page.url
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_role("checkbox").first).to_be_checked()
    expect(page.get_by_role("checkbox").first).to_be_focused()
    expect(page.get_by_role("button", name=re.compile("^Remove Speaker"))).to_be_visible()


def test_a_long_list_goes_on_and_nothing_jumps(browser: Browser, large: Served) -> None:
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        page.goto(f"{large.address}quotes/")
        rows = page.locator(".bb-explorer .bb-list > ul > li")
        expect(rows).to_have_count(50)
        tenth = rows.nth(9).inner_text()
        page.mouse.wheel(0, 100_000)
        expect(rows).to_have_count(100)
        assert rows.nth(9).inner_text() == tenth
        assert page.evaluate("document.activeElement === document.body")


def test_without_scripts_the_list_is_there(browser: Browser, first: Served) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{first.address}quotes/")
        expect(page.locator(".bb-list li")).to_have_count(len(quotes_of(first)))

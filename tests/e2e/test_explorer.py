"""The quote explorer, as a person uses it: narrowed, searched, shared, by keyboard; its counts are right."""

import re
from collections.abc import Iterator
from itertools import product

import pytest
from playwright.sync_api import Browser, Page, expect

from generator.pipeline import check_briefing
from generator.project import Project
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


def test_whoever_comes_back_from_a_quote_finds_the_place_in_the_list(browser: Browser, large: Served) -> None:
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        page.goto(f"{large.address}quotes/")
        rows = page.locator(".bb-explorer .bb-list > ul > li")
        expect(rows).to_have_count(50)
        for count in (50, 100):  # the list goes on as its end is reached
            rows.nth(count - 1).scroll_into_view_if_needed()
            expect(rows.nth(count + 49)).to_be_attached()
        rows.nth(140).locator("a").first.click()
        expect(page.locator("blockquote.bb-quote").first).to_be_visible()
        page.go_back()
        expect(rows.nth(140)).to_be_in_viewport()


def test_quotes_that_cannot_be_read_are_told_and_asked_for_again(browser: Browser, large: Served) -> None:
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        page.route("**/rows-5.json", lambda route: route.abort())
        page.goto(f"{large.address}quotes/")
        field = page.get_by_role("searchbox", name="Words")
        field.fill("agreement")
        count = page.locator(".bb-explorer-count")
        expect(count).to_contain_text("could not be read")
        expect(page.locator(".bb-explorer .bb-list li")).to_have_count(0)
        page.unroute("**/rows-5.json")
        field.fill("agreement ")
        expect(count).to_have_text(re.compile("^[1-9][0-9]* of 900"))


def test_a_choice_that_leaves_nothing_is_loosened_by_one_button(page: Page, first: Served) -> None:
    page.goto(f"{first.address}quotes/?q=unwavering&speaker=li-qiang")
    expect(page.get_by_text("No quote is like that")).to_be_visible()
    expect(page.get_by_role("button", name="Without Words: 1")).to_be_visible()
    page.get_by_role("button", name="Without Speaker: 1").click()
    expect(page.locator(".bb-explorer-count")).to_have_text(re.compile("^1 of"))
    expect(page.locator(".bb-explorer-count")).to_be_focused()
    assert page.url.endswith("?q=unwavering")


def test_the_keyboard_stays_where_a_choice_was_taken_back(page: Page, first: Served) -> None:
    page.goto(f"{first.address}quotes/?speaker=li-qiang&speaker=kim-jong-un&q=unwavering")
    box = page.get_by_role("checkbox", name="Li Qiang")
    box.focus()
    page.keyboard.press("Space")
    expect(box).not_to_be_checked()
    expect(box).to_be_focused()
    page.get_by_role("button", name="Remove Speaker").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Remove Words: unwavering")).to_be_focused()


def test_a_long_facet_shows_the_eight_most_frequent_and_says_how_many_there_are(
    browser: Browser, large: Served
) -> None:
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        page.goto(f"{large.address}quotes/?status=disputed")
        group = page.get_by_role("group", name="Speaker")
        counts = group.locator(".bb-facet-count")
        expect(counts.locator("visible=true")).to_have_count(8)
        first = sorted(int(text) for text in counts.locator("visible=true").all_inner_texts())
        group.get_by_role("button", name=re.compile("Show all")).click()
        everyone = sorted(int(text) for text in counts.locator("visible=true").all_inner_texts())
        assert first == everyone[-8:]
        group.get_by_role("button", name="Show fewer").click()
        expect(group.get_by_role("button", name=f"Show all {len(everyone)}")).to_be_visible()


def test_the_means_to_narrow_are_not_printed(page: Page) -> None:
    page.emulate_media(media="print")
    expect(page.locator(".bb-facet").first).to_be_hidden()
    expect(page.locator(".bb-explorer .bb-list li").first).to_be_visible()

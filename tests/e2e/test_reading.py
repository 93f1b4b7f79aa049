"""What a reader does, in a browser, on a site that nginx serves below a sub-path."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.sites import SUB_PATH

pytestmark = pytest.mark.slow

PAGES = (
    "",
    "actors/",
    "actors/kim-jong-un/",
    "quotes/bamboo-diplomacy/",
    "events/",
    "sources/putin-north-korea-analysis/",
    "tags/",
    "years/2024/",
    "about/",
    "guide/records/",
    "nowhere/at/all/",
)


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        page.goto(address)
        yield page


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (320, "light")])
def test_every_kind_of_page_loads_whole_and_nothing_from_elsewhere(
    browser: Browser, address: str, width: int, scheme: str
) -> None:
    dark = scheme == "dark"
    with browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme="dark" if dark else "light"
    ) as context:
        page = context.new_page()
        foreign: list[str] = []
        failed: list[str] = []
        page.on("request", lambda request: foreign.append(request.url) if not request.url.startswith(address) else None)
        page.on("response", lambda response: failed.append(response.url) if response.status >= 400 else None)
        page.on("pageerror", lambda error: failed.append(str(error)))
        for name in PAGES:
            page.goto(address + name)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name
            assert page.evaluate("document.body.dataset.mdColorScheme") == ("slate" if dark else "default"), name
            expect(page.locator("h1").first).to_be_visible()
            expect(page.get_by_role("button", name="Search")).to_be_visible()
        assert foreign == []
        assert failed == [f"{address}nowhere/at/all/"]


def search(page: Page, words: str) -> None:
    page.keyboard.press("/")
    field = page.get_by_role("searchbox")
    expect(field).to_be_focused()
    field.fill(words)


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("김정은", "Kim Jong-un"),
        ("Владимир Путин", "Vladimir Putin"),
        ("习近平", "Xi Jinping"),
        ("painfully Seoul", "“painfully for Seoul”"),
        ("DPRK", "North Korea"),
        ("Gim Jeong Eun", "Kim Jong-un"),
        ("XiJinPing", "Xi Jinping"),
    ],
)
def test_search_finds_people_by_any_name_and_quotes_by_their_words(page: Page, words: str, title: str) -> None:
    search(page, words)
    expect(page.locator(".pf-result-link", has_text=title).first).to_be_visible()


def test_search_gives_the_actor_before_what_mentions_the_actor(page: Page) -> None:
    search(page, "putin")
    expect(page.locator(".pf-result-link").first).to_contain_text("Vladimir Putin Actor")


def test_search_gives_the_actor_first_when_events_have_the_name_in_their_titles(page: Page) -> None:
    search(page, "Kim Jong-un")
    expect(page.locator(".bb-result").first).to_contain_text("Actor")


def test_search_does_not_show_the_names_in_latin_letters_that_it_finds_by(page: Page) -> None:
    search(page, "XiJinPing")
    expect(page.locator(".bb-result").first).to_contain_text("Xi Jinping")
    expect(page.locator(".bb-result").first).not_to_contain_text("XiJinPing")


def test_search_is_narrowed_by_kind_and_says_what_each_result_is(page: Page) -> None:
    search(page, "Pyongyang")
    page.get_by_role("combobox", name="Kind").click()
    page.get_by_role("option", name="Event").click()
    kinds = page.locator(".bb-result-kind")
    expect(kinds.first).to_have_text("Event")
    page.wait_for_function(
        "new Set([...document.querySelectorAll('.bb-result-kind')].map(kind => kind.textContent)).size === 1"
    )


def test_search_loads_what_it_narrows_by_when_that_is_wanted(page: Page) -> None:
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url) if ".pf_filter" in request.url else None)
    search(page, "Pyongyang")
    expect(page.locator(".pf-result-link").first).to_be_visible()
    assert loaded == []
    page.get_by_role("combobox", name="Kind").click()
    expect(page.get_by_role("option", name="Event")).to_be_visible()
    assert loaded
    expect(page.get_by_role("searchbox")).to_have_value("Pyongyang")


def test_search_shows_more_as_the_reader_comes_to_the_end(page: Page) -> None:
    search(page, "the")
    expect(page.locator(".pf-summary")).to_have_text(re.compile(r"\d+ results"))
    count = int((page.locator(".pf-summary").text_content() or "").split()[0])
    assert count > 60
    results = page.locator("pagefind-results li")
    expect(page.locator(".pf-result-link").first).to_be_visible()
    shown = results.count()
    assert shown == 30
    while shown < count:
        page.locator(".bb-search-end").scroll_into_view_if_needed()
        page.wait_for_function("shown => document.querySelectorAll('pagefind-results li').length > shown", arg=shown)
        shown = results.count()
    assert shown == count
    addresses = page.locator(".pf-result-link").evaluate_all("links => links.map(link => link.href)")
    assert len({*addresses}) == len(addresses) > 30


def test_search_works_by_keyboard_alone_and_gives_the_focus_back(page: Page) -> None:
    page.keyboard.press("Control+k")
    field = page.get_by_role("searchbox")
    expect(field).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Search")).to_be_focused()
    search(page, "bamboo diplomacy")
    expect(page.locator(".pf-result-link").first).to_be_visible()
    page.wait_for_load_state("networkidle")  # Pagefind shows its results again when the filters have come
    page.get_by_role("searchbox").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".pf-result-link").first).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/bamboo-diplomacy/")


def test_slash_types_a_slash_while_somebody_types(page: Page) -> None:
    search(page, "a")
    page.keyboard.type("/b")
    assert page.get_by_role("searchbox").input_value() == "a/b"


def test_pages_load_no_search_until_it_is_opened(browser: Browser, address: str) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        loaded: list[str] = []
        page.on("request", lambda request: loaded.append(request.url))
        page.goto(f"{address}actors/kim-jong-un/", wait_until="networkidle")
        assert not [url for url in loaded if "/pagefind/" in url]
        page.get_by_role("button", name="Search").click()
        expect(page.get_by_role("searchbox")).to_be_focused()
        assert [url for url in loaded if "/pagefind/" in url]


def test_a_reader_follows_a_judgement_to_the_source(page: Page) -> None:
    judgement = page.locator(".bb-judgement").first
    judgement.locator("summary").click()
    judgement.locator("li a", has_text="Vladimir Putin visits Pyongyang").first.click()
    expect(page.locator("h1")).to_contain_text("Vladimir Putin visits Pyongyang")
    page.locator("#parts-of-this + .bb-list a, #quotes-said-there + .bb-list a").first.click()
    page.locator("h2#sources ~ ul a").first.click()
    expect(page.locator("h1")).to_contain_text("Vladimir Putin Seeks Allies")
    page.locator("#rests-on-this-source + .bb-list a").first.click()
    expect(page.locator(".bb-kind")).to_be_visible()


def test_the_corrected_date_stands_beside_what_the_source_says(page: Page, address: str) -> None:
    page.goto(f"{address}events/putin-visit-hanoi-2024/")
    box = page.locator(".bb-asreported")
    expect(box).to_contain_text("May 20, 2024")
    expect(box).to_contain_text("20 June 2024")


def test_the_missing_page_is_styled_and_leads_home_below_a_sub_path(page: Page, address: str) -> None:
    page.goto(f"{address}nowhere/at/all/")
    expect(page.locator("h1")).to_have_text("Page not found")
    assert page.evaluate("getComputedStyle(document.querySelector('.md-header')).position") in ("sticky", "fixed")
    link = page.get_by_role("link", name="Go to the first page")
    assert str(link.evaluate("link => link.href")).endswith(SUB_PATH)


def test_without_scripts_all_text_and_links_are_there(browser: Browser, address: str) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{address}actors/kim-jong-un/")
        expect(page.locator("h1")).to_contain_text("Kim Jong-un")
        expect(page.locator(".bb-search-button")).to_be_hidden()
        page.get_by_role("link", name="North Korea").first.click()
        expect(page.locator("h1")).to_contain_text("North Korea")

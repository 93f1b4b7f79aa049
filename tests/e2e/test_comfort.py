"""What makes reading easier, as a person meets it: cards, copying, printing, and the threads from home to the source."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Served
from tests.sites import SUB_PATH

pytestmark = pytest.mark.slow


@pytest.fixture
def page(browser: Browser, first: Served) -> Iterator[Page]:
    with browser.new_context(
        viewport={"width": 1280, "height": 900}, permissions=["clipboard-read", "clipboard-write"]
    ) as context:
        page = context.new_page()
        page.goto(f"{first.address}actors/kim-jong-un/")
        yield page


def test_a_card_opens_on_hover_and_stays_while_the_pointer_is_on_it(page: Page) -> None:
    page.locator(".bb-list a", has_text="systematic").first.hover()
    card = page.get_by_role("tooltip")
    expect(card).to_contain_text("We greatly appreciate your systematic and unwavering support")
    expect(card).to_contain_text("Vladimir Putin, President, Russia, 19 June 2024")
    card.hover()
    expect(card).to_be_visible()
    box = card.bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 1280
    page.mouse.move(5, 5)
    expect(card).to_be_hidden()


def test_a_card_lies_beside_all_lines_of_its_link(page: Page) -> None:
    link = page.locator(".bb-list a", has_text="systematic").first
    link.evaluate("(link) => (link.closest('li').style.width = '9rem')")
    for block in ("start", "end"):  # with room below, and above alone
        link.evaluate("(link, block) => link.scrollIntoView({ block })", block)
        link.hover(position={"x": 5, "y": 5})
        card = page.get_by_role("tooltip")
        expect(card).to_be_visible()
        of_card, of_link = card.bounding_box(), link.bounding_box()
        assert of_card
        assert of_link
        assert of_link["height"] > 60
        assert of_card["y"] >= of_link["y"] + of_link["height"] or of_card["y"] + of_card["height"] <= of_link["y"]
        page.keyboard.press("Escape")
        page.mouse.move(5, 5)


def test_a_card_opens_on_focus_and_escape_dismisses_it(page: Page) -> None:
    page.locator(".bb-page a", has_text="Vladimir Putin").first.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    card = page.get_by_role("tooltip")
    expect(card).to_contain_text("President of Russia")
    link = page.locator(":focus")
    expect(link).to_have_attribute("aria-describedby", "bb-card")
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    expect(link).to_be_focused()
    expect(link).not_to_have_attribute("aria-describedby", "bb-card")


def test_a_card_of_a_source_says_when_it_is_of_and_its_title_once(page: Page, first: Served) -> None:
    page.goto(f"{first.address}quotes/putin-unwavering-support/")
    page.locator("#sources + ul a").first.hover()
    card = page.get_by_role("tooltip")
    expect(card.locator("p").nth(2)).to_have_text("about June 2024")
    assert card.inner_text().count("Seeks Allies in North Korea") == 1


def test_a_page_that_cannot_be_read_has_no_card(page: Page) -> None:
    page.route("**/actors/vladimir-putin/", lambda route: route.abort())
    with page.expect_event("requestfailed"):
        page.locator(".bb-page a", has_text="Vladimir Putin").first.hover()
    expect(page.get_by_role("tooltip")).to_be_hidden()
    page.locator(".bb-page a", has_text="Russia").first.hover()
    expect(page.get_by_role("tooltip")).to_contain_text("Russia")


def test_a_touch_opens_the_page_and_no_card(browser: Browser, first: Served) -> None:
    with browser.new_context(viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True) as context:
        page = context.new_page()
        page.goto(f"{first.address}actors/kim-jong-un/")
        page.evaluate(
            "() => { window.seen = 0; new MutationObserver(() => { window.seen += !document.getElementById('bb-card').hidden })"
            ".observe(document.getElementById('bb-card'), { attributes: true }); "
            "document.querySelector('.bb-page').addEventListener('click', (event) => event.preventDefault()) }"
        )
        with page.expect_event("console"):
            page.locator(".bb-page a", has_text="Vladimir Putin").first.tap()
            page.evaluate("setTimeout(() => console.log('later'), 600)")  # longer than a card takes
        assert page.evaluate("window.seen") == 0


def test_a_quote_is_copied_with_its_citation(page: Page, first: Served) -> None:
    page.goto(f"{first.address}quotes/putin-unwavering-support/")
    page.get_by_role("button", name="Copy with its citation").click()
    expect(page.get_by_role("status")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()").split("\n") == [
        "“We greatly appreciate your systematic and unwavering support of Russian policy, including on the Ukrainian matter.”",
        "— Vladimir Putin, President, Russia, 19 June 2024, Pyongyang",
        "Vladimir Putin Seeks Allies in North Korea to Distance from China, paragraph 6: “He told Kim Jong-un,”",
        f"https://example.org{SUB_PATH}quotes/putin-unwavering-support/",
    ]


def test_a_quote_is_copied_where_there_is_no_clipboard_and_the_focus_stays(page: Page, first: Served) -> None:
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")  # as over http
    page.goto(f"{first.address}quotes/putin-unwavering-support/")
    button = page.get_by_role("button", name="Copy with its citation")
    button.click()
    expect(page.get_by_role("status")).to_have_text("Copied.")
    expect(button).to_be_focused()


def test_print_ends_with_title_edition_and_address_and_no_empty_page(page: Page) -> None:
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(page.locator(".bb-footnotes > p")).to_have_text(
        f"Russia, North Korea and China in June 2024 · First edition · https://example.org{SUB_PATH}actors/kim-jong-un/"
    )
    ends = page.evaluate(
        "['main', '.bb-footnotes'].map(name => Math.round(document.querySelector(name).getBoundingClientRect().bottom))"
    )
    assert ends[0] == ends[1]


def test_print_has_the_addresses_as_footnotes_and_takes_them_away_again(page: Page) -> None:
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    notes = page.locator(".bb-footnotes li").all_inner_texts()
    assert f"https://example.org{SUB_PATH}actors/vladimir-putin/" in notes
    assert "https://www.wikidata.org/wiki/Q56226" in notes
    assert len(notes) == len(set(notes))
    first_link = page.locator(".bb-page a", has_text="Vladimir Putin").first
    number = first_link.evaluate("link => link.nextElementSibling.textContent")
    assert notes[int(number) - 1].endswith("actors/vladimir-putin/")
    assert page.locator("details:not([open])").count() == 0
    page.emulate_media(media="print")
    for hidden in (".md-header", ".md-sidebar--secondary", ".md-footer", ".bb-search-button", ".headerlink >> nth=0"):
        expect(page.locator(hidden)).to_be_hidden()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator(".bb-footmark, .bb-footnotes, details[open]").count() == 0


def test_print_is_black_on_white_from_dark_pages_too(browser: Browser, first: Served) -> None:
    with browser.new_context(color_scheme="dark") as context:
        page = context.new_page()
        page.goto(f"{first.address}actors/kim-jong-un/")
        assert page.evaluate("document.body.dataset.mdColorScheme") == "slate"
        page.emulate_media(media="print")
        colours = page.evaluate(
            "['h1', '.bb-page p a', '.bb-lead'].map(name => getComputedStyle(document.querySelector(name)).color)"
        )
        assert set(colours) == {"rgb(0, 0, 0)"}


def test_a_reader_goes_from_home_to_a_judgement_an_event_a_quote_and_its_source(page: Page, first: Served) -> None:
    page.goto(first.address)
    judgement = page.locator(".bb-judgement").first
    judgement.get_by_text("Rests on 5 records").click()
    judgement.get_by_role("link", name="Vladimir Putin visits Pyongyang").click()
    expect(page.locator("h1")).to_contain_text("Vladimir Putin visits Pyongyang")
    page.locator("#quotes-said-there ~ .bb-list").first.get_by_role("link", name="best friend").click()
    expect(page.locator("blockquote.bb-quote")).to_have_text("best friend")
    expect(page.locator(".bb-status")).to_contain_text("A source gives the words")
    expect(page.locator("#at-the-same-event + .bb-list li")).not_to_have_count(0)
    page.locator("#sources + ul a").first.click()
    expect(page.locator("h1")).to_contain_text("Vladimir Putin Seeks Allies")
    expect(page.locator("#rests-on-this-source ~ .bb-list .bb-context").first).to_be_visible()


def test_from_an_actor_to_those_it_appears_with_and_what_they_share(page: Page) -> None:
    row = page.get_by_role("row", name="Vladimir Putin")
    expect(row).to_contain_text("8 records")
    row.locator("summary").click()
    row.get_by_role("link", name="Kim Jong-un visits Russia's Far East again").click()
    expect(page.locator("h1")).to_contain_text("Far East again")
    page.get_by_role("link", name="Russia's Far East").first.click()
    expect(page.locator(".bb-kind")).to_have_text(re.compile("place", re.IGNORECASE))


NOTE_SHIFTS = """window.shifts = 0;
new PerformanceObserver((list) => list.getEntries().forEach((shift) => (window.shifts += shift.value)))
  .observe({ type: "layout-shift", buffered: true })"""


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_jumps_while_a_page_gets_ready(browser: Browser, first: Served, width: int) -> None:
    with browser.new_context(viewport={"width": width, "height": 800}) as context:
        context.add_init_script(NOTE_SHIFTS)
        page = context.new_page()
        for name in ("", "actors/kim-jong-un/", "quotes/", "timeline/", "network/", "map/"):
            page.goto(f"{first.address}{name}", wait_until="networkidle")
            assert page.evaluate("window.shifts") < 0.02, name  # 0.1 is what browsers' makers call good


def test_a_picture_that_no_script_takes_over_is_shown_as_it_is(browser: Browser, first: Served) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.route("**/briefbook-pictures.js", lambda route: route.abort())
        page.goto(f"{first.address}timeline/")
        expect(page.locator(".bb-view img")).to_be_visible()

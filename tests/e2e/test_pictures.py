"""The timeline, the network and the map, as a person uses them: by mouse, by keyboard, by touch, and without scripts."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.conftest import Served

pytestmark = pytest.mark.slow

NAMES = ("timeline", "network", "map")


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page whose reader wants no motion, and on which no script may fail."""
    with browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce") as context:
        page = context.new_page()
        failed: list[str] = []
        page.on("pageerror", lambda error: failed.append(str(error)))
        page.on("console", lambda told: failed.append(told.text) if told.type == "error" else None)
        yield page
        assert failed == []


def opened(page: Page, address: str) -> Locator:
    page.goto(address)
    expect(page.locator(".bb-view.is-live")).to_be_visible()
    return page.get_by_role("status")


def ticks(page: Page) -> list[str]:
    return page.locator(".bb-stage text.p-small:not(:empty)").all_text_contents()


def test_the_keyboard_zooms_and_moves_the_timeline(page: Page, first: Served) -> None:
    status = opened(page, f"{first.address}timeline/")
    expect(status).to_contain_text("33 in view")
    before = ticks(page)
    assert "2020" in before
    page.locator(".bb-stage").focus()
    page.keyboard.press("+")
    page.keyboard.press("+")
    expect(page.locator(".bb-stage")).to_contain_text("2021")
    closer = ticks(page)
    assert closer != before
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert ticks(page) != closer
    page.keyboard.press("0")
    assert ticks(page) == before
    page.get_by_role("button", name="Zoom in").click()
    assert ticks(page) != before
    page.get_by_role("button", name="Back to the start").click()
    assert ticks(page) == before


def test_the_timeline_is_narrowed_and_the_choice_is_in_the_address(page: Page, first: Served) -> None:
    status = opened(page, f"{first.address}timeline/")
    page.get_by_label("Actor").select_option("kim-jong-un")
    expect(status).to_contain_text("10 of 10 in view")
    page.get_by_label("Topic").select_option("diplomacy")
    page.reload()
    expect(page.get_by_label("Actor")).to_have_value("kim-jong-un")
    expect(page.get_by_label("Topic")).to_have_value("diplomacy")
    count = page.get_by_label("Topic").locator("option:checked").text_content() or ""
    shown = page.locator(".bb-stage g:not(.is-out) > a.p-item")
    expect(shown).to_have_count(int(re.findall(r"\((\d+)\)", count)[0]))
    page.get_by_label("Topic").select_option("")
    assert page.url == f"{first.address}timeline/?actor=kim-jong-un"


def test_items_and_quotes_of_the_timeline_lead_to_their_pages(page: Page, first: Served) -> None:
    opened(page, f"{first.address}timeline/")
    quotes = page.get_by_role("link", name="5 quotes: Vladimir Putin visits Pyongyang")
    expect(quotes).to_have_attribute("href", f"{first.address}events/putin-visit-pyongyang-2024/#quotes-said-there")
    page.get_by_role("link", name="Trump and Kim meet in Singapore, 12 June 2018").click()
    expect(page.locator("h1")).to_contain_text("Trump and Kim meet in Singapore")


def test_doubt_is_drawn(page: Page, first: Served) -> None:
    opened(page, f"{first.address}timeline/")
    about = page.get_by_role("link", name="Xinhua reports the agreement from Moscow")
    expect(about.locator(".p-about")).to_have_count(1)
    assert about.locator(".p-about").evaluate("mark => getComputedStyle(mark).strokeDasharray") != "none"
    war = page.get_by_role("link", name="Russia's war in Ukraine")
    expect(war.locator("rect:not(.p-hit)").first).to_have_attribute("fill", "url(#bb-fade-end)")
    month = page.get_by_role("link", name="Kim Jong-un visits Russia's Far East again")
    expect(month.locator(".p-vague")).to_have_count(1)


def test_the_sliders_and_kinds_of_the_network_hide_ties(page: Page, first: Served) -> None:
    status = opened(page, f"{first.address}network/")
    lines = page.locator(".bb-stage .p-edge:not(.is-out)")
    every = lines.count()
    expect(status).to_contain_text(f"{every} lines, 1975 to 2024")
    page.get_by_role("slider", name="From").fill("2024")
    expect(status).to_contain_text("2024 to 2024")
    late = lines.count()
    assert 0 < late < every
    undated = page.locator(".bb-stage .p-edge--part:not(.is-out)[data-years*=':1']").count()
    assert undated > 0
    page.get_by_role("checkbox", name="in quotes").uncheck()
    assert lines.count() < late
    page.reload()
    expect(page.get_by_role("checkbox", name="in quotes")).not_to_be_checked()
    expect(page.get_by_role("slider", name="From")).to_have_value("2024")


def test_an_actor_of_the_network_is_highlighted_from_the_address_and_on_focus(page: Page, first: Served) -> None:
    opened(page, f"{first.address}network/?focus=xinhua")
    lit = page.locator(".bb-stage .p-item.is-lit")
    expect(lit).to_have_count(5)
    page.locator(".bb-stage").get_by_role("link", name=re.compile("^UN Security Council")).focus()
    expect(lit).to_have_count(3)
    page.get_by_label("Highlight").focus()
    expect(lit).to_have_count(5)
    page.locator(".bb-stage").get_by_role("link", name=re.compile("^Xi Jinping")).press("Enter")
    expect(page.locator("h1")).to_contain_text("Xi Jinping")


def test_a_pin_of_the_map_leads_to_the_place(page: Page, first: Served) -> None:
    status = opened(page, f"{first.address}map/")
    expect(status).to_contain_text("4 of 4 places in view")
    pyongyang = page.get_by_role("link", name="Pyongyang: 4 events")
    near = pyongyang.bounding_box()
    page.locator(".bb-stage").focus()
    for _ in range(4):
        page.keyboard.press("+")
    assert pyongyang.bounding_box() != near
    expect(status).not_to_contain_text("4 of 4")
    pyongyang.focus()  # what has the focus is brought into view
    expect(pyongyang).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Pyongyang")


def test_the_wheel_scrolls_the_page_and_zooms_with_control(page: Page, first: Served) -> None:
    opened(page, f"{first.address}timeline/")
    before = ticks(page)
    page.locator(".bb-stage").hover()
    page.mouse.wheel(0, 300)
    page.wait_for_function("scrollY > 0")
    assert ticks(page) == before
    page.keyboard.down("Control")
    page.mouse.wheel(0, -600)
    page.keyboard.up("Control")
    page.wait_for_function(
        "old => [...document.querySelectorAll('.bb-stage text.p-small')].map(e => e.textContent).join() !== old",
        arg=",".join(before),
    )


@pytest.mark.parametrize(("across", "down"), [(0, -200), (120, 0)])
def test_a_finger_moves_the_page_upright_and_the_picture_sideways(
    browser: Browser, first: Served, across: int, down: int
) -> None:
    with browser.new_context(viewport={"width": 360, "height": 640}, has_touch=True, is_mobile=True) as context:
        page = context.new_page()
        opened(page, f"{first.address}timeline/")
        page.locator(".bb-stage").scroll_into_view_if_needed()
        page.wait_for_timeout(200)
        line = page.locator(".bb-stage .p-grid").first
        before, scrolled = line.get_attribute("d"), page.evaluate("scrollY")
        drag(page, across, down)
        page.wait_for_timeout(300)
        assert (page.evaluate("scrollY") != scrolled) == bool(down)
        assert (line.get_attribute("d") != before) == bool(across)


def drag(page: Page, across: int, down: int) -> None:
    """Draw one finger over the middle of the picture."""
    box = page.locator(".bb-stage").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, min(box["y"] + box["height"] / 2, 500)
    session = page.context.new_cdp_session(page)
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 11):
        point = {"x": x + across * step / 10, "y": y + down * step / 10}
        session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


@pytest.mark.parametrize("name", NAMES)
def test_without_scripts_the_picture_and_its_twin_are_there(browser: Browser, first: Served, name: str) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{first.address}{name}/")
        image = page.locator(".bb-view img")
        expect(image).to_be_visible()
        assert image.evaluate("image => image.naturalWidth") == 1000
        expect(page.locator(".bb-twin table a").first).to_be_visible()
        expect(page.locator("figcaption")).to_contain_text("The same in words stands below the picture.")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_nothing_scrolls_sideways(browser: Browser, first: Served, name: str, scheme: str) -> None:
    dark = scheme == "dark"
    with browser.new_context(
        viewport={"width": 320, "height": 640}, color_scheme="dark" if dark else "light"
    ) as context:
        page = context.new_page()
        opened(page, f"{first.address}{name}/")
        assert page.evaluate("document.documentElement.scrollWidth") == 320
        ground = page.locator(".bb-stage > svg").evaluate("svg => getComputedStyle(svg).getPropertyValue('--p-ground')")
        assert ground.strip() == ("#1e2129" if dark else "#fff")


def test_pages_without_a_picture_load_nothing_for_it(browser: Browser, first: Served) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        loaded: list[str] = []
        page.on("request", lambda request: loaded.append(request.url))
        for name in ("", "actors/kim-jong-un/", "events/", "places/pyongyang/"):
            page.goto(f"{first.address}{name}", wait_until="networkidle")
        assert not [url for url in loaded if "d3" in url or "briefbook-pictures" in url or "pictures.css" in url]
        page.goto(f"{first.address}map/", wait_until="networkidle")
        assert [url for url in loaded if url.endswith("d3-briefbook.min.js")]


def test_a_large_briefing_says_what_is_not_shown(page: Page, large: Served) -> None:
    status = opened(page, f"{large.address}timeline/")
    expect(status).to_contain_text(re.compile(r"\d+ find no room at this scale"))
    expect(page.locator("figcaption")).to_contain_text(re.compile(r"The timeline has the 300 of \d+"))
    opened(page, f"{large.address}network/")
    expect(page.locator("figcaption")).to_contain_text("80 of 400 actors are drawn")
    expect(page.locator("figcaption")).to_contain_text("the 240 strongest are drawn")

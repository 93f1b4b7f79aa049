"""The preview in a browser: it follows edits, and says in the page what is wrong."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.sites import free_port, start_briefing
from tests.test_preview import serving

pytestmark = pytest.mark.slow

HAS_CAUGHT_UP = """async (words) => {
  for (let turn = 0; turn < 200; turn++) {
    const entry = await fetch("/pagefind/pagefind-entry.json");
    if (entry.ok) {
      const pagefind = await import(`/pagefind/pagefind.js?${turn}`);
      if ((await pagefind.search(words)).results.length) return true;
    }
    await new Promise((go) => setTimeout(go, 200));
  }
  return false;
}"""
RECORD = "docs/sources/council-minutes.yml"


@pytest.fixture(scope="module")
def preview(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    folder = start_briefing(tmp_path_factory.mktemp("preview") / "b")
    with serving(folder, free_port()) as (_, port, _):
        yield folder, f"http://127.0.0.1:{port}"


@pytest.fixture
def record(preview: tuple[Path, str]) -> Iterator[Path]:
    file = preview[0] / RECORD
    before = file.read_text()
    yield file
    file.write_text(before)


def marked(page: Page) -> Page:
    """Mark a page, so that it can be told whether it was loaded again."""
    page.evaluate("window.isMarked = true")
    return page


def test_edit_is_there_and_other_pages_stay_as_they_are(
    browser: Browser, preview: tuple[Path, str], record: Path
) -> None:
    _, address = preview
    with browser.new_context() as context:
        shown, other = context.new_page(), context.new_page()
        shown.goto(f"{address}/sources/council-minutes/")
        other.goto(f"{address}/map/")
        marked(shown), marked(other)
        record.write_text(record.read_text() + "note: A note that was not there.\n")
        expect(shown.get_by_text("A note that was not there.")).to_be_visible()
        assert shown.evaluate("window.isMarked") is None
        record.write_text(record.read_text().replace("title: ", "title: New "))
        expect(shown.get_by_role("heading", name=re.compile("^New "))).to_be_visible()
        assert other.evaluate("window.isMarked") is True


TABS = 12  # twice as many as a browser allows connections to one host


def test_any_number_of_pages_may_be_open(browser: Browser, preview: tuple[Path, str], record: Path) -> None:
    _, address = preview
    good = record.read_text()
    with browser.new_context() as context:
        pages = [context.new_page() for _ in range(TABS)]
        for page in pages:
            page.goto(f"{address}/sources/council-minutes/")
        others = [context.new_page(), context.new_page()]
        for other, path in zip(others, ("map", "no/such/page"), strict=True):
            other.goto(f"{address}/{path}/")
            marked(other)
        record.write_text(f"{good}note: For all who look.\n")
        for page in pages:
            expect(page.get_by_text("For all who look.")).to_be_visible()
        record.write_text("title: [\n")
        for page in (*pages, *others):
            expect(page.get_by_role("alert")).to_contain_text("council-minutes.yml")
        for page in pages[1:]:
            page.close()
        record.write_text(f"{good}note: For those who stayed.\n")
        expect(pages[0].get_by_text("For those who stayed.")).to_be_visible()
        for other in others:
            expect(other.get_by_role("alert")).to_have_count(0)
            assert other.evaluate("window.isMarked") is True


def test_browser_without_shared_workers_follows_as_well(
    browser: Browser, preview: tuple[Path, str], record: Path
) -> None:
    _, address = preview
    with browser.new_context() as context:
        page = context.new_page()
        page.add_init_script("delete window.SharedWorker")
        page.goto(f"{address}/sources/council-minutes/")
        record.write_text(f"{record.read_text()}note: Heard alone.\n")
        expect(page.get_by_text("Heard alone.")).to_be_visible()


def test_page_that_nobody_sees_catches_up_when_it_is_shown(
    browser: Browser, preview: tuple[Path, str], record: Path
) -> None:
    _, address = preview
    with browser.new_context() as context:
        page, seen = context.new_page(), context.new_page()
        page.add_init_script("Object.defineProperty(document, 'hidden', { get: () => !window.isShown })")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{address}/sources/council-minutes/")
        seen.goto(f"{address}/sources/council-minutes/")
        record.write_text(f"{record.read_text()}note: Written behind its back.\n")
        expect(seen.get_by_text("Written behind its back.")).to_be_visible()
        assert [url for url in asked if "digest" in url] == []
        page.evaluate("window.isShown = true; document.dispatchEvent(new Event('visibilitychange'))")
        expect(page.get_by_text("Written behind its back.")).to_be_visible()


def test_pages_find_the_preview_again_when_it_was_started_anew(browser: Browser, tmp_path: Path) -> None:
    folder, port = start_briefing(tmp_path / "b"), free_port()
    with browser.new_context() as context:
        page = context.new_page()
        with serving(folder, port):
            page.goto(f"http://127.0.0.1:{port}/sources/council-minutes/")
        (folder / RECORD).write_text("title: Edited meanwhile\n")
        with serving(folder, port) as (_, found, _):
            assert found == port
            expect(page.get_by_role("heading", level=1)).to_contain_text("Edited meanwhile", timeout=15_000)


def test_problem_lies_over_the_last_good_version_until_it_is_mended(
    browser: Browser, preview: tuple[Path, str], record: Path
) -> None:
    _, address = preview
    good = record.read_text()
    with browser.new_context(viewport={"width": 390, "height": 800}, color_scheme="dark") as context:
        page = context.new_page()
        page.goto(f"{address}/sources/council-minutes/")
        title = page.get_by_role("heading", level=1).inner_text()
        record.write_text(good + "summary: <img src=x onerror=alert(1)> [[nobody]]\n")
        alert = page.get_by_role("alert")
        expect(alert).to_contain_text("no record has the id 'nobody'")
        expect(alert).to_contain_text(re.compile(r"docs/sources/council-minutes\.yml:\d+:\d+"))
        expect(alert.locator("pre")).to_contain_text("summary: <img src=x onerror=alert(1)> [[nobody]]")
        assert alert.locator("img").count() == 0
        assert page.get_by_role("heading", level=1).inner_text() == title
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        record.write_text(good)
        expect(alert).to_have_count(0)


def test_briefing_that_cannot_be_read_shows_why_from_the_start(browser: Browser, tmp_path: Path) -> None:
    folder = start_briefing(tmp_path / "b")
    record = folder / RECORD
    good = record.read_text()
    record.write_text("title: [\n")
    with serving(folder, free_port()) as (_, port, _), browser.new_context() as context:
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{port}/")
        expect(page.get_by_role("alert")).to_contain_text("docs/sources/council-minutes.yml")
        record.write_text(good)
        expect(page.get_by_role("heading", level=1).first).to_be_visible()


def test_draft_is_shown_as_one(browser: Browser, preview: tuple[Path, str]) -> None:
    folder, address = preview
    (folder / "docs/sources/a-draft.yml").write_text("title: Not yet\ndraft: true\n")
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{address}/sources/")
        page.get_by_role("link", name="Not yet").first.click()
        expect(page.get_by_text("Draft", exact=False).first).to_be_visible()


def test_search_finds_what_was_just_written(browser: Browser, preview: tuple[Path, str], record: Path) -> None:
    _, address = preview
    record.write_text(record.read_text() + "summary: Written on wallpaper.\n")
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{address}/")
        assert page.evaluate(HAS_CAUGHT_UP, "wallpaper")
        page.reload()
        page.locator("[data-bb-search]:visible").first.click()
        page.get_by_role("searchbox").fill("wallpaper")
        expect(page.locator(".pf-result-link").first).to_be_visible()

"""What holds for every kind of page: no barriers, no breach of the policy, nothing from elsewhere, and not heavy."""

import gzip
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect

from tests.e2e.conftest import Served
from tests.sites import SUB_PATH

pytestmark = pytest.mark.slow

MISSING = "nowhere/at/all/"  # shows 404.html
MODES = {"light": (1280, "light"), "dark": (1280, "dark"), "narrow": (320, "light")}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
TELL_BREACHES = """document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`breach of ${event.effectiveDirective}: ${event.blockedURI} ${event.sample}`))"""

# What shows where the keyboard is: a difference between the same element with the focus and without it. The switch for
# dark colours is a radio button without size: its label shows it.
SEE_STOP = """() => {
  const stop = document.activeElement;
  if (!stop || stop === document.body) return null;
  const near = [stop, stop.nextElementSibling, stop.parentElement].filter(Boolean);
  const look = () => near.map((element) => {
    const style = getComputedStyle(element);
    return [style.outlineStyle === "none" ? "" : style.outline, style.boxShadow, style.backgroundColor].join();
  }).join();
  const shown = stop.getClientRects()[0]?.width ? stop : stop.nextElementSibling;
  const { left, top, right, bottom } = shown.getClientRects()[0] ?? new DOMRect();
  const [x, y] = [(Math.max(left, 0) + Math.min(right, innerWidth)) / 2, (Math.max(top, 0) + Math.min(bottom, innerHeight)) / 2];
  const hit = document.elementFromPoint(x, y);
  const isSeen = hit && (shown.contains(hit) || getComputedStyle(shown).pointerEvents === "none");
  const focused = look();
  stop.blur();
  const faults = look() === focused ? ["no mark"] : [];
  stop.focus({ preventScroll: true });
  if (!isSeen) faults.push(`hidden by ${hit?.outerHTML.slice(0, 60) ?? "the edge"}`);
  return { name: stop.outerHTML.replace(/\\s+/g, " ").slice(0, 120), faults };
}"""


def pages_of_each_kind(site: Path) -> dict[str, str]:
    """Return of each kind of page the longest one, and the one for what is missing.

    Shape: {kind and folder: address below the site}. The kind is in the head of each page's own Markdown, so new kinds
    of pages come in by themselves.
    """
    longest: dict[str, tuple[int, str]] = {}
    for markdown in sorted(site.rglob("*.md")):
        name = markdown.relative_to(site).with_suffix("").as_posix()
        address = re.sub(r"(^|/)index$", r"\1", name)
        address += "" if address == "" or address.endswith("/") else "/"
        kind = re.search(r'^kind: "?([^"\n]+)', markdown.read_text("utf-8"), re.MULTILINE)
        key = f"{kind[1] if kind else 'Page'} in {name.partition('/')[0]}"
        size = (site / address / "index.html").stat().st_size
        longest[key] = max(longest.get(key, (0, "")), (size, address))
    return {**{key: address for key, (_, address) in longest.items()}, "missing": MISSING}


@dataclass
class Visit:
    """A browser's page, and what went wrong on it."""

    page: Page
    served: Served
    faults: list[str] = field(default_factory=list)

    def go(self, address: str) -> None:
        self.page.goto(self.served.address + address)

    def note_console(self, message: ConsoleMessage) -> None:
        is_the_missing_page = message.location.get("url", "").endswith(MISSING)
        if message.type == "error" and not is_the_missing_page:
            self.faults.append(f"{self.page.url}: {message.text}")

    def note_request(self, request: Request) -> None:
        if not request.url.startswith(self.served.address):
            self.faults.append(f"{self.page.url} asks for {request.url}")


@contextmanager
def visit(browser: Browser, served: Served, mode: str = "light") -> Iterator[Visit]:
    width, scheme = MODES[mode]
    dark = scheme == "dark"
    with browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme="dark" if dark else "light"
    ) as context:
        context.add_init_script(TELL_BREACHES)
        made = Visit(context.new_page(), served)
        made.page.on("console", made.note_console)
        made.page.on("request", made.note_request)
        made.page.on("pageerror", lambda error: made.faults.append(f"{made.page.url}: {error}"))
        yield made


def barriers(page: Page) -> list[str]:
    found = Axe().run(page, options={"runOnly": RULES, "resultTypes": ["violations"]}).response["violations"]
    return [f"{page.url}: {rule['id']}: {node['html'][:200]}" for rule in found for node in rule["nodes"]]


@pytest.fixture(params=["first", "large"])
def served(request: pytest.FixtureRequest) -> Served:
    made = request.getfixturevalue(request.param)
    assert isinstance(made, Served)
    return made


@pytest.mark.parametrize("mode", MODES)
def test_every_kind_of_page_is_without_barriers_and_keeps_to_the_policy(
    browser: Browser, served: Served, mode: str
) -> None:
    with visit(browser, served, mode) as visited:
        found = []
        for address in pages_of_each_kind(served.site).values():
            visited.go(address)
            assert visited.page.evaluate("document.documentElement.scrollWidth") <= MODES[mode][0], address
            found += barriers(visited.page)
        assert found == []
        assert visited.faults == []


@pytest.mark.parametrize("mode", MODES)
def test_the_search_is_without_barriers_and_keeps_to_the_policy(browser: Browser, first: Served, mode: str) -> None:
    with visit(browser, first, mode) as visited:
        visited.go("actors/kim-jong-un/")
        visited.page.keyboard.press("/")
        visited.page.get_by_role("searchbox").fill("Pyongyang")
        expect(visited.page.locator(".pf-result-link").first).to_be_visible()
        assert barriers(visited.page) == []
        visited.page.get_by_role("combobox", name="Kind").click()
        visited.page.get_by_role("option", name="Event").click()
        expect(visited.page.locator(".bb-result-kind").first).to_have_text("Event")
        assert visited.faults == []


@pytest.mark.parametrize("mode", MODES)
def test_every_stop_of_the_keyboard_is_marked_and_the_first_skips_to_the_text(
    browser: Browser, first: Served, mode: str
) -> None:
    with visit(browser, first, mode) as visited:
        faults = []
        for address in pages_of_each_kind(first.site).values():
            visited.go(address)
            visited.page.keyboard.press("Tab")
            assert "md-skip" in visited.page.evaluate("document.activeElement.className"), address
            count = 0
            while (stop := visited.page.evaluate(SEE_STOP)) and count < 400:
                faults += [f"{address}: {stop['name']}: {fault}" for fault in stop["faults"]]
                visited.page.keyboard.press("Tab")
                count += 1
            print(address, count)
        assert "\n".join(faults) == ""

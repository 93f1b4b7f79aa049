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

pytestmark = pytest.mark.slow

MISSING = "nowhere/at/all/"  # shows 404.html
RECORDS = ("Actor ", "Quote ", "Event ", "Source ")
MODES = {"light": (1280, "light"), "dark": (1280, "dark"), "narrow": (320, "light")}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
TELL_BREACHES = """document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`breach of ${event.effectiveDirective}: ${event.blockedURI} ${event.sample}`))"""

# What shows where the keyboard is: a difference between the same element with the focus and without it. The switch for
# dark colours is a radio button without size: its label shows it.
SEE_STOP = """async () => {
  const stop = document.activeElement;
  if (!stop || stop === document.body) return null;
  const near = [stop, stop.nextElementSibling, stop.parentElement].filter(Boolean);
  const look = () => near.map((element) => {
    const style = getComputedStyle(element);
    return [style.outlineStyle === "none" ? "" : style.outline, style.boxShadow, style.backgroundColor].join();
  }).join();
  const shown = stop.getClientRects()[0]?.width ? stop : stop.nextElementSibling;
  if (!shown) return { name: stop.outerHTML, faults: [] };  // it went after it was reached: the button that leads up
  const hitOf = () => {
    const { left, top, right, bottom } = shown.getClientRects()[0] ?? new DOMRect();
    const [x, y] = [(Math.max(left, 0) + Math.min(right, innerWidth)) / 2, (Math.max(top, 0) + Math.min(bottom, innerHeight)) / 2];
    return document.elementFromPoint(x, y);
  };
  // A busy browser may not have scrolled to it yet.
  for (let frames = 0; frames < 30 && !hitOf(); frames += 1) await new Promise(requestAnimationFrame);
  const hit = hitOf();
  const isSeen = hit && (shown.contains(hit) || getComputedStyle(shown).pointerEvents === "none");
  const focused = look();
  stop.blur();
  const faults = look() === focused ? ["no mark"] : [];
  stop.focus({ preventScroll: true });
  if (!isSeen) faults.push(`hidden by ${hit?.outerHTML.slice(0, 60) ?? "the edge"}`);
  const isOut = ({ left, right }) => right - left <= innerWidth && (left < 0 || right > innerWidth);
  if (!shown.closest("svg") && [...shown.getClientRects()].some(isOut)) faults.push("cut off at a side");
  return { name: stop.outerHTML.replace(/\\s+/g, " ").slice(0, 120), faults };
}"""

# Moves a wide table until the first letters of a link are out of view; gives a point on the rest of its first line.
CUT_OFF = """(link) => {
  link.closest(".md-typeset__scrollwrap").scrollLeft += link.getClientRects()[0].left + 20;
  const { right, top, bottom } = link.getClientRects()[0];
  return [right / 2, (top + bottom) / 2];
}"""


def pages_by_kind(site: Path) -> dict[str, list[str]]:
    """Group all pages of a site by kind.

    Shape: {kind and folder: addresses below the site, shortest page first}. The kind is in the head of each page's own
    Markdown, so new kinds of pages come in by themselves.
    """
    groups: dict[str, list[tuple[int, str]]] = {}
    for markdown in site.rglob("*.md"):
        name = markdown.relative_to(site).with_suffix("").as_posix()
        address = re.sub(r"(^|/)index$", r"\1", name)
        address += "" if address == "" or address.endswith("/") else "/"
        kind = re.search(r'^kind: "?([^"\n]+)', markdown.read_text("utf-8"), re.MULTILINE)
        key = f"{kind[1] if kind else 'Page'} in {name.partition('/')[0]}"
        groups.setdefault(key, []).append(((site / address / "index.html").stat().st_size, address))
    return {key: [address for _, address in sorted(pages)] for key, pages in sorted(groups.items())}


def examples(site: Path) -> list[str]:
    """Return the addresses of the pages that are looked at: of each kind the longest, and what is missing."""
    return [*(addresses[-1] for addresses in pages_by_kind(site).values()), MISSING]


@dataclass
class Visit:
    """A browser's page, and what went wrong on it: breaches of the policy, errors, requests to other hosts."""

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
        for address in examples(served.site):
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


@pytest.mark.parametrize("mode", ["dark", "narrow"])
def test_every_stop_of_the_keyboard_is_marked_and_the_first_is_the_skip_link(
    browser: Browser, first: Served, mode: str
) -> None:
    with visit(browser, first, mode) as visited:
        faults = []
        middling = [addresses[len(addresses) // 2] for addresses in pages_by_kind(first.site).values()]
        for address in [*middling, MISSING]:  # the longest have more stops, but no other kinds of them
            visited.go(address)
            visited.page.keyboard.press("Tab")
            assert "md-skip" in visited.page.evaluate("document.activeElement.className"), address
            while stop := visited.page.evaluate(SEE_STOP):
                faults += [f"{address}: {stop['name']}: {fault}" for fault in stop["faults"]]
                visited.page.keyboard.press("Tab")
        assert "\n".join(faults) == ""


def test_a_wide_table_stays_where_it_is_while_the_pointer_presses_a_link(browser: Browser, first: Served) -> None:
    with visit(browser, first, "narrow") as visited:
        visited.go("timeline/")
        page = visited.page
        link = page.locator("td a").first
        link.scroll_into_view_if_needed()
        x, y = link.evaluate(CUT_OFF)
        page.mouse.move(x, y)
        page.mouse.down()
        expect(link).to_be_focused()
        assert link.evaluate("(link) => link.getBoundingClientRect().left < 0")
        page.mouse.up()
        expect(page).to_have_url(re.compile("/events/"))


def test_the_skip_link_leads_to_the_text(browser: Browser, first: Served) -> None:
    with visit(browser, first) as visited:
        for address in examples(first.site):
            visited.go(address)
            for key in ("Tab", "Enter", "Tab"):
                visited.page.keyboard.press(key)
            assert visited.page.evaluate("document.activeElement.closest('.md-content') !== null"), address


def test_the_navigation_of_small_screens_opens_and_closes_by_keyboard(browser: Browser, first: Served) -> None:
    with visit(browser, first, "narrow") as visited:
        visited.go("events/")
        page, button = visited.page, visited.page.get_by_role("button", name="Navigation")
        links = page.get_by_role("navigation", name="Navigation").get_by_role("link", name="Actors")
        expect(links).to_be_hidden()
        button.focus()
        page.keyboard.press("Enter")
        expect(button).to_have_attribute("aria-expanded", "true")
        expect(links).to_be_visible()
        assert page.evaluate("document.activeElement.closest('.md-sidebar--primary') !== null")
        page.keyboard.press("Escape")
        expect(links).to_be_hidden()
        expect(button).to_be_focused()


def weigh(browser: Browser, served: Served, address: str) -> tuple[int, int]:
    """Return how many bytes a page and all it loads are when compressed, and how many requests they take."""
    with visit(browser, served) as visited:
        sizes: list[int] = []
        visited.page.on("response", lambda response: sizes.append(len(gzip.compress(response.body()))))
        visited.page.goto(served.address + address, wait_until="networkidle")
        return sum(sizes), len(sizes)


def test_a_page_of_a_record_is_light(browser: Browser, large: Served) -> None:
    for kind, addresses in pages_by_kind(large.site).items():
        if kind.startswith(RECORDS):
            size, requests = weigh(browser, large, addresses[len(addresses) // 2])
            assert size <= 110_000, kind
            assert requests <= 10, kind


def test_pages_do_not_grow_with_the_number_of_records(small: Served, large: Served) -> None:
    def packed(served: Served, address: str) -> int:
        return len(gzip.compress((served.site / address).read_bytes()))

    def typical(served: Served, kind: str) -> float:
        return median(packed(served, f"{address}index.html") for address in pages_by_kind(served.site)[kind])

    # What every page has around its text.
    assert packed(large, "404.html") <= packed(small, "404.html") * 1.02
    # A record's page: as long as what is said of it, not as the briefing.
    for kind in pages_by_kind(large.site):
        if kind.startswith(RECORDS):
            assert typical(large, kind) <= typical(small, kind) * 1.1, kind
    # Lists fill up, to 50 lines under a heading and 100 on a page of a list, and then go on elsewhere.
    assert {
        address: size
        for address in examples(large.site)[:-1]
        if (size := packed(large, f"{address}index.html")) > 40_000
    } == {}


def test_the_nu_html_checker_finds_no_errors(first: Served, large: Served) -> None:
    jars = sorted((Path(sys.prefix) / "share").glob("vnu-*.jar"))
    assert jars, "no Nu HTML checker: run 'make test', which fetches it"
    pages = [
        str(served.site / (f"{address}index.html" if address != MISSING else "404.html"))
        for served in (first, large)
        for address in examples(served.site)
    ]
    # Its warnings are about addresses of styles and scripts, which it cannot tell to be of the same site in a file.
    command = ["java", "-jar", str(jars[-1]), "--errors-only", "--exit-zero-always", "--format", "json", *pages]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(done.stderr)["messages"]
    assert [f"{error['url']}:{error.get('lastLine')}: {error['message']}" for error in found] == []

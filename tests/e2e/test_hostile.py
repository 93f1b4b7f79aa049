"""A briefing that attacks in every field, in a browser: nothing runs, nothing is asked of other hosts, nothing covers.

The policy is turned off for most of it: what holds must hold without it. `hit()` is what the attacks call.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Error, Route, expect

from tests.e2e.conftest import Served
from tests.e2e.test_access import TELL_BREACHES, Visit

pytestmark = pytest.mark.slow

SCRIPT = (Path(__file__).parent / "hostile.js").read_text("utf-8")
TELL_HITS = (
    "window.hit = (...words) => console.error('an attack ran', ...words); window.confirm = window.prompt = window.hit;"
)
ACTIVE = [
    ("<img src=nothing onerror=hit()>", "an attack ran"),
    ("<p onclick=hit()>x</p>", "an attack ran"),
    ("<p onanimationstart=hit()>x</p>", "an attack ran"),
    ("<details ontoggle=hit()>x</details>", "an attack ran"),
    ("<p onfocus='' onkeydown=''>x</p>", "a handler"),
    ("<script>hit()</script>", "an attack ran"),
    ("<script>alert(1)</script>", "a dialog"),
    ("<script>throw new Error('odd')</script>", "odd"),
    ("<a href='javascript:hit()'>x</a>", "an attack ran"),
    ("<a href='data:text/html,x'>x</a>", "an address"),
    ("<svg><a href='javascript:hit()'><text y=9>x</text></a></svg>", "an address"),
    ("<img src=https://evil.example/x.png>", "asks for https://evil.example/x.png"),
    ("<style>p { background: url(https://evil.example/y) }</style>", "asks for https://evil.example/y"),
    ("<iframe srcdoc='x'></iframe>", "not for pages"),
    ("<form action=../html/><input></form>", "not for pages"),
    ("<div style='position:fixed;inset:0;z-index:99'>x</div>", "covers md-header"),
    ("<p style='margin-top:-150px;position:relative;z-index:9'>x</p>", "covers md-"),
    ("<p class=md-header>x</p>", "a class of the interface"),
    ("<p id=__search>x</p>", "an id of the interface"),
    ("<pre style='width:9000px'>x</pre>", "wider than the window"),
    ("<img src=nothing onerror=\"location='../html/'\">", "attacks/html/"),
    ("<meta http-equiv=refresh content='0;url=https://evil.example/'>", "https://evil.example/"),
]
NAMES = "attacks/names/"  # has thousands of elements, and nothing but their ids
QUERIES = ("script", "onerror", "alert hit", "javascript", "svg onload", "evil.example", "&lt;script&gt;", "7*7")


def addresses_of(site: Path) -> list[str]:
    """Return the addresses of all pages of a site."""
    names = (file.relative_to(site).as_posix() for file in sorted(site.rglob("*.html")))
    return [name.removesuffix("index.html") for name in names if not name.startswith("pagefind/")]


def note_dialog(visited: Visit, dialog: Dialog) -> None:
    visited.faults.append(f"{visited.page.url}: a dialog '{dialog.message}'")
    dialog.dismiss()


def note_console(visited: Visit, message: ConsoleMessage) -> None:
    """Note errors, but for pictures that are not there: a page may name any of its own site."""
    if "404 (Not Found)" not in message.text or not message.location["url"].startswith(visited.served.address):
        visited.note_console(message)


@contextmanager
def attacked_by(browser: Browser, served: Served, *, has_policy: bool = False, width: int = 1280) -> Iterator[Visit]:
    """Open a page that notes attacks; what is asked of other hosts is noted, and does not get there."""
    with browser.new_context(bypass_csp=not has_policy, viewport={"width": width, "height": 800}) as context:
        context.add_init_script(TELL_HITS)
        context.add_init_script(TELL_BREACHES if has_policy else SCRIPT)
        context.route(lambda url: not url.startswith(served.address), lambda route: route.abort())
        made = Visit(context.new_page(), served)
        made.page.on("console", lambda message: note_console(made, message))
        made.page.on("request", made.note_request)
        made.page.on("pageerror", lambda error: made.faults.append(f"{made.page.url}: {error}"))
        made.page.on("dialog", lambda dialog: note_dialog(made, dialog))
        made.page.on("popup", lambda popup: made.faults.append(f"{made.page.url}: a window {popup.url}"))
        yield made


def look(visited: Visit, address: str) -> int:
    """Visit a page, provoke all in it, and note what is wrong; return how many elements were provoked."""
    page = visited.page
    try:
        visited.go(address)
        answer = page.evaluate("lookForAttacks()")
    except Error as error:  # the page went away while it was looked at
        answer = {"found": [str(error)], "count": 0}
    visited.faults += [f"{address}: {fault}" for fault in answer["found"]]
    if (
        urlsplit(page.url).path != urlsplit(visited.served.address + address).path
    ):  # controls of pictures note in the query what is chosen
        visited.faults.append(f"{address}: went to {page.url}")
    return int(answer["count"])


def test_nothing_in_a_hostile_briefing_runs_or_covers_or_asks_other_hosts(browser: Browser, attacked: Served) -> None:
    with attacked_by(browser, attacked) as visited:
        provoked = [look(visited, address) for address in addresses_of(attacked.site) if address != NAMES]
        assert "\n".join(visited.faults) == ""
        assert len(provoked) > 60
        assert sum(provoked) > 5000


def test_nothing_covers_the_interface_of_small_screens(browser: Browser, attacked: Served) -> None:
    with attacked_by(browser, attacked, width=320) as visited:
        for address in addresses_of(attacked.site):
            if address.startswith(("attacks/", "actors/h4/", "quotes/h4/", "events/h4/")) and address != NAMES:
                look(visited, address)
        assert "\n".join(visited.faults) == ""


def test_what_is_active_is_noticed(browser: Browser, attacked: Served) -> None:
    sent = (attacked.site / "attacks/templates/index.html").read_text("utf-8")
    missed = []
    with attacked_by(browser, attacked) as visited:
        for attack, fault in ACTIVE:
            html = sent.replace("</h1>", f"</h1>{attack}", 1)
            answer = partial(Route.fulfill, body=html, content_type="text/html")
            visited.page.route("**/attacks/active/", answer)
            visited.faults.clear()
            look(visited, "attacks/active/")
            visited.page.unroute("**/attacks/active/", answer)
            missed += [attack] if fault not in "\n".join(visited.faults) else []
    assert missed == []


def test_there_is_nothing_that_the_policy_would_have_to_stop(browser: Browser, attacked: Served) -> None:
    with attacked_by(browser, attacked, has_policy=True) as visited:
        for address in addresses_of(attacked.site):
            if not re.search(r"/h[1-9]/|^(tags|places)/.", address):  # one of each kind
                visited.go(address)
        assert "\n".join(visited.faults) == ""


@pytest.mark.parametrize("address", ["attacks/clobber/", NAMES, "attacks/cover/", "actors/h4/"])
def test_the_interface_works_on_hostile_pages(browser: Browser, attacked: Served, address: str) -> None:
    with attacked_by(browser, attacked, has_policy=True) as visited:
        page = visited.page
        visited.go(address)
        scheme = page.locator("body").get_attribute("data-md-color-scheme")
        page.locator("label[title='Switch to dark']").click()
        expect(page.locator("body")).not_to_have_attribute("data-md-color-scheme", str(scheme))
        page.locator(".bb-search-button").click()
        box = page.locator("pagefind-input input")
        expect(box).to_have_attribute("placeholder", "Search the briefing")
        for query in QUERIES:
            box.fill(query)
            expect(page.locator(".bb-result mark").first).to_be_visible()
            inside = page.locator(".bb-result *").evaluate_all("all => [...new Set(all.map((one) => one.tagName))]")
            assert set(inside) <= {"A", "SPAN", "P", "MARK", "BDI"}, query
        assert "\n".join(visited.faults) == ""


def test_cards_of_hostile_records_are_text(browser: Browser, attacked: Served) -> None:
    with attacked_by(browser, attacked) as visited:
        for address in ("actors/", "events/", "sources/", "quotes/h1/"):
            visited.go(address)
            link = visited.page.locator(".bb-page a[href*='h1/']").first
            link.hover()
            card = visited.page.locator(".bb-card")
            expect(card).to_be_visible()
            assert set(card.locator("*").evaluate_all("all => all.map((one) => one.tagName)")) <= {
                "P",
                "SPAN",
                "IMG",
                "BDI",
            }
            assert "<" in card.inner_text()
        assert "\n".join(visited.faults) == ""

"""What is typed is what a browser reads: on pages, in their heads, in results of the search, in pictures and in data."""

import json
from collections.abc import Iterator
from typing import Any
from unicodedata import bidirectional
from xml.etree import ElementTree

import pytest
import yaml
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Served
from tests.sites import build, nginx, start_briefing
from tests.test_text import TYPED

pytestmark = pytest.mark.slow

READ = """() => {
  const page = document.querySelector(".bb-page"), copy = page.cloneNode(true);
  copy.querySelectorAll(".headerlink").forEach((link) => link.remove());
  const meta = (name) => document.querySelector(`meta[name="${name}"], meta[property="${name}"]`)?.content;
  return { title: document.title, heading: copy.querySelector("h1").textContent, text: copy.textContent,
    og: meta("og:title"), description: meta("description"), bar: document.querySelectorAll(".md-header__topic")[1].textContent,
    alt: [...copy.querySelectorAll("img")].map((image) => image.alt) };
}"""
# What stands before words that are read from right to left is still left of them, and what follows is right of them.
ORDER = """(words) => {
  const faults = [], isRtl = (text) => /[\\p{sc=Arabic}\\p{sc=Hebrew}]/u.test(text);
  const box = (node, from, to) => { const range = document.createRange(); range.setStart(node, from); range.setEnd(node, to); return range.getBoundingClientRect(); };
  for (const block of document.querySelectorAll(".bb-page :is(p, li, dd, dt, td, figcaption), .bb-result :is(a, p), .bb-card p")) {
    if (block.querySelector("p, li, dd, td, blockquote, ul, table, details") || block.closest("details:not([open])")) continue;
    const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT), letters = [];
    for (let node = walker.nextNode(); node; node = walker.nextNode())
      for (let at = 0; at < node.length; at += 1) letters.push({ node, at, sign: node.data[at] });
    const text = letters.map(({ sign }) => sign).join("");
    const where = (at) => box(letters[at].node, letters[at].at, letters[at].at + 1);
    for (let start = text.indexOf(words); start >= 0; start = text.indexOf(words, start + 1)) {
      const inside = [...words].map((_, offset) => where(start + offset)).filter(({ width }) => width);
      const [left, right] = [Math.min(...inside.map((one) => one.left)), Math.max(...inside.map((one) => one.right))];
      const bottoms = inside.map((one) => one.bottom);
      if (Math.max(...bottoms) - Math.min(...bottoms) > 8) continue; // on two lines
      for (const [step, isFine] of [[-1, (one) => one.right <= left + 2], [1, (one) => one.left >= right - 2]]) {
        let at = step < 0 ? start - 1 : start + words.length;
        while (letters[at] && !/[\\p{L}\\p{N}]/u.test(text[at])) at += step;
        if (!letters[at] || isRtl(text[at])) continue;
        const one = where(at);
        if (one.width && Math.abs(one.bottom - inside[0].bottom) < 4 && !isFine(one)) faults.push(`${text[at]} in ${text}`);
      }
    }
  }
  return faults;
}"""
RTL = [at for at, words in enumerate(TYPED) if any(bidirectional(letter) in ("R", "AL") for letter in words)]
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63606060000000040001f61738550000000049454e44ae426082"
)

ARABIC = "قال الرئيس إن الاجتماع سيعقد في العاصمة غدا، "


def words_of(at: int) -> str:
    """Return what is typed in every field of the records of a number, with a word by which a search finds them."""
    found_by = f"zebra{at} " if at in RTL else ""
    return f"{found_by}{' '.join(TYPED[at].split())}" if found_by else f"{' '.join(TYPED[at].split())} zebra{at}"


def records(at: int) -> dict[str, Any]:
    typed, date = words_of(at), f"2024-06-{at + 1:02}"
    quoted = {"source": f"s{at}", "at": typed, "quote": typed}
    return {
        f"actors/a{at}.yml": {
            "name": typed,
            "description": typed,
            "aliases": [f"{typed} II"],
            "names": {"ar": f"{typed} III"},
            "roles": [{"title": typed, "from": "2020"}],
            "image": {"src": "assets/x.png", "alt": typed, "credit": typed},
            "tags": [typed],
        },
        f"sources/s{at}.yml": {"title": typed, "publisher": typed, "authors": [typed]},
        f"quotes/q{at}.yml": {
            "speaker": f"a{at}",
            "text": typed,
            "event": f"e{at}",
            "date": date,
            "sources": quoted,
            "tags": [typed],
        },
        f"events/e{at}.yml": {
            "title": typed,
            "date": date,
            "place": {"name": typed, "latitude": str(6 * at - 55), "longitude": str(18 * at - 170)},
            "participants": [{"actor": f"a{at}", "role": f"x {typed}"}, f"a{(at + 1) % len(TYPED)}"],
            "as_reported": {"date": typed, "source": f"s{at}"},
            "about": f"q{at}",
        },
    }


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    card = "title: Typed\nsummary: See [[arabic]].\n"
    folder = start_briefing(tmp_path_factory.mktemp("typed") / "briefing", {"briefing.yml": card})
    (folder / "docs/assets").mkdir()
    (folder / "docs/assets/x.png").write_bytes(PICTURE)
    for at in range(len(TYPED)):
        for name, fields in records(at).items():
            file = folder / "docs" / name
            file.parent.mkdir(exist_ok=True)
            file.write_text(yaml.safe_dump(fields, allow_unicode=True), "utf-8")
    summary = f"{ARABIC * 3}19 June 2024, okapi {ARABIC * 3}"
    (folder / "docs/events/arabic.yml").write_text(f"title: Arabic\ndate: 2024\nsummary: {summary}\n", "utf-8")
    site = build(folder)
    with nginx(site, folder.parent / "nginx") as address:
        yield Served(site=site, address=address)


def read(page: Page, address: str) -> dict[str, Any]:
    page.goto(address)
    found = page.evaluate(READ)
    return {name: " ".join(text.split()) if isinstance(text, str) else text for name, text in found.items()}


# How often a page has the words at least: in its title, and in each of the fields that it shows.
FIELDS = {"a": 8, "s": 4, "q": 4, "e": 6}


@pytest.mark.parametrize("at", range(len(TYPED)))
def test_the_words_are_read_in_every_field_and_in_the_head(browser: Browser, typed: Served, at: int) -> None:
    words = " ".join(words_of(at).split())  # which also makes one space of one that does not break
    page = browser.new_page()
    for kind, folder in {"a": "actors", "s": "sources", "e": "events", "q": "quotes"}.items():
        found = read(page, f"{typed.address}{folder}/{kind}{at}/")
        assert found["text"].count(words) >= FIELDS[kind], folder
        assert words in found["description"], folder
        if kind != "q":  # whose title has other quotation marks inside
            assert (found["heading"], found["og"], found["bar"]) == (words, words, words), folder
            window = f"\u2068{words}\u2069" if at in RTL else words  # which ends what it turns before the site's name
            assert found["title"] == f"{window} - A new briefing", folder
    found = read(page, f"{typed.address}actors/a{at}/")
    assert words in [" ".join(alt.split()) for alt in found["alt"]]
    page.close()


def test_the_words_are_read_in_results_of_the_search(browser: Browser, typed: Served) -> None:
    page = browser.new_page()
    page.goto(typed.address)
    page.locator(".bb-search-button").click()
    for at in range(0, len(TYPED), 3):
        page.locator("pagefind-input input").fill(f"zebra{at}")
        title = page.locator(".bb-result", has=page.locator(f"a[href*='/actors/a{at}/']")).locator(
            ".bb-result-title > bdi"
        )
        expect(title.first).to_have_text(words_of(at))
    page.close()


def test_the_words_are_read_in_data_and_pictures(typed: Served) -> None:
    rows = json.loads((typed.site / "quotes/data/rows-1.json").read_text("utf-8"))
    index = json.loads((typed.site / "quotes/data/index.json").read_text("utf-8"))
    wanted = {words_of(at) for at in range(len(TYPED))}
    assert {words for _, words, _, _ in rows} == {" ".join(words.split()) for words in wanted}
    assert {name for _, name in index["facets"]["speaker"]["values"]} == wanted
    assert {name for _, name in index["facets"]["source"]["values"]} == wanted
    for name in ("timeline", "network"):  # on the map, names that find no room stand in the table below it
        picture = ElementTree.parse(typed.site / f"pictures/{name}.svg")
        said = " ".join(" ".join(picture.getroot().itertext()).split())
        assert [words for words in wanted if " ".join(words.split()) not in said] == [], name


def test_names_in_labels_of_pictures_end_what_they_turn(browser: Browser, typed: Served) -> None:
    page = browser.new_page()
    words = words_of(RTL[0])
    for picture, end in (("network", ": "), ("map", ": "), ("timeline", ", ")):
        page.goto(f"{typed.address}{picture}/")
        named = page.locator(".bb-stage a[aria-label]")
        expect(named.first).to_be_attached()
        labels = named.evaluate_all("(links) => links.map((link) => link.getAttribute('aria-label'))")
        assert any(label.startswith(f"\u2068{words}\u2069{end}") for label in labels), picture
    page.close()


@pytest.mark.parametrize("at", RTL)
def test_words_from_right_to_left_leave_what_is_around_them_in_its_order(
    browser: Browser, typed: Served, at: int
) -> None:
    page = browser.new_page(viewport={"width": 2400, "height": 900})
    faults = []
    for address in (
        f"actors/a{at}/",
        f"quotes/q{at}/",
        f"events/e{at}/",
        f"sources/s{at}/",
        "events/",
        "actors/",
        "",
        "map/",
    ):
        page.goto(typed.address + address)
        page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
        faults += [f"{address}: {fault}" for fault in page.evaluate(ORDER, " ".join(TYPED[at].split()))]
    page.locator(".bb-search-button").click()
    page.locator("pagefind-input input").fill(f"zebra{at}")
    expect(page.locator(".bb-result mark").first).to_be_visible()
    faults += page.evaluate(ORDER, " ".join(TYPED[at].split()))
    page.goto(f"{typed.address}quotes/")
    expect(page.locator(".bb-explorer li").first).to_be_visible()
    faults += page.evaluate(ORDER, " ".join(TYPED[at].split()))
    page.goto(f"{typed.address}actors/")
    page.locator(f".bb-page a[href*='a{at}/']").hover()
    expect(page.locator(".bb-card")).to_be_visible()
    faults += page.evaluate(ORDER, " ".join(TYPED[at].split()))
    assert "\n".join(faults) == ""
    page.close()


def test_an_excerpt_from_right_to_left_leaves_a_date_in_its_order(browser: Browser, typed: Served) -> None:
    page = browser.new_page()
    page.goto(typed.address)
    page.locator(".bb-search-button").click()
    page.locator("pagefind-input input").fill("okapi")
    words = page.locator(".bb-result", has=page.locator("a[href*='/events/arabic/']")).locator(".bb-result-words")
    expect(words.locator("mark")).to_contain_text("okapi")
    left = """(block) => {
      const range = document.createRange(), nodes = document.createTreeWalker(block, NodeFilter.SHOW_TEXT), found = {};
      for (let node = nodes.nextNode(); node; node = nodes.nextNode())
        for (const { 0: word, index } of node.data.matchAll(/19|June|2024|okapi/g)) {
          range.setStart(node, index), range.setEnd(node, index + word.length);
          found[word] = range.getBoundingClientRect().left;
        }
      return found;
    }"""
    found = words.evaluate(left)
    assert sorted(found, key=found.__getitem__) == ["19", "June", "2024", "okapi"]
    assert words.get_attribute("dir") == "rtl"
    page.close()


@pytest.mark.parametrize(
    ("address", "part"), [("actors/a0/", "h1"), ("actors/a0/", ".bb-lead"), ("quotes/q1/", "blockquote.bb-quote p")]
)
def test_a_text_of_its_own_is_set_from_the_side_that_it_is_read_from(
    browser: Browser, typed: Served, address: str, part: str
) -> None:
    page = browser.new_page()
    page.goto(typed.address + address)
    ends = """(element) => {
      element.textContent = "نعم.";
      const range = document.createRange();
      return [0, 3].map((at) => (range.setStart(element.firstChild, at), range.setEnd(element.firstChild, at + 1), range.getBoundingClientRect().left));
    }"""
    first, stop = page.locator(f".bb-page {part}").evaluate(ends)
    assert stop < first
    page.close()

"""An index amended after edits is byte for byte that of all pages, or it is not amended at all."""

import json
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from hashlib import sha256
from html import escape
from pathlib import Path
from random import Random
from typing import Any

import cbor2
import pytest

from generator.amend import Edit, Last, amend_index
from generator.bundles import entries, read_file, short_name
from generator.ledger import Ledger
from generator.phrases import key_of
from generator.search import index_pages
from tests.sites import build, contents, start_briefing

SCRIPTS = (
    *"vote votes voting Vote VOTE pier the The of in harbour's self-made HTMLParser _under 2020 3rd “quoted” …".split(),
    *"café cafe Café CAFÉ naïve naive Zürich Zurich straße STRASSE İstanbul resume résumé".split(),
    *"привет Привет ПРИВЕТ ёлка елка 북경 한국어 김정은 北京 東京 العربية العَرَبِيَّة हिन्दी ไทย 😀 שלום".split(),
)
FIELDS = ("also", "when", "who")
KIND = {"kind": "Quote"}


class Texts:
    """Some pages, as the search reads them, with texts that are drawn."""

    def __init__(self, seed: int, count: int) -> None:
        self.random = Random(seed)
        letters = "abdeilmnorstuаекопрст"
        made = ("".join(self.random.choices(letters, k=self.random.randint(2, 9))) for _ in range(3000))
        self.words = [*SCRIPTS * 20, *made]
        names = [f"quotes/q{number}/index.html" for number in range(count - 3)]
        self.names = ["index.html", "actors/김정은/index.html", "page.html", *names]
        self.pages = {name: self.page() for name in self.names}

    def text(self, most: int) -> str:
        return " ".join(self.random.choices(self.words, k=self.random.randint(1, most)))

    def page(self, fields: tuple[str, ...] = FIELDS) -> bytes:
        told = {name: self.text(3) for name in ("kind", *fields) if name != "kind"}
        told["kind"] = self.random.choice(("Actor", "Quote", "Event"))
        paragraphs = (f"<h2 id='h{number}'>{self.text(2)}</h2><p>{self.text(400)}</p>" for number in range(2))
        return page(self.text(4), "".join(paragraphs), told, "4" if told["kind"] == "Actor" else "1")


def page(title: str, body: str, told: Mapping[str, str], weight: str = "1") -> bytes:
    data = "".join(f' data-{name}="{escape(value)}"' for name, value in told.items())
    names = ", ".join(f"{name}[data-{name}]" for name in told)
    return (
        f'<!doctype html><html lang="en"><body><div data-pagefind-body data-pagefind-weight="{weight}"{data} '
        f'data-pagefind-filter="kind[data-kind]" data-pagefind-meta="{names}"><h1>{title}</h1>{body}</div>'
    ).encode()


def write_pages(folder: Path, pages: Mapping[str, bytes]) -> None:
    for name, content in pages.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


class Kept:
    """An index that is amended, edit after edit, with its pages and the ledger that has its words."""

    def __init__(self, folder: Path, pages: Mapping[str, bytes], ledger: Ledger) -> None:
        self.folder, self.pages, self.ledger = folder, {**pages}, ledger
        self.bundle = folder / "site" / "pagefind"
        self.ledger.keep_words(self.index(self.bundle))

    def index(self, bundle: Path) -> dict[bytes, bytes]:
        """Index all pages, and return the words."""
        shutil.rmtree(self.folder / "all", ignore_errors=True)
        write_pages(self.folder / "all", self.pages)
        bundle.parent.mkdir(exist_ok=True)
        return index_pages(self.folder / "all", bundle)

    def amend(self, changed: Mapping[str, bytes | None]) -> bool:
        """Amend the index after edits, None for pages that are gone, and tell whether that could be done."""
        edits = {name: Edit(self.pages.get(name), content) for name, content in changed.items()}
        after = {**self.pages, **changed}
        self.pages = {name: content for name, content in after.items() if content is not None}
        digests = {name: sha256(content).hexdigest() for name, content in contents(self.bundle).items()}
        amended = amend_index(Last(self.bundle, digests), [*self.pages], edits, self.ledger, self.folder / "work")
        for name in amended.gone if amended else ():
            (self.bundle / name).unlink()
        for name, content in amended.files.items() if amended else ():
            (self.bundle / name).write_bytes(content)
        return amended is not None

    def index_anew(self) -> None:
        self.ledger.forget_words()
        self.ledger.keep_words(self.index(self.bundle))

    def places_of(self, word: bytes) -> set[int]:
        """Return in how many places of a page the index has a word, for all the pages with it."""
        meta = cbor2.loads(read_file(self.bundle / f"pagefind.{self._about()['hash']}.pf_meta"))
        words = (entry for *_, name in meta[2] for entry in entries(read_file(self.bundle / f"index/{name}.pf_index")))
        hits = next(entry.forms[b""] for entry in words if entry.word == word)
        return {sum(1 for place in cbor2.loads(b"\x82" + hit)[0] if place >= 0) for hit in hits.values()}

    def common(self) -> dict[str, list[str]]:
        """Return the words on most pages, with their spellings."""
        return dict(self._about().get("common", {}))

    def _about(self) -> dict[str, Any]:
        return dict(json.loads((self.bundle / "pagefind-entry.json").read_bytes())["languages"]["en"])

    def is_that_of_all(self) -> bool:
        words = self.index(self.folder / "whole" / "pagefind")
        is_same_bundle = contents(self.bundle) == contents(self.folder / "whole" / "pagefind")
        return is_same_bundle and self.ledger.words_between(b"", b"\xff") == words


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "ledger.db") as ledger:
        yield ledger


@pytest.mark.parametrize("has_field_of_its_own", [False, True])
def test_index_made_of_some_pages_at_a_time_is_that_of_all(tmp_path: Path, has_field_of_its_own: bool) -> None:
    texts = Texts(5, 40)
    if has_field_of_its_own:
        texts.pages["page.html"] = texts.page((*FIELDS, "rare"))
    write_pages(tmp_path / "pages", texts.pages)
    whole, parts = (tmp_path / name for name in ("whole", "parts"))
    assert index_pages(tmp_path / "pages", whole) == index_pages(tmp_path / "pages", parts, 15)
    assert contents(whole) == contents(parts)
    assert len(contents(whole)) > 40


@pytest.mark.parametrize("seed", range(3))
def test_amended_index_is_that_of_all_pages(tmp_path: Path, ledger: Ledger, seed: int) -> None:
    texts = Texts(seed, 40)
    kept = Kept(tmp_path, texts.pages, ledger)
    assert len([*(kept.bundle / "index").iterdir()]) > 1
    for count in (1, 2, 1, 5, 20):
        names = texts.random.sample(texts.names, count)
        assert kept.amend({name: texts.page() for name in names})
        assert kept.is_that_of_all()


@pytest.mark.parametrize("seed", range(2))
def test_pages_come_and_go(tmp_path: Path, ledger: Ledger, seed: int) -> None:
    texts = Texts(seed, 300)  # more than steps of one byte reach over
    kept = Kept(tmp_path, texts.pages, ledger)
    first, last = ("0.html", "actors/0/index.html"), ("z/z/index.html", "한.html")
    changes: list[dict[str, bytes | None]] = [
        {"quotes/q1-/index.html": texts.page()},
        {name: texts.page() for name in (*first, *last)},
        dict.fromkeys(first),
        {"quotes/q7/index.html": None, "quotes/q70/index.html": None, "sources/s/index.html": texts.page()},
        {"quotes/q8/index.html": None, "quotes/q8-8/index.html": kept.pages["quotes/q8/index.html"]},  # renamed
        {name: texts.page() for name in texts.random.sample(texts.names[30:], 5)},
        dict.fromkeys(sorted(texts.pages)[:20]),
    ]
    for changed in changes:
        assert kept.amend({name: content for name, content in changed.items() if content or name in kept.pages})
        assert kept.is_that_of_all()


def test_page_without_the_fields_of_others_is_amended_too(tmp_path: Path, ledger: Ledger) -> None:
    def page(words: str, field: str) -> bytes:
        told = f'<span data-{field}="x" data-pagefind-meta="{field}[data-{field}]"></span>' if field else ""
        return f'<html lang="en"><body><div data-pagefind-body><h1>Of {words}</h1>{told}</div></body></html>'.encode()

    pages = {f"{field or 'none'}/index.html": page("a pier", field) for field in ("", "when", "who", "also")}
    kept = Kept(tmp_path, pages, ledger)
    assert kept.amend({"none/index.html": page("another pier", "")})
    assert kept.is_that_of_all()


def test_word_comes_and_goes_with_its_forms(tmp_path: Path, ledger: Ledger) -> None:
    told = {"kind": "Quote"}
    kept = Kept(tmp_path, {name: page(name, "same", told) for name in ("a.html", "b.html", "c.html")}, ledger)
    for text in ("only here", "Café", "cafe", "CAFÉ cafe café", "only there", "", "한국어", "same", "x" * 300, "same"):
        assert kept.amend({"b.html": page("b.html", text, told)}), text
        assert kept.is_that_of_all(), text


def test_word_on_most_pages_keeps_one_place_on_each_and_all_in_pairs(tmp_path: Path, ledger: Ledger) -> None:
    texts = {f"q{number}.html": page(f"the q{number}", "the pier of the pier of", KIND) for number in range(1010)}
    kept = Kept(tmp_path, texts, ledger)
    assert [kept.places_of(word) for word in (b"the", b"pier")] == [{1}, {1}]
    assert [kept.places_of(key_of(pair)) for pair in (("the", "pier"), ("pier", "of"), ("of", ""))] == [{2}, {2}, {1}]
    for count in (1, 8):
        names = [name for name, text in kept.pages.items() if b"pier" in text][:count]
        assert kept.amend({name: page(name, "the the the", KIND) for name in names})
        assert kept.is_that_of_all()
    assert kept.amend(dict.fromkeys([*kept.pages][:1]))
    assert kept.is_that_of_all()
    assert kept.amend({"r.html": page("r", "a pier of the end", KIND)})
    assert kept.is_that_of_all()


def test_words_that_are_no_longer_on_most_pages_have_all_indexed(tmp_path: Path, ledger: Ledger) -> None:
    kept = Kept(tmp_path, {f"q{number}.html": page("the end", "", KIND) for number in range(1001)}, ledger)
    assert not kept.amend({f"q{number}.html": page("an end", "", KIND) for number in range(2)})
    kept.index_anew()
    assert kept.common() == {"end": ["end"], "quot": ["quote"]}
    assert not kept.amend({f"r{number}.html": page("the end", "", KIND) for number in range(2)})
    kept.index_anew()
    assert kept.common() == {"end": ["end"], "quot": ["quote"], "the": ["the"]}
    assert not kept.amend(dict.fromkeys([*kept.pages][-4:]))
    kept.index_anew()
    assert kept.common() == {}
    assert kept.amend({"q7.html": page("the other end", "", KIND)})
    assert kept.is_that_of_all()


def test_spellings_of_words_on_most_pages_come_and_go(tmp_path: Path, ledger: Ledger) -> None:
    kept = Kept(tmp_path, {f"q{number}.html": page("Votes: one", "A vote", KIND) for number in range(1003)}, ledger)
    assert kept.common() == {"a": ["a"], "one": ["one"], "quot": ["quote"], "vote": ["vote", "votes"]}
    for text, spellings in (
        ("VOTING voting, one", ["vote", "votes", "voting"]),
        ("the vote's end, the “vóté”, re-vote", ["re~vote", "vote", "votes", "vote~s"]),
        ("nothing", ["vote", "votes"]),
        ("(“Voting”) Vote-Votes NON-VOTES", ["non~votes", "vote", "votes", "vote~votes", "voting"]),
    ):
        assert kept.amend({"q1.html": page("Nothing", text, KIND), "r.html": page("r", text, KIND)}), text
        assert kept.is_that_of_all(), text
        assert kept.common()["vote"] == spellings
    assert not kept.amend({"q2.html": page("HTMLVote", "a vote", KIND)})  # is "htmlvote" elsewhere, too?


def test_pairs_of_words_on_most_pages_are_amended(tmp_path: Path, ledger: Ledger) -> None:
    texts = Texts(3, 4)
    words = (*SCRIPTS[:20], "vote the", "of", "the", "of the")

    def text() -> bytes:
        title, body = (" ".join(texts.random.choices(words, k=texts.random.randint(1, 12))) for _ in range(2))
        return page(f"The {title}", f"{body} of", {**KIND, "who": texts.text(2)})

    kept = Kept(tmp_path, {f"q{number}.html": text() for number in range(1100)}, ledger)
    assert {*kept.common()} > {"of", "the", "vote"}
    for round in range(6):
        names = texts.random.sample([*kept.pages], 3)
        changed = {names[0]: text(), names[1]: text()} if round % 2 else {names[0]: None, f"r{round}.html": text()}
        assert kept.amend(changed)
        assert kept.is_that_of_all()


def test_fragments_whose_short_names_are_the_same_are_told_apart(tmp_path: Path, ledger: Ledger) -> None:
    told = {"kind": "Quote"}
    texts = {name: page(name, "number 000000", told) for name in ("a.html", "b.html", "c.html")}
    kept = Kept(tmp_path, texts, ledger)
    a, b = _numbers_alike(kept.bundle, "/a.html", "/b.html")
    alike = {"a.html": page("a.html", f"number {a}", told), "b.html": page("b.html", f"number {b}", told)}
    lengths = []
    for changed in (
        {"a.html": alike["a.html"]},
        {"b.html": alike["b.html"]},
        {"c.html": page("c.html", "another", told)},
        {"a.html": page("a.html", "no more", told)},
        alike,
    ):
        assert kept.amend(changed)
        assert kept.is_that_of_all()
        lengths.append(sorted(len(file.stem) for file in (kept.bundle / "fragment").iterdir()))
    assert lengths == [[10, 10, 10], [10, 19, 19], [10, 19, 19], [10, 10, 10], [10, 19, 19]]


def _numbers_alike(bundle: Path, *addresses: str) -> tuple[str, str]:
    """Return with which numbers two pages have fragments of the same short name."""
    fragments = [read_file(file) for file in (bundle / "fragment").iterdir()]
    one, other = (next(f for f in fragments if json.loads(f)["url"] == address) for address in addresses)
    known: dict[str, str] = {}
    for number in range(100_000, 1_000_000):
        text = str(number)
        known[short_name("en", one.replace(b"000000", text.encode()))] = text
        found = known.get(short_name("en", other.replace(b"000000", text.encode())))
        if found:
            return found, text
    raise AssertionError("no two of them")


def test_index_is_not_amended_where_that_is_not_certain(tmp_path: Path, ledger: Ledger) -> None:
    told = {"kind": "Quote", "when": "2020"}
    start = {name: page(name, "some words", {"kind": "Quote"}) for name in ("a.html", "b.html", "c.html")}
    start["b.html"] = page("b.html", "some words", told)
    kept = Kept(tmp_path, start, ledger)
    unsure: dict[str, bytes | None] = {
        "a field less": page("b", "words", {"kind": "Quote"}),
        "another field": page("b", "words", {**told, "place": "Here"}),
        "the last with a field": None,
        "another language": page("b", "words", told).replace(b'lang="en"', b'lang="de"'),
        "nothing to search": b'<!doctype html><html lang="en"><body><p>words</p>',
        "another filter": page("b", "words", told).replace(b"kind[data-kind]", b"sort[data-kind]"),
        "a sort": page("b", "words", told).replace(b"<h1>", b'<h1 data-pagefind-sort="when:2">'),
        "not what was indexed": page("b", "words", told),
    }
    before = contents(kept.bundle)
    for what, content in unsure.items():
        kept.pages = {**start}
        if what == "not what was indexed":
            kept.pages["b.html"] = page("b.html", "other words", told)
        assert not kept.amend({"b.html": content}), what
        assert contents(kept.bundle) == before


def test_index_is_not_amended_with_words_of_another_one(tmp_path: Path, ledger: Ledger) -> None:
    told = {"kind": "Quote"}
    start = {name: page(name, "some words", told) for name in ("a.html", "b.html", "c.html")}
    kept = Kept(tmp_path, start, ledger)
    words = ledger.words_between(b"", b"\xff")
    for changed in (
        {b"some": words[b"some"].replace(b"\x01", b"\x02")},
        {b"some": b""},
        {b"some": b"\x83"},
        {b"x": b"y"},
    ):
        kept.pages = {**start}
        ledger.forget_words()
        ledger.keep_words(words | changed)
        assert not kept.amend({"b.html": page("b.html", "words", told)})
    kept.pages = {**start}
    ledger.forget_words()
    ledger.keep_words(words)
    assert kept.amend({"b.html": page("b.html", "words", told)})


def test_index_that_another_pagefind_made_is_not_amended(tmp_path: Path, ledger: Ledger) -> None:
    told = {"kind": "Quote"}
    kept = Kept(tmp_path, {name: page(name, "some words", told) for name in ("a.html", "b.html")}, ledger)
    (kept.bundle / "pagefind.js").write_text("of another version")
    assert not kept.amend({"b.html": page("b.html", "words", told)})


def rows_of_words(folder: Path) -> tuple[int, int]:
    """Return how many words the ledger has, and the highest number of a row: a row that is replaced gets a new one."""
    base = sqlite3.connect(folder / "build" / ".cache" / "ledger.db")
    count, highest = base.execute("SELECT count(*), max(rowid) FROM words").fetchone()
    base.close()
    return count, highest


@pytest.mark.slow
def test_build_amends_the_index_after_an_edit_and_trusts_no_ledger_of_another_build(tmp_path: Path) -> None:
    folder = start_briefing(tmp_path / "b")
    quote = next((folder / "docs" / "quotes").rglob("*.yml"))
    text, ledger = quote.read_text("utf-8"), folder / "build" / ".cache" / "ledger.db"
    build(folder)
    count, highest = rows_of_words(folder)
    assert count == highest > 50
    shutil.copy(ledger, tmp_path / "last.db")
    for turn, word in enumerate(("Surprisingly", "Wholly")):
        quote.write_text(text.replace("text: ", f"text: {word} "), "utf-8")
        assert quote.read_text("utf-8") != text
        build(folder, "--verify")  # the index, too, is what all pages give
        count, highest = rows_of_words(folder)
        assert (count < highest) == (turn == 0)  # amended; and all anew with the ledger of a build that was killed
        shutil.copy(tmp_path / "last.db", ledger)

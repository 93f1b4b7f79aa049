"""Whole books, set for real and read back from the PDF: words, links, pictures, dossiers, and what must stop them."""

import re
import string
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pikepdf
import pypdfium2
import pytest
import yaml

from generator.pipeline import read_briefing
from generator.project import Project, package_templates
from generator.prose import escape_text
from tests.conftest import MakeProject
from tests.sites import command, copy_first_briefing, start_briefing
from tests.standards import broken_rules

pytestmark = pytest.mark.slow

TYPST = [
    "#panic()",
    "$x^2$",
    '#eval("1")',
    "<label>",
    "@ref",
    "//c",
    "/*c*/",
    "\\u{41}",
    "#{",
    "= H",
    "[b]",
    "`r`",
    "---",
]
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d494844520000000100000001080200000090775"
    "3de0000000c49444154789c63606060000000040001f61738550000000049454e44ae426082"
)


class Link(NamedTuple):
    """A link inside a book: the words it stands under, its page, and the page it leads to, both from 1."""

    words: str
    page: int
    to: int


def set_book(root: Path, *options: str) -> Path:
    done = command("briefbook", "pdf", *options, cwd=root)
    assert done.returncode == 0, done.stderr
    return root / done.stdout.strip().removeprefix("The book lies in ")


def attached_keys(book: Path) -> set[str]:
    with pikepdf.open(book) as pdf:
        return set(yaml.safe_load(pdf.attachments["records.json"].get_file().read_bytes()))


def words_of(pdf: Path) -> list[str]:
    """Return the words on each page."""
    with pypdfium2.PdfDocument(pdf) as document:
        return [page.get_textpage().get_text_bounded() for page in document]


def page_numbers(pdf: pikepdf.Pdf) -> dict[Any, int]:
    return {page.objgen: number for number, page in enumerate(pdf.pages, start=1)}


def pages_of_records(file: Path) -> dict[str, int]:
    """Return {key of a record: number of the page that its heading is on}, as the PDF's destinations say."""
    with pikepdf.open(file) as pdf:
        numbers = page_numbers(pdf)
        tree = pikepdf.NameTree(pdf.Root.Names.Dests)
        return {str(name): numbers[target[0].objgen] for name, target in tree.items()}


def links_of(file: Path) -> Iterator[Link]:
    """Yield the links inside a book, in order."""
    with pikepdf.open(file) as pdf, pypdfium2.PdfDocument(file) as document:
        numbers = page_numbers(pdf)
        for number, page in enumerate(pdf.pages, start=1):
            text = document[number - 1].get_textpage()
            for link in page.get("/Annots", ()):
                target = link.get("/Dest")
                if isinstance(target, pikepdf.Array):
                    words = text.get_text_bounded(*map(float, link.Rect))
                    yield Link(" ".join(words.split()), number, numbers[target[0].objgen])


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = copy_first_briefing(tmp_path_factory.mktemp("first"))
    assert set_book(folder).is_file()
    return folder


def test_every_link_of_the_first_briefing_leads_to_the_page_it_names(first: Path) -> None:
    pages = pages_of_records(first / "build" / "briefing.pdf")
    briefing, _ = read_briefing(Project(first))
    titles = {key: record.caption for key, record in briefing.records.items()}
    index = next(
        number
        for number, text in enumerate(words_of(first / "build" / "briefing.pdf"), start=1)
        if number > 9 and "\nIndex\r" in text
    )
    checked = {"number": 0, "title": 0}
    for link in links_of(first / "build" / "briefing.pdf"):
        if number := re.fullmatch(r"(\d+)(?:\N{EN DASH}\d+)?", link.words):
            if link.to == int(number[1]):
                checked["number"] += 1
            else:  # a footnote's: from the text to the note or back, on a page or to the next
                assert abs(link.to - link.page) <= 1, link
        elif keys := [key for key, title in titles.items() if title == link.words]:
            # A place is found in the index, and some are called as actors are.
            assert link.to in {pages[key] for key in keys} or link.to >= index, link
            checked["title"] += 1
    assert checked["number"] > 300
    assert checked["title"] > 300


def test_every_page_number_in_words_is_that_of_the_record(first: Path) -> None:
    pages = pages_of_records(first / "build" / "briefing.pdf")
    briefing, _ = read_briefing(Project(first))
    found = 0
    text = " ".join(" ".join(words_of(first / "build" / "briefing.pdf")).replace("\N{NO-BREAK SPACE}", " ").split())
    for key, record in briefing.records.items():
        if len(record.caption) < 20:  # others may end in it
            continue
        said = set(re.findall(rf"{re.escape(record.caption)} \(p\. (\d+)\)", text))
        assert said <= {str(pages[key])}, key
        found += len(said)
    assert found > 10


def test_the_first_briefing_meets_both_standards(first: Path) -> None:
    assert broken_rules(first / "build" / "briefing.pdf") == []


def hostile_strings(count: int) -> list[str]:
    """Return strings of few letters and many signs, some of which would be code in Typst or Markdown."""
    random = Random(4)
    signs = string.punctuation * 2 + string.ascii_letters + string.digits
    made: list[str] = []
    while len(made) < count:
        parts = [random.choice([*TYPST, *signs]) for _ in range(random.randint(1, 6))]
        text = "".join(parts).strip()
        made.append(
            f"{len(made)}:{text}."
        )  # the full stop: a hyphen at the end of a line would be read as a divided word
    return made


def test_two_thousand_hostile_strings_are_read_back_as_typed(make_project: MakeProject) -> None:
    texts = hostile_strings(2000)
    quote = {"speaker": "a", "text": "\n\n".join([*texts[:1000], "and so on"]), "sources": "s"}
    actor = {"name": "A", "summary": "\n\n".join(map(escape_text, texts[1000:]))}
    files = {"quotes/q.yml": quote, "actors/a.yml": actor, "sources/s.yml": {"title": "S"}}
    project = make_project({name: yaml.safe_dump(record, allow_unicode=True) for name, record in files.items()})
    lines = {line.strip().strip("“”") for page in words_of(set_book(project.root)) for line in page.splitlines()}
    lost = [text for text in texts if text.strip("“”") not in lines]
    assert lost == []


RICH = {
    "briefing.yml": "title: Harbour\nbook: {pages: [method.md]}\n",
    "method.md": "# How we work\n\n## By hand\n\nSee [the vote](events/vote.md) and [elsewhere](https://example.org/a).[^1]\n\n"
    '| Who | How many |\n|-----|---------:|\n| Jane | 12 |\n\n1. One\n2. Two\n\n!!! note "Beware"\n    Of the tide.\n\n'
    "![The pier from above](assets/pier.png)\n\n```\ncode <here>\n```\n\n[^1]: A footnote.\n",
    "actors/jane.yml": "name: Jane Doe\nimage: {src: assets/pier.png, alt: Jane on the pier, credit: Photo by Ann}\n",
    "actors/otto.yml": "name: Otto Roe\n",
    "events/vote.yml": "title: The vote\ndate: 2024-05-17\nparticipants: jane\ntags: pier\nsources: minutes\n",
    "events/fair.yml": "title: The fair\ndate: 2023\nparticipants: otto\nfollows: []\nsummary: Before [[vote]].\n",
    "quotes/q.yml": "speaker: jane\ntext: We will build it.\nevent: vote\nsources: {source: minutes, url: 'https://example.org/m'}\n",
    "sources/minutes.yml": "title: Minutes\nurl: https://example.org/minutes\n",
}


@pytest.fixture
def rich(make_project: MakeProject) -> Path:
    root = make_project(RICH).root
    (root / "docs" / "assets").mkdir()
    (root / "docs" / "assets" / "pier.png").write_bytes(PNG)
    return root


def test_chapters_and_pictures_are_in_the_book(rich: Path) -> None:
    book = set_book(rich, "--links", "print")
    text = " ".join(" ".join(words_of(book)).replace("\N{NO-BREAK SPACE}", " ").split())
    vote = pages_of_records(book)["events/vote"]
    assert "See the vote and elsewhere <https://example.org/a>.1" in text
    for words in (
        "By hand",
        "Jane 12",
        "1. One 2. Two",
        "Beware Of the tide.",
        "code <here>",
        "A footnote.",
        "Photo by Ann",
    ):
        assert words in text, words
    assert [link.to for link in links_of(book) if link.words == "the vote"] == [vote]
    assert broken_rules(book) == []
    with pikepdf.open(book) as pdf:
        alts = {
            str(item.get("/Alt")) for item in pdf.objects if isinstance(item, pikepdf.Dictionary) and "/Alt" in item
        }
    assert {"The pier from above", "Jane on the pier"} <= alts


def test_dossier_has_what_touches_its_record_and_says_the_rest_in_words(rich: Path) -> None:
    book = set_book(rich, "--actor", "otto")
    assert book == rich / "build" / "dossiers" / "actors" / "otto.pdf"
    text = " ".join(" ".join(words_of(book)).split())
    assert "Dossier from “Harbour”" in text
    assert "Before The vote." in text
    assert "We will build it" not in text
    kept = set(pages_of_records(book))
    assert kept >= {"actors/otto", "events/fair"}
    assert "events/vote" not in kept


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        (["--actor", "jane"], {"actors/jane", "events/vote", "quotes/q", "sources/minutes"}),
        (
            ["--event", "vote"],
            {"actors/jane", "actors/otto", "events/fair", "events/vote", "quotes/q", "sources/minutes"},
        ),
        (["--tag", "pier"], {"actors/jane", "events/vote", "sources/minutes"}),
        (["--until", "2023-12"], {"actors/otto", "events/fair"}),
        (["--since", "2024-05-17", "--until", "2024-05-17"], {"actors/jane", "events/vote", "sources/minutes"}),
        (["--actor", "otto", "--since", "2024"], {"actors/otto"}),
    ],
)
def test_selections_hold_what_they_say(rich: Path, options: list[str], kept: set[str]) -> None:
    assert attached_keys(set_book(rich, *options)) == kept


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--actor", "jan"], "There is no actor 'jan'. Did you mean 'jane'?"),
        (["--tag", "peir"], "No record has the topic 'peir'. Did you mean 'pier'?"),
        (["--since", "2030"], "No record fulfils this selection."),
        (["--since", "yesterday"], "'yesterday' is not a date."),
    ],
)
def test_selection_of_nothing_is_refused_in_one_line(rich: Path, options: list[str], said: str) -> None:
    done = command("briefbook", "pdf", *options, cwd=rich)
    assert done.returncode in (1, 2)
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_picture_that_is_none_is_named_with_its_place(rich: Path) -> None:
    (rich / "docs" / "assets" / "pier.png").write_bytes(b"no picture")
    done = command("briefbook", "pdf", cwd=rich)
    assert done.returncode == 1
    said = "docs/actors/jane.yml:2:14: error: image.src: 'assets/pier.png' cannot be read as a picture."
    assert said in done.stderr


def test_template_that_drops_a_record_fails_the_build(rich: Path) -> None:
    templates = rich / "templates" / "book"
    templates.mkdir(parents=True)
    entries = (package_templates() / "book" / "entries.typ").read_text()
    kept = entries.replace("for said in entry.quotes { quotation(said) }", "")
    assert kept != entries
    (templates / "entries.typ").write_text(kept)
    done = command("briefbook", "pdf", cwd=rich)
    assert done.returncode == 1
    assert (
        "The book lacks quotes/q, quotes/q#0. Do the templates in templates/book lay out all they get?" in done.stderr
    )


def test_build_puts_the_books_on_the_site_and_sets_them_once(tmp_path: Path) -> None:
    folder = start_briefing(tmp_path / "new")
    card = folder / "docs" / "briefing.yml"
    card.write_text(card.read_text() + "book: {dossiers: [actors]}\n")
    done = command("briefbook", "build", "--strict", "--pdf", cwd=folder)
    assert done.returncode == 0, done.stderr
    site = folder / "build" / "site"
    books: Mapping[str, int] = {
        path.relative_to(site).as_posix(): (folder / "build" / path.relative_to(site)).stat().st_mtime_ns
        for path in site.rglob("*.pdf")
    }
    actors = sorted(path.stem for path in (folder / "docs" / "actors").glob("*.yml"))
    assert sorted(books) == ["briefing.pdf", *(f"dossiers/actors/{name}.pdf" for name in actors)]
    assert 'href="briefing.pdf"' in (site / "index.html").read_text()
    assert f'href="../../dossiers/actors/{actors[0]}.pdf"' in (site / "actors" / actors[0] / "index.html").read_text()
    assert command("briefbook", "build", "--strict", "--pdf", cwd=folder).returncode == 0
    assert {name: (folder / "build" / name).stat().st_mtime_ns for name in books} == books

"""The book: Markdown as its nodes, and whole books set for real and read as PDF."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.book import compose_book
from generator.characters import turns
from generator.markup import Markup, Reading
from generator.paging import EN_DASH
from generator.pipeline import read_briefing
from generator.project import Project, package_templates
from generator.prose import escape_text
from generator.words import load_words
from tests.conftest import MakeProject
from tests.sites import command, copy_first_briefing
from tests.standards import broken_rules

MARKUP = Markup(Reading(), {"actors/f"}, {"a.png": "image-0.png"}.get)
FILES = {
    "actors/jane.yml": "name: Jane Doe\naliases: Mayor Doe\nsummary: Met [[vote|the council]].\nsources: minutes\n",
    "quotes/q.yml": "speaker: jane\ntext: We will build it.\nevent: vote\nsources: {source: minutes, at: p. 4}\n",
    "events/vote.yml": "title: The vote\ndate: 2024-05-17\nplace: Pier\ntags: harbour\nparticipants: jane\n",
    "sources/minutes.yml": "title: Minutes\npublisher: The council\n",
}


def test_markdown_becomes_nodes_as_the_site_reads_it() -> None:
    text = 'A *b* `c<d` [e](#actors/f "p") <b onclick=x>g</b><script>h</script> &lt;i&gt;[^1]\n\n[^1]: Note.'
    assert MARKUP.blocks(text) == [
        {
            "t": "p",
            "c": [
                "A ",
                {"t": "em", "c": ["b"]},
                " ",
                {"t": "code", "s": "c<d"},
                " ",
                {"t": "ref", "key": "actors/f", "c": ["e"], "page": True},
                " ",
                {"t": "strong", "c": ["g"]},
                " <i>",
                {"t": "note", "c": ["Note."]},
            ],
        }
    ]


def test_tables_lists_and_admonitions_become_nodes() -> None:
    text = "| a | b |\n|---|--:|\n| 1 | 2 |\n\n3. x\n4. y\n\n!!! note\n    z\n"
    table, numbers, box = MARKUP.blocks(text)
    assert table == {"t": "table", "columns": 2, "align": ["", ""], "head": [["a"], ["b"]], "rows": [[["1"], ["2"]]]}
    items = [[{"t": "p", "c": ["x"]}], [{"t": "p", "c": ["y"]}]]
    assert numbers == {"t": "ol", "start": 1, "items": items}
    assert box == {"t": "box", "title": ["Note"], "c": [{"t": "p", "c": ["z"]}]}


@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1))
def test_plain_text_is_read_back_as_typed(text: str) -> None:
    assert list(MARKUP.inline(escape_text(text))) == [text]


def test_book_has_each_record_and_citation_once_and_short_notes_after_the_first(make_project: MakeProject) -> None:
    briefing, _ = read_briefing(make_project(FILES))
    book = compose_book(briefing, load_words("en", [package_templates()]), Reading(), [package_templates()])
    assert book.expected == {*briefing.records, "actors/jane#0", "quotes/q#0", "places/pier", "tags/harbour"}
    event = book.content["chronicle"][0]["entries"][0]
    assert [quote["key"] for quote in event["quotes"]] == ["quotes/q"]
    full, short = book.content["actors"][0]["cites"][0], event["quotes"][0]["cites"][0]
    assert full["c"][0]["c"] == ["“Minutes”, The council"]
    assert (short["c"][0]["c"], short["c"][1]) == (["The council, “Minutes”"], ", p. 4")
    assert [entry["label"] for entry in book.content["index"]] == ["harbour", "Jane Doe", "Mayor Doe", "Pier"]


def _pages_of_records(pdf: pikepdf.Pdf) -> dict[str, int]:
    """Return {key of a record: number of the page that its heading is on}, as the PDF's destinations say."""
    numbers = {page.objgen: number for number, page in enumerate(pdf.pages, start=1)}
    tree = pikepdf.NameTree(pdf.Root.Names.Dests)
    return {str(name): numbers[target[0].objgen] for name, target in tree.items()}  # type: ignore[index]


@pytest.mark.slow
def test_first_briefing_becomes_a_book_with_every_record_and_the_same_twice(tmp_path: Path) -> None:
    folder = copy_first_briefing(tmp_path / "first")
    target = folder / "build" / "briefing.pdf"
    made = []
    for paper in ("a4", "a4", "letter"):
        done = command("briefbook", "pdf", "--strict", "--paper", paper, cwd=folder)
        assert done.returncode == 0, done.stderr
        made.append(target.read_bytes())
    assert made[0] == made[1]
    briefing, _ = read_briefing(Project(folder))
    with pikepdf.open(target) as pdf:
        assert pdf.pages[0].mediabox[2] == Decimal(612)
        assert set(_pages_of_records(pdf)) >= set(briefing.records)
        assert list(pdf.attachments) == ["records.json"]
        assert b"Vladimir Putin" in pdf.attachments["records.json"].get_file().read_bytes()
        with pdf.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "A")
            assert metadata["pdfuaid:part"] == "1"
    assert sorted(path.name for path in target.parent.iterdir() if path.name.startswith(".book")) == []


@pytest.mark.slow
def test_character_without_a_font_fails_with_its_place_and_keeps_the_last_book(make_project: MakeProject) -> None:
    project = make_project(FILES)
    assert command("briefbook", "pdf", cwd=project.root).returncode == 0
    before = (project.root / "build" / "briefing.pdf").read_bytes()
    (project.root / "docs" / "quotes" / "q.yml").write_text(FILES["quotes/q.yml"].replace("build", "\ue123"), "utf-8")
    done = command("briefbook", "pdf", cwd=project.root)
    assert done.returncode == 1
    assert "docs/quotes/q.yml:2:15: error: text: no font has '\ue123' (U+E123, no character)." in done.stderr
    assert "Traceback" not in done.stderr
    assert (project.root / "build" / "briefing.pdf").read_bytes() == before


@pytest.mark.slow
def test_names_from_right_to_left_leave_what_is_beside_them_in_its_place(make_project: MakeProject) -> None:
    sources = {"sources/minutes.yml": "title: Minutes\nsummary: Before [[m]] 567 after\n"}
    actors = {f"actors/{id}.yml": f"name: {name}\n" for id, name in {"jane": "אבג", "m": "محمد", "z": "שלום"}.items()}
    project = make_project({**FILES, **sources, **actors})
    assert command("briefbook", "pdf", cwd=project.root).returncode == 0
    lines = {"".join(line) for line in lines_of(project.root / "build" / "briefing.pdf")}
    assert "Before دمحم 567 after".replace(" ", "") in lines
    (in_contents,) = (line for line in lines if "دمحم..." in line)
    assert re.fullmatch(r"دمحم\.+\d+", in_contents)
    assert f"Who’swhoגבא{EN_DASH}םולש" in lines  # above the page that has the first name and the last


def test_bookmarks_are_whole_names_and_set_apart_what_stands_among_other_words(make_project: MakeProject) -> None:
    actors = {"actors/m.yml": "name: محمد\n", "actors/h.yml": "name: Café (אבג) 12\n"}
    chapter = {"method.md": "# How\n\n## Before [[m]] 567 after\n\nWords.\n"}
    project = make_project({**FILES, **actors, **chapter, "briefing.yml": "title: B\nbook: {pages: method.md}\n"})
    assert command("briefbook", "pdf", cwd=project.root).returncode == 0
    with pikepdf.open(project.root / "build" / "briefing.pdf") as pdf, pdf.open_outline() as outline:
        titles = [*titles_in(outline.root)]
    named = {title for title in titles if turns(title)}
    assert named == {"محمد", "Café (אבג) 12", "Before \u2068محمد\u2069 567 after"}
    assert {"Jane Doe", "The vote", "Minutes", "How"} <= {*titles}


def titles_in(items: Iterable[pikepdf.OutlineItem]) -> Iterator[str]:
    for item in items:
        yield item.title
        yield from titles_in(item.children)


def lines_of(file: Path) -> Iterator[list[str]]:
    """Yield the lines of a PDF, the signs of each from left to right."""
    with pypdfium2.PdfDocument(file) as document:
        for page in document:
            text = page.get_textpage()
            lines = defaultdict[int, list[tuple[float, str]]](list)
            for at in range(text.count_chars()):
                sign = text.get_text_range(at, 1)
                left, low, _, high = text.get_charbox(at, loose=True)
                if sign.strip() and sign.isprintable():
                    lines[round((low + high) / 16)].append((left, sign))
            yield from ([sign for _, sign in sorted(line)] for line in lines.values())


def test_book_speaks_the_scripts_of_its_records(make_project: MakeProject) -> None:
    names = "{el: Αθήνα, ru: Путин, ar: محمد, he: שלום, zh-Hans: 习近平, ja: 東京, ko: 김정은}"
    project = make_project({**FILES, "actors/jane.yml": f"name: Jane Doe\nnames: {names}\n"})
    done = command("briefbook", "pdf", cwd=project.root)
    assert done.returncode == 0, done.stderr
    assert broken_rules(project.root / "build" / "briefing.pdf") == []

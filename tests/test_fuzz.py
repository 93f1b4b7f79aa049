"""Random text for the loader and the renderer: a short run with the tests, a long one by `make fuzz`.

What is tried is the corpus beside this file, cut up, put together anew and mixed with signs; a text that was once too
much for us is kept there. Whatever comes in, there are records and problems with places, or a page that is inert.
"""

import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.characters import same_text, unclosed_direction, unseen_in, visible
from generator.errors import Problem
from generator.pipeline import check_briefing, page_maker
from generator.project import Project
from generator.weigh import weigh_markdown
from tests.test_hostile import Tags, scheme_of
from tests.test_prose import render

CORPUS = {
    folder.name: [file.read_text("utf-8") for file in sorted(folder.glob("*.txt"))]
    for folder in (Path(__file__).parent / "corpus").iterdir()
}
ACTIVE = frozenset("script style form iframe object embed svg math meta link base".split())
ADDRESSES = frozenset(("href", "src"))
SCHEMES = {"", "http", "https", "mailto"}
ODD = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from("\u200b\u202e\u2066\u0301\ufeff\x85\x02\r\t\0")
)
FOLDERS = st.sampled_from(["actors", "quotes", "events", "sources"])


def mixed(kind: str, signs: str) -> st.SearchStrategy[str]:
    """Return texts made of parts of a corpus, words of it, signs that mean something, and anything else."""
    words = sorted({word for text in CORPUS[kind] for word in re.findall(r"\w+|\W", text)})
    lines = sorted({line for text in CORPUS[kind] for line in text.splitlines(keepends=True)})
    part = (
        st.sampled_from(lines)
        | st.sampled_from(words)
        | st.sampled_from(signs)
        | ODD.filter(lambda text: len(text) < 9)
    )
    return st.lists(part, max_size=40).map("".join) | st.sampled_from(CORPUS[kind])


def check(files: Mapping[str, str | bytes]) -> tuple[Project, list[Problem], dict[str, str]]:
    """Check a briefing of these files; return it, its problems, and its pages when it has no errors."""
    with tempfile.TemporaryDirectory() as folder:
        project = Project(Path(folder))
        for name, data in {"briefing.yml": "title: T\n", **files}.items():
            path = project.root / "docs" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data if isinstance(data, bytes) else data.encode())
        briefing, problems = check_briefing(project)
        is_good = not any(problem.severity == "error" for problem in problems)
        pages = {page.path: page.text for page in page_maker(briefing, project).all()} if is_good else {}
        return project, list(problems), pages


def assert_places(problems: list[Problem], text: str) -> None:
    """Assert that each problem is on one line and names a spot that is in the text."""
    lines = re.split(r"\r\n|\r|\n", text)
    for problem in problems:
        assert "\n" not in problem.sentence
        assert visible(problem.sentence) == problem.sentence
        if problem.place.path != "docs/briefing.yml":
            assert 1 <= problem.place.line <= len(lines)
            assert 1 <= problem.place.column <= len(lines[problem.place.line - 1]) + 2


def assert_inert(html: str) -> None:
    for tag, attributes in Tags(html).tags:
        assert tag not in ACTIVE
        assert [name for name in attributes if name.startswith("on")] == []
        assert {scheme_of(attributes[name] or "") for name in ADDRESSES & attributes.keys()} <= SCHEMES


def try_yaml(folder: str, text: str) -> None:
    """Assert that some YAML is a record or a problem."""
    _, problems, pages = check({f"{folder}/a.yml": text})
    assert problems or pages
    assert_places(problems, text)


def try_page(text: str) -> None:
    """Assert that some Markdown is a page that is inert, or a problem."""
    _, problems, pages = check({"page.md": text})
    assert_places(problems, text)
    if pages:
        assert_inert(render(pages["page.md"]))


def try_prose(text: str) -> None:
    """Assert that some Markdown in a record is inert, or a problem."""
    lines = "".join(f"  {line}\n" for line in re.split(r"\r\n|\r|\n", text))
    _, problems, pages = check({"events/e.yml": f"title: E\ndate: 2024\nsummary: |2\n{lines}", "page.md": "[[e]]\n"})
    assert problems or pages
    if pages:
        assert_inert(render(pages["events/e.md"]))


@given(FOLDERS, mixed("yaml", "[]{}:,-?&*!|>'\"%@`#\n  "))
def test_any_yaml_is_a_record_or_a_problem(folder: str, text: str) -> None:
    try_yaml(folder, text)


@given(FOLDERS, st.binary(max_size=200))
def test_any_bytes_are_a_record_or_a_problem(folder: str, data: bytes) -> None:
    _, problems, pages = check({f"{folder}/a.yml": data, "page.md": data, "briefing.yml": data})
    assert problems
    assert not pages


@given(mixed("markdown", "[]()!*_`<>#|:^&\\{}~=+-.\n  "))
def test_any_page_is_inert_or_a_problem(text: str) -> None:
    try_page(text)


@given(mixed("markdown", "[]()!*_`<>#|:^&\\{}~=+-.\n  "))
def test_any_prose_is_inert_or_a_problem(text: str) -> None:
    try_prose(text)


@given(ODD)
def test_texts_about_characters_hold_for_any_text(text: str) -> None:
    assert unseen_in(visible(text)) is None
    assert same_text(same_text(text)) == same_text(text)
    start = unclosed_direction(text)
    assert start is None or text[start] in "\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069"


@pytest.mark.parametrize("active", ["<form>", '<p title=">" onclick="f()">', '<a href="java&#115;cript:f()">'])
def test_what_is_active_is_seen(active: str) -> None:
    with pytest.raises(AssertionError):
        assert_inert(active)


@pytest.mark.parametrize("kind", CORPUS)
def test_nothing_in_the_corpus_is_too_much(kind: str) -> None:
    assert [text for text in CORPUS[kind] if weigh_markdown(text)] == []

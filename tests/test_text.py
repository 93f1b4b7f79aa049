"""Names, titles and quotes are read on the page as they were typed; ids and what is compared are in one form (NFC)."""

import re

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator.characters import unclosed_direction, unseen_in
from generator.pipeline import check_briefing, page_maker
from generator.project import Project
from tests.conftest import MakeProject
from tests.test_prose import render, text_of

TYPED = [
    "محمود عباس",
    "김정은 위원장",
    "ראש הממשלה (12) לשעבר",
    "\u1100\u1161\u11a8",  # Hangul letter by letter
    "😀 👩\u200d💻 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f 🇰🇵",
    "Cafe\u0301 and Café",  # the same letter, typed in two ways
    "Z̴a̶l̷g̵o̸",
    "می\u200cخواهم",
    "क\u094d\u200dष",
    "a < b & c > d &amp; &lt;p&gt; </h1>",
    "{{ x }} {% raw %} {# c #}",
    "*a* **b** _c_ `d` ~~e~~ ==f== ^g^ $h$",
    "a | b || c",
    r"back\slash \* \\ C:\new\table",
    "[a](b) ![c](d) [[e]] [^1] [x]: y *[z]: w",
    "# 1. - + > : = ! ::: --- ***",
    "\"double\" 'single' “curly” ‹angle›",
    "straight-line -- --- ... (c)",
    "soft\u00adhyphen no\u00a0break",
]
letters = st.characters(exclude_categories=["Cc", "Cs", "Cn", "Zl", "Zp"]) | st.sampled_from(
    "<&{*_|\\[]`#~'\" \u0301김ح😀"
)
texts = (
    st.text(letters, min_size=1, max_size=40)
    .map(lambda text: " ".join(text.split()))
    .filter(lambda text: text and not unseen_in(text) and unclosed_direction(text) is None)
)


def pages_of(project: Project, typed: str) -> dict[str, str]:
    """Return the text of the pages, as HTML has it, of an actor, a quote and a source with these words."""
    records = {
        "actors/a": {"name": typed, "description": typed, "aliases": [f"{typed} II"]},
        "sources/s": {"title": typed, "publisher": typed},
        "quotes/q": {"speaker": "a", "text": typed, "sources": {"source": "s", "at": typed}},
        "events/e": {"title": typed, "date": "2024", "about": "q"},
    }
    for name, fields in records.items():
        path = project.root / "docs" / f"{name}.yml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump(fields, allow_unicode=True), "utf-8")
    briefing, problems = check_briefing(project)
    assert [str(problem) for problem in problems if problem.severity == "error"] == []
    pages = {page.path: page.text for page in page_maker(briefing, project).all()}
    return {f"{name}.md": render(re.sub(r"\A---\n.*?\n---\n", "", pages[f"{name}.md"], flags=re.S)) for name in records}


def assert_reads(pages: dict[str, str], typed: str) -> None:
    """Assert that the words are on each page as typed, and where titles stand."""
    wanted = " ".join(typed.split())
    for path, page in pages.items():
        title = re.search(r"<h1[^>]*>(.*?)</h1>", page, re.S)
        assert title, path
        if path != "quotes/q.md":
            assert " ".join(text_of(title[1]).split()) == wanted
        assert wanted in " ".join(text_of(page).split()), path
    (quote,) = re.findall(r'<blockquote class="bb-quote"[^>]*>(.*?)</blockquote>', pages["quotes/q.md"], re.S)
    assert " ".join(text_of(quote).split()) == wanted


@pytest.mark.parametrize("typed", TYPED)
def test_what_is_typed_is_read(make_project: MakeProject, typed: str) -> None:
    assert_reads(pages_of(make_project({}), typed), typed)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(typed=texts)
def test_whatever_is_typed_is_read(make_project: MakeProject, typed: str) -> None:
    assert_reads(pages_of(make_project({}), typed), typed)


def test_what_is_compared_is_in_one_form_and_what_is_quoted_is_not_touched(make_project: MakeProject) -> None:
    decomposed, composed = "Cafe\u0301 Re\u0301gence", "Café Régence"
    briefing, problems = check_briefing(
        make_project(
            {
                "actors/a.yml": f"name: {composed}\ntags: [{decomposed}]\nimage: {{src: assets/cafe\u0301.png, alt: A}}\n",
                "assets/café.png": "x",
                "sources/s.yml": f"title: {decomposed}\ntags: [{composed}]\nsummary: '[A](assets/cafe\u0301.png)'\n",
                "quotes/q.yml": f"speaker: a\ntext: {decomposed}\nsources: s\n",
                "events/e.yml": f"title: E\ndate: 2024\nabout: q\nplace: {decomposed}\nsummary: At the {decomposed}.\n",
                "events/f.yml": f"title: F\ndate: 2024\nabout: e\nplace: {composed}\nfollows: e\n",
            }
        )
    )
    assert [str(problem) for problem in problems if "nothing refers" not in problem.message] == []
    assert {tag for record in briefing.records.values() for tag in record.tags} == {composed}
    assert briefing.records["quotes/q"].model_dump()["text"] == decomposed
    assert briefing.records["sources/s"].caption == decomposed
    mentioned = {link.key for links in briefing.backlinks["actors/a"].values() for link in links}
    assert "events/e" in mentioned  # the name is found as it was typed there

"""What people type, on its way into Markdown: plain text reads as typed, prose cannot reach beyond its field."""

import html
import re
from pathlib import Path

import markdown
import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from generator.prose import Verbatim, Wiki, Words, escape_text, read_page, read_prose, tame_words
from generator.sanitise import SanitiseExtension

EXTENSIONS = yaml.load(Path("mkdocs.yml").read_text("utf-8"), yaml.BaseLoader)["markdown_extensions"]
SIGNS = "\\`*_{}[]()<>#+-.!|~^=:@$&\"'/%;,? \n0129aZé김ح中😀\u0301\u200d"
typed = st.text(
    st.sampled_from(SIGNS) | st.characters(exclude_categories=("Cc", "Cs", "Cn", "Zl", "Zp", "Zs")), max_size=60
)
one_line = typed.map(lambda text: " ".join(text.split())).filter(bool)


def render(text: str) -> str:
    names = [next(iter(name)) if isinstance(name, dict) else name for name in EXTENSIONS if name != "briefbook"]
    settings = {"toc": {"permalink": True}}
    return markdown.markdown(text, extensions=[*names, SanitiseExtension()], extension_configs=settings)


def tags_of(page: str) -> str:
    """Return the tags of a page with the names of their attributes, and the values only of addresses and classes."""
    tags = " ".join(re.findall("<[^>]*>", page))
    return re.sub(r'(?<!href)(?<!src)(?<!class)(?<!id)="[^"]*"', '=""', tags)


def text_of(page: str) -> str:
    without_permalinks = re.sub(r'<a class="headerlink".*?</a>', "", page)
    return html.unescape(re.sub(r"<[^>]*>", "", without_permalinks))


@settings(max_examples=400, deadline=None)
@given(one_line)
@example("]:")
@example("[x]: y")
def test_plain_text_reads_as_typed_in_a_paragraph_a_heading_a_list_and_a_link(text: str) -> None:
    escaped = escape_text(text)
    page = render(f"# {escaped}\n\n{escaped}\n\n- [{escaped}](page.md)\n\nLabel\n:   {escaped}\n")
    assert page.count("<h1") == 1
    found = [
        text_of(part)
        for part in re.findall(r"<h1[^>]*>(.*?)</h1>|<p>(.*?)</p>|<a [^>]*>(.*?)</a>|<dd>(.*?)</dd>", page, re.S)
        for part in part
        if part
    ]
    assert [" ".join(words.split()) for words in found] == [text] * 4


HOSTILE = st.lists(
    st.sampled_from(
        [
            "<script>",
            "</div>",
            "<div>",
            "<!--",
            "-->",
            "```",
            "~~~",
            "`",
            "{: onclick=x }",
            "[x]: javascript:1",
            "[^1]",
            "[^1]: f",
            "*[a]: b",
            "\n",
            "\n\n",
            "    ",
            "# ",
            "===",
            "---",
            "[",
            "](",
            ")",
            "javascript:alert(1)",
            "<b onclick=x>",
            "&lt;",
            "> ",
            "- ",
            "1. ",
            "!!! note",
            "|",
            "[TOC]",
            "word",
            "<http://x>",
            "![",
            "\\",
        ]
    ),
    max_size=14,
).map("".join)


@settings(max_examples=400, deadline=None)
@given(HOSTILE)
def test_prose_cannot_reach_beyond_its_field(text: str) -> None:
    tame = "".join(
        tame_words(piece.text) if isinstance(piece, Words) else piece.text if isinstance(piece, Verbatim) else ""
        for piece in read_prose(text, "field")
    )
    page = render(f'<div class="bb-note" markdown>\n\n{tame}\n\n</div>\n\n## After\n\nWord [x] a.\n')
    assert re.search(r"<h2 id=\"after[_0-9]*\">After<a [^>]*>¶</a></h2>\n<p>Word \[x\] a\.</p>", page)
    assert not re.search(r"<(script|form|iframe|style)|\son\w+=|javascript:", tags_of(page))


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>x</script>",
        "<img src=x onerror=y>",
        "[a](javascript:x)",
        "<a href='data:text/html,x'>a</a>",
        "<form><input></form>",
        "text {: onclick=x style=position:fixed }",
        "<div id=__config>x</div>",
        "<img src=//other.example/x.png>",
        "<svg onload=x>",
        "<meta http-equiv=refresh content=0>",
        "<iframe src=x></iframe>",
        "<div class='md-header'>x</div>",
        "<math><mi href=x>",
    ],
)
def test_the_sanitiser_lets_nothing_active_out_of_a_page(hostile: str) -> None:
    page = render(f"Before\n\n{hostile}\n\nAfter")
    assert (
        re.search(
            r"on\w+=|javascript:|data:|<script|<svg|<form|<meta|<iframe|<math|__config|other\.example|md-header|fixed",
            tags_of(page),
        )
        is None
    )
    assert "Before" in page


def test_what_material_needs_survives_the_sanitiser() -> None:
    page = render(
        "!!! note\n    Text\n\n| a |\n|:-:|\n| b |\n\n```python\nx = 1\n```\n\n## Head\n\nA[^1]\n\n[^1]: Foot\n"
    )
    for wanted in (
        'class="admonition note"',
        '<td class="bb-center">',
        'class="highlight"',
        'class="headerlink"',
        'class="footnote-ref"',
        '<span class="n">',
    ):
        assert wanted in page


def test_the_words_of_a_link_may_go_on_in_the_next_line() -> None:
    text = "See [[a|the\n  mayor]], [[b|no\n\nparagraphs]] and a table's [[c\\|cell]]."
    found = [
        piece for pieces in (read_page(text), read_prose(text, "x")) for piece in pieces if isinstance(piece, Wiki)
    ]
    assert [(piece.target, piece.words) for piece in found] == [("a", "the mayor"), ("c", "cell")] * 2


def test_links_to_records_are_found_outside_code_only() -> None:
    pieces = read_page("[[a]] `[[b]]` [[c|words]]\n\n```\n[[d]]\n```\n\n    [[e]] <a>[[f]]</a> [g](h) \\[[i]]\n")
    assert [piece.target for piece in pieces if isinstance(piece, Wiki)] == ["a", "c", "e"]


@pytest.mark.parametrize(
    "pattern",
    ["![", "[", "`", "[a](", "<", "**a ", "> ", "[[a|", "\\", "`` ` ", "[a[", "{:", "<a ", "<a>", "<!--", "-- "],
)
def test_reading_takes_time_in_step_with_the_length(pattern: str) -> None:
    # Not timed: with a quadratic pattern, this many characters would take minutes.
    text = pattern * (300_000 // len(pattern))
    assert sum(1 for _ in read_prose(text, "x")) > 0
    assert sum(1 for _ in read_page(text)) > 0

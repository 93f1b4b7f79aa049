"""What is rendered without Python-Markdown is what Python-Markdown, the site's extensions and the sanitiser make of it."""

import posixpath
from pathlib import Path, PurePosixPath

import markdown
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from mkdocs.structure.files import File, InclusionLevel

from generator.addresses import Addresses
from generator.constructs import SETTINGS, Heading, Target, knows, render
from generator.markup import EXTENSIONS
from generator.prose import escape_text, tame_words

CORPUS = Path(__file__).parent / "corpus" / "markdown"
PIECES = (
    "word|Two words|  \n|\n|\n\n|- |# |## | {: #place }|*|**|_|`|[|]|](|)|](../actors/jane-doe.md)|](<https://example.org/a?b=1&c=2>)"
    "|![|[![|](<../pictures/x.svg>)](../timeline.md)|](<../pictures/x.svg>)|\\|\\*|\\[|\\]|&amp;|&lt;|&#124;|&nbsp;|&|<|>|<b>|</b>|<span class=\"bb-details\">|</span>|<br>"
    "|<div class=\"bb-list\" data-pagefind-ignore markdown>|</div>|<p class=\"bb-lead\" markdown>|</p>|<blockquote lang=\"ko\" "
    "dir=\"ltr\" class=\"bb-quote\" markdown>|</blockquote>|<figure class=\"bb-view\" markdown>|</figure>|:   |1. |> |!|:|\"|'|é|한국|العربية|\u00a0|=|---|{|}|(|)|#|.|1|+"
).split("|")  # fmt: skip


def slowly(text: str) -> tuple[str, list[Heading]]:
    names = [name for name in EXTENSIONS if name != "pymdownx.superfences"]
    converter = markdown.Markdown(
        extensions=["toc", *names, "pymdownx.details", "pymdownx.highlight", "pymdownx.superfences", "briefbook"],
        extension_configs=SETTINGS,
    )
    html = converter.convert(text)
    found: list[Heading] = []

    def gather(tokens: object) -> None:
        assert isinstance(tokens, list)
        for token in tokens:
            found.append(Heading(token["level"], token["id"], token["name"]))
            gather(token["children"])

    gather(converter.toc_tokens)  # type: ignore[attr-defined]
    return html, found


class UpView:
    """What a page sees that sees all above it, at the addresses that are written."""

    def __init__(self) -> None:
        self.links: dict[str, str] = {}

    def find(self, written: str) -> Target | None:
        return Target(written, self.links) if written.startswith("../") else None

    def link(self, written: str) -> str | None:
        return self.links.get(written)


def same(text: str) -> bool:
    """Tell whether a text is known, and see that it then is rendered as it should be."""
    view = UpView()
    content = render(text, view)
    assert content == render(text, view)  # once more, with the links that it has
    if content:
        html, headings = slowly(text)
        assert content.html == html
        assert list(content.headings) == headings
    return content is not None


@settings(max_examples=600, deadline=None)
@given(st.lists(st.sampled_from([*PIECES, "|", "| a | b |\n|---|---|\n| c | d |"]), max_size=14).map("".join))
@example("- one\n- two\n\n- three")
@example('Words\n\n<div class="bb-list" data-pagefind-ignore markdown>\n\n</div>\n\nWords')
@example("# C\\#\n\n## Same\n\n## Same\n\n## 한국")
@example('[![a\\] *b* "c"](<../pictures/x.svg>)](../timeline.md) [![](<../pictures/x.svg>)](../map.md)')
@example("- # heading")
@example("Term\n:   one  \ntwo\n\nOther\n:   three\n\ntext")
@example("![a\\*b &lt; c](<../pictures/x.svg>) ![a](b)")
@example("text\n- no list")
@example(
    '- see![a](../b.md) and [c](<https://example.org/[d]>) <span class="bb-seen">[e](../f.md) <b>g</b> h</span> [i](../j.md)!'
)
@example('- <span class="bb-details">one <span class="bb-step">two</span></span> <b>three [four](../five.md)</b>')
@example('- <span class="bb-page">one</span> <b>[two ](../three.md)</b>')
@example("| a |\n|---|\n| |\n")
@example("text <b>open\n\nshut</b>")
@example("<details class='bb-x' markdown>\n<summary>1. one</summary>\n\ntwo\n\n</details>")
@example('<details class="bb-x" markdown>\n<summary>2010. one</summary>\n\n</details>')
@example('<details class="bb-x" markdown>\n<summary>a  b_c_d __e__ </summary>\n\n# F\n\n</details>')
@example('<details class="bb-x" markdown>\n\none\n\n</details>')
@example('<div class="bb-x" markdown>\n\n<details class="bb-x" markdown>\n<summary>a</summary>\n\n</div>\n\n</details>')
def test_whatever_is_known_is_rendered_as_python_markdown_does(text: str) -> None:
    same(text)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=40))
def test_plain_words_are_known_and_rendered_as_they_are(words: str) -> None:
    for text in (escape_text(words), tame_words(words)):
        same(f'# {text}\n\n<p class="bb-lead" markdown>{text}</p>\n\n- [{text}](../a/b.md) <b>{text}</b>\n\n{text}')


@pytest.mark.parametrize("file", sorted(CORPUS.iterdir()), ids=lambda file: file.stem)
def test_kept_texts_are_rendered_as_python_markdown_does(file: Path) -> None:
    for block in file.read_text("utf-8").split("\n\n"):
        same(block)


def test_what_templates_write_is_known() -> None:
    assert same(
        "# A title &amp; more\n\n<p class=\"bb-when\" markdown>1 May 2024 · [Here](../places/here.md)</p>\n\nProse **with** "
        "[links](../actors/x.md),\nof two lines  \nand three.\n\n<div class=\"bb-facts\" markdown>\n\nType\n:   Talks\n\nPlace\n"
        ":   Here\n\n</div>\n\n## Sources {: #sources }\n\n- [One](../sources/one.md) <span class=\"bb-seen\">([read it there]"
        "(<https://example.org/?a=1&b=2>))</span>\n- Two\n\n<figure class=\"bb-view\" markdown>\n\n![A map](<../pictures/map.svg>)"
        "\n\n<details class=\"bb-evidence\" markdown>\n<summary>Rests on 2 records, it’s said</summary>\n\n- One\n\n</details>"
        "\n\n<figcaption markdown>\n\n<span class=\"bb-drawn\">3 of 4.</span> The others.\n\n</figcaption>\n\n</figure>"
    )  # fmt: skip


def test_other_extensions_or_settings_are_not_known() -> None:
    assert knows({"toc": {"permalink": True}, "tables": {}})
    assert not knows({"toc": {"permalink": False}, "tables": {}})
    assert not knows({"toc": {"permalink": True}, "smarty": {}})


def test_addresses_are_those_of_mkdocs_from_every_page_in_any_order() -> None:
    paths = (
        "index.md page.md page.x/y.md page/x.md actors/index.md actors/a.md actors/a/quotes.md actors/a/quotes/page/2.md "
        "actors/b.md quotes/a.md quotes/page/2.md quotes/README.md pictures/a.svg assets/a.pdf actors/a/a.md"
    ).split()
    for uses_folders in (True, False):
        files = {path: File(path, "docs", "site", use_directory_urls=uses_folders) for path in paths}
        for file in files.values():
            file.inclusion = InclusionLevel.INCLUDED
        addresses = Addresses(lambda path, files=files: files.get(PurePosixPath(path).as_posix()))  # type: ignore[misc]
        pages = [path for path in paths if path.endswith(".md")]
        for page in (*pages, *reversed(pages)):
            up, folder = "../" * page.count("/"), page.rpartition("/")[0]
            for target in paths:
                for written in (f"{up}{target}", f"{up}./{target}", posixpath.relpath(target, folder or ".")):
                    wanted = files[target].url_relative_to(files[page])
                    view, link = addresses.seen_from(files[page]), f"[{target}]({written}#x)"
                    content = render(link, view)
                    assert content and content.html == f'<p><a href="{wanted}#x">{target}</a></p>', (page, written)

"""Pages that attack: what the theme writes of a page outside its text is as inert as the text itself."""

import re
from html.parser import HTMLParser
from pathlib import Path

import markdown
import pytest

from generator.pipeline import check_briefing, page_maker
from generator.rendering import Renderer
from generator.sanitise import SanitiseExtension, sanitise
from tests.conftest import MakeProject
from tests.sites import REPOSITORY
from tests.test_prose import EXTENSIONS, text_of

TEMPLATES = REPOSITORY / "templates"
THEME = TEMPLATES / "theme"
SETTINGS = TEMPLATES / "init" / "mkdocs.yml"
ALIGNED = {"bb-left", "bb-center", "bb-right"}  # which the sanitiser itself gives to the cells of tables
BREAK_OUT = [
    """## One {: id='x" onclick="hit()" class="md-search' }""",
    """<h2 id='x"><meta http-equiv="refresh" content="0;url=https://evil.example/">' markdown="1">Two</h2>""",
    """## Three {: data-toc-label='<img src=x onerror="hit()">' }""",
    """## Four {: data-toc-label='&lt;img src=x onerror="hit()"&gt;' id="a<b" }""",
    """## Five <img src=x onerror="hit()"> &lt;script&gt;hit()&lt;/script&gt;""",
]


class Tags(HTMLParser):
    """Every tag of some HTML, with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def classes_in(*files: Path) -> set[str]:
    return {name for file in files for name in re.findall(r"(?<!-)\bbb-[a-z][a-z-]*[a-z]", file.read_text("utf-8"))}


def contents_of(text: str) -> str:
    """Return the links of a page's table of contents, put together as MkDocs and the theme do."""
    names = [next(iter(name)) if isinstance(name, dict) else name for name in EXTENSIONS if name != "briefbook"]
    page = markdown.Markdown(extensions=[*names, SanitiseExtension()], extension_configs={"toc": {"permalink": True}})
    page.convert(text)
    tokens = page.toc_tokens  # type: ignore[attr-defined]
    return "".join(f'<a href="#{token["id"]}" class="c">{token["name"]}</a>' for token in tokens)


@pytest.mark.parametrize("heading", BREAK_OUT)
def test_a_heading_cannot_break_out_of_the_table_of_contents(heading: str) -> None:
    ((tag, attributes),) = Tags(contents_of(heading)).tags
    assert (tag, sorted(attributes), attributes["class"]) == ("a", ["class", "href"], "c")


@pytest.mark.parametrize(
    "id", ["__config", "__search", "_x", "bb-words", "BB-Card", "pagefind-x", "PagefindComponents"]
)
def test_ids_of_the_theme_and_its_scripts_are_not_for_pages(id: str) -> None:
    assert sanitise(f'<p id="{id}">x</p>') == "<p>x</p>"


def test_classes_that_only_the_theme_and_its_scripts_write_are_not_for_pages() -> None:
    by_theme = classes_in(*THEME.rglob("*.html"), *THEME.glob("assets/*/*.js"), *THEME.glob("assets/*/*.css"))
    by_pages = classes_in(*TEMPLATES.glob("pages/*.j2"), *(REPOSITORY / "generator").glob("[!s]*.py"))
    laid_out = {name.partition("--")[0] for name in by_pages}
    interface = {name for name in by_theme if name.partition("--")[0] not in laid_out} - ALIGNED
    assert {"bb-card", "bb-search-button", "bb-hidden", "bb-page"} <= interface
    assert [name for name in interface if sanitise(f'<div class="{name}">x</div>') != "<div>x</div>"] == []
    assert [name for name in by_pages if name not in sanitise(f'<div class="{name}">x</div>')] == []


@pytest.mark.parametrize("address", ["https://[x", "//[x", "https://a:b/", "https://a\N{ACCOUNT OF}b/"])
def test_an_address_that_cannot_be_read_leaves_its_words(make_project: MakeProject, address: str) -> None:
    page = f"# Page\n\n[x]({address}) <a href='{address}'>y</a> ![z]({address})\n\n[w][w]\n\n[w]: {address}\n"
    project = make_project({"page.md": page})
    (project.root / "mkdocs.yml").write_text(SETTINGS.read_text("utf-8"), "utf-8")
    briefing, _ = check_briefing(project)
    rendered = Renderer(project, briefing, page_maker(briefing, project)).page_at("page/")
    assert rendered
    (text,) = re.findall(r"<h1.*</p>", rendered.decode("utf-8"), re.DOTALL)
    assert " ".join(text_of(text).split()) == "Page x y z w"

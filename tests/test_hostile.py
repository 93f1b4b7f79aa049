"""A briefing that attacks in every field: what no field can be is refused, and all that is built of the rest is inert."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import markdown
import pikepdf
import pypdfium2
import pytest
import yaml

from generator.fields import FieldPath, Part
from generator.pipeline import check_briefing, page_maker
from generator.project import Project
from generator.records import KINDS, BriefingInfo, Record
from generator.rendering import Renderer
from generator.sanitise import SanitiseExtension, sanitise
from tests.conftest import MakeProject
from tests.hostile import PAYLOADS, Leaf, fields
from tests.sites import REPOSITORY, command
from tests.test_prose import EXTENSIONS, render, text_of

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
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs)  # or browsers and `dict` would go by another of them
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


DRESSED = """
<div class="bb-note"><p class="bb-draft">Draft</p></div>

<blockquote class="bb-quote"><p>Words <span class="bb-badge bb-own">verified</span></p></blockquote>

# Title {: .bb-said }

<!-- Written by hand -->

| a |
| :-: |
| b |
"""


@pytest.mark.parametrize(
    "page", ["# Plain\n\nWords.\n", '# Plain\n\n<p class="bb-quote">Words</p>\n', f"\n\n{DRESSED}"]
)
def test_a_page_written_by_hand_cannot_wear_what_pages_of_records_wear(make_project: MakeProject, page: str) -> None:
    record = "title: S\nsummary: '[x](a.md) <!-- Written by hand -->'\nnote: N\n"
    project = make_project({"page.md": page, "a.md": "# A", "sources/s.yml": record})
    (project.root / "mkdocs.yml").write_text(SETTINGS.read_text("utf-8"), "utf-8")
    briefing, _ = check_briefing(project)
    renderer = Renderer(project, briefing, page_maker(briefing, project))
    by_hand, plain, of_record = (
        (renderer.page_at(path) or b"").decode("utf-8") for path in ("page/", "a/", "sources/s/")
    )
    worn = classes_worn(by_hand) - classes_worn(plain)
    assert {name for name in worn if name.startswith("bb-")} == ({"bb-center"} if "| a |" in page else set())
    assert "Words" in by_hand
    assert "Written by hand" not in by_hand
    assert "bb-note" in classes_worn(of_record)


def classes_worn(html: str) -> set[str]:
    return {name for names in re.findall(r'class="([^"]*)"', html) for name in names.split()}


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


# What is refused, and where.

STRICT: Mapping[Leaf, Iterable[str]] = {
    "url": PAYLOADS["addresses"],
    **dict.fromkeys(("date", "country", "language", "refers"), PAYLOADS["text"]),
}


def strict_fields(model: type[Part]) -> dict[FieldPath, Leaf]:
    """Return the fields of a model that take no free text, each with what it takes."""
    found: dict[FieldPath, Leaf] = {}

    def note(leaf: Leaf, at: FieldPath, _: object) -> str:
        if leaf in STRICT:
            found[at] = leaf
        return "x"

    fields(model, note)
    return found


def nested(at: FieldPath, value: str) -> object:
    for step in reversed(at):
        value = [value] if isinstance(step, int) else {step: value}  # type: ignore[assignment]
    return value


def spot_of(text: str, at: FieldPath) -> tuple[int, int]:
    """Return line and column of a value in YAML."""
    node: Any = yaml.compose(text)
    for step in at:
        node = node.value[step] if isinstance(step, int) else {key.value: value for key, value in node.value}[step]
    return node.start_mark.line + 1, node.start_mark.column + 1


@pytest.mark.parametrize("model", KINDS, ids=lambda model: model.kind)
def test_what_no_field_can_be_is_refused_where_it_stands(make_project: MakeProject, model: type[Record]) -> None:
    files: dict[str, str] = {}
    wanted = set()
    for at, leaf in strict_fields(model).items():
        for attack in STRICT[leaf]:
            name = f"{model.folder}/x{len(files)}.yml"
            files[name] = yaml.safe_dump(nested(at, attack), allow_unicode=True)
            wanted.add((f"docs/{name}", *spot_of(files[name], at)))
    _, problems = check_briefing(make_project(files))
    told = {(problem.place.path, problem.place.line, problem.place.column) for problem in problems}
    assert len(wanted) > 200
    assert wanted - told == set()


@pytest.mark.parametrize("attack", PAYLOADS["addresses"])
def test_an_address_that_is_none_is_no_link_in_prose_either(make_project: MakeProject, attack: str) -> None:
    for prose in (f"[x]({attack})", f"[x](<{attack}>)", f"<{attack}>", f"![x]({attack})", f"[x][y]\n\n[y]: {attack}"):
        record = yaml.safe_dump({"title": "T", "summary": prose}, allow_unicode=True)
        briefing, problems = check_briefing(make_project({"sources/s.yml": record}))
        if any(problem.severity == "error" for problem in problems):
            continue
        page = page_maker(briefing, Project(Path())).find("sources/s.md")
        assert page
        attributes = [attributes for _, attributes in Tags(render(page.text.partition("\n---\n")[2])).tags]
        links = [one.get("href") or one.get("src") or "" for one in attributes]
        assert [link for link in links if scheme_of(link) not in ("", "https")] == [], prose
        assert [link for link in links if "evil" in link or "script:" in link.replace(" ", "")] == [], prose


def scheme_of(address: str) -> str:
    """Return the scheme of an address as browsers read it, or nothing. Source: URL Standard, 4.4."""
    read = re.sub(r"[\t\n\r]", "", address.strip("".join(map(chr, range(33)))))
    found = re.match(r"([a-z][a-z0-9+.-]*):", read, re.IGNORECASE)
    return found[1].lower() if found else ""


@pytest.mark.parametrize("attack", PAYLOADS["ids"])
def test_an_id_is_small_letters_digits_and_hyphens(make_project: MakeProject, attack: str) -> None:
    records = yaml.safe_dump([{"id": attack, "title": "T"}], allow_unicode=True)
    _, problems = check_briefing(make_project({"sources/all.yml": records}))
    first = problems[0]
    assert (first.place.path, first.place.line, first.place.column, first.field) == ("docs/sources/all.yml", 1, 7, "id")


# What is built of all that is accepted.


@pytest.mark.slow
def test_the_site_has_no_other_kinds_of_files(hostile: Path) -> None:
    # Feeds and CSV are not written yet: whoever adds them adds here what keeps them inert.
    site = hostile / "build" / "site"
    found = {file.suffix for file in site.rglob("*") if file.is_file() and file.parts[len(site.parts)] != "pagefind"}
    assert found == {"", ".css", ".gz", ".html", ".js", ".json", ".map", ".md", ".png", ".svg", ".txt", ".xml"}


@pytest.mark.slow
def test_data_and_addresses_are_read_back_as_data(hostile: Path) -> None:
    site = hostile / "build" / "site"
    assert all(json.loads(file.read_text("utf-8")) for file in site.glob("[!p]*/**/*.json"))
    for page in site.rglob("*.html"):
        data = re.findall(
            r'<script[^>]*application/(?:ld\+)?json"?[^>]*>(.*?)</script>', page.read_text("utf-8"), re.DOTALL
        )
        assert data or page.parent.name == "pagefind"
        assert all(isinstance(json.loads(text), dict) and "<" not in text for text in data)
    addresses = [
        element.text or "" for element in ElementTree.parse(site / "sitemap.xml").iter() if "loc" in element.tag
    ]
    assert len(addresses) > 60
    assert [one for one in addresses if not re.fullmatch(r"https://example\.org/briefings/june/[a-z0-9/-]*", one)] == []


@pytest.mark.slow
def test_pictures_are_without_anything_active(hostile: Path) -> None:
    pictures = list((hostile / "build/site/pictures").rglob("*.svg"))
    assert len(pictures) > 10
    seen = ""
    for picture in pictures:
        for element in ElementTree.parse(picture).iter():
            name = element.tag.rpartition("}")[2]
            assert name not in {"script", "foreignObject", "image", "iframe", "animate", "set", "handler"}, picture
            active = [key for key in element.attrib if key.rpartition("}")[2].startswith("on")]
            leads = [value for key, value in element.attrib.items() if key.rpartition("}")[2] in ("href", "src")]
            assert (active, [one for one in leads if re.match(r"\w+:|//", one)]) == ([], []), picture
            seen += element.text or ""
    assert "<script>hit()</script>" in seen


@pytest.mark.slow
def test_templates_and_snippets_are_only_words(hostile: Path) -> None:
    site = hostile / "build" / "site"
    secret = "navigation.footer"  # is in mkdocs.yml
    assert secret in (hostile / "mkdocs.yml").read_text("utf-8")
    pages = {file: file.read_text("utf-8") for file in site.rglob("*") if file.suffix in (".html", ".md", ".json")}
    assert [file for file, text in pages.items() if re.search(rf"- {secret}|site_name:|root:x:0", text)] == []
    words = text_of(pages[site / "attacks/templates/index.html"])
    assert all(
        typed in words for typed in ("{{ 7*7 }}", '{% include "mkdocs.yml" %}', '--8<-- "mkdocs.yml"', "{!mkdocs.yml!}")
    )


@pytest.mark.slow
def test_the_book_has_words_and_links_to_the_web_and_nothing_else(hostile: Path) -> None:
    done = command("briefbook", "pdf", cwd=hostile)
    assert done.returncode == 0, done.stderr
    with pikepdf.open(hostile / "build" / "briefing.pdf") as pdf:
        parts = [part for whole in pdf.objects for part in dictionaries_in(whole)]
        keys = {key for part in parts for key in dict(part.items())}
        actions = {str(part.S) for part in parts if part.get("/Type") == "/Action" or "/URI" in part}
        addresses = {str(part.URI) for part in parts if isinstance(part.get("/URI"), pikepdf.String)}
    assert not keys & {"/JS", "/JavaScript", "/AA", "/OpenAction", "/Launch", "/RichMedia", "/XFA", "/AcroForm", "/F "}
    assert actions <= {"/URI", "/GoTo"}
    assert len(addresses) >= 3
    assert [one for one in addresses if not one.startswith(("https://example.org", "https://www.wikidata.org/"))] == []
    with pypdfium2.PdfDocument(hostile / "build" / "briefing.pdf") as document:
        words = "".join("".join(page.get_textpage().get_text_bounded() for page in document).split())
    assert [text for text in PAYLOADS["text"] if "".join(text.split()) not in words] == []


def dictionaries_in(part: Any) -> Iterator[Any]:
    """Yield a part of a PDF and all that is written into it, if they are dictionaries; not what they refer to."""
    if isinstance(part, pikepdf.Dictionary | pikepdf.Stream):
        yield part
    inner = part.values() if isinstance(part, pikepdf.Dictionary) else part if isinstance(part, pikepdf.Array) else ()
    for one in inner:
        if isinstance(one, pikepdf.Dictionary | pikepdf.Array) and not one.is_indirect:
            yield from dictionaries_in(one)


UNSEEN = ["a\u202eb", "a\u2066b", "a\u200bb", "a\ufeffb", "a\u2060b", "a\u00adb\u200d", "\u3164"]


@pytest.mark.parametrize("model", [*KINDS, BriefingInfo], ids=lambda model: model.__name__)
def test_what_cannot_be_seen_is_refused_in_every_name_and_address(make_project: MakeProject, model: type[Part]) -> None:
    leaves: dict[FieldPath, str] = {}

    def note(leaf: Leaf, at: FieldPath, _: object) -> str:
        leaves[at] = leaf
        return "x"

    fields(model, note)
    checked = 0
    for at in (at for at, leaf in leaves.items() if leaf not in ("words", "prose")):
        for unseen in UNSEEN:
            record = yaml.safe_dump(nested(at, unseen))
            name = f"{model.folder}/x.yml" if issubclass(model, Record) else "briefing.yml"
            _, problems = check_briefing(make_project({name: record}))
            told = [(problem.place.line, problem.place.column) for problem in problems if problem.severity == "error"]
            assert spot_of(record, at) in told, (at, unseen)
            checked += 1
    assert checked > 40

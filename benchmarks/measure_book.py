"""Measures the PDF book, beside other ways to make a PDF of the same records, and prints a table.

Our book: of the first briefing, of 400 invented records, and of as many more as `--records` says. Beside it, at 400
records: mkdocs-to-pdf, and WeasyPrint by itself on one HTML file. All books take turns, each in a fresh process, and
the medians are shown. What the others need is made before, and not measured: the pages as Markdown and as HTML.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from posixpath import normpath
from statistics import median
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

import click
import yaml
from tools import HERE, machine, table

SIDE_BY_SIDE = 400  # records of the book that every tool makes
KINDS = ("actors", "events", "quotes", "sources")
TOOLS = ("briefbook", "mkdocs-to-pdf", "weasyprint")
NEEDS = {"mkdocs-to-pdf": "mkdocs_to_pdf", "weasyprint": "weasyprint"}  # package -> its module
READER = "pypdfium2"  # pypdf took 1.5 s for a page, as it reads WeasyPrint's fonts again for each
PANGO = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
LIBRARIES = ("typst", "mkdocs-to-pdf", "weasyprint", "pydyf")
TITLE_LETTERS = 40  # as much of a title as stands on its first line, so that no line or page ends within it
COLUMNS = {  # heading -> what stands below it, and its decimals
    "pages": ("pages", 0),
    "records found": ("found", 0),
    "in bookmarks": ("bookmarked", 0),
    "CPU s": ("cpu", 1),
    "CPU s per 100 pages": ("per_100", 2),
    "seconds": ("seconds", 1),
    "peak MB": ("peak", 0),
    "file MB": ("size", 1),
}
STYLE = """
@page { size: A4; margin: 22mm 20mm; @bottom-center { content: counter(page); font-size: 8pt } }
body { font: 10pt/1.4 "Noto Serif", serif }
h1, h2, h3 { break-after: avoid; line-height: 1.2 }
h1 { font-size: 16pt; margin-top: 12mm } h2 { font-size: 12pt } h3 { font-size: 10pt }
table { width: 100%; border-collapse: collapse } td, th { border-bottom: 0.3pt solid; text-align: start }
img { max-width: 100% } svg { max-width: 5mm } a { color: inherit }
.headerlink, .bb-actions, .md-content__button { display: none }
"""
CONTENTS_STYLE = """
.contents { list-style: none }
.contents a::after { content: leader(".") target-counter(attr(href), page) }
"""
THEME = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{{ page.title }}</title>
<style>%s</style></head><body><article>{{ page.content }}</article></body></html>"""

Figures = dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """One book to be made: by which tool, of which records, with which command, and where it then lies."""

    tool: str
    label: str
    root: Path
    command: Sequence[str | Path]
    output: Path


def run(*command: str | Path) -> str:
    """Return what a command printed.

    Raises: ClickException when it fails, with what it said.
    """
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=_environment())
    if done.returncode:
        raise click.ClickException(f"'{' '.join(map(str, command[1:4]))}' failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def measure(book: Book) -> Figures:
    """Make the book in a fresh process and return its figures.

    Units: CPU seconds and the peak are those of the process and all that it started and waited for; the peak is
    that of the largest of them. This process must stay small: on Linux a child's peak starts at its parent's.
    """
    log = book.root.parent / "log.txt"
    start = time.perf_counter()
    with log.open("wb") as messages:
        process = subprocess.Popen(book.command, stdout=messages, stderr=messages, env=_environment())
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode or not book.output.exists():
        raise click.ClickException(f"{book.tool} made no book of {book.label}:\n{log.read_text('utf-8')}")
    return {
        "cpu": used.ru_utime + used.ru_stime,
        "seconds": time.perf_counter() - start,
        "peak": used.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3),
        "size": book.output.stat().st_size / 1e6,
        **json.loads(run(sys.executable, __file__, "--check", book.output, "--root", book.root)),
    }


def check_here(pdf: Path, root: Path) -> Figures:
    """Return how many pages the book has, and of how many records the title is in its text, and in its bookmarks.

    A title in the text alone may be another record's mention of it; a bookmark is made of a heading.
    """
    from generator.pipeline import read_briefing
    from generator.project import Project

    briefing, _ = read_briefing(Project(root))
    titles = [_letters(record.caption)[:TITLE_LETTERS] for record in briefing.records.values()]
    document: Any = import_module(READER).PdfDocument(pdf)
    text = _letters(" ".join(page.get_textpage().get_text_bounded() for page in document))
    bookmarks = "\n".join(_letters(bookmark.get_title()) for bookmark in document.get_toc())
    return {
        "pages": len(document),
        "records": len(titles),
        "found": sum(title in text for title in titles),
        "bookmarked": sum(title in bookmarks for title in titles),
    }


def _letters(text: str) -> str:
    """Return letters and digits alone: ligatures, hyphens at line ends and quotation marks are each tool's own."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


def copy_first_briefing(root: Path) -> None:
    """Copy the repository's own briefing, so that nothing is written beside it."""
    shutil.copytree(HERE.parent / "docs", root / "docs")
    shutil.copy(HERE.parent / "mkdocs.yml", root)


def our_book(label: str, root: Path) -> Book:
    """Return the book that the program makes of the briefing in that folder."""
    command = (sys.executable, "-m", "generator", "-C", root, "pdf")
    return Book(tool=TOOLS[0], label=label, root=root, command=command, output=root / "build" / "briefing.pdf")


def other_books(label: str, root: Path, tools: Iterable[str]) -> Iterator[Book]:
    """Yield the books of the other tools, with all that they need made: the briefing's pages, and files for each."""
    made = root.parent / "made"
    run(sys.executable, "-m", "generator", "-C", root, "build")
    (root / "build").rename(made)
    pages = record_pages(made / "docs")
    if "mkdocs-to-pdf" in tools:
        settings = write_mkdocs_project(made, pages)
        command: Sequence[str | Path] = (sys.executable, "-m", "mkdocs", "build", "--quiet", "-f", settings)
        output = settings.parent / "site" / "book.pdf"
        yield Book(tool="mkdocs-to-pdf", label=label, root=root, command=command, output=output)
    if "weasyprint" in tools:
        html = made / "site" / "book.html"
        html.write_text(one_html(made / "site", pages), "utf-8")
        output = made / "book.pdf"
        command = (sys.executable, "-m", "weasyprint", "--quiet", html, output)
        yield Book(tool="weasyprint", label=label, root=root, command=command, output=output)


def record_pages(docs: Path) -> list[str]:
    """Return the paths of the pages for a book: home, hand-written ones, and each record's; no lists, no overviews."""
    paths = ["index.md", *(f"notes/{file.name}" for file in sorted((docs / "notes").glob("*.md")))]
    for kind in KINDS:
        files = (file.relative_to(docs) for file in sorted((docs / kind).rglob("*.md")))
        paths += [file.as_posix() for file in files if file.parts[1] not in ("index.md", "page")]
    return paths


def write_mkdocs_project(made: Path, pages: Sequence[str]) -> Path:
    """Write settings by which mkdocs-to-pdf does the most with the least work, and return their file.

    Only pages in `nav` get into its book, others are left out without a word: so each is named. But all are read,
    so that the others are removed. The theme has the article alone, as the plugin reads each page's whole HTML, and
    Material's has the way to all other pages in it.
    """
    folder = made / "mkdocs-to-pdf"
    (folder / "theme").mkdir(parents=True)
    shutil.copytree(made / "docs", folder / "docs")
    for file in (folder / "docs").rglob("*.md"):
        if file.relative_to(folder / "docs").as_posix() not in pages:
            file.unlink()
    (folder / "theme" / "main.html").write_text(THEME % STYLE, "utf-8")
    extensions = ["abbr", "admonition", "attr_list", "def_list", "footnotes", "md_in_html", "tables"]
    plain = {"cover": False, "toc_level": 1, "ordered_chapter_level": 0, "heading_shift": False}
    settings = {
        "site_name": "Invented briefing",
        "docs_dir": str(folder / "docs"),
        "site_dir": str(folder / "site"),
        "theme": {"name": None, "custom_dir": str(folder / "theme")},
        "markdown_extensions": [*extensions, "pymdownx.details", "pymdownx.superfences", "briefbook"],
        "plugins": [{"to-pdf": {"output_path": "book.pdf", **plain}}],
        "nav": list(pages),
        "validation": {"links": {"not_found": "ignore"}},  # to the lists and overviews that are removed
    }
    file = folder / "mkdocs.yml"
    file.write_text(yaml.safe_dump(settings), "utf-8")
    return file


def one_html(site: Path, pages: Sequence[str]) -> str:
    """Return one HTML file of the articles of these pages, with contents, and links that stay within it."""
    places = {_place(path): f"page-{number}" for number, path in enumerate(pages)}
    contents, sections = [], []
    for place, anchor in places.items():
        found = re.search(r"<article.*?</article>", (site / place / "index.html").read_text("utf-8"), re.DOTALL)
        title = re.search(r"<h1[^>]*>(.*?)<", found[0] if found else "")
        if not found or not title:
            raise click.ClickException(f"The page '{place}' of the site has no article with a heading.")
        contents.append(f'<li><a href="#{anchor}">{title[1]}</a></li>')
        sections.append(f'<section id="{anchor}">{_within(found[0], place, anchor, places)}</section>')
    head = f'<meta charset="utf-8"><title>Invented briefing</title><style>{STYLE}{CONTENTS_STYLE}</style>'
    listed = f'<ul class="contents">{"".join(contents)}</ul>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{listed}{"".join(sections)}</body></html>'


def _place(path: str) -> str:
    """Return the folder of the site that a page lies in: "actors/jane-doe" for actors/jane-doe.md, "." for home."""
    return normpath(path.removesuffix(".md").removesuffix("index") or ".")


def _within(article: str, place: str, anchor: str, places: Mapping[str, str]) -> str:
    """Return the article as a part of the one file: its ids made its own, its links and pictures found from there."""

    def point(match: re.Match[str]) -> str:
        name, address = match.groups()
        if re.match(r"[a-z]+:", address):
            return match[0]
        path, _, fragment = address.partition("#")
        target = normpath(f"{place}/{path}")
        page = places.get(target)
        if page:
            target = f"#{page}-{fragment}" if fragment else f"#{page}"
        return f'{name}="{escape(target)}"'

    article = re.sub(r'(?<= )(id)="([^"]*)"', rf'\1="{anchor}-\2"', article)
    return re.sub(r'(?<= )(href|src)="([^"]*)"', point, article)


def medians(runs: Sequence[Figures]) -> Figures:
    """Return the median of each figure."""
    return {name: median(figures[name] for figures in runs) for name in runs[0]}


def rows(results: Mapping[Book, Figures]) -> Iterator[list[str]]:
    """Yield a row for each book."""
    for book, figures in results.items():
        row = figures | {"per_100": figures["cpu"] / figures["pages"] * 100}
        cells = [book.label, book.tool, f"{figures['records']:,.0f}"]
        yield [*cells, *(f"{row[name]:,.{decimals}f}" for name, decimals in COLUMNS.values())]


def require(tools: Iterable[str]) -> None:
    """Make sure that what these tools need is there.

    Raises: ClickException with the one line that installs it.
    """
    wanted = {READER: READER, **{tool: NEEDS[tool] for tool in tools if tool in NEEDS}}
    missing = [package for package, module in wanted.items() if not find_spec(module)]
    if missing:
        install = f"{sys.executable} -m pip install {' '.join(missing)}"
        raise click.ClickException(f"Install what the benchmark needs: {install}")
    command = (sys.executable, "-m", "weasyprint", "--info")  # both other tools use it
    if len(wanted) > 1 and subprocess.run(command, capture_output=True, check=False).returncode:
        raise click.ClickException(f"WeasyPrint finds no Pango. Install it: sudo apt-get install {PANGO}")


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(HERE.parent), "PYTHONHASHSEED": "0", "NO_MKDOCS_2_WARNING": "1"}


def prepare(scratch: Path, sizes: Iterable[int], tools: Sequence[str]) -> Iterator[Book]:
    """Yield the books to be made, with the records of each below `scratch`."""
    if "briefbook" in tools:
        copy_first_briefing(scratch / "first" / "briefing")
        yield our_book("the first briefing", scratch / "first" / "briefing")
    for size in dict.fromkeys((SIDE_BY_SIDE, *sizes)):
        root = scratch / str(size) / "briefing"
        run(sys.executable, HERE / "make_records.py", str(size), root)
        if "briefbook" in tools:
            yield our_book("made records", root)
        if size == SIDE_BY_SIDE and set(tools) - {"briefbook"}:
            yield from other_books("made records", root, tools)


def start_anew(book: Book) -> None:
    """Move what an earlier run made aside, so that each run makes all of its book."""
    made = book.output.parent
    if book.tool == "briefbook" and made.exists():
        made.rename(mkdtemp(prefix="made-", dir=book.root.parent) + "/build")
    book.output.unlink(missing_ok=True)


@click.command()
@click.option(
    "--runs",
    type=click.IntRange(min=1),
    default=3,
    show_default=True,
    help="Runs of each book; their medians are shown.",
)
@click.option(
    "--records",
    "sizes",
    type=click.IntRange(min=10),
    multiple=True,
    help=f"Our book of so many too, beside {SIDE_BY_SIDE}.",
)
@click.option("--tool", "tools", type=click.Choice(TOOLS), multiple=True, help="Measure this one only (default: all).")
@click.option("--check", "pdf", type=click.Path(path_type=Path, exists=True), hidden=True)
@click.option("--root", type=click.Path(path_type=Path, exists=True), hidden=True)
def main(runs: int, sizes: tuple[int, ...], tools: tuple[str, ...], pdf: Path | None, root: Path | None) -> None:
    """Measure the book and print a Markdown table."""
    if pdf and root:
        click.echo(json.dumps(check_here(pdf, root)))
        return
    require(tools or TOOLS)
    taken: defaultdict[int, list[Figures]] = defaultdict(list)
    with TemporaryDirectory(prefix="briefbook-benchmark-") as scratch:
        books = list(prepare(Path(scratch), sizes, tools or TOOLS))
        for number in range(runs):
            for place, book in enumerate(books):
                click.echo(f"run {number + 1} of {runs}: {book.label}, {book.tool}", err=True)
                start_anew(book)
                taken[place].append(measure(book))
    click.echo(f"{machine(LIBRARIES)} Medians of {runs} runs.\n")
    found = rows({book: medians(taken[place]) for place, book in enumerate(books)})
    click.echo("\n".join(table(("book of", "made with", "records", *COLUMNS), found, texts=2)))


if __name__ == "__main__":
    main()

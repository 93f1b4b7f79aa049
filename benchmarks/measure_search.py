"""Measures the search: what a browser loads for a first query, and how long until the first result is there.

`python benchmarks/measure_search.py [--records N] [--site DIR]`. Of the same invented records: our site, and beside it
the theme's own search, which `mkdocs build` makes with the plugin `search` of the same pages as Markdown. Each query is
asked by a browser that never was there: it opens the home page, opens the search and types. Counted is all that is sent
from then on, and all that the page loads for its search before; sent as servers do, with gzip. The time runs from
opening the search to the first result, typing included, and from the last key. The theme's own takes long, so each
query is asked once there.
"""

import gzip
import mimetypes
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import click
from tools import has, machine, make_briefing, mkdocs_site, run, table, write_pages

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

COLUMNS = ("search", "query", "KB sent, with gzip", "requests", "first result after, s", "after the last key, s")
PATIENCE_SECONDS = 300
TYPING_MILLISECONDS = 50  # from key to key
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
# What a server sends as it is: packed already, and Pagefind's own files are gzip, whatever they are called.
PACKED = ("png", "webp", "jpg", "pdf", "woff2", "pagefind", "pf_meta", "pf_index", "pf_fragment", "pf_filter")
WATCH = """selector => {
  const opened = performance.now();
  let typed = opened;
  document.addEventListener("input", () => (typed = performance.now()), true);
  globalThis.shown = new Promise((resolve) => {
    const isShown = () => document.querySelector(selector)?.getClientRects().length;
    const times = () => [opened, typed].map((since) => (performance.now() - since) / 1000);
    const look = () => (isShown() ? resolve(times()) : requestAnimationFrame(look));
    look();
  });
}"""
SCRIPTS = ("A-Za-z", "\u0400-\u04ff", "\uac00-\ud7a3", "\u4e00-\u9fff", "\u0600-\u06ff")  # letters of each


@dataclass(slots=True)
class Served:
    """A site that is served, and what was sent of it: when, path, bytes."""

    address: str
    sent: list[tuple[float, str, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Search:
    """A site's search: how it is opened, where words are typed, and what a result is."""

    name: str
    open: Callable[["Page"], None]
    field: str
    result: str


OURS = Search(
    "briefbook", lambda page: page.locator("[data-bb-search]:visible").first.click(), "dialog input", ".pf-result-link"
)
THEMES = Search(
    "mkdocs-material's own",
    lambda page: page.keyboard.press("/"),
    "[data-md-component=search-query]",
    ".md-search-result__item a",
)


@cache
def content(file: Path) -> tuple[bytes, bool]:
    """Return a file as it is sent, and whether it was packed for that."""
    if file.suffix.lstrip(".") in PACKED:
        return file.read_bytes(), False
    return gzip.compress(file.read_bytes(), 6), True


@contextmanager
def serving(site: Path) -> Iterator[Served]:
    """Serve a site on this machine, and keep account of it."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = unquote(urlsplit(self.path).path).lstrip("/")
            file = site / path / "index.html" if path.endswith("/") or not path else site / path
            if not file.is_file():
                self.send_error(404)
                return
            body, is_packed = content(file)
            self.send_response(200)
            self.send_header("Content-Type", mimetypes.guess_type(file.name)[0] or "application/octet-stream")
            self.send_header("Content-Length", str(len(body)))
            if is_packed:
                self.send_header("Content-Encoding", "gzip")
            self.end_headers()
            self.wfile.write(body)
            served.sent.append((time.perf_counter(), path, len(body)))

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served = Served(f"http://127.0.0.1:{server.server_port}/")
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield served
    finally:
        server.shutdown()


def ask(browser: "Browser", served: Served, search: Search, query: str) -> Mapping[str, float]:
    """Ask a query in a browser that never was there; without a result in time, the figures are of so far."""
    with browser.new_context() as context:
        page = context.new_page()
        served.sent.clear()
        page.goto(served.address)
        page.evaluate(WATCH, search.result)  # within the browser: a driver asks but every half second
        opened = time.perf_counter()
        search.open(page)
        page.locator(search.field).first.press_sequentially(query, delay=TYPING_MILLISECONDS)
        page.locator(search.result).first.wait_for(timeout=PATIENCE_SECONDS * 1000)
        seconds, since_typed = page.evaluate("shown")
        counted = [size for when, path, size in served.sent if when >= opened or "search" in path]
        return {"size": sum(counted) / 1e3, "requests": len(counted), "seconds": seconds, "since": since_typed}


def measure(site: Path, search: Search, queries: Sequence[str], runs: int) -> Iterator[tuple[str, ...]]:
    """Yield a row for each query, of medians."""
    from playwright.sync_api import TimeoutError, sync_playwright

    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with serving(site) as served, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        for query in queries:
            try:
                taken = [ask(browser, served, search, query) for _ in range(runs)]
            except TimeoutError:
                yield search.name, query, "", "", f"none in {PATIENCE_SECONDS}", ""
                continue
            row = {name: median(figures[name] for figures in taken) for name in taken[0]}
            seconds = (f"{row[name]:.1f}" for name in ("seconds", "since"))
            yield search.name, query, f"{row['size']:,.0f}", f"{row['requests']:.0f}", *seconds
        browser.close()


def queries_of(briefing: Path) -> list[str]:
    """Return names of actors, one in each script, common words, and words on nearly every page, in phrases too."""
    texts = [file.read_text("utf-8") for file in sorted((briefing / "docs" / "actors").rglob("*.yml"))]
    names = [name for text in texts for name in re.findall(r"^(?:name|  (?:ru|ko|zh|ar)): (.+)$", text, re.MULTILINE)]
    written = [next((name for name in names if re.fullmatch(f"[ {script}]+", name)), "") for script in SCRIPTS]
    phrases = (re.search(r"[a-z]+ (?:of|in|to) the [a-z]+", text) for text in texts)
    phrase = next(f'"{found[0]}"' for found in phrases if found)
    return [*filter(None, written), "border talks", "of", "the", "the president of", '"of the"', phrase]


@click.command()
@click.option("--records", default=10_000, show_default=True, help="How many records there are.")
@click.option("--runs", default=3, show_default=True, help="How often each query is asked of ours.")
@click.option("--site", type=click.Path(path_type=Path, exists=True, file_okay=False), help="Measure this site alone.")
@click.option("--query", "queries", multiple=True, help="Ask this (default: words of the records, in several scripts).")
@click.option("--ours", "is_alone", is_flag=True, help="Leave the theme's own search out.")
def main(records: int, runs: int, site: Path | None, queries: tuple[str, ...], is_alone: bool) -> None:
    """Measure the search and print a Markdown table."""
    if not has("playwright"):
        raise click.ClickException("The search is measured in a browser: pip install playwright, and Chromium.")
    with TemporaryDirectory(prefix="briefbook-benchmark-") as name:
        work = Path(name)
        asked = list(queries)
        if site:
            rows = list(measure(site, OURS, asked or ["border", "border talks"], runs))
        else:
            briefing = make_briefing(records, work / "briefing")
            run(sys.executable, "-m", "generator", "-C", briefing, "build")
            asked = asked or queries_of(briefing)
            rows = list(measure(briefing / "build" / "site", OURS, asked, runs))
            if not is_alone:
                pages = write_pages(briefing, work / "pages")
                plain = mkdocs_site(work / "mkdocs", pages, briefing, plugins="[search]")
                run(sys.executable, "-m", "mkdocs", "build", "-q", "-f", plain / "mkdocs.yml")
                rows += measure(plain / "site", THEMES, asked, 1)
    click.echo(f"{machine(('pagefind', 'mkdocs-material', 'playwright'))} Medians of {runs}; the theme's own once.\n")
    click.echo("\n".join(table(COLUMNS, rows, texts=2)))


if __name__ == "__main__":
    main()

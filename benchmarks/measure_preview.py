"""Measures previews: from the write of a record, or page, to its new HTML being served, beside other tools.

`python benchmarks/measure_preview.py [--records N] [--tool NAME]`. All show the same N invented records: ours as
records, the others as the Markdown that `briefbook pages` writes of them. Each is started, asked for a page, and then
edited a number of times: the time runs from before the file is written until the new words are in what the server
sends. It is asked without a pause, as nothing else tells from outside when it is ready: one of the processors is busy
with that.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from http.client import HTTPException
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from urllib.request import urlopen

import click
from tools import HERE, copy_pages, has, machine, make_briefing, mkdocs_site, table, write_pages

PATIENCE_SECONDS = 900  # for a first page
EDIT_SECONDS = 120  # for an edit to be there
COLUMNS = ("tool", "pages", "start to first page, s", "edit, median ms", "edit, longest ms", "memory MB", "beside ours")
LAYOUT = "<!doctype html><html><head><title>{{ .Title }}</title></head><body>{{ .Content }}</body></html>"

Figures = dict[str, float]


@dataclass(frozen=True, slots=True)
class Tool:
    """A preview: its folder, the command that starts it at a port, the file that is edited, and where it is shown."""

    name: str
    folder: Path
    command: Callable[[int], list[str]]
    file: Path
    address: str
    package: str
    mark: Callable[[str, str], str]  # the file's text, words -> its text with these words in it


def main_tools(work: Path, records: int) -> Iterator[Tool]:
    """Write what each tool reads, and yield them, also those that are not installed."""
    briefing = make_briefing(records, work / "briefing")
    write_pages(briefing, work / "pages")
    quotes = sorted((briefing / "docs" / "quotes").rglob("*.yml"))
    quote = quotes[len(quotes) // 3]
    page = f"quotes/{quote.stem}"
    address = f"{page}/"
    serve = [sys.executable, "-m", "generator", "-C", str(briefing), "serve", "--address"]
    yield Tool("briefbook", briefing, partial(_at_port, serve), quote, address, "mkdocs", with_note)
    # Edits by which records are put in order, or found in prose, are another thing: also for ours alone.
    yield Tool("briefbook, a date", briefing, partial(_at_port, serve), quote, address, "mkdocs", with_date)
    actors = (file for file in sorted((briefing / "docs" / "actors").rglob("*.yml")) if is_named(file))
    actor = next(actors)
    named = f"actors/{actor.stem}/"
    yield Tool("briefbook, a name", briefing, partial(_at_port, serve), actor, named, "mkdocs", with_name)
    folder = hugo_site(work / "hugo", work / "pages")
    hugo = [str(Path(sys.executable).parent / "hugo"), "server", "--bind", "127.0.0.1", "--disableLiveReload", "--port"]
    file = folder / "content" / f"{page}.md"
    yield Tool("hugo server", folder, lambda port: [*hugo, str(port)], file, address, "hugo", with_line)
    plain = mkdocs_site(work / "mkdocs", work / "pages", briefing)
    file = plain / "docs" / f"{page}.md"
    for name, package, options in (
        ("mkdocs serve --dirty", "mkdocs", ["--dirty", "--quiet"]),
        ("zensical serve", "zensical", []),
    ):
        command = [sys.executable, "-m", package, "serve", *options, "--dev-addr"]
        yield Tool(name, plain, partial(_at_port, command), file, address, package, with_line)


def _at_port(command: Sequence[str], port: int) -> list[str]:
    return [*command, f"127.0.0.1:{port}"]


def hugo_site(folder: Path, pages: Path) -> Path:
    """Write the pages as Hugo wants them, with a layout of one line: its best case."""
    copy_pages(pages, folder / "content", index="_index.md")
    for name in ("single", "list", "index"):
        layout = folder / "layouts" / "_default" / f"{name}.html"
        layout.parent.mkdir(parents=True, exist_ok=True)
        layout.write_text(LAYOUT)
    settings = (
        'title = "Briefing"\ndisableKinds = ["taxonomy", "term", "RSS"]\n[markup.goldmark.renderer]\nunsafe = true\n'
    )
    (folder / "hugo.toml").write_text(settings)
    return folder


def with_note(text: str, words: str) -> str:
    """Return a record with a note of these words."""
    without = re.sub(r"^note: .*(?:\n  .*)*\n", "", text, flags=re.MULTILINE)
    return f"{without}note: {words}\n"


def with_date(text: str, words: str) -> str:
    """Return a quote with these words in its note, and a date that hangs on them."""
    return re.sub(r"^date: .*", f"date: {1900 + int(words[-4:]) % 90}", with_note(text, words), flags=re.MULTILINE)


def with_name(text: str, words: str) -> str:
    """Return an actor with these words in the name."""
    return re.sub(r"^name: ", f"name: {words} ", text, flags=re.MULTILINE)


def is_named(file: Path) -> bool:
    """Tell whether a file holds one actor, with a plain name."""
    return re.match(r"name: \w", file.read_text("utf-8")) is not None


def with_line(text: str, words: str) -> str:
    """Return a page with these words at its end."""
    return f"{text}\n{words}\n"


@contextmanager
def serving(tool: Tool) -> Iterator[tuple[str, int]]:
    """Start a preview; give the address of the page, and the number of its process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent)}
    process = subprocess.Popen(
        tool.command(port),
        cwd=tool.folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield f"http://127.0.0.1:{port}/{tool.address}", process.pid
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for(address: str, words: str, seconds: float) -> float:
    """Ask until these words are in the page, and return the seconds that took."""
    start = time.perf_counter()
    while time.perf_counter() - start < seconds:
        with (
            suppress(HTTPException, OSError),
            urlopen(address, timeout=seconds) as page,
        ):
            if words in page.read().decode():
                return time.perf_counter() - start
    raise click.ClickException(f"{address} did not show '{words}' within {seconds:.0f} s.")


def memory_of(process: int) -> float:
    """Return the memory, in MB, of a process and all that it started (Linux)."""
    kilobytes = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        with suppress(OSError):
            text = status.read_text()
            if os.getpgid(int(status.parent.name)) == process and (found := re.search(r"VmRSS:\s+(\d+)", text)):
                kilobytes += int(found[1])
    return kilobytes / 1e3


def measure(tool: Tool, edits: int) -> Figures:
    """Start a preview, edit a file a number of times, and return the figures."""
    before = tool.file.read_text("utf-8")
    with serving(tool) as (address, process):
        start = wait_for(address, "<", PATIENCE_SECONDS)
        times = []
        try:
            for number in range(edits):
                words = f"Edited{number}{time.monotonic_ns()}"
                began = time.perf_counter()
                tool.file.write_text(tool.mark(before, words), "utf-8")
                wait_for(address, words, EDIT_SECONDS)
                times.append(time.perf_counter() - began)
                time.sleep(1)  # between edits nobody types
        finally:
            tool.file.write_text(before, "utf-8")
        return {"start": start, "edit": median(times) * 1e3, "longest": max(times) * 1e3, "memory": memory_of(process)}


def rows(pages: int, results: Mapping[str, Figures | str]) -> Iterator[Sequence[str]]:
    """Yield a row for each tool; of one that could not be measured it says why."""
    ours = results.get("briefbook")
    for name, row in results.items():
        if isinstance(row, str):
            yield name, f"{pages:,}", row, "", "", "", ""
            continue
        beside = f"{row['edit'] / ours['edit']:.1f}" if isinstance(ours, dict) else ""
        figures = [f"{row['start']:.1f}", *(f"{row[key]:,.0f}" for key in ("edit", "longest", "memory"))]
        yield name, f"{pages:,}", *figures, beside


@click.command()
@click.option("--records", default=10_000, show_default=True, help="How many records there are.")
@click.option("--edits", default=15, show_default=True, help="Edits of each; their median is shown.")
@click.option("--tool", "only", help="Measure this one only.")
def main(records: int, edits: int, only: str | None) -> None:
    """Measure the previews and print a Markdown table."""
    results: dict[str, Figures | str] = {}
    with TemporaryDirectory(prefix="briefbook-benchmark-") as work:
        for tool in main_tools(Path(work), records):
            if only in (None, tool.name):
                click.echo(tool.name, err=True)
                try:
                    results[tool.name] = measure(tool, edits) if has(tool.package) else f"needs {tool.package}"
                except click.ClickException as error:
                    results[tool.name] = error.message
        pages = sum(1 for _ in (Path(work) / "pages").rglob("*.md"))
    click.echo(f"{machine(('mkdocs', 'hugo', 'zensical'))} Medians of {edits} edits.\n")
    click.echo("\n".join(table(COLUMNS, rows(pages, results))))


if __name__ == "__main__":
    main()

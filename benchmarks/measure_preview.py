"""Measures previews: from the write of a record, or page, to its new HTML being served, beside other tools.

`python benchmarks/measure_preview.py [--records N] [--tool NAME]`. All show the same N invented records: ours as
records, the others as the Markdown that `briefbook pages` writes of them. Each is started, asked for a page, and then
edited a number of times: the time runs from before the file is written until the new words are in what the server
sends. It is asked without a pause, as nothing else tells from outside when it is ready: one of the processors is busy
with that.
"""

import os
import platform
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from urllib.request import urlopen

import click

HERE = Path(__file__).resolve().parent
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
    mark: Callable[[str, str], str]  # the file's text, words -> its text with these words in it


def main_tools(work: Path, records: int) -> Iterator[Tool]:
    """Write what each tool reads, and yield those that can be had here."""
    briefing = work / "briefing"
    run(sys.executable, HERE / "make_records.py", str(records), briefing)
    run(sys.executable, "-m", "generator", "-C", briefing, "pages", work / "pages")
    quotes = sorted((briefing / "docs" / "quotes").rglob("*.yml"))
    quote = quotes[len(quotes) // 3]
    page = f"quotes/{quote.stem}"
    serve = [sys.executable, "-m", "generator", "-C", str(briefing), "serve", "--address"]
    yield Tool("briefbook", briefing, lambda port: [*serve, f"127.0.0.1:{port}"], quote, f"{page}/", with_note)
    if has("hugo"):
        folder = hugo_site(work / "hugo", work / "pages")
        hugo = ["hugo", "server", "--bind", "127.0.0.1", "--disableLiveReload", "--port"]
        file = folder / "content" / f"{page}.md"
        yield Tool("hugo server", folder, lambda port: [*hugo, str(port)], file, f"{page}/", with_line)
    plain = mkdocs_site(work / "mkdocs", work / "pages", briefing)
    file = plain / "docs" / f"{page}.md"
    mkdocs = [sys.executable, "-m", "mkdocs", "serve", "--dirty", "--quiet", "--dev-addr"]
    yield Tool("mkdocs serve --dirty", plain, lambda port: [*mkdocs, f"127.0.0.1:{port}"], file, f"{page}/", with_line)
    if has("zensical"):
        zensical = [sys.executable, "-m", "zensical", "serve", "--dev-addr"]
        yield Tool("zensical serve", plain, lambda port: [*zensical, f"127.0.0.1:{port}"], file, f"{page}/", with_line)


def has(package: str) -> bool:
    """Tell whether a package is installed."""
    with suppress(PackageNotFoundError):
        return bool(version(package))
    return False


def run(*command: str | Path) -> None:
    """Run a command that prepares something."""
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent)}
    subprocess.run([str(part) for part in command], check=True, env=environment, stdout=subprocess.DEVNULL)


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


def mkdocs_site(folder: Path, pages: Path, briefing: Path) -> Path:
    """Write the pages with the briefing's `mkdocs.yml`, without our plugin and with records out of the navigation."""
    copy_pages(pages, folder / "docs", index="index.md")
    settings = (briefing / "mkdocs.yml").read_text("utf-8")
    settings = re.sub(r"^plugins:\n(?:  .*\n)+", "plugins: []\n", settings, flags=re.MULTILINE)
    settings = re.sub(r"^  - briefbook.*\n", "", settings, flags=re.MULTILINE)
    (folder / "mkdocs.yml").write_text(re.sub(r"^site_dir:.*$", "site_dir: site", settings, flags=re.MULTILINE))
    return folder


def copy_pages(pages: Path, target: Path, index: str) -> None:
    """Copy Markdown, and nothing else; `index` is what the first page of a folder is called."""
    for page in pages.rglob("*.md"):
        name = page.relative_to(pages)
        copy = target / (name.with_name(index) if name.name == "index.md" else name)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(page, copy)


def with_note(text: str, words: str) -> str:
    """Return a record with a note of these words."""
    without = re.sub(r"^note: .*(?:\n  .*)*\n", "", text, flags=re.MULTILINE)
    return f"{without}note: {words}\n"


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


def table(pages: int, results: Mapping[str, Figures]) -> Iterator[str]:
    """Yield the lines of a Markdown table."""
    yield f"| {' | '.join(COLUMNS)} |"
    yield f"|---|{'---:|' * (len(COLUMNS) - 1)}"
    ours = results.get("briefbook")
    for name, row in results.items():
        beside = f"{row['edit'] / ours['edit']:.1f}" if ours else ""
        figures = [f"{row['start']:.1f}", *(f"{row[name]:,.0f}" for name in ("edit", "longest", "memory"))]
        cells = [f"{pages:,}", *figures]
        yield f"| {' | '.join([name, *cells, beside])} |"


@click.command()
@click.option("--records", default=10_000, show_default=True, help="How many records there are.")
@click.option("--edits", default=15, show_default=True, help="Edits of each; their median is shown.")
@click.option("--tool", "only", help="Measure this one only.")
def main(records: int, edits: int, only: str | None) -> None:
    """Measure the previews and print a Markdown table."""
    results: dict[str, Figures] = {}
    with TemporaryDirectory(prefix="briefbook-benchmark-") as work:
        for tool in main_tools(Path(work), records):
            if only in (None, tool.name):
                click.echo(tool.name, err=True)
                try:
                    results[tool.name] = measure(tool, edits)
                except click.ClickException as error:
                    click.echo(f"{tool.name}: {error.message}", err=True)
        pages = sum(1 for _ in (Path(work) / "pages").rglob("*.md"))
    versions = ", ".join(f"{name} {version(name)}" for name in ("mkdocs", "hugo", "zensical") if has(name))
    where = f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs"
    click.echo(f"{time.strftime('%Y-%m-%d')}: Python {platform.python_version()}, {versions}; {where}.\n")
    click.echo("\n".join(table(pages, results)))


if __name__ == "__main__":
    main()

"""Measures builds of the website: `python benchmarks/measure_site.py [--records N] [--runs R]`.

Of the same invented records: `mkdocs build` of the pages as Markdown, without our plugin and with records out of the
navigation; our whole build, with the search index and without; ours after edits; ours with nothing changed. Ours has in
it to read, check and link the records, to make the pages, and all that MkDocs does not make: policies, Markdown copies,
and the search index. All take turns, each in a fresh process and, where all is built, into a new folder, as disks are
slow for minutes after many files were removed; medians are shown.
"""

import json
import os
import platform
import re
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from compileall import compile_dir
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import click
from measure_preview import with_note
from tools import HERE, mkdocs_site, run

COLUMNS = ("build", "pages", "CPU s", "seconds", "of MkDocs' CPU", "peak MB")

Figures = dict[str, float]


def measure(*command: str | Path) -> Figures:
    """Run a command and return its CPU seconds, seconds by the clock, and peak MB, with all that it starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    run(*command)
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"cpu": cpu, "seconds": seconds, "peak": after.ru_maxrss / 1e3}


def measure_peak(*command: str | Path) -> Figures:
    """Measure a command in a process of its own, as the peak is that of all children so far."""
    code = "import json, sys; from measure_site import measure; print(json.dumps(measure(*sys.argv[1:])))"
    environment = {**os.environ, "PYTHONPATH": f"{HERE}{os.pathsep}{HERE.parent}"}
    parts = [sys.executable, "-c", code, *map(str, command)]
    done = subprocess.run(parts, check=True, capture_output=True, text=True, env=environment)
    figures: Figures = json.loads(done.stdout)
    return figures


def turns(work: Path, records: int, number: int) -> Iterator[tuple[str, Figures]]:
    """Build everything once, into folders that are new, and yield each build's name and figures."""
    original, plain = work / "briefing", work / "plain"
    if not original.exists():
        run(sys.executable, HERE / "make_records.py", str(records), original)
        run(sys.executable, "-m", "generator", "-C", original, "pages", work / "pages")
        mkdocs_site(plain, work / "pages", original)
    bare, briefing = (copy_briefing(original, work / f"{name}-{number}") for name in ("bare", "full"))
    site, settings = work / f"plain-{number}", plain / "mkdocs.yml"
    yield "mkdocs build", measure_peak(sys.executable, "-m", "mkdocs", "build", "-q", "-f", settings, "-d", site)
    ours = {
        "briefbook build, its search index left out": (bare, (sys.executable, "-c", BARE, "-C", bare, "build")),
        "briefbook build": (briefing, (sys.executable, "-m", "generator", "-C", briefing, "build")),
    }
    for name, change in {"": edit_nothing, **EDITS}.items():
        for build, (folder, command) in ours.items():
            change(folder / "docs", str(time.monotonic_ns()))
            yield f"{build}{name and f', {name}'}", measure_peak(*command)


# The index is left out on both sides: MkDocs' own search plugin is not among the plugins of its site.
BARE = """
import gc
from generator.__main__ import run
gc.disable()  # as `run` does while modules are loaded
from generator import publishing
publishing.searchable = lambda html: None
publishing.index_pages = lambda pages, bundle: bundle.mkdir(parents=True) or {}
run()
"""


def copy_briefing(briefing: Path, folder: Path) -> Path:
    """Copy what people wrote into a new folder, and return the folder."""
    shutil.copytree(briefing, folder, ignore=shutil.ignore_patterns("build"))
    return folder


def edit_nothing(docs: Path, words: str) -> None:
    """Leave all as it is."""


def edit_note(docs: Path, words: str) -> None:
    """Write another note of a quote whose speaker has longer lists than most."""
    quotes = sorted((docs / "quotes").rglob("*.yml"))
    quote = quotes[len(quotes) // 3]
    quote.write_text(with_note(quote.read_text("utf-8"), f"Edited {words}."), "utf-8")


def edit_event(field: str, value: Callable[[str], str]) -> Callable[[Path, str], None]:
    """Return what gives a field of an event another value, made of the words of this edit."""

    def edit(docs: Path, words: str) -> None:
        event = with_field(docs, "events", field)[0]
        event.write_text(without(event, field) + f"{field}: {value(words)}\n", "utf-8")

    return edit


def rename_actor(docs: Path, words: str) -> None:
    """Give an actor another name, by which no text calls it."""
    actors = with_field(docs, "actors", "name")
    actor = actors[len(actors) // 3]
    actor.write_text(f"name: Renamed {words}\n{without(actor, 'name')}", "utf-8")


def add_actor(docs: Path, words: str) -> None:
    """Write the record of an actor whom a text names already."""
    quotes = with_field(docs, "quotes", "text")
    found = (TWO_WORDS.search(quote.read_text("utf-8")) for quote in quotes[int(words) % len(quotes) :] + quotes)
    name = next(filter(None, found))[0]
    (docs / "actors" / f"new-{words}.yml").write_text(f"name: {name}\n", "utf-8")


def edit_topics(docs: Path, words: str) -> None:
    """Give an event the topics of another."""
    event, *others = with_field(docs, "events", "tags")
    topics = re.search(LINES.format("tags"), others[int(words) % len(others)].read_text("utf-8"), re.MULTILINE)
    event.write_text(without(event, "tags") + (topics[0] if topics else ""), "utf-8")


TWO_WORDS = re.compile(r"\b[^\W\d_]{6,} [^\W\d_]{6,}\b")
LINES = r"^{}:.*\n(?:[ -].*\n)*"  # of a field


def with_field(docs: Path, kind: str, field: str) -> list[Path]:
    """Return the files that hold one record of a kind each, which has a field."""
    files = (file for file in sorted((docs / kind).rglob("*.yml")) if is_single(file))
    return [file for file in files if f"\n{field}:" in f"\n{file.read_text('utf-8')}"]


def without(file: Path, field: str) -> str:
    """Return the text of a record without a field."""
    return re.sub(LINES.format(field), "", file.read_text("utf-8"), flags=re.MULTILINE)


def add_source(docs: Path, words: str) -> None:
    """Write a new record."""
    (docs / "sources" / f"new-{words}.yml").write_text(f"title: Added {words}\n", "utf-8")


def edit_judgement(docs: Path, words: str) -> None:
    """Write the first judgement of the card anew."""
    card = docs / "briefing.yml"
    text = re.sub(
        r"^- text: .*(?:\n {4,}.*)*", f"- text: Judged {words}.", card.read_text("utf-8"), count=1, flags=re.M
    )
    card.write_text(text, "utf-8")


def edit_page(docs: Path, words: str) -> None:
    """Write a line more on a page that is written by hand."""
    page = sorted((docs / "notes").glob("*.md"))[0]
    page.write_text(f"{page.read_text('utf-8')}\nAdded {words}.\n", "utf-8")


EDITS: Mapping[str, Callable[[Path, str], None]] = {
    "a note edited": edit_note,
    "an event renamed": edit_event("title", lambda words: f"Renamed {words}"),
    "an event with other topics": edit_topics,
    "an event with another date": edit_event("date", lambda words: f"19{int(words) % 90 + 10}"),
    "an actor renamed": rename_actor,
    "an actor added": add_actor,
    "a record added": add_source,
    "a judgement edited": edit_judgement,
    "a page edited": edit_page,
    "nothing changed": edit_nothing,
}


def is_single(file: Path) -> bool:
    """Tell whether a file holds one record."""
    return not file.read_text("utf-8").startswith("- ")


def table(pages: int, results: Mapping[str, list[Figures]]) -> Iterator[str]:
    """Yield the lines of a Markdown table of medians."""
    rows = {name: {key: median(run[key] for run in runs) for key in runs[0]} for name, runs in results.items()}
    yield f"| {' | '.join(COLUMNS)} |"
    yield f"|---|{'---:|' * (len(COLUMNS) - 1)}"
    for name, row in rows.items():
        times = rows["mkdocs build"]["cpu"] / row["cpu"]
        share = f"1/{times:.0f}" if times > 10 else f"{1 / times:.2f}"
        yield f"| {name} | {pages:,} | {row['cpu']:.2f} | {row['seconds']:.2f} | {share} | {row['peak']:,.0f} |"


@click.command()
@click.option("--records", default=10_000, show_default=True, help="How many records there are.")
@click.option("--runs", default=3, show_default=True, help="Turns; medians are shown.")
def main(records: int, runs: int) -> None:
    """Measure builds and print a Markdown table."""
    compile_dir(HERE.parent / "generator", quiet=1)  # as pip does: nobody runs it from its text twice
    results: dict[str, list[Figures]] = {}
    with TemporaryDirectory(prefix="briefbook-benchmark-") as work:
        for number in range(runs):
            for name, figures in turns(Path(work), records, number):
                click.echo(f"turn {number + 1}: {name}: {figures['cpu']:.1f} CPU s", err=True)
                results.setdefault(name, []).append(figures)
        pages = sum(1 for _ in (Path(work) / "pages").rglob("*.md"))
    where = f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs"
    click.echo(f"{time.strftime('%Y-%m-%d')}: Python {platform.python_version()}; {where}; medians of {runs}.\n")
    click.echo("\n".join(table(pages, results)))


if __name__ == "__main__":
    main()

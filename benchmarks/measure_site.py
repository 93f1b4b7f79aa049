"""Measures builds of the website: `python benchmarks/measure_site.py [--records N] [--runs R]`.

Of the same invented records: `mkdocs build` of the pages as Markdown, without our plugin and with records out of the
navigation; our whole build; ours after an edit of a note, and of a title; ours with nothing changed. Ours has in it to
read, check and link the records, to make the pages, and all that MkDocs does not make: policies, Markdown copies, and
the search index, whose share is measured by itself. All take turns, each in a fresh process; medians are shown.
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
from collections.abc import Iterator, Mapping
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


def turns(work: Path, records: int) -> Iterator[tuple[str, Figures]]:
    """Build everything once, and yield each build's name and figures."""
    briefing, plain = work / "briefing", work / "plain"
    ours = (sys.executable, "-m", "generator", "-C", briefing, "build")
    if not briefing.exists():
        run(sys.executable, HERE / "make_records.py", str(records), briefing)
        run(sys.executable, "-m", "generator", "-C", briefing, "pages", work / "pages")
        mkdocs_site(plain, work / "pages", briefing)
    shutil.rmtree(plain / "site", ignore_errors=True)
    yield "mkdocs build", measure_peak(sys.executable, "-m", "mkdocs", "build", "-q", "-f", plain / "mkdocs.yml")
    shutil.rmtree(briefing / "build", ignore_errors=True)
    yield "briefbook build", measure_peak(*ours)
    quotes = sorted((briefing / "docs" / "quotes").rglob("*.yml"))
    quote = quotes[len(quotes) // 3]
    quote.write_text(with_note(quote.read_text("utf-8"), f"Edited {time.monotonic_ns()}."), "utf-8")
    yield "briefbook build, a note edited", measure_peak(*ours)
    event = next(file for file in sorted((briefing / "docs" / "events").rglob("*.yml")) if is_single(file))
    title = f"title: Renamed {time.monotonic_ns()}"
    event.write_text(re.sub("^title: .*", title, event.read_text("utf-8"), flags=re.MULTILINE), "utf-8")
    yield "briefbook build, an event renamed", measure_peak(*ours)
    yield "briefbook build, nothing changed", measure_peak(*ours)
    index = (
        "import sys; from pathlib import Path; from generator.search import index_site; index_site(Path(sys.argv[1]))"
    )
    site = work / "indexed"
    shutil.copytree(briefing / "build" / "site", site, dirs_exist_ok=True, ignore=shutil.ignore_patterns("pagefind"))
    yield "the search index, of a whole build", measure_peak(sys.executable, "-c", index, site)
    shutil.rmtree(site)


def is_single(file: Path) -> bool:
    """Tell whether a file holds one record."""
    return not file.read_text("utf-8").startswith("- ")


def table(pages: int, results: Mapping[str, list[Figures]]) -> Iterator[str]:
    """Yield the lines of a Markdown table of medians."""
    rows = {name: {key: median(run[key] for run in runs) for key in runs[0]} for name, runs in results.items()}
    yield f"| {' | '.join(COLUMNS)} |"
    yield f"|---|{'---:|' * (len(COLUMNS) - 1)}"
    for name, row in rows.items():
        share = row["cpu"] / rows["mkdocs build"]["cpu"]
        yield f"| {name} | {pages:,} | {row['cpu']:.1f} | {row['seconds']:.1f} | {share:.2f} | {row['peak']:,.0f} |"


@click.command()
@click.option("--records", default=10_000, show_default=True, help="How many records there are.")
@click.option("--runs", default=3, show_default=True, help="Turns; medians are shown.")
def main(records: int, runs: int) -> None:
    """Measure builds and print a Markdown table."""
    compile_dir(HERE.parent / "generator", quiet=1)  # as pip does: nobody runs it from its text twice
    results: dict[str, list[Figures]] = {}
    with TemporaryDirectory(prefix="briefbook-benchmark-") as work:
        for number in range(runs):
            for name, figures in turns(Path(work), records):
                click.echo(f"turn {number + 1}: {name}: {figures['cpu']:.1f} CPU s", err=True)
                results.setdefault(name, []).append(figures)
        pages = sum(1 for _ in (Path(work) / "pages").rglob("*.md"))
    where = f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs"
    click.echo(f"{time.strftime('%Y-%m-%d')}: Python {platform.python_version()}; {where}; medians of {runs}.\n")
    click.echo("\n".join(table(pages, results)))


if __name__ == "__main__":
    main()

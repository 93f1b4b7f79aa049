"""Measures the generator's own work, load to write, on briefings of several sizes, and prints a table.

Each run is a fresh process; the runs of all sizes take turns, so that a busy moment of the machine falls on all of
them, and the medians are shown. With `--against DIR`, another checkout of Briefbook is measured in the same turns.
Not named after the package: a script's own folder comes first on Python's path, and would hide `generator`.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

import click
from tools import HERE, machine, make_briefing, table

SIZES = (1_000, 2_500, 5_000, 10_000)
LARGE = 50_000
STEPS = {
    "names_below": "load",
    "load_file": "load",
    "join_loaded": "load",
    "validate_records": "validate",
    "validate_info": "validate",
    "link_records": "link",
    "check_links": "check",
    "find_collisions": "check",
    "write_pages": "pages",
}
LIBRARIES = ("pydantic", "PyYAML", "Jinja2", "ahocorasick-rs")
COLUMNS = {  # heading -> what stands below it, and its decimals
    "pages": ("pages", 0),
    "CPU s": ("cpu", 2),
    "of it system": ("system", 2),
    "ms a record": ("each", 2),
    "ratio": ("ratio", 2),
    "load": ("load", 2),
    "validate": ("validate", 2),
    "link": ("link", 2),
    "check": ("check", 2),
    "pages + write": ("pages_write", 2),
    "unchanged, CPU s": ("again", 2),
    "peak MB": ("peak", 0),
    "largest page KB": ("largest", 1),
}

Figures = dict[str, float]


def measure_here(root: Path) -> Figures:
    """Run the pipeline in this process and return the CPU seconds of each step.

    The steps are timed from outside, by wrapping the names that the recipe calls: what is measured is the recipe as
    it is, and not a copy of it that could fall behind.
    """
    from generator import pipeline, reading
    from generator.project import Project

    spent: defaultdict[str, float] = defaultdict(float)

    def timed(step: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*values: Any, **named: Any) -> Any:
            start = time.process_time()
            try:
                return function(*values, **named)
            finally:
                spent[step] += time.process_time() - start

        return run

    for name, step in STEPS.items():
        module = pipeline if step == "pages" else reading
        setattr(module, name, timed(step, getattr(module, name)))
    project = Project(root)
    briefing, warnings = pipeline.read_briefing(project)
    written = pipeline.write_pages(briefing, project, project.pages_dir)
    used = resource.getrusage(resource.RUSAGE_SELF)
    peak = used.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    whole = {
        "cpu": used.ru_utime + used.ru_stime,
        "system": used.ru_stime,
        "written": written,
        "warnings": len(warnings),
        "peak": peak,
    }
    return {"load": 0.0, "validate": 0.0, "link": 0.0, "check": 0.0, **spent, **whole}


def measure(root: Path, checkout: Path) -> Figures:
    """Return the figures of one run in a fresh process, with the package of that checkout."""
    command = [sys.executable, __file__, "--here", str(root)]
    environment = {**os.environ, "PYTHONPATH": str(checkout), "PYTHONHASHSEED": "0"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise click.ClickException(f"The generator failed:\n{done.stderr}")
    figures: Figures = json.loads(done.stdout)
    return figures


def measure_both(root: Path, checkout: Path) -> Figures:
    """Return the figures of a first run into an empty folder, and of a second with nothing left to write.

    What an earlier run made is moved aside and not removed: for minutes after many files were removed, making a new
    one on ext4 was measured to take up to 0.5 ms of system time in place of 0.03 ms.
    """
    if (root / "build").exists():
        (root / "build").rename(mkdtemp(prefix="made-", dir=root.parent) + "/build")
    first = measure(root, checkout)
    pages = [file.stat().st_size for file in (root / "build" / "docs").rglob("*.md")]
    again = measure(root, checkout)
    if again["written"]:
        raise click.ClickException(f"{again['written']} files changed in a second run on the same records.")
    return {
        **first,
        "pages_write": first["pages"],
        "pages": len(pages),
        "largest": max(pages) / 1e3,
        "again": again["cpu"],
    }


def medians(runs: Iterable[Figures]) -> Figures:
    """Return the median of each figure."""
    taken: defaultdict[str, list[float]] = defaultdict(list)
    for run in runs:
        for name, value in run.items():
            taken[name].append(value)
    return {name: median(values) for name, values in taken.items()}


def rows(results: dict[tuple[str, int], Figures]) -> Iterator[list[str]]:
    """Yield a row for each size; `ratio` is CPU per record against the smallest size of the same checkout."""
    smallest: dict[str, float] = {}
    for (label, size), figures in results.items():
        each = figures["cpu"] / size * 1000
        row = figures | {"each": each, "ratio": each / smallest.setdefault(label, each)}
        yield [label, f"{size:,}", *(f"{row[name]:,.{decimals}f}" for name, decimals in COLUMNS.values())]


@click.command()
@click.option("--runs", default=5, show_default=True, help="Runs of each size; their medians are shown.")
@click.option("--large", is_flag=True, help=f"Measure {LARGE:,} records too.")
@click.option("--size", "sizes", type=int, multiple=True, help=f"Sizes to measure (default: {SIZES}).")
@click.option(
    "--against",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Another checkout, measured in the same turns.",
)
@click.option("--here", type=click.Path(path_type=Path, exists=True), hidden=True)
def main(runs: int, large: bool, sizes: tuple[int, ...], against: Path | None, here: Path | None) -> None:
    """Measure the generator and print a Markdown table."""
    if here:
        click.echo(json.dumps(measure_here(here)))
        return
    wanted = [*(sizes or SIZES), *([LARGE] if large else [])]
    checkouts = {"this": HERE.parent} | ({"other": against.resolve()} if against else {})
    taken: defaultdict[tuple[str, int], list[Figures]] = defaultdict(list)
    with TemporaryDirectory(prefix="briefbook-benchmark-") as scratch:
        for size in wanted:
            make_briefing(size, Path(scratch) / str(size))
        for number in range(runs):
            for size in wanted:
                for label, checkout in checkouts.items():
                    click.echo(f"run {number + 1} of {runs}: {size:,} records, {label}", err=True)
                    taken[label, size].append(measure_both(Path(scratch) / str(size), checkout))
    ordered = {(label, size): medians(taken[label, size]) for label in checkouts for size in wanted}
    click.echo(f"{machine(LIBRARIES)} Medians of {runs} runs.\n")
    click.echo("\n".join(table(("checkout", "records", *COLUMNS), rows(ordered))))


if __name__ == "__main__":
    main()

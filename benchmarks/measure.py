"""Runs the benchmarks, one after the other, and prints their tables: `python benchmarks/measure.py [PART...]`.

Each is a script of its own, with more options; this gives all of them sizes that belong together. What a part lacks
here, such as a browser, is said in its place, and the others go on. At 10,000 records all of it takes an hour or two.
"""

import subprocess
import sys
from collections.abc import Callable, Sequence

import click
from tools import HERE

# part -> options, made of the number of records and of runs
PARTS: dict[str, Callable[[int, int], Sequence[object]]] = {
    "generator": lambda records, runs: ("--size", max(10, records // 10), "--size", records, "--runs", runs),
    "preview": lambda records, runs: ("--records", records, "--edits", 5 * runs),
    "site": lambda records, runs: ("--records", records, "--runs", runs),
    "search": lambda records, runs: ("--records", records, "--runs", runs),
    "book": lambda records, runs: ("--records", max(10, records // 8), "--runs", runs),
}
TITLES = {
    "generator": "Records to pages as Markdown",
    "preview": "From an edit to its new page being served",
    "site": "Builds of the website",
    "search": "The first query of a reader",
    "book": "The PDF book",
}


def measure(part: str, records: int, runs: int) -> str:
    """Run a part and return what it printed, or one line about why it could not."""
    options = map(str, PARTS[part](records, runs))
    done = subprocess.run(
        [sys.executable, str(HERE / f"measure_{part}.py"), *options], stdout=subprocess.PIPE, text=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else "Not measured: what it lacks or what failed stands above."


@click.command()
@click.argument("parts", nargs=-1, type=click.Choice(list(PARTS)))
@click.option("--records", type=click.IntRange(min=10), default=10_000, show_default=True, help="How many there are.")
@click.option("--runs", type=click.IntRange(min=1), default=3, show_default=True, help="Medians of so many are shown.")
def main(parts: tuple[str, ...], records: int, runs: int) -> None:
    """Run all benchmarks, or these PARTS, and print their tables as Markdown."""
    has_failed = False
    for part in parts or PARTS:
        click.echo(f"{part}, {records:,} records", err=True)
        told = measure(part, records, runs)
        has_failed |= told.startswith("Not measured")
        click.echo(f"## {TITLES[part]}\n\n{told}\n")
    sys.exit(has_failed)


if __name__ == "__main__":
    main()

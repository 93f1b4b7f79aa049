"""Problems as they are read: by people, with the line and a caret; by programs, as JSON; by GitHub, as annotations."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from generator.errors import Problem, Severity, is_failure
from generator.excerpts import Excerpts

FORMATS = ("human", "json", "github")


def report_lines(problems: Iterable[Problem], style: str, root: Path, *, strict: bool) -> Iterator[str]:
    """Yield the lines of a report in one of `FORMATS`; `root` is where the files with the problems lie."""
    found = tuple(problems)
    if style == "json":
        yield json.dumps([_as_json(problem) for problem in found], indent=2, ensure_ascii=False)
    elif style == "github":
        yield from map(_as_annotation, found)
    else:
        yield from lines_for_people(found, root)
        if is_failure(found, strict=strict):
            why = "" if is_failure(found, strict=False) else " (under --strict a warning is an error)"
            yield f"{count_of(found)}{why}; nothing was written."


def lines_for_people(problems: Iterable[Problem], root: Path) -> Iterator[str]:
    """Yield each problem with the line that it is about, and a caret below the spot, in colours for a terminal.

    All that is said of one is one text of several lines: each that is printed by itself takes its time.
    """
    excerpts = Excerpts(root)
    for problem in problems:
        colour = "red" if problem.severity is Severity.ERROR else "yellow"
        severity = click.style(str(problem.severity), fg=colour, bold=True)
        told = f"{click.style(str(problem.place), bold=True)}: {severity}: {problem.sentence}"
        excerpt = excerpts.at(problem.place)
        if excerpt:
            number = str(problem.place.line)
            told += f"\n  {number} | {excerpt.line}"
            told += f"\n  {' ' * len(number)} | {' ' * excerpt.columns}{click.style('^', fg='green', bold=True)}"
        yield told


def count_of(problems: Iterable[Problem]) -> str:
    """Return how many there are of each severity: "2 errors, 1 warning"."""
    found = [problem.severity for problem in problems]
    counts = (many(found.count(severity), severity) for severity in Severity if severity in found)
    return ", ".join(counts) or "no problems"


def many(count: int, what: str) -> str:
    """Return a number of things: "1 record", "2 records"."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _as_json(problem: Problem) -> dict[str, str | int]:
    return {
        "path": problem.place.path,
        "line": problem.place.line,
        "column": problem.place.column,
        "severity": str(problem.severity),
        "field": problem.field,
        "message": problem.message,
        "hint": problem.hint,
    }


def _as_annotation(problem: Problem) -> str:
    """Source: GitHub's workflow commands; %, line ends, and in properties : and , are escaped."""

    def escape(text: str, more: str = "") -> str:
        return "".join(f"%{ord(character):02X}" if character in "%\r\n" + more else character for character in text)

    place = f"file={escape(problem.place.path, ':,')},line={problem.place.line},col={problem.place.column}"
    return f"::{problem.severity} {place},title=briefbook::{escape(problem.sentence)}"

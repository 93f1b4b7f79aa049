"""The author's mistakes as values (`Problem`), and the errors that this package raises on purpose.

A `Problem` is collected, so that one run shows them all; an exception is for what stops the run.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from generator.characters import visible

LONGEST_SLIP = 200  # characters: nobody means an id or a field by a longer word
MOST_SLIPS = 5000  # different words: who has more of them wrong did not mistype


class Severity(StrEnum):
    """How bad a problem is: an error stops the build, a warning does so under `--strict` only."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something stands. `path` is relative to the project; line and column count from 1, as in editors."""

    path: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing for the author to fix: where, in which field, what was found, and what to do about it."""

    place: Place
    field: str
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR

    @property
    def sentence(self) -> str:
        """The field, what was found and the hint, without the place; on one line, with nothing that cannot be seen."""
        text = f"{self.field}: {self.message}" if self.field else self.message
        return visible(f"{text} {self.hint}" if self.hint else text)

    def __str__(self) -> str:
        return f"{self.place}: {self.severity}: {self.sentence}"


class BriefbookError(Exception):
    """Base of all that this package raises on purpose; its text is one sentence for the author."""


class RecordsInvalid(BriefbookError):  # noqa: N818  a state of the records, as authors would say it
    """The records have problems that stop the build. `problems` has them all, sorted by place."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sort_problems(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def is_failure(problems: Iterable[Problem], *, strict: bool) -> bool:
    """Tell whether these problems stop a build: an error does, and under `strict` a warning too."""
    return any(strict or problem.severity is Severity.ERROR for problem in problems)


def sort_problems(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return the problems in the order of their places, each once."""
    return tuple(sorted(dict.fromkeys(problems), key=lambda problem: (problem.place, problem.sentence)))


class Known:
    """Known words, made ready to be searched many times."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = list(words)
        self._folded = {word.casefold(): word for word in reversed(self._words)}
        self._found: dict[str, str | None] = {}

    def nearest(self, word: str) -> str | None:
        """Return the known word that `word` is most likely a slip of, or None when nothing is near.

        A word of three letters or more is a slip of what one edit makes of it: a letter too many, too few, another,
        or two that changed places. Else the ratio of common letters decides: 75 of 100 leaves far words alone.
        Source: Optimal String Alignment and Indel distance; rapidfuzz looks through 10,000 ids in a millisecond.
        """
        if word not in self._found and len(self._found) < MOST_SLIPS and len(word) <= LONGEST_SLIP:
            self._found[word] = self._search(word)
        return self._found.get(word)

    def _search(self, word: str) -> str | None:
        from rapidfuzz import fuzz, process  # most briefings have no slip in them
        from rapidfuzz.distance import OSA

        if word.casefold() in self._folded:
            return self._folded[word.casefold()]
        slip = process.extractOne(word, self._words, scorer=OSA.distance, score_cutoff=1) if len(word) > 2 else None
        close = slip or process.extractOne(word, self._words, scorer=fuzz.ratio, score_cutoff=75)
        return str(close[0]) if close else None


def nearest(word: str, words: Iterable[str]) -> str | None:
    """Return the nearest of some words, as `Known.nearest` does."""
    return _nearest(word, tuple(words))


@lru_cache(1000)  # a thousand records with the same slip ask the same
def _nearest(word: str, words: tuple[str, ...]) -> str | None:
    return Known(words).nearest(word)

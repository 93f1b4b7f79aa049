"""What invented records are made of: names in five scripts, words in the proportions of real prose, dates.

Everything is drawn from one `random.Random`, so that a seed gives the same words again. Knows nothing of records.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any, Generic, TypeVar

import yaml
from anyascii import anyascii

from generator.dates import parse_date

Item = TypeVar("Item")

FIRST_YEAR, LAST_YEAR = 1980, 2025


@dataclass(frozen=True, slots=True)
class Script:
    """One language's names and syllables. `gap` stands between two names or words; some put the family first."""

    language: str
    given: Sequence[str]
    family: Sequence[str]
    syllables: Sequence[str]
    gap: str = " "
    is_family_first: bool = False


def _read_scripts(values: Iterable[Mapping[str, Any]]) -> list[Script]:
    listed = ("given", "family", "syllables")
    return [
        Script(**{name: item.split() if name in listed else item for name, item in each.items()}) for each in values
    ]


class Zipf(Generic[Item]):
    """Draws items as words are drawn in real texts: the second half as often as the first, the third a third."""

    def __init__(self, items: Iterable[Item], random: Random, exponent: float = 1.0) -> None:
        self.items = list(items)
        self._random = random
        self._weights = list(accumulate(1 / rank**exponent for rank in range(1, len(self.items) + 1)))

    def draw(self) -> Item:
        """Return one item."""
        return self._random.choices(self.items, cum_weights=self._weights)[0]

    def draw_several(self, count: int) -> list[Item]:
        """Return so many items, each once; fewer when one is drawn twice."""
        return list(dict.fromkeys(self._random.choices(self.items, cum_weights=self._weights, k=count)))

    def draw_text(self, count: int) -> list[Item]:
        """Return so many items, the same one any number of times."""
        return self._random.choices(self.items, cum_weights=self._weights, k=count)


@dataclass(frozen=True, slots=True)
class PersonName:
    """A name in Latin letters, and in the person's own language where that is written otherwise."""

    latin: str
    language: str | None = None
    native: str | None = None


class Words:
    """Makes names, sentences and dates."""

    def __init__(self, random: Random) -> None:
        self.random = random
        data = yaml.safe_load(Path(__file__).with_suffix(".yml").read_text("utf-8"))
        self._places: list[tuple[str, str, float, float]] = data["places"]
        self._latin, *self._scripts = _read_scripts(data["scripts"])
        made = dict.fromkeys(self._invent(self._latin, 2, 4) for _ in range(8_000))
        self._english = Zipf([*data["common"].split(), *made], random)
        self._rare = list(made)
        self._foreign = {
            script.language: Zipf(dict.fromkeys(self._invent(script, 1, 4) for _ in range(2_000)), random)
            for script in self._scripts
        }
        self._taken = {""}

    def _invent(self, script: Script, shortest: int, longest: int) -> str:
        return "".join(self.random.choices(script.syllables, k=self.random.randint(shortest, longest)))

    def take(self, name: str) -> bool:
        """Tell whether a name is free, and take it: two actors must not share one."""
        if name in self._taken:
            return False
        self._taken.add(name)
        return True

    def person(self) -> PersonName:
        """Return a person's name that nobody has yet."""
        script = self.random.choice(self._scripts) if self.random.random() < 0.4 else self._latin
        latin = ""
        while not self.take(latin):
            given, family = self.random.choice(script.given), self.random.choice(script.family)
            parts = (family, given) if script.is_family_first else (given, family)
            shown = parts if script is self._latin else tuple(anyascii(part).capitalize() for part in parts)
            middle = self.rare() if latin else ""  # the plain name was taken
            latin = " ".join(filter(None, (shown[0], middle, shown[1])))
        if script is self._latin:
            return PersonName(latin)
        native = ("" if script.is_family_first else script.gap).join(parts)
        return PersonName(latin, script.language, native if self.take(native) else None)

    def rare(self) -> str:
        """Return a word that names something: a town, a river, a cause."""
        return self.random.choice(self._rare).capitalize()

    def sentence(self, mentions: Sequence[str] = ()) -> str:
        """Return an English sentence of 8 to 26 words with these names or links in it."""
        words = self._english.draw_text(self.random.randint(8, 26))
        for mention in mentions:
            words.insert(self.random.randint(1, len(words)), mention)
        if self.random.random() < 0.4:
            middle = len(words) // 2
            words[middle - 1] += ","
        if self.random.random() < 0.06:
            words[-1] = f"**{words[-1]}**"
        return f"{words[0].capitalize()} {' '.join(words[1:])}."

    def phrase(self, count: int) -> str:
        """Return so many English words, the first with a capital."""
        return " ".join(self._english.draw_text(count)).capitalize()

    def foreign_text(self, count: int) -> tuple[str, str]:
        """Return a language and a sentence of so many words in it."""
        script = self.random.choice(self._scripts)
        return script.language, script.gap.join(self._foreign[script.language].draw_text(count)) + "."

    def place(self) -> str | dict[str, str]:
        """Return a place as text, or with its country and degrees."""
        name, country, north, east = self.random.choice(self._places)
        if self.random.random() < 0.5:
            return name
        return {"name": name, "country": country, "latitude": str(north), "longitude": str(east)}

    def dates(self, count: int) -> list[str]:
        """Return so many dates of all precisions, oldest first, as EDTF text."""
        return sorted((self.date() for _ in range(count)), key=lambda text: parse_date(text).sort_key)

    def date(self) -> str:
        """Return a date as EDTF text: mostly a day, else a month, a year, about, uncertain, a span, a season."""
        year, month, day = (
            self.random.randint(FIRST_YEAR, LAST_YEAR),
            self.random.randint(1, 12),
            self.random.randint(1, 25),
        )
        kind = self.random.random()
        shapes = (
            (0.70, f"{year}-{month:02}-{day:02}"),
            (0.83, f"{year}-{month:02}"),
            (0.89, f"{year}"),
            (0.92, f"{year}-{month:02}~"),
            (0.94, f"{year}-{month:02}-{day:02}?"),
            (0.98, f"{year}-{month:02}-{day:02}/{year}-{month:02}-{day + 3:02}"),
            (0.995, f"{year}-{21 + month // 4}"),
            (1.0, f"{year // 10}X"),
        )
        return next(text for limit, text in shapes if kind < limit)

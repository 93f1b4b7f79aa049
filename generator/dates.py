"""Dates as precise as they are known, and no more: EDTF text in, a `PartialDate` out.

A `PartialDate` sorts, and knows the first and last day that it can mean; `words.py` says it. Never guesses.
Source: Extended Date/Time Format, levels 0 and 1 (ISO 8601-2:2019, annex A).
"""

import calendar
import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

MONTHS = tuple(calendar.month_name)  # "", "January", ...; English, whatever the locale, as MkDocs sets none
SEASONS = {"21": "spring", "22": "summer", "23": "autumn", "24": "winter"}
# First and last month, in the north. A winter is that which starts in the year, and only what of it is in the year.
_SEASON_MONTHS = {"21": ("03", "05"), "22": ("06", "08"), "23": ("09", "11"), "24": ("12", "12")}
EXPECTED = "Write 2024, 2024-05, 2024-05-17, 2024-05~ (about) or 2024-05-17/2024-05-19."

_ISO = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)
_VAGUE = re.compile(r"\d{3}X|\d{2}XX|\d{4}-(?:XX(?:-XX)?|\d{2}-XX|2[1-4])", re.ASCII)  # unknown digits, seasons
_QUALIFIED = re.compile(r"(.+?)([~?%]?)")


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date with its precision and doubt. `start` and `end` are the first and last day it can mean, None when open."""

    text: str
    start: date | None
    end: date | None

    @property
    def sort_key(self) -> tuple[date, int]:
        """Earlier first; of two that start on one day the vaguer first: "2024", "2024-06~", "2024-06-01"."""
        start = self.start or date.min
        return start, start.toordinal() - (self.end or date.max).toordinal()

    @property
    def years(self) -> tuple[int, ...]:
        """The years it touches, oldest first; an open end, or a span of over a century, counts with its ends only."""
        ends = [day.year for day in (self.start, self.end) if day]
        if len(ends) == 2 and ends[1] - ends[0] <= 100:
            return tuple(range(ends[0], ends[1] + 1))
        return tuple(sorted(set(ends)))

    def __str__(self) -> str:
        return self.text

    def is_before(self, other: "PartialDate") -> bool:
        """Tell whether this date lies wholly before the other, however both are read."""
        return self.end is not None and other.start is not None and self.end < other.start


@lru_cache(maxsize=65536)
def parse_date(text: str) -> PartialDate:
    """Read EDTF text.

    Raises: ValueError with a sentence for the author when it is no date, or an interval ends before it starts.
    """
    plain = _ISO.fullmatch(text)
    if plain and plain[2] not in SEASONS:  # nearly all dates
        return PartialDate(text, *_iso_days(text, *plain.groups()))
    if text.count("/") == 1:
        return _parse_interval(text)
    return PartialDate(text, *_edtf_days(text))


def _iso_days(text: str, year: str, month: str | None, day: str | None) -> tuple[date, date]:
    try:
        if day and month:
            exact = date(int(year), int(month), int(day))
            return exact, exact
        if month:
            last = calendar.monthrange(int(year), int(month))[1]
            return date(int(year), int(month), 1), date(int(year), int(month), last)
        return date(int(year), 1, 1), date(int(year), 12, 31)
    except ValueError:
        raise ValueError(_why_not(text, year, month, day)) from None


def _why_not(text: str, year: str, month: str | None, day: str | None) -> str:
    if year != "0000" and day and month and 1 <= int(month) <= 12 and int(day) > 28:
        days = calendar.monthrange(int(year), int(month))[1]
        return f"'{text}' is not a date: {MONTHS[int(month)]} {year} has {days} days."
    return f"'{text}' is not a date. {EXPECTED}"


def _parse_interval(text: str) -> PartialDate:
    first, last = (part.strip() for part in text.split("/"))
    start = parse_date(first) if first not in ("", "..") else None
    end = parse_date(last) if last not in ("", "..") else None
    if start is None and end is None:
        raise ValueError(f"'{text}' is not a date. {EXPECTED}")
    if start and end and start.start and end.end and end.end < start.start:
        raise ValueError(f"'{text}' ends before it starts. Put the earlier date first.")
    return PartialDate(text, start.start if start else None, end.end if end else None)


def _edtf_days(text: str) -> tuple[date, date]:
    qualified = _QUALIFIED.fullmatch(text)
    bare = qualified[1] if qualified else ""
    plain = _ISO.fullmatch(bare)
    if plain and plain[2] not in SEASONS:
        return _iso_days(bare, *plain.groups())
    if not _VAGUE.fullmatch(bare):
        raise ValueError(f"'{text}' is not a date. {EXPECTED}")
    year, _, month = bare.partition("-")
    if month in SEASONS:
        lowest, highest = (f"{year}-{end}" for end in _SEASON_MONTHS[month])
    else:
        lowest, highest = (bare.replace("-XX", "").replace("X", digit) for digit in "09")
    first, last = (_ISO.fullmatch(end) for end in (lowest, highest))
    assert first and last, "nothing vague is left in them"
    try:
        return _iso_days(text, *first.groups())[0], _iso_days(text, *last.groups())[1]
    except ValueError:
        raise ValueError(f"'{text}' is not a date. {EXPECTED}") from None

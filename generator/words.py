"""The interface's own words: labels, dates, names of languages and countries, in the briefing's language.

All of them come from `words/<language>.yml` in the templates folders: nested names, "{gaps}" to fill, and where a text
depends on a number its plural forms (`one`, `other`, as CLDR names them). Page templates call `words("home.latest")`.
The theme's templates get the sections `theme` and `script` as `config.extra.briefbook.words`, and scripts the section
`script` as JSON in the element `#bb-words`. Never knows a record.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from babel import Locale, UnknownLocaleError
from babel.dates import format_date

from generator.dates import SEASONS, PartialDate, parse_date
from generator.errors import BriefbookError, Known
from generator.noted import Lazy

ENGLISH = "en"
PLURAL_FORMS = frozenset({"zero", "one", "two", "few", "many", "other"})

_INTERVAL = {0: "yMMMd", 1: "yMMM", 2: "y"}  # CLDR's skeletons, by how many parts of the date are unknown
_MONTH = re.compile(r"(?<![ML])([ML])\1\1(?!\1)")  # the abbreviated month of those, which we write out


@dataclass(frozen=True)
class Words:
    """The words of one language. `language` is that of the words, which may be English where there are no others."""

    language: str
    texts: Mapping[str, str | Mapping[str, str]]  # "home.latest" -> text, or {plural form: text}
    locale: Locale
    _dates: dict[str, str]  # said already, by EDTF text

    def __call__(self, key: str, **values: object) -> str:
        """Return a text with its gaps filled; `count` chooses the plural form.

        Raises: BriefbookError when there is no such text, or it has a gap that is not filled.
        """
        text = self.texts.get(key)
        if text is None:
            raise BriefbookError(f"The words '{key}' are not in templates/words/{self.language}.yml.")
        if not isinstance(text, str):
            text = text.get(self._plural_forms[int(str(values.get("count", 0)))], text["other"])
        if not values:
            return text
        try:
            return text.format_map({name: self._shown(value) for name, value in values.items()})
        except (KeyError, ValueError, IndexError) as error:
            raise BriefbookError(f"words: the text of '{key}' has a gap that nothing fills: '{text}'.") from error

    def has(self, key: str) -> bool:
        """Tell whether there is such a text."""
        return key in self.texts

    def section(self, name: str) -> dict[str, str | Mapping[str, str]]:
        """Return the texts below a name, without that name: {"latest": ...} for "home"."""
        return {key.removeprefix(f"{name}."): text for key, text in self.texts.items() if key.startswith(f"{name}.")}

    def number(self, count: int) -> str:
        """Return a number as it is written in this language: "3,400"."""
        return self._shown(count)

    def _shown(self, value: object) -> str:
        if not isinstance(value, int) or value < 1000:
            return str(value)
        return self._thousands.join(re.findall(r"\d{1,3}(?=(?:\d{3})*$)", str(value)))

    @cached_property
    def _plural_forms(self) -> Mapping[int, str]:
        return Lazy(self.locale.plural_form)

    @cached_property
    def _thousands(self) -> str:
        return str(self.locale.number_symbols.get("latn", {}).get("group", ","))

    def language_name(self, tag: str) -> str:
        """Return the name of a language with a capital, as labels have it, or the tag itself when it is not known."""
        return self._languages[tag]

    @cached_property
    def _languages(self) -> Mapping[str, str]:
        return Lazy(self._language)

    def _language(self, tag: str) -> str:
        try:
            name = Locale.parse(tag, sep="-").get_language_name(str(self.locale)) or tag
        except (UnknownLocaleError, ValueError):
            return tag
        return name[:1].upper() + name[1:]

    def country_name(self, code: str) -> str:
        """Return the name of a country, or the code itself when it is not known."""
        return str(self.locale.territories.get(code, code))

    def in_words(self, when: PartialDate) -> str:
        """Say a date in words: "about June 2024", "18-19 June 2024" (with an en dash), "since 2022"."""
        said = self._dates.get(when.text)
        if said is None:
            said = self._dates[when.text] = self._interval(when.text) if "/" in when.text else self._point(when.text)
        return said

    def span(self, first: PartialDate | None, last: PartialDate | None) -> str:
        """Return a time in words: "2012 - 2018" with an en dash, "since 2012", "until 2018", or nothing."""
        if first and last:
            return f"{self.in_words(first)} \N{EN DASH} {self.in_words(last)}"
        if first:
            return self._open("since", first.text)
        return self._open("until", last.text) if last else ""

    def _open(self, way: str, text: str) -> str:
        is_day = re.fullmatch(r"\d{4}-\d\d-\d\d", text)
        return self(f"dates.{way}_day" if is_day else f"dates.{way}", date=self._point(text))

    def _point(self, text: str) -> str:
        mark = text[-1] if text[-1] in "~?%" else ""
        bare = text.rstrip("~?%")
        words = self._bare(bare)
        if mark in ("~", "%"):
            kind = "_decade" if "X" in bare[:4] else "_day" if re.fullmatch(r"\d{4}-\d\d-\d\d", bare) else ""
            words = self(f"dates.about{kind}", date=words)
        return self("dates.uncertain", date=words) if mark in ("?", "%") else words

    def _bare(self, text: str) -> str:
        year, month, day = (*text.split("-"), "XX", "XX")[:3]
        if year.endswith("XX"):
            return self("dates.between", start=f"{year[:2]}00", end=f"{year[:2]}99")
        if year.endswith("X"):
            return self("dates.decade", year=f"{year[:3]}0")
        if month in SEASONS:
            return self(f"dates.{SEASONS[month]}", year=str(int(year)))
        if month == "XX":
            return self._format(date(int(year), 1, 1), self._pattern("y"))
        if day == "XX":
            return self._format(date(int(year), int(month), 1), self._pattern("yMMMM"))
        return self._format(date(int(year), int(month), int(day)), str(self.locale.date_formats["long"].pattern))

    def _pattern(self, skeleton: str) -> str:
        found = self.locale.datetime_skeletons.get(skeleton) or self.locale.datetime_skeletons.get("yMMM", "MMM y")
        return _MONTH.sub(r"\1\1\1\1", str(found))

    def _format(self, day: date, pattern: str) -> str:
        text = format_date(day, pattern, self.locale).replace("\N{THIN SPACE}", " ")
        first = self.texts.get("dates.first_day")  # French writes 1er, which CLDR does not know
        return re.sub(r"\b1(?= \w)", str(first), text) if first else text

    def _interval(self, text: str) -> str:
        first, last = (part.strip() for part in text.split("/"))
        if last in ("", ".."):
            return self._open("since", first)
        if first in ("", ".."):
            return self._open("until", last)
        if first == last:
            return self._point(first)
        start, end = parse_date(first), parse_date(last)
        is_plain = re.fullmatch(r"[\d-]+", first + last) and not {first[5:7], last[5:7]} & SEASONS.keys()
        if not is_plain or first.count("-") != last.count("-") or not start.start or not end.start:
            return f"{self._point(first)} \N{EN DASH} {self._point(last)}"
        return self._between(start.start, end.start, _INTERVAL[2 - first.count("-")])

    def _between(self, start: date, end: date, skeleton: str) -> str:
        """Return two dates with what they share said once, as CLDR has it for the language."""
        differs = "y" if start.year != end.year else "M" if start.month != end.month else "d"
        patterns = self.locale.interval_formats.get(skeleton, {}).get(differs)
        if not patterns or len(patterns) != 2:
            one = self._pattern("yMMMM") if skeleton == "yMMM" else str(self.locale.date_formats["long"].pattern)
            return f"{self._format(start, one)} \N{EN DASH} {self._format(end, one)}"
        first, last = (_MONTH.sub(r"\1\1\1\1", pattern) for pattern in patterns)
        return self._format(start, first) + self._format(end, last)


def load_words(language: str, template_dirs: Iterable[Path]) -> Words:
    """Return the words for a language: a briefing's own before ours, and English where there are none.

    `template_dirs` hold a folder `words`, the first that has a text counts.
    Raises: BriefbookError when a file of words cannot be read, or has a text that nothing shows.
    """
    folders = [folder / "words" for folder in template_dirs]
    texts: dict[str, str | Mapping[str, str]] = {}
    ours = folders[-1] / f"{ENGLISH}.yml"
    english = _read(ours, None)
    spoken = ENGLISH
    for tag in dict.fromkeys((ENGLISH, language.partition("-")[0].lower(), language)):
        for folder in reversed(folders):
            file = folder / f"{tag}.yml"
            found = english if file == ours else _read(file, english) if file.is_file() else {}
            texts |= found
            spoken = tag if found else spoken
    return Words(spoken, texts, _locale(language if spoken != ENGLISH else _english(language)), {})


def _english(language: str) -> str:
    """Return which English the words are in: dates are written "19 June 2024" unless the briefing says "en-US"."""
    return language if language.lower().startswith("en-") else "en-GB"


def _locale(tag: str) -> Locale:
    for candidate in (tag, tag.partition("-")[0]):
        try:
            return Locale.parse(candidate, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale("en", "GB")


def _read(file: Path, english: Mapping[str, object] | None) -> dict[str, str | Mapping[str, str]]:
    """Return the texts of a file by their dotted names; only those that English has, when it is given."""
    try:
        values = yaml.load(file.read_text("utf-8"), yaml.CBaseLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BriefbookError(f"{file} cannot be read: {' '.join(str(error).split())}") from error
    texts = _flat(values if isinstance(values, dict) else {}, "")
    known = Known(english) if english is not None else None
    for key in texts if known else ():
        if known and english is not None and key not in english and key != "dates.first_day":
            near = known.nearest(key)
            raise BriefbookError(f"{file}: no text is named '{key}'." + (f" Did you mean '{near}'?" if near else ""))
    return texts


def _flat(values: Mapping[str, Any], above: str) -> dict[str, str | Mapping[str, str]]:
    texts: dict[str, str | Mapping[str, str]] = {}
    for name, value in values.items():
        if isinstance(value, dict) and not value.keys() <= PLURAL_FORMS:
            texts |= _flat(value, f"{above}{name}.")
        else:
            texts[f"{above}{name}"] = value if isinstance(value, dict) else str(value)
    return texts

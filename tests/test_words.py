"""The interface speaks the briefing's language: every text, every date, and what a briefing brings of its own."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from generator.backlinks import MENTIONED
from generator.dates import parse_date
from generator.errors import BriefbookError
from generator.outlines import section_names
from generator.project import package_templates
from generator.records import KINDS
from generator.words import load_words
from tests.sites import command

ENGLISH = load_words("en", [package_templates()])
LANGUAGES = sorted(file.stem for file in (package_templates() / "words").glob("*.yml"))
GAP = re.compile(r"\{(\w+)\}")


def gaps(text: str | Mapping[str, str]) -> set[str]:
    return set(GAP.findall(text if isinstance(text, str) else text["other"]))


def names(values: Mapping[str, Any], above: str = "") -> set[str]:
    below = (names(value, f"{above}{name}.") for name, value in values.items() if isinstance(value, dict))
    return {f"{above}{name}" for name in values}.union(*below)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_text_with_the_same_gaps(language: str) -> None:
    own = load_words(language, [package_templates()])
    told = load_words(language, [package_templates()]).texts
    assert own.language == language
    assert {key: gaps(text) for key, text in told.items() if key != "dates.first_day"} == {
        key: gaps(text) for key, text in ENGLISH.texts.items()
    }
    file = package_templates() / "words" / f"{language}.yml"
    written = names(yaml.load(file.read_text("utf-8"), yaml.BaseLoader))
    assert [key for key in ENGLISH.texts if key not in written] == []


def test_every_field_and_every_way_back_has_a_label() -> None:
    placed = {
        "id",
        "name",
        "title",
        "text",
        "summary",
        "note",
        "sources",
        "draft",
        "as_reported",
        "original",
        "image",
        "tags",
    }
    fields = {(model.kind, name) for model in KINDS for name in model.model_fields if name not in placed}
    assert [
        name for kind, name in fields if not (ENGLISH.has(f"fields.{name}") or ENGLISH.has(f"fields.{kind}.{name}"))
    ] == []
    assert [name for name in (*section_names(), MENTIONED) if not ENGLISH.has(f"back.{name}")] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2024-06-01", "1er juin 2024"),
        ("2024-06~", "vers juin 2024"),
        ("2024-06-19~", "vers le 19 juin 2024"),
        ("2024-06-18/2024-06-19", "18–19 juin 2024"),
        ("2024-06-19/..", "depuis le 19 juin 2024"),
        ("../2022", "jusqu’en 2022"),
        ("201X~", "vers les années 2010"),
        ("2024-22?", "été 2024 (incertain)"),
        ("2023-12-28/2024-01-03", "28 décembre 2023 – 3 janvier 2024"),
    ],
)
def test_dates_are_said_in_french(text: str, words: str) -> None:
    assert load_words("fr-CA", [package_templates()]).in_words(parse_date(text)) == words


def test_names_of_languages_and_countries_follow_the_language() -> None:
    french = load_words("fr", [package_templates()])
    assert (french.language_name("ko"), french.country_name("KP")) == ("Coréen", "Corée du Nord")
    assert ENGLISH.language_name("x-unknown") == "x-unknown"


def test_a_language_without_words_has_english_ones() -> None:
    german = load_words("de", [package_templates()])
    assert (german.language, german("kinds.quote")) == ("en", "Quote")
    assert german.in_words(parse_date("2024-06-19")) == "19 June 2024"


def test_plural_forms_and_numbers_are_those_of_the_language() -> None:
    french = load_words("fr", [package_templates()])
    assert [french("home.quotes", count=count) for count in (0, 1, 2)] == ["0 citation", "1 citation", "2 citations"]
    assert ENGLISH("home.quotes", count=1200) == "1,200 quotes"


def test_a_briefing_may_bring_its_own_words(tmp_path: Path) -> None:
    (tmp_path / "words").mkdir()
    (tmp_path / "words/en.yml").write_text("kinds: {quote: Saying}\n")
    assert load_words("en", [tmp_path, package_templates()])("kinds.quote") == "Saying"
    (tmp_path / "words/en.yml").write_text("kinds: {qote: Saying}\n")
    with pytest.raises(BriefbookError, match=r"no text is named 'kinds.qote'. Did you mean 'kinds.quote'"):
        load_words("en", [tmp_path, package_templates()])
    (tmp_path / "words/en.yml").write_text("kinds: {quote: [}\n")
    with pytest.raises(BriefbookError, match="cannot be read"):
        load_words("en", [tmp_path, package_templates()])


def test_a_briefing_starts_in_a_language(tmp_path: Path) -> None:
    assert (
        command("briefbook", "init", "dossier", "--language", "fr", "--title", "Un dossier", cwd=tmp_path).returncode
        == 0
    )
    settings = yaml.load((tmp_path / "dossier/mkdocs.yml").read_text("utf-8"), yaml.BaseLoader)
    assert settings["nav"][0] == {"Conclusions": "index.md"}
    assert [toggle["toggle"]["name"] for toggle in settings["theme"]["palette"]] == [
        "Passer au mode sombre",
        "Passer au mode clair",
    ]
    done = command("briefbook", "pages", "pages", cwd=tmp_path / "dossier")
    assert done.returncode == 0, done.stderr
    assert "## Conclusions principales" in (tmp_path / "dossier/pages/index.md").read_text("utf-8")
    done = command("briefbook", "init", "other", "--language", "x y", cwd=tmp_path)
    assert done.returncode == 2
    assert "'x y' is not a language tag" in done.stderr

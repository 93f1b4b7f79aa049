"""Dates keep their precision and doubt, from text to order and words."""

from datetime import date

import pytest
from edtf import parse_edtf
from hypothesis import given
from hypothesis import strategies as st

from generator.dates import parse_date
from generator.project import package_templates
from generator.words import load_words

WORDS = load_words("en", [package_templates()])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2024", "2024"),
        ("2024-06", "June 2024"),
        ("2024-06-19", "19 June 2024"),
        ("2024-06~", "about June 2024"),
        ("2024?", "2024 (uncertain)"),
        ("2024-06-19%", "about 19 June 2024 (uncertain)"),
        ("2024-06-18/2024-06-19", "18\N{EN DASH}19 June 2024"),
        ("2024-05-28/2024-06-03", "28 May \N{EN DASH} 3 June 2024"),
        ("2024-05/2024-06", "May \N{EN DASH} June 2024"),
        ("2022/..", "since 2022"),
        ("../2024-06", "until June 2024"),
        ("201X", "2010s"),
        ("2024-06-XX", "June 2024"),
        ("2024-21", "spring 2024"),
        ("1979", "1979"),
    ],
)
def test_dates_are_said_in_words(text: str, words: str) -> None:
    assert WORDS.in_words(parse_date(text)) == words


def test_dates_sort_the_vaguer_first_and_doubt_stays_inside_its_month() -> None:
    texts = ["2024-06-02", "2024-07", "2024", "2024-06~", "2024-06-01", "2024-05-31", "../2023"]
    assert sorted(texts, key=lambda text: parse_date(text).sort_key) == [
        "../2023",
        "2024",
        "2024-05-31",
        "2024-06~",
        "2024-06-01",
        "2024-06-02",
        "2024-07",
    ]


def test_a_span_touches_all_its_years() -> None:
    assert parse_date("2021-12/2024").years == (2021, 2022, 2023, 2024)
    assert parse_date("2022/..").years == (2022,)


@pytest.mark.parametrize(
    "text",
    [
        "2024-02-30",
        "2024-13",
        "0000",
        "2024-6-1",
        "yesterday",
        "/",
        "../..",
        "2024-06-20/2024-06-19",
        "",
        "2024~?",
        "[2024]",
        "2024-25",
        "20240619",
        "２０２４",
    ],
)
def test_what_is_no_date_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="is not a date|ends before it starts"):
        parse_date(text)


@given(st.dates())
def test_a_plain_day_is_itself(day: date) -> None:
    parsed = parse_date(day.isoformat())
    assert (parsed.start, parsed.end) == (day, day)


@given(st.text(alphabet="0123456789-/~?%X. ", max_size=24))
def test_any_text_is_a_date_or_is_refused(text: str) -> None:
    try:
        parsed = parse_date(text)
    except ValueError as error:
        assert str(error).startswith(f"'{text}'") or "is not a date" in str(error)
    else:
        assert WORDS.in_words(parsed)


@given(
    st.from_regex(
        r"[12][0-9]{3}-2[1-4]|[12][0-9]{2}X|[12][0-9]XX|[12][0-9]{3}-XX(-XX)?|[12][0-9]{3}-0[1-9]-XX", fullmatch=True
    )
)
def test_vague_dates_begin_and_end_as_in_a_reader_of_all_edtf(text: str) -> None:
    parsed, theirs = parse_date(text), parse_edtf(text)
    assert parsed.start == date(*theirs.lower_strict()[:3])
    assert parsed.end == date(*theirs.upper_strict()[:3])

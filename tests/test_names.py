"""Names of actors in running text: whole words, the longest first, in any script."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.names import NameIndex, changed_forms

INDEX = NameIndex(
    {
        "Kim": ["a"],
        "Kim Jong-un": ["a"],
        "김정은": ["a"],
        "金正恩": ["a"],
        "Владимир Путин": ["b"],
        "بوتين": ["b"],
        "U.S.": ["c"],
        "Shared": ["a", "b"],
        "Shared Name": ["a"],
        "Žižek": ["d"],
    }
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Kim met Kim Jong-un.", ["Kim", "Kim Jong-un"]),
        ("Kimberley, Kim's, Kim-like, Kim_x", ["Kim", "Kim"]),
        ("김정은은 김정은과 김정은이다 대김정은", ["김정은", "김정은"]),
        ("在金正恩主席的", ["金正恩"]),
        ("Владимир Путина и Владимир Путин", ["Владимир Путин"]),
        ("قال بوتين وبوتين", ["بوتين"]),
        ("The U.S. and U.S.A", ["U.S."]),
        ("Shared and Shared Name", ["Shared Name"]),
        ("Žižek Žižekian", ["Žižek"]),
        ("Kim\nJong-un and Kim\n\nJong-un", ["Kim\nJong-un", "Kim"]),
        ("", []),
    ],
)
def test_names_are_found(text: str, found: list[str]) -> None:
    assert [text[name.start : name.end] for name in INDEX.find(text)] == found


def test_shared_names_are_known() -> None:
    assert INDEX.shared == {"Shared": ("a", "b")}


def test_no_names_find_nothing() -> None:
    assert list(NameIndex({}).find("Kim")) == []


NAMES = st.dictionaries(
    st.text("ab\xe9", min_size=1, max_size=13),
    st.lists(st.sampled_from("xyz"), min_size=1, max_size=2, unique=True).map(sorted),
)


@given(st.lists(NAMES, min_size=2, max_size=4), st.integers(0, 12), st.text("ab\xe9 ", max_size=60))
def test_an_index_after_edits_finds_what_a_new_one_does(
    states: list[dict[str, list[str]]], nested: int, text: str
) -> None:
    longer = {"a" * length: ["x"] for length in range(1, nested)}  # names that end in each other, maybe too many
    index = last = NameIndex(states[0])
    for names in (*states[1:], states[-1] | longer, states[0]):
        before, index, fresh = index, index.after(names), NameIndex(names)
        assert [*index.find(text)] == [*fresh.find(text)]
        assert (index.shared, index.nested) == (fresh.shared, fresh.nested)
        assert {*index.changed(before)} == {*fresh.changed(last)}
        last = fresh


@given(NAMES, NAMES, st.booleans(), st.integers(0, 12))
def test_names_that_lead_to_others_after_an_edit_are_those_of_two_indexes(
    kept: dict[str, list[str]], other: dict[str, list[str]], comes: bool, nested: int
) -> None:
    kept |= {"a" * length: ["x"] for length in range(1, nested)}  # names that end in each other, maybe too many
    before, now = (kept, {**kept, **other}) if comes else ({**kept, **other}, kept)
    forms = changed_forms(before, now)
    if forms is not None:
        assert forms == {*NameIndex(now).changed(NameIndex(before))}

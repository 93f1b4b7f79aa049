"""Names of actors in running text: whole words, the longest first, in any script."""

import pytest

from generator.names import NameIndex

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

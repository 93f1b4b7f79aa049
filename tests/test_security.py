"""What SECURITY.md promises is tested, line by line."""

import re

import yaml

from tests.sites import REPOSITORY

SHOWN_BY: dict[str, list[str]] = yaml.safe_load((REPOSITORY / "tests/security.yml").read_text("utf-8"))


def test_each_line_of_the_tables_is_shown_to_be_true() -> None:
    text = (REPOSITORY / "SECURITY.md").read_text("utf-8")
    rows = re.findall(r"^\| (.*?) \|", text, re.MULTILINE)
    assert sorted(row for row in rows if row not in ("what", "from")) == sorted(SHOWN_BY)


def test_what_shows_it_exists() -> None:
    missing = []
    for shown_by in SHOWN_BY.values():
        for name in shown_by:
            path, _, test = name.partition("::")
            file = REPOSITORY / path
            is_there = file.is_file() and (not test or f"def {test}(" in file.read_text("utf-8"))
            missing += [] if is_there else [name]
    assert missing == []
    assert all(SHOWN_BY.values())

"""The check of PDFs by itself: that it finds what is wrong, and nothing where nothing is."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import jpype
import pytest
import typst

from tests.standards import RULES, broken_rules, start_java

if TYPE_CHECKING:
    from typst import PDFStandard

pytestmark = pytest.mark.slow

TEXT = (
    '#set document(title: "Minutes")\n#set text(lang: "en")\n= Minutes\nSee #link("https://example.org")[the port].\n'
)


def write_pdf(path: Path, text: str, standards: "list[PDFStandard]", is_tagged: bool = True) -> Path:
    source = path.with_suffix(".typ")
    source.write_text(text, "utf-8")
    day = datetime(2024, 5, 17, tzinfo=UTC)
    typst.compile(source, path, pdf_standards=standards, pdf_tags=is_tagged, timestamp=day)
    return path


def rules_of(lines: list[str]) -> list[str]:
    return [line.partition(":")[0] for line in lines]


def test_a_file_made_to_the_standards_breaks_no_rule(tmp_path: Path) -> None:
    pdf = write_pdf(tmp_path / "good.pdf", TEXT, ["a-3a", "ua-1"])
    assert broken_rules(pdf) == []


def test_a_file_without_tags_or_title_breaks_rules_of_both(tmp_path: Path) -> None:
    pdf = write_pdf(tmp_path / "bare.pdf", "Minutes", [], is_tagged=False)
    assert rules_of(broken_rules(pdf)) == [
        "PDF/UA-1 5-1 x1",  # says that it keeps to PDF/UA
        "PDF/UA-1 6.2-1 x1",  # has tags
        "PDF/UA-1 7.1-10 x1",  # shows its title
        "PDF/UA-1 7.1-11 x1",
        "PDF/UA-1 7.1-3 x1",
        "PDF/UA-1 7.1-9 x1",  # has a title
        "PDF/A-3a 6.6.4-1 x1",  # says that it keeps to PDF/A
        "PDF/A-3a 6.7.2.2-1 x1",  # has tags
        "PDF/A-3a 6.7.3.3-1 x1",
    ]


def test_a_file_is_held_to_the_standards_named_alone(tmp_path: Path) -> None:
    pdf = write_pdf(tmp_path / "lasting.pdf", TEXT, ["a-3a"])
    assert {standard: rules_of(broken_rules(pdf, standard)) for standard in RULES} == {
        "PDF/UA-1": ["PDF/UA-1 5-1 x1", "PDF/UA-1 7.1-10 x1"],
        "PDF/A-3a": [],
    }


def test_a_message_says_what_is_wrong_and_where(tmp_path: Path) -> None:
    pdf = write_pdf(tmp_path / "untitled.pdf", "Minutes", [])
    place = "root/document[0]/metadata[0](18 0 obj PDMetadata)/XMPPackage[0]"
    assert f"PDF/UA-1 7.1-9 x1: Metadata stream does not contain dc:title, at {place}" in broken_rules(pdf, "PDF/UA-1")


def test_what_is_no_pdf_is_not_passed(tmp_path: Path) -> None:
    text = tmp_path / "text.pdf"
    text.write_text("Minutes")
    with pytest.raises(jpype.JException):
        broken_rules(text)


@pytest.mark.parametrize(("setting", "outcome"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)])
def test_a_check_that_cannot_run_is_skipped_but_fails_on_build_servers(
    setting: str, outcome: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    def find_none() -> str:
        raise jpype.JVMNotFoundException

    monkeypatch.setenv("CI", setting)
    monkeypatch.setattr(jpype, "getDefaultJVMPath", find_none)
    with pytest.raises(outcome, match="no Java: run 'make test'"):
        start_java.__wrapped__()

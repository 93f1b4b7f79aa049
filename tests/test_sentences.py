"""The sentence in which a record is named: found whole, cut to size, and never Markdown of its own."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.link import Briefing
from generator.pipeline import check_briefing
from generator.prose import Mention, Words
from generator.records import BriefingInfo
from generator.rows import to_words
from generator.sentences import WIDTH, sentences_of
from tests.conftest import MakeProject

NAMES = ("Jane\nDoe", "x<i", "y>", "B. Bo. Co", "*")
EMPTY = Briefing(
    info=BriefingInfo(title="A briefing"),
    assets=(),
    **{name: {} for name in ("records", "pages", "files", "backlinks", "prose", "shared_names", "nested_names")},
)


@pytest.mark.parametrize(
    ("summary", "sentence"),
    [
        ("It rained. Then [[b|she]] spoke. It stopped.", "Then <b>she</b> spoke."),
        ("The U.S. envoy met [[b]]. He left.", "The U.S. envoy met <b>Jane Doe</b>."),
        ("Mr. Roe and Jane Doe met at 5 p.m. on Monday.", "Mr. Roe and <b>Jane Doe</b> met at 5 p.m. on Monday."),
        ("- one thing\n- Jane Doe *too*\n- more", "<b>Jane Doe</b> too"),
        ("“Never!” said Jane Doe. All laughed.", "“Never!” said <b>Jane Doe</b>."),
        ("昨日は雨だった。今日は[[b|彼女]]が来た。終わり。", "今日は<b>彼女</b>が来た。"),
        ("First.\n\nSecond, with Jane Doe in it.", "Second, with <b>Jane Doe</b> in it."),
        ("A *star* and `code` for Jane Doe, <i>so</i>.", "A star and code for <b>Jane Doe</b>, so."),
        ("One \ue0fe sign \ue0ff, &#xE0FE; and Jane Doe.", "One \ue0fe sign \ue0ff, \ue0fe and <b>Jane Doe</b>."),
        ("[[b|a<i]] x> and [[b|c<i]] y>.", "<b>a&lt;i</b> x&gt; and c&lt;i y&gt;."),
        ("No <i Jane Doe>. But Jane Doe.", "But <b>Jane Doe</b>."),
    ],
)
def test_the_sentence_that_names_a_record_is_given_without_its_markdown(
    make_project: MakeProject, summary: str, sentence: str
) -> None:
    files = {
        "actors/b.yml": "name: Jane Doe\n",
        "actors/a.yml": f"name: Zed\nsummary: |-\n  {summary}\n".replace("\n- ", "\n  - ").replace("\n\nS", "\n\n  S"),
    }
    briefing, _ = check_briefing(make_project(files))
    assert sentences_of(briefing, briefing.prose["actors/a", ("summary",)]) == {"actors/b": sentence}


def test_a_long_sentence_is_cut_around_the_name(make_project: MakeProject) -> None:
    summary = f"{'before ' * 80}Jane Doe {'after ' * 80}".strip()
    files = {"actors/b.yml": "name: Jane Doe\n", "actors/a.yml": f"name: Zed\nsummary: {summary}\n"}
    briefing, _ = check_briefing(make_project(files))
    sentence = sentences_of(briefing, briefing.prose["actors/a", ("summary",)])["actors/b"]
    assert len(re.sub("</?b>", "", sentence)) <= WIDTH + 2
    assert sentence.startswith("…before ")
    assert sentence.endswith(" after…")
    assert "<b>Jane Doe</b>" in sentence


def test_an_address_leads_to_the_words_on_its_page() -> None:
    assert to_words("https://example.org/a", "We will, in time - build it") == (
        "https://example.org/a#:~:text=We%20will%2C%20in%20time%20%2D%20build%20it"
    )
    assert to_words("https://example.org/a#p4", "Yes") == "https://example.org/a#p4:~:text=Yes"
    assert to_words("mailto:a@example.org", "Yes") == "mailto:a@example.org"
    assert to_words("https://example.org/a", "") == "https://example.org/a"


@given(st.text(min_size=1).filter(str.strip))
def test_a_text_fragment_has_no_sign_that_means_something_in_one(words: str) -> None:
    fragment = to_words("https://example.org/a", words).partition(":~:text=")[2]
    assert re.fullmatch(r"[A-Za-z0-9_.~%]+(,[A-Za-z0-9_.~%]+)?", fragment)


@given(st.lists(st.sampled_from([*"<>[](){}_`\\.|:#!&; \n\ue0fe", *NAMES, "&#14;", "A. "])))
def test_no_prose_stops_the_search_for_sentences(parts: list[str]) -> None:
    linked = tuple(Mention("actors/b", part, is_typed=False) if part in NAMES else Words(part) for part in parts)
    found = sentences_of(EMPTY, linked)
    assert set(found) <= {"actors/b"}
    assert all(sentence.count("<b>") == 1 for sentence in found.values())

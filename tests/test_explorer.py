"""The explorer's data: every quote under all that it can be narrowed by, names as they are, the same each time."""

import json

from generator.pipeline import check_briefing, page_maker
from tests.conftest import MakeProject
from tests.sites import HARD

FILES = {
    "actors/a.yml": "name: Jane\n",
    "actors/b.yml": f"name: |-\n  {HARD}\n",
    "sources/s.yml": "title: Minutes\n",
    "quotes/q1.yml": "speaker: a\ntext: We will\n  build it.\ndate: 2023-12/2024-01\nto: b\ntags: [Über uns, port]\nlanguage: en\noriginal: {language: nb, text: Vi bygger den.}\nstatus: verified\nsources: [s, {source: s, at: p. 2}]\n",
    "quotes/q2.yml": f"speaker: b\ntext: |-\n  {HARD}\ndate: 2024-05-17\nsources: s\n",
    "quotes/q3.yml": "speaker: a\ntext: Never.\nsources: s\n",
}


def made(make_project: MakeProject, files: dict[str, str]) -> dict[str, str]:
    project = make_project(files)
    briefing, _ = check_briefing(project)
    return {
        page.path: page.text for page in page_maker(briefing, project).all() if page.path.startswith("quotes/data/")
    }


def test_each_quote_is_under_its_values_and_its_words_are_in_a_chunk(make_project: MakeProject) -> None:
    pages = made(make_project, FILES)
    index = json.loads(pages["quotes/data/index.json"])
    hard = HARD.strip()
    assert {key: index[key] for key in ("count", "chunk", "dated")} == {"count": 3, "chunk": 100, "dated": 2}
    assert index["facets"] == {
        "speaker": {"values": [["a", "Jane"], ["b", hard]], "rows": [[0], [1], [0]]},
        "to": {"values": [["b", hard]], "rows": [[0], [], []]},
        "topic": {"values": [["uber-uns", "Über uns"], ["port", "port"]], "rows": [[0, 1], [], []]},
        "year": {"values": [["2023", "2023"], ["2024", "2024"], ["undated", "Undated"]], "rows": [[0, 1], [1], [2]]},
        "language": {"values": [["en", "English"], ["nb", "Norwegian Bokmål"]], "rows": [[0, 1], [], []]},
        "status": {"values": [["verified", "verified"]], "rows": [[0], [], []]},
        "source": {"values": [["s", "Minutes"]], "rows": [[0], [0], [0]]},
    }
    assert json.loads(pages["quotes/data/rows-1.json"]) == [
        ["q1", "We will build it.", "Vi bygger den.", "December 2023 – January 2024"],
        ["q2", hard, "", "17 May 2024"],
        ["q3", "Never.", "", ""],
    ]


def test_chunks_hold_a_hundred_quotes_and_a_briefing_without_any_has_no_explorer(make_project: MakeProject) -> None:
    many = "".join(f"- {{id: q{number}, speaker: a, text: Words, sources: s}}\n" for number in range(201))
    base = {"actors/a.yml": "name: A\n", "sources/s.yml": "title: S\n"}
    assert made(make_project, base) == {}
    assert sorted(made(make_project, {**base, "quotes/all.yml": many})) == [
        "quotes/data/index.json",
        "quotes/data/rows-1.json",
        "quotes/data/rows-2.json",
        "quotes/data/rows-3.json",
    ]

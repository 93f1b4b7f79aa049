"""Pictures: what is drawn, how doubt is drawn, and that nothing in a name is more than a name."""

import json
import xml.etree.ElementTree as Xml
from collections.abc import Mapping
from datetime import date
from itertools import pairwise

import pytest

from generator.dates import parse_date
from generator.labels import Spot, place_labels
from generator.network import MOST_EDGES, MOST_NODES, Edge, drawn_edges
from generator.pipeline import check_briefing, page_maker, read_briefing
from generator.timeline import MOST_ITEMS, Extent, extent_of
from generator.world import project, rings
from tests.conftest import MakeProject

HOSTILE = "</text><script>alert(1)</script> & \"x\" 'y'"
SOURCE = {"sources/s.yml": "title: A source\n"}
MEETING = {
    "actors/ann.yml": "name: Ann\ntype: person\n",
    "actors/bob.yml": "name: Bob\ntype: person\npart_of: union\n",
    "actors/union.yml": "name: The Union\ntype: organisation\n",
    "events/talks.yml": "title: Talks\ndate: 2023-05\nparticipants: [ann, bob]\ntags: [peace]\ntype: summit\n"
    "place: {name: Oslo, country: NO, latitude: 59.91, longitude: 10.75}\n",
    "events/march.yml": "title: March\ndate: 2024-03-01\nparticipants: [bob]\nplace: A square\n",
    "quotes/q.yml": "speaker: ann\ntext: We agree.\ndate: 2023-05-04\nevent: talks\nto: bob\nsources: s\n",
    "quotes/alone.yml": "speaker: bob\ntext: We march.\ndate: 2024-02~\nsources: s\n",
    **SOURCE,
}


def made(make_project: MakeProject, files: Mapping[str, str]) -> dict[str, str]:
    project = make_project(files)
    briefing, _ = read_briefing(project)
    return {page.path: page.text for page in page_maker(briefing, project).all()}


def test_pictures_are_the_same_on_every_build_and_are_xml(make_project: MakeProject) -> None:
    first, second = made(make_project, MEETING), made(make_project, MEETING)
    assert first == second
    pictures = [path for path in first if path.endswith(".svg")]
    assert {"pictures/timeline.svg", "pictures/network.svg", "pictures/map.svg"} <= set(pictures)
    for path in pictures:
        assert Xml.fromstring(first[path]).get("aria-label"), path


def test_a_name_is_only_a_name_in_every_picture(make_project: MakeProject) -> None:
    hostile = json.dumps(HOSTILE)
    pages = made(
        make_project,
        {
            **MEETING,
            "actors/ann.yml": f"name: {hostile}\nroles: [{{title: {hostile}, from: 2001}}, {{title: x, to: 2001}}]\n",
            "events/talks.yml": f"title: {hostile}\ndate: 2023-05\nparticipants: [ann, bob]\n"
            f"place: {{name: {hostile}, latitude: 1, longitude: 2}}\n",
        },
    )
    drawn = [text for path, text in pages.items() if path.endswith(".svg")]
    assert any("&lt;script&gt;" in svg for svg in drawn)
    for svg in drawn:
        assert not [element for element in Xml.fromstring(svg).iter() if element.tag.endswith("script")]


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("2024-06-19", Extent(date(2024, 6, 19), date(2024, 6, 19), None, None, "")),
        ("2024-06", Extent(date(2024, 6, 1), date(2024, 6, 30), None, None, "")),
        ("2024-06-19~", Extent(date(2024, 6, 19), date(2024, 6, 19), None, None, "about")),
        ("2024?", Extent(date(2024, 1, 1), date(2024, 12, 31), None, None, "uncertain")),
        ("198X", Extent(date(1980, 1, 1), date(1989, 12, 31), None, None, "")),
        ("2022-02-24/..", Extent(date(2022, 2, 24), None, date(2022, 2, 24), None, "")),
        ("../1975", Extent(None, date(1975, 12, 31), None, date(1975, 1, 1), "")),
        ("2018/2022", Extent(date(2018, 1, 1), date(2022, 12, 31), date(2018, 12, 31), date(2022, 1, 1), "")),
        ("2018/2019", Extent(date(2018, 1, 1), date(2019, 12, 31), None, None, "")),
    ],
)
def test_dates_are_drawn_as_far_as_they_are_known(text: str, drawn: Extent) -> None:
    assert extent_of(parse_date(text)) == drawn


def test_the_timeline_has_events_with_their_quotes_and_quotes_said_at_none(make_project: MakeProject) -> None:
    pages = made(make_project, MEETING)
    data = json.loads(pages["pictures/timeline.json"])
    assert [(item["key"], item["type"]) for item in data["items"] if "type" in item] == [
        ("events/talks", "summit"),
        ("quotes/alone", "quote"),
    ]
    talks = data["items"][0]
    assert (talks["start"], talks["end"]) == ("2023-05-01", "2023-05-31")
    assert talks["said"] == [["2023-05-04", "quotes/q", "“We agree.”"]]
    assert talks["actors"] == ["ann", "bob"]
    assert data["actors"] == {"ann": "Ann", "bob": "Bob"}
    assert data["topics"] == {"peace": "peace"}
    assert 'class="p-about"' in pages["pictures/timeline.svg"]
    assert "[March](events/march.md)" in pages["timeline.md"]


def test_the_network_says_how_two_actors_are_tied_and_when(make_project: MakeProject) -> None:
    pages = made(make_project, MEETING)
    assert "| [Ann](actors/ann.md) – [Bob](actors/bob.md) | 1 | 1 |  | 2023 |" in pages["network.md"]
    assert "| [Bob](actors/bob.md) – [The Union](actors/union.md) |  |  | 1 |  |" in pages["network.md"]
    svg = Xml.fromstring(pages["pictures/network.svg"])
    edges = {(edge.get("data-kind"), edge.get("data-years")) for edge in svg.iter() if edge.get("data-one")}
    assert edges == {("together", "2023:1"), ("quoted", "2023:1"), ("part", ":1")}


def test_the_map_has_the_places_with_coordinates_and_its_table_all(make_project: MakeProject) -> None:
    pages = made(make_project, MEETING)
    assert 'data-key="places/oslo"' in pages["pictures/map.svg"]
    assert "square" not in pages["pictures/map.svg"]
    assert "| [Oslo](places/oslo.md) | Norway | 1 | yes |" in pages["map.md"]
    assert "| [A square](places/a-square.md) |  | 1 | no, it has no coordinates |" in pages["map.md"]


def test_what_is_left_out_is_said(make_project: MakeProject) -> None:
    count = MOST_ITEMS + 30
    actors = {f"actors/a{number}.yml": f"name: Actor {number}\n" for number in range(MOST_NODES + 9)}
    events = {
        f"events/e{number}.yml": f"title: Event {number}\ndate: 2024\n"
        f"participants: [a{number % len(actors)}, a{(number * 7 + 1) % len(actors)}]\n"
        for number in range(count)
    }
    pages = made(make_project, {**actors, **events})
    assert len(json.loads(pages["pictures/timeline.json"])["items"]) == MOST_ITEMS
    assert f"The timeline has the {MOST_ITEMS} of {count} that most records name." in pages["timeline.md"]
    assert f"The first 100 of {MOST_ITEMS}. [All events](events/index.md)" in pages["timeline.md"]
    assert f"{MOST_NODES} of {len(actors)} actors are drawn" in pages["network.md"]


def test_a_file_that_would_replace_the_timelines_data_is_a_problem(make_project: MakeProject) -> None:
    _, problems = check_briefing(make_project({"pictures/timeline.json": "{}", "timeline.md": "# Mine\n"}))
    assert [str(problem).partition(": error: ")[2] for problem in problems] == [
        "the file would lie where the data of the timeline lies. Move it, or give it another name.",
        "the page would lie where the timeline lies. Move it, or give it another name.",
    ]


def test_an_empty_briefing_has_pages_and_no_pictures(make_project: MakeProject) -> None:
    pages = made(make_project, {})
    assert [path for path in pages if path.endswith(".svg")] == []
    for name in ("timeline.md", "network.md", "map.md"):
        assert "Nothing on record yet." in pages[name]
        assert "<figure" not in pages[name]


def test_of_many_ties_the_strongest_are_drawn_and_nobody_is_left_alone() -> None:
    strong = [Edge(f"a{n}", f"a{m}", "together", (("2020", 9),)) for n in range(40) for m in range(n)]
    weak = Edge("a0", "lonely", "quoted", (("", 1),))
    drawn = drawn_edges([*strong, weak])
    assert len(drawn) == MOST_EDGES
    assert weak in drawn


def test_labels_do_not_lie_on_each_other_or_leave_the_picture() -> None:
    spots = [Spot(50, 50, 5, "Pyongyang"), Spot(55, 55, 5, "Seoul"), Spot(52, 52, 5, "Between them")]
    placed = place_labels(spots, 12, 110, 110)
    assert placed[0] and placed[1] and placed[0].dy != placed[1].dy
    assert place_labels([Spot(5, 5, 5, "A name too long for the picture")], 12, 60, 60) == [None]


def test_the_world_lies_within_its_map_and_no_coast_crosses_it() -> None:
    for ring in rings():
        assert all(-180 <= x <= 180 and -90 <= y <= 90 for x, y in ring)
        assert all(abs(one[0] - other[0]) < 180 for one, other in pairwise(ring))
    assert project(0, 0, 1000) == (500.0, 260.0)
    assert project(180, 0, 1000)[0] == 1000.0

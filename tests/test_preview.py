"""The preview: what it reads after an edit is what a fresh reading gives, and its pages are those of a build."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from random import Random
from urllib.parse import quote

import pytest

from generator.errors import Problem, is_failure
from generator.pipeline import check_briefing, page_maker
from generator.preview import Preview
from generator.project import Project
from generator.reading import Reader
from generator.ties import TiesAsAsked, ties_of
from tests.conftest import MakeProject
from tests.sites import build, copy_first_briefing, free_port, start_briefing

FILES = {
    "briefing.yml": "title: A briefing\n",
    "actors/jane.yml": "name: Jane Doe\naliases: [Mayor Doe]\nsummary: She met [[otto]] at the pier.\n",
    "actors/otto.yml": "name: Otto Roe\npart_of: council\n",
    "actors/council.yml": "name: The council\ntype: organisation\n",
    "events/vote.yml": "title: The vote\ndate: 2024-05-17\nplace: Pier\ntags: harbour\nparticipants: [jane, otto]\n",
    "events/fair.yml": "title: The fair\ndate: 2024-05-18\nfollows: vote\nsummary: After [[vote]].\n",
    "quotes/q.yml": "speaker: jane\ntext: We will build it.\nevent: vote\nsources: minutes\nabout: council\n",
    "sources/minutes.yml": "title: Minutes\n",
    "page.md": "# A page\n\nOf [[vote]] and Jane Doe.\n",
}
SETTINGS = "site_name: A briefing\ntheme: {name: material, font: false}\nplugins: [briefbook]\n"
QUOTE = "- id: {}\n  speaker: jane\n  text: We will.\n  sources: minutes\n"
EDITS = [
    ("actors/jane.yml", "name: Jane Doe\nsummary: She met nobody.\n"),
    ("actors/jane.yml", "name: Jane Roe\naliases: [Otto Roe]\n"),
    ("actors/otto.yml", "name: Otto Roe\nnote: Friend of Jane Doe and [[council]].\n"),
    ("actors/otto.yml", "name: Otto Roe\nnote: Friend of [[nobody]].\n"),
    ("actors/otto.yml", "name: Otto Roe\ntype: person\npart_of: council\n"),
    ("actors/anna.yml", "name: Anna\nsummary: Knows [[jane]].\n"),
    ("actors/anna.yml", ""),
    (
        "events/vote.yml",
        "title: The vote\ndate: 2024-05-17\nplace: Pier\ntags: harbour\nparticipants: [jane, otto]\nnote: By [[council]].\n",
    ),
    ("events/vote.yml", "title: The vote\ndate: 2025\nparticipants: [jane]\n"),
    ("events/vote.yml", "title: The vote\ndat: 2025\n"),
    ("events/vote.yml", "title: A *vote*\ndate: 2024-05-17\nplace: Pier\ntags: harbour\nparticipants: [jane, otto]\n"),
    ("events/fair.yml", "title: The great fair\ndate: 2024-05-16\nfollows: vote\n"),
    ("quotes/q.yml", "speaker: jane\ntext: We will not build it.\nevent: vote\nsources: {source: minutes, at: p. 4}\n"),
    ("quotes/q.yml", "speaker: otto\ntext: We will build it.\nsources: minutes\ndraft: true\n"),
    ("sources/minutes.yml", "title: Minutes of the council\nsummary: Of [[fair]].\n"),
    ("sources/minutes.yml", "title: [\n"),
    ("page.md", "# Another page\n\nOf [[fair]] alone.\n"),
    ("page.md", "# A page\n\nOf [[fair]] and Otto Roe.\n"),
    ("page.md", "# A page\n\nOf [[nobody]].\n"),
    ("page.md", "---\nhide: [toc]\n---\n\n# A page\n"),
    ("briefing.yml", "title: A briefing\nsummary: About Jane Doe.\n"),
    ("briefing.yml", "title: Another briefing\nas_of: 2024-05-17\n"),
    ("briefing.yml", "title: A briefing\njudgements: [{text: Otto Roe will., based_on: [vote, q]}]\n"),
    ("briefing.yml", "title: A briefing\njudgements: [{text: They will., based_on: nobody}]\n"),
    ("briefing.yml", "title: A briefing\nbook: {pages: [page.md]}\n"),
    ("briefing.yml", "title: A briefing\nbook: {pages: [no.md]}\n"),
    ("briefing.yml", "title: A briefing\nas_of: [\n"),
    ("briefing.yml", "title: A briefing\nas_of: soon\n"),
    ("briefing.yml", ""),
    ("events/council.yml", "title: The council meets\ndate: 2024\nsummary: Of the great fair.\n"),  # an id twice
    ("events/council.yml", ""),
    ("actors/fair.yml", "name: great fair\naliases: [Roe, pier]\nnames: {fr: Café}\n"),
    ("actors/fair.yml", "name: fair\naliases: [Jane  Doe, build  it]\nnote: The great council.\n"),
    ("actors/fair.yml", f"name: it\naliases: [{', '.join('a ' * count + 'Roe' for count in range(12))}]\n"),
    ("actors/fair.yml", ""),
    ("actors/otto.yml", "name: Otto Roe\nnote: 'Of the great\n\n  fair, and a Cafe\u0301.'\n"),
    ("events/fair.yml", "title: The fair\ndate: 2024-05-18\nsummary: |\n  Of the great\n  fair and a a Roe, a pier.\n"),
    ("actors/anna.yml", "name: ["),
    ("actors/council.yml", ""),
    ("events/later/end.yml", "title: The end\ndate: 2024-05-17\nfollows: [vote, fair]\ntags: Harbour\n"),
    ("events/later/end.yml", "title: The end\ndate: 2024-05-17\nplace: pier\n"),
    ("events/later/end.yml", ""),
    ("quotes/two.yml", f"{QUOTE.format('q2')}{QUOTE.format('q3')}  about: council\n"),
    ("quotes/two.yml", f"{QUOTE.format('q3')}{QUOTE.format('q2')}"),
    ("quotes/two.yml", f"{QUOTE.format('q2')}- q3\n"),
    ("quotes/two.yml", f"{QUOTE.format('q2')}{QUOTE.format('q')}"),
    ("quotes/two.yml", f"{QUOTE.format('Q 2')}"),
    ("quotes/two.yml", f"{QUOTE.format('q2')}: ["),
    ("quotes/two.yml", "[]\n"),
    ("actors/council.yml", "name: ["),
    ("actors/otto.yml", "name: Otto Roe\nnote: Of [[anna]] and [[council]].\n"),
    ("quotes/two.yml", ""),
]


def edit(root: Path, name: str, text: str) -> None:
    path = root / "docs" / name
    if text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    else:
        path.unlink(missing_ok=True)


def errors_among(problems: Iterable[Problem]) -> list[Problem]:
    return [problem for problem in problems if is_failure([problem], strict=False)]


def read_preview(project: Project) -> Preview:
    preview = Preview(project, list[object]().append)
    preview.refresh()
    return preview


@pytest.mark.parametrize("seed", range(12))
def test_reading_what_changed_gives_what_reading_all_gives(make_project: MakeProject, seed: int) -> None:
    project, random = make_project(FILES), Random(seed)
    reader = Reader(project, with_drafts=True)
    reader.read()
    alone, waiting, good = 0, 0, 0
    is_bad = False
    for _ in range(60):
        if is_bad and random.random() < 0.5:  # all at once is as it was
            names = {name for name, _ in EDITS} | FILES.keys()
            for name in names:
                edit(project.root, name, FILES.get(name, ""))
            reader.read(names)
        name, text = random.choice([*EDITS, *FILES.items()])
        edit(project.root, name, text)
        edited = reader.read_edits([name])
        fresh, found = check_briefing(project, with_drafts=True)
        is_bad = is_failure(found, strict=False)
        if edited is None:
            briefing, problems = reader.read([name])
        else:
            assert reader.briefing is not None
            briefing, problems = reader.briefing, reader.check()
            alone += 1
            assert {key: TiesAsAsked(briefing).get(key) for key in ties_of(briefing)} == ties_of(briefing)
        if edited is not None and is_failure(edited.problems, strict=False):  # the edit waits, as does whatever follows
            waiting += 1
            missed = {*errors_among(found)} - {*errors_among(problems)}
            assert {*errors_among(problems)} == {*errors_among(edited.problems)} <= {*found}
            assert all(re.search("in a circle|would lie|other names of actors", error.message) for error in missed)
            continue
        assert problems == found
        if not is_bad:
            good += 1
            assert briefing == fresh
            assert list(briefing.records) == list(fresh.records)
    assert alone > 10
    assert waiting > 0
    assert good > 12


def test_pages_after_an_edit_are_those_of_a_fresh_preview(make_project: MakeProject) -> None:
    project = make_project(FILES)
    (project.root / "mkdocs.yml").write_text(SETTINGS)
    preview = read_preview(project)
    for name, text in EDITS:
        edit(project.root, name, text)
        preview.refresh([project.root / "docs" / name])
        preview.check()
        if is_failure(preview.problems, strict=False):
            edit(project.root, name, FILES.get(name, ""))
            preview.refresh([project.root / "docs" / name])
            preview.check()
        assert not is_failure(preview.problems, strict=False)
        fresh = read_preview(project)
        pages = [page.path for page in page_maker(check_briefing(project, with_drafts=True)[0], project).all()]
        for path in pages:
            address = path.removesuffix("index.md").replace(".md", "/")
            assert preview.answer(address) == fresh.answer(address), (name, address)


def test_settings_edited_beside_an_error_count_once_it_is_mended(make_project: MakeProject) -> None:
    project = make_project(FILES)
    settings = project.root / "mkdocs.yml"
    settings.write_text(SETTINGS)
    preview = read_preview(project)
    minutes = project.root / "docs" / "sources" / "minutes.yml"
    minutes.write_text("title: [\n")
    preview.refresh([minutes])
    settings.write_text(SETTINGS.replace("A briefing", "Another briefing"))
    preview.refresh([settings])
    minutes.write_text("title: The minutes\n")
    preview.refresh([minutes])
    answer = preview.answer("sources/minutes/")
    assert answer is not None
    assert isinstance(answer.body, bytes)
    assert b"The minutes" in answer.body
    assert b"Another briefing" in answer.body


def test_names_in_the_navigation_follow_edits(make_project: MakeProject) -> None:
    project = make_project(FILES)
    (project.root / "mkdocs.yml").write_text(f"{SETTINGS}nav: [index.md, actors/jane.md, page.md]\n")
    preview = read_preview(project)
    for name, text, words in (
        ("actors/jane.yml", "name: Janet Poe\n", b"Janet Poe"),
        ("page.md", "# Of method\n", b"Of method"),
    ):
        edit(project.root, name, text)
        preview.refresh([project.root / "docs" / name])
        answer = preview.answer("sources/minutes/")
        assert answer is not None
        assert isinstance(answer.body, bytes)
        assert words in answer.body


def test_a_mistake_in_a_template_is_told_until_it_is_mended(make_project: MakeProject) -> None:
    project = make_project(FILES)
    (project.root / "mkdocs.yml").write_text(SETTINGS)
    template = project.root / "templates" / "pages" / "actor.md.j2"
    template.parent.mkdir(parents=True)
    template.write_text("{% if actor.wikidata %}{{ nothing.here }}{% endif %}")
    preview = read_preview(project)
    edit(project.root, "actors/jane.yml", "name: Jane Doe\nwikidata: Q1\n")
    preview.refresh([project.root / "docs/actors/jane.yml"])
    answer = preview.answer("actors/jane/")
    preview.check()
    assert answer is not None
    assert answer.status == 500
    assert ["nothing" in problem.message for problem in preview.problems] == [True]


def test_an_edit_beside_an_error_shows_nothing(make_project: MakeProject) -> None:
    project = make_project(FILES)
    (project.root / "mkdocs.yml").write_text(SETTINGS)
    preview = read_preview(project)
    for name, text in (
        ("events/vote.yml", FILES["events/vote.yml"] + "follows: fair\n"),  # which follows this one
        ("sources/minutes.yml", "title: Minutes of the council\n"),
    ):
        edit(project.root, name, text)
        preview.refresh([project.root / "docs" / name])
        assert sum("in a circle" in problem.message for problem in preview.problems) == 1
        preview.check()
        answer = preview.answer("sources/minutes/")
        assert answer is not None
        assert isinstance(answer.body, bytes)
        assert b"Minutes of the council" not in answer.body


@pytest.mark.slow
def test_pages_of_the_preview_are_those_of_a_build(tmp_path: Path) -> None:
    folder = copy_first_briefing(tmp_path / "first")
    site = build(folder)
    preview = read_preview(Project(folder))
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 100
    for page in pages:
        address = page.relative_to(site).as_posix()
        answer = preview.not_found() if address == "404.html" else preview.answer(address.removesuffix("index.html"))
        assert answer is not None, address
        assert answer.body == page.read_bytes(), address
    for name in ("assets/stylesheets/briefbook.css", "pictures/years.svg", "quotes/data/terms.json"):
        if (site / name).is_file():
            found = preview.answer(name)
            assert found is not None
            body = found.body.read_bytes() if isinstance(found.body, Path) else found.body
            assert body == (site / name).read_bytes(), name


@contextmanager
def serving(folder: Path, port: int) -> Iterator[tuple[str, int, "subprocess.Popen[str]"]]:
    program = str(Path(sys.executable).parent / "briefbook")
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [program, "serve", "--address", f"127.0.0.1:{port}"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    ) as server:
        try:
            assert server.stdout
            line = server.stdout.readline()
            assert "The preview is at http://127.0.0.1:" in line
            yield line, int(line.split(":")[2].split("/")[0]), server
        finally:
            server.terminate()


def ask(port: int, path: str, method: str = "GET", **headers: str) -> HTTPResponse:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.putrequest(method, path, skip_host="Host" in headers)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    return connection.getresponse()


@pytest.fixture(scope="module")
def preview_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder = start_briefing(tmp_path_factory.mktemp("preview") / "b")
    with serving(folder, free_port()) as (_, port, _):
        yield port


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/actors/jane-doe/", 200),
        ("/actors/jane-doe", 307),
        ("/no/such/page/", 404),
        ("/../docs/briefing.yml", 404),
        ("/%2e%2e/docs/briefing.yml", 404),
        ("/..%2f..%2fetc/passwd", 404),
        ("/assets/..%5c..%5cmkdocs.yml", 404),
        ("/%00", 404),
        ("/pagefind/%00", 404),
        ("/pagefind/" + "a" * 5000, 404),
        ("/pagefind/..%2f..%2f..%2fmkdocs.yml", 404),
        ("/" + "a/" * 5000, 404),
        ("/%ff%fe/", 404),
        ("/.briefbook/%2e%2e/preview.js", 404),
        ("/.briefbook/..%2f..%2f..%2fmkdocs.yml", 404),
        ("/.briefbook/mkdocs.js", 404),
        ("/.briefbook/digest?page=%00", 200),
        ("/briefing.yml", 404),
        ("//etc/passwd", 404),
        ("/.briefbook/preview.js", 200),
    ],
)
def test_preview_answers_with_what_the_site_has_and_nothing_else(preview_port: int, path: str, status: int) -> None:
    answer = ask(preview_port, path)
    assert answer.status == status
    assert answer.getheader("X-Content-Type-Options") == "nosniff" or status == 307


@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("POST", {}, 405),
        ("DELETE", {}, 405),
        ("HEAD", {}, 200),
        ("GET", {"Host": "evil.example"}, 403),
        ("GET", {"Host": "127.0.0.1.evil.example:80"}, 403),
        ("GET", {"Host": "localhost"}, 200),
        ("GET", {"Origin": "https://evil.example"}, 403),
        ("GET", {"Origin": "null"}, 403),
    ],
)
def test_preview_is_for_its_own_pages_only(
    preview_port: int, method: str, headers: dict[str, str], status: int
) -> None:
    assert ask(preview_port, "/", method, **headers).status == status


@pytest.mark.slow
def test_preview_survives_what_is_no_request(preview_port: int) -> None:
    waiting = [socket.create_connection(("127.0.0.1", preview_port)) for _ in range(20)]  # and never say a word
    for nonsense in (
        b"\0" * 100,
        b"GET\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: " + b"a" * 200_000,
        b"GET /%zz HTTP/9\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", preview_port)) as client:
            client.sendall(nonsense)
            client.shutdown(socket.SHUT_WR)
            client.recv(100)
    assert ask(preview_port, "/").status == 200
    for client in waiting:
        client.close()


@pytest.mark.slow
def test_port_in_use_is_no_obstacle(tmp_path: Path) -> None:
    folder = start_briefing(tmp_path / "b")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with serving(folder, port) as (line, other, _):
            assert port < other < port + 20
            assert f"port {port} is taken" in line


@pytest.mark.slow
def test_open_pages_hear_of_problems_and_of_what_they_show(tmp_path: Path) -> None:
    folder = start_briefing(tmp_path / "b")
    record = folder / "docs" / "sources" / "council-minutes.yml"
    good = record.read_text()
    with serving(folder, free_port()) as (_, port, server):
        address = "/sources/council-minutes/"
        seen = digest_of(port, address)
        assert f'data-seen="{seen}"' in ask(port, address).read().decode()
        stream = ask(port, "/.briefbook/events")
        assert heard(stream) == ("problems", "[]")
        assert heard(stream)[0] == "version"
        record.write_text(good + "nam: x\n")
        event, problems = heard(stream)
        (problem,) = json.loads(problems)
        assert event == "problems"
        assert problem["message"] == "nam: there is no such field. Did you mean 'name'?" or "nam" in problem["message"]
        assert problem["line"] == "nam: x"
        assert "no such field" not in ask(port, "/sources/council-minutes/").read().decode()
        record.write_text(good + "note: A new note.\n")
        events = {heard(stream)[0], heard(stream)[0]}
        assert events == {"problems", "version"}
        assert digest_of(port, address) != seen
        assert "A new note." in ask(port, "/sources/council-minutes/").read().decode()
        server.terminate()
        assert server.stderr
        assert "council-minutes.yml" in server.stderr.read()


def digest_of(port: int, address: str) -> str:
    """Return which version of a page there is now."""
    return ask(port, f"/.briefbook/digest?page={quote(address)}").read().decode()


def heard(stream: HTTPResponse) -> tuple[str, str]:
    """Return the next event of a stream: its name and data."""
    event = ""
    while True:
        line = stream.readline().decode().rstrip("\n")
        if line.startswith("event: "):
            event = line.removeprefix("event: ")
        elif line.startswith("data:"):
            return event, line.removeprefix("data:").strip()

"""Records that were read before are kept: what comes of them is what comes of reading their files again."""

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest

from generator.kept import Kept
from generator.link import Briefing
from generator.pipeline import check_briefing
from generator.project import Project
from generator.validate import Checked
from tests.conftest import MakeProject
from tests.test_preview import EDITS, FILES, edit

Found = tuple[Briefing, Sequence[object]]


def age(folder: Path, seconds: int) -> None:
    """Have all files be so much older: what was written just now is never kept."""
    for path in folder.rglob("*"):
        status = path.stat()
        os.utime(path, ns=(status.st_mtime_ns - seconds * 10**9,) * 2)


def read_afresh(project: Project, folder: Path, *, with_drafts: bool) -> Found:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(project.root / "docs", folder / "docs")
    return check_briefing(Project(folder), with_drafts=with_drafts)


def kept_names(project: Project) -> set[str]:
    return {name for name in FILES if Kept(project.root).judged_in(name) is not None}


def keys_of_kept_links(project: Project) -> set[str]:
    """Return the keys of the records of which is kept what linking found; all files must be kept."""
    kept = Kept(project.root)
    judged = [item for name in FILES for item in kept.judged_in(name) or ()]
    return {*kept.links_of([Checked(item.record, item.raw.path, item.raw.at) for item in judged]).linked}


def kept_files(make_project: MakeProject) -> tuple[Project, Found, Path, dict[str, Any], list[str]]:
    """Return a briefing that was read, what that gave, the file that is kept of it, its first line and the others."""
    project = make_project(FILES)
    age(project.root / "docs", 10)
    found = check_briefing(project)
    file = project.root / "build/.cache/records.json"
    head, *lines = file.read_text("utf-8").split("\n")
    return project, found, file, json.loads(head), lines


@pytest.mark.parametrize("seed", range(4))
def test_reading_what_was_kept_gives_what_reading_all_gives(
    make_project: MakeProject, tmp_path: Path, seed: int
) -> None:
    project, random = make_project(FILES), Random(seed)
    was_kept = False
    for _ in range(25):
        with_drafts = random.random() < 0.7
        for _ in range(random.randrange(3)):
            edit(project.root, *random.choice([*EDITS, *FILES.items()]))
        age(project.root / "docs", 10)
        briefing, problems = check_briefing(project, with_drafts=with_drafts)
        fresh, found = read_afresh(project, tmp_path / "fresh", with_drafts=with_drafts)
        assert problems == found
        assert briefing == fresh
        was_kept = was_kept or bool(kept_names(project) and keys_of_kept_links(project))
    assert was_kept


def test_file_that_changed_is_read_again_and_others_are_not(make_project: MakeProject) -> None:
    project = make_project(FILES)
    age(project.root / "docs", 10)
    check_briefing(project)
    names = kept_names(project)
    assert len(names) > 2
    changed = sorted(names)[0]
    file = project.root / "docs" / changed
    file.write_text(file.read_text() + "\n", "utf-8")
    assert kept_names(project) == names - {changed}


def test_what_was_edited_just_now_is_not_kept(make_project: MakeProject) -> None:
    project = make_project(FILES)
    check_briefing(project)
    assert kept_names(project) == set()


def test_picture_that_is_removed_is_missed_by_a_record_that_was_kept(make_project: MakeProject) -> None:
    project = make_project({"actors/a.yml": "name: A\nimage: {src: assets/a.png, alt: A}\n", "assets/a.png": "x"})
    age(project.root / "docs", 10)
    before = [problem.message for problem in check_briefing(project)[1]]
    assert not any("is not a file" in message for message in before)
    (project.root / "docs/assets/a.png").unlink()
    (problem,) = (problem for problem in check_briefing(project)[1] if "is not a file" in problem.message)
    assert (problem.place.path, problem.place.line) == ("docs/actors/a.yml", 2)


def test_what_linking_found_is_kept_but_where_drafts_were_left_out(make_project: MakeProject) -> None:
    project = make_project(FILES)
    age(project.root / "docs", 10)
    briefing, _ = check_briefing(project, with_drafts=True)
    keys = keys_of_kept_links(project)
    assert keys
    assert keys <= {*briefing.records}
    name = next(name for name in FILES if name.startswith("actors/"))
    file = project.root / "docs" / name
    file.write_text(f"{file.read_text()}\ndraft: true\n", "utf-8")
    age(project.root / "docs", 10)  # all lie in another way than before
    check_briefing(project)
    assert kept_names(project)
    assert keys_of_kept_links(project) == set()


def test_links_are_found_anew_where_what_they_lead_to_is_another(make_project: MakeProject) -> None:
    project = make_project(
        {
            "actors/a.yml": "name: Ada One\nsummary: Seen with Bob Two, and [[c]].\n",
            "actors/b.yml": "name: Bob Two\n",
            "actors/c.yml": "name: Cy Three\n",
        }
    )
    age(project.root / "docs", 10)
    before, _ = check_briefing(project)
    assert {named for named, ways in before.backlinks.items() if "mentioned-in" in ways} == {"actors/b", "actors/c"}
    (project.root / "docs/actors/b.yml").write_text("name: Bea Two\n", "utf-8")
    (project.root / "docs/actors/c.yml").unlink()
    after, problems = check_briefing(project)
    assert "actors/b" not in after.backlinks
    assert [problem.message for problem in problems if "'c'" in problem.message] == ["no record has the id 'c'."]


def test_what_nobody_can_use_is_not_used(make_project: MakeProject) -> None:
    project, expected, file, kept, lines = kept_files(make_project)
    head = json.dumps(kept)
    wrong = {name: [*entry[:3], [["x", [], 10**6]]] for name, entry in kept["files"].items()}
    heads = ("", "[]", "{", json.dumps(kept | {"made with": "other code"}), json.dumps(kept | {"files": wrong}))
    for text in ("\n".join((head, *("{}" for _ in lines))), head, *("\n".join((other, *lines)) for other in heads)):
        file.write_text(text, "utf-8")
        assert kept_names(project) == set()
        assert check_briefing(project) == expected


def test_links_that_nobody_can_use_are_not_used(make_project: MakeProject) -> None:
    project, expected, file, kept, lines = kept_files(make_project)
    assert keys_of_kept_links(project)
    short = {key: [path] for key, (path, *_) in kept["links"].items()}
    odd = {key: [path, [10**6, 0], texts] for key, (path, _, texts) in kept["links"].items()}
    changes: list[dict[str, object]] = [{"links": short}, {"links": odd}, {"world": [], "ways": []}]
    for wrong in changes:
        file.write_text("\n".join((json.dumps(kept | wrong), *lines)), "utf-8")
        assert keys_of_kept_links(project) == set()
        assert check_briefing(project) == expected

"""Records that were read before are kept: what comes of them is what comes of reading their files again."""

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from generator.kept import Kept
from generator.link import Briefing
from generator.pipeline import Project, check_briefing
from tests.conftest import MakeProject
from tests.test_preview import EDITS, FILES, edit

Found = tuple[Briefing, Sequence[object]]


def age(folder: Path, seconds: int) -> None:
    """Have all files be so much older: what was written just now is never kept."""
    for path in folder.rglob("*"):
        status = path.stat()
        os.utime(path, ns=(status.st_mtime_ns - seconds * 10**9,) * 2)


def read_afresh(project: Project, folder: Path) -> Found:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(project.root / "docs", folder / "docs")
    return check_briefing(Project(folder))


def kept_names(project: Project) -> set[str]:
    return {name for name in FILES if Kept(project.root).judged_in(name) is not None}


@pytest.mark.parametrize("seed", range(4))
def test_reading_what_was_kept_gives_what_reading_all_gives(
    make_project: MakeProject, tmp_path: Path, seed: int
) -> None:
    project, random = make_project(FILES), Random(seed)
    was_kept = False
    for _ in range(25):
        for _ in range(random.randrange(3)):
            edit(project.root, *random.choice([*EDITS, *FILES.items()]))
        age(project.root / "docs", 10)
        briefing, problems = check_briefing(project)
        fresh, found = read_afresh(project, tmp_path / "fresh")
        assert problems == found
        assert briefing == fresh
        was_kept = was_kept or bool(kept_names(project))
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


def test_what_nobody_can_use_is_not_used(make_project: MakeProject) -> None:
    project = make_project(FILES)
    age(project.root / "docs", 10)
    expected = check_briefing(project)
    file = project.root / "build/.cache/records.json"
    kept = json.loads(file.read_text())
    entries = kept["files"]
    wrong = {name: [*entry[:3], [["x", [], "{}"]]] for name, entry in entries.items()}
    for text in ("", "[]", "{", json.dumps(kept | {"made with": "other code"}), json.dumps(kept | {"files": wrong})):
        file.write_text(text)
        assert kept_names(project) == set()
        assert check_briefing(project) == expected

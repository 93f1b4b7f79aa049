"""Odd files and folders below `docs/`: each has a named outcome, costs little, and none ends in a traceback."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path

import pytest

from generator.fields import slug
from generator.files import Limits
from generator.pipeline import check_briefing
from generator.project import Project
from generator.reading import Reader
from tests.conftest import MakeProject
from tests.sites import slowness

ORDINARY = "error: this is not an ordinary file. Remove it, or put a file in its place."
NOWHERE = "error: the link leads nowhere. Remove it, or put a file in its place."
OUT = "error: the link leads out of 'docs'. Put the file itself here."
FOLDER = "error: links to folders are not followed. Put the folder itself here."

Make = Callable[[Path], object]


def problems_of(project: Project) -> list[str]:
    return [str(problem) for problem in check_briefing(project)[1] if "nothing refers to" not in problem.message]


def bind(path: Path) -> None:
    # The whole path may be too long for a socket.
    with chdir(path.parent), socket.socket(socket.AF_UNIX) as server:
        server.bind(path.name)


@pytest.mark.parametrize(
    ("name", "make", "problem"),
    [
        ("actors/a.yml", os.mkfifo, ORDINARY),
        ("page.md", os.mkfifo, ORDINARY),
        ("assets/a.pdf", os.mkfifo, ORDINARY),
        ("assets/a.pdf", bind, ORDINARY),
        ("actors/a.yml", lambda path: path.symlink_to("/dev/zero"), OUT),
        ("assets/a.pdf", lambda path: path.symlink_to("/etc/passwd"), OUT),
        ("actors/more", lambda path: path.symlink_to("/etc"), OUT),
        ("actors/more", lambda path: path.symlink_to(".."), FOLDER),
        ("actors/more", lambda path: path.symlink_to("."), FOLDER),
        ("actors/a.yml", lambda path: path.symlink_to("a.yml"), NOWHERE),
        ("assets/a.pdf", lambda path: path.symlink_to("gone.pdf"), NOWHERE),
        ("n" * 195 + ".pages.md", Path.touch, "error: the name has 204 bytes. Shorten it: 200 bytes is the limit."),
        ("caf\udce9.md", Path.touch, "error: the name is not UTF-8. Rename it, as 'caf.md'."),
        (
            "a\nb.md",
            Path.touch,
            "error: the character U+000A, which cannot be seen, is in the name. Rename it, as 'a-b.md'.",
        ),
        ("com1", Path.mkdir, "error: Windows does not allow the name 'com1'. Give it another name."),
        (
            "trailing.",
            Path.touch,
            "error: Windows does not allow a name that ends in a space or a full stop. Rename it.",
        ),
    ],
)
def test_odd_things_are_problems(make_project: MakeProject, name: str, make: Make, problem: str) -> None:
    project = make_project({"actors/x.yml": "name: X\n", "assets/x.png": "x"})
    make(project.root / "docs" / name)
    shown = name.replace("\n", "<U+000A>").replace("\udce9", "\\udce9")
    assert problems_of(project) == [f"docs/{shown}:1:1: {problem}"]


def test_a_link_to_a_file_of_the_briefing_is_read(make_project: MakeProject) -> None:
    project = make_project({"assets/a.yml": "name: A\n"})
    (project.root / "docs" / "actors").mkdir()
    (project.root / "docs" / "actors" / "b.yml").symlink_to("../assets/a.yml")
    assert [record.caption for record in check_briefing(project)[0].records.values()] == ["A"]


BRIEFING = {
    "actors/all.yml": "- {id: a, name: A}\n- {id: b, name: B}\n- {id: c, name: C}\n",
    "assets/x.png": "x" * 500,
    "assets/.hidden/x.png": "x",
    "page.md": "# Page\n",
}  # and the card


@pytest.mark.parametrize(
    ("limits", "problem"),
    [
        (Limits(entries=6, text_bytes=82, records=3), []),
        (Limits(entries=5), ["there are over 5 files and folders."]),
        (Limits(text_bytes=81), ["there are over 81 bytes of records and pages."]),
        (Limits(records=2), ["there are over 2 records."]),
    ],
)
def test_a_briefing_that_is_too_large_is_one_problem(
    make_project: MakeProject, limits: Limits, problem: list[str]
) -> None:
    briefing, problems = Reader(make_project(BRIEFING), limits=limits).read()
    told = [str(one) for one in problems if one.severity == "error"]
    assert told == [f"docs:1:1: error: {one} Make several briefings of it." for one in problem]
    assert len(briefing.records) == (0 if problem else 3)


def test_folders_that_go_too_deep_are_not_entered(make_project: MakeProject) -> None:
    project = make_project({})
    with chdir(project.root / "docs"):
        for _ in range(600):
            Path("folder").mkdir()
            os.chdir("folder")
    (problem,) = problems_of(project)
    assert problem.endswith("error: the path has 1007 bytes. Put it higher up: 1000 bytes is the limit.")


@pytest.mark.skipif(os.geteuid() != 0, reason="a user of lower rank is needed")
def test_what_may_not_be_read_is_a_problem(make_project: MakeProject) -> None:
    project = make_project({"actors/a.yml": "name: A\n", "events/e.yml": "title: E\ndate: 2024\nabout: a\n"})
    for path in (project.root, *project.root.parents):
        if path.owner() == "root" and len(path.parts) > 2:
            path.chmod(0o755)
    (project.root / "docs" / "actors" / "a.yml").chmod(0)
    (project.root / "docs" / "assets").mkdir(mode=0)
    os.seteuid(65534)
    try:
        problems = problems_of(project)
    finally:
        os.seteuid(0)
    assert problems == [
        "docs/actors/a.yml:1:1: error: the file cannot be read: Permission denied. "
        "Check that it exists and that you may read it.",
        "docs/assets:1:1: error: the folder cannot be read: Permission denied. Check that you may read it.",
    ]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ("name: é\n# ééé \udcff\n", "2:7: error: the byte 0xff is not UTF-8. Save the file as UTF-8."),
        ("\udcff\udcfen\0", "1:1: error: the file is in UTF-16. Save it as UTF-8."),
        ("\udcfe\udcff\0n", "1:1: error: the file is in UTF-16. Save it as UTF-8."),
        ("\udcff\udcfe\0\0n\0\0\0", "1:1: error: the file is in UTF-32. Save it as UTF-8."),
        ("n\0a\0", "1:2: error: the character U+0000 is not allowed. Remove it."),
        ("name: A\nsummary: a\x85b\n", "2:11: error: the character U+0085 is not allowed. Remove it."),
        ("\ufeffname: A\r\nsummary: |\r\n  b\r\n", ""),
        ("name: A\rborn: 1950\r", ""),
    ],
)
def test_encodings_work_or_are_named(make_project: MakeProject, data: str, problem: str) -> None:
    project = make_project({})
    for name in ("actors/a.yml", "page.md"):
        (project.root / "docs" / name).parent.mkdir(exist_ok=True)
        (project.root / "docs" / name).write_bytes(data.encode("utf-8", "surrogateescape"))
    expected = [f"docs/{name}:{problem}" for name in ("actors/a.yml", "page.md") if problem]
    assert problems_of(project) == expected


BOMBS = {
    "aliases": ("actors/a.yml", "name: &x " + "y" * 900 + "\naliases: [" + "*x," * 900 + "]\n"),
    "aliases of aliases": (
        "actors/a.yml",
        "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(f"{c}: &{c} [{f'*{chr(ord(c) - 1)},' * 10}]\n" for c in "bcdefghij"),
    ),
    "nesting": ("actors/a.yml", "name: " + "[" * 10_000 + "]" * 10_000),
    "nesting in lines": ("actors/a.yml", "\n".join(" " * n + "a:" for n in range(2000))),
    "nesting in dashes": ("actors/a.yml", "- " * 10_000 + "x"),
    "a file of 50 MB": ("actors/a.yml", "x" * 50_000_000),
    "a page of 5 MB": ("page.md", "[word] " * 700_000),
    "a line of 1 MB": ("actors/a.yml", "name: " + "w" * 1_000_000),
    "a line of 1 MB of prose": ("actors/a.yml", "name: A\nsummary: " + "word " * 200_000),
    "100,000 items": ("actors/a.yml", "name: A\naliases:\n" + "".join(f"- n{n}\n" for n in range(100_000))),
    "100,000 records": ("actors/a.yml", "".join(f"- {{id: a{n}, name: N}}\n" for n in range(100_000))),
    "100,000 fields": ("actors/a.yml", "name: A\n" + "".join(f"k{n}: v\n" for n in range(100_000))),
    "1,000 records with many slips": (
        "actors/a.yml",
        "".join(f"- {{id: a{n}{''.join(f', nmae{k}: 1' for k in range(22))}}}\n" for n in range(1000)),
    ),
    "100,000 links": ("page.md", "".join(f"[[a{n}]]\n\n" for n in range(100_000))),
    "9,000 broken links": ("page.md", "".join(f"[[a{n}]]\n\n" for n in range(9_000))),
    "names in each other": (
        "actors/a.yml",
        f"name: x\nsummary: {'a' * 90_000}\naliases:\n" + "".join(f"- {'a' * n}\n" for n in range(1, 500)),
    ),
    "a heading of signs": ("page.md", "# " + "#" * 200_000 + " x"),
    "front matter": ("page.md", "---\ntitle: " + "[" * 10_000 + "\n---\n"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", BOMBS)
def test_no_file_takes_more_than_two_seconds_and_200_megabytes(make_project: MakeProject, name: str) -> None:
    path, text = BOMBS[name]
    project = make_project({})
    before = cost_of_check(project)
    make_project({path: text})
    runs = (cost_of_check(project) for _ in range(3))  # what else a machine does makes some of them slower
    more = ((seconds - before[0], megabytes - before[1]) for seconds, megabytes in runs)
    assert any(seconds < 2 * slowness() and megabytes < 200 for seconds, megabytes in more)


def cost_of_check(project: Project) -> tuple[float, float]:
    """Return seconds of the processor and megabytes in all that `briefbook check` takes, which says what is wrong."""
    command = [sys.executable, "-m", "generator", "-C", str(project.root), "check"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode in (0, 1)
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def test_addresses_can_be_names_of_files_anywhere() -> None:
    assert [slug(text) for text in ("Con", "aux", "Consul", "a" * 300, "***", "cafe\u0301", "한국")] == [
        "con-",
        "aux-",
        "consul",
        "a" * 80,
        "x",
        "cafe",
        "hangug",
    ]


def test_patterns_that_are_none_are_left_to_mkdocs(make_project: MakeProject) -> None:
    project = make_project({"page.md": "# A page\n"})
    (project.root / "mkdocs.yml").write_text("site_name: A briefing\nexclude_docs: '!'\n")
    briefing, problems = check_briefing(project)
    assert [*briefing.pages] == ["page"]
    assert problems == ()

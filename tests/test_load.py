"""Odd files in `docs/`: each has a named outcome, and none a traceback."""

import os
from pathlib import Path

from click.testing import CliRunner

from generator.cli import main
from generator.files import names_below
from generator.load import load_file
from generator.pipeline import check_briefing
from tests.conftest import MakeProject


def test_odd_files_are_problems_or_are_read(make_project: MakeProject, tmp_path: Path) -> None:
    project = make_project({"actors/with space.yml": "name: X\n", "actors/up.YML": "name: Up\n", "page.html": "<p>"})
    actors = project.root / "docs" / "actors"
    os.mkfifo(actors / "fifo.yml")
    (actors / "loop.yml").symlink_to("loop.yml")
    (tmp_path / "secret.txt").write_text("password: hunter2\n")
    (actors / "out.yml").symlink_to(tmp_path / "secret.txt")
    (actors / "outdir").symlink_to("/etc")
    (actors / "utf16.yml").write_bytes(b"\xff\xfen\x00")
    (actors / "zero.yml").write_bytes(b"name: a\x00b")
    (actors / "big.yml").write_bytes(b"a" * 5_300_000)
    (actors / "dos.yml").write_bytes("\ufeffname: Dos\r\nsummary: |\r\n  Two\r\n  lines.\r\n".encode())
    (actors / ".hidden.yml").write_text("nonsense: [")
    (actors / "backup.yml~").write_text("nonsense: [")
    _, problems = check_briefing(project)
    assert [str(problem).partition(" Published are")[0] for problem in problems] == [
        "docs/actors/big.yml:1:1: error: the file has 5.3 MB. Split it: 5 MB is the limit.",
        "docs/actors/fifo.yml:1:1: error: this is not an ordinary file. Remove it, or put a file in its place.",
        "docs/actors/loop.yml:1:1: error: the link leads nowhere. Remove it, or put a file in its place.",
        "docs/actors/out.yml:1:1: error: the link leads out of 'docs'. Put the file itself here.",
        "docs/actors/outdir:1:1: error: the link leads out of 'docs'. Put the file itself here.",
        "docs/actors/up.YML:1:1: error: the ending of the name has capitals. Rename it so that it ends in .yml.",
        "docs/actors/utf16.yml:1:1: error: the file is in UTF-16. Save it as UTF-8.",
        "docs/actors/with space.yml:1:1: error: id: 'with space' has the wrong form. "
        "Rename the file: small letters, digits and single hyphens.",
        "docs/actors/zero.yml:1:8: error: the character U+0000 is not allowed. Remove it.",
        "docs/page.html:1:1: error: files of this type are not published.",
    ]
    read = {
        raw.id: raw.values for name in names_below(project.root)[0] for raw in load_file(project.root, name).records
    }
    assert read["dos"] == {"name": "Dos", "summary": "Two\nlines.\n"}


def test_what_a_link_out_of_the_briefing_leads_to_is_not_shown(make_project: MakeProject, tmp_path: Path) -> None:
    folder = tmp_path / "briefing"
    folder.mkdir()
    (tmp_path / "secret.txt").write_text("hunter2\n")
    make_project({})
    (tmp_path / "docs").rename(folder / "docs")
    (folder / "docs" / "link.md").symlink_to(tmp_path / "secret.txt")
    shown = CliRunner().invoke(main, ["-C", str(folder), "check"]).output
    assert "docs/link.md:1:1: error: the link leads out of 'docs'." in shown
    assert "hunter2" not in shown

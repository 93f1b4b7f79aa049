"""Writing: only what changed, nothing left over, and a site that is whole at every moment."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from generator.write import discard_site, publish_site, start_site, write_folder


def test_only_changed_files_are_written_and_stale_ones_removed(tmp_path: Path) -> None:
    asset = tmp_path / "picture.png"
    asset.write_bytes(b"png")
    folder = tmp_path / "docs"
    assert write_folder(folder, [("a.md", "A"), ("b/c.md", "C")], [("assets/p.png", asset)]) == 3
    before = {file: file.stat().st_mtime_ns for file in folder.rglob("*") if file.is_file()}
    assert write_folder(folder, [("a.md", "A"), ("b/c.md", "C")], [("assets/p.png", asset)]) == 0
    assert {file: file.stat().st_mtime_ns for file in folder.rglob("*") if file.is_file()} == before
    assert write_folder(folder, [("a.md", "A2")]) == 3
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*")) == [".made-by-briefbook", "a.md"]


def test_a_file_may_take_the_place_of_a_folder_and_the_reverse(tmp_path: Path) -> None:
    write_folder(tmp_path / "docs", [("a/b.md", "1")])
    write_folder(tmp_path / "docs", [("a", "2")])
    write_folder(tmp_path / "docs", [("a/b.md", "3")])
    assert (tmp_path / "docs/a/b.md").read_text() == "3"


def test_a_published_site_replaces_the_old_one_whole(tmp_path: Path) -> None:
    site = tmp_path / "build" / "site"
    for text in ("one", "two"):
        new = start_site(site)
        (new / "index.html").write_text(text)
        publish_site(new, site)
        assert [file.name for file in site.parent.iterdir()] == ["site"]
        assert (site / "index.html").read_text() == text
    assert oct(site.stat().st_mode & 0o777) == oct(0o777 & ~_umask())


def test_an_unfinished_site_leaves_the_old_one_alone(tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("old")
    new = start_site(site)
    (new / "index.html").write_text("half")
    discard_site(new)
    assert [file.name for file in tmp_path.iterdir()] == ["site"]
    assert (site / "index.html").read_text() == "old"


KILLED = """
import os, signal, sys
from pathlib import Path
from generator.write import start_site
new = start_site(Path(sys.argv[1]))
(new / "index.html").write_text("half")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_build_left_behind_is_removed_by_the_next(tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("old")
    killed = subprocess.run([sys.executable, "-c", KILLED, str(site)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert (site / "index.html").read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 2
    discard_site(start_site(site))
    assert [file.name for file in tmp_path.iterdir()] == ["site"]


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask

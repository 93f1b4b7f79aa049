"""A folder as it was left is told from one in which anything changed, without a look for what is there."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from generator.ledger import Stamp
from generator.tree import Tree

NAMES = ("index.html", "actors/jane-doe/index.html", "actors/jane-doe/page/2/index.html", "quotes/q/index.html")


@pytest.fixture
def left(tmp_path: Path) -> tuple[Path, dict[str, Stamp], Path]:
    """Return a folder, how its files lie, and the mark that was touched when it was filled."""
    made = Tree(tmp_path / "site", {})
    for name in NAMES:
        made.put(name, name.encode())
    mark = tmp_path / "mark"
    mark.touch()
    probe = tmp_path / "probe"
    probe.touch()
    while probe.stat().st_mtime_ns == mark.stat().st_mtime_ns:  # the disk's clock goes on in steps
        probe.touch()
    return made.folder, made.stamps, mark


def test_folder_as_it_was_left_is_known_and_takes_new_files(left: tuple[Path, dict[str, Stamp], Path]) -> None:
    folder, stamps, mark = left
    tree = Tree.as_left(folder, stamps, mark)
    assert tree
    assert (tree.stamps, tree.others) == (Tree(folder, stamps).stamps, set())
    tree.put("quotes/q/index.html", b"another")
    tree.put("actors/jane-doe", b"where a folder was")
    tree.keep_only([*tree.stamps])
    assert (folder / "quotes/q/index.html").read_bytes() == b"another"
    assert (folder / "actors/jane-doe").read_bytes() == b"where a folder was"


def add_with_the_old_time(folder: Path) -> None:
    """Add a file, and set the time of its folder back, as some programs do that copy folders."""
    before = folder.stat()
    (folder / "more.txt").write_text("more")
    os.utime(folder, ns=(before.st_atime_ns, before.st_mtime_ns))


def replace_by_link(folder: Path) -> None:
    """Put a link in the place of a folder, that leads to it."""
    folder.rename(folder.parent / "elsewhere")
    folder.symlink_to("elsewhere")


CHANGES: dict[str, Callable[[Path], object]] = {
    "changed in place": lambda folder: (folder / "index.html").write_text("INDEX.html"),
    "removed": lambda folder: (folder / "quotes/q/index.html").unlink(),
    "removed with its folder": lambda folder: shutil.rmtree(folder / "quotes"),
    "a file more": lambda folder: (folder / "actors/jane-doe/page/more.txt").write_text("more"),
    "a folder more": lambda folder: (folder / "actors/john").mkdir(),
    "a file more, and the time of its folder set back": lambda folder: add_with_the_old_time(folder / "actors"),
    "a link to a folder": lambda folder: replace_by_link(folder / "actors"),
    "a link to the whole": lambda folder: replace_by_link(folder),
    "gone": lambda folder: shutil.rmtree(folder),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_folder_that_somebody_changed_is_not_as_it_was_left(
    change: Callable[[Path], object], left: tuple[Path, dict[str, Stamp], Path]
) -> None:
    folder, stamps, mark = left
    change(folder)
    assert Tree.as_left(folder, stamps, mark) is None


def test_folder_without_a_mark_is_not_as_it_was_left(left: tuple[Path, dict[str, Stamp], Path]) -> None:
    folder, stamps, mark = left
    mark.unlink()
    assert Tree.as_left(folder, stamps, mark) is None

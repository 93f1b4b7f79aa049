"""Disks that are full or read-only: one line, nothing half-written, and nothing anywhere but below `build/`."""

import http.client
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pikepdf
import pytest

from tests.sites import SOMEBODY, command, contents, free_port, somebody_else, start_briefing

pytestmark = pytest.mark.slow
MEGABYTE = 2**20
IS_LONG = "KILLS" in os.environ  # `make torture`
ROOMS = (0, *range(25, 3000, 75), 8000) if IS_LONG else (0, 100, 300, 900, 8000)  # KB free when a build begins

Mount = Callable[[Path, int], None]


@pytest.fixture
def mount() -> Iterator[Mount]:
    """Lets a test put a small disk of its own at a folder, {size in bytes}; root alone may."""
    mounted: list[Path] = []

    def put(folder: Path, size: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True, check=False
        )
        if done.returncode:
            pytest.skip("needs to be root, and to be allowed to mount a disk")
        mounted.append(folder)

    yield put
    for folder in mounted:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(disk: Path, left: int) -> Path:
    """Fill a disk but for so many KB, and return the file that does it."""
    status = os.statvfs(disk)
    size = status.f_bavail * status.f_frsize - left * 1024
    filler = disk / "filler"
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(size, 1))
    return filler


def leftovers(build: Path) -> list[str]:
    """Name what only a build that is running may have below `build/`."""
    return [
        name
        for name in (path.relative_to(build).as_posix() for path in build.rglob("*"))
        if name.endswith(".part") or name.startswith((".site-", ".book-", ".plain-", "docs/.site"))
    ]


def start(folder: Path) -> Path:
    """Make a briefing with a picture, without its build."""
    start_briefing(folder)
    (folder / "docs" / "assets" / "large.txt").write_bytes(os.urandom(200_000))
    shutil.rmtree(folder / "build")
    return folder


def test_disk_that_fills_up_at_any_moment_leaves_all_as_it_was(tmp_path: Path, mount: Mount) -> None:
    folder = start(tmp_path / "b")
    disk = folder / "build"
    mount(disk, 16 * MEGABYTE)
    assert command("briefbook", "build", "--pdf", cwd=folder).returncode == 0
    record = folder / "docs" / "sources" / "council-minutes.yml"
    text = record.read_text()
    ended = []
    for room in ROOMS:  # with more it gets further
        record.write_text(f"{text}note: Read with {room} KB left.\n")
        (folder / "docs" / "assets" / "large.txt").write_bytes(os.urandom(200_000))
        filler = fill(disk, room)
        for arguments in (["build", "--pdf"], ["pdf"], ["build"]):
            before = made(disk)
            done = command("briefbook", *arguments, cwd=folder)
            ended.append(done.returncode)
            if done.returncode:
                assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
                assert re.search("No space left|disk is full", done.stderr)
                assert leftovers(disk) == []
                assert {name for name, data in made(disk).items() if before.get(name) != data} <= {"briefing.pdf"}
            pikepdf.open(disk / "briefing.pdf").close()  # which may be new beside an old site, but is whole
            assert command("briefbook", "verify", cwd=folder).returncode == 0
        filler.unlink()
    assert ended[:3] == [1, 1, 1]
    assert ended[-1] == 0  # there was room enough at last: the moments between were all met
    assert command("briefbook", "build", "--pdf", cwd=folder).returncode == 0
    assert command("briefbook", "verify", cwd=folder).returncode == 0
    clean = tmp_path / "clean"
    shutil.copytree(folder, clean, ignore=shutil.ignore_patterns("build"))
    assert command("briefbook", "build", "--pdf", cwd=clean).returncode == 0
    assert made(disk) == made(clean / "build")


def made(build: Path) -> dict[str, bytes]:
    """Return what is published: the site and its list, and the book."""
    names = ("site/", "manifest.json", "briefing.pdf")
    return {name: data for name, data in contents(build).items() if name.startswith(names)}


def test_pages_on_a_full_disk_are_one_line_and_never_half_a_page(tmp_path: Path, mount: Mount) -> None:
    folder, disk = start(tmp_path / "b"), tmp_path / "disk"
    mount(disk, MEGABYTE)
    assert command("briefbook", "pages", str(disk / "pages"), cwd=folder).returncode == 0
    whole = contents(disk / "pages")
    for room in (0, 8, 40):
        shutil.rmtree(disk / "pages")
        filler = fill(disk, room)
        done = command("briefbook", "pages", str(disk / "pages"), cwd=folder)
        assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
        assert re.search("No space left|disk is full", done.stderr)
        assert contents(disk / "pages").items() <= whole.items()
        filler.unlink()
    assert command("briefbook", "pages", str(disk / "pages"), cwd=folder).returncode == 0
    assert contents(disk / "pages") == whole


def test_full_folder_for_temporary_files_stops_nothing(tmp_path: Path, mount: Mount) -> None:
    folder, disk = start(tmp_path / "b"), tmp_path / "temporary"
    mount(disk, 64 * 1024)
    fill(disk, 0)
    for arguments in (["check"], ["build", "--pdf"], ["pdf"], ["pages", "out"], ["verify"]):
        done = command("briefbook", *arguments, cwd=folder, TMPDIR=str(disk))
        assert (done.returncode, done.stderr) == (0, ""), arguments
    (folder / "templates" / "pages").mkdir()
    (folder / "templates" / "pages" / "actor.md.j2").write_text(
        "{{ 5 | block }}"
    )  # a fault, of which a report is saved
    shutil.rmtree(folder / "build")
    (folder / "build").touch()
    done = command("briefbook", "pages", "out2", cwd=folder, TMPDIR=str(disk))
    assert (done.returncode, done.stderr.count("\n")) == (3, 1)


def test_preview_starts_and_shows_pages_on_full_disks(tmp_path: Path, mount: Mount) -> None:
    folder, disk = start(tmp_path / "b"), tmp_path / "temporary"
    for full in (disk, folder / "build"):
        mount(full, 64 * 1024)
        fill(full, 0)
    with preview(folder, TMPDIR=str(disk)) as port:
        assert b"Jane Doe" in asked(port, "/actors/jane-doe/")


@contextmanager
def preview(folder: Path, *prefix: str, **environment: str) -> Iterator[int]:
    """Run `briefbook serve`, and give its port; it has to end as a preview does, and without a word."""
    program = str(Path(sys.executable).parent / "briefbook")
    server = subprocess.Popen(
        [*prefix, program, "serve", "--address", f"127.0.0.1:{free_port()}"],
        cwd=folder,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stdout
    try:
        yield int(server.stdout.readline().partition("127.0.0.1:")[2].partition("/")[0])
    finally:
        server.send_signal(signal.SIGINT)
        _, told = server.communicate()
    assert (server.returncode, told) == (130, "")


def asked(port: int, address: str) -> bytes:
    """Return the page at an address of a preview."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", address)
    return connection.getresponse().read()


def snapshot(folder: Path) -> dict[str, tuple[int, int, int, int]]:
    """Return what would show that somebody wrote below a folder, but for its `build/`."""
    found = {}
    for path in (folder, *sorted(folder.rglob("*"))):
        name = path.relative_to(folder).as_posix()
        if name.partition("/")[0] != "build":
            status = path.lstat()
            found[name] = (status.st_mtime_ns, status.st_mode, status.st_size, status.st_ino)
    return found


@pytest.fixture
def source_tree() -> Iterator[Path]:
    """A briefing that nobody may write to but below `build/`, in a folder that other users may enter."""
    parent = Path(tempfile.mkdtemp(prefix="briefbook-test-"))
    parent.chmod(0o755)
    folder = start(parent / "b")
    (folder / "build").mkdir()
    (folder / "templates" / "pages").mkdir()
    theirs = Path(__file__).parent.parent / "templates" / "pages" / "source.md.j2"
    shutil.copy(theirs, folder / "templates" / "pages")
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    (folder / "build").chmod(0o755)
    yield folder
    for path in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
        path.chmod(0o755)
    shutil.rmtree(parent)


def test_read_only_sources_build_and_nothing_is_written_elsewhere(source_tree: Path) -> None:
    become, folder = tuple(somebody_else()), source_tree
    home, temporary, elsewhere = (folder.parent / name for name in ("home", "temporary", "elsewhere"))
    for place in (home, temporary, elsewhere, folder / "build"):
        place.mkdir(exist_ok=True)
        if become:
            os.chown(place, SOMEBODY, SOMEBODY)
    environment = {"HOME": str(home), "TMPDIR": str(temporary), "PYTHONDONTWRITEBYTECODE": "1"}
    program = str(Path(sys.executable).parent / "briefbook")
    before = snapshot(folder)
    for arguments in (["check"], ["build", "--pdf"], ["pdf", "--actor", "jane-doe"], ["verify"], ["schema"], ["build"]):
        done = subprocess.run(
            [*become, program, "-C", str(folder), *arguments],
            cwd=elsewhere,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, ""), arguments
        assert snapshot(folder) == before, arguments
    with preview(folder, *become, **environment) as port:
        assert b"Jane Doe" in asked(port, "/")
        assert b"Council" in asked(port, "/sources/council-minutes/")
    assert snapshot(folder) == before
    assert [[*place.iterdir()] for place in (home, temporary, elsewhere)] == [[], [], []]


def test_sources_without_a_folder_to_build_in_are_one_line(source_tree: Path) -> None:
    become = somebody_else()
    if not become and os.getuid() == 0:
        pytest.skip("root may write anywhere")
    source_tree.chmod(0o755)
    (source_tree / "build").rmdir()
    source_tree.chmod(0o555)
    program = str(Path(sys.executable).parent / "briefbook")
    for arguments in (["build"], ["pdf"], ["schema"]):
        done = subprocess.run(
            [*become, program, *arguments], cwd=source_tree, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
        assert "Permission denied" in done.stderr

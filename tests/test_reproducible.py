"""One briefing gives the same bytes wherever, whenever and by whomever it is built, and tells nothing of where."""

import gzip
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from random import Random

import pikepdf
import pytest

from tests.sites import REPOSITORY, SOMEBODY, contents, somebody_else, start_briefing

pytestmark = pytest.mark.slow

FILES = {
    "briefing.yml": "title: A briefing\nas_of: 2024-06\nbook: {dossiers: [actors]}\n",
    "actors/jane-doe.yml": "name: Jane Doe\ntags: [b, a, ü]\nnames: {ko: 김정은}\nroles: [{title: Mayor, from: 2020}]\n",
    "actors/otto.yml": "name: Otto\naliases: [Ö]\ntags: [a]\npart_of: [council]\n",
    "actors/council.yml": "name: Council\ntype: organisation\nsummary: Of [[jane-doe]] and Otto.\n",
    "events/vote.yml": (
        "title: Vote\ndate: 2024-06-03\nparticipants: [jane-doe, otto, council]\n"
        "place: {name: Hall, latitude: 50, longitude: 4}\n"
    ),
    "quotes/q1.yml": "speaker: jane-doe\ntext: We will.\nsources: [s1]\ndate: 2024-06-03\nevent: vote\nabout: otto\n",
    "quotes/q2.yml": "speaker: otto\ntext: We will not.\nsources: [s1, s2]\ndate: 2024-06-03\nabout: jane-doe\n",
    "sources/s1.yml": "title: Minutes\nurl: https://example.org/m\n",
    "sources/s2.yml": "title: Notes\ntype: article\n",
    "page.md": "# A page\n\nBy [[jane-doe]].\n",
    "assets/note.txt": "A file\n",
}


@pytest.fixture(scope="module")
def open_folders() -> Iterator[list[Path]]:
    """Two folders that other users may enter, as those of pytest are not; on two kinds of disk, where Linux has them."""
    memory = Path("/dev/shm")
    disks = (None, memory if memory.is_dir() else None)
    folders = [Path(tempfile.mkdtemp(prefix="briefbook-test-", dir=disk)) for disk in disks]
    for folder in folders:
        folder.chmod(0o755)
    yield folders
    for folder in folders:
        shutil.rmtree(folder)


def build_as(folder: Path, home: Path, number: int) -> subprocess.CompletedProcess[str]:
    """Build a briefing, each time in a world of its own: who, when, where on the clock, and in which language.

    Where there is no `faketime`, the clock is the same; where tests do not belong to root, the user is.
    """
    temporary = home / "temporary"
    temporary.mkdir(parents=True)
    program = [str(Path(sys.executable).parent / "briefbook"), "build", "--pdf"]
    faketime = shutil.which("faketime")
    assert faketime or "CI" not in os.environ, "tests/machine.sh installs it"
    if number and faketime:
        program = [faketime, "2031-02-03 23:59:50", *program]
    if number and (become := somebody_else()):
        program = [*become, *program]
        for path in (folder, home, *folder.rglob("*"), *home.rglob("*")):
            os.chown(path, SOMEBODY, SOMEBODY)
    environment: Mapping[str, str] = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TMPDIR": str(temporary),
        "PYTHONHASHSEED": ("0", "4242")[number],
        "TZ": ("Pacific/Kiritimati", "America/Adak")[number],
        "LC_ALL": ("C.UTF-8", "tr_TR.UTF-8")[number],  # a locale that is not there does, too
        "LANG": ("C", "de_DE")[number],
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return subprocess.run(
        program,
        cwd=folder,
        env=environment,
        umask=(0o002, 0o077)[number],
        capture_output=True,
        text=True,
        check=False,
    )


def made(folder: Path) -> dict[str, bytes]:
    """Return all that a build is for: the site, its list, the books and the schemas."""
    return {name: data for name, data in contents(folder / "build").items() if not name.startswith((".", "docs/"))}


@pytest.fixture(scope="module")
def twins(open_folders: list[Path]) -> list[tuple[Path, Path]]:
    """One briefing, built in two worlds: (its folder, the home of whoever built it)."""
    names = [*FILES]
    start_briefing(open_folders[0] / "first", FILES)
    found = list[tuple[Path, Path]]()
    for number, place in enumerate(("first", "ein anderer Ort/ä/second")):
        folder, home = open_folders[number] / place, open_folders[number] / f"home{number}"
        if number:
            folder.mkdir(parents=True)
            for name in ("mkdocs.yml", ".gitignore"):
                shutil.copy(open_folders[0] / "first" / name, folder)
            Random(number).shuffle(names)
        else:
            shutil.rmtree(folder / "build")
            shutil.rmtree(folder / "docs")
        for at, name in enumerate(names):
            path = folder / "docs" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(FILES[name], "utf-8")
            os.utime(path, (at * 10**7, at * 10**7 * (number + 1)))
        done = build_as(folder, home, number)
        assert done.returncode == 0, done.stderr
        found.append((folder, home))
    return found


def test_builds_in_other_worlds_are_the_same_and_name_none_of_them(twins: list[tuple[Path, Path]]) -> None:
    (first, home), (second, other_home) = twins
    one, other = made(first), made(second)
    assert [name for name in sorted(one.keys() | other.keys()) if one.get(name) != other.get(name)] == []
    assert {"briefing.pdf", "manifest.json", "site/sitemap.xml.gz", "site/dossiers/actors/jane-doe.pdf"} <= one.keys()
    assert any(name.endswith(".pf_meta") for name in one)
    secret = {str(place) for place in (first, second, home, other_home, REPOSITORY, Path.home(), sys.prefix)} - {"/"}
    assert len(secret) > 5
    told = [
        (name, path)
        for name, data in one.items()
        for path in secret
        for text in texts_of(data)
        if path.encode() in text
    ]
    assert told == []


def texts_of(data: bytes) -> Iterator[bytes]:
    """Yield a file's bytes, and what is packed in them."""
    yield data
    with suppress(OSError, EOFError):
        yield gzip.decompress(data)
    if data.startswith(b"%PDF"):
        with pikepdf.open(BytesIO(data)) as pdf:
            for item in pdf.objects:
                yield item.read_bytes() if isinstance(item, pikepdf.Stream) else item.unparse()


def test_everybody_may_read_what_is_published_whatever_the_umask_is(twins: list[tuple[Path, Path]]) -> None:
    site = twins[1][0] / "build" / "site"  # built where the umask keeps all from others
    unreadable = [
        path.relative_to(site).as_posix()
        for path in (site, *site.rglob("*"))
        if path.stat().st_mode & (0o555 if path.is_dir() else 0o444) != (0o555 if path.is_dir() else 0o444)
    ]
    assert unreadable == []


def test_nothing_is_written_into_home_or_temporary_folder(twins: list[tuple[Path, Path]]) -> None:
    for _, home in twins:
        assert [path.name for path in home.rglob("*")] == ["temporary"]

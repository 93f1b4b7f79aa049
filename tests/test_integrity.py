"""What is published is whole, whatever happens to a build, and can be checked."""

import json
import os
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from time import monotonic

import pytest

from generator.manifest import NAME, NEXT, compare_with_manifests, listing
from tests.sites import command, command_environment, contents, start_briefing

pytestmark = pytest.mark.slow
# Run by a command's Python as it starts: kills it when it is about to write a file, or to put one into its place.
KILLER = """
import os, signal, sys
def look(event, arguments):
    target = arguments[1] if event == "os.rename" else arguments[0] if event == "open" and arguments[1] == "w" else ""
    if os.path.basename(str(target)) == "{target}":
        os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(look)
"""
KILLS = int(os.environ.get("KILLS", "12"))  # `make torture` has more of them


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = start_briefing(tmp_path_factory.mktemp("integrity") / "b")
    assert command("briefbook", "build", cwd=folder).returncode == 0
    return folder


def test_list_of_a_site_has_any_name_a_line_each_in_order(tmp_path: Path) -> None:
    digests = {'b/q"uote.html': "1", "a\\b\n.html": "2", "\u4e60/index.html": "3", "404.html": "4"}
    with listing(tmp_path / "new", tmp_path / "site", digests):
        pass
    text = (tmp_path / NAME).read_text("utf-8")
    assert text == json.dumps(dict(sorted(digests.items())), ensure_ascii=False, separators=(",\n", ": ")) + "\n"


def test_site_is_checked_against_the_list_of_its_files(built: Path, tmp_path: Path) -> None:
    done = command("briefbook", "verify", cwd=built)
    assert (done.returncode, "Every file of" in done.stdout) == (0, True)
    copy = tmp_path / "copy"
    shutil.copytree(built / "build" / "site", copy)
    (copy / "index.html").write_text("Other words")
    (copy / "404.html").unlink()
    (copy / "more.html").write_text("Added")
    done = command("briefbook", "verify", str(copy), cwd=built)
    assert done.returncode == 1
    assert done.stdout.splitlines() == ["missing: 404.html", "changed: index.html", "not of this build: more.html"]
    assert "3 files of" in done.stderr
    for option in (["--manifest", str(tmp_path / "none.json")], [str(tmp_path / "none")]):
        done = command("briefbook", "verify", *option, cwd=built)
        assert done.returncode == 1
        assert done.stderr.startswith("error: ")
        assert done.stderr.count("\n") == 1


def test_builds_at_the_same_time_do_not_mix(tmp_path: Path) -> None:
    folder = start_briefing(tmp_path / "b")
    assert command("briefbook", "build", cwd=folder).returncode == 0
    (folder / "docs" / "sources" / "council-minutes.yml").write_text("title: Other minutes\n")
    runs = [("briefbook", "build"), ("mkdocs", "build", "-q"), ("briefbook", "build", "--pdf"), ("briefbook", "pdf")]
    runs += [("briefbook", "verify"), ("briefbook", "build"), ("briefbook", "check"), ("briefbook", "verify")]
    with ThreadPoolExecutor(len(runs)) as pool:
        done = list(pool.map(lambda arguments: command(*arguments, cwd=folder), runs))
    ended = [(*run, result.returncode, "Traceback" in result.stderr) for run, result in zip(runs, done, strict=True)]
    assert ended == [(*run, 0, False) for run in runs]
    assert command("briefbook", "verify", cwd=folder).returncode == 0
    assert [path.name for path in (folder / "build").iterdir() if path.name.startswith((".site-", ".book-"))] == []


def test_lock_of_a_build_that_was_killed_holds_nobody_up(built: Path) -> None:
    code = (
        "import os, signal; from pathlib import Path; from generator.write import alone\n"
        "with alone(Path(), print): os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", code], cwd=built, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert (built / "build" / ".lock").exists()
    done = command("briefbook", "build", cwd=built)
    assert (done.returncode, done.stderr) == (0, "")  # without waiting, of which it would tell


def test_killed_builds_leave_a_whole_site_and_the_next_one_recovers(tmp_path: Path) -> None:
    folder, random = start_briefing(tmp_path / "b"), Random(3)
    record = folder / "docs" / "sources" / "council-minutes.yml"
    first = record.read_text()
    versions = []
    for text in (first, first + "note: A second version.\n"):
        record.write_text(text)
        assert command("briefbook", "build", cwd=folder).returncode == 0
        versions.append(contents(folder / "build" / "site"))
    site, build = folder / "build" / "site", folder / "build"
    killed, lasted = 0, 1.0  # seconds, as the last build took that was not killed
    while killed < KILLS:
        record.write_text(first if killed % 2 else first + "note: A second version.\n")
        began = monotonic()
        with start(folder, "build") as building:
            try:
                building.wait(random.uniform(0.05, lasted))
                lasted = monotonic() - began
            except subprocess.TimeoutExpired:
                building.send_signal(signal.SIGKILL)
                killed += 1
        published = contents(site)
        assert published in versions, f"after kill {killed}: {differences(published, versions)}"
        assert compare_with_manifests(site, build / NAME, build / NEXT) == []
        assert len([path for path in build.iterdir() if path.name.startswith(".site-")]) <= 1
    record.write_text(first)
    assert command("briefbook", "build", cwd=folder).returncode == 0
    assert contents(folder / "build" / "site") == versions[0]
    assert command("briefbook", "verify", cwd=folder).returncode == 0
    assert [path for path in (folder / "build").iterdir() if path.name.startswith(".site-")] == []


def start(folder: Path, *arguments: str) -> "subprocess.Popen[bytes]":
    """Start a command of ours, that tells nobody anything, in a session of its own."""
    return subprocess.Popen(
        [str(Path(sys.executable).parent / "briefbook"), *arguments],
        cwd=folder,
        env=command_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


@pytest.mark.parametrize("moment", ["before", "after"])
def test_site_has_its_list_also_when_a_build_is_killed_as_they_change_places(
    moment: str, built: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "b"
    shutil.copytree(built, folder)
    note = folder / "docs" / "sources" / "council-minutes.yml"
    note.write_text(note.read_text() + "note: A second version.\n")
    target = ".manifest.json.part" if moment == "before" else "manifest.json"
    (folder / "sitecustomize.py").write_text(KILLER.format(target=target))
    killed = command("briefbook", "build", cwd=folder, PYTHONPATH=str(folder))
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    page = folder / "build" / "site" / "sources" / "council-minutes" / "index.html"
    assert ("A second version." in page.read_text()) == (moment == "after")
    for _ in range(2):  # then after the next build, which is killed at the same moment, too
        done = command("briefbook", "verify", cwd=folder)
        assert (done.returncode, done.stderr) == (0, ""), done.stdout
        note.write_text(note.read_text() + "# Another file, the same site.\n")
        command("briefbook", "build", cwd=folder, PYTHONPATH=str(folder))
    (folder / "sitecustomize.py").unlink()
    assert command("briefbook", "build", cwd=folder).returncode == 0
    assert command("briefbook", "verify", cwd=folder).returncode == 0
    assert not (folder / "build" / ".manifest.json.part").exists()


@pytest.mark.parametrize("arguments", [["pdf"], ["build", "--pdf"]], ids=" ".join)
def test_killed_settings_leave_a_whole_book_and_the_next_one_recovers(arguments: list[str], tmp_path: Path) -> None:
    folder, random = start_briefing(tmp_path / "b"), Random(5)
    card = folder / "docs" / "briefing.yml"
    card.write_text(f"{card.read_text()}\nbook: {{dossiers: [actors, events]}}\n")
    record, book = folder / "docs" / "sources" / "council-minutes.yml", folder / "build" / "briefing.pdf"
    texts = [record.read_text(), record.read_text() + "note: A second version.\n"]
    versions = []
    for text in texts:
        record.write_text(text)
        assert command("briefbook", "pdf", cwd=folder).returncode == 0
        versions.append(book.read_bytes())
    left: set[Path] = set()
    for number in range(KILLS // 3):
        record.write_text(texts[number % 2])
        with start(folder, *arguments) as setting:
            while setting.poll() is None and not set_in(folder) - left:
                pass  # until it is at it
            try:
                setting.wait(number % 4 * random.uniform(0, 0.25))  # at once, or later
            except subprocess.TimeoutExpired:
                os.killpg(setting.pid, signal.SIGKILL)  # with the process that sets the book
        assert book.read_bytes() in versions
        assert len(set_in(folder)) <= 1
        left |= set_in(folder)
    assert left  # some were killed
    record.write_text(texts[0])
    assert command("briefbook", *arguments, cwd=folder).returncode == 0
    assert book.read_bytes() == versions[0]
    assert set_in(folder) == set()


def set_in(folder: Path) -> set[Path]:
    """Return the folders in which books of a briefing are being set, or were."""
    return {*(folder / "build").glob(".book-*")}


def differences(published: dict[str, bytes], versions: list[dict[str, bytes]]) -> list[list[str]]:
    """Name the files by which a site differs from each of its versions, and how."""
    return [
        [
            f"{name}: {'not there' if name not in published else 'not of it' if name not in version else 'changed'}"
            for name in sorted(published.keys() | version.keys())
            if published.get(name) != version.get(name)
        ]
        for version in versions
    ]


def test_readers_find_every_page_while_the_site_is_built_again_and_again(tmp_path: Path) -> None:
    folder = start_briefing(tmp_path / "b")
    record = folder / "docs" / "sources" / "council-minutes.yml"
    page = folder / "build" / "site" / "sources" / "council-minutes" / "index.html"
    first, versions = record.read_text(), list[bytes]()
    texts = [first, first + "note: A second version.\n"]
    for text in texts:
        record.write_text(text)
        assert command("briefbook", "build", cwd=folder).returncode == 0
        versions.append(page.read_bytes())
    assert versions[0] != versions[1]
    seen = dict.fromkeys(versions, 0)
    with ThreadPoolExecutor(1) as pool:
        for turn in range(KILLS // 3):
            record.write_text(texts[turn % 2])
            build = pool.submit(command, "briefbook", "build", cwd=folder)
            while not build.done():
                seen[page.read_bytes()] += 1  # a page that is missing, or a mixture, is an error here
            assert build.result().returncode == 0
    assert sum(seen.values()) > 10_000
    assert min(seen.values()) > 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is full")
def test_full_disk_is_one_line_and_the_old_site_stays(built: Path) -> None:
    before = contents(built / "build" / "site")
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000));"
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "sys.argv = ['briefbook', 'build']; from generator.cli import main; main()"
    )
    shutil.rmtree(built / "build" / ".cache")
    done = subprocess.run([sys.executable, "-c", code], cwd=built, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("error: What was built cannot be noted in build/.cache: disk")
    assert done.stderr.count("\n") == 1
    assert contents(built / "build" / "site") == before

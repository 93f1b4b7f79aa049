"""The preview follows whatever becomes of its files, misses no edit, and leaves nothing running when it ends."""

import json
import os
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sites import free_port, start_briefing
from tests.test_preview import ask, digest_of, heard, serving

pytestmark = pytest.mark.slow

RECORD = "docs/sources/council-minutes.yml"
ADDRESS = "/sources/council-minutes/"
PATIENCE_SECONDS = 20


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    folder = start_briefing(tmp_path_factory.mktemp("following") / "b")
    with serving(folder, free_port()) as (_, port, _):
        yield folder, port


@pytest.fixture
def briefing(started: tuple[Path, int], tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """Give a briefing that is previewed, and its port; what a test did to its files is undone."""
    folder, port = started
    kept = tmp_path / "kept"
    shutil.copytree(folder / "docs", kept / "docs")
    shutil.copy(folder / "mkdocs.yml", kept)
    yield folder, port
    shutil.rmtree(folder / "docs")
    shutil.rmtree(folder / "templates", ignore_errors=True)
    shutil.copytree(kept / "docs", folder / "docs")
    shutil.copy(kept / "mkdocs.yml", folder)
    wait_for(port, "/sources/", "Minutes")


def wait_for(port: int, address: str, words: str, *, is_there: bool = True) -> None:
    """Ask for a page until it has these words, or has them no more."""
    end = time.monotonic() + PATIENCE_SECONDS
    while (words in ask(port, address).read().decode()) is not is_there:
        assert time.monotonic() < end, f"{address} never came to {'show' if is_there else 'lose'} '{words}'"


def titled(title: str) -> str:
    return f"title: {title}\n"


def test_folder_that_is_renamed_goes_and_comes_back_with_what_is_in_it_now(briefing: tuple[Path, int]) -> None:
    folder, port = briefing
    (folder / "docs/sources/more").mkdir()
    (folder / "docs/sources/more/tide.yml").write_text(titled("Tide tables"))
    wait_for(port, "/sources/tide/", "Tide tables")
    (folder / "docs/sources/more").rename(folder / "aside")
    wait_for(port, "/sources/tide/", "Tide tables", is_there=False)
    (folder / "aside/tide.yml").write_text(titled("Tables of tides"))
    (folder / "aside").rename(folder / "docs/sources/less")
    wait_for(port, "/sources/tide/", "Tables of tides")
    (folder / "docs/sources/less/tide.yml").write_text(titled("Tides, edited"))
    wait_for(port, "/sources/tide/", "Tides, edited")


def test_docs_may_be_replaced_as_a_whole(briefing: tuple[Path, int]) -> None:
    folder, port = briefing
    shutil.copytree(folder / "docs", folder / "other")
    (folder / "other/sources/council-minutes.yml").write_text(titled("Minutes of another copy"))
    (folder / "docs").rename(folder / "old")
    (folder / "other").rename(folder / "docs")
    wait_for(port, ADDRESS, "Minutes of another copy")
    (folder / RECORD).write_text(titled("Minutes, edited there"))
    wait_for(port, ADDRESS, "Minutes, edited there")
    shutil.rmtree(folder / "docs")
    wait_for_problem(port, "there is no folder")
    (folder / "old").rename(folder / "docs")
    wait_for(port, ADDRESS, "Minutes, edited there", is_there=False)
    (folder / RECORD).write_text(titled("Minutes of the first copy"))
    wait_for(port, ADDRESS, "Minutes of the first copy")


def wait_for_problem(port: int, words: str) -> None:
    """Listen to the news until a problem says this."""
    stream = ask(port, "/.briefbook/events")
    while words not in heard(stream)[1]:
        pass
    stream.close()


def test_templates_may_come_change_break_and_go(briefing: tuple[Path, int]) -> None:
    folder, port = briefing
    template = folder / "templates/pages/source.md.j2"
    template.parent.mkdir(parents=True)
    template.write_text("# {{ source.title | md }}\n\nIn a layout of our own.\n")
    wait_for(port, ADDRESS, "In a layout of our own.")
    template.write_text("# {{ source.title | md }}\n\nIn {% if %} a broken one.\n")
    wait_for(port, ADDRESS, "In a layout of our own.", is_there=False)
    ask(port, ADDRESS).read()
    wait_for_problem(port, "source.md.j2")
    template.write_text("# {{ source.title | md }}\n\nIn a mended one.\n")
    wait_for(port, ADDRESS, "In a mended one.")
    shutil.rmtree(folder / "templates")
    wait_for(port, ADDRESS, "In a mended one.", is_there=False)


def test_settings_saved_beside_and_renamed_are_followed(briefing: tuple[Path, int]) -> None:
    folder, port = briefing
    settings, beside = folder / "mkdocs.yml", folder / ".mkdocs.yml.new"
    good = settings.read_text()
    beside.write_text(good + "copyright: By the harbour\n")
    beside.replace(settings)
    wait_for(port, "/", "By the harbour")
    settings.write_text(good + "copyright: [\n")
    wait_for_problem(port, "mkdocs.yml")
    (folder / RECORD).write_text(titled("Edited meanwhile"))
    beside.write_text(good + "copyright: By the pier\n")
    beside.replace(settings)
    wait_for(port, "/", "By the pier")
    wait_for(port, ADDRESS, "Edited meanwhile")


def test_card_may_be_broken_and_mended(briefing: tuple[Path, int]) -> None:
    folder, port = briefing
    card = folder / "docs/briefing.yml"
    card.write_text("title: [\n")
    wait_for_problem(port, "docs/briefing.yml")
    assert ask(port, "/").status == 200
    card.write_text("title: Mended\n")
    wait_for(port, "/", "Mended")


def test_last_of_many_quick_edits_is_what_is_shown(briefing: tuple[Path, int]) -> None:
    folder, port = briefing
    for number in range(10):
        (folder / RECORD).write_text(titled(f"Version {number}"))
        ask(port, ADDRESS).read()  # so that some fall into the reading of others
    wait_for(port, ADDRESS, "Version 9")
    assert "Version 9" in ask(port, "/sources/").read().decode()


def test_link_shows_what_it_leads_to(briefing: tuple[Path, int]) -> None:
    folder, port = briefing
    for name, title in (("one.txt", "First"), ("two.txt", "Second")):
        (folder / "docs/assets").mkdir(exist_ok=True)
        (folder / "docs/assets" / name).write_text(titled(title))
    link = folder / "docs/sources/linked.yml"
    link.symlink_to("../assets/one.txt")
    wait_for(port, "/sources/linked/", "First")
    (folder / "docs/assets/one.txt").write_text(titled("First, edited"))
    wait_for(port, "/sources/linked/", "First, edited")
    link.with_name("new").symlink_to("../assets/two.txt")
    link.with_name("new").rename(link)
    wait_for(port, "/sources/linked/", "Second")


def test_only_what_shows_the_edit_has_another_digest(briefing: tuple[Path, int]) -> None:
    folder, port = briefing
    pages = [ADDRESS, "/sources/", "/map/", "/actors/jane-doe/", "/no/such/page/"]
    before = [digest_of(port, page) for page in pages]
    (folder / RECORD).write_text(titled("Other minutes"))
    wait_for(port, ADDRESS, "Other minutes")
    changed = [page for page, digest in zip(pages, before, strict=True) if digest_of(port, page) != digest]
    assert changed == [page for page in pages if "Other minutes" in ask(port, page).read().decode()]
    assert ADDRESS in changed
    assert "/map/" not in changed


def test_page_that_reads_an_index_goes_on_when_another_takes_its_place(briefing: tuple[Path, int]) -> None:
    folder, port = briefing
    before = index_of(port, other_than="")
    (folder / RECORD).write_text(titled("Wallpaper"))
    assert ask(port, f"/pagefind/pagefind.{index_of(port, other_than=before)}.pf_meta").status == 200
    assert ask(port, f"/pagefind/pagefind.{before}.pf_meta").status == 200
    assert ask(port, "/pagefind/pagefind.en_0.pf_meta").status == 404


def index_of(port: int, other_than: str) -> str:
    """Return the name of the search index of today, once there is one, and another than one."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        entry = ask(port, "/pagefind/pagefind-entry.json")
        if entry.status == 200:
            name = str(json.loads(entry.read())["languages"]["en"]["hash"])
            if name != other_than:
                return name
    raise AssertionError("the search never caught up")


@pytest.mark.parametrize(
    "end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=["interrupted", "terminated", "killed"]
)
def test_preview_that_ends_leaves_nothing_running(tmp_path: Path, end: signal.Signals) -> None:
    folder = start_briefing(tmp_path / "b")
    with serving(folder, free_port()) as (_, port, server):
        streams = [ask(port, "/.briefbook/events") for _ in range(10)]
        indexing = os.pidfd_open(child_of(server))
        asked = time.monotonic()
        server.send_signal(end)
        server.wait(timeout=10)
        assert time.monotonic() - asked < 2  # on a busy machine; by itself it takes a third of a second
        assert server.stderr
        assert server.stderr.read().strip() in ("", "Aborted!")
        for stream in streams:
            stream.close()
        ended, _, _ = select.select([indexing], [], [], 10)
        os.close(indexing)
        assert ended
    assert list((folder / "build/.cache").glob(".search-*")) == []


def child_of(server: "subprocess.Popen[str]") -> int:
    """Return the number of the process that a preview starts to make its search index, once there is one."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
        if children:
            return int(children[0])
    pytest.fail("it never began to make a search index")

"""Whatever goes wrong outside a record is told in a line or two, with the status that says whose fault it is."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from generator.workers import WORTH_PROCESSES
from tests.sites import command, contents, start_briefing

pytestmark = pytest.mark.slow
BRIEFBOOK = str(Path(sys.executable).parent / "briefbook")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return start_briefing(tmp_path_factory.mktemp("faults") / "b")


@pytest.fixture
def folder(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "b"))


def put(folder: Path, name: str, text: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, "utf-8")


# What no author should be told of their template: it gives a filter what its page never does.
FAULT = ("templates/pages/actor.md.j2", "{{ 5 | block }}\n")
BOOK_FAULT = ("templates/book/book.typ", '#metadata((1, "x")) <places>\n')


@pytest.mark.parametrize(("fault", "arguments"), [(FAULT, ["build", "--strict"]), (BOOK_FAULT, ["pdf"])])
def test_fault_of_our_own_is_reported_without_secrets(
    fault: tuple[str, str], arguments: list[str], folder: Path
) -> None:
    put(folder, *fault)
    done = command("briefbook", *arguments, cwd=folder, ACCESS_TOKEN="hush-hush")
    line = "error: this is a fault of Briefbook itself. A report is in build/.cache/report-"
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (3, "", 1)
    assert done.stderr.startswith(line)
    (report,) = (folder / "build" / ".cache").glob("report-*.txt")
    assert f"A report is in {report.relative_to(folder)}; please send it in." in done.stderr
    text = report.read_text()
    assert f"command: briefbook {' '.join(arguments)}\n" in text
    assert "\nbriefbook " in text
    assert "\nmkdocs 1." in text
    assert "Traceback (most recent call last)" in text
    assert "hush-hush" not in text
    assert command("briefbook", *arguments, cwd=folder).returncode == 3
    assert len([*(folder / "build" / ".cache").glob("report-*.txt")]) == 1  # the same fault has the same report


def test_report_goes_where_it_can_be_written(folder: Path, tmp_path: Path) -> None:
    put(folder, *FAULT)
    shutil.rmtree(folder / "build")
    (folder / "build").touch()
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    done = command("briefbook", "pages", "out", cwd=folder, TMPDIR=str(temporary))
    (report,) = temporary.glob("briefbook-*/report-*.txt")
    assert (done.returncode, f"A report is in {report}; please" in done.stderr) == (3, True)
    there_is_none = "/proc/nowhere"  # tempfile then tries others, and at last the folder in which it runs
    nowhere = "import tempfile; tempfile._candidate_tempdir_list = lambda: ['/proc/nowhere'];"
    code = f"{nowhere} import sys; sys.argv = ['briefbook', 'pages', 'out2']; from generator.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={**os.environ, "TMPDIR": there_is_none},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr.count("\n")) == (3, 1)
    assert "No report could be saved (AttributeError: 'int' object has no attribute 'split'); please" in done.stderr


OWN_TEMPLATES = {
    "{% if %}": "1: Expected an expression, got 'end of statement block'",
    "\n{{ nothing.x }}": "2: 'nothing' is undefined",
    "{{ 1 / 0 }}": "1: division by zero",
    "{{ [] + 1 }}": '1: can only concatenate list (not "int") to list',
    "{{ 'x' | none_such }}": "1: No filter named 'none_such'.",
    "{% include 'none' %}": "1: 'none' not found in search paths",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}": "1: maximum recursion depth exceeded",
}
PLACES = ["templates/pages/actor.md.j2", "templates/pictures/years.svg.j2", "templates/theme/partials/copyright.html"]


@pytest.mark.parametrize("name", PLACES)
def test_mistake_in_an_own_template_is_told_with_its_line(name: str, folder: Path) -> None:
    for text, told in OWN_TEMPLATES.items():
        put(folder, name, text + "\n")
        done = command("briefbook", "build", cwd=folder)
        assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
        assert f"{Path(name).name}:{told}" in done.stderr
    (folder / name).write_bytes(b"\xff\xfe")
    done = command("briefbook", "build", cwd=folder)
    assert (done.returncode, done.stderr.count("\n"), "is not UTF-8" in done.stderr) == (1, 1, True), done.stderr


OTHER_MISTAKES = {
    "book.typ": ("templates/book/book.typ", "#let x = \n", "pdf", "The book could not be set: failed to compile"),
    "words": ("templates/words/en.yml", "a: [\n", "build", "templates/words/en.yml cannot be read"),
    "settings that are no YAML": ("mkdocs.yml", "site_name: [\n", "build", 'mkdocs.yml", line 2, column 1'),
    "settings that are a list": ("mkdocs.yml", "- a\n", "build", "Expected a key-value mapping"),
    "settings of bytes": ("mkdocs.yml", "\0\1", "build", "unacceptable character"),
    "other settings": ("mkdocs.yml", "site_name: x\ntheme: material\n", "build", "Add it to 'plugins'"),
    "settings for a book": ("mkdocs.yml", "site_name: [\n", "pdf", 'mkdocs.yml", line 2, column 1'),
}


@pytest.mark.parametrize(("name", "text", "run", "told"), OTHER_MISTAKES.values(), ids=OTHER_MISTAKES)
def test_mistake_in_another_file_is_one_line(name: str, text: str, run: str, told: str, folder: Path) -> None:
    put(folder, name, text)
    done = command("briefbook", run, cwd=folder)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert told in done.stderr


def test_mistake_in_settings_names_the_setting(folder: Path) -> None:
    for text, told in {
        "plugins: [none-such]": "'site_name': Required",
        "site_name: x\nplugins: [briefbook]\ntheme: {name: none}": "Unrecognised theme name: 'none'",
        "site_name: x\nplugins: [briefbook]\nmarkdown_extensions: [none]": "Failed to load extension 'none'",
        "site_name: x\nplugins: [briefbook]\nhooks: [none.py]": "none.py' isn't an existing file",
        "site_name: x\nplugins: [briefbook]\nexclude_docs: 5": "'exclude_docs': Expected a multiline string",
    }.items():
        put(folder, "mkdocs.yml", text)
        done = command("briefbook", "build", cwd=folder)
        assert (done.returncode, "Traceback" in done.stderr) == (1, False)
        assert told in done.stderr


def test_search_that_cannot_be_made_leaves_the_old_site(folder: Path) -> None:
    assert command("briefbook", "build", cwd=folder).returncode == 0
    before = contents(folder / "build" / "site")
    put(folder, "docs/sources/council-minutes.yml", "title: Other minutes\n")
    done = command("briefbook", "build", cwd=folder, PAGEFIND_BINARY_PATH="/none/pagefind")
    assert (done.returncode, done.stderr.count("\n"), "Is Pagefind there" in done.stderr) == (1, 1, True), done.stderr
    assert contents(folder / "build" / "site") == before
    assert [path.name for path in (folder / "build").iterdir() if path.name.startswith(".site-")] == []


ADDRESSES = [
    "localhost",
    "x:y",
    ":80",
    "127.0.0.1:99999",
    "127.0.0.1:" + "9" * 5000,
    "300.0.0.1:80",
    "ü" * 70 + ":80",
    "a..b:80",
]


@pytest.mark.parametrize("address", ADDRESSES, ids=range(len(ADDRESSES)))
def test_address_that_is_none_is_one_line(address: str, folder: Path) -> None:
    done = command("briefbook", "serve", "--address", address, cwd=folder)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert done.stderr.startswith("error: ")


def test_builds_that_somebody_interrupts_end_without_a_word(folder: Path) -> None:
    ended = []
    lock = folder / "build" / ".lock"
    for seconds in (0.0, 0.2, 0.4, 0.8, 1.6):
        lock.unlink(missing_ok=True)
        with subprocess.Popen(
            [BRIEFBOOK, "build", "--pdf"],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            text=True,
        ) as build:
            while not lock.exists() and build.poll() is None:
                pass  # until it has begun
            try:
                build.wait(seconds)
            except subprocess.TimeoutExpired:
                os.killpg(build.pid, signal.SIGINT)  # as a terminal does: to all that the build has started, too
            assert build.stderr
            assert build.stderr.read() == ""
        ended.append(build.returncode)
    assert 130 in ended
    assert command("briefbook", "build", "--pdf", cwd=folder).returncode == 0
    assert command("briefbook", "verify", cwd=folder).returncode == 0


def test_interrupts_that_meet_a_process_at_its_start_say_nothing(tmp_path: Path) -> None:
    script = (
        "import os, signal; from generator.workers import spread\n"
        "os.register_at_fork(after_in_child=lambda: os.kill(os.getpid(), signal.SIGINT))\n"
        "print(sum(spread(list, range(1000))))"
    )
    done = command(sys.executable, "-c", script, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "499500\n", "")


def test_reader_of_the_output_may_leave(folder: Path) -> None:
    for number in range(300):
        put(folder, f"docs/actors/a{number}.yml", "nam: x\n")  # more lines than a pipe holds
    for style in ("human", "json", "github"):
        with subprocess.Popen(
            [BRIEFBOOK, "check", "--format", style], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as check:
            assert check.stdout
            assert check.stderr
            check.stdout.readline()
            check.stdout.close()
            assert check.stderr.read() == b""
        assert check.returncode == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is full")
def test_output_to_a_full_disk_is_one_line(folder: Path) -> None:
    for arguments in (["check"], ["check", "--format", "json"], ["pages", "out"], ["build"], ["--help"]):
        with Path("/dev/full").open("w") as full:
            done = subprocess.run(
                [BRIEFBOOK, *arguments], cwd=folder, stdout=full, stderr=subprocess.PIPE, text=True, check=False
            )
        assert (done.returncode, done.stderr) == (1, "error: disk: No space left on device\n")


IN_WORKERS = {
    "raise KeyError(1)": (3, "error: this is a fault of Briefbook itself"),
    "os.kill(os.getpid(), signal.SIGKILL)": (1, "error: A process at work was ended"),
}


@pytest.mark.skipif(sys.platform != "linux", reason="needs processes that are forked")
@pytest.mark.parametrize(("fault", "told"), IN_WORKERS.items(), ids=["fault", "killed"])
def test_fault_in_one_of_several_processes_is_told_as_any(fault: str, told: tuple[int, str], folder: Path) -> None:
    extension = (
        "import os, signal\nfrom markdown import Extension\nfrom markdown.preprocessors import Preprocessor\n"
        f"class Fault(Preprocessor):\n    def run(self, lines):\n        {fault}\n"
        "class Faulty(Extension):\n    def extendMarkdown(self, md):\n"
        f"        if os.getpid() != {{main}}: md.preprocessors.register(Fault(md), 'fault', 50)\n"
    )
    put(folder, "more/faulty.py", extension.replace("{main}", "int(os.environ['BRIEFBOOK_TEST_MAIN'])"))
    settings = folder / "mkdocs.yml"
    settings.write_text(
        settings.read_text().replace("markdown_extensions:", "markdown_extensions:\n  - faulty:Faulty", 1)
    )
    assert "faulty" in settings.read_text()
    for number in range(WORTH_PROCESSES):
        put(folder, f"docs/sources/s{number}.yml", f"title: Source {number}\n")
    code = (
        "import os, sys; os.environ['BRIEFBOOK_TEST_MAIN'] = str(os.getpid()); sys.argv = ['briefbook', 'build'];"
        "os.cpu_count = lambda: 2; from generator.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder / "more")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == told[0]
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith(told[1])

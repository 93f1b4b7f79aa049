"""Builds real sites for the slow tests, in folders of their own, and serves them with nginx."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent
SUB_PATH = "/briefings/june/"

SOMEBODY = 12345  # the number of a user who is nobody else here

HARD = "A*B_C <script>alert(1)</script> {{ x }} [[ | # `k` \"q\" 's' &amp; 😀 김정은 العربية"

HOSTILE_FILES = {
    "briefing.yml": f"title: |-\n  {HARD}\njudgements:\n  - {{text: '<b onclick=x>It</b> will be.', based_on: a}}\n",
    "actors/a.yml": f"name: |-\n  {HARD}\ndescription: |-\n  {HARD}\nsummary: |\n  <img src=x onerror=alert(1)>\n",
    "quotes/q.yml": f"speaker: a\ntext: |-\n  {HARD}\nsources: s\nabout: e\n",
    "events/e.yml": f"title: |-\n  {HARD}\ndate: 2024\nplace: |-\n  {HARD}\nabout: q\n",
    "sources/s.yml": f"title: |-\n  {HARD}\n",
    "page.md": "# A <u>page</u>\n\n<script>alert(1)</script><b onclick=alert(1)>bold</b> [x](javascript:alert(1))\n\n[[q]]\n",
}


def command(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command of this Python's environment, with nothing on its standard input."""
    program = str(Path(sys.executable).parent / arguments[0])
    settings = {**command_environment(), **environment}
    return subprocess.run([program, *arguments[1:]], cwd=cwd, env=settings, capture_output=True, text=True, check=False)


def command_environment() -> dict[str, str]:
    """Return the environment of commands: without the date that tests in this process have set, or it would be theirs."""
    inherited = {name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"}
    return {**inherited, "SITE_URL": ""}


def somebody_else() -> list[str]:
    """Return what to put before a command to run it as SOMEBODY, who may read all, but write only what is theirs.

    Shape: nothing where tests may not do that, as where they do not belong to root; in CI they do.
    """
    setpriv = shutil.which("setpriv")
    if not setpriv or os.getuid() != 0:
        return []
    # Python may well lie in the home of root, where somebody else could not even look.
    reading = [
        "--inh-caps=-all,+dac_read_search",
        "--ambient-caps=-all,+dac_read_search",
        "--bounding-set=-all,+dac_read_search",
    ]
    become = [setpriv, f"--reuid={SOMEBODY}", f"--regid={SOMEBODY}", "--clear-groups", *reading]
    works = subprocess.run([*become, sys.executable, "-c", "import generator"], capture_output=True, check=False)
    return become if works.returncode == 0 else []


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def copy_first_briefing(folder: Path) -> Path:
    """Copy what people write of the first briefing, as a clone would have it."""
    shutil.copytree(REPOSITORY / "docs", folder / "docs")
    shutil.copy(REPOSITORY / "mkdocs.yml", folder)
    return folder


def start_briefing(folder: Path, files: Mapping[str, str] | None = None) -> Path:
    """Make a new briefing with `init`; with `files`, these are its records instead of the example."""
    assert command("briefbook", "init", str(folder), cwd=folder.parent).returncode == 0
    if files is not None:
        shutil.rmtree(folder / "docs")
        write_files(folder, files)
        settings = folder / "mkdocs.yml"
        settings.write_text(settings.read_text().replace("  /years/\n", "  /years/\n  /page.md\n"))
    return folder


def invent_briefing(folder: Path, records: int) -> Path:
    """Write a briefing of so many invented records, always the same, into a new folder, and return the folder."""
    maker = REPOSITORY / "benchmarks" / "make_records.py"
    subprocess.run([sys.executable, str(maker), str(records), str(folder)], check=True)
    return folder


def build(folder: Path, *options: str, **environment: str) -> Path:
    """Build a briefing's site with `briefbook build --strict`, and return the site."""
    done = command("briefbook", "build", "--strict", *options, cwd=folder, **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "build" / "site"


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder, by name."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def slowness() -> float:
    """Return how many times longer this machine takes now, at least 1, than one that squares numbers in 50 ns each."""
    start = time.process_time()
    sum(number * number for number in range(2_000_000))
    return max(1.0, (time.process_time() - start) / 0.1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def headers_of(site: Path) -> dict[str, str]:
    """Return what a site's `_headers` wants sent with every page."""
    first, *lines = (site / "_headers").read_text("utf-8").splitlines()
    assert first == "/*"
    return {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}


@contextmanager
def nginx(site: Path, work: Path) -> Iterator[str]:
    """Serve a site under `SUB_PATH`, as a host of several would, with the headers it asks for, and give its address."""
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    port = free_port()
    headers = "".join(f'add_header {name} "{value}" always; ' for name, value in headers_of(site).items())
    work.mkdir(parents=True, exist_ok=True)
    temporary = "".join(
        f"{kind}_temp_path {work}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (work / "nginx.conf").write_text(
        f"daemon off; pid {work}/pid; error_log {work}/error.log; events {{}} {'user root;' if os.getuid() == 0 else ''}\n"
        f"http {{ include /etc/nginx/mime.types; access_log off; {temporary}\n"
        f"server {{ listen 127.0.0.1:{port}; error_page 404 {SUB_PATH}404.html;\n"
        f"location {SUB_PATH} {{ alias {site}/; {headers}}} }} }}\n"
    )
    server = subprocess.Popen([program, "-c", str(work / "nginx.conf"), "-p", str(work)], stderr=subprocess.DEVNULL)
    try:
        while server.poll() is None:  # until it answers, or has given up
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
        assert server.poll() is None, (work / "error.log").read_text()
        yield f"http://127.0.0.1:{port}{SUB_PATH}"
    finally:
        server.terminate()
        server.wait()

"""What the benchmarks share: running a command, sites for other tools, tables, and the machine's name."""

import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

HERE = Path(__file__).resolve().parent
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # for those who use it, Python keeps what it compiled


def has(package: str) -> bool:
    """Tell whether a package is installed."""
    with suppress(PackageNotFoundError):
        return bool(version(package))
    return False


def run(*command: str | Path) -> None:
    """Run a command that prepares something."""
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent), "NO_MKDOCS_2_WARNING": "1"}
    subprocess.run([str(part) for part in command], check=True, env=environment, stdout=subprocess.DEVNULL)


def make_briefing(records: int, folder: Path) -> Path:
    """Write a briefing of so many invented records into a new folder, and return the folder."""
    run(sys.executable, HERE / "make_records.py", str(records), folder)
    return folder


def write_pages(briefing: Path, folder: Path) -> Path:
    """Write a briefing's pages as Markdown into a new folder, and return the folder."""
    run(sys.executable, "-m", "generator", "-C", briefing, "pages", folder)
    return folder


def mkdocs_site(folder: Path, pages: Path, briefing: Path, plugins: str = "[]") -> Path:
    """Write the pages with the briefing's `mkdocs.yml`, without our plugin and with records out of the navigation."""
    copy_pages(pages, folder / "docs", index="index.md")
    settings = (briefing / "mkdocs.yml").read_text("utf-8")
    settings = re.sub(r"^plugins:\n(?:  .*\n)+", f"plugins: {plugins}\n", settings, flags=re.MULTILINE)
    settings = re.sub(r"^  - briefbook.*\n", "", settings, flags=re.MULTILINE)
    (folder / "mkdocs.yml").write_text(re.sub(r"^site_dir:.*$", "site_dir: site", settings, flags=re.MULTILINE))
    return folder


def copy_pages(pages: Path, target: Path, index: str) -> None:
    """Copy Markdown, and nothing else; `index` is what the first page of a folder is called."""
    for page in pages.rglob("*.md"):
        name = page.relative_to(pages)
        copy = target / (name.with_name(index) if name.name == "index.md" else name)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(page, copy)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], texts: int = 1) -> Iterator[str]:
    """Yield the lines of a Markdown table; the first columns, so many as `texts` says, are texts."""
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * texts}{'---:|' * (len(heads) - texts)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def machine(packages: Iterable[str]) -> str:
    """Return the day, and what figures are taken on: Python, these packages as far as they are there, the system."""
    versions = [f"{name} {version(name)}" for name in packages if has(name)]
    python = f"{platform.python_implementation()} {platform.python_version()}"
    where = f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs"
    return f"{time.strftime('%Y-%m-%d')}: {', '.join((python, *versions))}; {where}."

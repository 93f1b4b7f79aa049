"""The search of the preview: an index of its pages, made in the background by a process of its own.

`python -m generator.preview_search ROOT FOLDER` renders all pages, drafts too, and indexes them as a build does. It
ends when its standard input does: the preview holds the other end, and even one that is killed lets go of it.
"""

import asyncio
import os
import re
import shutil
import signal
import sys
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

from generator.pipeline import page_maker, read_briefing
from generator.project import Project
from generator.rendering import Renderer
from generator.search import BUNDLE, index_site
from generator.write import exchange_site

_ADDRESS = re.compile(rf"{BUNDLE}(?:/[a-zA-Z0-9_-][a-zA-Z0-9._-]{{0,99}}){{1,2}}")  # as Pagefind names its files
_LAST = "last"  # has the index before
QUIET_SECONDS = 2.0  # without an edit, before the index is made anew


class PreviewSearch:
    """Keeps an index of the preview's pages, a while behind them. It lies in `build/.cache`."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._folder = project.root / "build" / ".cache" / "preview"
        self._task: asyncio.Task[None] | None = None

    def file_at(self, address: str) -> Path | None:
        """Return the file of the index at an address, "pagefind/pagefind.js", or None when there is none."""
        if not _ADDRESS.fullmatch(address):
            return None
        # Files are named after their content: a page that has begun to read the last index goes on with that.
        files = (self._folder / address, self._folder / _LAST / address)
        return next((file for file in files if file.is_file()), None)

    def catch_up(self) -> None:
        """Make the index anew when nothing more is edited for a while."""
        self.stop()
        self._task = asyncio.create_task(self._make())

    def stop(self) -> None:
        """Make no index; one that is being made is given up."""
        if self._task:
            self._task.cancel()

    async def _make(self) -> None:
        await asyncio.sleep(QUIET_SECONDS)
        command = [sys.executable, "-m", __name__, str(self._project.root), str(self._folder)]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
        quiet = asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(
            *command, env=environment, stdin=asyncio.subprocess.PIPE, stdout=quiet, stderr=quiet
        )
        try:
            await process.wait()
        except asyncio.CancelledError:
            with suppress(ProcessLookupError):
                process.terminate()
            raise


def _end_with_input() -> None:
    """End this process, and with it what it started, when nobody holds the other end of its input any more."""

    def wait() -> None:
        while os.read(0, 1000):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # tidily: folders are removed, and Pagefind is ended
    Thread(target=wait, daemon=True).start()


def main() -> None:
    """Index the pages of the briefing that the command line names, into the folder that it names."""
    _end_with_input()
    project, folder = Project(Path(sys.argv[1])), Path(sys.argv[2])
    if hasattr(os, "nice"):
        os.nice(10)  # whoever writes comes first
    briefing, _ = read_briefing(project, with_drafts=True)
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".search-", dir=folder.parent) as name:
        site = Path(name)
        Renderer(project, briefing, page_maker(briefing, project)).write_pages(site)
        index_site(site)
        _publish(site / BUNDLE, folder)


def _publish(bundle: Path, folder: Path) -> None:
    """Put a new index in its place, in one step, and the last one beside it: both can be read all the time."""
    last = folder / _LAST / BUNDLE
    last.parent.mkdir(exist_ok=True)
    shutil.rmtree(last, ignore_errors=True)
    bundle.rename(last)
    exchange_site(last, folder / BUNDLE)


if __name__ == "__main__":
    main()

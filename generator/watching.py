"""Follows the files of a briefing: tells which changed, and misses none, whatever becomes of their folders."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import suppress
from pathlib import Path

from watchfiles import Change, awatch

from generator.errors import BriefbookError
from generator.project import Project

QUIET_MILLISECONDS = 5  # without another change, before a change is told
MOST_MILLISECONDS = 200  # after which it is told, even if others follow

Read = Callable[[list[Path] | None], Awaitable[None]]  # gets what changed, or None when it may be anything


class Watch:
    """Follows the files below `docs/` and `templates/`, and `mkdocs.yml`, which lies beside much else.

    While `read` is at work, changes gather, and are told when it is done.
    """

    def __init__(self, project: Project, read: Read) -> None:
        self._root = project.root.resolve()
        self._folders = [self._root / "docs", *Project(self._root).template_dirs]
        self._read = read

    async def run(self) -> None:
        """Follow the files until cancelled; what happens after the first two steps of the loop is not missed.

        Raises: BriefbookError when the system does not let them be followed.
        """
        try:
            async with asyncio.TaskGroup() as tasks:
                inside = tasks.create_task(self._follow_folders())
                async for changes in _changes([self._root], self._is_beside, recursive=False):
                    if any(kind is not Change.modified and Path(path) in self._folders for kind, path in changes):
                        # A folder came, went or was replaced: what was followed is not what is there now.
                        inside.cancel()
                        inside = tasks.create_task(self._follow_folders())
                        await asyncio.sleep(0)  # first follow, then read: no edit falls between the two
                        await self._read(None)
                    else:
                        await self._read([Path(path) for _, path in changes])
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None

    async def _follow_folders(self) -> None:
        with suppress(FileNotFoundError):  # it just went; when it is there again, the folder around it tells
            async for changes in _changes(filter(Path.is_dir, self._folders), _is_edited, recursive=True):
                await self._read([Path(path) for _, path in changes])

    def _is_beside(self, _: object, path: str) -> bool:
        return Path(path) in (self._root / "mkdocs.yml", *self._folders)


async def _changes(
    paths: Iterable[Path], wanted: Callable[[Change, str], bool], *, recursive: bool
) -> AsyncIterator[set[tuple[Change, str]]]:
    try:
        async for changes in awatch(
            *paths, watch_filter=wanted, step=QUIET_MILLISECONDS, debounce=MOST_MILLISECONDS, recursive=recursive
        ):
            yield changes
    except FileNotFoundError:
        raise
    except OSError as error:
        raise BriefbookError(f"Edits cannot be followed: {error.strerror or error}.") from error


def _is_edited(_: object, path: str) -> bool:
    """Tell files from what editors keep beside them."""
    name = Path(path).name
    return not name.startswith(".") and not name.endswith(("~", ".swp", ".swx", ".part"))

"""Step 5 of 5, write: the only module that writes below `build/`.

Files whose content is there already are left alone, so that servers and sync tools see only what changed; what no
page made is removed. A site is published in one rename.
"""

import ctypes
import errno
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from tempfile import mkdtemp

from filelock import FileLock, Timeout

from generator.errors import BriefbookError

MARK = ".made-by-briefbook"  # lies in each folder that we may clear

LOCK = ".lock"  # in `build/`: taken by whoever writes there
LEFTOVERS = (".book-*", ".plain-*", ".made-*", ".search-*")  # folders in `build/` that a killed process did not remove
PATIENCE_SECONDS = 600  # for another build

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2  # Linux, renameat2(2)
_RENAME_SWAP = 2  # macOS, renamex_np(2)


def claim_folder(folder: Path) -> None:
    """Make sure that a folder that somebody names is ours to fill and to clear: new, empty, or filled by us before.

    Raises: BriefbookError when it holds anything else.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).is_file():
        raise BriefbookError(f"'{folder}' holds other files. Name a new folder.")


def write_folder(folder: Path, texts: Iterable[tuple[str, str]], copies: Iterable[tuple[str, Path]] = ()) -> int:
    """Make a folder hold these files and no others, and return how many were written or removed.

    `texts` are (name, text), `copies` (name, file to copy); names are relative, with slashes.
    Raises: OSError when the disk does not allow it; files are replaced one by one, never half-written.
    """
    before = frozenset(files_in(folder)) - {MARK}
    stale = set(before)
    written = 0
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / MARK).exists():
        (folder / MARK).touch()
    for name, data in chain(
        ((name, text.encode("utf-8")) for name, text in texts), ((name, file.read_bytes()) for name, file in copies)
    ):
        path = folder / name
        if name not in before or not _holds(path, data):
            _put(path, data)
            written += 1
        stale.discard(name)
    for name in stale:
        with suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
            (folder / name).unlink()
    _remove_empty(folder)
    return written + len(stale)


def files_in(folder: Path) -> Iterator[str]:
    """Yield the names of all files below a folder."""
    for parent, _, files in os.walk(folder):
        prefix = os.path.relpath(parent, folder).replace(os.sep, "/")
        for name in files:
            yield name if prefix == "." else f"{prefix}/{name}"


def _holds(path: Path, data: bytes) -> bool:
    try:
        return path.read_bytes() == data
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):  # something else was put in its place
        return False


def _put(path: Path, data: bytes) -> None:
    part = path.parent / f".{path.name[:200]}.part"
    try:
        write_whole(part, path, data)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        _clear_way(path)
        write_whole(part, path, data)


def write_whole(part: Path, path: Path, data: bytes) -> None:
    """Make a file hold this by way of another, `part`, which is not left behind: it is whole whoever stops that.

    Raises: OSError when the disk does not allow it.
    """
    try:
        part.write_bytes(data)
        part.replace(path)
    except (OSError, KeyboardInterrupt):
        if part.is_file():
            part.unlink()
        raise


def _clear_way(path: Path) -> None:
    """Remove the file that stands where a folder must be, or the folder that stands where a file must be."""
    for above in (path, *path.parents):
        if above.is_file():
            above.unlink()
            break
        if above == path and above.is_dir():
            shutil.rmtree(above)
    path.parent.mkdir(parents=True, exist_ok=True)


def _remove_empty(folder: Path) -> None:
    for parent, _, _ in os.walk(folder, topdown=False):
        if Path(parent) != folder and not os.listdir(parent):
            os.rmdir(parent)


@contextmanager
def alone(root: Path, tell: Callable[[str], None]) -> Iterator[None]:
    """Keep other builds of a briefing waiting until this one is done; the system lets go of it for a killed one.

    What that left behind is removed.

    `tell` hears when there is another to wait for. Raises: BriefbookError when that takes too long.
    """
    (root / "build").mkdir(parents=True, exist_ok=True)
    lock = FileLock(root / "build" / LOCK, is_singleton=True)  # one in a process, so that it may be taken twice
    is_first = not lock.is_locked
    try:
        try:
            lock.acquire(timeout=0)
        except Timeout:
            tell("Another build of this briefing is running: waiting for it")
            lock.acquire(timeout=PATIENCE_SECONDS)
    except Timeout as error:
        raise BriefbookError(f"Another build of this briefing has run for {PATIENCE_SECONDS // 60} minutes.") from error
    try:
        if is_first:
            for left in chain.from_iterable((root / "build").glob(pattern) for pattern in LEFTOVERS):
                shutil.rmtree(left, ignore_errors=True)
        yield
    finally:
        lock.release()


@contextmanager
def readable() -> Iterator[None]:
    """Let everybody read what is written meanwhile, also by other processes: a web server is somebody else.

    Whatever else the umask of whoever builds says, stays.
    """
    before = os.umask(0)
    os.umask(before & ~0o555)
    try:
        yield
    finally:
        os.umask(before)


def start_site(site: Path) -> Path:
    """Return an empty folder beside `site` to build it in; what a killed build left behind is removed."""
    site.parent.mkdir(parents=True, exist_ok=True)
    for left in site.parent.glob(f".{site.name}-*"):
        shutil.rmtree(left, ignore_errors=True)
    return Path(mkdtemp(prefix=f".{site.name}-", dir=site.parent))


def publish_site(new: Path, site: Path) -> None:
    """Put the folder `new` in the place of `site`; readers see the one or the other, never a mixture or nothing.

    Raises: OSError when the disk does not allow it; `site` is then as it was.
    """
    new.chmod(0o777 & ~_umask())  # mkdtemp makes folders that a web server could not read
    exchange_site(new, site)
    shutil.rmtree(new, ignore_errors=True)


def exchange_site(new: Path, site: Path) -> None:
    """Put the folder `new` in the place of `site`, and that in its place, if there is one.

    Raises: OSError when the disk does not allow it; both are then as they were.
    """
    if not site.exists():
        new.rename(site)
    elif not _exchange(new, site):
        # No such call on this system or disk: renames, and a moment without a site between them.
        old = Path(mkdtemp(prefix=f".{site.name}-", dir=site.parent))
        site.rename(old / "old")
        new.rename(site)
        (old / "old").rename(new)
        old.rmdir()


def link_or_copy(file: Path, target: Path) -> None:
    """Put a file at a second place; it takes no room there where the disk can give one file two names."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(file, target)
    except OSError:
        shutil.copyfile(file, target)


def discard_site(new: Path) -> None:
    """Remove an unfinished site; nothing happens when it was published."""
    shutil.rmtree(new, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Let two folders change places in one step; False where the system or the disk has no such call."""
    library = ctypes.CDLL(None, use_errno=True) if sys.platform in ("linux", "darwin") else None  # what is loaded
    if library and sys.platform == "linux" and hasattr(library, "renameat2"):
        failed = library.renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE)
    elif library and hasattr(library, "renamex_np"):
        failed = library.renamex_np(os.fsencode(one), os.fsencode(other), _RENAME_SWAP)
    else:
        return False
    if failed and ctypes.get_errno() not in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(other))
    return not failed


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask

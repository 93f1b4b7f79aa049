"""A folder of made files, brought up to date: what lies there as it was written is known by its stamp, and left alone.

A file that is replaced becomes another file, and keeps its old content under its other names: trees share their files.
"""

import os
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from generator.ledger import Stamp

_PLAINLY = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_READ, _WRITE = os.O_RDONLY | _PLAINLY, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _PLAINLY
_INODE = 0x7FFFFFFFFFFFFFFF  # as much of a number as SQLite keeps
PART = ".briefbook-part-"  # and the number of the process: what is half-written


class Earlier(NamedTuple):
    """When the folders of a tree were left, but for some, and "" at the top; in nanoseconds since 1970."""

    moment: int
    but: Collection[str]


class Tree:
    """The files below a folder, with the digests of those that are as they were written, by their stamps in `known`.

    `changed` are the files that have other stamps than those in `known`, or are gone.
    """

    def __init__(self, folder: Path, known: Mapping[str, Stamp]) -> None:
        self.folder = folder
        self.stamps: dict[str, Stamp] = {}
        self.changed: set[str] = set()
        self.others: set[str] = set()  # files that are not as they were written, or not ours
        self._folders: set[str] = set()
        self._is_seen = True  # what is neither in `stamps` nor in `others` is not there
        if folder.is_symlink() or folder.is_file():
            folder.unlink()
        folder.mkdir(parents=True, exist_ok=True)
        self._scan(known)
        self.changed |= known.keys() - self.stamps.keys()

    @classmethod
    def as_known(cls, folder: Path, known: Mapping[str, Stamp]) -> "Tree":
        """Return a folder of which some files are taken to be as they are known, without a look at it.

        One that is not there is empty.
        """
        tree = cls.__new__(cls)
        is_there = folder.is_dir()
        tree._is_seen = not is_there
        tree.folder, tree.others, tree.changed = folder, set(), set()
        tree.stamps = {**known} if is_there else {}
        folder.mkdir(parents=True, exist_ok=True)
        tree._folders = folders_of(tree.stamps)
        return tree

    @classmethod
    def as_left(
        cls, folder: Path, known: Mapping[str, Stamp], mark: Path, earlier: "Earlier | None" = None
    ) -> "Tree | None":
        """Return a folder that has all files as they are known, and no others; None when that cannot be told so soon.

        `mark` is a file that was touched when the folder had been filled: whatever is put into a folder, or taken out
        of it, changes its time. Most of it was left `earlier`. To look at what is known takes half as long as to look
        for what is there.
        """
        above = folders_of(known)
        try:
            moment = mark.stat().st_mtime_ns
            then, later = (earlier.moment, {*earlier.but}) if earlier else (moment, set())
            limits = {name: moment if name in later else then for name in above}
            if not known or not _is_as_left(str(folder), known, limits):
                return None
        except OSError:
            return None
        tree = cls.as_known(folder, {})
        tree.stamps, tree._folders, tree._is_seen = {**known}, above, True
        return tree

    def _scan(self, known: Mapping[str, Stamp]) -> None:
        stack = [("", str(self.folder))]
        while stack:
            prefix, path = stack.pop()
            self._folders.add(prefix[:-1])
            with os.scandir(path) as entries:
                for entry in entries:
                    name = prefix + entry.name
                    if entry.is_dir(follow_symlinks=False):
                        stack.append((f"{name}/", entry.path))
                        continue
                    stamp = known.get(name)
                    if stamp is not None and stamp[1:] == lay_of(entry.stat(follow_symlinks=False)):
                        self.stamps[name] = stamp
                    else:
                        self.others.add(name)

    def has(self, name: str, digest: str) -> bool:
        """Tell whether a file is there, with this content."""
        stamp = self.stamps.get(name)
        return stamp is not None and stamp.digest == digest

    def put(self, name: str, content: bytes) -> Stamp:
        """Make a file hold this content, and return its stamp."""
        digest = sha256(content).hexdigest()
        if not self.has(name, digest):
            path = f"{self.folder}/{name}"
            part = self._place_for(name, path)
            found = _write(part, content)
            _move(part, path)
            self.note(name, _stamp(digest, found))
        return self.stamps[name]

    def note(self, name: str, stamp: Stamp) -> None:
        """Take it that a file was written, maybe by another process, and lies so."""
        self.stamps[name] = stamp
        self.changed.add(name)

    def share(self, name: str, file: str, stamp: Stamp) -> None:
        """Make a file the same as one elsewhere, which has this stamp: where the disk can, a second name of it."""
        if self.stamps.get(name) == stamp:
            return
        path = f"{self.folder}/{name}"
        part = self._place_for(name, path)
        try:
            os.link(file, part)
        except OSError:
            shutil.copyfile(file, part)
            stamp = _stamp(stamp.digest, os.stat(part))
        _move(part, path)
        self.note(name, stamp)

    def keep_only(self, names: Iterable[str]) -> list[str]:
        """Remove all other files, and return the names of those that were known."""
        wanted = set(names)
        gone = [name for name in self.stamps if name not in wanted]
        self.remove((*gone, *(self.others - wanted)))
        return gone

    def remove(self, names: Iterable[str]) -> None:
        """Remove files, and the folders in which nothing is left."""
        emptied = set()
        for name in names:
            with suppress(FileNotFoundError, NotADirectoryError):
                (self.folder / name).unlink()
            emptied.add(name.rpartition("/")[0])
            self.others.discard(name)
            if self.stamps.pop(name, None):
                self.changed.add(name)
        self._remove_empty(emptied)

    def _remove_empty(self, folders: Iterable[str]) -> None:
        for folder in sorted(folders, key=len, reverse=True):
            while folder:
                try:
                    (self.folder / folder).rmdir()
                except OSError:  # something else is in it
                    break
                self._folders.discard(folder)
                folder = folder.rpartition("/")[0]

    def _place_for(self, name: str, path: str) -> str:
        """Return where to write what is to be a file of this name: at its path, or beside what is there."""
        above, slash, _ = name.rpartition("/")
        if slash and above not in self._folders:
            self._make_folder(above)
        if name in self._folders:  # a folder stands where the file must be
            shutil.rmtree(path)
            self._folders = {folder for folder in self._folders if not f"{folder}/".startswith(f"{name}/")}
        if self._is_seen and name not in self.stamps and name not in self.others:
            return path
        part = self.folder / above / f"{PART}{os.getpid()}"  # other processes fill the same folders
        part.unlink(missing_ok=True)
        return str(part)

    def _make_folder(self, above: str) -> None:
        missing = []
        while above and above not in self._folders:
            if above in self.stamps or above in self.others:  # a file, or a link, stands where the folder must be
                (self.folder / above).unlink(missing_ok=True)
                if self.stamps.pop(above, None):
                    self.changed.add(above)
                self.others.discard(above)
            self._folders.add(above)
            missing.append(above)
            above = above.rpartition("/")[0]
        for folder in reversed(missing):
            with suppress(FileExistsError):  # another process made it
                os.mkdir(f"{self.folder}/{folder}")


def stamp_of(file: Path, digest: str) -> Stamp | None:
    """Return the stamp of a file that is taken to hold what has this digest, or None when there is none."""
    try:
        return _stamp(digest, file.stat(follow_symlinks=False))
    except OSError:
        return None


def links_among(folder: Path, names: Iterable[str]) -> set[str]:
    """Return which files below a folder are links."""
    return {name for name in names if os.path.islink(f"{folder}/{name}")}


def read_file(path: str) -> bytes:
    """Return what an ordinary file holds, as `open` does, in a third of its time.

    Raises: OSError when it cannot be read.
    """
    file = os.open(path, _READ)
    try:
        size = os.fstat(file).st_size
        data = os.read(file, size + 1)
        while more := os.read(file, size + 1):  # it has grown meanwhile, or some disk gives it bit by bit
            data += more
        return data
    finally:
        os.close(file)


def _write(path: str, content: bytes) -> os.stat_result:
    """Write a file as `open` does, in half of its time, and return how it lies on the disk."""
    file = os.open(path, _WRITE, 0o666)
    try:
        at = 0
        while at < len(content):
            at += os.write(file, memoryview(content)[at:])
        return os.fstat(file)
    finally:
        os.close(file)


def are_as_left(folder: Path, names: Iterable[str], moment: int) -> bool:
    """Tell whether nothing was put into, or taken out of, folders below one since a moment: of those that are there."""
    for name in names:
        with suppress(FileNotFoundError, NotADirectoryError):
            if not _is_since(os.lstat(f"{folder}/{name}"), moment):
                return False
    return True


def _is_since(found: os.stat_result, moment: int) -> bool:
    """Tell whether a folder is as it was at a moment.

    Programs that copy folders set their time back, but not that of the last change of what is known of them.
    """
    return found.st_mtime_ns <= moment and found.st_ctime_ns <= moment


def _is_as_left(folder: str, known: Mapping[str, Stamp], limits: Mapping[str, int]) -> bool:
    if os.path.islink(folder):
        return False
    with _looking_in(folder) as (at, above):
        for name, (_, inode, modified, size) in known.items():  # tens of thousands of them: without a step too many
            found = os.lstat(above + name, dir_fd=at)
            if found.st_mtime_ns != modified or found.st_size != size or found.st_ino & _INODE != inode:
                return False
        return all(_is_since(os.lstat(above + (name or "."), dir_fd=at), limit) for name, limit in limits.items())


@contextmanager
def _looking_in(folder: str) -> Iterator[tuple[int | None, str]]:
    """Give a folder as a number, where the system has that, and what else stands before the names of files in it."""
    if os.stat not in os.supports_dir_fd:
        yield None, f"{folder}/"
        return
    at = os.open(folder, os.O_RDONLY)
    try:
        yield at, ""
    finally:
        os.close(at)


def folders_of(names: Iterable[str]) -> set[str]:
    """Return the folders in which these files lie, and those around them up to the top, which is ""."""
    found = {name.rpartition("/")[0] for name in names}
    for name in [*found]:
        above = name.rpartition("/")[0]
        while above not in found:
            found.add(above)
            above = above.rpartition("/")[0]
    return found | {""}


def _move(part: str, path: str) -> None:
    if part != path:
        os.replace(part, path)
        with suppress(FileNotFoundError):
            os.unlink(part)  # where both were names of one file, the system leaves both


def _stamp(digest: str, found: os.stat_result) -> Stamp:
    return Stamp(digest, *lay_of(found))


def lay_of(found: os.stat_result) -> tuple[int, int, int]:
    """Return how a file lies on the disk: inode, time in nanoseconds, bytes."""
    return found.st_ino & _INODE, found.st_mtime_ns, found.st_size

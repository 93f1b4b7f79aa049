"""The files below `docs/`: what is there to be read, and the names and things that no briefing can have.

A briefing must lie on any disk: of Linux, macOS and Windows. Never opens a file.
"""

import errno
import os
import re
import stat
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from anyascii import anyascii

from generator.characters import same_text, unseen_in, visible
from generator.errors import Place, Problem
from generator.fields import is_reserved
from generator.records import KIND_BY_FOLDER
from generator.tree import lay_of

MAX_NAME_BYTES = 200  # of a file or folder; disks allow 255, and what is made of it gets endings
MAX_PATH_BYTES = 1000
MAX_FILE_BYTES = 100_000_000  # of what is published as it is; hosts of sites and of repositories allow less
TEXT_TYPES = (".yml", ".yaml", ".md")  # of what is read
# How old a file is by whose time a later edit can surely be told: where the disk counts nanoseconds, and elsewhere.
_SETTLED, _SETTLED_COARSELY = 100_000_000, 2_500_000_000
_OF_ONE_RECORD = re.compile(rf"(?:{'|'.join(KIND_BY_FOLDER)})/(?:[^/]+/)*[a-z0-9-]+\.yml")
_FORBIDDEN = re.compile(r'[<>:"|?*\\]')

Fault = tuple[str, str]  # what was found, what to do
Matches = Callable[[str], bool]  # tells it of a name


@dataclass(frozen=True, slots=True)
class Limits:
    """How much there may be below `docs/`: with all of it a check takes minutes and some gigabytes, but ends."""

    entries: int = 250_000  # files and folders
    text_bytes: int = 250_000_000  # of records and pages together
    records: int = 250_000


LIMITS = Limits()


class _TooManyError(Exception):
    """There are more files and folders than the limit."""


def names_below(
    root: Path, excluded: Matches | None = None, limits: Limits = LIMITS
) -> tuple[list[str], list[Problem]]:
    """Return the names below `root/docs` of all files to be read, and what is wrong with the folder.

    Shape: folder by folder, in the order of the names, whatever the disk's order, without those that `excluded`
    matches and hidden ones; none where there is more than the limits allow.
    """
    docs = root / "docs"
    if not docs.is_dir():
        hint = "Run 'briefbook init DIR' to start one."
        return [], [Problem(place=Place("docs"), field="", message="there is no folder 'docs' here.", hint=hint)]
    try:
        names, problems, text_bytes = _sort_out(docs, excluded, limits)
    except _TooManyError:
        return [], [too_much(f"there are over {limits.entries:,} files and folders.")]
    if text_bytes > limits.text_bytes:
        return [], [too_much(f"there are over {limits.text_bytes:,} bytes of records and pages.")]
    return names, problems


def is_still_a_file(path: Path) -> bool:
    """Tell whether there is an ordinary file, none too long, where there was one."""
    return not path.is_symlink() and _kind_of(path)[0] is None


def is_of_one_record(name: str) -> bool:
    """Tell whether a file below `docs/` has the name of one record, as people write it: it is nothing else's."""
    return _OF_ONE_RECORD.fullmatch(name) is not None


def may_come(new: Collection[str], there: Iterable[str]) -> bool:
    """Tell whether new files with records may have these names, beside those that there are."""
    known = [*there] if new else []
    folders = {*KIND_BY_FOLDER, *(name.rpartition("/")[0] for name in known)}
    spots = {name.casefold() for name in known}
    return all(
        is_of_one_record(name)
        and _fault_of_name(name.rpartition("/")[2], name) is None
        and name.rpartition("/")[0] in folders
        and name.casefold() not in spots
        for name in new
    )


def too_much(message: str) -> Problem:
    """Return what is wrong with a briefing that holds more than `Limits` allow."""
    return Problem(place=Place("docs"), field="", message=message, hint="Make several briefings of it.")


def _sort_out(docs: Path, excluded: Matches | None, limits: Limits) -> tuple[list[str], list[Problem], int]:
    """Return the names of files to be read, what is wrong with others, and how many bytes of text are to be read."""
    names: list[str] = []
    problems: list[Problem] = []
    text_bytes = 0
    known: dict[str, str] = {}
    for name, fault, size in _entries(docs, limits.entries):
        if excluded and excluded(name):
            continue
        twin = known.setdefault(same_text(name).casefold(), name) if not fault else name
        if twin != name:
            fault = f"for Windows and macOS this is the same name as 'docs/{twin}'.", "Rename one of the two."
        if fault:
            message, hint = fault
            problems.append(Problem(place=Place(visible(f"docs/{name}")), field="", message=message, hint=hint))
        else:
            names.append(name)
            text_bytes += size if name.endswith(TEXT_TYPES) else 0
    return names, problems, text_bytes


def _entries(docs: Path, most: int) -> Iterator[tuple[str, Fault | None, int]]:
    """Yield the names of the files below a folder, and of folders with a fault, each with what is wrong, and its bytes.

    Raises: _TooManyError.
    """
    inside = docs.resolve()
    folders = [""]
    while folders:
        prefix = folders.pop()
        try:
            with os.scandir(docs / prefix) as found:
                seen = (entry for entry in found if not _is_hidden(entry.name))
                entries = sorted(islice(seen, most + 1), key=lambda entry: entry.name)
        except OSError as error:
            message = f"the folder cannot be read: {error.strerror}."
            yield prefix.rstrip("/"), (message, "Check that you may read it."), 0
            continue
        most -= len(entries)
        if most < 0:
            raise _TooManyError
        below = []
        for entry in entries:
            name = prefix + entry.name
            fault = _fault_of_link(entry, inside) or _fault_of_name(entry.name, name)
            if not fault and entry.is_dir():
                below.append(f"{name}/")
            else:
                yield (name, fault, 0) if fault else (name, *_kind_of(entry))
        folders += reversed(below)


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name.endswith("~")


def _fault_of_link(entry: os.DirEntry[str], inside: Path) -> Fault | None:
    if not entry.is_symlink():
        return None
    # realpath, for resolve() raises on a loop of links
    if not Path(os.path.realpath(entry.path)).is_relative_to(inside):
        return "the link leads out of 'docs'.", "Put the file itself here."
    if not Path(entry.path).exists():
        return "the link leads nowhere.", "Remove it, or put a file in its place."
    return ("links to folders are not followed.", "Put the folder itself here.") if entry.is_dir() else None


def _fault_of_name(name: str, path: str) -> Fault | None:
    try:
        size, whole = len(name.encode("utf-8")), len(path.encode("utf-8"))
    except UnicodeEncodeError:
        return "the name is not UTF-8.", _plainly(name)
    unseen, forbidden = unseen_in(name), _FORBIDDEN.search(name)
    if unseen:
        return f"the character U+{ord(unseen):04X}, which cannot be seen, is in the name.", _plainly(name)
    if forbidden or name.endswith((" ", ".")):
        found = f"'{forbidden[0]}' in a name" if forbidden else "a name that ends in a space or a full stop"
        return f"Windows does not allow {found}.", "Rename it."
    if is_reserved(name.partition(".")[0]):
        return f"Windows does not allow the name '{name.partition('.')[0]}'.", "Give it another name."
    if size > MAX_NAME_BYTES:
        return f"the name has {size} bytes.", f"Shorten it: {MAX_NAME_BYTES} bytes is the limit."
    if whole > MAX_PATH_BYTES:
        return f"the path has {whole} bytes.", f"Put it higher up: {MAX_PATH_BYTES} bytes is the limit."
    if name != same_text(name):
        return "the name has letters in pieces, which other disks write as one (NFC).", _plainly(name)
    return None


def _plainly(name: str) -> str:
    letters = anyascii(name.encode("utf-8", "ignore").decode("utf-8"))
    return f"Rename it, as '{re.sub('[^A-Za-z0-9._]+', '-', letters)[:60].strip('-')}'."


def _kind_of(entry: os.DirEntry[str] | Path) -> tuple[Fault | None, int]:
    """Return what is wrong with a thing by its kind, and how many bytes it has."""
    try:
        status = entry.stat()
    except OSError as error:
        hint = "Check that it exists and that you may read it."
        return (f"the file cannot be read: {error.strerror}.", hint), 0
    if not stat.S_ISREG(status.st_mode):
        return ("this is not an ordinary file.", "Remove it, or put a file in its place."), 0
    if status.st_size > MAX_FILE_BYTES:
        hint = f"Make it smaller, or put it elsewhere: {MAX_FILE_BYTES // 10**6} MB is the limit."
        return (f"the file has {status.st_size / 1e6:.0f} MB.", hint), 0
    return None, status.st_size


def is_settled(modified: int, now: int) -> bool:
    """Tell whether a file is old enough for a later edit to show in its time; both in nanoseconds."""
    return modified < now - (_SETTLED if modified % 1_000_000 else _SETTLED_COARSELY)


def stamps_below(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Return how the files below a folder lie: {name: (inode, time in nanoseconds, bytes)}, without hidden ones.

    Raises: OSError when something cannot be looked at, or there are more files than a briefing may have.
    """
    stamps: dict[str, tuple[int, int, int]] = {}
    stack = [""]
    while stack:
        prefix = stack.pop()
        with os.scandir(folder / prefix) as entries:
            for entry in entries:
                if _is_hidden(entry.name):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    stack.append(f"{prefix}{entry.name}/")
                else:
                    stamps[prefix + entry.name] = lay_of(entry.stat())
                if len(stamps) > LIMITS.entries:
                    raise OSError(errno.EOVERFLOW, os.strerror(errno.EOVERFLOW), str(folder))
    return stamps

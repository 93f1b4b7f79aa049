"""What the last build made, of what, and how its files lay on the disk: `build/.cache/ledger.db`.

Nothing in it is believed that the disk contradicts; where it cannot be read, all is made anew. It is a database, so
that a killed build leaves the last state that was whole, and a small change reads and writes little of it.
"""

import json
import sqlite3
from array import array
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from hashlib import blake2b
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from generator.errors import BriefbookError

VERSION = 6  # of the tables
MANY = 1000  # files of a folder that lie in another way than when all of them were noted at once

_TABLES = """
CREATE TABLE told (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE folders (name TEXT PRIMARY KEY, names TEXT, digests TEXT, numbers BLOB);
CREATE TABLE files (name TEXT PRIMARY KEY, digest TEXT, inode INTEGER, modified INTEGER, size INTEGER) WITHOUT ROWID;
CREATE TABLE pages (
    path TEXT PRIMARY KEY, part TEXT, digest TEXT, html TEXT, indexed TEXT, needs TEXT, name TEXT
) WITHOUT ROWID;
CREATE TABLE frames (class TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE parts (number INTEGER PRIMARY KEY, name TEXT UNIQUE, digest BLOB);
CREATE TABLE inputs (kind TEXT, key TEXT, digest TEXT, value TEXT, PRIMARY KEY (kind, key)) WITHOUT ROWID;
CREATE TABLE readers (input TEXT PRIMARY KEY, parts BLOB) WITHOUT ROWID;
CREATE TABLE words (word BLOB PRIMARY KEY, entry BLOB);
"""


class Stamp(NamedTuple):
    """How a file lay on the disk when it held what has this digest (SHA-256): inode, time in nanoseconds, bytes."""

    digest: str
    inode: int
    modified: int
    size: int


_GONE = Stamp("", 0, 0, 0)
_make_stamp = partial(tuple.__new__, Stamp)  # as `Stamp._make` does, in a third of the time


class Made(NamedTuple):
    """A page: its group, and the digests of its Markdown, of its HTML, and of what the search reads of it.

    `html` is empty for what is no page, and for a page that is to be rendered again whatever it is made of; `needs` is
    what it needs of the policy, as JSON, `name` where it lies in the site.
    """

    path: str
    part: str
    digest: str
    html: str = ""
    indexed: str = ""
    needs: str = "{}"
    name: str = ""


class Ledger:
    """The ledger of a briefing; a context that closes it. What it is told counts when `keep` is called, all or nothing.

    Raises: BriefbookError when the disk does not allow it.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._looked_up: dict[str, Mapping[str, Collection[str]]] = {}  # what waits to be put in
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._base = self._open()
        except sqlite3.DatabaseError:  # no database, of another version, or damaged
            self.forget()

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._base.close()

    def _open(self) -> sqlite3.Connection:
        base = sqlite3.connect(self._file, isolation_level=None, timeout=0)
        try:
            version = base.execute("PRAGMA user_version").fetchone()[0]
            if version != VERSION:
                if base.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                    raise sqlite3.DatabaseError("of another version")
                base.executescript(f"BEGIN; {_TABLES} PRAGMA user_version={VERSION}; COMMIT;")
            base.execute("PRAGMA cache_size=-20000")
            base.execute("BEGIN IMMEDIATE")
        except sqlite3.Error:
            base.close()
            raise
        return base

    def forget(self) -> None:
        """Begin anew, with nothing known."""
        if hasattr(self, "_base"):
            self._base.close()
        self._looked_up = {}
        self._remove()
        with self._faults():
            self._base = self._open()

    def told(self, name: str) -> Any:
        """Return what was told under a name, or None."""
        return self._value("SELECT value FROM told WHERE name = ?", name)

    def tell(self, name: str, value: Any) -> None:
        """Note a value that JSON can have."""
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        self._run("INSERT OR REPLACE INTO told VALUES (?, ?)", (name, text))

    def frame(self, of_class: str) -> Any:
        """Return what was noted as the frame of a class of pages, or None."""
        return self._value("SELECT value FROM frames WHERE class = ?", of_class)

    def keep_frames(self, frames: Mapping[str, Any], *, anew: bool) -> None:
        """Note frames by class, values that JSON can have; `anew` forgets all others."""
        if anew:
            self._run("DELETE FROM frames")
        rows = ((name, json.dumps(frame, ensure_ascii=False)) for name, frame in frames.items())
        self._run_all("INSERT OR REPLACE INTO frames VALUES (?, ?)", rows)

    def forget_pages(self) -> None:
        """Forget what pages were made, and of what."""
        self._looked_up = {}
        for table in ("pages", "parts", "readers", "inputs"):
            self._run(f"DELETE FROM {table}")

    def files(self, folder: str) -> dict[str, Stamp]:
        """Return the stamps of all files in a folder, "docs" or "site": {name below it: stamp}."""
        found: dict[str, Stamp] = {}
        for names, digests, numbers in self._run(
            "SELECT names, digests, numbers FROM folders WHERE name = ?", (folder,)
        ):
            with self._faults():
                columns = array("q")
                columns.frombytes(numbers)
                parts = zip(digests.split(), columns[::3], columns[1::3], columns[2::3], strict=True)
                found = dict(zip(names.split("\0"), map(_make_stamp, parts), strict=True))
        for name, *stamp in self._run("SELECT * FROM files WHERE name > ? AND name < ?", _range_of(folder)):
            found[name.removeprefix(f"{folder}/")] = Stamp._make(stamp)
            if not stamp[0]:
                del found[name.removeprefix(f"{folder}/")]
        return found

    def pages(self) -> dict[str, Made]:
        """Return all pages that were made, by path."""
        return {row[0]: Made._make(row) for row in self._run("SELECT * FROM pages")}

    def paths(self) -> set[str]:
        """Return the paths of all pages that were made."""
        return {path for (path,) in self._run("SELECT path FROM pages")}

    def needs(self) -> dict[str, int]:
        """Return what pages need of the policy, as JSON, and how many of them do."""
        return dict(self._run("SELECT needs, count(*) FROM pages GROUP BY needs"))

    def has_page(self, path: str) -> bool:
        """Tell whether a page was made."""
        return bool(self._run("SELECT 1 FROM pages WHERE path = ?", (path,)))

    def pages_of(self, groups: Iterable[str]) -> dict[str, Made]:
        """Return the pages of some groups, by path."""
        query = "SELECT * FROM pages WHERE part IN (SELECT value FROM json_each(?))"
        return {row[0]: Made._make(row) for row in self._run(query, (json.dumps([*groups]),))}

    def indexed(self) -> dict[str, str]:
        """Return the pages that the search reads, {name in the site: digest of what it reads}."""
        return dict(self._run("SELECT name, indexed FROM pages WHERE indexed != ''"))

    def input_digests(self) -> dict[str, dict[str, str]]:
        """Return the digests of all that pages could look up: {kind: {key: digest}}."""
        found: dict[str, dict[str, str]] = {}
        for kind, key, digest in self._run("SELECT kind, key, digest FROM inputs"):
            found.setdefault(kind, {})[key] = digest
        return found

    def input(self, kind: str, key: str) -> tuple[str, str] | None:
        """Return the digest and the value of what pages could look up, or None when there was no such thing."""
        rows = self._run("SELECT digest, value FROM inputs WHERE kind = ? AND key = ?", (kind, key))
        return rows[0] if rows else None

    def has_input(self, kind: str, key: str, digest: str) -> bool:
        """Tell whether there is such a thing with this digest; with "", whether there is none."""
        found = self.input(kind, key)
        return (found[0] if found else "") == digest

    def inputs(self, kind: str, keys: Iterable[str]) -> dict[str, str]:
        """Return the values of some of what pages could look up, by key, as far as there are such."""
        query = "SELECT key, value FROM inputs WHERE kind = ? AND key IN (SELECT value FROM json_each(?))"
        return dict(self._run(query, (kind, json.dumps([*keys]))))

    def keys_with(self, kind: str, several: Iterable[Sequence[str]]) -> set[str]:
        """Return the keys of those inputs of a kind in whose values all of these words stand, or all of some others."""
        found: set[str] = set()
        wanted = [words for words in several if words]
        for start in range(0, len(wanted), 100):  # SQLite has a limit to what is in one query
            some = wanted[start : start + 100]
            likely = " OR ".join(" AND ".join("instr(value, ?)" for _ in words) for words in some)
            query = f"SELECT key FROM inputs WHERE kind = ? AND ({likely})"
            found |= {key for (key,) in self._run(query, (kind, *chain(*some)))}
        return found

    def readers(self, inputs: Iterable[str]) -> set[str]:
        """Return the groups of pages, also of some that are gone, that looked up an input, "record actors/jane-doe"."""
        self.write_readers()
        numbers: set[int] = set()
        for _, parts in self._several("readers", "input", "parts", inputs):
            numbers |= {*array("I", parts)}
        return {name for _, name in self._several("parts", "number", "name", numbers)}

    def keep_files(self, folder: str, stamps: Mapping[str, Stamp], gone: Iterable[str] = ()) -> None:
        """Note how files of a folder lie now, and that others are gone."""
        now = {**stamps, **dict.fromkeys(gone, _GONE)}
        waiting = self._run("SELECT count(*) FROM files WHERE name > ? AND name < ?", _range_of(folder))[0][0]
        if len(now) + waiting > MANY:
            self._keep_folder(folder, {**self.files(folder), **now})
        else:
            rows = sorted((f"{folder}/{name}", *stamp) for name, stamp in now.items())
            self._run_all("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)", rows)

    def _keep_folder(self, folder: str, stamps: Mapping[str, Stamp]) -> None:
        """Note how all files of a folder lie, at once: there are tens of thousands of them."""
        found = sorted((name, stamp) for name, stamp in stamps.items() if stamp != _GONE)
        names, digests = "\0".join(name for name, _ in found), " ".join(stamp.digest for _, stamp in found)
        numbers = array("q", (number for _, stamp in found for number in stamp[1:])).tobytes()
        self._run("DELETE FROM files WHERE name > ? AND name < ?", _range_of(folder))
        self._run("INSERT OR REPLACE INTO folders VALUES (?, ?, ?, ?)", (folder, names, digests, numbers))

    def keep_pages(self, pages: Iterable[Made], gone: Iterable[str] = ()) -> None:
        """Note pages as they are now, and that those at other paths are gone."""
        self._run_all("DELETE FROM pages WHERE path = ?", ((path,) for path in gone))
        self._run_all("INSERT OR REPLACE INTO pages VALUES (?, ?, ?, ?, ?, ?, ?)", sorted(pages))

    def keep_inputs(self, inputs: Iterable[tuple[str, str, str, str]], gone: Iterable[tuple[str, str]] = ()) -> None:
        """Note what pages can look up now, (kind, key, digest, value), and what (kind, key) is gone."""
        self._run_all("DELETE FROM inputs WHERE kind = ? AND key = ?", gone)
        self._run_all("INSERT OR REPLACE INTO inputs VALUES (?, ?, ?, ?)", sorted(inputs))

    def keep_readers(self, looked_up: Mapping[str, Mapping[str, Collection[str]]]) -> None:
        """Note what groups looked up when they were made: {group: {kind of input: keys}}.

        That one no longer looks something up is not noted: it is made once more than it had to be. It takes long for
        many, and waits until `write_readers` is called, or what was told is asked for or kept.
        """
        self._looked_up.update(looked_up)

    def write_readers(self) -> None:
        """Put in what groups looked up, as far as that waits."""
        waiting, self._looked_up = self._looked_up, {}
        digests = {part: _digest_of(kinds) for part, kinds in waiting.items()}
        last = dict(self._several("parts", "name", "digest", waiting)) if waiting else {}
        looked_up = {part: kinds for part, kinds in waiting.items() if last.get(part) != digests[part]}
        if not looked_up:
            return
        query = "INSERT INTO parts (name, digest) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET digest = ?2"
        self._run_all(query, ((part, digests[part]) for part in looked_up))
        numbers = dict(self._several("parts", "name", "number", looked_up))
        by_kind: dict[str, defaultdict[str, array[int]]] = defaultdict(lambda: defaultdict(lambda: array("I")))
        for part, kinds in looked_up.items():
            for kind, keys in kinds.items():
                readers, number = by_kind[kind], numbers[part]
                for key in keys:  # half a million of them
                    readers[key].append(number)
        found = {f"{kind} {key}": parts for kind, readers in by_kind.items() for key, parts in readers.items()}
        is_known = self._run("SELECT 1 FROM readers LIMIT 1")
        for name, before in self._several("readers", "input", "parts", found) if is_known else ():
            known = array("I", before)
            if all(number in known for number in found[name]):  # for one or two, sooner than with a set
                del found[name]
            else:
                found[name] = array("I", sorted({*known, *found[name]}))
        rows = ((name, found[name].tobytes()) for name in sorted(found))
        self._run_all("INSERT OR REPLACE INTO readers VALUES (?, ?)", rows)

    def word(self, word: bytes) -> bytes:
        """Return the encoded entry of a word in the search index, or b""."""
        rows = self._run("SELECT entry FROM words WHERE word = ?", (word,))
        return rows[0][0] if rows else b""

    def words_between(self, first: bytes, last: bytes) -> dict[bytes, bytes]:
        """Return the words of the search index from one to another, which is among them, with their entries."""
        return dict(self._run("SELECT * FROM words WHERE word BETWEEN ? AND ?", (first, last)))

    def lengths_of_words(self) -> dict[bytes, int]:
        """Return how long the encoded entry of each word is, in the order of the words."""
        return dict(self._run("SELECT word, length(entry) FROM words ORDER BY word"))

    def keep_words(self, entries: Mapping[bytes, bytes]) -> None:
        """Note the encoded entries of words; b"" for one that is gone."""
        gone = ((word,) for word, entry in entries.items() if not entry)
        self._run_all("DELETE FROM words WHERE word = ?", gone)
        rows = ((word, entry) for word, entry in entries.items() if entry)
        self._run_all("INSERT OR REPLACE INTO words VALUES (?, ?)", rows)

    def forget_words(self) -> None:
        """Forget all words of the search index."""
        self._run("DELETE FROM words")

    def keep(self) -> None:
        """Keep all that was told since this was last asked."""
        self.write_readers()
        self._run("COMMIT")
        self._run("BEGIN IMMEDIATE")

    def _run(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        try:  # and not `_faults`, as there may be ten thousand queries
            return self._base.execute(query, values).fetchall()  # a row may be what is damaged
        except (sqlite3.DatabaseError, ValueError) as error:
            raise self._explained(error) from error

    def _several(self, table: str, key: str, value: str, keys: Iterable[str | int]) -> list[Any]:
        """Return (key, value) of those of some keys that a table has."""
        query = f"SELECT {key}, {value} FROM {table} WHERE {key} IN (SELECT value FROM json_each(?))"
        return self._run(query, (json.dumps([*keys]),))

    def _run_all(self, query: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a query for each row; rows in the order of their keys take SQLite half as long to put in."""
        with self._faults():
            self._base.executemany(query, rows)

    def _value(self, query: str, key: str) -> Any:
        rows = self._run(query, (key,))
        with self._faults():
            return json.loads(rows[0][0]) if rows else None

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.DatabaseError, ValueError) as error:
            raise self._explained(error) from error

    def _explained(self, error: Exception) -> BriefbookError:
        # SQLite has a number for what the disk does; text that is none has only a name.
        if isinstance(error, sqlite3.OperationalError) and hasattr(error, "sqlite_errorcode"):
            return BriefbookError(f"What was built cannot be noted in build/.cache: {error}.")
        self._remove()
        return BriefbookError(f"{self._file.name} in build/.cache was damaged. It is removed: build again.")

    def _remove(self) -> None:
        for ending in ("", "-journal"):
            Path(f"{self._file}{ending}").unlink(missing_ok=True)


def _digest_of(looked_up: Mapping[str, Collection[str]]) -> bytes:
    """Return a digest of what a group looked up, in whatever order."""
    told = "\0\0".join("\0".join((kind, *sorted(keys))) for kind, keys in sorted(looked_up.items()))
    return blake2b(told.encode("utf-8", "surrogatepass"), digest_size=12).digest()


def _range_of(folder: str) -> tuple[str, str]:
    """Return between which names those of the files in a folder stand."""
    return f"{folder}/", f"{folder}0"

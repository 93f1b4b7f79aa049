"""Records as they were read before, kept in `build/.cache/records.json`: a file that lies as it did is not read again.

Only files in which nothing was wrong are kept, and none that may have been edited just when it was read. What is kept
is checked by the models again, which takes a fifth of the time that reading YAML and weighing texts takes. What linking
found of these records is kept, too, with what it knew of all others: where that is no longer so, it links anew.

The file has a line of JSON, by which all is found, and then one for each record.
"""

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from time import time_ns
from typing import Any

from generator.backlinks import Backlink
from generator.fields import FieldPath
from generator.files import is_settled, stamps_below
from generator.link import HOME
from generator.linked import Author, Linked, LinkMemory, World
from generator.load import Loaded, RawRecord
from generator.names import NameIndex
from generator.prose import prose_of, told_of
from generator.records import KIND_BY_FOLDER
from generator.validate import Checked, Judged
from generator.versions import made_with
from generator.write import write_whole

_FEW = 50  # one file of so many may have changed before all is kept anew

_Entry = list[Any]  # inode, time, bytes, and a list of [id, place in the file, number of the record's line]
_Links = list[Any]  # path of the file, numbers of each key named and the way in which it is, {field: its prose}
_Way = tuple[str, FieldPath]  # heading, field


class Kept:
    """What was kept of the records of a briefing, and how its files lie now; to be made before they are read."""

    def __init__(self, root: Path) -> None:
        self._file = root / "build" / ".cache" / "records.json"
        self._made_with = sha256(repr(made_with()).encode()).hexdigest()
        now = time_ns()
        try:
            stamps = stamps_below(root / "docs")
        except OSError:  # reading will say what is wrong
            stamps = {}
        self._stamps = {name: [*lay] for name, lay in stamps.items() if is_settled(lay[1], now)}
        self._entries: dict[str, _Entry] = {}
        self._lines: list[bytes] = []  # records as JSON
        self._world: list[Any] = []  # names of actors, keys, files, keys that could not be read
        self._ways: list[_Way] = []
        self._links: dict[str, _Links] = {}  # by key
        self._read()
        self._taken: set[str] = set()
        self._recalled: dict[str, Linked] = {}

    def judged_in(self, name: str) -> list[Judged] | None:
        """Return the records of a file, judged as they were, or None when the file is to be read."""
        entry = self._entries.get(name)
        if entry is None or entry[:3] != self._stamps.get(name):
            return None
        model = KIND_BY_FOLDER[name.partition("/")[0]]
        judged = []
        try:
            for id, at, line in entry[3]:
                raw = RawRecord(model, id, {}, f"docs/{name}", tuple(at))  # what was typed is needed no more
                judged.append(Judged(raw, model.model_validate_json(self._lines[line]), ()))
        except (ValueError, TypeError, LookupError):  # somebody else wrote it
            return None
        self._taken.add(name)
        return judged

    def links_of(self, records: Iterable[Checked]) -> LinkMemory:
        """Return what linking found of those records that `judged_in` gave; nothing when that is of no use."""
        memory = LinkMemory()
        try:
            for item in records:
                links = self._links.get(item.record.key)
                if links and links[0] == item.path and item.path.removeprefix("docs/") in self._taken:
                    memory.remember(self._linked(item, *links[1:]))
            if memory.linked:
                names, keys, files, unreadable = self._world
                memory.world = World(names, frozenset(keys), (frozenset(), frozenset(files), frozenset(unreadable)))
                memory.names = NameIndex(names)
        except (ValueError, TypeError, LookupError, AttributeError):  # somebody else wrote it
            return LinkMemory()
        self._recalled = {**memory.linked}
        return memory

    def keep(self, files: Mapping[str, Loaded], judged: Mapping[int, Judged], links: LinkMemory) -> None:
        """Keep the records of these files, by name, and what linking found of them, if more than a few changed.

        On a disk that has no room nothing is kept.
        """
        good = {name: part for name, part in files.items() if part.records and not part.problems}
        good = {name: part for name, part in good.items() if not any(judged[id(raw)].problems for raw in part.records)}
        told = _links_worth_keeping(links)
        anew = sum(1 for key in told if self._recalled.get(key) is not links.linked[key])
        if len(good.keys() - self._taken) * _FEW <= len(good) and anew * _FEW <= len(told):
            return
        entries: dict[str, _Entry] = {}
        lines = [b""]
        for name, part in good.items():
            if name in self._stamps:
                entries[name] = [*self._stamps[name], self._listed(name, part, judged, lines)]
        lines[0] = _json({"made with": self._made_with, "files": entries, **_links_as_told(told, links.world)})
        part_file = self._file.with_name(f"records-{os.getpid()}.part")
        with suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(part_file, self._file, b"\n".join(lines))

    def _listed(self, name: str, part: Loaded, judged: Mapping[int, Judged], lines: list[bytes]) -> list[Any]:
        """Return the records of a file as an entry has them, with their JSON at the end of these lines."""
        if name in self._taken:
            told = [self._lines[line] for *_, line in self._entries[name][3]]
        else:
            told = [_json_of(judged[id(raw)]) for raw in part.records]
        lines += told
        return [(raw.id, raw.at, len(lines) - len(told) + at) for at, raw in enumerate(part.records)]

    def _linked(self, item: Checked, named: Iterable[int], texts: Mapping[str, Any]) -> Linked:
        key, keys, numbers = item.record.key, self._world[1], iter(named)
        pairs = ((keys[number], *self._ways[way]) for number, way in zip(numbers, numbers, strict=True))
        names = [(named, heading, Backlink(key, at)) for named, heading, at in pairs]
        prose = {(key, _read_path(at)): prose_of(told) for at, told in texts.items()}
        return Linked(item.record, Author(key, item.path, item.at), names, prose)

    def _read(self) -> None:
        try:
            lines = self._file.read_bytes().split(b"\n")
            kept = json.loads(lines[0])
            if kept["made with"] == self._made_with:
                ways = [(heading, tuple(at)) for heading, at in kept["ways"]]
                self._world, self._ways, self._links = list(kept["world"]), ways, dict(kept["links"])
                self._entries, self._lines = dict(kept["files"]), lines
        except (OSError, ValueError, TypeError, KeyError):
            return


def _json_of(judged: Judged) -> bytes:
    return judged.record.model_dump_json(exclude_defaults=True, by_alias=True).encode()


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _links_worth_keeping(links: LinkMemory) -> dict[str, Linked]:
    """Return what linking found of records, where nothing was wrong; where drafts were left out, of none: the preview
    shows them, and is the one to be quick.
    """
    if links.world.others[0]:
        return {}
    of_records = ((key, linked) for key, linked in links.linked.items() if linked.page is None and key != HOME)
    return {key: linked for key, linked in of_records if not linked.problems}


def _links_as_told(told: Mapping[str, Linked], world: World) -> dict[str, Any]:
    """Return what linking found, for JSON. Keys and ways are told by their numbers: there are many of few."""
    numbers = {key: number for number, key in enumerate(world.keys)}
    ways: dict[_Way, int] = {}
    links: dict[str, _Links] = {}
    for key, linked in told.items():
        pairs = ((numbers[named], (heading, backlink.at)) for named, heading, backlink in linked.names)
        named = [part for number, way in pairs for part in (number, ways.setdefault(way, len(ways)))]
        texts = {_path_as_told(at): told_of(prose) for (_, at), prose in linked.prose.items()}
        links[key] = [linked.author.path, named, texts]
    _, files, unreadable = world.others
    return {"world": [world.names, [*numbers], [*files], [*unreadable]], "ways": [*ways], "links": links}


@cache  # there are but a few
def _path_as_told(at: FieldPath) -> str:
    return json.dumps(at, ensure_ascii=False)


@cache
def _read_path(told: str) -> FieldPath:
    return tuple(json.loads(told))

"""Records as they were read before, kept in `build/.cache/records.json`: a file that lies as it did is not read again.

Only files in which nothing was wrong are kept, and none that may have been edited just when it was read. What is kept
is checked by the models again, which takes a fifth of the time that reading YAML and weighing texts takes.
"""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from time import time_ns
from typing import Any

from generator.files import is_settled, stamps_below
from generator.load import Loaded, RawRecord
from generator.records import KIND_BY_FOLDER
from generator.validate import Judged
from generator.versions import made_with
from generator.write import write_whole

_FEW = 50  # one file of so many may have changed before all is kept anew

_Entry = list[Any]  # inode, time, bytes, and a list of [id, place in the file, record as JSON]


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
        self._entries = self._read()
        self._taken: set[str] = set()

    def judged_in(self, name: str) -> list[Judged] | None:
        """Return the records of a file, judged as they were, or None when the file is to be read."""
        entry = self._entries.get(name)
        if entry is None or entry[:3] != self._stamps.get(name):
            return None
        model = KIND_BY_FOLDER[name.partition("/")[0]]
        judged = []
        try:
            for id, at, told in entry[3]:
                raw = RawRecord(model, id, {}, f"docs/{name}", tuple(at))  # what was typed is needed no more
                judged.append(Judged(raw, model.model_validate_json(told), ()))
        except (ValueError, TypeError):  # somebody else wrote it
            return None
        self._taken.add(name)
        return judged

    def keep(self, files: Mapping[str, Loaded], judged: Mapping[int, Judged]) -> None:
        """Keep the records of these files, by name, if more than a few changed; on a disk that has no room, none."""
        good = {name: part for name, part in files.items() if part.records and not part.problems}
        good = {name: part for name, part in good.items() if not any(judged[id(raw)].problems for raw in part.records)}
        if len(good.keys() - self._taken) * _FEW <= len(good):
            return
        entries: dict[str, _Entry] = {}
        for name, part in good.items():
            if name in self._stamps:
                entries[name] = self._entries[name] if name in self._taken else self._entry(name, part, judged)
        whole = json.dumps({"made with": self._made_with, "files": entries}, ensure_ascii=False, separators=(",", ":"))
        part_file = self._file.with_name(f"records-{os.getpid()}.part")
        with suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(part_file, self._file, whole.encode("utf-8"))

    def _entry(self, name: str, part: Loaded, judged: Mapping[int, Judged]) -> _Entry:
        return [*self._stamps[name], [(raw.id, raw.at, _json_of(judged[id(raw)])) for raw in part.records]]

    def _read(self) -> dict[str, _Entry]:
        try:
            kept = json.loads(self._file.read_bytes())
            return dict(kept["files"]) if kept["made with"] == self._made_with else {}
        except (OSError, ValueError, TypeError, KeyError):
            return {}


def _json_of(judged: Judged) -> str:
    return judged.record.model_dump_json(exclude_defaults=True, by_alias=True)

"""How everything lies that pages are made of: files, each for itself, and one digest of all else."""

import os
import re
from collections.abc import Mapping
from hashlib import sha256
from time import time_ns
from typing import NamedTuple

from generator.files import is_settled, stamps_below
from generator.manifest import digests_below
from generator.project import Project
from generator.versions import made_with

SEEN = "seen"  # the name by which the ledger has how files lay


class Seen(NamedTuple):
    """How the files below `docs/` lay before they were read, and a digest of all else that pages are made with."""

    files: Mapping[str, tuple[int, int, int]]  # name -> inode, time, bytes; 0 of what may have been edited just then
    world: str


def look_at(project: Project) -> Seen:
    """Return how everything lies now. A briefing whose settings are in several files has no world: "" is no digest."""
    now = time_ns()
    try:
        settings = (project.root / "mkdocs.yml").read_text("utf-8")
        stamps = stamps_below(project.root / "docs")
    except (OSError, UnicodeDecodeError):
        return Seen({}, "")
    words = {*re.findall(r"\w+", settings)} - {"_"}  # which shells set to the command
    named = sorted((name, value) for name, value in os.environ.items() if name in words)
    told = [settings, named, os.environ.get("SOURCE_DATE_EPOCH"), made_with()]
    told += [digests_below(folder) for folder in project.template_dirs]
    world = "" if "INHERIT" in settings else sha256(repr(told).encode()).hexdigest()
    return Seen({name: lay if is_settled(lay[1], now) else (0, 0, 0) for name, lay in stamps.items()}, world)

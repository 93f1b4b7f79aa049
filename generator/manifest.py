"""What was made, and what with: `build/manifest.json` has each file of a site with its SHA-256, to check a copy by."""

import json
import os
import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from generator.errors import BriefbookError
from generator.write import files_in

NAME = "manifest.json"


def write_manifest(site: Path) -> None:
    """Write the list of a site's files beside it, in one step."""
    write_digests(site, {name: _digest(site / name) for name in files_in(site)})


def write_digests(site: Path, digests: Mapping[str, str]) -> None:
    """Write the list of a site's files, {name: SHA-256}, beside it, in one step."""
    part = site.parent / f".{NAME}.part"
    listed = json.dumps(dict(sorted(digests.items())), ensure_ascii=False, separators=(",\n", ": "))
    part.write_text(listed + "\n", "utf-8")
    part.replace(site.parent / NAME)


def compare_with_manifest(site: Path, manifest: Path) -> list[str]:
    """Return in what a site differs from its list, a line each, by name: "changed: index.html".

    Raises: BriefbookError when there is no such site, or no list that can be read.
    """
    if not site.is_dir():
        raise BriefbookError(f"There is no site in {site}. Run 'briefbook build' first.")
    try:
        listed = json.loads(manifest.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BriefbookError(
            f"{manifest} cannot be read. Build the site anew, or name the list of that build."
        ) from error
    if not isinstance(listed, dict):
        raise BriefbookError(f"{manifest} is no list of a site's files.")
    found = {*files_in(site)}
    lines = [f"missing: {name}" for name in listed.keys() - found]
    lines += [f"not of this build: {name}" for name in found - listed.keys()]
    lines += [f"changed: {name}" for name in found & listed.keys() if _digest(site / name) != listed[name]]
    return sorted(lines, key=lambda line: line.partition(": ")[::-1])


def made_with() -> list[str]:
    """Return what could make other things of the same records: the packages that there are, and our own code."""
    names = {name for folder in sys.path for name in _names_in(folder) if name.endswith((".dist-info", ".egg-info"))}
    packages = sorted(" ".join(name.rpartition(".")[0].split("-")[:2]) for name in names)
    return [*packages, *(_digest(module) for module in sorted(Path(__file__).parent.glob("*.py")))]


def _names_in(folder: str) -> list[str]:
    try:
        return os.listdir(folder or ".")
    except OSError:  # a file, or nothing
        return []


def digests_below(folder: Path, apart_from: str = "") -> list[tuple[str, str]]:
    """Return the files below a folder with their SHA-256, by name, but for those in one folder."""
    names = sorted(name for name in files_in(folder) if not apart_from or not name.startswith(f"{apart_from}/"))
    return [(name, _digest(folder / name)) for name in names]


def _digest(file: Path) -> str:
    return sha256(file.read_bytes()).hexdigest()

"""What was made: `build/manifest.json` has each file of a site with its SHA-256, to check a copy by."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from generator.errors import BriefbookError
from generator.versions import digest_of
from generator.write import files_in

NAME = "manifest.json"
NEXT = f".{NAME}.part"  # the list of a site that is about to take its place


@contextmanager
def listing(new: Path, site: Path, digests: Mapping[str, str] | None = None) -> Iterator[None]:
    """Have a new site's list lie beside `site` at every moment of its taking that place, whoever stops it then.

    The list is written before, under a name of its own, and takes the place of the last one after. `digests` are
    {name: SHA-256} of the new site's files, where they are known. Raises: OSError when the disk does not allow it.
    """
    manifest, next_manifest = site.parent / NAME, site.parent / NEXT
    _settle(site)
    try:
        digests = digests or dict(digests_below(new))
        next_manifest.write_text(_listed(digests), "utf-8")
        yield
    except OSError:
        next_manifest.unlink(missing_ok=True)
        raise
    next_manifest.replace(manifest)


def _listed(digests: Mapping[str, str]) -> str:
    """Return digests as JSON, a line each; as nothing in these needs a mark, they are not looked through for one."""
    names = sorted(digests)
    quoted = json.dumps(names, ensure_ascii=False, separators=("\n", ":"))[1:-1].split("\n")
    lines = (f'{name}: "{digests[key]}"' for name, key in zip(quoted, names, strict=True))
    return "{" + ",\n".join(lines) + "}\n"


def _settle(site: Path) -> None:
    """Let the list that a killed build left take its place, if that build's site took its own."""
    next_manifest = site.parent / NEXT
    if _differing(site, next_manifest) == []:
        next_manifest.replace(site.parent / NAME)


def compare_with_manifests(site: Path, manifest: Path, *others: Path) -> list[str]:
    """Return in what a site differs from its list, a line each, by name: "changed: index.html".

    Nothing, when it is as another list says: a build that was killed may have left its own under the name of the next.
    Raises: BriefbookError when there is no such site, or no list that can be read.
    """
    if not site.is_dir():
        raise BriefbookError(f"There is no site in {site}. Run 'briefbook build' first.")
    lines = _differing(site, manifest)
    if lines != [] and any(_differing(site, other) == [] for other in others):
        return []
    if lines is None:
        raise BriefbookError(f"{manifest} cannot be read. Build the site anew, or name the list of that build.")
    return lines


def _differing(site: Path, manifest: Path) -> list[str] | None:
    """Return in what a site differs from a list, or None where there is no list that can be read."""
    try:
        listed = json.loads(manifest.read_text("utf-8"))
    except (OSError, ValueError):  # it is not there, or a killed build has written half of it
        return None
    if not isinstance(listed, dict):
        return None
    found = {*files_in(site)}
    lines = [f"missing: {name}" for name in listed.keys() - found]
    lines += [f"not of this build: {name}" for name in found - listed.keys()]
    lines += [f"changed: {name}" for name in found & listed.keys() if digest_of(site / name) != listed[name]]
    return sorted(lines, key=lambda line: line.partition(": ")[::-1])


def digests_below(folder: Path, apart_from: str = "") -> list[tuple[str, str]]:
    """Return the files below a folder with their SHA-256, by name, but for those in one folder."""
    names = sorted(name for name in files_in(folder) if not apart_from or not name.startswith(f"{apart_from}/"))
    return [(name, digest_of(folder / name)) for name in names]

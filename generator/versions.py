"""What could make other things of the same records: the packages that there are, and our own code."""

import os
import sys
from functools import cache
from hashlib import sha256
from pathlib import Path


@cache
def made_with() -> tuple[str, ...]:
    """Return all packages with their versions, and the SHA-256 of each module of ours."""
    names = {name for folder in sys.path for name in _names_in(folder) if name.endswith((".dist-info", ".egg-info"))}
    packages = sorted(" ".join(name.rpartition(".")[0].split("-")[:2]) for name in names)
    return (*packages, *(digest_of(module) for module in sorted(Path(__file__).parent.glob("*.py"))))


def _names_in(folder: str) -> list[str]:
    try:
        return os.listdir(folder or ".")
    except OSError:  # a file, or nothing
        return []


def own_version() -> str:
    """Return the version of Briefbook; "0.0.0" in a checkout that was never installed."""
    from importlib.metadata import PackageNotFoundError, version  # takes a while to load, and is seldom asked for

    try:
        return version("briefbook")
    except PackageNotFoundError:
        return "0.0.0"


def digest_of(file: Path) -> str:
    """Return the SHA-256 of a file."""
    return sha256(file.read_bytes()).hexdigest()

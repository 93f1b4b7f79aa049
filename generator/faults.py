"""Reports of faults of our own: what happened and where, to be sent in; and nothing of the environment.

A report has the versions, the command and the traceback, which names files and lines but no values.
"""

import os
import platform
import shlex
import tempfile
import traceback
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from generator.versions import made_with


def place_of_report(error: BaseException, arguments: Sequence[str], root: Path) -> str:
    """Save a report, and return where it is as a sentence for people, without its stop."""
    report = _save(error, arguments, root)
    summary = f"{type(error).__name__}: {error}".strip().partition("\n")[0]
    return f"A report is in {report}" if report else f"No report could be saved ({summary})"


def _save(error: BaseException, arguments: Sequence[str], root: Path) -> Path | None:
    """Write what is known of a fault below `build/.cache` of a briefing, or where the system keeps such things.

    Returns the file, whose name is the same for the same fault; None when there is no place for it.
    """
    text = _report(error, arguments)
    name = f"report-{sha256(text.encode('utf-8', 'replace')).hexdigest()[:12]}.txt"
    for folder in (root / "build" / ".cache", None):
        try:
            if folder is None:
                folder = Path(tempfile.mkdtemp(prefix="briefbook-"))  # where nobody else can have put a link
            elif root.is_dir():
                folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, "utf-8", "replace")
            return folder / name
        except OSError:
            continue
    return None


def _report(error: BaseException, arguments: Sequence[str]) -> str:
    packages = [line for line in made_with() if " " in line]  # the rest are digests of our modules
    lines = [
        "A fault of Briefbook itself. Read this before you send it in: it names files of this machine.",
        "",
        f"command: briefbook {shlex.join(arguments)}",
        f"Python {platform.python_version()} on {platform.system()} {platform.machine()} ({os.name})",
        *packages,
        "",
        "".join(traceback.format_exception(error)),
    ]
    return "\n".join(lines)

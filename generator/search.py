"""The search index of a rendered site, made by Pagefind in the site's folder `pagefind`."""

import subprocess
import sys
from pathlib import Path

from generator.errors import BriefbookError
from generator.settle import settle_index


def index_site(site: Path) -> None:
    """Make the index of a site's pages, the same for the same pages.

    Raises: BriefbookError when Pagefind cannot make it.
    """
    command = [sys.executable, "-m", "pagefind", "--site", str(site), "--exclude-selectors", ".headerlink", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        why = (done.stderr or done.stdout).strip().rpartition("\n")[2] or f"Pagefind ended with {done.returncode}"
        raise BriefbookError(f"The search index could not be made: {why}. Is Pagefind there, and room on the disk?")
    settle_index(site / "pagefind")

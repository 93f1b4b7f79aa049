"""Templates as Jinja compiled them, kept beside our own modules, where Python keeps those as it compiled them.

What is kept is run: so it is never kept below a briefing, which others may have sent, and only where this user can
write anyway. With `PYTHONDONTWRITEBYTECODE` nothing is kept, as it is with modules.
"""

import sys
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path

from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket

from generator.versions import made_with

FOLDER = Path(__file__).parent / "__pycache__"
ENDING = ".jinja"


class CompiledTemplates(FileSystemBytecodeCache):
    """Those in a folder that the code of this digest compiled; those of other code are removed when one is added."""

    def __init__(self, folder: Path, digest: str) -> None:
        super().__init__(str(folder), f"{digest}-%s{ENDING}")
        self._folder, self._digest = folder, digest

    def load_bytecode(self, bucket: Bucket) -> None:
        """Read a template, if it was kept."""
        with suppress(OSError):
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep a template, if that can be done."""
        with suppress(OSError):
            if not sys.dont_write_bytecode:
                for file in self._folder.glob(f"*{ENDING}"):
                    if not file.name.startswith(f"{self._digest}-"):
                        file.unlink(missing_ok=True)
                super().dump_bytecode(bucket)


@cache
def compiled_templates() -> CompiledTemplates:
    """Return where templates are kept."""
    return CompiledTemplates(FOLDER, sha256(repr(made_with()).encode()).hexdigest()[:16])

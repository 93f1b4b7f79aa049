"""The properties of `test_fuzz.py`, with text that is guided by which lines it reaches: `python -m tests.guided KIND`.

Texts that reach something new are kept in `build/fuzz/KIND`, and tried first the next time; they begin with those in
`tests/corpus/KIND`. A text that fails is shown, and lies beside them: once mended, it belongs into the corpus.
What follows KIND is for libFuzzer: `-max_total_time=600`.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["generator", "markdown", "pymdownx"]):
    from tests.test_fuzz import try_page, try_prose, try_yaml

CORPUS = Path(__file__).parent / "corpus"
KEPT = Path("build", "fuzz")
FOLDERS = ("actors", "quotes", "events", "sources")


def try_markdown(text: str) -> None:
    try_page(text)
    try_prose(text)


KINDS: Mapping[str, Callable[[str], None]] = {
    "yaml": lambda text: try_yaml(FOLDERS[len(text) % len(FOLDERS)], text),
    "markdown": try_markdown,
}


def main() -> None:
    """Try texts until one fails, or libFuzzer's limits are reached."""
    kind, *options = sys.argv[1:]
    kept = KEPT / kind
    kept.mkdir(parents=True, exist_ok=True)

    def try_one(data: bytes) -> None:
        KINDS[kind](data.decode("utf-8", "replace"))

    folders = [str(kept), str(CORPUS / kind)]
    atheris.Setup(
        [sys.argv[0], f"-artifact_prefix={kept}-", "-max_len=2000", "-timeout=60", *options, *folders], try_one
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()

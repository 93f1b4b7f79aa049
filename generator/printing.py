"""A folder with `book.typ` and `book.json` to a PDF, with Typst: run in a process of its own by `typeset.py`.

`python -m generator.printing FOLDER` writes `book.pdf` there, and `found.json`: what was set, or the characters that no
font has. The only module that knows Typst and qpdf. Never reads records.
"""

import json
import re
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pikepdf
import typst

STANDARDS: list[Any] = ["ua-1", "a-3a"]
FONT_PACKAGES = ("fontpkg_noto_serif", "fontpkg_noto_sans", "justmytype_intl_rtl", "manimgx_fonts_cjk")
SERIF = ("Noto Serif", "Noto Sans Hebrew", "Noto Sans Arabic")
EAST_ASIAN = {"zh": "SC", "ja": "JP", "ko": "KR"}

_MISSING = re.compile(r'(?:the text|contains the codepoint) `"((?:[^"\\]|\\.)*)"`')
_ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}|\\(.)")


def main() -> None:
    """Set the book in the folder that the command line names."""
    folder = Path(sys.argv[1])
    told = json.loads((folder / "book.json").read_text("utf-8"))
    for with_system in (False, True):
        fonts = typst.Fonts(with_system, True, [str(path) for path in _font_folders()])
        told["fonts"] = _families(set(fonts.families()))
        (folder / "book.json").write_text(json.dumps(told, ensure_ascii=False), "utf-8")
        missing = _missing(folder, fonts)
        if not missing:
            break
    found = {"missing": missing, "set": []} if missing else _print(folder, fonts, told["stamp"])
    (folder / "found.json").write_text(json.dumps(found, ensure_ascii=False), "utf-8")


def _font_folders() -> Iterator[Path]:
    for name in FONT_PACKAGES:
        spec = find_spec(name)
        if spec and spec.origin:
            yield Path(spec.origin).parent


def _families(known: set[str]) -> dict[str, Any]:
    """Return the fonts for running text, for labels, and for languages of East Asia, each its own forms first."""
    styles = [f"Noto {style} CJK" for style in ("Serif", "Sans") if f"Noto {style} CJK SC" in known]
    east = {tag: [f"{style} {form}" for style in styles] for tag, form in EAST_ASIAN.items()}
    languages = {tag: [*SERIF, *own] for tag, own in east.items()}
    return {"serif": [*SERIF, *east["zh"]], "sans": ["Noto Sans", *SERIF[1:], *east["zh"]], "languages": languages}


def _compiler(folder: Path, name: str, fonts: typst.Fonts) -> typst.Compiler:
    return typst.Compiler(str(folder / name), root=str(folder), font_paths=fonts, ignore_system_fonts=True)


def _missing(folder: Path, fonts: typst.Fonts) -> list[str]:
    """Return which of the book's characters no font has, found by setting each of them once."""
    _, missing = _compile(_compiler(folder, "characters.typ", fonts), 0)
    return missing


def _compile(compiler: typst.Compiler, stamp: int) -> tuple[bytes, list[str]]:
    """Return the PDF, or the characters for which there is none.

    Raises: typst.TypstError when it fails for another reason.
    """
    try:
        pdf, _ = compiler.compile_with_warnings(format="pdf", pdf_standards=STANDARDS, timestamp=stamp)
    except typst.TypstError as error:
        missing = {_unescaped(text) for text in _MISSING.findall(error.diagnostic)}
        if not missing:
            raise
        return b"", sorted(missing)
    assert isinstance(pdf, bytes), "a PDF is one file"
    return pdf, []


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)) if found[1] else found[2], text)


def _print(folder: Path, fonts: typst.Fonts, stamp: int) -> dict[str, Any]:
    compiler = _compiler(folder, "book.typ", fonts)
    pdf, missing = _compile(compiler, stamp)
    if missing:
        return {"missing": missing, "set": []}
    (folder / "large.pdf").write_bytes(pdf)
    # PDF/A-3a asks for a line end before "endstream", which qpdf leaves out unless told otherwise.
    small = ["qpdf", "--object-streams=generate", "--newline-before-endstream", "--deterministic-id"]
    pikepdf.Job([*small, str(folder / "large.pdf"), str(folder / "book.pdf")]).run()
    found = json.loads(compiler.query("<found>", field="value"))
    return {"missing": [], "set": [value for kind, value in found if kind == "set"]}


if __name__ == "__main__":
    main()

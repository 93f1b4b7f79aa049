"""One setting of the book in a folder with Typst: run in a process of its own by `typeset.py`, until it is settled.

`python -m generator.printing FOLDER` reads `content.json`, and where things stood at the setting before (`stood.json`),
sets the book with these page numbers, and writes where they stand now; when that is the same, `book.pdf` and
`done.json`: what was wrong with it, if anything. The only module that knows Typst and qpdf. A process is
for one setting: a second one in it, with what Typst remembers of the first, takes longer and twice the memory.
"""

import json
import re
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import starmap
from pathlib import Path
from typing import Any

import pikepdf
import typst

from generator.paging import Found, Numbering, Pages

STANDARDS: list[Any] = ["ua-1", "a-3a"]
FONT_PACKAGES = ("fontpkg_noto_serif", "fontpkg_noto_sans", "justmytype_intl_rtl", "manimgx_fonts_cjk")
SERIF = ("Noto Serif", "Noto Sans Hebrew", "Noto Sans Arabic")
# What came of it: characters without a font, files that are no pictures, keys that were not set, and whether the fonts
# are all from packages.
SETTLED: dict[str, Any] = {"missing": [], "broken": [], "lost": [], "is_portable": True}
EAST_ASIAN = {"zh": "SC", "ja": "JP", "ko": "KR"}

_MISSING = re.compile(r'(?:the text|contains the codepoint) `"((?:[^"\\]|\\.)*)"`')
_ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}|\\(.)")


def main() -> None:
    """Set the book in the folder that the command line names.

    What a template, the disk or the memory can do is one line and status 1; a traceback is a fault of our own.
    """
    try:
        _set(Path(sys.argv[1]))
    except MemoryError:
        sys.exit("there is too little memory")
    except (OSError, RuntimeError, pikepdf.PdfError) as error:  # Typst's and qpdf's errors are RuntimeErrors, too
        sys.exit(" ".join(str(error).split()))


def _set(folder: Path) -> None:
    stood = folder / "stood.json"
    settings = _read(folder / "settings.json")
    fonts, missing = _fonts(folder, settings, is_first=not stood.exists())
    broken = [] if stood.exists() else _broken(folder, fonts)
    if missing or broken:
        _write(folder / "done.json", {**SETTLED, "missing": missing, "broken": broken})
        return
    content = _read(folder / "content.json")
    pages = Pages.of(starmap(Found, _read(stood))) if stood.exists() else Pages.guess(content)
    Numbering(content).write(pages)
    _write(folder / "book.json", content)
    compiler = _compiler(folder, "book.typ", fonts)
    found = [Found(*item) for item in json.loads(compiler.query("<places>", field="value", one=True))]
    _write(stood, found)
    set_in_it = {item.value for item in found if item.kind in ("entry", "cite")}
    if lost := sorted({*content["expected"]} - set_in_it):
        _write(folder / "done.json", {**SETTLED, "lost": lost})
        return
    if Pages.of(found) == pages:
        missing = _print(folder, compiler, settings["stamp"])
        told = {**SETTLED, "missing": missing, "is_portable": not settings["with_system"]}
        _write(folder / "done.json", told)


def _fonts(folder: Path, settings: dict[str, Any], *, is_first: bool) -> tuple[typst.Fonts, list[str]]:
    """Return the fonts of our packages, with the machine's where they do not do; and the characters in neither."""
    for with_system in (False, True) if is_first else (settings["with_system"],):
        fonts = typst.Fonts(with_system, True, [str(path) for path in _font_folders()])
        if not is_first:
            break
        settings |= {"with_system": with_system, "fonts": _families(set(fonts.families()))}
        _write(folder / "settings.json", settings)
        missing = _missing(folder, fonts)
        if not missing:
            break
    return fonts, missing if is_first else []


def _read(file: Path) -> Any:
    return json.loads(file.read_text("utf-8"))


def _write(file: Path, value: Any) -> None:
    file.write_text(json.dumps(value, ensure_ascii=False), "utf-8")


def _font_folders() -> Iterator[Path]:
    for name in FONT_PACKAGES:
        spec = find_spec(name)
        if spec and spec.origin:
            yield Path(spec.origin).parent


def _families(known: set[str]) -> dict[str, Any]:
    """Return the fonts for running text, for labels, and for languages of East Asia, each its own forms first."""
    styles = [f"Noto {style} CJK" for style in ("Serif", "Sans") if f"Noto {style} CJK SC" in known]
    east = {tag: [f"{style} {form}" for style in styles] for tag, form in EAST_ASIAN.items()}
    languages = {tag: [*own, *SERIF] for tag, own in east.items()}  # own first: spaces and marks, too
    return {"serif": [*SERIF, *east["zh"]], "sans": ["Noto Sans", *SERIF[1:], *east["zh"]], "languages": languages}


def _compiler(folder: Path, name: str, fonts: typst.Fonts) -> typst.Compiler:
    return typst.Compiler(str(folder / name), root=str(folder), font_paths=fonts, ignore_system_fonts=True)


def _missing(folder: Path, fonts: typst.Fonts) -> list[str]:
    """Return which of the book's characters no font has, found by setting each of them once."""
    _, missing = _compile(_compiler(folder, "characters.typ", fonts), 0)
    return missing


def _broken(folder: Path, fonts: typst.Fonts) -> list[str]:
    """Return which of the book's pictures cannot be read."""
    return [name for name in _read(folder / "images.json") if not _is_picture(folder, name, fonts)]


def _is_picture(folder: Path, name: str, fonts: typst.Fonts) -> bool:
    _write(folder / "image.json", name)
    try:
        _compile(_compiler(folder, "image.typ", fonts), 0)
    except typst.TypstError:
        return False
    return True


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


def _print(folder: Path, compiler: typst.Compiler, stamp: int) -> list[str]:
    """Write the PDF, made small; return the characters for which there is no font, of which there should be none."""
    pdf, missing = _compile(compiler, stamp)
    if not missing:
        (folder / "large.pdf").write_bytes(pdf)
        # PDF/A-3a asks for a line end before "endstream", which qpdf leaves out unless told otherwise.
        small = ["qpdf", "--object-streams=generate", "--newline-before-endstream", "--deterministic-id"]
        pikepdf.Job([*small, str(folder / "large.pdf"), str(folder / "book.pdf")]).run()
    return missing


if __name__ == "__main__":
    main()

"""The book as a PDF: checks that all its characters can be printed, has it set, and counts what is in it.

Typst runs in a process of its own, with a limit of time and of memory: whatever happens there, the PDF of the last run
stays until the new one is whole.
"""

import json
import os
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from generator.book import Book, compose_book
from generator.dossier import FOLDER, Dossier, Selection, make_dossier, touching_of
from generator.errors import BriefbookError, Place, Problem, RecordsInvalid
from generator.link import HOME, Briefing
from generator.load import INFO_PATH
from generator.markup import Reading
from generator.pipeline import last_change
from generator.places import Places
from generator.project import Project
from generator.records import Actor
from generator.site import markdown_settings
from generator.validate import field_name
from generator.versions import made_with
from generator.words import load_words

PAPERS = {"a4": "a4", "letter": "us-letter"}
TIME_LIMIT_SECONDS = 1800  # for one setting
MOST_SETTINGS = 12
TOOLS = (
    "briefbook",
    "typst",
    "pikepdf",
    "fontpkg-noto-serif",
    "fontpkg-noto-sans",
    "justmytype-intl-rtl",
    "manimgx-fonts-cjk",
)
MEMORY_LIMIT_BYTES = 8 * 2**30

_EAST_ASIAN = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "IDEOGRAPHIC", "FULLWIDTH", "BOPOMOFO")


@dataclass(frozen=True, slots=True)
class Layout:
    """How a book is set: `paper` is a key of PAPERS, `links` "screen" or "print"."""

    paper: str = "a4"
    links: str = "screen"


class Press:
    """Sets books of one briefing: the whole, and dossiers."""

    def __init__(self, project: Project, briefing: Briefing, layout: Layout) -> None:
        self.words = load_words(briefing.info.language, project.template_dirs)
        self._project = project
        self._briefing = briefing
        self._layout = layout
        self._reading = Reading(*markdown_settings(project))

    def print_all(self, tell: Callable[[str], None]) -> dict[str, str]:
        """Set the briefing, and the dossiers that its card asks for; return {key of its page: PDF, below `build/`}.

        Those whose records are what they were are not set again. `tell` gets the name of each book as it begins.
        Raises: as `print_book`; BriefbookError when an asset lies where a book would.
        """
        briefing = self._briefing
        touching = touching_of(briefing)
        dossiers: dict[str, Dossier | None] = {HOME: None}
        for record in briefing.records.values():
            if record.folder in briefing.info.book.dossiers:
                selection = Selection(actor=record.id) if isinstance(record, Actor) else Selection(event=record.id)
                dossiers[record.key] = make_dossier(briefing, selection, self.words, touching)
        paths = {key: _path_of(dossier) for key, dossier in dossiers.items()}
        taken = sorted({*paths.values()} & {*briefing.assets})
        if taken:
            raise BriefbookError(f"docs/{taken[0]} lies where a book would. Give it another name.")

        def print_one(dossier: Dossier | None) -> None:
            tell(dossier.title if dossier else briefing.info.title)
            self._print(dossier, None, folder)

        # One folder for all: a killed build leaves no more. Threads: each has its books set in other processes.
        with _folder(self._project.root / "build") as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
            for _ in pool.map(print_one, dossiers.values()):
                pass
        return paths

    def print_book(self, dossier: Dossier | None = None, tell: Callable[[int], None] | None = None) -> Path:
        """Set the briefing, or a dossier from it, and return the PDF: `build/briefing.pdf`, or below `build/dossiers`.

        `tell` gets the number of each setting as it begins. Raises: RecordsInvalid when a character has no font, or a
        picture is none; BriefbookError when the book cannot be set, or lacks a record or a citation.
        """
        return self._print(dossier, tell, self._project.root / "build")

    def _print(self, dossier: Dossier | None, tell: Callable[[int], None] | None, parent: Path) -> Path:
        project, part = self._project, dossier.part if dossier else self._briefing
        book = compose_book(self._briefing, self.words, self._reading, project.template_dirs, dossier)
        target = project.root / "build" / _path_of(dossier)
        target.parent.mkdir(parents=True, exist_ok=True)
        with _folder(parent) as folder:
            _write_parts(folder, book, part, project, self._layout)
            receipt = Receipt(project.root / "build" / ".cache" / f"{_path_of(dossier)}.json", folder)
            if receipt.is_for(target):
                return target
            done = _settle(folder, tell)
            if done["missing"] or done["broken"]:
                wrong = [*_unprintable(done["missing"], part, project)]
                wrong += _no_pictures([book.images[file] for file in done["broken"]], part, project)
                raise RecordsInvalid(wrong)
            if done["lost"]:
                lost = ", ".join(done["lost"][:5])
                raise BriefbookError(f"The book lacks {lost}. Do the templates in templates/book lay out all they get?")
            (folder / "book.pdf").replace(target)
            if done["is_portable"]:
                receipt.write_for(target)
        return target


@contextmanager
def _folder(parent: Path) -> Iterator[Path]:
    """Give a folder to set books in, which is removed at the end; of a killed process, by the next one."""
    parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".book-", dir=parent) as name:
        yield Path(name)


def _path_of(dossier: Dossier | None) -> str:
    return f"{FOLDER}/{dossier.name}.pdf" if dossier else "briefing.pdf"


class Receipt:
    """Notes what a PDF was made of, and what came of it, so that it is not set again from the same."""

    def __init__(self, file: Path, folder: Path) -> None:
        self._file = file
        parts = {part.name: sha256(part.read_bytes()).hexdigest() for part in sorted(folder.iterdir())}
        self._made_of = sha256(_json({"parts": parts, "made_with": made_with()}).encode()).hexdigest()

    def _of(self, pdf: Path) -> dict[str, str]:
        return {"made_of": self._made_of, "pdf": sha256(pdf.read_bytes()).hexdigest()}

    def is_for(self, pdf: Path) -> bool:
        """Tell whether the PDF is as it came of just these parts."""
        try:
            return bool(json.loads(self._file.read_text("utf-8")) == self._of(pdf))
        except (OSError, ValueError):
            return False

    def write_for(self, pdf: Path) -> None:
        """Note that the PDF came of these parts."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text(_json(self._of(pdf)), "utf-8")


def _write_parts(folder: Path, book: Book, briefing: Briefing, project: Project, layout: Layout) -> None:
    for templates in reversed(project.template_dirs):
        for file in sorted((templates / "book").glob("*.typ")):
            (folder / file.name).write_bytes(file.read_bytes())
    records = {
        key: record.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        for key, record in briefing.records.items()
    }
    (folder / "records.json").write_text(_json(records), "utf-8")
    stamp = last_change(briefing)
    told_day = datetime.fromtimestamp(stamp, UTC).date()  # PDF/A wants a date, and the clock's would change
    settings = {"words": book.content["words"], "stamp": stamp, "paper": PAPERS[layout.paper], "links": layout.links}
    (folder / "settings.json").write_text(_json(settings), "utf-8")
    (folder / "content.json").write_text(
        _json({**book.content, "expected": sorted(book.expected), "day": str(told_day)}), "utf-8"
    )
    for name, svg in book.drawings.items():
        (folder / name).write_text(svg, "utf-8")
    for name, asset in book.images.items():
        shutil.copyfile(project.root / "docs" / asset, folder / name)
    (folder / "images.json").write_text(_json(list(book.images)), "utf-8")
    # One paragraph of each character that the fonts might lack; as data, as everything that people wrote.
    (folder / "characters.json").write_text(_json(sorted(_characters(book.content))), "utf-8")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str, sort_keys=True, separators=(",", ":"))


def _characters(value: Any) -> set[str]:
    """Return every character with the marks on it: a mark by itself is not what has to be printed."""
    found = set()
    for _, text in _fields(value, ()):
        cluster = ""
        for character in text:
            if cluster and unicodedata.category(character).startswith("M"):
                cluster += character
                continue
            found.add(cluster)
            cluster = character
        found.add(cluster)
    return {cluster for cluster in found if cluster.strip()}


def _settle(folder: Path, tell: Callable[[int], None] | None) -> dict[str, Any]:
    """Have the book in a folder set until everything stands where it is said to, and return what came of it."""
    done = folder / "done.json"
    for setting in range(1, MOST_SETTINGS + 1):
        if tell:
            tell(setting)
        _set(folder)
        if done.exists():
            found: dict[str, Any] = json.loads(done.read_text("utf-8"))
            return found
    raise BriefbookError(f"The page numbers of the book do not come to rest in {MOST_SETTINGS} settings.")


def _set(folder: Path) -> None:
    command = [sys.executable, "-m", "generator.printing", str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            timeout=TIME_LIMIT_SECONDS,
            env=environment,
            preexec_fn=_limit_memory if os.name == "posix" else None,
        )
    except subprocess.TimeoutExpired as error:
        raise BriefbookError(f"The book was not set within {TIME_LIMIT_SECONDS // 60} minutes.") from error
    if "Traceback" in done.stderr:
        raise RuntimeError(f"The process that sets the book failed:\n{done.stderr}")
    if done.returncode:
        why = done.stderr.strip().rpartition("\n")[2] or f"its process ended with status {done.returncode}"
        raise BriefbookError(f"The book could not be set: {why.rstrip('.')}.")


def _limit_memory() -> None:
    import resource  # not on Windows

    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))


def _unprintable(missing: Iterable[str], briefing: Briefing, project: Project) -> list[Problem]:
    """Return a problem for each text with a character that no font has, at its place."""
    places = Places(project.root)
    problems = []
    for text in missing:
        named = f"'{text}' (U+{ord(text[0]):04X}, {unicodedata.name(text[0], 'no character')})"
        message, hint = f"no font has {named}.", _font_hint(text)
        found = [*_where(text, briefing, places)] or [(Place(INFO_PATH), "")]
        problems += [Problem(place=place, field=field, message=message, hint=hint) for place, field in found]
    return problems


def _no_pictures(assets: Iterable[str], briefing: Briefing, project: Project) -> Iterator[Problem]:
    """Yield a problem for each asset that is no picture, wherever it is shown."""
    places = Places(project.root)
    for asset in assets:
        found = [*_where(asset, briefing, places)] or [(Place(f"docs/{asset}"), "")]
        message, hint = f"'{asset}' cannot be read as a picture.", "Save it anew as PNG, JPEG, GIF or WebP."
        yield from (Problem(place=place, field=field, message=message, hint=hint) for place, field in found)


def _where(text: str, briefing: Briefing, places: Places) -> Iterator[tuple[Place, str]]:
    parts = [(f"docs/{briefing.files[key]}", record) for key, record in briefing.records.items()]
    for path, part in [*parts, (INFO_PATH, briefing.info)]:
        for at, value in _fields(part.model_dump(mode="json", by_alias=True), ()):
            if text in value:
                yield places.of(path, at, needle=text), field_name(at)


def _fields(value: Any, at: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, str):
        yield at, value
    elif isinstance(value, dict | list | tuple):
        for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _fields(inner, (*at, step))


def _font_hint(text: str) -> str:
    if unicodedata.name(text[0], "").startswith(_EAST_ASIAN):
        return "Run 'pip install briefbook[cjk]', or install fonts-noto-cjk with your system's packages."
    if unicodedata.category(text[0])[0] == "C":
        return "Remove it: it is no character that can be printed."
    return "Install a font that has it (on Debian: fonts-noto), or write it in another way."

"""The means to turn a briefing into Markdown: the Jinja environment, its filters, and links that fit the page.

Everything here gives Markdown; nothing decides what is on a page, and nothing is written.
"""

import json
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError, TemplateSyntaxError, pass_context
from jinja2.exceptions import TemplateNotFound
from jinja2.runtime import Context
from jinja2.utils import internalcode

from generator.characters import isolated, turns
from generator.compiled import compiled_templates
from generator.dates import PartialDate
from generator.errors import BriefbookError
from generator.gazetteer import KnownPlace
from generator.link import HOME, Briefing
from generator.noted import Lazy
from generator.prose import Mention, Prose, Target, escape_inline, escape_text, strip_markdown, tame_words
from generator.prose import Words as PlainWords
from generator.words import Words

# What a template can do wrong while it runs: 1 / 0, [] + 1, a name that is not there, a macro that calls itself.
_TEMPLATE_FAULTS = (TemplateError, ArithmeticError, TypeError, ValueError, LookupError, AttributeError, RecursionError)
_TEMPLATE_ENDINGS = (".j2", ".html", ".xml")

RTL = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "ku-Arab", "ps", "sd", "ug", "ur", "yi"})


class PageLinks:
    """The links of one page, at `path` ("actors/jane-doe.md"); the name of an actor is linked once a page."""

    def __init__(
        self, path: str, briefing: Briefing, captions: Mapping[str, str], words: Words, places: Mapping[str, KnownPlace]
    ) -> None:
        self.words = words
        self.places = places
        self._up = "../" * path.count("/")
        self._briefing = briefing
        self._captions = captions
        self._linked: set[str] = set()

    def to(self, key: str, words: str | None = None) -> str:
        """Return a link to a record or page; `words` is plain text, and the caption is shown without it."""
        return self.link(key, _written(self._captions[key]) if words is None else escape_inline(words))

    def link(self, key: str, shown: str) -> str:
        """Return a link to a record or page with these words, which are Markdown."""
        return f"[{shown}]({self._up}{key}.md)"

    def to_place(self, name: str) -> str:
        """Return a link to the page of a place."""
        return self.link(self.places[name].key, escape_inline(name))

    def path_to(self, path: str) -> str:
        """Return the address of a page or asset, seen from this page."""
        return self._up + path

    def prose(self, key: str, *at: str | int) -> str:
        """Return a record's prose field as Markdown, with the first mention of each actor on the page linked."""
        return self.linked(self._briefing.prose.get((key, at), ()), is_tame=True)

    def has_prose(self, key: str, *at: str | int) -> bool:
        """Tell whether a prose field has anything in it."""
        return bool(self._briefing.prose.get((key, at)))

    def linked(self, prose: Prose, *, is_tame: bool = False) -> str:
        """Return linked prose as Markdown."""
        return "".join(self._piece(piece, is_tame) for piece in prose)

    def links_name(self, key: str) -> bool:
        """Tell whether a name found in text becomes a link here: the first of an actor on a page does."""
        if key in self._linked:
            return False
        self._linked.add(key)
        return True

    def _piece(self, piece: Any, is_tame: bool) -> str:
        if isinstance(piece, PlainWords):
            return tame_words(piece.text) if is_tame else piece.text
        if isinstance(piece, Mention):
            is_linked = self.links_name(piece.key)  # a typed link counts as the first, too
            if not is_linked and not piece.is_typed:
                words = piece.words or ""
                return tame_words(words) if is_tame else words
            return self.to(piece.key, piece.words)
        if isinstance(piece, Target):
            return self.path_to(piece.path)
        return str(piece.text)


# A caption is written on hundreds of pages.
_written = lru_cache(maxsize=50_000)(escape_inline)


class Captions(Mapping[str, str]):
    """The captions of all that can be linked to, {key: caption}: each made when it is looked up."""

    def __init__(self, briefing: Briefing) -> None:
        self._named = briefing.records, briefing.pages
        self._home = briefing.info.title
        self._made = Lazy(self._make)

    def _make(self, key: str) -> str:
        records, pages = self._named
        if key == HOME:
            return self._home
        return pages[key].title if key in pages else records[key].caption

    def __getitem__(self, key: str) -> str:
        return self._made[key]

    def __iter__(self) -> Iterator[str]:
        records, pages = self._named
        return chain(records, pages, (HOME,))

    def __len__(self) -> int:
        return sum(map(len, self._named)) + 1


def plain_text(briefing: Briefing, prose: Prose) -> str:
    """Return linked prose as plain text on one line, for descriptions: no addresses, no signs of Markdown."""
    text = ""
    for piece in prose:
        if isinstance(piece, Mention):
            text += words_of(briefing, piece)
        else:
            text += piece.path if isinstance(piece, Target) else piece.text
    return strip_markdown(text)


def words_of(briefing: Briefing, mention: Mention) -> str:
    """Return the words by which a text names somebody; of one that is named by its id alone, its caption."""
    if mention.words:
        return mention.words
    record = briefing.records.get(mention.key)
    return record.caption if record else ""


def front_matter(values: Mapping[str, Any]) -> str:
    """Return a page's front matter. JSON is YAML: so whatever is in a value, it is read back as it was.

    `window` is added to it, the title as it stands before the site's name, where it would turn that round.
    """
    title = values.get("title")
    if title and turns(title):
        values = {**values, "window": isolated(title)}
    lines = (f"{name}: {_json(value)}\n" for name, value in values.items() if value not in (None, "", False))
    return f"---\n{''.join(lines)}---\n\n"


_encode = json.JSONEncoder(ensure_ascii=False, default=str).encode  # json.dumps would make one for each value


def _json(value: Any) -> str:
    text = _encode(value)
    return text.replace("\x85", "\\u0085").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def direction(tag: str | None) -> str:
    """Return "rtl" or "ltr", the way a language is written."""
    return "rtl" if tag and tag.partition("-")[0].lower() in RTL else "ltr"


def block_text(text: str) -> str:
    """Return plain text of several lines as Markdown that keeps the lines: breaks and paragraphs."""
    paragraphs = (part for part in text.split("\n\n") if part.strip())
    return "\n\n".join(
        "  \n".join(escape_text(line.strip()) for line in part.strip().split("\n")) for part in paragraphs
    )


@contextmanager
def template_faults() -> Iterator[None]:
    """Say which line of which template is wrong, where one is rendered: templates are a briefing's own, too.

    Raises: BriefbookError in place of what Jinja raises, and of what the template's own code does.
    """
    try:
        yield
    except _TEMPLATE_FAULTS as error:
        place = _template_place(error)
        if not place:  # a fault of ours that a template came upon
            raise
        told = error.message if isinstance(error, TemplateError) and error.message else f"{error}"
        raise BriefbookError(f"The template {place}: {' '.join(told.split()) or type(error).__name__}") from error


def _template_place(error: Exception) -> str:
    """Return the template and line at which an error arose, "source.md.j2:3"; nothing when it was not in a template."""
    if isinstance(error, TemplateSyntaxError):
        return f"{error.name}:{error.lineno}"
    steps = traceback.extract_tb(error.__traceback__)
    if isinstance(error, UnicodeDecodeError) and any(step.name == "get_source" for step in steps):
        return "that was to be read is not UTF-8"
    inside = [step for step in steps if step.filename.endswith(_TEMPLATE_ENDINGS)]
    if isinstance(error, TemplateNotFound) and not inside:
        return str(error.name)
    is_own = isinstance(error, TemplateError | RecursionError) or steps[-1].filename.endswith(_TEMPLATE_ENDINGS)
    return f"{Path(inside[-1].filename).name}:{inside[-1].lineno}" if inside and is_own else ""


class _Context(Context):
    """The context of a template. Jinja looks at each function for whether it wants to have it; none of ours does."""

    @internalcode
    def call(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Any:
        """Call what a template calls."""
        named.pop("_block_vars", None)
        named.pop("_loop_vars", None)
        return function(*arguments, **named)


class _Loader(FileSystemLoader):
    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        try:
            return super().get_source(environment, template)
        except UnicodeDecodeError as error:
            raise TemplateSyntaxError("the file is not UTF-8.", 1, template) from error


class _Environment(Environment):
    context_class = _Context

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return what a template finds everywhere: none of ours has more than all have, and none needs to be asked."""
        return super().make_globals(d) if d else self.globals


def new_environment(folders: Iterable[Path], *, autoescape: bool) -> Environment:
    """Return a Jinja environment; of two templates with one name the first folder's counts."""
    return _Environment(
        loader=_Loader([*folders]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=autoescape,
        auto_reload=False,  # a build reads each template once; the next build has an environment of its own
        bytecode_cache=compiled_templates(),
    )


def build_environment(folders: Iterable[Path], words: Words) -> Environment:
    """Return the Jinja environment for the page templates, which write Markdown."""
    environment = new_environment(folders, autoescape=False)
    environment.filters.update(
        md=lambda text: escape_text(str(text)),
        inline=escape_inline,
        block=block_text,
        day=pass_context(lambda _, date: words.in_words(date) if isinstance(date, PartialDate) else ""),
        link=pass_context(_link),
        # Of the context, so that Jinja compiles no value of one language into a template.
        language=pass_context(lambda _, tag: words.language_name(tag)),
        country=pass_context(lambda _, code: words.country_name(code)),
        direction=direction,
        marking=lambda marking: marking.removeprefix("TLP:").lower().replace("+", "-"),
    )
    environment.globals["words"] = words
    return environment


def _link(context: Context, key: str, words: str | None = None) -> str:
    links: PageLinks = context["links"]
    return links.to(key, words)

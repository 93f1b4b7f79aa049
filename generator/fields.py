"""What fields are made of: the types of their values, and the marks by which models declare references and prose.

Knows no kind of record; `records.py` does.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, TypeVar, get_args

from anyascii import anyascii
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from generator.characters import UNCLOSED_DIRECTION, is_web_address, same_text, unclosed_direction, unseen_in
from generator.dates import PartialDate, parse_date

FieldPath = tuple[str | int, ...]  # ("sources", 0, "at")

ID_PATTERN = r"[a-z0-9]+(-[a-z0-9]+)*"
LANGUAGE_PATTERN = r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*"  # BCP 47, near enough
MAX_ID = 100  # characters; an id is the name of a file
MAX_LINE = 1000  # characters of a name, a title, an address
MAX_SLUG = 80
_RESERVED = frozenset(
    ["con", "prn", "aux", "nul", "conin$", "conout$", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))]
)


@dataclass(frozen=True, slots=True)
class Refers:
    """Marks a field that names another record.

    `kinds` are the folders it may lie in (none: any); `back` names the heading under which the record that is named
    lists the ones that name it, "quotes-by-this-actor"; the words themselves are in `words/`.
    """

    back: str
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IsProse:
    """Marks a field whose text is Markdown, and may mention other records."""


class _DateField:
    """Teaches pydantic to read EDTF text as a `PartialDate`."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(
            _read_date, core_schema.str_schema(), serialization=core_schema.to_string_ser_schema()
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": ["string", "integer"], "examples": ["2024", "2024-06", "2024-06-19", "2024-06~"]}


def _read_date(text: str) -> PartialDate:
    try:
        return parse_date(text.strip())
    except ValueError as error:
        raise refusal(str(error), "") from None


def is_reserved(name: str) -> bool:
    """Tell whether Windows keeps a name, without its ending, for a device: no file can be called so there."""
    return name.casefold().strip() in _RESERVED


def is_id(text: str) -> bool:
    """Tell whether a text may be the id of a record."""
    return bool(re.fullmatch(ID_PATTERN, text)) and len(text) <= MAX_ID and not is_reserved(text)


def refusal(message: str, hint: str) -> PydanticCustomError:
    """Return what a validator raises to say, in the author's words, what is wrong with a value and what to do."""
    return PydanticCustomError("refused", "{message}", {"message": message, "hint": hint})


def _check_id(text: str) -> str:
    if is_reserved(text):
        raise refusal(f"Windows does not allow a file to be called '{text}'.", "Give it another id.")
    if len(text) > MAX_ID:
        raise refusal(f"the id has {len(text):,} characters.", f"Shorten it: {MAX_ID} is the limit.")
    return text


def _check_line(text: str) -> str:
    if len(text) > MAX_LINE:
        raise refusal(f"the line has {len(text):,} characters.", f"Shorten it: {MAX_LINE:,} is the limit.")
    line = " ".join(text.split())
    unseen = unseen_in(line)
    if unseen:
        raise refusal(f"the character U+{ord(unseen):04X}, which cannot be seen, is in '{text}'.", "Remove it.")
    return line


def _check_words(text: str) -> str:
    if unclosed_direction(text) is not None:
        raise refusal(*UNCLOSED_DIRECTION)
    return text.strip()


def _check_url(text: str) -> str:
    unseen = unseen_in(text.strip())
    if unseen and not unseen.isspace():
        raise refusal(f"the character U+{ord(unseen):04X}, which cannot be seen, is in the address.", "Remove it.")
    if len(text) > 2 * MAX_LINE:
        raise refusal(f"the address has {len(text):,} characters.", f"Shorten it: {2 * MAX_LINE:,} is the limit.")
    if is_web_address(text.strip()):
        return text.strip()
    hint = "Write one that starts with https://, http:// or mailto:."
    raise refusal(f"'{shorten(text)}' is not a web address.", hint)


def _as_tuple(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else (value,)


Id = Annotated[str, Field(pattern=f"^{ID_PATTERN}$"), AfterValidator(_check_id)]
Line = Annotated[str, AfterValidator(_check_line), Field(min_length=1)]
Label = Annotated[Line, AfterValidator(same_text)]  # a line by which things are grouped, or files found
Words = Annotated[str, AfterValidator(_check_words), Field(min_length=1)]
Prose = Annotated[Words, IsProse()]
Url = Annotated[str, AfterValidator(_check_url)]
DateText = Annotated[PartialDate, _DateField]
Language = Annotated[str, Field(pattern=f"^{LANGUAGE_PATTERN}$")]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
Confidence = Literal["low", "moderate", "high"]


class Part(BaseModel):
    """Base of everything that a record is made of: frozen, and no field but the declared ones."""

    # What models need to check is built when it is first needed: few are when a page is made of what is known.
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, defer_build=True)

    short_form: ClassVar[str] = ""  # the field that a plain text stands for, where the long form is not needed

    @model_validator(mode="before")
    @classmethod
    def _read_short_form(cls, value: Any) -> Any:
        return {cls.short_form: value} if cls.short_form and isinstance(value, str) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        long = handler(schema)
        return {"anyOf": [{"type": "string"}, long]} if cls.short_form else long


Item = TypeVar("Item")
Many = Annotated[tuple[Item, ...], BeforeValidator(_as_tuple)]  # a list, for which a single item will do


class Marked(NamedTuple):
    """A value that a model marks: where it stands in the record, with what, and the text itself."""

    path: FieldPath
    mark: Refers | IsProse
    text: str


def marked_values(part: Part, *kinds: type) -> Iterator[Marked]:
    """Yield every reference and every prose text in a record, or one of these, in the order of the model's fields."""
    for steps, mark in _marks_of(type(part)):
        value = getattr(part, steps[0])
        if value is not None and value != () and (not kinds or isinstance(mark, kinds)):  # most fields are empty
            yield from _follow(value, steps[1:], steps[:1], mark) if len(steps) > 1 else (Marked(steps, mark, value),)


def all_marks(model: type[Part]) -> tuple[Refers | IsProse, ...]:
    """Return what a model marks, in the order of its fields."""
    return tuple(mark for _, mark in _marks_of(model))


def references_of(model: type[Part]) -> dict[str, Refers]:
    """Return {field: its mark} of the fields that are themselves ids, one or a list; not of those that hold parts."""
    marks = _marks_of(model)
    return {steps[0]: mark for steps, mark in marks if isinstance(mark, Refers) and steps[1:] in ((), ("*",))}


@cache
def _marks_of(model: type[Part]) -> tuple[tuple[tuple[str, ...], Refers | IsProse], ...]:
    """Return what a model marks, each with the attributes that lead there ("*": each item of a list)."""
    marks: list[tuple[tuple[str, ...], Refers | IsProse]] = []
    for name, field in model.model_fields.items():
        marks += [((name,), mark) for mark in field.metadata if isinstance(mark, Refers | IsProse)]
        marks += [((name, *steps), mark) for steps, mark in _marks_in(field.annotation)]
    return tuple(marks)


def _marks_in(annotation: Any) -> Iterator[tuple[tuple[str, ...], Refers | IsProse]]:
    if isinstance(annotation, type) and issubclass(annotation, Part):
        yield from _marks_of(annotation)
        return
    for mark in getattr(annotation, "__metadata__", ()):
        if isinstance(mark, Refers | IsProse):
            yield (), mark
    is_list = Ellipsis in get_args(annotation)
    for inner in get_args(annotation):
        for steps, mark in _marks_in(inner):
            yield (("*", *steps) if is_list else steps), mark


def _follow(value: Any, steps: tuple[str, ...], path: FieldPath, mark: Refers | IsProse) -> Iterator[Marked]:
    if value is None:
        return
    if not steps:
        yield Marked(path, mark, value)
    elif steps[0] == "*":
        for index, item in enumerate(value):
            yield from _follow(item, steps[1:], (*path, index), mark)
    else:
        yield from _follow(getattr(value, steps[0]), steps[1:], (*path, steps[0]), mark)


def shorten(text: str, width: int = 80) -> str:
    """Return the text on one line, cut after a word at `width` characters at most, with an ellipsis where cut."""
    line = " ".join(text.split())
    if len(line) <= width:
        return line
    head = line[:width].rpartition(" ")[0] or line[:width]
    return head.rstrip(" ,;:.\N{EM DASH}\N{EN DASH}") + "\N{HORIZONTAL ELLIPSIS}"


def in_quotes(text: str) -> str:
    """Return the text between quotation marks, with those inside it turned into single ones."""
    text = text.replace("\N{LEFT DOUBLE QUOTATION MARK}", "\N{LEFT SINGLE QUOTATION MARK}")
    text = text.replace("\N{RIGHT DOUBLE QUOTATION MARK}", "\N{RIGHT SINGLE QUOTATION MARK}")
    return f"\N{LEFT DOUBLE QUOTATION MARK}{text}\N{RIGHT DOUBLE QUOTATION MARK}"


def slug(text: str) -> str:
    """Return text as the part of an address, which can be the name of a file on any disk.

    Shape: romanised, small letters and hyphens, cut where it is long; "x" when nothing is left.
    """
    letters = (character if character.isalnum() else "-" for character in anyascii(same_text(text)).lower())
    name = "-".join(part for part in "".join(letters).split("-") if part)[:MAX_SLUG].strip("-") or "x"
    return f"{name}-" if is_reserved(name) else name

"""Checks one part of a briefing against its model, and makes of a faulty one what can still be checked further.

What is wrong is left out, item by item, so that all that is right in a record, and what that refers to, is looked at in
the same run. What is left out of a list leaves a blank there, so that the others keep their places.
"""

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from functools import cache
from typing import Any, TypeVar, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from generator.errors import nearest
from generator.fields import FieldPath, Part

BLANK = "blank-for-a-wrong-value"
BLANK_DATE = "9999"  # for a date that is needed, and wrong
_ROUNDS = 4  # a value that was left out may be missing in what is around it, and so on

Model = TypeVar("Model", bound=Part)


def validate_part(
    model: type[Model], values: Mapping[str, Any], blanks: Mapping[str, Any], leave_out: Iterable[str] = ()
) -> tuple[Model, list[ErrorDetails]]:
    """Return a part made of these values, and what is wrong with them.

    `blanks` are good for all fields that the model needs, and stand in for those that are wrong; the fields that are
    named in `leave_out` are checked, but not in the part.
    """
    left_out = set(leave_out)
    details: list[ErrorDetails] = []
    try:
        part = model.model_validate(values)
        if not left_out:
            return part, []
    except ValidationError as error:
        details = _without_echoes(model, error.errors())
    dates = {"date": BLANK_DATE} if "date" in blanks else {}
    good = {**blanks, **dates}
    mended = {name: value for name, value in values.items() if name not in left_out}
    return _mend(model, mended, good) or model.model_validate(good), details


def _mend(model: type[Model], values: Mapping[str, Any], blanks: Mapping[str, Any]) -> Model | None:
    """Return the part without what is wrong, or None where no blank fits."""
    mended = {**blanks, **deepcopy(dict(values))}
    for _ in range(_ROUNDS):
        try:
            return model.model_validate(mended)
        except ValidationError as error:
            for detail in _without_echoes(model, error.errors()):
                _blank(mended, detail, blanks)
    return None


def _blank(values: dict[str, Any], detail: ErrorDetails, blanks: Mapping[str, Any]) -> None:
    """Take one wrong value out of a part: a field altogether, unless it is needed, an item of a list for a blank."""
    *way, last = (step for step in detail["loc"] if step != "[key]")
    around: Any = values
    for step in way:
        inner: Any = None
        if isinstance(around, dict):
            inner = around.get(str(step))
        elif isinstance(step, int) and step < len(around):
            inner = around[step]
        if not isinstance(inner, dict | list):  # one item that stands for a list, or a short form
            around, last = (around, step) if inner is not None else ({}, last)
            break
        around = inner
    if isinstance(around, list):
        around[int(last)] = BLANK
    elif detail["type"] == "missing":
        around[str(last)] = BLANK_DATE if last == "date" else BLANK
    elif around is values and last in blanks:
        around[str(last)] = blanks[str(last)]
    else:
        around.pop(str(last), None)


def without_nulls(value: Any) -> Any:
    """Leave out what was left empty, so that a form with blanks is as good as one without the lines."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value if item is not None]
    return value


def _without_echoes(model: type[Part], details: Iterable[ErrorDetails]) -> list[ErrorDetails]:
    """Leave out what only follows from another mistake.

    A field is missing that is there under a slip of its name; a list is too short because what is in it is wrong.
    """
    found = list(details)
    unknown = {}
    for detail in found:
        *parent, name = detail["loc"]
        if detail["type"] == "extra_forbidden":
            unknown[*parent, nearest(str(name), field_names(model_at(model, tuple(parent))))] = name
    inside = {detail["loc"][:depth] for detail in found for depth in range(1, len(detail["loc"]))}
    return [
        detail
        for detail in found
        if not (detail["type"] == "missing" and detail["loc"] in unknown)
        and not (detail["type"] == "too_short" and detail["loc"] in inside)
    ]


@cache
def field_names(model: type[Part]) -> tuple[str, ...]:
    return tuple(field.alias or name for name, field in model.model_fields.items())


def annotation_at(model: type[Part], at: FieldPath) -> Any:
    """Return the type that a model declares for what stands at a path."""
    annotation: Any = model
    for step in at:
        if isinstance(step, str):
            part = next(
                (inner for inner in types_in(annotation) if isinstance(inner, type) and issubclass(inner, Part)), None
            )
            if part is None:
                return annotation
            names = {field.alias or name: field for name, field in part.model_fields.items()}
            annotation = names[step].annotation if step in names else None
    return annotation


def types_in(annotation: Any) -> Iterator[Any]:
    yield annotation
    for inner in get_args(annotation):
        yield from types_in(inner)


def model_at(model: type[Part], at: FieldPath) -> type[Part]:
    if not at:
        return model
    found = types_in(annotation_at(model, at))
    return next((inner for inner in found if isinstance(inner, type) and issubclass(inner, Part)), model)

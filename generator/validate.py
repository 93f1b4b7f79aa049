"""Step 2 of 5, validate: raw records in, checked records out, or all that is wrong with them.

Looks at one record at a time; what a record says of another is checked by `link.py`. Never stops at the first problem.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from pydantic_core import ErrorDetails

from generator.dates import PartialDate
from generator.errors import Problem, nearest
from generator.fields import MAX_LINE, FieldPath, Part, is_id, shorten
from generator.load import INFO_PATH, Loaded, RawRecord
from generator.mend import BLANK, annotation_at, field_names, model_at, types_in, validate_part, without_nulls
from generator.places import Places
from generator.records import Actor, BriefingInfo, Record
from generator.weigh import MAX_CHARACTERS, weigh_markdown


@dataclass(frozen=True, slots=True)
class Checked:
    """A checked record, and where it was written: `path` and `at` as in its `RawRecord`."""

    record: Record
    path: str
    at: FieldPath


class Judged(NamedTuple):
    """A raw record, what became of it, and what is wrong with it by itself."""

    raw: RawRecord
    record: Record
    problems: tuple[Problem, ...]


def validate_records(
    loaded: Loaded, places: Places, remembered: dict[int, Judged] | None = None
) -> tuple[dict[str, Checked], list[Problem]]:
    """Return the records by key, in the order of their files, and what is wrong with them.

    Shape: a record with a problem is there without the fields that have it, so that the rest of it, and what refers
    to it, can still be checked in the same run; one whose required fields are wrong is there with blanks.
    `remembered` has what an earlier call judged, by the `id()` of the raw record, and gets what this one does: a raw
    record that is the same object is not judged again.
    """
    problems: list[Problem] = []
    checked: dict[str, Checked] = {}
    assets = frozenset(loaded.assets)
    judged: dict[int, Judged] = {}
    for raw in loaded.records:
        found = (remembered or {}).get(id(raw)) or judge_alone(raw, places)
        judged[id(raw)] = found
        record = found.record
        twin = checked.get(record.key)
        problems += (*found.problems, *_contradicted(raw, record, assets, places))
        if record.id == BLANK:
            continue
        if twin is not None:
            first = places.of(twin.path, twin.at)
            place = places.of(raw.path, (*raw.at, "id"))
            message = f"the id '{record.id}' is taken by {first.path}:{first.line}."
            problems.append(Problem(place=place, field="id", message=message, hint="Give one of the two another id."))
            continue
        checked[record.key] = Checked(record, raw.path, raw.at)
    if remembered is not None:
        remembered.clear()
        remembered.update(judged)
    return checked, problems


def judge_record(raw: RawRecord, assets: frozenset[str], places: Places) -> Judged:
    """Return what becomes of one raw record beside these assets."""
    raw, record, problems = judge_alone(raw, places)
    return Judged(raw, record, (*problems, *_contradicted(raw, record, assets, places)))


def judge_alone(raw: RawRecord, places: Places) -> Judged:
    """Return what becomes of one raw record by itself: that the assets it names are there is still to be checked."""
    problems: list[Problem] = []
    record = _validate(raw, places, problems)
    return Judged(raw, record, tuple(problems))


def _contradicted(raw: RawRecord, record: Record, assets: frozenset[str], places: Places) -> Iterator[Problem]:
    for at, message, hint in _contradictions(record, assets) if record.id != BLANK else ():
        yield _problem(places, raw.path, (*raw.at, *at), at, message, hint)


def validate_info(values: Mapping[str, Any], places: Places) -> tuple[BriefingInfo, list[Problem]]:
    """Return the briefing's card, without what is wrong with it, and that."""
    heavy = _weigh(values, INFO_PATH, (), places)
    card, details = validate_part(BriefingInfo, without_nulls(values), {"title": BLANK})
    return card, [*heavy, *(_explain(BriefingInfo, detail, INFO_PATH, (), places) for detail in details)]


def _weigh(values: Mapping[str, Any], path: str, prefix: FieldPath, places: Places) -> list[Problem]:
    """Return what there is too much of in the texts of a record, all together, as they stand on one page."""
    # Short texts are joined to lines of one paragraph, for that is how pages show them.
    texts = sorted(_texts_in(values), key=lambda item: len(item[1]) > MAX_LINE or "\n" in item[1])
    starts, whole = [], ""
    for _, text in texts:
        starts.append(len(whole))
        whole += text if len(whole) > MAX_CHARACTERS else f"{text}\n\n" if "\n" in text else f"{text}\n"
    problems = []
    for excess in weigh_markdown(whole):
        index = bisect_right(starts, excess.start) - 1
        at, text = texts[index]
        needle = text[excess.start - starts[index] :].lstrip().partition("\n")[0][:80]
        place = places.of(path, (*prefix, *at), needle=needle)
        problems.append(Problem(place=place, field=field_name(at), message=excess.message, hint=excess.hint))
    return problems


def _texts_in(value: Any, at: FieldPath = ()) -> Iterator[tuple[FieldPath, str]]:
    """Yield all texts in a raw value, and where they stand in it."""
    if isinstance(value, str):
        yield at, value
    elif isinstance(value, dict | list):
        for step, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _texts_in(item, (*at, step))


def _validate(raw: RawRecord, places: Places, problems: list[Problem]) -> Record:
    values = without_nulls({**raw.values, "id": raw.id})
    problems += (heavy := _weigh(raw.values, raw.path, raw.at, places))
    # Of a record that is too much, what is long is left out: looking for links in it would be too much, too.
    long = {name for name in values if heavy and any(len(text) > MAX_LINE for _, text in _texts_in(values[name]))}
    blanks = {**dict.fromkeys(raw.model.required_on_new, BLANK), "id": raw.id if is_id(raw.id) else BLANK}
    record, details = validate_part(raw.model, values, blanks, leave_out=long)
    problems += [_explain(raw.model, detail, raw.path, raw.at, places) for detail in details]
    return record


def _problem(
    places: Places, path: str, full: FieldPath, at: FieldPath, message: str, hint: str, on_key: bool = False
) -> Problem:
    return Problem(place=places.of(path, full, on_key=on_key), field=field_name(at), message=message, hint=hint)


def field_name(at: FieldPath) -> str:
    """Return a field's name as an author would say it: "sources[2].at", counted from 1."""
    name = ""
    for step in at:
        name += f"[{step + 1}]" if isinstance(step, int) else f".{step}" if name else step
    return name


def _explain(model: type[Part], detail: ErrorDetails, path: str, prefix: FieldPath, places: Places) -> Problem:
    """Say one of pydantic's findings in the author's words, at its place."""
    at = tuple(step for step in detail["loc"] if step != "[key]")
    message, hint = _say(model, detail, at)
    if detail["type"] == "string_pattern_mismatch" and at == ("id",) and not prefix:
        hint = "Rename the file: small letters, digits and single hyphens."
    on_key = detail["type"] == "extra_forbidden" or detail["loc"][-1:] == ("[key]",)
    # A missing field has no place of its own: the record, or the part, that lacks it has.
    full = (*prefix, *(at[:-1] if detail["type"] == "missing" else at))
    return _problem(places, path, full, at, message, hint, on_key)


def _say(model: type[Part], detail: ErrorDetails, at: FieldPath) -> tuple[str, str]:
    found = detail["input"]
    shown = _shown(found)
    match detail["type"]:
        case "missing":
            return "missing.", _missing_hint(at)
        case "extra_forbidden":
            fields = field_names(model_at(model, at[:-1]))
            near = nearest(str(at[-1]), fields)
            return (
                "there is no such field.",
                f"Did you mean '{near}'?" if near else f"The fields here are {', '.join(fields)}.",
            )
        case "literal_error":
            known = _choices(model, at)
            near = nearest(str(found), known)
            return (
                f"{shown} is not one of its values.",
                f"Did you mean '{near}'?" if near else f"Write {_any_of(known)}.",
            )
        case "refused":
            return detail["ctx"]["message"], detail["ctx"]["hint"]
        case "string_pattern_mismatch":
            return f"{shown} has the wrong form.", _PATTERN_HINTS.get(str(at[-1]), _PATTERN_HINTS["language"])
        case "string_type" | "model_type" | "model_attributes_type" | "dict_type" | "mapping_type":
            wanted = "text" if detail["type"] == "string_type" else "fields, 'name: value'"
            return f"{shown} stands where {wanted} should be.", f"Write {wanted}."
        case "too_short" | "string_too_short":
            return "there is nothing in it.", "Write a value, or remove the line."
        case "bool_parsing" | "bool_type":
            return f"{shown} is neither true nor false.", "Write true or false."
        case "float_parsing" | "float_type" | "greater_than_equal" | "less_than_equal" | "finite_number":
            limit = 90 if at[-1] == "latitude" else 180
            return f"{shown} is not a number of degrees.", f"Write a number from -{limit} to {limit}, as 39.03."
    return f"{shown}: {detail['msg']}.", ""


def _shown(found: Any) -> str:
    if isinstance(found, str):
        return f"'{shorten(found)}'"
    return "a list" if isinstance(found, list | tuple) else "a group of fields"


_PATTERN_HINTS = {
    "id": "Write small letters, digits and single hyphens, as 'jane-doe'.",
    "country": "Write the two capitals of ISO 3166, as KP.",
    "wikidata": "Write a Wikidata item, as Q7747.",
    "language": "Write a BCP 47 language tag, as ru or zh-Hans.",
}


def _missing_hint(at: FieldPath) -> str:
    if at == ("sources",):
        return "Add the id of the source where the words can be seen, 'sources: an-id'."
    return f"Add a line '{at[-1]}: ...'."


def _any_of(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


def _choices(model: type[Part], at: FieldPath) -> list[str]:
    return [choice for choice in types_in(annotation_at(model, at)) if isinstance(choice, str)]


def _contradictions(record: Record, assets: frozenset[str]) -> Iterator[tuple[FieldPath, str, str]]:
    """Yield what one record says that cannot all be true: field, what was found, what to do."""
    if not isinstance(record, Actor):
        return
    for index, role in enumerate(record.roles):
        if _is_reversed(role.from_, role.to):
            yield (
                ("roles", index, "to"),
                f"the role ends in '{role.to}', before it starts in '{role.from_}'.",
                "Correct one of the two.",
            )
    if _is_reversed(record.born, record.died):
        yield (
            ("died",),
            f"'{record.died}' is before '{record.born}', when the actor was born.",
            "Correct one of the two.",
        )
    src = record.image.src if record.image else BLANK
    if src != BLANK and (not src.startswith("assets/") or src not in assets):
        near = nearest(src, [name for name in assets if name.startswith("assets/")])
        hint = (
            f"Did you mean '{near}'?"
            if near
            else "Put the file there and write its path, as assets/portraits/jane-doe.jpg."
        )
        yield (
            ("image", "src"),
            f"'{src}' is not a file in docs/assets.",
            hint,
        )


def _is_reversed(first: PartialDate | None, last: PartialDate | None) -> bool:
    return first is not None and last is not None and last.is_before(first)

"""What a hand-written page says of itself, before its text: its front matter, and its title."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from generator.errors import Place, Problem, nearest
from generator.load import RawPage, unseen_in_page
from generator.places import place_of
from generator.prose import strip_markdown
from generator.yaml_text import read_yaml

PAGE_FIELDS = ("title", "description", "hide")  # others could choose templates, or load things

_FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.MULTILINE | re.DOTALL)
_TITLE = re.compile(r"^# +(.+)$", re.MULTILINE)


class Front(NamedTuple):
    """What a page says of itself, its text after that, and what is wrong with it."""

    fields: Mapping[str, object]
    title: str
    body: str
    problems: list[Problem]


def read_front(page: RawPage) -> Front:
    """Return what a page says of itself; its title is that of its first heading, or its name, where it says none."""
    match = _FRONT_MATTER.match(page.text)
    problems: list[Problem] = []
    fields = _read_fields(page, match[1], problems) if match else {}
    body = page.text[match.end() :] if match else page.text
    heading = _TITLE.search(body)
    stem = page.name.removesuffix(".md").rpartition("/")[2]
    from_heading = strip_markdown(heading[1].rstrip().rstrip("#")) if heading else stem.replace("-", " ").capitalize()
    title = str(fields.get("title") or from_heading)
    problems += unseen_in_page(page, heading[0] if heading else "", {"title": title, **fields})
    return Front(fields, title, body, problems)


def _read_fields(page: RawPage, text: str, problems: list[Problem]) -> Mapping[str, object]:
    values = read_yaml("\n" + text, page.path, problems)  # the blank line makes the line numbers right
    if values is not None and not isinstance(values, dict):
        hint = "Write lines of 'name: value' between the two lines of hyphens."
        problems.append(
            Problem(
                place=place_of(page.text, page.path, ""), field="", message="the front matter has no fields.", hint=hint
            )
        )
    for name in values if isinstance(values, dict) else ():
        if name not in PAGE_FIELDS:
            at = max(0, page.text.find(f"\n{name}")) + 1
            place = Place(page.path, page.text.count("\n", 0, at) + 1)
            near = nearest(name, PAGE_FIELDS)
            hint = f"Did you mean '{near}'?" if near else f"A page may have {', '.join(PAGE_FIELDS)}."
            problems.append(Problem(place=place, field=name, message="there is no such field.", hint=hint))
    return values if isinstance(values, dict) else {}

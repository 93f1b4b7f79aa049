"""The lists of topics after records got other topics, made of the lists before: the other records are not read.

A topic that comes to be, or goes, is left to a whole build; so is a list that has more or fewer pages now.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from generator.explorer import number_values
from generator.fields import slug
from generator.lists import IN_LISTS, ListPlan, page_paths
from generator.records import Quote

FOLDER = "tags"


class Retagged(NamedTuple):
    """A record whose topics changed: its key, and its topics before and now."""

    key: str
    before: tuple[str, ...]
    now: tuple[str, ...]


def replan_topics(
    plans: Mapping[str, ListPlan], edits: Iterable[Retagged], order: Sequence[str]
) -> dict[str, ListPlan] | None:
    """Return the pages of topics, and of the list of them, as they are now: {path: plan}; None when it takes more.

    `order` are the keys of all records in their order.
    """
    rank = {key: (IN_LISTS.index(key.partition("/")[0]), number) for number, key in enumerate(order)}
    now: dict[str, ListPlan] = {}
    for edit in edits:
        for topic in {*edit.before} ^ {*edit.now}:
            key = f"{FOLDER}/{slug(topic)}"
            pages = _pages_of(plans, now, f"{key}.md")
            keys = {str(item) for page in pages for item in page.items} ^ {edit.key}
            if not pages or not keys or pages[0].title != topic:
                return None
            first = pages[0]
            made = [*ListPlan.each(first.path, first.title, first.kind, "", sorted(keys, key=rank.__getitem__))]
            if len(made) != len(pages):
                return None
            now |= {page.path: page for page in made}
            now |= {page.path: _recount(page, key, len(keys)) for page in _pages_of(plans, now, f"{FOLDER}/index.md")}
    return now


def refaceted(chosen: Mapping[str, Any], edits: Iterable[Retagged], order: Iterable[str]) -> Mapping[str, Any]:
    """Return by what quotes can be narrowed, as `explorer.choose_facets` has it, with the topics that they have now."""
    quotes = [key for key in order if key.startswith(f"{Quote.folder}/")]
    now = {edit.key: edit.now for edit in edits}
    facet = chosen["facets"]["topic"]
    own = ([facet["values"][number] for number in row] for row in facet["rows"])
    topics = [[*dict.fromkeys(now[key])] if key in now else row for key, row in zip(quotes, own, strict=True)]
    return {**chosen, "facets": {**chosen["facets"], "topic": number_values(topics)}}


def _pages_of(plans: Mapping[str, ListPlan], now: Mapping[str, ListPlan], path: str) -> list[ListPlan]:
    """Return the pages of a list as they are now, or else were; none when there is no such list."""
    first = plans.get(path)
    return [now.get(page) or plans[page] for page in page_paths(path, first.pager.last)] if first else []


def _recount(page: ListPlan, key: str, count: int) -> ListPlan:
    items = tuple(
        (item[0], item[1], count) if item[1] == key else item for item in page.items if not isinstance(item, str)
    )
    return page._replace(items=items)

"""The page numbers of a book: each setting of it tells where everything stands, and the next one says so.

A book is settled when it stands as it says. Works on the data of `book.json`, in place; knows no records, and no Typst.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from generator.characters import isolated

EN_DASH = "\N{EN DASH}"
SIGNS_TO_A_PAGE = 4250  # of the data, with its own words
LINES_OF_CONTENTS = 45  # on a page


class Found(NamedTuple):
    """What stands somewhere in the book: the `value` of a kind, on page `page` (from 1), `y` points from its top.

    Kinds: "section" and "name" for the running heads, "entry" for a record, place or topic, "cite" for a
    citation, "use" for what refers to a key.
    """

    kind: str
    value: str
    page: int
    y: float


@dataclass(slots=True)
class Pages:
    """On which pages things stand: of each key its own, and those with references to it."""

    own: dict[str, int] = field(default_factory=dict)
    uses: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    heads: list[dict[str, str]] = field(default_factory=list)
    heights: dict[str, float] = field(default_factory=dict, compare=False)  # where a link leads to on the page

    @classmethod
    def guess(cls, content: Mapping[str, Any]) -> "Pages":
        """Return the pages that the entries stand on when all pages hold the same number of signs.

        So the first setting is as long as the last, and there are fewer of them.
        """
        pages = cls()
        signs = 0
        lines = sum(len(content[section]) for section in ("actors", "chronicle", "sources"))
        before = 2 + lines // LINES_OF_CONTENTS
        for section in ("judgements", "summary", "chapters", "timeline", "actors", "chronicle", "sources", "index"):
            for value in _values(content[section]):
                if isinstance(value, str):
                    signs += len(value)
                    continue
                keys = [value["key"]] if "key" in value and value.get("t") != "ref" else value.get("anchors", ())
                pages.own |= dict.fromkeys(keys, before + signs // SIGNS_TO_A_PAGE)
        return pages

    @classmethod
    def of(cls, found: Iterable[Found]) -> "Pages":
        """Return the pages of what was found, which comes in the order of the book."""
        pages = cls()
        listed = list(found)
        for item in listed:
            if item.kind == "entry":
                pages.own.setdefault(item.value, item.page)
                pages.heights.setdefault(item.value, item.y)
            elif item.kind == "use":
                pages.uses[item.value].add(item.page)
        pages.heads = _heads(listed)
        return pages


def _heads(found: Sequence[Found]) -> list[dict[str, str]]:
    """Return the running head of each page: the section that began last, the first and last name on the page."""
    heads: list[dict[str, str]] = []
    section = ""
    by_page: dict[int, list[Found]] = defaultdict(list)
    for item in found:
        by_page[item.page].append(item)
    for page in range(1, max(by_page, default=0) + 1):
        sections = [item.value for item in by_page[page] if item.kind == "section"]
        names = [item.value for item in by_page[page] if item.kind == "name"]
        section = sections[0] if sections else section
        spread = f"{isolated(names[0])} {EN_DASH} {isolated(names[-1])}" if len(names) > 1 else "".join(names)
        heads.append({"section": section, "names": spread})
        section = sections[-1] if sections else section
    return heads


class Numbering:
    """Writes page numbers into a book's content: `content` is what `book.json` holds."""

    def __init__(self, content: dict[str, Any]) -> None:
        self._content = content
        self._page_word: str = content["words"]["page"]
        mappings = [value for value in _values(content) if isinstance(value, dict)]
        self._references = [(node, node["page"]) for node in mappings if node.get("t") == "ref"]
        self._uses = [use for node in mappings for use in node.get("uses", ())]
        indexed = {key for entry in content["index"] for key in entry["keys"]}
        for node, _ in self._references:
            node["in-index"] = node["key"] in indexed

    def write(self, pages: Pages) -> None:
        """Write these pages everywhere that names one, and where all links lead."""
        for node, has_page in self._references:
            page = pages.own[node["key"]]
            node["page"] = self._page_word.replace("{page}", str(page)) if has_page else ""
            node["to"] = [page, pages.heights.get(node["key"], 0)]
        for use in self._uses:
            use["pages"] = list(_in_ranges({pages.own[key] for key in use["keys"]}, set()))
        for entry in self._content["index"]:
            own = {pages.own[key] for key in entry["keys"]}
            uses = {page for key in entry["keys"] for page in pages.uses.get(key, ())}
            entry["pages"] = list(_in_ranges({*own, *uses}, own))
        self._content["heads"] = pages.heads


def _values(value: Any) -> Iterator[Any]:
    """Yield all mappings and texts inside a value, in the order in which they stand there."""
    if isinstance(value, list | tuple):
        for inner in value:
            yield from _values(inner)
    elif isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _values(inner)
    elif isinstance(value, str):
        yield value


def _in_ranges(pages: Set[int], bold: Set[int]) -> Iterator[dict[str, Any]]:
    """Yield pages in order, those in a row as one range. Each leads to the top of its first page."""
    ranges: list[list[int]] = []
    for page in sorted(pages):
        if ranges and ranges[-1][1] == page - 1 and page not in bold and page - 1 not in bold:
            ranges[-1][1] = page
        else:
            ranges.append([page, page])
    for start, end in ranges:
        shown = f"{start}{EN_DASH}{end}" if end > start else str(start)
        yield {"shown": shown, "to": [start, 0], "is-bold": start in bold}

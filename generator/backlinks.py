"""The way back: who names a record, under which heading. Kept from one reading to the next, for the preview."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from generator.fields import FieldPath

MENTIONED = "mentioned-in"


class Backlink(NamedTuple):
    """What names a record: the key of a record or page, and the field it does so in (() in a page's text)."""

    key: str
    at: FieldPath


Naming = tuple[str, str, Backlink]  # key named, heading under which that is listed, what names it


class WaysBack:
    """Who names whom, turned round; after an edit, only for those whom it touches."""

    def __init__(self) -> None:
        self._given: defaultdict[str, dict[str, list[Naming]]] = defaultdict(dict)  # key named -> author -> ways
        self._turned: dict[str, Mapping[str, tuple[Backlink, ...]]] = {}
        self._touched: set[str] = set()
        self._authors: set[str] = set()  # who gave, or took back, since all was last turned
        self._order: tuple[list[str], frozenset[str]] = [], frozenset()
        self._rank: Mapping[str, int] = {}  # of each key in that order

    def forget(self, author: str, names: Iterable[Naming]) -> None:
        """Take back what this author gave."""
        self._authors.add(author)
        for named, _, _ in names:
            self._given[named].pop(author, None)
            self._touched.add(named)

    def give(self, author: str, names: Iterable[Naming]) -> None:
        """Note what this author names."""
        self._authors.add(author)
        for naming in names:
            self._given[naming[0]].setdefault(author, []).append(naming)
            self._touched.add(naming[0])

    def authors_of(self, named: str) -> Iterable[str]:
        """Return the keys of those who name a record, drafts among them."""
        return self._given.get(named, {}).keys()

    def turned(self, order: list[str], drafts: frozenset[str]) -> dict[str, Mapping[str, tuple[Backlink, ...]]]:
        """Return {key named: {heading: what names it, in this order of keys}}, without drafts."""
        is_in_order = self._order == (order, drafts)
        if not is_in_order:
            is_in_order = self._order[1] == drafts and self._without(self._order[0]) == self._without(order)
            self._rank = {key: number for number, key in enumerate(order)}
        anew = self._touched if is_in_order else self._given.keys() | self._touched
        for named in anew:
            given = self._given.get(named, {})
            authors = sorted(
                (author for author in given if author not in drafts and author != named), key=self._rank.__getitem__
            )
            if authors:
                self._turned[named] = by_heading(naming for author in authors for naming in given[author])
            else:
                self._turned.pop(named, None)
        self._touched, self._authors = set(), set()
        self._order = order, drafts
        return dict(self._turned)

    def _without(self, order: list[str]) -> list[str]:
        """Return an order without those whose place in it counts only where they are named anew."""
        return [key for key in order if key not in self._authors]


def by_heading(names: Iterable[Naming]) -> dict[str, tuple[Backlink, ...]]:
    """Return {heading: backlinks}, by heading, each once; who is under another is not also under "Mentioned in"."""
    found: defaultdict[str, dict[Backlink, None]] = defaultdict(dict)
    for _, heading, backlink in names:
        found[heading][backlink] = None
    elsewhere = {backlink.key for heading, backs in found.items() if heading != MENTIONED for backlink in backs}
    mentions = {backlink.key: backlink for backlink in found.pop(MENTIONED, {}) if backlink.key not in elsewhere}
    if mentions:
        found[MENTIONED] = dict.fromkeys(mentions.values())
    return {heading: tuple(found[heading]) for heading in sorted(found)}

"""Finds the names of actors in running text, in any script. Knows names and words, nothing of Markdown."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from functools import cache
from itertools import chain
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick, MatchKind

from generator.mend import BLANK
from generator.records import Actor, Record

# Particles that Korean writes onto a name: without them "김정은은" would not mention 김정은.
_KOREAN_PARTICLES = re.compile(
    r"(?:은|는|이|가|을|를|의|에|에게|에서|께서?|와|과|도|만|로|으로|부터|까지|보다|처럼|라고|이라고|씨|님)*(?!\w)"
)
# Scripts that put no space between words: there, a name ends where its letters end. No pattern, as Python takes
# milliseconds to make one of so many characters.
_UNSPACED = (
    range(0x0E00, 0x0F00),
    range(0x1000, 0x10A0),
    range(0x1780, 0x1800),
    range(0x3040, 0x3100),
    range(0x3400, 0x4DC0),
    range(0x4E00, 0xA000),
    range(0xF900, 0xFB00),
)
MOST_LATE = 100  # forms of names that came since the search for all of them was made
MAX_NESTED = 10  # names that end in each other, as "Kim Jong Un" in "Un"
_PIECE = 10_000  # characters searched at once: what is found in them is held in memory


class FoundName(NamedTuple):
    """A name in a text: from the character `start` up to `end`, naming the actor with this key."""

    start: int
    end: int
    key: str


def names_of(records: Iterable[Record]) -> dict[str, list[str]]:
    """Return {name: keys, sorted, of the actors that have it}: their names, aliases and names in other languages."""
    keys_by_name: defaultdict[str, list[str]] = defaultdict(list)
    for actor in (record for record in records if isinstance(record, Actor)):
        names = {actor.name, *actor.aliases, *actor.names.values()} - {BLANK}
        for name in {unicodedata.normalize("NFC", name) for name in names}:
            keys_by_name[name].append(actor.key)
    return {name: sorted(keys) for name, keys in keys_by_name.items()}


def names_after(
    names: Mapping[str, list[str]], before: Iterable[Record], now: Iterable[Record]
) -> Mapping[str, list[str]]:
    """Return what `names_of` finds after some records were edited; the same object where no name is another."""
    gone, come = names_of(before), names_of(now)
    if gone == come:
        return names
    found = {**names}
    for name in gone.keys() | come.keys():
        left = [key for key in names.get(name, ()) if key not in gone.get(name, ())]
        found[name] = sorted((*left, *come.get(name, ())))
    return {name: keys for name, keys in found.items() if keys}


class NameIndex:
    """All names by which actors can be linked, {name: keys} as `names_of` has them. A name that two actors share links
    neither: it is in `shared`.
    """

    def __init__(self, names: Mapping[str, Sequence[str]]) -> None:
        self._names = names
        self.shared = shared_names(names)
        self.nested = {name: names[name][0] for name in _nested(names)}
        # Shared names stay in the search: "Kim" of two actors must hide the "Kim" of neither, but link none.
        links = {name: _leads_to(keys) for name, keys in names.items() if name not in self.nested}
        self._links = {form: key for name, key in links.items() for form in forms_of(name)}
        self._search, self._late = _Search(self._links), _Search(())  # for those that were there first, and that came

    def after(self, names: Mapping[str, Sequence[str]]) -> "NameIndex":
        """Return the index of other names; where few of them are, all is as it was but for these."""
        others = _others(self._names, names)
        late = self._late.forms.union(*(forms_of(name) for name in others if name in names))
        if len(late) > MOST_LATE or any(_nested_near(self._names, others)) or any(_nested_near(names, others)):
            return NameIndex(names)
        made = copy(self)
        made._names, made.shared = names, shared_names(names)
        made._links = {**self._links}
        for name in others:
            for form in forms_of(name):
                made._links.pop(form, None)
                if name in names:
                    made._links[form] = _leads_to(names[name])
        made._late = _Search(late)
        return made

    def find(self, text: str) -> Iterator[FoundName]:
        """Yield the names in a text from left to right: whole words, the longest of several, none inside another."""
        in_lines = text.replace("\n", " ")  # of the same length: a name may go on in the next line
        hits = sorted(
            (start, -end)
            for start, end in chain(self._search.find(in_lines), self._late.find(in_lines))
            if in_lines[start:end] in self._links and _starts_word(text, start) and _ends_word(text, end)
        )
        reached = 0
        for start, minus_end in hits:
            if start < reached:
                continue
            reached = -minus_end
            key = self._links[in_lines[start:reached]]
            if key is not None:
                yield FoundName(start, reached, key)

    def changed(self, since: "NameIndex") -> list[str]:
        """Return the forms of names that link another actor than they did, or now hide others, or no longer do."""
        before, now = since._links, self._links
        forms = before.keys() | now.keys()
        if since.nested == self.nested:
            forms = {form for name in _others(since._names, self._names) for form in forms_of(name)}
        return [form for form in forms if before.get(form, "") != now.get(form, "")]


class _Search:
    """Finds forms of names, in each other too."""

    def __init__(self, forms: Iterable[str]) -> None:
        self.forms = frozenset(forms)
        self._longest = max(map(len, self.forms), default=0)
        self._search = AhoCorasick([*self.forms], matchkind=MatchKind.Standard) if self.forms else None

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where forms start and end in a text. A long one is searched piece by piece."""
        if self._search is None:
            return
        for offset in range(0, len(text), _PIECE):
            piece = text[offset : offset + _PIECE + self._longest]
            for _, start, end in self._search.find_matches_as_indexes(piece, overlapping=True):
                if start < _PIECE:
                    yield offset + start, offset + end


def _others(before: Mapping[str, Sequence[str]], now: Mapping[str, Sequence[str]]) -> set[str]:
    """Return the names that others have than before, or that came or went."""
    return {name for name in before.keys() | now.keys() if before.get(name) != now.get(name)}


def _nested_near(names: Iterable[str], others: Iterable[str]) -> Iterator[str]:
    """Yield the nested among the names in which some others end, or that end in these."""
    ends = tuple(others)
    parts = {end[start:] for end in ends for start in range(len(end))}
    return _nested(name for name in names if name in parts or name.endswith(ends))


def changed_forms(before: Mapping[str, Sequence[str]], now: Mapping[str, Sequence[str]]) -> set[str] | None:
    """Return the forms of names, {name: keys}, that lead to another actor than before, or no longer to one; None where
    others end in each other than before.
    """
    others = _others(before, now)
    leads = [{name: _leads_to(names[name]) for name in others if name in names} for names in (before, now)]
    changed = {name for name in others if leads[0].get(name, "") != leads[1].get(name, "")}
    nested = {*_nested_near(before, changed)}
    if nested != {*_nested_near(now, changed)} or changed & nested:
        return None
    return {form for name in changed for form in forms_of(name)}


def shared_names(keys: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Return the names that several actors have, with the keys of these: such a name leads to none of them."""
    return {name: tuple(named) for name, named in keys.items() if len(named) > 1}


def _leads_to(keys: Sequence[str]) -> str | None:
    return keys[0] if len(keys) == 1 else None


def forms_of(name: str) -> set[str]:
    """Return the ways in which a name may be stored: its accents as parts of letters (NFC), or on their own (NFD)."""
    return {name} if name.isascii() else {name, unicodedata.normalize("NFD", name)}


def as_line(text: str) -> str:
    """Return a text on one line with single spaces: names in it may go on in the next line."""
    return " ".join(text.split())


def _nested(names: Iterable[str]) -> Iterator[str]:
    """Yield the names in which too many others end, "a", "aa", "aaa": looking for them would take for ever."""
    inside: list[str] = []
    for name in sorted(name[::-1] for name in names):
        while inside and not name.startswith(inside[-1]):
            inside.pop()
        if len(inside) >= MAX_NESTED:
            yield name[::-1]
        else:
            inside.append(name)


def _starts_word(text: str, start: int) -> bool:
    return start == 0 or not _goes_on(text[start - 1], text[start])


def _ends_word(text: str, end: int) -> bool:
    if end == len(text) or not _goes_on(text[end], text[end - 1]):
        return True
    return "\uac00" <= text[end - 1] <= "\ud7a3" and _KOREAN_PARTICLES.match(text, end) is not None


def _goes_on(outside: str, edge: str) -> bool:
    """Tell whether the character outside a name belongs to the same word as the one at the name's edge."""
    return _is_letter(outside) and not _is_unspaced(outside) and not _is_unspaced(edge)


@cache
def _is_unspaced(character: str) -> bool:
    return any(ord(character) in letters for letters in _UNSPACED)


def _is_letter(character: str) -> bool:
    return character.isalnum() or character == "_" or unicodedata.category(character).startswith("M")

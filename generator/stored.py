"""Mappings that the ledger has, read one value at a time, when it is looked up; and what was changed in them."""

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from typing import Generic, TypeVar

from generator.fields import FieldPath
from generator.inputs import Input, input_of, read_input
from generator.ledger import Ledger
from generator.prose import Prose

Value = TypeVar("Value")


class Stored(MutableMapping[str, Value], Generic[Value]):
    """The inputs of one kind, by key; where `keys` are given, there are no others, and it goes through them in order.

    What was put in or taken out counts.
    """

    def __init__(self, ledger: Ledger, kind: str, keys: Mapping[str, object] | None = None) -> None:
        self.keys_in_order: Mapping[str, object] = keys or {}
        self._is_whole = keys is not None
        self._known: dict[str, Value] = {}
        self._gone: set[str] = set()
        self._changed: set[str] = set()
        self._absent: set[str] = set()  # of those that were asked for at once
        self._ledger = ledger
        self._kind = kind

    def __getitem__(self, key: str) -> Value:
        if key not in self._known:
            is_absent = key in self._absent or (self._is_whole and key not in self.keys_in_order)
            row = None if is_absent else self._ledger.input(self._kind, key)
            if row is None or key in self._gone:
                raise KeyError(key)
            self._known[key] = read_input(self._kind, key, row[1])
        return self._known[key]

    def __setitem__(self, key: str, value: Value) -> None:
        self._known[key] = value
        self._gone.discard(key)
        self._changed.add(key)

    def __delitem__(self, key: str) -> None:
        self[key]  # which raises KeyError where there is none
        del self._known[key]
        self._gone.add(key)
        self._changed.add(key)

    def __contains__(self, key: object) -> bool:
        if self._is_whole:
            return key in self._known or (key in self.keys_in_order and key not in self._gone)
        return self.get(str(key)) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys_in_order)

    def __len__(self) -> int:
        return len(self.keys_in_order)

    def fetch(self, keys: Iterable[str]) -> list[Value]:
        """Read several values at once, which takes less time than one by one, and return those that there are."""
        asked = {*keys}
        wanted = asked - self._known.keys() - self._gone - self._absent
        found = self._ledger.inputs(self._kind, wanted)
        self._absent |= wanted - found.keys()
        for key, value in found.items():
            self._known[key] = read_input(self._kind, key, value)
        return [self._known[key] for key in asked if key in self._known]

    def changes(self) -> Iterator[tuple[tuple[str, str], Input]]:
        """Yield what was put in or taken out, ((kind, key), input); without a value: gone."""
        for key in sorted(self._changed):
            yield (self._kind, key), Input("", "") if key in self._gone else self._input_of(key)

    def _input_of(self, key: str) -> Input:
        return input_of(self._kind, self._known[key], key if self._kind == "choice" else "")


class StoredProse(Mapping[tuple[str, FieldPath], Prose]):
    """Prose by key and field, of texts by key."""

    def __init__(self, texts: Mapping[str, Mapping[FieldPath, Prose]]) -> None:
        self._texts = texts

    def __getitem__(self, place: tuple[str, FieldPath]) -> Prose:
        key, at = place
        return self._texts[key][at]

    def __iter__(self) -> Iterator[tuple[str, FieldPath]]:
        return ((key, at) for key in self._texts for at in self._texts[key])

    def __len__(self) -> int:
        return sum(map(len, self._texts.values()))

"""Mappings that the ledger has, read from there one value at a time, when it is looked up."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Generic, TypeVar

from generator.fields import FieldPath
from generator.inputs import read_input
from generator.ledger import Ledger
from generator.link import Prose

Value = TypeVar("Value")


class Stored(Mapping[str, Value], Generic[Value]):
    """The inputs of one kind, by key; `keys` are those that it goes through. What is put into `known` counts first."""

    def __init__(self, ledger: Ledger, kind: str, keys: Iterable[str] = ()) -> None:
        self.known: dict[str, Value] = {}
        self._ledger = ledger
        self._kind = kind
        self._keys = dict.fromkeys(keys)

    def __getitem__(self, key: str) -> Value:
        if key not in self.known:
            row = self._ledger.input(self._kind, key)
            if row is None:
                raise KeyError(key)
            self.known[key] = read_input(self._kind, key, row[1])
        return self.known[key]

    def __contains__(self, key: object) -> bool:
        return key in self._keys or self.get(str(key)) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)


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

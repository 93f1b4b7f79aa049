"""Mappings that note what is looked up in them: so a page tells what it was made of.

Only look-ups are noted. Who goes through all of a mapping chooses or arranges, and does that on the whole.
"""

from collections.abc import Callable, ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from functools import cached_property
from typing import Any, Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Noted(dict[Key, Value], Generic[Key, Value]):
    """A view of a mapping. As a dict it holds what was looked up, so that what is asked for again costs nothing."""

    __slots__ = ("_absent", "whole")

    def __init__(self, whole: Mapping[Key, Value]) -> None:
        super().__init__()
        self.whole = whole
        self._absent: set[Key] = set()

    def __missing__(self, key: Key) -> Value:
        try:
            value = self[key] = self.whole[key]
        except KeyError:
            self._absent.add(key)
            raise
        return value

    def get(self, key: Key, default: Any = None) -> Any:
        """Return the value of a key, or `default`: that there was none is noted, too."""
        try:
            return self[key]
        except KeyError:
            return default

    def take(self) -> list[Key]:
        """Return the keys that were looked up since this was last asked, and forget them."""
        keys = [*super().keys(), *self._absent]
        if keys:
            self.clear()
            self._absent.clear()
        return keys

    def __contains__(self, key: object) -> bool:
        return key in self.whole

    def __iter__(self) -> Iterator[Key]:
        return iter(self.whole)

    def __len__(self) -> int:
        return len(self.whole)

    def keys(self) -> KeysView[Key]:  # type: ignore[override]
        return self.whole.keys()

    def values(self) -> ValuesView[Value]:  # type: ignore[override]
        return self.whole.values()

    def items(self) -> ItemsView[Key, Value]:  # type: ignore[override]
        return self.whole.items()


def with_edits(whole: Mapping[Key, Value], edits: Mapping[Key, Value | None]) -> dict[Key, Value]:
    """Return a mapping as it is after edits, where None takes a key out."""
    found = {**whole, **{key: value for key, value in edits.items() if value is not None}}
    for key in (key for key, value in edits.items() if value is None):
        del found[key]
    return found


class Deferred(Mapping[Key, Value], Generic[Key, Value]):
    """A mapping that is made when it is first asked for anything."""

    def __init__(self, make: Callable[[], Mapping[Key, Value]]) -> None:
        self._make = make

    @cached_property
    def _made(self) -> Mapping[Key, Value]:
        return self._make()

    def __getitem__(self, key: Key) -> Value:
        return self._made[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)


class Lazy(dict[Key, Value], Generic[Key, Value]):
    """A mapping whose values are made when they are first looked up."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[[Key], Value]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: Key) -> Value:
        value = self[key] = self._make(key)
        return value

    def fill(self, keys: Iterable[Key]) -> None:
        """Make the values of these keys now."""
        self.update((key, self._make(key)) for key in keys if key not in self)

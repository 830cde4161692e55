"""What was worked out of texts, kept for a while, since much of what is said on the phone is said again and again.

Bounded by characters, so that long texts take no more room than short ones, and never for good: words of a call that was erased
are in no memory ten minutes after the next text is worked on, and at once where :func:`forget` is called.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import update_wrapper
from threading import Lock
from time import monotonic
from typing import Any, Generic, ParamSpec, TypeVar
from weakref import WeakSet

P = ParamSpec("P")
R = TypeVar("R")
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

SECONDS = 600.0
_ENTRY = 50
"""Characters that an entry counts for besides its text."""
_SHARE = 16
"""A text that takes more than this part of the room is not kept."""


class Shelf(Generic[K, V]):
    """Results by the texts they were worked out of, up to so many characters of text; the oldest half goes when they are too many."""

    def __init__(self, characters: int) -> None:
        self._most = characters
        self._results: dict[K, V] = {}
        self._held, self._since = 0, monotonic()
        self._lock = Lock()
        _ALL.add(self)

    def __getitem__(self, key: K) -> V:
        return self._results[key]

    def __contains__(self, key: K) -> bool:
        return key in self._results

    def keep(self, key: K, result: V) -> None:
        """Keeps a result, unless its text is too long."""
        size = _size(key)
        if size * _SHARE > self._most:
            return
        with self._lock:
            if monotonic() - self._since > SECONDS:
                self._empty()
            if self._held + size > self._most:
                for old in list(self._results)[: len(self._results) // 2 + 1]:
                    del self._results[old]
                    self._held -= _size(old)
            if key not in self._results:
                self._held += size
            self._results[key] = result

    def clear(self) -> None:
        """Keeps nothing."""
        with self._lock:
            self._empty()

    def _empty(self) -> None:
        self._results = {}
        self._held, self._since = 0, monotonic()

    @property
    def held(self) -> int:
        """Characters kept, and ``_ENTRY`` an entry."""
        return self._held


class Kept(Generic[P, R]):
    """A function of texts that remembers. Results are handed out again as they are: they must not be changed."""

    def __init__(self, function: Callable[P, R], characters: int) -> None:
        self._function = function
        self.shelf = Shelf[Hashable, R](characters)
        update_wrapper(self, function)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        key: Hashable = (args, tuple(kwargs.items())) if kwargs else args
        try:
            return self.shelf[key]
        except KeyError:
            result = self._function(*args, **kwargs)
            self.shelf.keep(key, result)
            return result


def kept(characters: int) -> Callable[[Callable[P, R]], Kept[P, R]]:
    """Makes a :class:`Kept` of a function. Texts count whether they are arguments or stand in tuples among them."""
    return lambda function: Kept(function, characters)


def forget() -> None:
    """Nothing of any text stays, for all functions: what erasure calls, and who waits for the next calls."""
    for one in list(_ALL):
        one.clear()


def _size(key: object) -> int:
    if isinstance(key, str):
        return _ENTRY + len(key)
    return sum(map(_size, key)) if isinstance(key, tuple) else _ENTRY


_ALL: WeakSet[Shelf[Any, Any]] = WeakSet()

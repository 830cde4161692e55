"""What was worked out of texts, kept for a while, since much of what is said on the phone is said again and again.

Bounded by characters, so that long texts take no more room than short ones, and never for good: words of a call that is erased are
gone from the memory of every process within ``SECONDS``, and at once from that of the one which calls :func:`forget`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable
from functools import update_wrapper
from threading import Lock, Timer
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
        self._held = 0
        self._lock = Lock()
        _ALL.add(self)

    def __getitem__(self, key: K) -> V:
        return self._results[key]

    def get(self, key: K) -> V | None:
        """The result for a text, None where it is not known."""
        return self._results.get(key)

    def keep(self, key: K, result: V) -> None:
        """Keeps a result, unless its text is too long."""
        size = _size(key)
        if size * _SHARE > self._most:
            return
        with self._lock:
            if self._held + size > self._most:
                for old in list(self._results)[: len(self._results) // 2 + 1]:
                    del self._results[old]
                    self._held -= _size(old)
            if key not in self._results:
                self._held += size
            self._results[key] = result
        _CLOCK.start()

    def clear(self) -> None:
        """Keeps nothing."""
        with self._lock:
            self._results, self._held = {}, 0

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
            return self.shelf._results[key]  # the commonest thing done here: one call less
        except KeyError:
            result = self._function(*args, **kwargs)
            self.shelf.keep(key, result)
            return result


def kept(characters: int) -> Callable[[Callable[P, R]], Kept[P, R]]:
    """Makes a :class:`Kept` of a function. Texts count whether they are arguments or stand in tuples among them."""
    return lambda function: Kept(function, characters)


def forget() -> None:
    """Nothing of any text stays, for all functions."""
    _CLOCK.stop()
    for one in list(_ALL):
        one.clear()


def _size(key: object) -> int:
    if isinstance(key, str):
        return _ENTRY + len(key)
    if not isinstance(key, tuple):
        return _ENTRY
    return sum([_ENTRY + len(part) if isinstance(part, str) else _size(part) for part in key])


class _Clock:
    """Forgets everything ``SECONDS`` after something was kept."""

    def __init__(self) -> None:
        self._timer: Timer | None = None

    def start(self) -> None:
        if self._timer is None:
            self._timer = Timer(SECONDS, forget)
            self._timer.daemon = True
            self._timer.start()

    def stop(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    def lost(self) -> None:
        """A process that was forked has no thread but its own."""
        self._timer = None


_ALL: WeakSet[Shelf[Any, Any]] = WeakSet()
_CLOCK = _Clock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_CLOCK.lost)

"""Open hash tables of numbers, and rows that grow."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from qa.compiled import kernel

FREE = -1
_SPREAD = 2654435761
"""2^32 over the golden ratio (Knuth, multiplicative hashing): neighbouring keys lie far apart, products stay below 2^63."""
Array = npt.NDArray[Any]


@kernel
def slot_of(table: Array, key: int | np.int64) -> int | np.int64:
    """Where ``key`` (not negative) stands in a table whose size is a power of two, or the free place where it would."""
    last = len(table) - 1
    place = (((key ^ (key >> 31)) & 0x7FFFFFFF) * _SPREAD >> 20) & last
    while table[place] != key and table[place] != FREE:
        place = (place + 1) & last
    return place


@kernel
def placed(keys: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """A table of different ``keys``, at most a quarter full: the keys, and the number of the key that stands there."""
    size = 16
    while size < 4 * len(keys):
        size *= 2
    table, number = np.full(size, FREE, np.int64), np.zeros(size, np.int32)
    for which in range(len(keys)):
        place = slot_of(table, keys[which])
        table[place], number[place] = keys[which], which
    return table, number


@kernel
def wider(row: Array) -> Array:
    """The same row with room for as much again."""
    grown = np.empty(2 * len(row), row.dtype)
    grown[: len(row)] = row
    return grown

"""Where any of thousands of strings stand in texts: a trie walked from every character."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from qa.compiled import kernel
from qa.rules.kernels.sounding import Codes, Numbers, Offsets
from qa.rules.kernels.tables import slot_of


class Trie(NamedTuple):
    """Strings over an alphabet of ``width - 1`` characters, numbered from 1 by ``number`` (0: in no string).

    The child of a node along a character is ``node[k]`` where ``key[k]`` (an open hash table) is ``node * width + number``; from
    the root ``head`` leads on, and ``pairs`` has a bit for every two characters that begin a string. ``string`` is the string that
    ends at a node (-1: none); of one character ``single`` is. A ``leaf`` leads nowhere.
    """

    width: int
    number: npt.NDArray[np.uint16]
    single: Numbers
    head: Numbers
    pairs: npt.NDArray[np.uint8]
    key: Offsets
    node: Numbers
    string: Numbers
    leaf: npt.NDArray[np.bool_]


@kernel
def occurrences(codes: Codes, at: Offsets, trie: Trie) -> tuple[Numbers, Numbers]:
    """First character and number of every string that stands in one of the texts ``codes[at[i]:at[i + 1]]``, in the order of the texts."""
    room = len(codes) // 2 + 64
    places, strings = np.empty(room, np.int32), np.empty(room, np.int32)
    size = filled(codes, at, trie, places, strings)
    if size > room:
        places, strings = np.empty(size, np.int32), np.empty(size, np.int32)
        filled(codes, at, trie, places, strings)
    return places[:size], strings[:size]


@kernel
def filled(codes: Codes, at: Offsets, trie: Trie, places: Numbers, strings: Numbers) -> int:
    """How many strings stand in the texts; as many as there is room for are written down."""
    room, size = len(places), 0
    for text in range(len(at) - 1):
        stop = at[text + 1]
        for place in range(at[text], stop):
            first = np.int64(trie.number[codes[place]])
            if not first:
                continue
            if trie.single[first] >= 0:
                if size < room:
                    places[size], strings[size] = place, trie.single[first]
                size += 1
            if place + 1 == stop:
                continue
            pair = first * trie.width + trie.number[codes[place + 1]]
            if not trie.pairs[pair >> 3] >> (pair & 7) & 1:
                continue
            node = np.int64(trie.head[first])
            reached = place + 1
            while reached < stop:
                key = node * trie.width + trie.number[codes[reached]]
                slot = slot_of(trie.key, key)
                if trie.key[slot] != key:
                    break
                node = np.int64(trie.node[slot])
                if trie.string[node] >= 0:
                    if size < room:
                        places[size], strings[size] = place, trie.string[node]
                    size += 1
                if trie.leaf[node]:
                    break
                reached += 1
    return size

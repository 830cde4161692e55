"""Where any of thousands of strings stand in texts: a trie walked from every place."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from qa.compiled import kernel
from qa.rules.kernels.sounding import Codes, Numbers, Offsets

_FREE = -1
_SPREAD = 0x9E3779B1


class Trie(NamedTuple):
    """Strings letter by letter. ``letter`` numbers code points (0: in no string), ``letters`` counts these numbers.

    ``node`` and ``child`` are an open hash table from ``node · letters + letter`` to a node; ``ends`` is the string that ends at
    a node, or -1.
    """

    letter: Numbers
    letters: int
    node: Offsets
    child: Numbers
    ends: Numbers


@kernel
def step(table: Offsets, key: int | np.int64) -> int | np.int64:
    """Where ``key`` stands in an open hash table whose size is a power of two, or the free place where it would."""
    last = len(table) - 1
    place = ((key * _SPREAD) >> 7) & last
    while table[place] != key and table[place] != _FREE:
        place = (place + 1) & last
    return place


@kernel
def hashed(keys: Offsets, values: Numbers, size: int) -> tuple[Offsets, Numbers]:
    """An open hash table of ``size``, a power of two."""
    table, held = np.full(size, _FREE, np.int64), np.zeros(size, np.int32)
    for number in range(len(keys)):
        place = step(table, keys[number])
        table[place], held[place] = keys[number], values[number]
    return table, held


@kernel
def standing(codes: Codes, at: Offsets, trie: Trie) -> tuple[Numbers, Numbers, Numbers]:
    """(text, first character in it, string) of every occurrence in the texts ``codes[at[i]:at[i + 1]]``, by text and place."""
    made = 0
    found = np.empty((3, 64), np.int32)
    for text in range(len(at) - 1):
        for place in range(at[text], at[text + 1]):
            node = np.int64(0)
            for here in range(place, at[text + 1]):
                letter = trie.letter[codes[here]] if codes[here] < len(trie.letter) else 0
                if letter == 0:
                    break
                key = node * trie.letters + letter
                slot = step(trie.node, key)
                if trie.node[slot] != key:
                    break
                node = np.int64(trie.child[slot])
                if trie.ends[node] >= 0:
                    if made == found.shape[1]:
                        more = np.empty((3, 2 * made), np.int32)
                        more[:, :made] = found
                        found = more
                    found[0, made], found[1, made], found[2, made] = text, place - at[text], trie.ends[node]
                    made += 1
    return found[0, :made], found[1, :made], found[2, :made]


def trie(strings: list[str]) -> Trie:
    """The trie of distinct, non-empty strings."""
    alphabet = sorted({ord(char) for string in strings for char in string})
    letter: npt.NDArray[np.int32] = np.zeros(max(alphabet, default=0) + 1, dtype=np.int32)
    letter[alphabet] = np.arange(1, len(alphabet) + 1)
    letters = len(alphabet) + 1
    number = {chr(code): place for place, code in enumerate(alphabet, 1)}
    children: dict[int, int] = {}
    ends = [_FREE]
    for place, string in enumerate(strings):
        node = 0
        for char in string:
            key = node * letters + number[char]
            if key not in children:
                children[key] = len(ends)
                ends.append(_FREE)
            node = children[key]
        ends[node] = place
    size = 16
    while size < 4 * len(children):
        size *= 2
    keys, values = np.array(list(children), dtype=np.int64), np.array(list(children.values()), dtype=np.int32)
    return Trie(letter, letters, *hashed(keys, values, size), np.array(ends, dtype=np.int32))

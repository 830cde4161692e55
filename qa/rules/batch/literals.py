"""Where any of thousands of strings stand in a long row of characters: a trie walked by all places at once.

The first two characters are looked up in a square table, which leaves few places; each further character is a look-up of
(node, character) for the places still alive. All occurrences are found, overlapping ones too.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from qa.rules.batch.table import Codes, Ints, code_points

_NONE = -1


class Literals:
    """An index of distinct, non-empty strings."""

    def __init__(self, strings: Sequence[str]) -> None:
        self.strings = tuple(strings)
        alphabet = sorted({c for s in self.strings for c in s})
        self._number = np.zeros(0x110000, dtype=np.uint16)
        for number, char in enumerate(alphabet, 1):
            self._number[ord(char)] = number
        self._width = len(alphabet) + 1
        self._single = np.full(self._width, _NONE, dtype=np.int32)
        children: dict[tuple[int, int], int] = {}
        ends: list[int] = [_NONE]
        for place, string in enumerate(self.strings):
            node = 0
            numbers = self._number[code_points(string)].tolist()
            if len(numbers) == 1:
                self._single[numbers[0]] = place
                continue
            for number in numbers:
                key = (node, number)
                if key not in children:
                    children[key] = len(ends)
                    ends.append(_NONE)
                node = children[key]
            ends[node] = place
        self._ends = np.array(ends, dtype=np.int32)
        self._pair = np.zeros(self._width * self._width, dtype=np.uint8)
        self._pair_node = np.zeros(self._width * self._width, dtype=np.int32)
        firsts = {node: number for (parent, number), node in children.items() if parent == 0}
        deeper: list[tuple[int, int]] = []
        for (parent, number), node in children.items():
            if parent in firsts:
                at = firsts[parent] * self._width + number
                self._pair[at], self._pair_node[at] = 1, node
            elif parent:
                deeper.append((parent * self._width + number, node))
        deeper.sort()
        self._keys = np.array([key for key, _ in deeper], dtype=np.int64)
        self._nodes = np.array([node for _, node in deeper], dtype=np.int32)
        self._leaf = np.ones(len(ends), dtype=np.bool_)
        for (parent, _), _node in children.items():
            self._leaf[parent] = False
        self._has_single = bool((self._single != _NONE).any())

    def find(self, codes: Codes) -> tuple[Ints, npt.NDArray[np.int32]]:
        """(first character, number of the string) of every occurrence in ``codes``, in no order."""
        if not len(codes):
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int32)
        index = codes.astype(np.uint16) if int(codes.max()) < 0x10000 else codes
        numbers = self._number[index]
        places: list[Ints] = []
        found: list[npt.NDArray[np.int32]] = []
        if self._has_single:
            single = self._single[numbers]
            at = np.flatnonzero(single != _NONE)
            places.append(at)
            found.append(single[at])
        pair = numbers[:-1].astype(np.int32)
        pair *= self._width
        pair += numbers[1:]
        alive = np.flatnonzero(self._pair[pair])
        node = self._pair_node[pair[alive]]
        depth = 2
        while len(alive):
            here = self._ends[node]
            done = here != _NONE
            places.append(alive[done])
            found.append(here[done])
            going = ~self._leaf[node] & (alive + depth < len(numbers))
            alive, node = alive[going], node[going]
            if not len(alive) or not len(self._keys):
                break
            key = node.astype(np.int64) * self._width + numbers[alive + depth]
            at = np.minimum(np.searchsorted(self._keys, key), len(self._keys) - 1)
            met = self._keys[at] == key
            alive, node = alive[met], self._nodes[at[met]]
            depth += 1
        if not places:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int32)
        return np.concatenate(places), np.concatenate(found)

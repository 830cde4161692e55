"""Where any of many regular expressions end in a long text: Hyperscan where it is installed, else RE2 pattern by pattern.

Both say too much rather than too little (``^`` also matches behind a line end): what they report is looked at again by RE2, which
alone decides. So verdicts do not depend on which of them ran.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from qa.rules.batch.table import Ints

_APART = re.compile(r"\\[AzZCQEGKXB]|\(\?(?![:iP])|\(\?i[a-zA-Z-]|\(\?P[=>]")
"""What the two libraries understand differently in a text of many lines: such patterns go to RE2 alone."""
OFTEN = 0.02
"""Matches per byte from which a pattern is no filter."""
_SAMPLE = 200_000


class Scanner:
    """Several patterns; ``often`` are the numbers of those that match too much to be worth scanning for."""

    def __init__(self, patterns: Sequence[str], *, library: str = "hyperscan") -> None:
        self.patterns = tuple(patterns)
        self.often: frozenset[int] = frozenset()
        self._sampled = False
        hyperscan = _library(library)
        fit = [n for n, p in enumerate(patterns) if hyperscan is not None and not _APART.search(p)]
        self._scan, refused = _database(hyperscan, {n: patterns[n] for n in fit}) if hyperscan is not None and fit else (None, fit)
        self._scanned = [n for n in fit if n not in refused]
        self.apart = frozenset(range(len(patterns))) - frozenset(self._scanned)
        """The patterns that are not scanned for: whoever asks looks at every text."""

    def find(self, text: bytes) -> tuple[Ints, Ints]:
        """(number of the pattern, a byte inside or at the end of a match) of at least every text line with a match."""
        if self._scan is None:
            none = np.zeros(0, dtype=np.int64)
            return none, none
        if not self._sampled:
            self._sampled = True
            numbers, _ = self._scan(text[:_SAMPLE], frozenset())
            counts = np.bincount(np.array(numbers, dtype=np.int64), minlength=len(self.patterns))
            size = max(1, min(len(text), _SAMPLE))
            self.often = frozenset(np.flatnonzero((counts > OFTEN * size) & (counts > 100)).tolist())
        numbers, ends = self._scan(text, self.often)
        return np.array(numbers, dtype=np.int64), np.array(ends, dtype=np.int64) - 1


Scan = Callable[[bytes, frozenset[int]], tuple[list[int], list[int]]]


def _database(hyperscan: Any, patterns: dict[int, str]) -> tuple[Scan | None, list[int]]:
    """What scans for the patterns (without those given), and the patterns that the library refuses."""
    flags = hyperscan.HS_FLAG_UTF8 | hyperscan.HS_FLAG_MULTILINE | hyperscan.HS_FLAG_ALLOWEMPTY
    refused = []
    for number, pattern in patterns.items():
        try:
            hyperscan.Database().compile(expressions=[pattern.encode()], ids=[number], elements=1, flags=[flags])
        except hyperscan.error:
            refused.append(number)
    built: dict[frozenset[int], Any] = {}

    def scan(text: bytes, without: frozenset[int]) -> tuple[list[int], list[int]]:
        numbers: list[int] = []
        ends: list[int] = []
        chosen = [n for n in patterns if n not in refused and n not in without]
        if not chosen or not text:
            return numbers, ends
        if without not in built:
            database = hyperscan.Database()
            expressions = [patterns[n].encode() for n in chosen]
            database.compile(expressions=expressions, ids=chosen, elements=len(chosen), flags=[flags] * len(chosen))
            built[without] = database

        def met(number: int, begin: int, end: int, flags: int, context: Any) -> None:
            numbers.append(number)
            ends.append(end)

        built[without].scan(text, match_event_handler=met)
        return numbers, ends

    return scan, refused


def _library(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None

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
_SAMPLES = (
    "您好，这里是客服热线，请问有什么可以帮您？喂，你好，我家里昨天晚上停电了，到现在还没有来，麻烦帮我查一下是怎么回事。"
    "好的，请问您的户号是多少？我报一下，三零二八八五一九四七。您稍等，我帮您查询一下。嗯。先生，让您久等了，您家所在的小区"
    "因为线路检修，计划下午五点半左右恢复供电。那还要等多久啊？已经安排人员在处理了，我理解您的心情，感谢您的来电，再见。",
    "Good morning, thank you for calling, my name is Anna, how can I help you today? Hi, my power has been out since last night and "
    "nobody has told me anything. I am sorry to hear that. Could you give me your account number, please? It's 4471 9026. Thank you. "
    "There is work on the line in your street, and it should be back by half past five. Okay, is there anything else? No, bye.",
)
"""Speech in which to count them."""


class Scanner:
    """Several patterns; ``often`` are the numbers of those that match too much to be worth scanning for."""

    def __init__(self, patterns: Sequence[str], *, library: str = "hyperscan") -> None:
        self.patterns = tuple(patterns)
        hyperscan = _library(library)
        fit = {n: p for n, p in enumerate(patterns) if not _APART.search(p)} if hyperscan is not None else {}
        self._scan, refused, self.often = _database(hyperscan, fit) if fit else (None, frozenset[int](), frozenset[int]())
        self.apart = frozenset(range(len(patterns))) - frozenset(fit) | refused
        """The patterns that are not understood alike: whoever asks looks at every text, as for those in ``often``."""

    def find(self, text: bytes) -> tuple[Ints, Ints]:
        """(number of the pattern, a byte inside or at the end of a match) of at least every text line with a match."""
        if self._scan is None:
            none = np.zeros(0, dtype=np.int64)
            return none, none
        numbers, ends = self._scan(text)
        return np.array(numbers, dtype=np.int64), np.array(ends, dtype=np.int64) - 1


Scan = Callable[[bytes], tuple[list[int], list[int]]]


def _database(hyperscan: Any, patterns: dict[int, str]) -> tuple[Scan | None, frozenset[int], frozenset[int]]:
    """What scans for the patterns, but for those that the library refuses and those that match too often."""
    flags = hyperscan.HS_FLAG_UTF8 | hyperscan.HS_FLAG_MULTILINE | hyperscan.HS_FLAG_ALLOWEMPTY
    refused, often = set(), set()
    for number, pattern in patterns.items():
        alone = hyperscan.Database()
        try:
            alone.compile(expressions=[pattern.encode()], ids=[number], elements=1, flags=[flags])
        except hyperscan.error:
            refused.add(number)
            continue
        for sample in _SAMPLES:
            text, met = sample.encode(), list[int]()
            alone.scan(text, match_event_handler=lambda n, begin, end, flags, met: met.append(n), context=met)
            if len(met) > OFTEN * len(text):
                often.add(number)
    chosen = [n for n in patterns if n not in refused | often]
    if not chosen:
        return None, frozenset(refused), frozenset(often)
    database = hyperscan.Database()
    database.compile(expressions=[patterns[n].encode() for n in chosen], ids=chosen, elements=len(chosen), flags=[flags] * len(chosen))

    def scan(text: bytes) -> tuple[list[int], list[int]]:
        numbers: list[int] = []
        ends: list[int] = []

        def met(number: int, begin: int, end: int, flags: int, context: Any) -> None:
            numbers.append(number)
            ends.append(end)

        if text:
            database.scan(text, match_event_handler=met)
        return numbers, ends

    return scan, frozenset(refused), frozenset(often)


def _library(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None

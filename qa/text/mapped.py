"""Rewritten text that still knows where each character came from, so that evidence and word times stay right.

>>> m = rewrite("等四十五分钟", [Edit(1, 4, "45")])
>>> m.text, m.original(1, 3), m.derived(2, 3)
('等45分钟', (1, 4), (1, 3))
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edit:
    """``[start, end)`` of a text is to read ``text``."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Mapped:
    """``text`` and, for each of its characters, the original range ``[starts[i], ends[i])``; both are in order."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The original characters behind ``[start, end)``; empty ranges stay empty."""
        if start >= end:
            at = self.starts[start] if start < len(self.starts) else (self.ends[-1] if self.ends else 0)
            return at, at
        return self.starts[start], self.ends[end - 1]

    def derived(self, start: int, end: int) -> tuple[int, int]:
        """The characters of ``text`` that came from the original ``[start, end)``, whole edits included; empty when all were removed."""
        first = bisect_right(self.ends, start)
        last = bisect_left(self.starts, end)
        return (first, last) if first < last else (first, first)

    def then(self, later: Mapped) -> Mapped:
        """This rewriting followed by ``later``, which was made from ``self.text``."""
        spans = [self.original(a, b) for a, b in zip(later.starts, later.ends, strict=True)]
        return Mapped(later.text, tuple(a for a, _ in spans), tuple(b for _, b in spans))


def unchanged(text: str) -> Mapped:
    """The text as its own rewriting."""
    return Mapped(text, tuple(range(len(text))), tuple(range(1, len(text) + 1)))


def rewrite(text: str, edits: Sequence[Edit]) -> Mapped:
    """The text with edits made, which are in order and do not overlap. A character of an edit stems from all it replaces."""
    out: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    for edit in (*edits, Edit(len(text), len(text), "")):
        out.append(text[at : edit.start])
        starts += range(at, edit.start)
        ends += range(at + 1, edit.start + 1)
        out.append(edit.text)
        starts += [edit.start] * len(edit.text)
        ends += [edit.end] * len(edit.text)
        at = edit.end
    return Mapped("".join(out), tuple(starts), tuple(ends))

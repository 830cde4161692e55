"""What a recogniser hands back: a personal value, where it stands and what it is worth comparing."""

from __future__ import annotations

from dataclasses import dataclass

SEPARATORS = frozenset(" \t　-‐–—_,，、.·。…~～()（）/:：;；@'’")
"""Characters that stay when a value is masked: they tell nothing, and a masked number keeps its look."""


@dataclass(frozen=True, slots=True)
class Value:
    """A personal value at ``[start, end)`` of a text.

    ``content`` is its canonical form (digits only for numbers, sounds for names): equal values have equal contents. It is
    hashed, never stored. Empty when it cannot be known, such as a number with an unreadable digit. ``hidden`` are the ranges
    to mask, separators excepted; empty means all of it. ``digits`` counts digits, ``valid`` is the check digit's word.
    ``tail`` marks what is only the end of a number (尾号一二三四).
    """

    kind: str
    start: int
    end: int
    content: str
    digits: int = 0
    valid: bool | None = None
    hidden: tuple[tuple[int, int], ...] = ()
    tail: bool = False

    @property
    def ranges(self) -> tuple[tuple[int, int], ...]:
        return self.hidden or ((self.start, self.end),)


def without_overlaps(values: list[Value]) -> list[Value]:
    """In order of start; of values that overlap the one named first in ``values`` stays."""
    kept: list[Value] = []
    for value in values:
        if all(value.end <= other.start or other.end <= value.start for other in kept):
            kept.append(value)
    return sorted(kept, key=lambda v: v.start)

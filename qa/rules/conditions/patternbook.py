"""All regular expressions of a plan in one: which of them match at all in a text is known after reading it once (RE2::Set)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import re2

from qa.calls import Role
from qa.rules.kept import Shelf
from qa.rules.view import CallView, Talk, Talks

if TYPE_CHECKING:
    from qa.rules.conditions.regex import Prepared

Which = tuple[int, ...]
"""Numbers of patterns of one condition."""
_KEPT = 1_000_000
"""Characters of texts of which a book keeps what matches."""
_MEMORY = 16 << 20
"""Bytes that the automaton of all patterns may take; what it has forgotten for want of room it works out again."""


@dataclass(slots=True)
class Fired:
    """Where patterns match, by slot: the talk, the sentence (of plain text: the first one of the talk), and which of the condition's."""

    places: dict[int, list[tuple[Talk, int, Which]]]
    present: int
    """A bit for each slot with any place."""


class Patternbook:
    """The ``regex`` conditions of a plan that see sentences as written, or those that see plain text; ``slot`` numbers them."""

    def __init__(self, conditions: Sequence[Prepared], *, plain: bool) -> None:
        self.plain = plain
        self._owners: list[tuple[int, int]] = []
        self._patterns: list[str] = []
        for slot, prepared in enumerate(conditions):
            prepared.shelf.book, prepared.shelf.slot = self, slot
            self._owners += [(slot, number) for number in range(len(prepared.patterns))]
            self._patterns += prepared.params.patterns
        self._read = Shelf[str, tuple[tuple[int, Which], ...]](_KEPT)

    def fired(self, view: CallView, talks: Sequence[Talk]) -> Fired:
        """Where patterns match in talks of a call."""
        if isinstance(talks, Talks):
            return talks.once(self, lambda: self._fired(view, talks))
        return self._fired(view, talks)

    def present(self, view: CallView, role: Role | None) -> int:
        """A bit for each slot of which any pattern matches in the talks of a side."""
        return self.fired(view, view.talks_of(role)).present

    def _fired(self, view: CallView, talks: Sequence[Talk]) -> Fired:
        found = Fired({}, 0)
        for talk in talks:
            for turn in talk.turns[:1] if self.plain else talk.turns:
                text = talk.text if self.plain else view.turns[turn].text
                reading = self._read.get(text)
                if reading is None:
                    reading = self._reading(text)
                    self._read.keep(text, reading)
                for slot, which in reading:
                    found.places.setdefault(slot, []).append((talk, turn, which))
        for slot in found.places:
            found.present |= 1 << slot
        return found

    def _reading(self, text: str) -> tuple[tuple[int, Which], ...]:
        if not text:
            return ()
        matched = self._set.Match(text) if self._set is not None else ()
        if 0 not in matched:  # even what matches anything was not found: there was no room to look
            matched = range(len(self._owners) + 1)
        found: dict[int, list[int]] = {}
        for slot, number in [self._owners[at - 1] for at in sorted(matched) if at]:
            found.setdefault(slot, []).append(number)
        return tuple([(slot, tuple(numbers)) for slot, numbers in found.items()])

    @cached_property
    def _set(self) -> Any:
        """All patterns in one automaton, behind one that matches anything; None where they are too many for it."""
        options = re2.Options()
        options.log_errors = False
        options.max_mem = _MEMORY
        made = re2.Set.SearchSet(options)
        try:
            for pattern in ("", *self._patterns):
                made.Add(pattern)
            made.Compile()
        except re2.error:
            return None
        return made

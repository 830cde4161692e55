"""All phrases of a plan in one: each text is read once for all of them, however many conditions ask."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from operator import add
from typing import TYPE_CHECKING, TypeVar

from qa.rules import sound, soundkeys
from qa.rules.view import Talk, Talks

if TYPE_CHECKING:
    from qa.rules.conditions.matching import Lexicon, Wording

Span = tuple[int, int, int]
"""Plain characters ``[start, end)`` of a text, and the number of the wording that stands there."""
User = tuple[int, int]
"""Slot of a lexicon and number of one of its wordings."""
_T = TypeVar("_T")
_KEPT = 16_384
_HEAD = 4
LATIN = re.compile("[0-9a-z]", re.ASCII | re.IGNORECASE)


class Phrasebook:
    """The lexicons of a plan; ``slot`` numbers them in the order given.

    Both readings of a text are kept, since agents repeat themselves.
    """

    def __init__(self, lexicons: Sequence[Lexicon]) -> None:
        self._heads: dict[str, dict[str, list[tuple[User, Wording]]]] = {}
        near: dict[int, int] = {}
        sure: dict[int, int] = {}
        for slot, words in enumerate(lexicons):
            words.shelf.book, words.shelf.slot = self, slot
            for number, entry in enumerate(words.wordings):
                literal = entry.phrase.parts[0]
                self._heads.setdefault(literal[:_HEAD], {}).setdefault(literal, []).append(((slot, number), entry))
            for keys, found in ((words.near, near), (words.sure, sure)):
                for key in keys:
                    found[key] = found.get(key, 0) | 1 << slot
        self._near, self._sure = near, sure
        self.said = lru_cache(maxsize=_KEPT)(self._said)
        self.heard = lru_cache(maxsize=_KEPT)(self._heard)

    def _said(self, text: str) -> Mapping[int, tuple[Span, ...]]:
        """Where wordings stand in a plain text to the letter, by slot; of overlapping places of one lexicon the first and longest."""
        heads = self._heads
        literals: dict[str, list[tuple[User, Wording]]] = {}
        pairs = list(map(add, text, text[1:]))
        triples = list(map(add, pairs, text[2:]))
        for head in heads.keys() & {*text, *pairs, *triples, *map(add, triples, text[3:])}:
            known = heads[head]
            literals.update(known if len(head) < _HEAD else {literal: users for literal, users in known.items() if literal in text})
        found: dict[int, list[Span]] = {}
        for users in literals.values():
            alike: list[tuple[int, int]] | None = None
            for (slot, number), entry in users:
                if entry.pattern is not None:
                    spans = entry.spans(text) if entry.phrase.parts[-1] in text else []
                else:
                    spans = alike = entry.spans(text) if alike is None else alike
                if spans:
                    found.setdefault(slot, []).extend((start, end, number) for start, end in spans)
        return {slot: _first_and_longest(spans) for slot, spans in found.items()}

    def _heard(self, text: str, near: bool) -> int:
        """The slots of which wordings may be near (or as good as said) in a plain text by their sounds, one bit each."""
        keys = self._near if near else self._sure
        slots = 0
        for key in keys.keys() & soundkeys.held_by(sound.sounds(text).loose):
            slots |= keys[key]
        return slots

    def said_in(self, talks: Sequence[Talk], slot: int) -> Sequence[tuple[Talk, tuple[Span, ...]]]:
        """The talks in which the lexicon ``slot`` stands to the letter, in their order, and where."""
        if isinstance(talks, Talks):
            return talks.once((self, "said"), lambda: _by_slot(talks, self.said)).get(slot, ())
        return [(talk, spans) for talk in talks if (spans := self.said(talk.text).get(slot))]

    def heard_in(self, talks: Sequence[Talk], slot: int, *, near: bool) -> Sequence[Talk]:
        """The talks in which wordings of the lexicon ``slot`` may be near, in their order."""
        if isinstance(talks, Talks):
            return [talk for talk, slots in talks.once((self, near), lambda: self._all_heard(talks, near)) if slots >> slot & 1]
        return [talk for talk, slots in self._all_heard(talks, near) if slots >> slot & 1]

    def _all_heard(self, talks: Sequence[Talk], near: bool) -> list[tuple[Talk, int]]:
        return [(talk, slots) for talk in talks if (slots := self.heard(talk.text, near))]

    @staticmethod
    def latin_in(talks: Sequence[Talk]) -> Sequence[Talk]:
        """The talks with Latin letters or digits, in which a word cut in two sounds like no other."""
        if isinstance(talks, Talks):
            return talks.once("latin", lambda: [talk for talk in talks if LATIN.search(talk.text)])
        return [talk for talk in talks if LATIN.search(talk.text)]


def _first_and_longest(spans: list[Span]) -> tuple[Span, ...]:
    if len(spans) == 1:
        return (spans[0],)
    spans.sort(key=lambda s: (s[0], -s[1], s[2]))
    kept = [spans[0]]
    for span in spans:
        if span[0] >= kept[-1][1]:
            kept.append(span)
    return tuple(kept)


def _by_slot(talks: Sequence[Talk], read: Callable[[str], Mapping[int, _T]]) -> dict[int, list[tuple[Talk, _T]]]:
    found: dict[int, list[tuple[Talk, _T]]] = {}
    for talk in talks:
        for slot, what in read(talk.text).items():
            found.setdefault(slot, []).append((talk, what))
    return found

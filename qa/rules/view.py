"""A call as the conditions see it: who held the floor when, and plain text that leads back to it.

A *talk* (what people call a turn, 话轮) is everything one side says until the other side speaks. A
recogniser may cut it into several sentences; a listener's bare 嗯 does not end it. Windows count
talks, evidence names the sentence (``Call.turns`` index).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import repeat
from typing import Any, TypeVar

from qa.calls import Call, Role, SourceKind, Span, Turn
from qa.rules.model import Doubt
from qa.rules.plaintext import Plain, is_filler, plain

_T = TypeVar("_T")
PAUSE = 2.5
"""Seconds of silence inside a talk over which no phrase is matched."""


@dataclass(frozen=True, slots=True)
class Talk:
    """Sentences ``turns`` of one side. ``places[i]`` is (sentence, first, past-last character) of ``text[i]``.

    ``sure`` is False when it is not certain who speaks. ``aside`` marks a listener's 嗯: not counted.
    """

    index: int
    role: Role
    sure: bool
    turns: tuple[int, ...]
    text: str
    places: tuple[tuple[int, int, int], ...]
    aside: bool = False

    def might_be(self, role: Role | None) -> bool:
        """Whether ``role`` may be speaking here; nobody's music or ring tone is ever meant."""
        return self.role is not Role.OTHER and (role is None or self.role is role or not self.sure)


class Talks(list[Talk]):
    """Talks of one call, with what was found in them: whatever several conditions ask is looked up once."""

    def __init__(self, talks: Iterable[Talk] = ()) -> None:
        super().__init__(talks)
        self._found: dict[Any, Any] = {}

    def once(self, key: Any, find: Callable[[], _T]) -> _T:
        """What ``find`` gave when it was first called for ``key``."""
        if key not in self._found:
            self._found[key] = find()
        found: _T = self._found[key]
        return found


class CallView:
    """Everything derived from one call, computed at most once, when first asked for."""

    def __init__(self, call: Call, doubt: Doubt) -> None:
        self.call, self.doubt = call, doubt
        self.turns: Sequence[Turn] = call.turns
        self._ranks: dict[Role | None, tuple[list[int], list[int]]] = {}
        self._sides: dict[Role | None, Talks] = {}

    @cached_property
    def plains(self) -> list[Plain]:
        """The plain text of every turn."""
        return [plain(t.text) for t in self.turns]

    @cached_property
    def weak(self) -> list[int]:
        """The sentences, other than a mere 嗯, of which the recogniser is unsure."""
        return [i for i, t in enumerate(self.turns) if not self.sure_words(t) and not is_filler(self.plains[i].text)]

    @cached_property
    def talk_of(self) -> list[int]:
        """The talk of every turn."""
        found = [0] * len(self.turns)
        for talk in self.talks:
            for turn in talk.turns:
                found[turn] = talk.index
        return found

    @cached_property
    def by_index(self) -> dict[int, Talk]:
        return {talk.index: talk for talk in self.talks}

    @cached_property
    def has_text(self) -> bool:
        """Whether any word is known to have been said, were it only one that is masked."""
        return any(p.text or "*" in t.text for p, t in zip(self.plains, self.turns, strict=True))

    @cached_property
    def has_times(self) -> bool:
        return any(t.span for t in self.turns)

    @cached_property
    def end(self) -> float:
        """Seconds at which the call ends: its duration, or the last word where that is unknown."""
        return self.call.duration or max((t.span.end for t in self.turns if t.span), default=0.0)

    @cached_property
    def untranscribed(self) -> bool:
        """No text at all, or three seconds or more of speech without any source of text."""
        return not self.has_text or any(
            not t.text and t.source.kind is SourceKind.NONE and t.span is not None and t.span.duration >= 3.0 and t.role is not Role.OTHER
            for t in self.turns
        )

    def talks_of(self, role: Role | None) -> Talks:
        """The talks of one side (None: of anybody), unsure ones included; not to be changed."""
        if role not in self._sides:
            self._sides[role] = Talks(t for t in self.talks if t.might_be(role))
        return self._sides[role]

    def sure_role(self, turn: Turn) -> bool:
        return turn.role is not Role.UNKNOWN and turn.role_confidence >= self.doubt.roles

    def sure_words(self, turn: Turn, start: int = 0, end: int | None = None) -> bool:
        """Whether the recogniser trusts the characters ``[start, end)``; True when it gives no confidence."""
        if turn.words:
            end = len(turn.text) if end is None else end
            inside = [
                w.confidence for w in turn.words if w.confidence is not None and w.start_char < end and w.start_char + len(w.text) > start
            ]
            if inside:
                return min(inside) >= self.doubt.words
        return turn.confidence is None or turn.confidence >= self.doubt.words

    def original(self, talk: Talk, start: int, end: int) -> tuple[int, int, int]:
        """The sentence and its characters behind plain ``text[start:end]``, cut to the sentence it begins in."""
        turn, first, last = talk.places[start]
        if len(talk.turns) == 1:  # places go up
            return turn, first, max(last, talk.places[max(start, end - 1)][2])
        for place_turn, _, place_last in talk.places[start:end]:
            if place_turn == turn:
                last = max(last, place_last)
        return turn, first, last

    def time_of(self, turn: int, start: int, end: int) -> Span | None:
        return self.turns[turn].time_of(start, end)

    def rank(self, role: Role | None, talk: int) -> tuple[int, int]:
        """How many talks of ``role`` (None: of anybody) there are up to and including ``talk``: at least, at most."""
        known, unknown = self._rank_lists(role)
        at_least = bisect_right(known, talk)
        return at_least, at_least + bisect_right(unknown, talk)

    def total(self, role: Role | None) -> tuple[int, int]:
        known, unknown = self._rank_lists(role)
        return len(known), len(known) + len(unknown)

    def _rank_lists(self, role: Role | None) -> tuple[list[int], list[int]]:
        if role not in self._ranks:
            counted = [t for t in self.talks if not t.aside and t.role is not Role.OTHER]
            known = [t.index for t in counted if role is None or (t.sure and t.role is role)]
            unknown = [t.index for t in counted if role is not None and not t.sure]
            self._ranks[role] = (known, unknown)
        return self._ranks[role]

    @cached_property
    def talks(self) -> Talks:
        """The talks, an aside behind the talk that it was said into."""
        groups: list[list[int]] = []
        asides: list[int] = []
        for index in range(len(self.turns)):
            if groups and self._continues(groups[-1][-1], index):
                groups[-1].append(index)
            elif groups and self._is_aside(index, groups[-1][-1]):
                asides.append(index)
            else:
                groups.append([index])
        talks = Talks()
        for group in groups:
            talks.append(self._talk(len(talks), group, aside=False))
            for index in (i for i in asides if group[0] < i < group[-1]):
                talks.append(self._talk(len(talks), [index], aside=True))
        return talks

    def _continues(self, before: int, index: int) -> bool:
        left, right = self.turns[before], self.turns[index]
        return left.role is right.role and left.role is not Role.UNKNOWN and self.sure_role(left) == self.sure_role(right)

    def _is_aside(self, index: int, before: int) -> bool:
        """A filler said into the other speaker's talk: what follows it is that speaker again."""
        following = index + 1
        while following < len(self.turns) and self._is_filler(following) and not self._continues(before, following):
            following += 1
        return self._is_filler(index) and following < len(self.turns) and self._continues(before, following)

    def _is_filler(self, index: int) -> bool:
        return bool(self.plains[index].text) and is_filler(self.plains[index].text)

    def _talk(self, number: int, group: list[int], *, aside: bool) -> Talk:
        turns = [self.turns[i] for i in group]
        sure = all(self.sure_role(t) or t.role is Role.OTHER for t in turns)
        if len(group) == 1:
            piece = self.plains[group[0]]
            at = tuple(zip(repeat(group[0]), piece.starts, piece.ends, strict=False))
            return Talk(number, turns[0].role, sure, (group[0],), piece.text, at, aside)
        text: list[str] = []
        places: list[tuple[int, int, int]] = []
        for order, index in enumerate(group):
            piece = self.plains[index]
            if order and text and piece.text:
                joint = self._joint(group[order - 1], index, text[-1][-1], piece.text[0])
                text.append(joint)
                places.extend([places[-1]] * len(joint))
            if piece.text:
                text.append(piece.text)
                places.extend(zip([index] * len(piece.text), piece.starts, piece.ends, strict=True))
        return Talk(number, turns[0].role, sure, tuple(group), "".join(text), tuple(places), aside)

    def _joint(self, before: int, index: int, left: str, right: str) -> str:
        """What stands between two sentences of a talk: a line end over a long pause, a space between Latin words, else nothing."""
        spans = self.turns[before].span, self.turns[index].span
        if spans[0] and spans[1] and spans[0].gap_to(spans[1]) > PAUSE:
            return "\n"
        return " " if left.isascii() and right.isascii() and left.isalnum() and right.isalnum() else ""

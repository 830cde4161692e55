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
from typing import Any, TypeVar

from qa.calls import Call, Role, SourceKind, Span, Turn
from qa.rules.model import Doubt
from qa.rules.plaintext import Plain, is_filler, plain

_T = TypeVar("_T")
PAUSE = 2.5
"""Seconds of silence inside a talk over which no phrase is matched."""


Piece = tuple[int, int, Plain]
"""A sentence of a talk, where its plain text begins in the talk's, and that text."""


@dataclass(slots=True, eq=False)
class Talk:
    """Sentences ``turns`` of one side, those with words in ``pieces``; ``text`` is what all of it comes to.

    ``sure`` is False when it is not certain who speaks. ``aside`` marks a listener's 嗯: not counted.
    """

    index: int
    role: Role
    sure: bool
    turns: tuple[int, ...]
    text: str
    pieces: tuple[Piece, ...]
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
        limit = self.doubt.words
        perhaps = [i for i, t in enumerate(self.turns) if t.words or (t.confidence is not None and t.confidence < limit)]
        return [i for i in perhaps if not self.sure_words(self.turns[i]) and not is_filler(self.plains[i].text)]

    @cached_property
    def talk_of(self) -> list[int]:
        """The talk of every turn."""
        found = [0] * len(self.turns)
        for talk in self.talks:
            for turn in talk.turns:
                found[turn] = talk.index
        return found

    @cached_property
    def has_text(self) -> bool:
        """Whether any word is known to have been said, were it only one that is masked."""
        return any(p.text or "*" in t.text for p, t in zip(self.plains, self.turns, strict=True))

    @cached_property
    def has_times(self) -> bool:
        return any(t.span for t in self.turns)

    @cached_property
    def timed(self) -> list[tuple[Turn, Span]]:
        """The sentences that last for some time, in the order in which they begin."""
        return sorted([(t, t.span) for t in self.turns if t.span], key=lambda entry: entry[1].start)

    @cached_property
    def end(self) -> float:
        """Seconds at which the call ends: its duration, or the last word where that is unknown."""
        return self.call.duration or max((t.span.end for t in self.turns if t.span), default=0.0)

    @cached_property
    def untranscribed(self) -> bool:
        """No text at all, or three seconds or more of speech without any source of text."""
        return not self.has_text or any(
            t.source.kind is SourceKind.NONE and t.span is not None and t.span.duration >= 3.0 and t.role is not Role.OTHER
            for t in [t for t in self.turns if not t.text]
        )

    def talks_of(self, role: Role | None) -> Talks:
        """The talks of one side (None: of anybody), unsure ones included; not to be changed."""
        if role not in self._sides:
            self._sides[role] = Talks([t for t in self.talks if t.might_be(role)])
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
        turn, begin, piece = talk.pieces[0]
        if len(talk.pieces) > 1:
            turn, begin, piece = talk.pieces[bisect_right(talk.pieces, start, key=_begin) - 1]
        last = len(piece.ends) - 1  # what joins two sentences belongs to the last character of the first
        first = min(start - begin, last)
        return turn, piece.starts[first], piece.ends[max(first, min(end - 1 - begin, last))]

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
        """The talks, an aside behind the talk that it was said into; each at the place of its index."""
        sides = self._voices
        groups: list[list[int]] = []
        asides: list[int] = []
        for index, side in enumerate(sides):
            if groups and side is not None and side == sides[groups[-1][-1]]:  # as _goes_on
                groups[-1].append(index)
            elif groups and self._is_aside(index, groups[-1][-1]):
                asides.append(index)
            else:
                groups.append([index])
        talks = Talks()
        for group in groups:
            talks.append(self._talk(len(talks), group, aside=False))
            if asides and len(group) > 1:
                for index in (i for i in asides if group[0] < i < group[-1]):
                    talks.append(self._talk(len(talks), [index], aside=True))
        return talks

    @cached_property
    def _voices(self) -> list[tuple[Role, bool] | None]:
        """Who speaks in every turn, and whether that is sure; None where nobody is known, who goes on from nobody."""
        limit = self.doubt.roles
        return [None if t.role is Role.UNKNOWN else (t.role, t.role_confidence >= limit) for t in self.turns]

    def _is_aside(self, index: int, before: int) -> bool:
        """A filler said into the other speaker's talk: what follows it is that speaker again."""
        if not self._is_filler(index):
            return False
        following = index + 1
        while following < len(self.turns) and self._is_filler(following) and not self._goes_on(before, following):
            following += 1
        return following < len(self.turns) and self._goes_on(before, following)

    def _goes_on(self, before: int, index: int) -> bool:
        side = self._voices[index]
        return side is not None and side == self._voices[before]

    def _is_filler(self, index: int) -> bool:
        return bool(self.plains[index].text) and is_filler(self.plains[index].text)

    def _talk(self, number: int, group: list[int], *, aside: bool) -> Talk:
        side = self._voices[group[0]]
        role = Role.UNKNOWN if side is None else side[0]
        sure = role is Role.OTHER or (side is not None and side[1])
        if len(group) == 1:
            piece = self.plains[group[0]]
            return Talk(number, role, sure, (group[0],), piece.text, ((group[0], 0, piece),), aside)
        text = ""
        pieces: list[Piece] = []
        for order, index in enumerate(group):
            piece = self.plains[index]
            if piece.text:
                text += self._joint(group[order - 1], index, text[-1], piece.text[0]) if text else ""
                pieces.append((index, len(text), piece))
                text += piece.text
        return Talk(number, role, sure, tuple(group), text, tuple(pieces), aside)

    def _joint(self, before: int, index: int, left: str, right: str) -> str:
        """What stands between two sentences of a talk: a line end over a long pause, a space between Latin words, else nothing."""
        spans = self.turns[before].span, self.turns[index].span
        if spans[0] and spans[1] and spans[0].gap_to(spans[1]) > PAUSE:
            return "\n"
        return " " if left.isascii() and right.isascii() and left.isalnum() and right.isalnum() else ""


def _begin(piece: Piece) -> int:
    return piece[1]

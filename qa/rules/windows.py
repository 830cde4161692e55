"""Where in a call a hit must lie: windows and anchors, evaluated hit by hit.

Every question is answered in three values. Who speaks may be unsure, times may be unknown, an anchor
may itself be doubtful: then a hit lies in the window under some readings only, and is doubtful.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import IntEnum
from functools import cached_property

from qa.calls import Role
from qa.rules.model import Anchor, Condition, TimeRange, Title, TurnRange, Within
from qa.rules.verdict import Found, Hit, Verdict, both
from qa.rules.view import CallView, Talk


class Use(IntEnum):
    """What a condition's hits are for, which decides how much a mere likeness counts.

    WANTED: saying it earns the item, so a likeness keeps the agent from losing points unheard.
    CONTEXT: it decides whether or where something else is judged.
    ACCUSED: a hit can only cost the agent points, so a likeness is never certain.
    """

    WANTED = 0
    CONTEXT = 1
    ACCUSED = 2


HIT, MISS, DOUBTFUL = Verdict.HIT, Verdict.MISS, Verdict.DOUBTFUL


class Look:
    """What one condition may look at in one call.

    ``found`` gives the hits of other conditions; ``use`` is what this one's hits are for. ``between`` is True for gaps, which
    lie between turns and therefore on nobody's side; ``counted`` where it matters how many there are, ``one_is_enough`` where only
    whether there is a certain one. ``judged`` gives (applies, holds) of another item, ``wanted`` what another condition looks for, in
    words.
    """

    def __init__(
        self,
        view: CallView,
        condition: Condition,
        found: Callable[[str], Found],
        *,
        use: Use = Use.WANTED,
        between: bool = False,
        counted: bool = False,
        one_is_enough: bool = False,
        judged: Callable[[str], tuple[Verdict, Verdict]] = lambda item: (Verdict.MISS, Verdict.HIT),
        wanted: Callable[[str], Title] = lambda name: Title(name, name),
    ) -> None:
        self.view, self.condition, self.found = view, condition, found
        self.use, self.between, self.counted = use, between, counted
        self.one_is_enough = one_is_enough
        self.judged, self.wanted = judged, wanted

    @property
    def grouped(self) -> bool:
        """Whether hits are told apart by the anchor hit they answer."""
        return any(a.which == "each" for a in self.condition.anchors)

    @property
    def numbered(self) -> bool:
        """Whether every hit matters, not only whether there is one."""
        return self.counted or self.grouped

    @cached_property
    def _everywhere(self) -> bool:
        """Whether a hit may lie anywhere in the call."""
        return self.condition.window is None and not self.condition.anchors

    @cached_property
    def talks(self) -> list[Talk]:
        """The talks of the side meant, unsure ones included."""
        return self.view.talks_of(self.condition.by)

    def keep(self, hit: Hit) -> Hit | None:
        """The hit with its doubt and its groups, or None when it is certainly elsewhere."""
        if hit.turn is None:
            return hit
        talk = self.view.talks[self.view.talk_of[hit.turn]]
        if not self.between:
            if not talk.might_be(self.condition.by):
                return None
            if self.condition.by is not None and not (talk.sure and talk.role is self.condition.by):
                hit = replace(hit, certain=False, doubt=hit.doubt or both("说话人不确定", "not sure who speaks"))
        if self._everywhere:
            return hit
        place, groups = self._place(hit, talk)
        if place is MISS:
            return None
        if place is DOUBTFUL:
            hit = replace(hit, certain=False, doubt=hit.doubt or both("是否在检测范围内不确定", "may lie outside the window"))
        return replace(hit, groups=groups) if groups else hit

    def keep_all(self, hits: list[Hit]) -> list[Hit]:
        return [kept for hit in hits if (kept := self.keep(hit)) is not None]

    @cached_property
    def searched(self) -> list[int]:
        """The sentences that were searched: those that (perhaps) lie in the window."""
        return sorted(turn for talk in self.talks for turn in talk.turns if self._searches(turn))

    def _searches(self, turn: int) -> bool:
        """Whether the sentence is of the side meant, perhaps, and perhaps lies in the window."""
        talk = self.view.talks[self.view.talk_of[turn]]
        if self._everywhere:
            return talk.might_be(self.condition.by)
        whole = Hit(turn, 0, len(self.view.turns[turn].text), self.view.turns[turn].span)
        return talk.might_be(self.condition.by) and self._place(whole, talk)[0] is not MISS

    @cached_property
    def unsure(self) -> str:
        """Why more words than were found may have been said here, or an empty string."""
        view = self.view
        if not view.has_text:
            return both("没有文本", "there is no text")
        if view.untranscribed and any(not view.turns[t].text and view.turns[t].span for t in self.searched):
            return both("检测范围内有未转写的语音", "speech in the window has no text")
        return self.cut_off or (self.weak_words if self.use is Use.WANTED else "")

    @property
    def cut_off(self) -> str:
        """Why more than was found may have happened, whatever it is: the recording stops inside the window."""
        return both("录音不完整，结尾缺失", "the recording is cut off before its end") if self.reaches_end_of_a_cut_call else ""

    @property
    def weak_words(self) -> str:
        """That the recogniser is unsure of words in the window, or an empty string."""
        weak = any(self._searches(turn) for turn in self.view.weak)
        return both("检测范围内语音识别置信度低", "the recogniser is unsure of words in the window") if weak else ""

    @cached_property
    def reaches_end_of_a_cut_call(self) -> bool:
        """Whether the recording stops early and the window is open towards the missing end."""
        if not self.view.call.truncated or not self.view.turns:
            return False
        window = self.condition.window
        if isinstance(window, TurnRange) and window.last > 0:
            return self.view.total(window.role)[0] < window.last
        if isinstance(window, TimeRange) and window.end is not None and window.end > 0:
            return self.view.end < window.end
        return not any(self._closed(anchor) for anchor in self.condition.anchors)

    def _closed(self, anchor: Anchor) -> bool:
        """Whether an anchor ends the window for certain before the recording does."""
        hits = self.found(anchor.condition).hits
        if anchor.direction == "before":
            return any(x.certain for x in hits)
        if anchor.which != "first" or anchor.within is None or not hits or not hits[0].certain or hits[0].turn is None:
            return False
        if anchor.within.turns is not None:
            role = anchor.within.role
            passed = self.view.total(role)[0] - self.view.rank(role, self.view.talk_of[hits[0].turn])[1]
            return passed > anchor.within.turns
        span = hits[0].span
        return span is not None and self.view.end - span.end > (anchor.within.seconds or 0.0)

    def _place(self, hit: Hit, talk: Talk) -> tuple[Verdict, frozenset[int]]:
        window = self.condition.window
        verdict = HIT
        if isinstance(window, TurnRange):
            verdict = self._in_turns(window, talk)
        elif isinstance(window, TimeRange):
            verdict = self._in_time(window, hit)
        groups: frozenset[int] = frozenset()
        for anchor in self.condition.anchors:
            if verdict is MISS:
                break
            placed, answered = self.anchored(anchor, hit)
            verdict = verdict & placed
            groups |= answered
        return verdict, groups

    def _in_turns(self, window: TurnRange, talk: Talk) -> Verdict:
        role = window.role
        doubt = HIT
        if role is not None and talk.role is not role and not self.between:
            if talk.sure:
                return MISS
            doubt = DOUBTFUL
        low, high = self.view.rank(role, talk.index)
        fewest, most = self.view.total(role)
        first_low, first_high = _from_end(window.first, fewest, most)
        last_low, last_high = _from_end(window.last, fewest, most)
        low, high = max(low, 1), max(high, 1)
        if high < first_low or low > last_high:
            return MISS
        return doubt if low >= first_high and high <= last_low else DOUBTFUL

    def _in_time(self, window: TimeRange, hit: Hit) -> Verdict:
        if hit.span is None:
            return DOUBTFUL
        end = self.view.end
        start = window.start if window.start >= 0 else end + window.start
        stop = end if window.end is None else window.end if window.end >= 0 else end + window.end
        return Verdict.of(start <= hit.span.start <= stop)

    def anchored(self, anchor: Anchor, hit: Hit) -> tuple[Verdict, frozenset[int]]:
        """Whether ``hit`` lies where ``anchor`` says, and which of the anchor's hits it answers."""
        found = self.found(anchor.condition)
        absent = Verdict.of(anchor.open_if_absent)
        relations = [self.relation(anchor.direction, anchor.within, x, hit) for x in found.hits]
        settled = any(x.certain for x in found.hits)
        if anchor.which in ("any", "each"):
            verdict = MISS
            for x, relation in zip(found.hits, relations, strict=True):
                verdict = verdict | (relation if x.certain else relation & DOUBTFUL)
            groups = frozenset(i for i, r in enumerate(relations) if r is not MISS) if anchor.which == "each" else frozenset()
            if settled:
                return verdict, groups
            readings = [absent] if not found.hits and not found.unsure else [verdict, absent, *([DOUBTFUL] if found.unsure else [])]
            return _agreed(readings), groups
        # Which hit is the first (last) depends on which of the doubtful ones are real.
        pairs = list(zip(found.hits, relations, strict=True))
        readings = []
        for x, relation in pairs if anchor.which == "first" else reversed(pairs):
            readings.append(relation)
            if x.certain:
                break
        if not settled:
            readings.append(absent)
            if found.unsure:
                readings.append(DOUBTFUL)
        return _agreed(readings), frozenset()

    def relation(self, direction: str, within: Within | None, x: Hit, hit: Hit) -> Verdict:
        """Whether ``hit`` lies after, before or around ``x``, near enough."""
        if x.turn is None or hit.turn is None:
            return HIT
        after = (hit.turn, hit.start) >= (x.turn, x.end)
        before = (hit.turn, hit.end) <= (x.turn, x.start)
        if (direction == "after" and not after) or (direction == "before" and not before):
            return MISS
        if within is None:
            return HIT
        early, late = (x, hit) if after else (hit, x)
        if within.turns is not None:
            return self._turns_apart(within.turns, within.role, early, late, forward=after)
        if x.span is None or hit.span is None or early.span is None or late.span is None:
            return DOUBTFUL
        return Verdict.of(early.span.gap_to(late.span) <= (within.seconds or 0.0))

    def _turns_apart(self, limit: int, role: Role | None, early: Hit, late: Hit, *, forward: bool) -> Verdict:
        """Talks from the anchor to the hit, the anchor's own not counted, the hit's own counted."""
        first, last = (self.view.talk_of[h.turn] if h.turn is not None else 0 for h in (early, late))
        if not forward:  # the hit comes first: count its own talk, not the anchor's
            first, last = first - 1, last - 1
        low_first, high_first = self.view.rank(role, first)
        low_last, high_last = self.view.rank(role, last)
        fewest, most = low_last - low_first, (high_last - high_first)
        if fewest > limit:
            return MISS
        return HIT if max(fewest, most) <= limit else DOUBTFUL


def _from_end(position: int, fewest: int, most: int) -> tuple[int, int]:
    """A 1-based position from the front, at least and at most; negative positions count from the end."""
    return (position, position) if position > 0 else (fewest + 1 + position, most + 1 + position)


def _agreed(readings: list[Verdict]) -> Verdict:
    return readings[0] if all(r is readings[0] for r in readings) else DOUBTFUL

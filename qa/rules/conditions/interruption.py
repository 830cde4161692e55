"""One side starts to speak while the other is speaking (抢话).

It counts when the other side had been talking for `delay`, both talk together for `overlap`, and what was
said is no mere 嗯 or 好的. A sentence that was under way before the other side joined in interrupts nobody.
Words are not needed: a side that pauses for a breath (0.6 s) is still speaking, and without text a sentence
weighs by its seconds. Cutting into a longer pause (up to 1 s) is doubtful, and so is a cut-in of somebody or into
somebody whose side is not sure. On a mono recording overlaps can hardly be measured: what is found there is
doubtful, and finding none proves little, which is said beside the verdict.

Example:

    cut: {interruption: {overlap: 0.5 s, min_chars: 4}, by: agent}
    # with expect/forbid:  count(cut) >= 2
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate

from qa.calls import Layout, Role, Span, Turn
from qa.rules.conditions.operator import Operator, Vocabulary, param
from qa.rules.fields import Fields
from qa.rules.model import Title
from qa.rules.plaintext import is_filler
from qa.rules.verdict import Found, Hit, Verdict, both
from qa.rules.view import CallView
from qa.rules.windows import Look

BACKCHANNELS = frozenset(
    [
        "好的",
        "好",
        "对",
        "对的",
        "没错",
        "是",
        "是的",
        "行",
        "行的",
        "可以",
        "没事",
        "明白",
        "知道",
        "知道了",
        "yes",
        "yeah",
        "yep",
        "ok",
        "okay",
        "right",
        "sure",
    ]
)
_ROW = re.compile(f"(?:嗯|啊|哦|噢|唔|(?:{'|'.join(sorted(BACKCHANNELS, key=len, reverse=True))})[啊呀啦嘞吧哦呢]?)+")
"""A row of such words: 嗯嗯好的, 对对对, 好嘞好嘞. 行了行了 is none, it wants the other to stop."""
BREATH = 0.6
"""Seconds: a pause inside a sentence, where a speech detector cuts it although nobody has finished."""
CONTINUING = 1.0
"""Seconds: a side that paused no longer than this may have been going to speak on."""
SECONDS_PER_CHAR = 0.25
SURE_SECONDS_PER_CHAR = 0.4
"""Without text a sentence weighs by its length: 240 characters a minute, and slow enough that no row of 好的 lasts as long."""


@dataclass(frozen=True, slots=True)
class Params:
    """Seconds of joint speech, characters of the interrupting sentence, seconds the other side had been talking."""

    overlap: float = param("双方同时说话的最短时长", "how long both must talk together", shown="0.5 s")
    min_chars: int = param("抢话句的最少字数", "characters the interrupting sentence must have", shown="4")
    delay: float = param("对方至少已说多久", "how long the other side must have been talking", shown="0.3 s")


def read(fields: Fields, vocabulary: Vocabulary) -> Params:
    """The parameters written in ``fields``; raises BadRule."""
    del vocabulary
    overlap = fields.seconds("overlap", 0.5)
    if overlap < 0.1:
        fields.refuse("overlap", "is below 0.1 s, which no detector can tell", "write for example overlap: 0.5 s")
    return Params(overlap, fields.whole("min_chars", 4, low=0, high=200), fields.seconds("delay", 0.3))


@dataclass(frozen=True, slots=True)
class Stretch:
    """Sentences of one side with only short pauses between them; ``span`` (seconds) reaches from the first to the last."""

    turns: tuple[Turn, ...]
    spans: tuple[Span, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Cut:
    """Speech of both sides from the start to the end of ``span``, ``seconds`` of it in all, in which ``into`` is cut."""

    span: Span
    seconds: float
    into: Stretch | None = None


def find(params: Params, view: CallView, look: Look) -> Found:
    """Every cut-in by the side meant (``by``, default the agent); going on after a pause is no second one."""
    side = look.condition.by or Role.AGENT
    if not view.has_times:
        return Found(unsure=both("没有时间信息", "times are unknown"))
    mono = view.doubt.mono and (view.call.layout is Layout.MONO or not view.call.overlap_known)
    hits = _of(params, view, side, [t for t in view.turns if t.role is side], mono)
    # Who is not known may be the side meant; two voices at once are two people, whoever they are.
    for turn in view.turns:
        if turn.role is Role.UNKNOWN:
            hits += _of(params, view, side, [turn], mono)
    hits.sort(key=lambda h: (h.turn or 0, h.start))
    note = both("单声道录音：未发现抢话不代表没有", "mono recording: finding none proves little") if mono and not hits else ""
    return Found(tuple(look.keep_all(hits)), look.cut_off, note)


def _of(params: Params, view: CallView, side: Role, candidates: list[Turn], mono: bool) -> list[Hit]:
    """The cut-ins among ``candidates``, sentences of one person."""
    own = {t.index for t in candidates}
    others = [t for t in view.turns if t.role not in (side, Role.OTHER) and t.index not in own]
    together = _spoken_over(candidates, others)
    if not together and not mono:
        return []
    spoken = _spoken(view, others)
    breaths, pauses = stretches(spoken, BREATH), stretches(spoken, CONTINUING)
    hits: list[Hit] = []
    last: tuple[Stretch, Cut] | None = None
    for mine in stretches(_spoken(view, candidates), BREATH):
        if not mono and together.isdisjoint([t.index for t in mine.turns]):
            continue
        weight = _weight(view, mine, params.min_chars)
        if weight is Verdict.MISS:
            continue
        doubt = both("单声道录音难以判定抢话", "hard to tell on a mono recording") if mono else ""
        cut = _cut_into(view, mine, breaths, params)
        if cut is None:
            cut = _cut_into(view, mine, pauses, params)
            doubt = doubt or both("对方停顿较长，可能已说完", "the other side had paused and may have finished")
        if cut is None and mono:
            cut = _heard_together(view, mine, params)
        if cut is None:
            continue
        if weight is Verdict.DOUBTFUL:
            doubt = doubt or _mere_answer(mine)
        if not all(view.sure_role(t) for t in (*mine.turns, *(cut.into.turns if cut.into else ()))):
            doubt = doubt or both("说话人不确定", "not sure who speaks")
        detail = both(f"抢话，重叠 {cut.seconds:.1f} 秒", f"cuts in, {cut.seconds:.1f} s together")
        hit = Hit(mine.turns[0].index, 0, len(mine.turns[0].text), cut.span, not doubt, detail, doubt)
        if last is None or mine.span.start - last[0].span.end >= CONTINUING or not _same(last[1], cut):
            hits.append(hit)
        elif hit.certain and not hits[-1].certain:
            hits[-1] = hit
        last = (mine, cut)
    return hits


def _spoken_over(candidates: Iterable[Turn], others: Iterable[Turn]) -> set[int]:
    """Which of the candidates speak at a time when one of the others does."""
    spans = sorted((t.span.start, t.span.end) for t in others if t.span is not None)
    starts = [start for start, _ in spans]
    reached = list(accumulate((end for _, end in spans), max))
    found = set()
    for turn in candidates:
        if turn.span is not None and (before := bisect_left(starts, turn.span.end)) and reached[before - 1] > turn.span.start:
            found.add(turn.index)
    return found


def _spoken(view: CallView, turns: Iterable[Turn]) -> list[tuple[Span, Turn]]:
    """The sentences in order of time, without a mere 嗯."""
    listens = _merely_listens(view)
    timed = [(t.span, t) for t in turns if t.span is not None and not listens[t.index]]
    return sorted(timed, key=lambda entry: (entry[0].start, entry[1].index))


def stretches(timed: Iterable[tuple[Span, Turn]], pause: float) -> list[Stretch]:
    """Sentences in order of time, joined over silences shorter than ``pause`` seconds."""
    groups: list[list[tuple[Span, Turn]]] = []
    reached = 0.0
    for span, turn in timed:
        if groups and span.start - reached < pause:
            groups[-1].append((span, turn))
        else:
            groups.append([(span, turn)])
        reached = max(reached, span.end)
    return [_stretch(group) for group in groups]


def _stretch(group: list[tuple[Span, Turn]]) -> Stretch:
    spans = tuple([span for span, _ in group])
    return Stretch(tuple([turn for _, turn in group]), spans, Span(spans[0].start, max([s.end for s in spans])))


def is_backchannel(plain_text: str) -> bool:
    """Whether a sentence (plain text) only shows that one listens: 嗯, 好的, 对对, 嗯嗯好的.

    >>> is_backchannel("嗯嗯好的"), is_backchannel("yeah yeah ok"), is_backchannel("好的您先说")
    (True, True, False)
    """
    return bool(plain_text) and all(is_filler(word) or _ROW.fullmatch(word) for word in plain_text.split())


def _merely_listens(view: CallView) -> list[bool]:
    """As :func:`is_backchannel`, of every turn; masked digits (``*``, not in the plain text) are said as well."""
    return view.talks.once(
        is_backchannel, lambda: ["*" not in t.text and is_backchannel(p.text) for t, p in zip(view.turns, view.plains, strict=True)]
    )


def _weight(view: CallView, mine: Stretch, min_chars: int) -> Verdict:
    """Whether the words are enough to interrupt; by their seconds where there is no text, doubtful when those are few.

    Where the recogniser is unsure of the words, words and seconds must agree.
    """
    words = "".join(view.plains[t.index].text for t in mine.turns)
    seconds = sum(s.duration for s in mine.spans)
    by_time = Verdict.DOUBTFUL
    if seconds < SECONDS_PER_CHAR * min_chars:
        by_time = Verdict.MISS
    elif seconds >= SURE_SECONDS_PER_CHAR * min_chars:
        by_time = Verdict.HIT
    masked = sum(t.text.count("*") for t in mine.turns)
    if not words and not masked:
        return by_time
    by_words = Verdict.of(len(words) + masked >= min_chars and (masked > 0 or not is_backchannel(words)))
    sure = all(view.sure_words(t) for t in mine.turns)
    return by_words if sure or by_words is by_time else Verdict.DOUBTFUL


def _mere_answer(mine: Stretch) -> str:
    if any(t.text for t in mine.turns):
        return both("此处识别置信度低，也可能只是应答", "the recogniser is unsure of these words: it may be a mere yes")
    return both("没有文本，也可能只是应答", "there is no text: it may be a mere yes")


def _cut_into(view: CallView, mine: Stretch, others: list[Stretch], params: Params) -> Cut | None:
    """The stretch of the other side that ``mine`` begins inside and is spoken over, if there is one."""
    start = mine.span.start
    for other in others:
        if other.span.start + params.delay > start:
            break  # so do all that follow
        if start >= other.span.end:
            continue
        common = [joint for a in other.spans for b in mine.spans if (joint := a & b)]
        seconds = sum(c.duration for c in common)
        if common and seconds >= params.overlap and not _was_speaking(view, mine, other):
            return Cut(Span(min(c.start for c in common), max(c.end for c in common)), seconds, other)
    return None


def _was_speaking(view: CallView, mine: Stretch, other: Stretch) -> bool:
    """Whether the side of ``mine`` was under way when the other joined in, and merely went on."""
    start = mine.span.start
    joined = [s.start for s in other.spans if s.start <= start]
    return any(
        t.span.start < moment < t.span.end and start - t.span.end < CONTINUING
        for t in view.turns
        if t.role is mine.turns[0].role and t.span is not None and t not in mine.turns
        for moment in joined
    )


def _same(before: Cut, now: Cut) -> bool:
    """Whether both cut into the same speech of the other side."""
    if before.into is None or now.into is None:
        return before.span == now.span
    return any(turn in before.into.turns for turn in now.into.turns)


def _heard_together(view: CallView, mine: Stretch, params: Params) -> Cut | None:
    """On mono the overlap detector may hear both where the turns, being exclusive, do not overlap."""
    side = mine.turns[0].role
    listens = _merely_listens(view)
    before = [t.span for t in view.turns if t.span and t.role not in (side, Role.OTHER) and not listens[t.index]]
    for overlap in view.call.overlaps:
        if overlap.duration < params.overlap or not overlap.start - 0.5 <= mine.span.start <= overlap.end:
            continue
        if any(s.start + params.delay <= overlap.start <= s.end + 0.5 for s in before):
            return Cut(overlap, overlap.duration)
    return None


OPERATOR = Operator("interruption", Title("抢话、打断", "one side cuts into the other's speech"), Params, read, find)

"""One side starts to speak while the other is speaking (抢话).

It counts when the other side had been talking for `delay`, both talk together for `overlap`, and what was
said is no mere 嗯 or 好的. A sentence that was under way before the other side joined in interrupts nobody.
On a mono recording overlaps can hardly be measured: what is found there is doubtful, and finding none
proves little, which is said beside the verdict.

Example:

    cut: {interruption: {overlap: 0.5 s, min_chars: 4}, by: agent}
    # with expect/forbid:  count(cut) >= 2
"""

from __future__ import annotations

from dataclasses import dataclass

from qa.calls import Layout, Role, Span, Turn
from qa.rules.conditions.operator import Operator, Vocabulary, param
from qa.rules.fields import Fields
from qa.rules.model import Title
from qa.rules.plaintext import is_filler
from qa.rules.verdict import Found, Hit, both
from qa.rules.view import CallView
from qa.rules.windows import Look

BACKCHANNELS = frozenset(
    [
        "好的",
        "好",
        "对",
        "对对",
        "对对对",
        "是",
        "是的",
        "是是",
        "行",
        "嗯好",
        "嗯对",
        "嗯嗯",
        "哦好",
        "好好",
        "好好好",
        "可以",
        "没事",
        "yes",
        "yeah",
        "yep",
        "ok",
        "okay",
        "right",
        "sure",
    ]
)
CONTINUING = 1.0
"""Seconds: a side that paused no longer than this was still speaking."""


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


def find(params: Params, view: CallView, look: Look) -> Found:
    """Every cut-in by the side meant (``by``, default the agent)."""
    side = look.condition.by or Role.AGENT
    if not view.has_times:
        return Found(unsure=both("没有时间信息", "times are unknown"))
    mono = view.call.layout is Layout.MONO or not view.call.overlap_known
    doubt = both("单声道录音难以判定抢话", "hard to tell on a mono recording") if mono else ""
    hits: list[Hit] = []
    for turn in view.turns:
        if turn.role is not side or turn.span is None or not _has_weight(view, turn, params.min_chars):
            continue
        together = _interrupted(view, turn, turn.span, params) or (_heard_together(view, turn, turn.span, params) if mono else None)
        if together is None:
            continue
        detail = both(f"抢话，重叠 {together.duration:.1f} 秒", f"cuts in, {together.duration:.1f} s together")
        hits.append(Hit(turn.index, 0, len(turn.text), together, not doubt, detail, doubt))
    note = both("单声道录音：未发现抢话不代表没有", "mono recording: finding none proves little") if mono and not hits else ""
    return Found(tuple(look.keep_all(hits)), note=note)


def is_backchannel(plain_text: str) -> bool:
    """Whether a sentence (plain text) only shows that one listens: 嗯, 好的, 对对."""
    return bool(plain_text) and (plain_text in BACKCHANNELS or is_filler(plain_text))


def _has_weight(view: CallView, turn: Turn, min_chars: int) -> bool:
    """Whether the sentence is long enough to interrupt; by its seconds where there is no text."""
    words = view.plains[turn.index].text
    if not words:
        return turn.span is not None and turn.span.duration >= 0.25 * min_chars
    return len(words) >= min_chars and not is_backchannel(words)


def _interrupted(view: CallView, turn: Turn, span: Span, params: Params) -> Span | None:
    """The stretch of joint speech with the sentence that ``turn`` cuts into, if it does."""
    for other in view.turns:
        if other.span is None or other.role in (turn.role, Role.OTHER) or is_backchannel(view.plains[other.index].text):
            continue
        together = other.span & span
        cuts_in = other.span.start + params.delay <= span.start < other.span.end and together.duration >= params.overlap
        if cuts_in and not _was_speaking(view, turn, other.span.start, span.start):
            return together
    return None


def _was_speaking(view: CallView, turn: Turn, joined: float, start: float) -> bool:
    """Whether the side of ``turn`` was under way when the other joined in, and merely went on."""
    return any(
        t.role is turn.role and t is not turn and t.span and t.span.start < joined < t.span.end and start - t.span.end < CONTINUING
        for t in view.turns
    )


def _heard_together(view: CallView, turn: Turn, span: Span, params: Params) -> Span | None:
    """On mono the overlap detector may hear both where the turns, being exclusive, do not overlap."""
    for overlap in view.call.overlaps:
        if overlap.duration < params.overlap or not overlap.start - 0.5 <= span.start <= overlap.end:
            continue
        before = [
            t for t in view.turns if t.span and t.role not in (turn.role, Role.OTHER) and not is_backchannel(view.plains[t.index].text)
        ]
        if any(t.span and t.span.start + params.delay <= overlap.start <= t.span.end + 0.5 for t in before):
            return overlap
    return None


OPERATOR = Operator("interruption", Title("抢话、打断", "one side cuts into the other's speech"), Params, read, find)

"""Somebody speaks loudly or softly: against a level, against oneself, against the other side (音量).

Levels are of whole sentences, in dB: `against: absolute` in dBFS (0 is the loudest a recording can hold), `own` above the median of
the same side in the call, `other` above the median of the other side. With `pitch: 3` the voice must also be so many semitones higher
than usual: who shouts speaks louder *and* higher (Traunmüller and Eriksson 2000), who only came nearer to the microphone does not.
`per: call` judges the median of the side. Within 1 dB of the limit, and where both sides speak on a mono recording, the hit is doubtful.

Example:

    shout:  {loudness: {over: 8 dB, against: own, pitch: 3}, by: customer}
    faint:  {loudness: {under: -40 dBFS, per: call}, by: agent}
    louder: {loudness: {over: 6 dB, against: other}, by: agent}
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from qa.calls import Layout, Role, Turn
from qa.rules.conditions.operator import Operator, Vocabulary, param
from qa.rules.fields import Fields
from qa.rules.model import Title
from qa.rules.verdict import Found, Hit, Verdict, both
from qa.rules.view import CallView
from qa.rules.windows import Look

MARGIN = 1.0
"""dB by which the level of a sentence depends on where it was cut."""
PITCH_MARGIN = 0.5
"""Semitones by which two measures of the same voice differ."""
LEAST_TURNS = 4
"""Sentences that a side needs before its median means something."""
_LEVEL = re.compile(r"(-?\d+(?:\.\d+)?)\s*(?:dbfs|db|分贝)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Params:
    """Limits in dB or dBFS (None: no limit), what they are measured from, semitones that the voice must rise (0: any)."""

    over: float | None = param("高于（dB；absolute 为 dBFS）", "louder than (dB; dBFS when absolute)", shown="–")
    under: float | None = param("低于（dB；absolute 为 dBFS）", "softer than (dB; dBFS when absolute)", shown="–")
    against: str = param(
        "absolute：绝对电平；own：本人中位数；other：对方中位数",
        "absolute: a level; own: the side's median; other: the other side's median",
        shown="absolute",
    )
    pitch: float = param("音高须同时升高多少半音", "semitones that the voice must rise as well", shown="0")
    per_call: bool = param(
        "sentence：逐句；call：整通中位数", "sentence: each one; call: the median of the side", key="per", shown="sentence"
    )
    shortest: float = param("短于此时长的句子不计", "shorter sentences do not count", shown="0.6 s")


def read(fields: Fields, vocabulary: Vocabulary) -> Params:
    """The parameters written in ``fields``; raises BadRule."""
    del vocabulary
    if fields.has("over") == fields.has("under"):
        fields.refuse("loudness", "needs either over: or under:", "write for example over: 8 dB with against: own")
    against = fields.choice("against", ("absolute", "own", "other"), "absolute")
    per_call = fields.choice("per", ("sentence", "call"), "sentence") == "call"
    pitch = fields.number("pitch", 0.0, low=0, high=24)
    if against == "own" and per_call:
        fields.refuse("per", "compares the side with itself", "write per: sentence, or against: other")
    if pitch and (per_call or fields.has("under")):
        fields.refuse("pitch", "goes with single sentences that are too loud", "remove it, or write over: without per: call")
    over = _level(fields, "over", against) if fields.has("over") else None
    under = _level(fields, "under", against) if fields.has("under") else None
    return Params(over, under, against, pitch, per_call, fields.seconds("shortest", 0.6))


def _level(fields: Fields, key: str, against: str) -> float:
    text = fields.text(key)
    match = _LEVEL.fullmatch(text.strip())
    level = float(match[1]) if match else math.nan
    low, high, example = (-120.0, 0.0, "-20 dBFS") if against == "absolute" else (-60.0, 60.0, "8 dB")
    if not low <= level <= high:
        fields.refuse(key, f"'{text}' is not a level from {low:g} to {high:g} dB", f"write for example {key}: {example}")
    return level


def find(params: Params, view: CallView, look: Look) -> Found:
    """Every sentence beyond the limit, or the most extreme one when the median of the side is."""
    heard = {t.index: t for t in view.turns if t.loudness is not None and t.role is not Role.OTHER and _long(t, params.shortest)}
    searched = [heard[i] for i in look.searched if i in heard]
    if not searched:
        return Found(unsure=both("没有音量数据", "no level was measured")) if look.searched else Found()
    hits: list[Hit] = []
    unmeasured = ""
    for role in dict.fromkeys(t.role for t in searched):
        zero = _zero(params, view, heard.values(), role)
        if zero is None:
            unmeasured = both("句子太少，无法比较音量", "too few sentences to compare levels")
            continue
        mine = [t for t in searched if t.role is role]
        hits += _of_side(params, view, mine, zero) if params.per_call else _of_sentences(params, view, mine, heard.values(), zero)
    kept = look.keep_all(sorted(hits, key=lambda h: h.turn or 0))
    return Found(tuple(kept), unmeasured or ("" if kept and params.per_call else look.cut_off))


def _long(turn: Turn, shortest: float) -> bool:
    return turn.span is None or turn.span.duration >= shortest


def _zero(params: Params, view: CallView, heard: Iterable[Turn], role: Role) -> float | None:
    """dBFS from which the limits are counted; None when too little was heard of the side that sets it."""
    if params.against == "absolute":
        return 0.0
    if params.against == "own":
        levels = [_db(t) for t in heard if t.role is role]
    else:
        levels = [_db(t) for t in heard if t.role is not role and view.sure_role(t)]
    return median(levels) if len(levels) >= LEAST_TURNS else None


def _of_side(params: Params, view: CallView, mine: list[Turn], zero: float) -> list[Hit]:
    level = median(_db(t) for t in mine) - zero
    beyond = _beyond(params, level)
    if beyond is Verdict.MISS:
        return []
    extreme = max(mine, key=lambda t: _db(t) * (1 if params.over is not None else -1))
    detail = both(f"音量中位数 {_shown(params, level)}", f"median level {_shown(params, level)}")
    return [_hit(params, view, extreme, beyond, detail, "")]


def _of_sentences(params: Params, view: CallView, mine: list[Turn], heard: Iterable[Turn], zero: float) -> list[Hit]:
    hits = []
    pitches = [t.voice.pitch for t in heard if t.role is mine[0].role and t.voice and t.voice.pitch]
    usual = median(pitches) if len(pitches) >= LEAST_TURNS else None
    for turn in mine:
        level = _db(turn) - zero
        beyond = _beyond(params, level)
        doubt = ""
        rise = 12 * math.log2(turn.voice.pitch / usual) if usual and turn.voice and turn.voice.pitch else None
        if params.pitch and beyond is not Verdict.MISS:
            if rise is None:
                doubt = both("没有测到音高，不知是否喊叫", "no pitch was measured: it may only be loud")
            else:
                beyond = beyond & _against(rise, params.pitch, PITCH_MARGIN)
        if beyond is not Verdict.MISS:
            high = f"，音高 {rise:+.1f} 半音" if params.pitch and rise is not None else ""
            raised = f", pitch {rise:+.1f} semitones" if params.pitch and rise is not None else ""
            detail = both(f"音量 {_shown(params, level)}{high}", f"level {_shown(params, level)}{raised}")
            hits.append(_hit(params, view, turn, beyond, detail, doubt))
    return hits


def _beyond(params: Params, level: float) -> Verdict:
    if params.over is not None:
        return _against(level, params.over, MARGIN)
    return _against(-level, -(params.under or 0.0), MARGIN)


def _against(value: float, limit: float, margin: float) -> Verdict:
    """HIT from a margin above the limit on, DOUBTFUL from a margin below it on."""
    return Verdict.HIT if value >= limit + margin else Verdict.DOUBTFUL if value >= limit - margin else Verdict.MISS


def _hit(params: Params, view: CallView, turn: Turn, beyond: Verdict, detail: str, doubt: str) -> Hit:
    if not doubt and beyond is Verdict.DOUBTFUL:
        doubt = both("音量或音高接近阈值", "level or pitch is close to the limit")
    if not doubt and params.against != "absolute" and not view.sure_role(turn):
        doubt = both("说话人不确定", "not sure who speaks")
    if not doubt and _mixed(view, turn):
        doubt = both("单声道录音中双方同时说话", "both sides speak on a mono recording")
    return Hit(turn.index, 0, len(turn.text), turn.span, not doubt, detail, doubt)


def _mixed(view: CallView, turn: Turn) -> bool:
    """Whether the other side is heard in the sentence as well: on one track its level is of both."""
    if not view.doubt.mono or view.call.layout is not Layout.MONO or turn.span is None:
        return False
    others = [t.span for t in view.turns if t.role is not turn.role and t.span is not None]
    return any(turn.span & span for span in (*others, *view.call.overlaps))


def _db(turn: Turn) -> float:
    assert turn.loudness is not None
    return turn.loudness


def _shown(params: Params, level: float) -> str:
    return f"{level:.1f} dBFS" if params.against == "absolute" else f"{level:+.1f} dB"


OPERATOR = Operator("loudness", Title("音量", "somebody speaks loudly or softly"), Params, read, find)

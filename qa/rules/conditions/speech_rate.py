"""Somebody speaks too fast or too slowly, in characters per minute.

Counted as spoken: Chinese characters, numbers as read out, a Latin word as two characters, no 嗯 and
no punctuation. `per: call` judges the average of the side, `per: sentence` each sentence of at least
`min_chars`. Within 5 % of the limit the verdict is doubtful.

Example:

    fast: {speech_rate: {over: 330, per: call}, by: agent}
    rush: {speech_rate: {over: 400, per: sentence, min_chars: 12}, by: agent}
    slow: {speech_rate: {under: 120}, by: agent}
"""

from __future__ import annotations

from dataclasses import dataclass

from qa.calls import Turn
from qa.rules.conditions.operator import Operator, Vocabulary, param
from qa.rules.fields import Fields
from qa.rules.model import Title
from qa.rules.plaintext import spoken_length
from qa.rules.verdict import Found, Hit, both
from qa.rules.view import CallView
from qa.rules.windows import Look

MARGIN = 0.05
SHORTEST = 0.4
"""Seconds below which a sentence has no measurable rate."""


@dataclass(frozen=True, slots=True)
class Params:
    """Limits in characters per minute; 0 is no limit."""

    over: float = param("上限，字/分钟", "faster than this many characters a minute", shown="–")
    under: float = param("下限，字/分钟", "slower than this many characters a minute", shown="–")
    per_call: bool = param("call：整通平均；sentence：逐句", "call: the average; sentence: each one", key="per", shown="call")
    min_chars: int = param("少于此字数的句子不计", "sentences with fewer characters do not count", shown="8")


def read(fields: Fields, vocabulary: Vocabulary) -> Params:
    """The parameters written in ``fields``; raises BadRule."""
    del vocabulary
    if fields.has("over") == fields.has("under"):
        fields.refuse("speech_rate", "needs either over: or under:", "write for example over: 330")
    over = fields.number("over", low=1, high=2000) if fields.has("over") else 0.0
    under = fields.number("under", low=1, high=2000) if fields.has("under") else 0.0
    per = fields.choice("per", ("call", "sentence"), "call")
    return Params(over, under, per == "call", fields.whole("min_chars", 8, low=1, high=500))


def find(params: Params, view: CallView, look: Look) -> Found:
    """The call's average at its most extreme sentence, or every sentence beyond the limit."""
    measured: list[tuple[Turn, int, float]] = []
    for index in look.searched:
        turn = view.turns[index]
        chars = spoken_length(view.plains[index].text) + view.turns[index].text.count("*")  # masked, but said
        if turn.span is not None and turn.span.duration >= SHORTEST and chars >= params.min_chars:
            measured.append((turn, chars, turn.span.duration))
    if not measured:
        if view.has_text and view.has_times:
            return Found()
        return Found(unsure=both("没有文本或时间", "text or times are unknown"))
    if params.per_call:
        rate = 60 * sum(chars for _, chars, _ in measured) / sum(seconds for *_, seconds in measured)
        extreme = max(measured, key=lambda m: (m[1] / m[2]) * (1 if params.over else -1))
        hits = _hit(params, extreme[0], rate, both(f"平均语速 {rate:.0f} 字/分", f"{rate:.0f} characters a minute on average"))
    else:
        hits = []
        for turn, chars, seconds in measured:
            rate = 60 * chars / seconds
            hits += _hit(params, turn, rate, both(f"语速 {rate:.0f} 字/分", f"{rate:.0f} characters a minute"))
    return Found(tuple(look.keep_all(hits)))


def _hit(params: Params, turn: Turn, rate: float, detail: str) -> list[Hit]:
    beyond = rate / params.over if params.over else params.under / max(rate, 1e-9)
    if beyond <= 1 - MARGIN:
        return []
    doubt = both("语速接近阈值", "the rate is close to the limit") if beyond <= 1 + MARGIN else ""
    return [Hit(turn.index, 0, len(turn.text), turn.span, not doubt, detail, doubt)]


OPERATOR = Operator("speech_rate", Title("语速过快或过慢", "somebody speaks too fast or too slowly"), Params, read, find)

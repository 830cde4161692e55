"""Somebody speaks too fast or too slowly, in characters or words per minute.

Counted as spoken: Chinese characters, numbers as read out, a Latin word as two characters, masked digits, no 嗯 and
no punctuation. `unit: words` counts English words instead, numbers as read out (45 is two words), a Chinese character
as one, no um. `per: call` judges the average of the side over the window, `per: sentence` each sentence; sentences of
fewer than `min_chars` (or `min_words`) say nothing. Within 5 % of the limit, and where the recogniser is unsure of
most words, the verdict is doubtful.

Example:

    fast: {speech_rate: {over: 330, per: call}, by: agent}
    rush: {speech_rate: {over: 400, per: sentence, min_chars: 12}, by: agent}
    slow: {speech_rate: {under: 120}, by: agent}
    wpm:  {speech_rate: {over: 190, unit: words, per: call}, by: agent}
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from qa.calls import Turn
from qa.rules.conditions.operator import Operator, Vocabulary, param
from qa.rules.fields import Fields
from qa.rules.model import Title
from qa.rules.plaintext import is_filler, spoken_length
from qa.rules.verdict import Found, Hit, both
from qa.rules.view import CallView
from qa.rules.windows import Look

MARGIN = 0.05
SHORTEST = 0.4
"""Seconds below which a sentence has no measurable rate."""


@dataclass(frozen=True, slots=True)
class Params:
    """Limits in characters (or words) per minute; 0 is no limit. ``least`` are characters or words too."""

    over: float = param("上限，字（词）/分钟", "faster than this many characters (words) a minute", shown="–")
    under: float = param("下限，字（词）/分钟", "slower than this many characters (words) a minute", shown="–")
    per_call: bool = param("call：整通平均；sentence：逐句", "call: the average; sentence: each one", key="per", shown="call")
    least: int = param("少于此字数的句子不计", "sentences with fewer characters do not count", key="min_chars", shown="8")
    words: bool = param("characters：按字；words：按英文词", "characters, or words of English", key="unit", shown="characters")
    min_words: int = param("unit: words 时，少于此词数的句子不计", "with unit: words, fewer words do not count", shown="5")


def read(fields: Fields, vocabulary: Vocabulary) -> Params:
    """The parameters written in ``fields``; raises BadRule."""
    del vocabulary
    if fields.has("over") == fields.has("under"):
        fields.refuse("speech_rate", "needs either over: or under:", "write for example over: 330")
    over = fields.number("over", low=1, high=2000) if fields.has("over") else 0.0
    under = fields.number("under", low=1, high=2000) if fields.has("under") else 0.0
    per = fields.choice("per", ("call", "sentence"), "call")
    words = fields.choice("unit", ("characters", "words"), "characters") == "words"
    for key, other in (("min_chars", "min_words"), ("min_words", "min_chars")):
        if fields.has(key) and words == (key == "min_chars"):
            fields.refuse(key, f"does not go with unit: {'words' if words else 'characters'}", f"write {other}:")
    least, min_words = fields.whole("min_chars", 8, low=1, high=500), fields.whole("min_words", 5, low=1, high=500)
    return Params(over, under, per == "call", least, words, min_words)


@dataclass(frozen=True, slots=True)
class Measured:
    """A sentence, how much was said in it, and in how many seconds."""

    turn: Turn
    amount: int
    seconds: float

    @property
    def rate(self) -> float:
        return 60 * self.amount / self.seconds


def find(params: Params, view: CallView, look: Look) -> Found:
    """The call's average at its most extreme sentence, or every sentence beyond the limit."""
    least = params.min_words if params.words else params.least
    measured: list[Measured] = []
    for index in look.searched:
        turn = view.turns[index]
        if turn.span is not None and turn.span.duration >= SHORTEST and (amount := _amount(params, view, turn)) >= least:
            measured.append(Measured(turn, amount, turn.span.duration))
    if not measured:
        if view.has_text and view.has_times:
            return Found(unsure=look.cut_off)
        return Found(unsure=both("没有文本或时间", "text or times are unknown"))
    unit = ("词", "words") if params.words else ("字", "characters")
    if params.per_call:
        rate = 60 * sum(m.amount for m in measured) / sum(m.seconds for m in measured)
        extreme = max(measured, key=lambda m: m.rate * (1 if params.over else -1))
        sure = sum(m.amount for m in measured if turn_heard(view, m.turn)) * 2 >= sum(m.amount for m in measured)
        hits = _hit(
            params, extreme.turn, rate, sure, both(f"平均语速 {rate:.0f} {unit[0]}/分", f"{rate:.0f} {unit[1]} a minute on average")
        )
    else:
        hits = []
        for m in measured:
            detail = both(f"语速 {m.rate:.0f} {unit[0]}/分", f"{m.rate:.0f} {unit[1]} a minute")
            hits += _hit(params, m.turn, m.rate, turn_heard(view, m.turn), detail)
    kept = look.keep_all(hits)
    return Found(tuple(kept), "" if kept and params.per_call else look.cut_off)


def spoken_words(plain_text: str) -> int:
    """Words said, as English counts them: Latin words, numbers as read out, a Chinese character as one, no um.

    >>> spoken_words("um please wait 45 minutes")
    5
    """
    count = 0
    for word in re.findall(r"[a-z]+|[0-9]+|[^a-z0-9\s]", plain_text):
        if is_filler(word):
            continue
        # forty five; twenty, twelve and five are one word. Longer numbers come one digit at a time.
        count += 2 if len(word) == 2 and word.isdecimal() and int(word) > 20 and word[1] != "0" else 1
    return count


def turn_heard(view: CallView, turn: Turn) -> bool:
    """Whether the recogniser trusts the sentence as a whole, or most of its words."""
    known = [w.confidence for w in turn.words if w.confidence is not None]
    if known:
        return sum(c >= view.doubt.words for c in known) * 2 >= len(known)
    return view.sure_words(turn)


def _amount(params: Params, view: CallView, turn: Turn) -> int:
    masked = turn.text.count("*")  # masked, but said
    text = view.plains[turn.index].text
    return (spoken_words(text) if params.words else spoken_length(text)) + masked


def _hit(params: Params, turn: Turn, rate: float, sure: bool, detail: str) -> list[Hit]:
    beyond = rate / params.over if params.over else params.under / max(rate, 1e-9)
    if beyond <= 1 - MARGIN:
        return []
    doubt = both("语速接近阈值", "the rate is close to the limit") if beyond <= 1 + MARGIN else ""
    if not sure:
        doubt = doubt or both("识别置信度低，字数不可靠", "the recogniser is unsure of how much was said")
    return [Hit(turn.index, 0, len(turn.text), turn.span, not doubt, detail, doubt)]


OPERATOR = Operator("speech_rate", Title("语速过快或过慢", "somebody speaks too fast or too slowly"), Params, read, find)

"""One side has more or less than a share of all that is said (通话占比).

By seconds of speech; by characters where times are unknown. Silence, music and announcements belong to nobody, a listener's 嗯 does not
count. A fact of the whole call: no window and no anchor. Where it is not sure who speaks the share lies between two numbers; within
2 % of the limit, and when the recording stops early, it is doubtful.

Example:

    lecture: {talk_share: agent, over: 80 %}
    mute:    {talk_share: customer, under: 5 %}
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from qa.calls import Role, Turn
from qa.rules.conditions.operator import Vocabulary, of_call, param
from qa.rules.conditions.turn_count import between, why_unsure
from qa.rules.fields import Fields
from qa.rules.model import Title
from qa.rules.plaintext import is_filler, spoken_length
from qa.rules.verdict import Found, Hit, Verdict, both
from qa.rules.view import CallView
from qa.rules.windows import Look

MARGIN = 0.02
_SHARE = re.compile(r"(\d+(?:\.\d+)?)\s*([%％])?")
_WHO = {"agent": ("坐席", "the agent"), "customer": ("客户", "the customer")}


@dataclass(frozen=True, slots=True)
class Params:
    """Whose share, and the limits from 0 to 1; None is no limit."""

    side: str = param("agent 或 customer", "agent or customer", key="talk_share")
    over: float | None = param("高于（% 或 0–1）", "above (% or 0–1)", shown="–")
    under: float | None = param("低于（% 或 0–1）", "below (% or 0–1)", shown="–")


def read(fields: Fields, vocabulary: Vocabulary) -> Params:
    """The parameters written in ``fields``; raises BadRule."""
    del vocabulary
    side = fields.choice("talk_share", ("agent", "customer"))
    over = _share(fields, "over") if fields.has("over") else None
    under = _share(fields, "under") if fields.has("under") else None
    if over is None and under is None:
        fields.refuse("talk_share", "needs over: or under:", "write for example over: 80 %")
    if over is not None and under is not None and over >= under:
        fields.refuse("over", "is not below under:, so that no call fits", "swap the two or write two conditions")
    return Params(side, over, under)


def _share(fields: Fields, key: str) -> float:
    text = fields.text(key)
    match = _SHARE.fullmatch(text.strip())
    share = (float(match[1]) / (100 if match[2] else 1)) if match else -1.0
    if not 0 <= share <= 1:
        fields.refuse(key, f"'{text}' is not a share", f"write for example {key}: 80 % (or 0.8)")
    return share


def find(params: Params, view: CallView, look: Look) -> Found:
    """One hit of the whole call when the share lies between the limits."""
    del look
    side = Role(params.side)
    weighed = [(t, _weight(view, t)) for t in view.turns if t.role is not Role.OTHER]
    total = sum(weight for _, weight in weighed)
    if total <= 0:
        return Found(unsure=both("没有时间和文本", "there are neither times nor words"))
    low = sum(w for t, w in weighed if t.role is side and view.sure_role(t)) / total
    high = low + sum(w for t, w in weighed if not view.sure_role(t)) / total
    verdict = between(low - MARGIN, high + MARGIN, params.over, params.under)
    if verdict is Verdict.HIT and view.call.truncated:
        verdict = Verdict.DOUBTFUL
    if verdict is Verdict.MISS:
        return Found(unsure=why_unsure(view) if view.call.truncated else "")
    zh, en = _WHO[params.side]
    shown = f"{low:.0%}" if high - low < 0.005 else f"{low:.0%}–{high:.0%}"
    unit = ("时长", "of the talking time") if view.has_times else ("字数", "of what is said")
    detail = both(f"{zh}占说话{unit[0]}的 {shown}", f"{en} has {shown} {unit[1]}")
    close = both("占比接近阈值", "the share is close to the limit")
    doubt = "" if verdict is Verdict.HIT else why_unsure(view) if view.call.truncated or high > low else close
    return Found((Hit(None, certain=not doubt, detail=detail, doubt=doubt),))


def _weight(view: CallView, turn: Turn) -> float:
    """Seconds of a sentence, or its characters where the call has no times; nothing for a bare 嗯."""
    text = view.plains[turn.index].text
    if text and is_filler(text):
        return 0.0
    if view.has_times:
        return turn.span.duration if turn.span is not None else 0.0
    return spoken_length(text) + turn.text.count("*")


def _described(params: Params) -> str:
    return f"{_WHO[params.side][0]}说话占比"


OPERATOR = of_call("talk_share", Title("说话占比", "a side has more or less than a share of what is said"), Params, read, find, _described)

"""One side, or both together, took more or fewer turns than a limit (话轮数).

A turn is all that one side says until the other speaks; a listener's bare 嗯 is none. A fact of the whole call: no window and no anchor.
Where it is not sure who speaks, or the recording stops early, the count lies between two numbers and may be doubtful.

Example:

    long:   {turn_count: any, over: 60}
    silent: {turn_count: customer, under: 2}
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from qa.calls import Role
from qa.rules.conditions.operator import Vocabulary, of_call, param
from qa.rules.fields import Fields
from qa.rules.model import Title
from qa.rules.verdict import Found, Hit, Verdict, both
from qa.rules.view import CallView
from qa.rules.windows import Look

SIDES = ("agent", "customer", "any")
_WHO = {"agent": ("坐席", "the agent"), "customer": ("客户", "the customer"), "any": ("双方", "both sides")}


@dataclass(frozen=True, slots=True)
class Params:
    """Whose turns are counted, and the limits; None is no limit."""

    side: str = param("agent、customer 或 any", "agent, customer or any", key="turn_count")
    over: int | None = param("多于（轮）", "more turns than", shown="–")
    under: int | None = param("少于（轮）", "fewer turns than", shown="–")


def read(fields: Fields, vocabulary: Vocabulary) -> Params:
    """The parameters written in ``fields``; raises BadRule."""
    del vocabulary
    side = fields.choice("turn_count", SIDES)
    over = fields.whole("over") if fields.has("over") else None
    under = fields.whole("under", low=1) if fields.has("under") else None
    if over is None and under is None:
        fields.refuse("turn_count", "needs over: or under:", "write for example over: 60")
    if over is not None and under is not None and over + 1 >= under:
        fields.refuse("over", "leaves no number below under:, so that no call fits", "swap the two or write two conditions")
    return Params(side, over, under)


def find(params: Params, view: CallView, look: Look) -> Found:
    """One hit of the whole call when the count lies between the limits."""
    del look
    fewest, most = view.total(None if params.side == "any" else Role(params.side))
    highest = math.inf if view.call.truncated else most
    verdict = between(fewest, highest, params.over, params.under)
    zh, en = _WHO[params.side]
    count = f"{fewest}" if fewest == most else f"{fewest}–{most}"
    detail = both(f"{zh}共 {count} 轮", f"{count} turns of {en}")
    if verdict is Verdict.MISS:
        return Found()
    doubt = "" if verdict is Verdict.HIT else why_unsure(view)
    return Found((Hit(None, certain=not doubt, detail=detail, doubt=doubt),))


def between(low: float, high: float, over: float | None, under: float | None) -> Verdict:
    """Whether a value known to lie in ``[low, high]`` is above ``over`` and below ``under``.

    >>> between(3, 5, 3, None)
    <Verdict.DOUBTFUL: 'doubtful'>
    """
    above = Verdict.HIT if over is None or low > over else Verdict.DOUBTFUL if high > over else Verdict.MISS
    below = Verdict.HIT if under is None or high < under else Verdict.DOUBTFUL if low < under else Verdict.MISS
    return above & below


def why_unsure(view: CallView) -> str:
    """Why a figure of the whole call lies between two numbers."""
    if view.call.truncated:
        return both("录音不完整", "the recording is cut off")
    return both("部分话轮说话人不确定", "not sure who speaks in some turns")


def _described(params: Params) -> str:
    return f"{_WHO[params.side][0]}话轮数"


OPERATOR = of_call("turn_count", Title("话轮数", "a side took more or fewer turns than a limit"), Params, read, find, _described)

"""The call is longer or shorter than a limit.

A fact of the whole call: it has no place, so it takes no window and no anchor.

Example:

    long:  {duration: {over: 10 min}}
    short: {duration: {under: 15 s}}
"""

from __future__ import annotations

from dataclasses import dataclass

from qa.rules.conditions.operator import Vocabulary, of_call, param
from qa.rules.fields import Fields
from qa.rules.model import Title
from qa.rules.verdict import Found, Hit, both
from qa.rules.view import CallView
from qa.rules.windows import Look


@dataclass(frozen=True, slots=True)
class Params:
    """Limits in seconds; None is no limit."""

    over: float | None = param("长于（秒）", "longer than (seconds)", shown="–")
    under: float | None = param("短于（秒）", "shorter than (seconds)", shown="–")


def read(fields: Fields, vocabulary: Vocabulary) -> Params:
    """The parameters written in ``fields``; raises BadRule."""
    del vocabulary
    over = fields.seconds("over") if fields.has("over") else None
    under = fields.seconds("under") if fields.has("under") else None
    if over is None and under is None:
        fields.refuse("duration", "needs over: or under:", "write for example over: 10 min")
    if over is not None and under is not None and over >= under:
        fields.refuse("over", "is not below under:, so that no call fits", "swap the two or write two conditions")
    return Params(over, under)


def find(params: Params, view: CallView, look: Look) -> Found:
    """One hit of the whole call, doubtful when a cut recording might have gone on."""
    del look
    seconds = view.end
    if seconds <= 0:
        return Found(unsure=both("通话时长未知", "the duration is unknown"))
    long_enough = params.over is None or seconds > params.over
    short_enough = params.under is None or seconds < params.under
    cut = view.call.truncated
    detail = both(f"通话 {seconds:.0f} 秒", f"the call lasts {seconds:.0f} s")
    if long_enough and short_enough:
        doubt = both("录音不完整，时长未知", "the recording is cut off") if cut and params.under is not None else ""
        return Found((Hit(None, certain=not doubt, detail=detail, doubt=doubt),))
    if cut and short_enough:
        return Found(unsure=both("录音不完整，时长未知", "the recording is cut off"))
    return Found()


OPERATOR = of_call("duration", Title("通话时长", "the call is longer or shorter than a limit"), Params, read, find)

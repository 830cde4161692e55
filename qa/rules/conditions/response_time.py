"""One side lets the other wait for an answer for too long (响应时长).

Measured from the end of what the other side said to the first sentence of the answer that is more than 嗯. Music and tones in
between are waited through as well, unlike in `silence`. The time before the agent's first word counts from the end of the ring tone or
announcement, and words that nobody answers until the call ends count to its end, unless they are a goodbye. `per: average` judges the
mean of all answers in the window. The hit lies behind the sentence that waited. With `unless:` each excuse covers one wait only.

Example:

    late:  {response_time: {over: 8 s}, by: agent, unless: [{after: asked_wait, within: 2 turns, expires: 60 s}]}
    first: {response_time: {over: 5 s}, by: agent, in: first turn}
    slow:  {response_time: {over: 4 s, per: average}, by: agent}
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from qa.calls import Layout, Role, SoundKind, Span
from qa.rules.conditions.operator import Operator, Vocabulary, param
from qa.rules.conditions.silence import EDGE, awaited_side
from qa.rules.fields import Fields
from qa.rules.model import Title
from qa.rules.plaintext import is_filler
from qa.rules.verdict import Found, Hit, both
from qa.rules.view import CallView, Talk
from qa.rules.windows import Look

_ANNOUNCED = (SoundKind.RING, SoundKind.IVR, SoundKind.MUSIC)


@dataclass(frozen=True, slots=True)
class Params:
    """The longest wait allowed in seconds, for each answer or on average."""

    over: float = param("等待时长上限（秒）", "how long an answer may take (seconds)")
    average: bool = param("answer：逐次；average：平均", "answer: each one; average: the mean", key="per", shown="answer")


def read(fields: Fields, vocabulary: Vocabulary) -> Params:
    """The parameters written in ``fields``; raises BadRule."""
    del vocabulary
    over = fields.seconds("over")
    if over < 0.5:
        fields.refuse("over", "is below half a second, which is a breath and no wait", "write for example over: 5 s")
    return Params(over, fields.choice("per", ("answer", "average"), "answer") == "average")


@dataclass(frozen=True, slots=True)
class Wait:
    """The time ``span`` behind sentence ``turn`` (None: before the first word) until the answer; ``doubt`` says why it may be none."""

    turn: int | None
    span: Span
    doubt: str = ""


def find(params: Params, view: CallView, look: Look) -> Found:
    """Every wait above the limit for the side meant (``by``, default the agent), or the longest when their mean is above it."""
    if not view.has_times:
        return Found(unsure=both("没有时间信息", "times are unknown"))
    side = look.condition.by or Role.AGENT
    edge = EDGE if view.call.layout is not Layout.NONE else 0.0
    waits = [(wait, hit) for wait in waits_for(view, side) if (hit := look.keep(_hit(view, wait))) is not None]
    if params.average:
        slow = _mean(params, [hit for _, hit in waits], edge)
        return slow if slow.hits else Found(unsure=look.cut_off)
    hits = []
    for wait, hit in waits:
        if wait.span.duration < params.over - edge:
            continue
        if hit.certain and wait.span.duration < params.over + edge:
            hit = replace(hit, certain=False, doubt=both("等待时长接近阈值", "the wait is close to the limit"))
        hits.append(hit)
    return Found(tuple(hits), look.cut_off)


def waits_for(view: CallView, side: Role) -> Iterator[Wait]:
    """Every wait of the other side for ``side``, in order; of no seconds where the answer came at once or before the end."""
    talks = [t for t in view.talks if not t.aside and t.role is not Role.OTHER and any(view.turns[i].span for i in t.turns)]
    if talks and side is Role.AGENT and talks[0].role is side:
        before = [s.span.end for s in view.call.sounds if s.kind in _ANNOUNCED and s.span.end <= _answered_at(view, talks[0]) + EDGE]
        yield Wait(None, Span(max(before, default=0.0), _answered_at(view, talks[0])), "" if talks[0].sure else _UNSURE)
    for number, talk in enumerate(talks):
        if (talk.sure and talk.role is side) or _only_fillers(view, talk):
            continue
        answer = talks[number + 1] if number + 1 < len(talks) else None
        last, end = max(((i, s.end) for i in talk.turns if (s := view.turns[i].span)), key=lambda entry: entry[1])
        if answer is not None and answer.might_be(side):
            yield Wait(last, Span(end, max(end, _answered_at(view, answer))), "" if talk.sure and answer.sure else _UNSURE)
        elif answer is None and not view.call.truncated and view.call.duration > end:
            whose = awaited_side(view, last, None)
            if whose in (side, None):
                unheard = both("不确定是否需要回应", "not sure that an answer was due")
                yield Wait(last, Span(end, view.call.duration), "" if whose is side else unheard)


_UNSURE = both("说话人不确定", "not sure who speaks")


def _answered_at(view: CallView, talk: Talk) -> float:
    """Seconds at which the first sentence of a talk that is more than a filler begins; of the last one when all are fillers."""
    timed = [(view.plains[i].text, s.start) for i in talk.turns if (s := view.turns[i].span)]
    return next((start for text, start in timed if not text or not is_filler(text)), timed[-1][1])


def _only_fillers(view: CallView, talk: Talk) -> bool:
    return bool(talk.text) and all(is_filler(view.plains[i].text) for i in talk.turns if view.plains[i].text)


def _hit(view: CallView, wait: Wait) -> Hit:
    seconds = wait.span.duration
    at = 0 if wait.turn is None else len(view.turns[wait.turn].text)
    detail = both(f"等待 {seconds:.1f} 秒才有回应", f"{seconds:.1f} s until the answer")
    return Hit(wait.turn or 0, at, at, wait.span, not wait.doubt, detail, wait.doubt)


def _mean(params: Params, hits: list[Hit], edge: float) -> Found:
    """The longest wait when the mean of all is above the limit; doubtful when waits in doubt or the edge decide it."""
    timed = [(h.span.duration, h) for h in hits if h.span is not None]
    if not timed:
        return Found()
    mean = sum(seconds for seconds, _ in timed) / len(timed)
    sure = [seconds for seconds, h in timed if h.certain]
    beyond = {mean >= params.over + edge, bool(sure) and sum(sure) / len(sure) >= params.over + edge}
    if beyond == {False} and mean < params.over - edge:
        return Found()
    longest = max(timed, key=lambda entry: entry[0])[1]
    detail = both(f"平均 {mean:.1f} 秒才有回应（{len(timed)} 次）", f"{mean:.1f} s until the answer on average ({len(timed)} answers)")
    doubt = "" if beyond == {True} else both("平均等待接近阈值或部分不确定", "the mean is close to the limit, or some waits are in doubt")
    return Found((replace(longest, certain=not doubt, detail=detail, doubt=doubt),))


OPERATOR = Operator(
    "response_time", Title("响应时长", "one side lets the other wait for an answer"), Params, read, find, place="gap", once=True
)

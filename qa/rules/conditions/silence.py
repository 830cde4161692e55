"""Nobody speaks for longer than a limit.

A gap belongs behind the sentence before it. `awaiting:` says whose turn to speak it was: the agent's
after the caller spoke, after a request to wait, or when the agent breaks the gap; the caller's after the
agent's question. The time before the first word awaits the agent. Music, tones and announcements are not
silence: what is left of a gap before and after them counts. A hold without a sound is silence, which the
rule's own `unless:` excuses where it was asked for.
With `unless:` each excuse covers one gap only, unless `once: false` is written.

Example:

    dead: {silence: {over: 10 s, awaiting: agent}, unless: [{after: asked_wait, within: 2 turns, expires: 60 s}]}
    late: {silence: {over: 5 s, awaiting: agent}, in: first 0.5 s}
"""

from __future__ import annotations

from dataclasses import dataclass

from qa.calls import Layout, Role, SoundKind, Span, Turn
from qa.rules.conditions.operator import Operator, Vocabulary, param
from qa.rules.fields import Fields
from qa.rules.model import Title
from qa.rules.verdict import Found, Hit, both
from qa.rules.view import CallView
from qa.rules.windows import Look

EDGE = 0.25
"""Seconds by which speech detectors disagree on where speech ends: closer to the limit a gap is doubtful."""

_QUESTION = ("吗", "呢", "么", "什么", "哪", "多少", "几", "是不是", "有没有", "能否", "是否", "请问", "谁", "?", "？")
_WAIT = (
    "稍等",
    "稍候",
    "等一下",
    "等一会",
    "请等",
    "您查",
    "您看看",
    "我查",
    "我看",
    "我核实",
    "moment",
    "hold on",
    "bear with me",
    "let me check",
)
_GOODBYE = ("再见", "拜拜", "谢谢", "挂了", "bye", "thank")
_HELLO = ("喂", "还在吗", "在吗", "有人吗", "人呢", "能听到吗", "hello", "are you there")


@dataclass(frozen=True, slots=True)
class Params:
    """Shortest silence that counts, in seconds, and whose turn it must have been."""

    over: float = param("静音时长下限（秒）", "how long a silence must last (seconds)")
    awaiting: str = param("该谁说话：agent、customer 或 any", "whose turn it was: agent, customer or any", shown="any")


@dataclass(frozen=True, slots=True)
class Gap:
    """Silence ``span`` behind sentence ``turn`` (None: before the first word); ``awaiting`` None when it cannot be told."""

    turn: int | None
    span: Span
    awaiting: Role | None


def read(fields: Fields, vocabulary: Vocabulary) -> Params:
    """The parameters written in ``fields``; raises BadRule."""
    del vocabulary
    over = fields.seconds("over")
    if over < 0.5:
        fields.refuse("over", "is below half a second, which is a breath and no silence", "write for example over: 5 s")
    return Params(over, fields.choice("awaiting", ("agent", "customer", "any"), "any"))


def gaps(view: CallView, shortest: float) -> list[Gap]:
    """All silences of at least ``shortest`` seconds (above 0), in order, without what sounds but is nobody's word."""
    found: list[Gap] = []
    reached, holder = 0.0, None
    for turn, span in view.timed:
        if span.start - reached >= shortest and (silent := _silent(view, Span(reached, span.start), shortest)):
            whose = awaited_side(view, holder, turn.index)
            found += [Gap(holder, piece, whose) for piece in silent]
        if span.end >= reached:
            reached, holder = span.end, turn.index
    end = view.call.duration
    silent = _silent(view, Span(reached, end), shortest) if view.timed and not view.call.truncated else []
    return found + [Gap(holder, piece, awaited_side(view, holder, None)) for piece in silent]


def _silent(view: CallView, gap: Span, shortest: float) -> list[Span]:
    """The pieces of a gap, of at least ``shortest`` seconds each, in which nothing sounds."""
    if gap.duration < shortest:
        return []
    pieces = [gap]
    for sound in view.call.sounds:
        if sound.kind is not SoundKind.HOLD:
            around = [(Span(p.start, min(p.end, sound.span.start)), Span(max(p.start, sound.span.end), p.end)) for p in pieces]
            pieces = [piece for both_sides in around for piece in both_sides]
    return [piece for piece in pieces if piece.duration >= shortest]


def find(params: Params, view: CallView, look: Look) -> Found:
    """Every silence longer than ``over`` that awaited the side meant."""
    if not view.has_times:
        return Found(unsure=both("没有时间信息", "times are unknown"))
    measured = view.call.layout is not Layout.NONE
    edge = EDGE if measured else 0.0
    hits: list[Hit] = []
    for gap in gaps(view, params.over - edge):
        if params.awaiting != "any" and gap.awaiting not in (params.awaiting, None):
            continue
        doubt = ""
        if gap.span.duration < params.over + edge and measured:
            doubt = both("静音时长接近阈值", "the silence is close to the limit")
        if params.awaiting != "any" and gap.awaiting is None:
            doubt = both("不确定该谁说话", "not sure whose turn it was")
            if not view.has_text:
                doubt = both("没有文本，不确定该谁说话", "there is no text: not sure whose turn it was")
        seconds = gap.span.duration
        detail = both(f"静音 {seconds:.1f} 秒", f"{seconds:.1f} s of silence")
        at = 0 if gap.turn is None else len(view.turns[gap.turn].text)
        hits.append(Hit(gap.turn or 0, at, at, gap.span, not doubt, detail, doubt))
    return Found(tuple(look.keep_all(hits)), look.cut_off)


def awaited_side(view: CallView, before: int | None, after: int | None) -> Role | None:
    """Whose turn it was between two sentences; None when a speaker or the words that tell it are not known."""
    following = view.turns[after] if after is not None else None
    if before is None:
        return Role.AGENT
    preceding = view.turns[before]
    if not view.sure_role(preceding) or (following is not None and not view.sure_role(following)):
        return None
    if _needs_words(preceding, following):
        return None
    if preceding.role is Role.CUSTOMER and following is None:
        return Role.CUSTOMER if any(w in preceding.text.lower() for w in _GOODBYE) else Role.AGENT
    if preceding.role is Role.CUSTOMER:
        asked_to_wait = any(w in preceding.text.lower() for w in _WAIT) and following is not None and following.role is Role.CUSTOMER
        return Role.CUSTOMER if asked_to_wait else Role.AGENT
    if preceding.role is not Role.AGENT or following is None:
        return None if following is not None else Role.CUSTOMER
    said = preceding.text.lower()
    if any(w in said for w in _WAIT):
        return Role.AGENT
    if following.role is Role.CUSTOMER:
        return Role.AGENT if any(w in following.text.lower() for w in _HELLO) else Role.CUSTOMER
    return Role.CUSTOMER if any(w in said for w in _QUESTION) else Role.AGENT


def _needs_words(preceding: Turn, following: Turn | None) -> bool:
    """Whether only words could tell whose turn it was, and there are none."""
    if following is None:
        return preceding.role is Role.CUSTOMER and not preceding.text
    if following.role is Role.AGENT and preceding.role is Role.CUSTOMER:
        return False
    return not preceding.text or (following.role is Role.CUSTOMER and preceding.role is Role.AGENT and not following.text)


OPERATOR = Operator("silence", Title("长时间静音", "nobody speaks for too long"), Params, read, find, place="gap", speaker=False, once=True)

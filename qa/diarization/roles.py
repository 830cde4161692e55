"""Which speaker is the agent.

    channel map  → decides; words or a voiceprint that say the opposite make it doubtful and are reported
    otherwise    → what speaks for one reading or the other is added up as log-odds:
                     the voice nearest to the agent's voiceprint, when it is nearer than the others by a margin,
                     phrases only one side says (工号 …为您服务, 请问您的户号; 我家停电了), the rule sets' opening phrases,
                     who says 您 and 请问 (polite customers do too), who speaks first (on an outbound call the customer does),
                     the labels of a supplied transcript (they may be swapped: phrases outweigh them, manners alone do not)
    nothing      → unknown, and whatever depends on a role is doubtful

Confidence is the logistic of the sum, so 0.5 means nothing is known. It is capped unless voiceprint, phrases or labels speak for the
choice, where even the number of voices is doubtful, and on one-sided calls unless several phrases tell whose side it is: a
voiceprint cannot, for a single likeness says nothing. Of three people each role is sure by itself (:func:`_of_several`).
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rapidfuzz import fuzz

from qa import voiceprints
from qa.calls import Role, Turn
from qa.diarization import Diarization

LABELS, FIRST, COURTESY, CUE, OPENING, MOST = 0.75, 0.8, 1.0, 1.0, 2.0, 5.0
"""Log-odds: all of one side's labels agreeing; speaking first; the most that courtesy counts; one phrase; an opening phrase; the
most that phrases add up to."""
LEAST_TOLD = 0.2
"""Log-odds left to a choice that labels make against manners: 0.55."""
_TELLING = ("voiceprint", "phrases", "opening phrase")
_NEAR = "near voiceprint"
"""A voice nearest to the voiceprint by less than the margin tells no more than manners do."""
VOICE, VOICE_WEAK = 4.0, 1.0
"""Log-odds for the voice nearest to the voiceprint: by the margin, and by less."""
CERTAIN, DOUBTFUL = 0.99, 0.55
"""The most confidence there is, and the most where a witness of weight is contradicted, which is
below :data:`qa.calls.CERTAIN_ROLE`."""
ONE_SIDED_CUES = 2
"""Phrases of one side, net of the other's, that it takes to be sure of the side of a voice that has no opposite: on a one-sided call,
or which of several others is the customer."""
SIMILAR, SIMILAR_SHORT = 78.0, 84.0
"""Per cent of likeness at which a phrase (one of less than seven characters) counts in text with recognition errors."""

_AGENT = """
请问有什么可以帮您 有什么可以帮助您
工号为您服务 很高兴为您服务 请问您的户号 请您提供一下户号 请您稍等 感谢您的耐心等待 让您久等了 我帮您查询
已经为您登记
跟您核对一下 感谢您的来电 请问还有其他需要帮助的吗 请您对我的服务进行评价 请问您贵姓 请问您的联系电话 抢修人员 给您带来不便 您的心情
how_may_i_help_you how_can_i_help_you thank_you_for_calling anything_else_i_can_help may_i_have_your
"""
_CUSTOMER = """
我家停电了 我想查一下 我要投诉 我的户号是 我姓 怎么还没来 我想问一下 我们小区 什么时候能来 没有了谢谢 我住在 我家里 我们家 你们
i'd_like_to i_have_a_problem my_account i'm_calling_about
"""
_COURTESY = re.compile("您|请问|非常抱歉|\\b(?:sir|madam|ma'am)\\b")
_PLAIN = re.compile(r"[，。？！、；：,.?!;:_\s]")


@dataclass(frozen=True, slots=True)
class RoleResult:
    """Turns with their roles, how the roles were found, how sure that is (0.5–1, 0 when unknown), and remarks."""

    turns: tuple[Turn, ...]
    method: str
    confidence: float
    warnings: tuple[str, ...] = ()


def assign(
    turns: Sequence[Turn],
    diarization: Diarization,
    opening_phrases: Sequence[str] = (),
    voiceprint: Sequence[float] | None = None,
    direction: str = "inbound",
) -> RoleResult:
    """Give every turn its role. Roles already on the turns are a supplied transcript's labels, taken as one witness.

    ``voiceprint`` is the enrolled voice of the agent who took the call; it is compared with ``diarization.voices``.
    ``direction`` is inbound or outbound: whoever is called speaks first.
    """
    mapped = {s.speaker: s.role for s in diarization.segments if s.role is not None}
    speakers = _speakers(turns, diarization)
    if not speakers:
        return _by_label(turns)
    heard = {name: diarization.voices[name] for name in speakers if name in diarization.voices}
    nearest = voiceprints.nearest(voiceprint, heard) if voiceprint and len(heard) == len(speakers) else None
    odds, reasons = _evidence(turns, speakers, opening_phrases, direction)
    if mapped:
        return _by_channel(turns, mapped, odds, reasons, nearest, diarization.sure)
    clear, words = False, 0.0
    if nearest is not None:
        clear = nearest[1] >= voiceprints.MARGIN
        weight = VOICE if clear else VOICE_WEAK
        words = odds[nearest[0]] - max(odds[s] for s in speakers if s != nearest[0])
        odds[nearest[0]] += weight
        reasons[nearest[0]] = {"voiceprint" if clear else _NEAR: weight, **reasons[nearest[0]]}
    told = {s: sum(reasons[s].get(name, 0.0) for name in _TELLING) for s in speakers}
    labels = {s: reasons[s].get("transcript labels", 0.0) for s in speakers}
    by_labels = len(set(told.values()) if len(speakers) > 1 else {0.0, *told.values()}) == 1 and any(labels.values())
    agent = max(speakers, key=lambda s: (labels[s] if by_labels else 0.0, odds[s]))
    others = [s for s in speakers if s != agent]
    rival = min(others, key=lambda s: (told[s], labels[s], -_seconds(turns, s)), default=None)
    total = odds[agent] - (odds[rival] if rival is not None else 0.0)
    if rival is None:
        total, role = abs(total), Role.AGENT if (labels[agent] if by_labels else total) > 0 else Role.CUSTOMER
        roles = {agent: role}
    else:
        roles = {agent: Role.AGENT, rival: Role.CUSTOMER}
    if by_labels:
        total = max(total, LEAST_TOLD)
    if total < 0.1:
        return RoleResult(_with(turns, {}, {}), "unknown", 0.0, ("nothing tells who the agent is",))
    warnings = _swapped(turns, roles)
    if rival is None:
        doubtful = abs(told[agent]) < ONE_SIDED_CUES
    else:
        # Manners and who begins tell nothing by themselves, and do not carry phrases that the labels outweigh.
        telling = {s: told[agent] - told[s] for s in others}
        doubtful = any(apart < 0 or apart + labels[agent] - labels[s] <= 0 for s, apart in telling.items())
    sure = dict.fromkeys(roles, _logistic(total, doubtful))
    if rival is not None and others[1:]:
        sure = _of_several(odds, told, agent, rival, doubtful)
    disagree = clear and words < -2.0
    if disagree or not diarization.sure:
        sure = {s: min(confidence, DOUBTFUL) for s, confidence in sure.items()}
    if disagree:
        warnings.append("the agent's voiceprint and the words disagree on who the agent is: check agent_id")
    if others[1:]:
        warnings.append(f"{len(speakers)} speakers, the further ones have no role")
    method = ", ".join(name for name, share in reasons[agent].items() if share > 0 or rival is None) or "elimination"
    return RoleResult(_with(turns, roles, sure), method, min(sure.values()), tuple(warnings))


def _logistic(odds: float, doubtful: bool) -> float:
    return min(DOUBTFUL if doubtful else CERTAIN, 1 / (1 + math.exp(-odds)))


def _of_several(odds: Mapping[str, float], told: Mapping[str, float], agent: str, customer: str, doubtful: bool) -> dict[str, float]:
    """How sure agent and customer are where more than two speak; ``told`` are log-odds of voiceprint and phrases alone.

    The agent must stand out from everybody else. Who is not the agent is not thereby the customer (a colleague, a neighbour on the
    line), so the customer's own phrases must tell, and neither labels nor who begins, or speaks most, do.
    """
    rest = [s for s in told if s != agent]
    others = [s for s in rest if s != customer]
    ahead = odds[agent] - max(odds[s] for s in rest)
    apart = min(told[s] for s in others) - told[customer]
    return {
        agent: _logistic(max(ahead, 0.0), doubtful or told[agent] <= max(told[s] for s in rest)),
        customer: _logistic(max(apart, 0.0), apart < ONE_SIDED_CUES),
    }


def _speakers(turns: Sequence[Turn], diarization: Diarization) -> list[str]:
    named = {t.speaker for t in turns if t.speaker}
    return [s for s in diarization.speakers if s in named] + sorted(named - set(diarization.speakers))


def _evidence(
    turns: Sequence[Turn], speakers: Sequence[str], opening_phrases: Sequence[str], direction: str
) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """Log-odds for being the agent, per speaker, and what they are made of."""
    reasons: dict[str, dict[str, float]] = {s: defaultdict(float) for s in speakers}
    for speaker in speakers:
        own = [t for t in turns if t.speaker == speaker]
        texts = [_PLAIN.sub("", t.text.lower()) for t in own]
        phrases = sum(_said(cue, texts) for cue in _AGENT.split()) - sum(_said(cue, texts) for cue in _CUSTOMER.split())
        reasons[speaker]["phrases"] = max(-MOST, min(MOST, CUE * phrases))
        if any(_said(phrase, texts[:2]) for phrase in opening_phrases):
            reasons[speaker]["opening phrase"] = OPENING
        reasons[speaker]["courtesy"] = min(COURTESY, math.log1p(sum(len(_COURTESY.findall(text)) for text in texts)))
        labels = [t.role for t in own if t.role in (Role.AGENT, Role.CUSTOMER)]
        if labels:
            reasons[speaker]["transcript labels"] = LABELS * (labels.count(Role.AGENT) - labels.count(Role.CUSTOMER)) / len(labels)
    if len(speakers) > 1:
        reasons[speakers[0]]["first speaker"] = -FIRST if direction == "outbound" else FIRST
    return {s: sum(r.values()) for s, r in reasons.items()}, reasons


def _said(phrase: str, texts: Sequence[str]) -> bool:
    plain = _PLAIN.sub("", phrase.lower())
    if len(plain) < 4:
        return any(plain in text for text in texts)
    least = SIMILAR if len(plain) >= 7 else SIMILAR_SHORT
    return any(len(text) >= len(plain) and fuzz.partial_ratio(plain, text, score_cutoff=least) > 0 for text in texts)


def _by_channel(
    turns: Sequence[Turn],
    mapped: Mapping[str, Role],
    odds: Mapping[str, float],
    reasons: Mapping[str, Mapping[str, float]],
    nearest: tuple[str, float] | None,
    sure: bool,
) -> RoleResult:
    """Roles of the channel map, doubtful where words or voice say that the channels are swapped, or where not ``sure`` who is on them."""
    agents = [s for s, role in mapped.items() if role is Role.AGENT]
    customers = [s for s in mapped if s not in agents]
    against = sum(odds.get(s, 0.0) for s in customers) - sum(odds.get(s, 0.0) for s in agents)
    opened = [s for s in mapped if reasons.get(s, {}).get("opening phrase", 0.0) > 0]
    by_words = against > 4.0 or (against > 2.0 and bool(opened) and not any(s in agents for s in opened))
    by_voice = nearest is not None and nearest[1] >= voiceprints.MARGIN and nearest[0] in customers
    if by_words or (by_voice and against > -2.0):
        what = "sounds like the customer's" if by_words else "does not hold the voice of the agent's voiceprint"
        warning = f"the manifest's agent channel {what}: check agent_channel"
        return RoleResult(_with(turns, mapped, dict.fromkeys(mapped, DOUBTFUL)), "channel map", DOUBTFUL, (warning,))
    warnings = _swapped(turns, mapped)
    if by_voice:
        warnings.append("the agent's voiceprint is nearer to the customer's voice: check agent_id")
    confidence = CERTAIN if sure else DOUBTFUL
    return RoleResult(_with(turns, mapped, dict.fromkeys(mapped, confidence)), "channel map", confidence, tuple(warnings))


def _by_label(turns: Sequence[Turn]) -> RoleResult:
    """No speakers at all: text without heard speech keeps its labels."""
    labelled = [t for t in turns if t.role in (Role.AGENT, Role.CUSTOMER)]
    if not labelled:
        return RoleResult(tuple(replace(t, role_confidence=0.0) for t in turns), "unknown", 0.0)
    return RoleResult(tuple(replace(t, role_confidence=0.7) for t in turns), "transcript labels", 0.7)


def _swapped(turns: Sequence[Turn], roles: Mapping[str, Role]) -> list[str]:
    """A remark when the transcript's labels mostly say the opposite of what was decided."""
    opposite = {Role.AGENT: Role.CUSTOMER, Role.CUSTOMER: Role.AGENT}
    labelled = [t for t in turns if t.role in opposite and t.speaker in roles]
    wrong = sum(roles[t.speaker] is opposite[t.role] for t in labelled)
    return ["the transcript's roles are swapped, corrected"] if labelled and wrong > 0.6 * len(labelled) else []


def _with(turns: Sequence[Turn], roles: Mapping[str, Role], sure: Mapping[str, float]) -> tuple[Turn, ...]:
    return tuple(
        replace(
            t,
            role=roles.get(t.speaker, Role.UNKNOWN),
            role_confidence=sure.get(t.speaker, 0.0),
        )
        for t in turns
    )


def _seconds(turns: Sequence[Turn], speaker: str) -> float:
    return sum(t.span.duration for t in turns if t.speaker == speaker and t.span)

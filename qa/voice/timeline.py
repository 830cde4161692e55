"""When the mood of a speaker changed, and what was said just before: the likely trigger."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from qa.calls import Call, Role, Turn
from qa.voice.arousal import CALM, arousal, speaker_of

EVEN = (CALM, "neutral", "other")
"""Labels of a voice without emotion: from one of them to another nothing changed."""
SURE = 0.5
"""A label below this confidence changes nothing."""
BEFORE_S = 30.0
"""A sentence that ended longer ago than this triggered nothing."""
_SENTENCE = re.compile(r"[^。？！?!；;]+[。？！?!；;]*")


@dataclass(frozen=True, slots=True)
class Change:
    """From ``turn`` on (an index; ``at`` seconds) a speaker sounds ``after`` instead of ``before``.

    ``trigger`` is the turn that came just before, the other side's where there is one, and ``sentence`` its last sentence; None
    and empty when nothing was said within 30 s.
    """

    speaker: str
    role: Role
    turn: int
    at: float
    before: str
    after: str
    confidence: float
    source: str
    trigger: int | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Point:
    """One turn on the chart: seconds, dBFS, Hz, semitones, syllables per second, arousal; None where it could not be measured."""

    turn: int
    role: Role
    speaker: str
    start: float
    end: float
    loudness: float | None
    pitch: float | None
    pitch_range: float | None
    rate: float | None
    arousal: float | None
    emotion: str | None
    events: tuple[str, ...]


def timeline(call: Call) -> tuple[Change, ...]:
    """The changes of every speaker in order of time. A speaker begins calm, so an angry opening is a change too."""
    state: dict[str, str] = {}
    changes = []
    for turn in call.turns:
        voice = turn.voice
        if turn.span is None or voice is None or voice.emotion is None:
            continue
        # A supplied emotion may come without a confidence; then it counts.
        confidence = 1.0 if voice.emotion_confidence is None else voice.emotion_confidence
        if confidence < SURE:
            continue
        who = speaker_of(turn)
        before, state[who] = state.get(who, CALM), voice.emotion
        if before == voice.emotion or (before in EVEN and voice.emotion in EVEN):
            continue
        trigger = _trigger(call.turns, turn)
        sentence = _last_sentence(trigger.text) if trigger is not None else ""
        changes.append(
            Change(
                who,
                turn.role,
                turn.index,
                turn.span.start,
                before,
                voice.emotion,
                confidence,
                voice.emotion_source,
                trigger.index if trigger is not None else None,
                sentence,
            )
        )
    return tuple(changes)


def series(call: Call) -> tuple[Point, ...]:
    """The measured course of a call, one point a turn with a time, for a chart."""
    scores = arousal(call.turns)
    return tuple(
        Point(
            turn.index,
            turn.role,
            speaker_of(turn),
            turn.span.start,
            turn.span.end,
            turn.loudness,
            turn.voice.pitch if turn.voice else None,
            turn.voice.pitch_range if turn.voice else None,
            turn.voice.rate if turn.voice else None,
            scores.get(turn.index),
            turn.voice.emotion if turn.voice else None,
            turn.voice.events if turn.voice else (),
        )
        for turn in call.turns
        if turn.span is not None
    )


def _trigger(turns: Sequence[Turn], changed: Turn) -> Turn | None:
    """The last thing the other side said before the changed turn, else the speaker's own turn before it."""
    assert changed.span is not None
    start = changed.span.start
    earlier = [
        turn
        for turn in turns
        if turn.text and turn.index != changed.index and turn.span and turn.span.start < start and start - turn.span.end <= BEFORE_S
    ]
    others = [turn for turn in earlier if speaker_of(turn) != speaker_of(changed)]
    return max(others or earlier, key=lambda turn: turn.span.start if turn.span else 0.0, default=None)


def _last_sentence(text: str) -> str:
    sentences = _SENTENCE.findall(text)
    return str(sentences[-1]).strip() if sentences else text

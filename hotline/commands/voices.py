"""How a call sounded, as ``hotline calls show`` prints it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from qa import voice
from qa.calls import Call, Turn


def measured(turn: Turn) -> dict[str, Any]:
    """Loudness (dBFS) and voice of a turn, for programs."""
    return {"loudness_dbfs": turn.loudness, "voice": None if turn.voice is None else asdict(turn.voice)}


def short(turn: Turn) -> str:
    """The same in one cell: level, pitch, pace, emotion where it is no even one, events.

    >>> from qa.calls import Role, Voice
    >>> short(Turn(0, Role.AGENT, loudness=-21.4, voice=Voice(231.6, 9.0, 4.9, "raised", 0.8, "voice", ("laughter",))))
    '-21 dB 232 Hz 4.9/s raised laughter'
    """
    heard = turn.voice
    parts = ["" if turn.loudness is None else f"{turn.loudness:.0f} dB"]
    if heard is not None:
        parts += [
            "" if heard.pitch is None else f"{heard.pitch:.0f} Hz",
            "" if heard.rate is None else f"{heard.rate:.1f}/s",
            "" if heard.emotion is None or heard.emotion in voice.EVEN else heard.emotion,
            *heard.events,
        ]
    return " ".join(part for part in parts if part)


def changes(call: Call) -> list[dict[str, Any]]:
    """The changes of mood with the sentence before each, for programs and for people."""
    return [
        {
            "at_s": round(change.at, 2),
            "turn": change.turn,
            "role": change.role.value,
            "before": change.before,
            "after": change.after,
            "confidence": change.confidence,
            "source": change.source,
            "trigger_turn": change.trigger,
            "trigger": change.sentence,
        }
        for change in voice.timeline(call)
    ]

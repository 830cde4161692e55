"""情绪与声音: how both sides sounded over the call, where a mood changed and what was said before it.

The chart has the player's time axis and its cursor; a click on a change moves the player's audio there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from hotline.locale import t, term
from hotline.ui import components, player
from hotline.ui.turns import SIDES
from qa import voice
from qa.calls import Call
from qa.voice import Change, Point
from qa.voice.arousal import THRESHOLD

_HEATED = ("angry", "disgusted", "fearful", "surprised", "raised")
_LOW = ("sad", "subdued")
_MEASURES: dict[str, tuple[Callable[[Point], float | None], float]] = {
    "arousal": (lambda p: p.arousal, 2 * THRESHOLD),  # without a unit
    "loudness": (lambda p: p.loudness, 12.0),  # dBFS
    "pitch": (lambda p: p.pitch, 80.0),  # Hz
    "rate": (lambda p: p.rate, 3.0),  # syllables per second
}
"""What a row of the chart shows, and the least height of its scale: small differences must not look large."""


def show(call: Call) -> None:
    """The chart and the list of changes; a line where nothing was measured."""
    st.subheader(t("voice.title"), anchor=False, help=t("voice.help"))
    if not any(turn.voice is not None or turn.loudness is not None for turn in call.turns):
        st.caption(t("voice.nothing"))
        return
    components.voice(key=f"voice_{call.id}", data=payload(call))


def payload(call: Call) -> dict[str, Any]:
    """The component's data (see ``components/voice.js``); times in seconds."""
    points = voice.series(call)
    rows = [row for name in _MEASURES if (row := _row(name, points)) is not None]
    return {
        "id": call.id,
        "duration": call.duration,
        "rows": rows,
        "changes": [_change(number, change, call) for number, change in enumerate(voice.timeline(call), start=1)],
        "sounds": player.sounds(call),
        "overlaps": [{"start": span.start, "end": span.end} for span in call.overlaps],
        "legend": player.legend(call),
        "labels": {name: t(f"voice.{name}") for name in ("chart", "changes", "no_changes", "nothing_before")},
    }


def _row(name: str, points: Sequence[Point]) -> dict[str, Any] | None:
    """One measure of all turns; None when no turn has it."""
    read, least = _MEASURES[name]
    known = [(point, value) for point in points if (value := read(point)) is not None and math.isfinite(value)]
    if not known:
        return None
    edges = [edge for point, value in known for edge in _spread(name, point, value)]
    if name == "arousal":
        edges += [-THRESHOLD, THRESHOLD]
    low, high = min(edges), max(edges)
    pad = max(least - (high - low), 0.28 * (high - low)) / 2
    return {
        "name": name,
        "title": t(f"voice.{name}"),
        "unit": t(f"voice.{name}_unit"),
        "low": low - pad,
        "high": high + pad,
        "digits": 0 if name in ("pitch", "loudness") else 1,
        "calm": [-THRESHOLD, THRESHOLD] if name == "arousal" else None,
        "points": [_bar(name, point, value) for point, value in known],
    }


def _spread(name: str, point: Point, value: float) -> tuple[float, float]:
    """Lowest and highest of a turn: for pitch half its range to either side of the median, in semitones."""
    if name != "pitch" or point.pitch_range is None:
        return value, value
    half = 2 ** (point.pitch_range / 24)
    return value / half, value * half


def _bar(name: str, point: Point, value: float) -> dict[str, Any]:
    low, high = _spread(name, point, value)
    side = SIDES.get(point.role, "other")
    words = f"{term('side', point.role.value)} {_clock(point.start)} · {t(f'voice.{name}')} {value:.1f} {t(f'voice.{name}_unit')}".rstrip()
    if point.emotion:
        words += f" · {term('emotion', point.emotion)}"
    return {"side": side, "start": point.start, "end": point.end, "value": value, "from": low, "to": high, "text": words}


def _change(number: int, change: Change, call: Call) -> dict[str, Any]:
    known = {turn.index: turn for turn in call.turns}
    before = known.get(change.trigger) if change.trigger is not None else None
    source = t("voice.by_voice") if change.source == voice.SOURCE else change.source or t("voice.supplied")
    return {
        "number": number,
        "at": change.at,
        "side": SIDES.get(change.role, "other"),
        "who": term("side", change.role.value),
        "words": f"{term('emotion', change.before)} → {term('emotion', change.after)}",
        "kind": "heated" if change.after in _HEATED else "low" if change.after in _LOW else "even",
        "about": f"{source} · {t('player.confidence', value=f'{change.confidence:.0%}')}",
        "before": t("voice.before", who=term("side", before.role.value)) + change.sentence
        if before is not None and change.sentence
        else "",
    }


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"

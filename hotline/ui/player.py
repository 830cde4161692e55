"""A call beside its audio: what the player component is given, and its mounting.

The audio travels inside the component's data over the signed-in connection. Streamlit's own audio element
would register a media file, whose URL anyone may fetch who knows it; nothing here does.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from hotline.locale import current, t, term
from hotline.ui import components, turns
from qa.calls import Call, Layout, Turn
from qa.rules.verdict import Evidence, in_language
from qa.scoring import ItemResult, Outcome


def show(
    call: Call,
    items: Sequence[ItemResult],
    titles: Mapping[str, str],
    audio: bytes,
    *,
    synthetic: bool = False,
    start: float | None = None,
    mend: bool = False,
) -> int | None:
    """Mount the player for one call; returns the index of the turn that was just chosen for mending.

    ``items`` are all results of the scorecard (the player lists the lost and doubtful ones), ``titles``
    their names by item id, ``audio`` FLAC or empty, ``start`` the second to stand at when it opens, ``mend`` offers
    to mend each turn.
    """
    data = payload(call, items, titles, audio, synthetic=synthetic, start=start) | {"mend": t("player.mend") if mend else ""}
    chosen = components.player(key=f"player_{call.id}", data=data, on_mend_change=lambda: None)
    return None if chosen.mend is None else int(chosen.mend)


def payload(
    call: Call, items: Sequence[ItemResult], titles: Mapping[str, str], audio: bytes, *, synthetic: bool = False, start: float | None = None
) -> dict[str, Any]:
    """The component's data (see ``components/player.js``): plain values only, times in seconds."""
    marks: dict[int, list[dict[str, Any]]] = {}
    findings, stop = [], 0
    for item in items:
        if item.outcome not in (Outcome.FAIL, Outcome.DOUBTFUL):
            continue
        kind = "lost" if item.outcome is Outcome.FAIL else "doubtful"
        pieces = []
        for evidence in item.evidence:
            turn = _turn_of(evidence, call)
            pieces.append(_stop(evidence, turn))
            if turn is not None and evidence.chars is not None and evidence.params.get("finding") != "missing":
                start_char, end_char = evidence.chars
                marks.setdefault(turn.index, []).append({"from": start_char, "to": end_char, "kind": kind, "stop": stop})
            stop += 1
        findings.append(
            {
                "id": item.item_id,
                "title": titles.get(item.item_id, item.item_id),
                "kind": kind,
                "lost": _points(item),
                "fatal": item.fatal,
                "reason": in_language(item.reason, current()),
                "evidence": pieces,
            }
        )
    shown = {
        "id": call.id,
        "duration": call.duration,
        "start": start,
        "turns": turns.described(call, marks, synthetic=synthetic),
        "items": findings,
        "sounds": sounds(call),
        "overlaps": [{"start": span.start, "end": span.end} for span in call.overlaps],
        "legend": legend(call),
        "labels": {
            name: t(f"player.{name}")
            for name in (
                *("transcript", "findings", "keys", "speed", "play", "position", "noTurns", "noText"),
                *("nothingLost", "noAudio", "cannotPlay", "fatal"),
            )
        },
    }
    # What the browser compares to know whether it must draw anew, without the audio.
    revision = hashlib.sha256(json.dumps(shown, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
    return shown | {"revision": revision, "audio": base64.b64encode(audio).decode() if audio else ""}


def sounds(call: Call) -> list[dict[str, Any]]:
    """The stretches that are not conversation, for the player and the voice chart."""
    return [
        {"kind": sound.kind.value, "label": term("sound", sound.kind.value), "start": sound.span.start, "end": sound.span.end}
        for sound in call.sounds
    ]


def legend(call: Call) -> list[dict[str, str]]:
    """What the colours of the strip mean, as far as this call has them."""
    sides = dict.fromkeys(turns.SIDES.get(turn.role, "other") for turn in call.turns if turn.span is not None)
    entries = [{"kind": side, "text": term("side", side)} for side in ("agent", "customer", "other") if side in sides]
    if call.overlaps:
        seconds = sum(span.duration for span in call.overlaps)
        entries.append({"kind": "overlap", "text": t("player.overlap", count=len(call.overlaps), seconds=f"{seconds:.1f}")})
    elif call.layout is Layout.MONO and not call.overlap_known:
        entries.append({"kind": "note", "text": t("player.overlap_unknown")})
    for kind in dict.fromkeys(sound.kind.value for sound in call.sounds):
        entries.append({"kind": f"sound {kind}", "text": term("sound", kind)})
    return entries


def _points(item: ItemResult) -> str:
    """What the item costs: its outcome for fatal ones, certain points, and those still in doubt."""
    if item.fatal:
        return term("outcome", item.outcome.value)
    words = []
    if item.lost_low:
        words.append(t("player.lost_points", points=f"{item.lost_low:g}"))
    if item.lost_high > item.lost_low:
        words.append(t("player.doubtful_points", points=f"{item.lost_high - item.lost_low:g}"))
    return " · ".join(words) or term("outcome", item.outcome.value)


def _turn_of(evidence: Evidence, call: Call) -> Turn | None:
    """The sentence a piece of evidence points to; None for facts of the whole call."""
    inside = evidence.turn is not None and 0 <= evidence.turn < len(call.turns)
    return call.turns[evidence.turn] if inside and evidence.turn is not None else None


def _stop(evidence: Evidence, turn: Turn | None) -> dict[str, Any]:
    """Where a piece of evidence is: by its own span, else by its characters, else by its sentence."""
    span = evidence.span
    if span is None and turn is not None:
        span = turn.time_of(*evidence.chars) if evidence.chars else turn.span
    return {
        "label": in_language(evidence.detail, current()) or evidence.condition,
        "at": span.start if span else None,
        "until": span.end if span else None,
        "turn": turn.index if turn is not None else None,
    }

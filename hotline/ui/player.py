"""A call beside its audio: what the player component is given, and its mounting.

The audio travels inside the component's data over the signed-in connection. Streamlit's own audio element
would register a media file, whose URL anyone may fetch who knows it; nothing here does.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from hotline.locale import current, t, term
from hotline.ui import components
from qa.calls import Call, Role, SourceKind, Turn
from qa.rules.verdict import Evidence, in_language
from qa.scoring import ItemResult, Outcome

SHAKY_WORDS = 0.6  # recogniser confidence below which a sentence is marked
SHAKY_ROLE = 0.8
_SIDES = {Role.AGENT: "agent", Role.CUSTOMER: "customer"}


def show(
    call: Call, items: Sequence[ItemResult], titles: Mapping[str, str], audio: bytes, *, synthetic: bool = False, start: float | None = None
) -> None:
    """Mount the player for one call.

    ``items`` are all results of the scorecard (the player lists the lost and doubtful ones), ``titles``
    their names by item id, ``audio`` FLAC or empty, ``start`` the second to stand at when it opens.
    """
    components.player(key=f"player_{call.id}", data=payload(call, items, titles, audio, synthetic=synthetic, start=start))


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
    return {
        "id": call.id,
        "audio": base64.b64encode(audio).decode() if audio else "",
        "duration": call.duration,
        "start": start,
        "turns": [_turn(turn, marks.get(turn.index, []), synthetic) for turn in call.turns],
        "items": findings,
        "labels": {
            name: t(f"player.{name}")
            for name in (
                *("transcript", "findings", "keys", "speed", "play", "position", "noTurns", "noText"),
                *("nothingLost", "noAudio", "cannotPlay", "fatal"),
            )
        },
    }


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


def _turn(turn: Turn, marks: list[dict[str, Any]], synthetic: bool) -> dict[str, Any]:
    kind = turn.source.kind
    source = term("source", kind.value) + (f" · {turn.source.name} {turn.source.version}".rstrip() if turn.source.name else "")
    badges = [{"text": source, "kind": "warn" if kind is SourceKind.NONE else ""}]
    if synthetic:
        badges.append({"text": t("app.synthetic"), "kind": ""})
    if turn.confidence is not None:
        badges.append(
            {"text": t("player.confidence", value=f"{turn.confidence:.0%}"), "kind": "warn" if turn.confidence < SHAKY_WORDS else ""}
        )
    if turn.role_confidence < SHAKY_ROLE:
        badges.append({"text": t("player.role_unsure", value=f"{turn.role_confidence:.0%}"), "kind": "warn"})
    return {
        "index": turn.index,
        "side": _SIDES.get(turn.role, "other"),
        "role": term("side", turn.role.value),
        "start": turn.span.start if turn.span else None,
        "end": turn.span.end if turn.span else None,
        "text": turn.text,
        "badges": badges,
        "marks": marks,
    }

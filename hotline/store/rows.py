"""Turns and item results as flat rows and back: what one Parquet row holds."""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import groupby
from typing import Any

import polars as pl

from qa.calls import Call, Channel, Role, SourceKind, Span, TextSource, Token, Turn, Voice, Word
from qa.rules.verdict import Evidence
from qa.scoring import ItemResult, Outcome, Scorecard

_WORD = pl.Struct({"text": pl.String, "start_char": pl.Int32, "start": pl.Float64, "end": pl.Float64, "confidence": pl.Float64})
_VOICE = pl.Struct(
    {
        "pitch": pl.Float64,  # Hz
        "pitch_range": pl.Float64,  # semitones
        "rate": pl.Float64,  # syllables per second
        "emotion": pl.String,
        "emotion_confidence": pl.Float64,
        "emotion_source": pl.String,
        "events": pl.List(pl.String),
    }
)
_TOKEN = pl.Struct(
    {
        "kind": pl.String,
        "start_char": pl.Int32,
        "end_char": pl.Int32,
        "digits": pl.Int32,
        "valid": pl.Boolean,
        "whole": pl.String,
        "last_four": pl.String,
        "part": pl.Int32,
    }
)

TURNS: dict[str, Any] = {
    "call_id": pl.String,
    "index": pl.Int32,
    "role": pl.String,
    "role_confidence": pl.Float64,
    "start": pl.Float64,  # seconds; null with end when unknown
    "end": pl.Float64,
    "text": pl.String,
    "confidence": pl.Float64,
    "channel": pl.String,
    "speaker": pl.String,
    "source_kind": pl.String,
    "source_name": pl.String,
    "source_version": pl.String,
    "loudness": pl.Float64,  # dBFS
    "words": pl.List(_WORD),
    "voice": _VOICE,
    "tokens": pl.List(_TOKEN),
}

HITS: dict[str, Any] = {
    "call_id": pl.String,
    "rule_set_id": pl.String,
    "rule_hash": pl.String,
    "item_no": pl.Int32,  # place in the rule set
    "item_id": pl.String,
    "section_id": pl.String,
    "outcome": pl.String,
    "points": pl.Float64,
    "lost_low": pl.Float64,
    "lost_high": pl.Float64,
    "fatal": pl.Boolean,
    "severity": pl.String,  # null in files of an earlier version
    "reason": pl.String,
    "evidence_no": pl.Int32,  # null on the one row of an item without evidence
    "condition": pl.String,
    "operator": pl.String,
    "turn": pl.Int32,
    "char_start": pl.Int32,
    "char_end": pl.Int32,
    "start": pl.Float64,  # seconds
    "end": pl.Float64,
    "detail": pl.String,
    "params": pl.String,  # JSON
}


def rows_of_turns(call: Call) -> list[dict[str, Any]]:
    """One row a turn, in the order of the call; keys as in ``TURNS``."""
    return [
        {
            "call_id": call.id,
            "index": turn.index,
            "role": turn.role.value,
            "role_confidence": turn.role_confidence,
            "start": turn.span.start if turn.span is not None else None,
            "end": turn.span.end if turn.span is not None else None,
            "text": turn.text,
            "confidence": turn.confidence,
            "channel": turn.channel.value,
            "speaker": turn.speaker,
            "source_kind": turn.source.kind.value,
            "source_name": turn.source.name,
            "source_version": turn.source.version,
            "loudness": turn.loudness,
            "words": [
                {"text": w.text, "start_char": w.start_char, "start": w.span.start, "end": w.span.end, "confidence": w.confidence}
                for w in turn.words
            ],
            "voice": None if turn.voice is None else asdict(turn.voice),
            "tokens": [asdict(token) for token in turn.tokens],
        }
        for turn in call.turns
    ]


def turns_of(frame: pl.DataFrame) -> tuple[Turn, ...]:
    """The turns that :func:`rows_of_turns` wrote."""
    return tuple(
        Turn(
            index=row["index"],
            role=Role(row["role"]),
            text=row["text"],
            span=_span(row),
            role_confidence=row["role_confidence"],
            confidence=row["confidence"],
            channel=Channel(row["channel"]),
            speaker=row["speaker"],
            source=TextSource(SourceKind(row["source_kind"]), row["source_name"], row["source_version"]),
            words=tuple(Word(w["text"], w["start_char"], Span(w["start"], w["end"]), w["confidence"]) for w in row["words"]),
            loudness=row["loudness"],
            # files of an earlier version have no such columns
            voice=Voice(**{**row["voice"], "events": tuple(row["voice"].get("events") or ())}) if row.get("voice") else None,
            tokens=tuple(Token(**token) for token in row.get("tokens") or ()),
        )
        for row in frame.iter_rows(named=True)
    )


def rows_of_items(scorecard: Scorecard) -> list[dict[str, Any]]:
    """One row an evidence, and one for an item without any; keys as in ``HITS``."""
    rows = []
    for number, item in enumerate(scorecard.items):
        common = {
            "call_id": scorecard.call_id,
            "rule_set_id": scorecard.rule_set_id,
            "rule_hash": scorecard.rule_hash,
            "item_no": number,
            "item_id": item.item_id,
            "section_id": item.section_id,
            "outcome": item.outcome.value,
            "points": item.points,
            "lost_low": item.lost_low,
            "lost_high": item.lost_high,
            "fatal": item.fatal,
            "severity": item.severity,
            "reason": item.reason,
        }
        evidence: list[tuple[int | None, dict[str, Any]]] = [(place, _evidence_row(e)) for place, e in enumerate(item.evidence)]
        rows += [common | {"evidence_no": place} | fields for place, fields in evidence or [(None, dict.fromkeys(_EVIDENCE_FIELDS))]]
    return rows


def items_of(frame: pl.DataFrame) -> tuple[ItemResult, ...]:
    """The item results that :func:`rows_of_items` wrote, with their evidence, in the order of the rule set."""
    items = []
    for _, group in groupby(frame.iter_rows(named=True), key=lambda row: row["item_no"]):
        rows = list(group)
        first = rows[0]
        items.append(
            ItemResult(
                item_id=first["item_id"],
                section_id=first["section_id"],
                outcome=Outcome(first["outcome"]),
                points=first["points"],
                lost_low=first["lost_low"],
                lost_high=first["lost_high"],
                fatal=first["fatal"],
                reason=first["reason"],
                evidence=tuple(_evidence(row) for row in rows if row["evidence_no"] is not None),
                severity=first.get("severity") or ("fatal" if first["fatal"] else "general"),
            )
        )
    return tuple(items)


_EVIDENCE_FIELDS = ("condition", "operator", "turn", "char_start", "char_end", "start", "end", "detail", "params")


def _evidence_row(evidence: Evidence) -> dict[str, Any]:
    chars, span = evidence.chars or (None, None), evidence.span
    return {
        "condition": evidence.condition,
        "operator": evidence.operator,
        "turn": evidence.turn,
        "char_start": chars[0],
        "char_end": chars[1],
        "start": span.start if span is not None else None,
        "end": span.end if span is not None else None,
        "detail": evidence.detail,
        "params": json.dumps(dict(evidence.params), ensure_ascii=False, sort_keys=True),
    }


def _evidence(row: dict[str, Any]) -> Evidence:
    return Evidence(
        condition=row["condition"],
        operator=row["operator"],
        turn=row["turn"],
        chars=None if row["char_start"] is None else (row["char_start"], row["char_end"]),
        span=_span(row),
        detail=row["detail"],
        params=json.loads(row["params"]),
    )


def _span(row: dict[str, Any]) -> Span | None:
    return None if row["start"] is None else Span(row["start"], row["end"])

"""Timing faults from the recording alone: every transcript put aside, no recogniser, nothing stored.

A call is heard as ingestion hears it (the channel map of the manifest, the pulled models), only without words, and judged by the rule set
of its language. What is then said of talking over and long silences comes from the audio and from nothing else.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from pathlib import Path
from typing import Any

from measure import share_found, tally

from qa import manifest
from qa.listen import Request, listen
from qa.rulebook import RuleBook
from qa.scoring import score

TIMING = {"talking over": "no_interrupting", "long silence": "no_dead_air"}
"""Kinds of planted faults that show in time, and the items that look for them."""
MANIFEST = Path(__file__).resolve().parent / "calls" / "manifest.csv"


@dataclass(frozen=True, slots=True)
class TimingVerdict:
    """One timing item of one call heard without words; ``reason`` is why, in both languages."""

    call: str
    kind: str
    outcome: str
    planted: bool
    clean_call: bool
    layout: str
    reason: str


def worth_hearing(faults: Mapping[str, Sequence[Mapping[str, Any]]], calls: Sequence[str]) -> list[str]:
    """The calls with a planted timing fault, and for false alarms the clean ones."""
    return [call for call in calls if not faults.get(call) or any(fault["kind"] in TIMING for fault in faults[call])]


def judge(entry: manifest.Entry, faults: Sequence[Mapping[str, Any]], book: RuleBook, models: Path) -> list[TimingVerdict]:
    """The timing items of one recording, heard without words. Raises BadRecording, MissingPart."""
    heard = listen(entry.path, Request(entry.call_id, None, entry.language, entry.channel_map, engine="none"), models)
    if any(turn.text for turn in heard.call.turns):
        raise AssertionError(f"{entry.call_id} was heard with words")
    call = replace(heard.call, direction=entry.direction or "inbound", metadata={"language": entry.language, **entry.metadata})
    card = score(book.choose(call), call)
    planted = {fault["kind"] for fault in faults}
    return [
        TimingVerdict(
            entry.call_id, kind, card.item(item).outcome.value, kind in planted, not faults, call.layout.value, card.item(item).reason
        )
        for kind, item in TIMING.items()
    ]


def hear(
    calls: Sequence[str], faults: Mapping[str, Sequence[Mapping[str, Any]]], *, rules: Path, models: Path, zone: tzinfo
) -> dict[str, Any]:
    """All timing items of ``calls`` by audio alone: a row a kind, what was found of all planted, and every verdict that is no pass."""
    started = time.monotonic()
    book = RuleBook.load(rules)
    entries = {entry.call_id: entry for entry in manifest.read(MANIFEST, zone)[0]}
    calls = [call for call in calls if call in entries]  # a manifest may name a part of them
    verdicts = [v for call in calls for v in judge(entries[call], faults.get(call, []), book, models)]
    by_kind = defaultdict(list)
    for verdict in verdicts:
        by_kind[verdict.kind].append(verdict)
    rows = [_row(kind, found) for kind, found in by_kind.items()]
    return {
        "calls": len(calls),
        "seconds": round(time.monotonic() - started, 1),
        "kinds": rows,
        "found": share_found(rows, with_doubtful=True),
        "found_outright": share_found(rows),
        "false_alarms_on_clean_calls": sum(row["false_alarms_on_clean_calls"] for row in rows),
        "clean_calls_sent_to_a_person": len({v.call for v in verdicts if v.clean_call and v.outcome == "doubtful"}),
        "verdicts": [
            {"call": v.call, "kind": v.kind, "layout": v.layout, "planted": v.planted, "outcome": v.outcome, "reason": v.reason}
            for v in verdicts
            if v.planted or v.outcome in ("fail", "doubtful")
        ],
    }


def _row(kind: str, verdicts: Sequence[TimingVerdict]) -> dict[str, Any]:
    """Planted faults found, sent to a person and missed; on clean calls deductions (false alarms) and calls sent to a person."""
    clean = [v.outcome for v in verdicts if v.clean_call]
    return {
        "kind": kind,
        **tally(v.outcome for v in verdicts if v.planted),
        "false_alarms_on_clean_calls": clean.count("fail"),
        "clean_calls_sent_to_a_person": clean.count("doubtful"),
        "clean_calls": len(clean),
    }

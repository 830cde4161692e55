"""The manifest of the sample calls, as a centre would hand its recordings over."""

from __future__ import annotations

import csv

from script import HERE, Script

ENGLISH = {
    "call_id": "S029",
    "file": "package:pyannote.audio/sample/sample.wav",
    "started_at": "2026-11-12T15:30:00+08:00",
    "agent_id": "",
    "queue_id": "q0",
    "direction": "inbound",
    "topic": "英语样例",
    "caller": "13800000029",
    "language": "en",
    "synthetic": "false",
    "meta.province": "示例省",
    "wait_s": 5,
    "hold_s": 0,
    "acw_s": 20,
}
COLUMNS = [
    "call_id", "file", "started_at", "agent_id", "queue_id", "direction", "topic", "caller", "language", "transcript", "agent_channel",
    "synthetic", "meta.ticket_type", "meta.area", "meta.province", "wait_s", "hold_s", "acw_s",
]  # fmt: skip


def write_manifest(scripts: list[Script]) -> None:
    """The list of recordings as a centre would hand it over, with the English call at the end."""
    transcripts = {path.stem: f"transcripts/{path.name}" for path in (HERE / "transcripts").glob("S*.*")}
    with (HERE / "manifest.csv").open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        for s in scripts:
            row = {
                "call_id": s.id, "file": f"audio/{s.id}.wav", "started_at": s.started_at.isoformat(), "agent_id": s.agent, "queue_id": "q0",
                "direction": "inbound", "topic": s.topic, "caller": s.caller, "language": "zh", "transcript": transcripts.get(s.id, ""),
                "agent_channel": s.agent_channel, "synthetic": "true",
            }  # fmt: skip
            writer.writerow(row | {f"meta.{key}": value for key, value in s.meta.items()} | s.times)
        writer.writerow(ENGLISH)

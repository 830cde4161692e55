"""The scripts of the sample calls: one YAML file a call, two speakers, line by line, with the planted faults marked.

A line is ``agent: text`` or ``customer: text`` and may say when it starts: ``pause`` (seconds of silence before it) or ``overlap`` (seconds
it starts before the line in front of it ends). A ``fault`` names the scorecard item that must fail because of this line.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent
SCRIPTS = HERE / "scripts"
VOICES = HERE / "voices.yaml"


@dataclass(frozen=True, slots=True)
class Voice:
    """A speaker: a Mandarin Kokoro voice, optionally with ``share`` (0–1) of the timbre of ``timbre``; ``speed`` 1.0 is natural."""

    voice: str
    speed: float = 1.0
    timbre: str | None = None
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Fault:
    """A planted fault: the scorecard item it breaks, its kind in words, and which of the three wordings it is (None for timing faults)."""

    item: str
    kind: str
    wording: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One utterance. ``pause`` and ``overlap`` are seconds; both None means an ordinary change of turns."""

    role: str
    text: str
    pause: float | None = None
    overlap: float | None = None
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """A call as written: who speaks, how it is recorded, what came with it and the lines. ``digest`` is the sha256 of the making files."""

    id: str
    started_at: datetime
    agent: str
    agent_voice: Voice
    customer_voice: Voice
    layout: str
    topic: str
    caller: str
    lines: tuple[Line, ...]
    digest: str
    agent_channel: str = ""
    crosstalk_db: float | None = None
    mute_caller: bool = False
    meta: dict[str, str] = field(default_factory=dict)
    times: dict[str, float] = field(default_factory=dict)


def _voice(entry: dict[str, Any]) -> Voice:
    timbre, share = entry.get("timbre", (None, 0.0))
    return Voice(entry["voice"], float(entry.get("speed", 1.0)), timbre, float(share))


def _line(entry: dict[str, Any]) -> Line:
    role = "agent" if "agent" in entry else "customer"
    fault = Fault(**entry["fault"]) if "fault" in entry else None
    return Line(role, entry[role], entry.get("pause"), entry.get("overlap"), fault)


def load(path: Path) -> Script:
    """Read one script. Raises KeyError or TypeError when a field is missing or unknown in a fault."""
    raw = path.read_bytes()
    entry = yaml.safe_load(raw)
    agents = yaml.safe_load(VOICES.read_text(encoding="utf-8"))
    agent = agents[entry["agent"]]
    digest = hashlib.sha256(raw + repr(sorted(agent.items())).encode()).hexdigest()
    return Script(
        id=entry["id"],
        started_at=datetime.fromisoformat(entry["started_at"]) if isinstance(entry["started_at"], str) else entry["started_at"],
        agent=entry["agent"],
        agent_voice=_voice(agent),
        customer_voice=_voice(entry["customer"]),
        layout=entry["layout"],
        topic=entry["topic"],
        caller=entry["caller"],
        lines=tuple(_line(line) for line in entry["lines"]),
        digest=digest,
        agent_channel=entry.get("agent_channel", ""),
        crosstalk_db=entry.get("crosstalk_db"),
        mute_caller=entry.get("mute_caller", False),
        meta=entry["meta"],
        times=entry["times"],
    )


def load_all(folder: Path = SCRIPTS) -> list[Script]:
    """Every script, in order of call id."""
    return [load(path) for path in sorted(folder.glob("S*.yaml"))]

"""How a run goes: counts, seconds a stage, hours of audio an hour, and when it will be done; written to the store as it goes."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hotline.store import Store, jobs

_EVERY_S = 2.0
STAGES = ("read", "decode", "diarize", "transcribe", "mask", "score", "write", "store")
"""In the order they happen; ``store`` is this process's, the others add up over the workers."""


@dataclass(slots=True)
class Progress:
    """The state of one run; ``total`` counts the rows of the source, ``audio_s`` the seconds of the calls stored."""

    total: int
    workers: int
    done: int = 0
    skipped: int = 0
    failed: int = 0
    retried: int = 0
    audio_s: float = 0.0
    stages: dict[str, float] = field(default_factory=dict)
    what: str = ""
    """The call that was finished last."""
    began: float = field(default_factory=time.monotonic)
    _first_result: float | None = None

    def stored(self, call_id: str, audio_s: float, stages: Mapping[str, float]) -> None:
        """Count a call that has been stored."""
        self.done += 1
        self.audio_s += audio_s
        self.what = call_id
        for stage, seconds in stages.items():
            self.stages[stage] = self.stages.get(stage, 0.0) + seconds

    @property
    def left(self) -> int:
        """Rows that nothing is known of yet."""
        return max(0, self.total - self.done - self.skipped - self.failed)

    @property
    def wall_s(self) -> float:
        return time.monotonic() - self.began

    @property
    def speed(self) -> float | None:
        """Seconds of audio a second, over the whole run; None before the first call."""
        return self.audio_s / self.wall_s if self.done and self.wall_s > 0 else None

    @property
    def left_s(self) -> float | None:
        """Seconds it still takes: audio left (rows left times the mean length so far) at the speed so far."""
        speed = self.speed
        return None if not speed else self.left * (self.audio_s / self.done) / speed

    def in_order(self) -> dict[str, float]:
        """Seconds a stage, in the order of the stages, rounded to milliseconds."""
        known = [stage for stage in STAGES if stage in self.stages]
        return {stage: round(self.stages[stage], 3) for stage in (*known, *(s for s in self.stages if s not in STAGES))}


class Record:
    """Keeps a run's row in the store up to date, every two seconds and at the end."""

    def __init__(self, store: Store, source: str, progress: Progress) -> None:
        self._store, self._progress = store, progress
        with store.begin() as connection:
            self._id = jobs.begin_run(connection, source, progress.workers)
        self._written = time.monotonic()

    def tick(self) -> None:
        """Write when it is time to."""
        if time.monotonic() - self._written >= _EVERY_S:
            self._write("running")

    def end(self, state: str) -> None:
        """The last word: finished, stopped or failed."""
        self._write(state)

    def _write(self, state: str) -> None:
        p = self._progress
        fields: dict[str, Any] = {name: getattr(p, name) for name in ("total", "done", "skipped", "failed", "retried", "audio_s")}
        fields |= {"stages": p.in_order(), "state": state, "left_s": p.left_s if state == "running" else None}
        with self._store.begin() as connection:
            jobs.update_run(connection, self._id, **fields)
        self._written = time.monotonic()

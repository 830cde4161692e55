"""How much of ingestion is not engine: ``python -m benchmarks.overhead [CALLS]``.

Engine seconds are those inside the libraries' own calls (FunASR's ``AutoModel.generate``, pyannote.audio's pipeline,
faster-whisper's ``transcribe``), wherever the code calls them from. Everything else counts as overhead: reading, hashing, decoding,
resampling, gating, levels, voice, aligning, masking, judging, Parquet, SQL.

    overhead = (everything − engines) / engines
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hotline import settings
from hotline.store import open_store
from qa import manifest as manifests
from qa.ingest import ingest_items
from qa.rulebook import RuleBook

ROOT = Path(__file__).resolve().parent.parent


@dataclass
class EngineTime:
    """Seconds inside engines: by the clock and of computing, and calls by engine."""

    wall_s: float = 0.0
    cpu_s: float = 0.0
    calls: dict[str, int] = field(default_factory=dict)
    _depth: int = 0

    @contextmanager
    def inside(self, name: str) -> Iterator[None]:
        """Count a call; one inside another counts once."""
        self._depth += 1
        begun = time.perf_counter(), time.process_time()
        try:
            yield
        finally:
            self._depth -= 1
            if self._depth == 0:
                self.wall_s += time.perf_counter() - begun[0]
                self.cpu_s += time.process_time() - begun[1]
                self.calls[name] = self.calls.get(name, 0) + 1


@contextmanager
def engines_timed() -> Iterator[EngineTime]:
    """Time the engines' own calls while the block runs."""
    from faster_whisper import WhisperModel
    from funasr import AutoModel
    from pyannote.audio import Pipeline

    spent = EngineTime()
    kept: list[tuple[Any, str, Callable[..., Any]]] = []

    def wrap(owner: Any, name: str, whole: bool) -> None:
        inner = getattr(owner, name)
        kept.append((owner, name, inner))

        def timed(*arguments: Any, **named: Any) -> Any:
            with spent.inside(owner.__name__):
                result = inner(*arguments, **named)
                # faster-whisper works while its segments are asked for
                return (list(result[0]), *result[1:]) if whole else result

        setattr(owner, name, timed)

    wrap(AutoModel, "generate", False)
    wrap(Pipeline, "__call__", False)
    wrap(WhisperModel, "transcribe", True)
    try:
        yield spent
    finally:
        for owner, name, inner in kept:
            setattr(owner, name, inner)


def overhead(source: Path, limit: int | None = None) -> dict[str, Any]:
    """Ingest up to ``limit`` recordings of a manifest in this process, models loaded, and tell engines from the rest.

    Keys: calls, audio_s, wall_s, engine_wall_s, wall (the share), cpu_s, engine_cpu_s, cpu (the share; steadier on a
    shared machine), stages (seconds), engine_calls.
    """
    items = [item for item in manifests.stream(source, settings.load().zone) if isinstance(item, manifests.Entry)]
    with tempfile.TemporaryDirectory() as home:
        store = open_store(settings.load(Path(home)))
        store.migrate()
        book = RuleBook.load(store.settings.rules)
        # one call of each kind loads what is slow to load
        kinds = {(item.agent_channel is None, item.language): item for item in items}
        warm = list(kinds.values())
        measured = [item for item in items if item not in warm][: limit or len(items)]
        items_without_units = [_anybody(item) for item in measured]
        ingest_items(store, book, source, iter([_anybody(item) for item in warm]), len(warm))
        with engines_timed() as engines:
            begun = time.perf_counter(), time.process_time()
            summary = ingest_items(store, book, source, iter(items_without_units), len(measured))
            wall, cpu = time.perf_counter() - begun[0], time.process_time() - begun[1]
        store.close()
    return {
        "calls": summary.stored,
        "put_aside": list(summary.quarantined),
        "audio_s": round(summary.audio_s, 1),
        "wall_s": round(wall, 2),
        "engine_wall_s": round(engines.wall_s, 2),
        "wall": round(wall / engines.wall_s - 1, 4) if engines.wall_s else None,
        "cpu_s": round(cpu, 2),
        "engine_cpu_s": round(engines.cpu_s, 2),
        "cpu": round(cpu / engines.cpu_s - 1, 4) if engines.cpu_s else None,
        "stages": summary.stages,
        "engine_calls": engines.calls,
    }


def _anybody(entry: manifests.Entry) -> manifests.Entry:
    """The entry without agent and queue, which an empty store does not know."""
    from dataclasses import replace

    return replace(entry, agent_id=None, queue_id=None)


if __name__ == "__main__":
    print(json.dumps(overhead(ROOT / "data" / "calls" / "manifest.csv", int(sys.argv[1]) if len(sys.argv) > 1 else None)))

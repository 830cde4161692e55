"""What Hotline adds to the engines it calls, and how much audio a core gets through.

The sample calls are ingested in this process, from the file to the stored verdict, after calls that load models and rules. Every call
of an engine is timed where Hotline enters it: pyannote's segmentation and embedding networks, the GE2E encoder, FunASR's
``generate`` (voice detection and recognisers), faster-whisper. All the rest is overhead: decoding, clustering, alignment, roles,
masking, rules, Parquet and SQL. A second figure counts pyannote's own clustering as pyannote's.
"""

from __future__ import annotations

import csv
import importlib
import math
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks import common
from benchmarks.common import ROOT
from benchmarks.speech_samples import Sample
from hotline import settings
from hotline.store import open_store
from qa import ingest, manifest, torch_compat
from qa.diarization import Diarization
from qa.rulebook import RuleBook

_PYANNOTE = "pyannote.audio.pipelines.speaker_diarization"
NETWORKS = (
    (_PYANNOTE, "SpeakerDiarization.get_segmentations", "pyannote segmentation"),
    (_PYANNOTE, "SpeakerDiarization.get_embeddings", "voices of windows"),
)
PIPELINE = ((_PYANNOTE, "SpeakerDiarization.apply", "pyannote's pipeline"),)
BEAM = "our small recogniser's beam search"
"""Part of that recogniser, as ``generate`` gives only its frames' probabilities; a second figure counts it as overhead."""
ENGINES = (
    ("qa.diarization.ge2e", "GE2E.voice", "voices of utterances"),
    ("funasr", "AutoModel.generate", "FunASR (FSMN-VAD, recognisers)"),
    ("qa.transcription", "beam.search", BEAM),
    ("faster_whisper", "WhisperModel.transcribe", "faster-whisper"),
)
CALLS_A_DAY, CALL_S, CORES, BUSY, HOURS = 300_000, 240.0, 16, 0.8, 24.0
"""The projection: calls of four minutes, machines of 16 cores that are kept 80 % busy round the clock."""


@dataclass(slots=True)
class Clock:
    """Wall and processor seconds inside the engines, by name; nested calls count once."""

    wall: dict[str, float] = field(default_factory=dict)
    cpu: float = 0.0
    _inside: bool = False

    def beyond(self, wall: float) -> float:
        """What of ``wall`` seconds lies outside, as a share of what lies inside."""
        inside = sum(self.wall.values())
        return (wall - inside) / inside

    def around(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """``function``, timed."""

        def timed(*args: Any, **kwargs: Any) -> Any:
            if self._inside:
                return function(*args, **kwargs)
            self._inside = True
            wall, cpu = time.perf_counter(), time.process_time()
            try:
                result = function(*args, **kwargs)
                if name == "faster-whisper":  # it hands back a generator that has not begun to work
                    result = (list(result[0]), result[1])
                return result
            finally:
                self._inside = False
                self.wall[name] = self.wall.get(name, 0.0) + time.perf_counter() - wall
                self.cpu += time.process_time() - cpu

        return timed


@dataclass(frozen=True, slots=True)
class Volume:
    """What one pass over the calls took, in seconds, and what was heard in each."""

    wall: float
    cpu: float
    engines: Clock
    libraries: Clock
    """As ``engines``, with pyannote's whole pipeline (clustering too) in place of its two networks."""
    audio_s: float
    heard: dict[str, Diarization]
    stages: dict[str, float]

    @property
    def overhead(self) -> float:
        """Wall time beyond the networks', as a share of the networks'."""
        return self.engines.beyond(self.wall)

    @property
    def overhead_with_beam(self) -> float:
        """As ``overhead``, with the small recogniser's beam search counted as Hotline's own time, not as an engine's."""
        inside = sum(self.engines.wall.values()) - self.engines.wall.get(BEAM, 0.0)
        return (self.wall - inside) / inside

    @property
    def overhead_libraries(self) -> float:
        """Wall time beyond the libraries' own calls: what Hotline adds to calling pyannote and FunASR by hand."""
        return self.libraries.beyond(self.wall)

    @property
    def rtf(self) -> float:
        """Processor seconds a second of audio; unlike wall time it does not depend on who else uses the machine."""
        return self.cpu / self.audio_s


def measure(calls: Sequence[Sample], models: Path) -> Volume:
    """Ingest the recordings of ``calls`` without their transcripts, in this process, and time it."""
    torch_compat.prepare()
    heard: dict[str, Diarization] = {}
    clock, libraries = Clock(), Clock()
    with tempfile.TemporaryDirectory(prefix="hotline-bench-") as made:
        base = Path(made)
        first, rest = _manifests(base, calls)
        store = open_store(settings.load(base / "home", {"HOTLINE_MODELS": str(models), "HOTLINE_WORKERS": "1"}))
        store.migrate()
        ingest.ingest(store, first, workers=1)  # loads the models
        book = RuleBook.load(store.settings.rules)
        with _timed(clock, NETWORKS + ENGINES), _timed(libraries, PIPELINE + ENGINES), _overheard(heard):
            wall, cpu = time.perf_counter(), time.process_time()
            summary = ingest.ingest_items(store, book, rest, manifest.stream(rest, store.settings.zone), len(calls), workers=1)
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    if summary.stored != len(calls):
        raise RuntimeError(f"{summary.stored} of {len(calls)} calls were stored: {summary.quarantined[:2]}")
    return Volume(wall, cpu, clock, libraries, sum(call.audio.duration for call in calls), heard, dict(summary.stages))


def tables(volume: Volume) -> dict[str, Any]:
    """Print what it took; the results that the last line carries."""
    inside = sum(volume.engines.wall.values())
    rows: list[list[Any]] = [
        [name, round(seconds, 1), common.percent(seconds / volume.wall, 1)] for name, seconds in volume.engines.wall.items()
    ]
    rows.append(["everything else", round(volume.wall - inside, 1), common.percent(1 - inside / volume.wall, 1)])
    common.table(f"From file to stored verdict: {volume.audio_s:.0f} s of calls, wall seconds", ["part", "seconds", "%"], rows)
    common.table("The same time by stage", ["stage", "seconds"], [[name, round(s, 2)] for name, s in volume.stages.items()])
    per_core = 1 / volume.rtf
    cpu_overhead = (volume.cpu - volume.engines.cpu) / volume.engines.cpu
    needed = machines(volume.rtf)
    common.table(
        "Volume",
        ["", ""],
        [
            ["overhead over the networks, wall", f"{volume.overhead:.1%}"],
            ["overhead over the networks, processor", f"{cpu_overhead:.1%}"],
            [f"overhead over the networks, wall, {BEAM} counted as overhead", f"{volume.overhead_with_beam:.1%}"],
            ["overhead over the libraries' calls (pyannote's clustering is theirs), wall", f"{volume.overhead_libraries:.1%}"],
            ["processor seconds a second of audio", round(volume.rtf, 4)],
            ["hours of audio a core hour", round(per_core, 1)],
            [f"machines for {CALLS_A_DAY:,} calls a day", needed],
            ["assumed", f"{CALL_S:.0f} s a call, {CORES} cores a machine, {BUSY:.0%} busy, {HOURS:.0f} h a day"],
        ],
    )
    return {
        "overhead": round(volume.overhead, 4),
        "overhead_cpu": round(cpu_overhead, 4),
        "overhead_with_beam": round(volume.overhead_with_beam, 4),
        "overhead_libraries": round(volume.overhead_libraries, 4),
        "rtf_total": round(volume.rtf, 4),
        "audio_hours_per_core_hour": round(per_core, 1),
        "machines_300k_calls": needed,
    }


def machines(rtf: float, calls: int = CALLS_A_DAY) -> int:
    """Machines that a day's calls need under the assumptions above.

    >>> machines(0.1)
    7
    """
    return math.ceil(calls * CALL_S * rtf / (CORES * BUSY * HOURS * 3600))


@contextmanager
def _timed(clock: Clock, engines: Sequence[tuple[str, str, str]]) -> Iterator[None]:
    patches = []
    for module, dotted, name in engines:
        owner_name, _, function = dotted.partition(".")
        owner = getattr(importlib.import_module(module), owner_name)
        patches.append(patch.object(owner, function, clock.around(name, getattr(owner, function))))
    for one in patches:
        one.start()
    try:
        yield
    finally:
        for one in patches:
            one.stop()


@contextmanager
def _overheard(heard: dict[str, Diarization]) -> Iterator[None]:
    """Note what ``listen`` makes of each recording, so that its speakers can be judged without hearing it again."""
    from qa import listen as listening

    real = listening.listen

    def noting(path: Path, request: Any, *args: Any, **kwargs: Any) -> Any:
        def diarize(*a: Any, **k: Any) -> Diarization:
            heard[request.call_id] = found = spoken(*a, **k)
            return found

        spoken = listening.diarize
        with patch.object(listening, "diarize", diarize):
            return real(path, request, *args, **kwargs)

    with patch.object(importlib.import_module("qa.judging"), "listen", noting):
        yield


def _manifests(base: Path, calls: Sequence[Sample]) -> tuple[Path, Path]:
    """Two manifests of the calls' recordings alone: a call of each layout to warm up with, and all of them."""
    folder = ROOT / "data" / "calls"
    rows = {row["call_id"]: row for row in csv.DictReader((folder / "manifest.csv").read_text(encoding="utf-8").splitlines())}
    kept = ("call_id", "file", "started_at", "agent_channel", "language", "synthetic")
    warm = list({call.audio.layout: call for call in calls}.values())
    written = []
    for name, chosen, prefix in (("warm", warm, "warm-"), ("all", calls, "")):
        (base / name).mkdir()
        path = base / name / "manifest.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, kept)
            writer.writeheader()
            for call in chosen:
                row = {key: rows[call.name].get(key, "") for key in kept}
                target = base / name / f"{prefix}{call.path.name}"
                shutil.copyfile(call.path, target)
                if prefix:  # other bytes, so that it is not the same recording as later
                    with target.open("ab") as sound:
                        sound.write(bytes(2))
                writer.writerow({**row, "call_id": prefix + call.name, "file": target.name})
        written.append(path)
    return written[0], written[1]

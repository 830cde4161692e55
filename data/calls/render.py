"""Turn the scripts into recordings and ground truth: ``python data/calls/render.py [S001 …]``.

Writes ``audio/<id>.wav`` (8 kHz µ-law, mono or stereo), ``../truth/<id>.rttm`` (who spoke when) and ``../truth/<id>.json`` (exact text with
times); then ``../truth/faults.yaml`` and ``manifest.csv`` from all calls made so far. A call whose script has not changed is skipped, so
a stopped run continues. The random numbers (pauses, noise, levels) depend on the seed and the call id only.

Needs ``misaki[zh]`` and ``onnxruntime`` and the weights of ``hotline models pull kokoro-82m-zh``.
"""

from __future__ import annotations

import argparse
import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import yaml
from kokoro import RATE as SPOKEN_RATE
from kokoro import Kokoro
from listing import write_manifest
from script import HERE, Line, Script, load_all
from telephone import LEVEL_DB, RATE, at_level, line_noise, narrow, speech_in

AUDIO = HERE / "audio"
TRUTH = HERE.parent / "truth"
WEIGHTS = Path.home() / ".cache" / "hotline" / "models" / "kokoro-82m-zh"
SEED = 95598
FULL_SCALE = 0.97


@dataclass(frozen=True, slots=True)
class Placed:
    """A line with its place in the call: ``at`` is where its samples begin, ``segments`` the speech in it, all seconds of the call."""

    line: Line
    at: float
    samples: np.ndarray
    segments: tuple[tuple[float, float], ...]

    @property
    def start(self) -> float:
        return self.segments[0][0]

    @property
    def end(self) -> float:
        return self.segments[-1][1]


def place(script: Script, kokoro: Kokoro, rng: np.random.Generator) -> list[Placed]:
    """Speak every line and put it on the time axis: after a short natural pause, a given pause, or over the end of the line before."""
    customer_level = LEVEL_DB + float(rng.uniform(-4, 1))
    placed: list[Placed] = []
    now = float(rng.uniform(0.5, 1.2))
    for line in script.lines:
        voice = script.agent_voice if line.role == "agent" else script.customer_voice
        samples = narrow(kokoro.say(line.text, voice), SPOKEN_RATE)
        spans = speech_in(samples, RATE)
        samples = at_level(samples, LEVEL_DB if line.role == "agent" else customer_level)
        usual = float(rng.uniform(0.3, 0.85))
        gap = line.pause if line.pause is not None else -line.overlap if line.overlap is not None else usual
        start = now + (gap if placed else 0.0)
        at = start - spans[0][0]
        placed.append(Placed(line, at, samples, tuple((round(at + a, 2), round(at + b, 2)) for a, b in spans)))
        now = max(p.end for p in placed)
    return placed


def mix(script: Script, placed: list[Placed], rng: np.random.Generator) -> np.ndarray:
    """The recording, float [n, channels]: noise on every channel, crosstalk where the script wants it."""
    count = int((max(p.end for p in placed) + 0.8) * RATE)
    sides = {"agent": np.zeros(count), "customer": np.zeros(count)}
    for p in placed:
        first = round(p.at * RATE)
        skip = max(0, -first)
        part = p.samples[skip : skip + count - max(0, first)]
        sides[p.line.role][max(0, first) : max(0, first) + len(part)] += part
    noise_db = float(rng.uniform(-56, -48))
    if script.layout == "mono":
        return (sides["agent"] + sides["customer"] + line_noise(count, rng, noise_db))[:, None]
    leak = 10 ** (script.crosstalk_db / 20) if script.crosstalk_db is not None else 0.0
    agent = sides["agent"] + leak * sides["customer"] + line_noise(count, rng, noise_db - 4)
    customer = sides["customer"] + leak * sides["agent"] + line_noise(count, rng, noise_db)
    return np.stack([agent, customer] if script.agent_channel == "left" else [customer, agent], axis=1)


def truth_of(script: Script, placed: list[Placed], duration: float) -> dict[str, Any]:
    """What was really said when, and the planted faults with their times."""
    lines: list[dict[str, Any]] = []
    faults: dict[str, dict[str, Any]] = {}
    for index, p in enumerate(placed):
        lines.append({"role": p.line.role, "start": p.start, "end": p.end, "text": p.line.text, "segments": [list(s) for s in p.segments]})
        if p.line.fault:
            fault = p.line.fault
            before = max((q.end for q in placed[:index]), default=0.0)
            span = {"no_interrupting": [p.start, min(p.end, before)], "no_dead_air": [before, p.start]}.get(fault.item, [p.start, p.end])
            found = faults.setdefault(
                fault.item, {"item": fault.item, "kind": fault.kind, "wording": fault.wording, "spans": [], "text": []}
            )
            found["spans"].append([round(t, 2) for t in span])
            found["text"].append(p.line.text)
    return {
        "call_id": script.id,
        "script": script.digest,
        "duration": round(duration, 3),
        "layout": script.layout,
        "agent_channel": script.agent_channel,
        "mute_caller": script.mute_caller,
        "lines": lines,
        "faults": list(faults.values()),
    }


def render(script: Script, kokoro: Kokoro, seed: int) -> dict[str, Any]:
    """Make one call: audio, RTTM and text. Returns its truth."""
    rng = np.random.default_rng([seed, zlib.crc32(script.id.encode())])
    placed = place(script, kokoro, rng)
    samples = mix(script, placed, rng)
    peak = float(np.abs(samples).max())
    if peak > FULL_SCALE:
        samples *= FULL_SCALE / peak
    AUDIO.mkdir(exist_ok=True)
    TRUTH.mkdir(exist_ok=True)
    soundfile.write(AUDIO / f"{script.id}.wav", samples, RATE, subtype="ULAW", format="WAV")
    spoken = sorted((a, b, p.line.role) for p in placed for a, b in p.segments)
    rttm = [f"SPEAKER {script.id} 1 {a:.2f} {b - a:.2f} <NA> <NA> {role} <NA> <NA>\n" for a, b, role in spoken]
    (TRUTH / f"{script.id}.rttm").write_text("".join(rttm), encoding="utf-8")
    truth = truth_of(script, placed, len(samples) / RATE)
    text = json.dumps(truth, ensure_ascii=False, indent=1)
    (TRUTH / f"{script.id}.json").write_text(text + "\n", encoding="utf-8")
    return truth


def _made(script: Script) -> dict[str, Any] | None:
    path = TRUTH / f"{script.id}.json"
    if not path.exists() or not (AUDIO / f"{script.id}.wav").exists():
        return None
    truth: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return truth if truth["script"] == script.digest else None


def write_faults(truths: list[dict[str, Any]]) -> None:
    """All planted faults in one file; a call that is not in it is clean."""
    rows = [{"call": t["call_id"], **fault} for t in truths for fault in t["faults"]]
    head = "# Planted faults of the sample calls, written by render.py from the scripts. A call that is not here is clean.\n"
    (TRUTH / "faults.yaml").write_text(head + yaml.safe_dump(rows, allow_unicode=True, sort_keys=False, width=200), encoding="utf-8")


def main() -> None:
    """Command line: call ids to make (default all), weights folder, seed, --force."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("calls", nargs="*", help="call ids (default: all)")
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--force", action="store_true", help="make calls again whose script has not changed")
    options = parser.parse_args()
    scripts = load_all()
    wanted = [s for s in scripts if not options.calls or s.id in options.calls]
    todo = [s for s in wanted if options.force or _made(s) is None]
    if todo:
        if not (options.weights / "model.onnx").exists():
            raise SystemExit(f"no Kokoro weights in {options.weights}: run `hotline models pull kokoro-82m-zh`")
        kokoro = Kokoro(options.weights)
        for script in todo:
            truth = render(script, kokoro, options.seed)
            print(f"{script.id} {script.layout} {truth['duration']:.1f} s, {len(script.lines)} lines", flush=True)
    truths = [made for s in scripts if (made := _made(s)) is not None]
    write_faults(truths)
    write_manifest(scripts)
    print(f"{len(truths)} of {len(scripts)} calls made; {sum(t['duration'] for t in truths) / 60:.1f} min")


if __name__ == "__main__":
    main()

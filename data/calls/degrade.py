"""Make the transcripts that come with the sample calls: the true text, degraded like a recogniser's. ``python data/calls/degrade.py``.

About 8 % of the characters are wrong, mostly homophones and near sounds (z/zh, n/l, in/ing …), fewer lost or added; rare characters suffer
more than frequent ones. Times are off by up to 0.2 s, some files have no punctuation or write numbers as digits, formats are mixed, two
have the roles swapped and one has no times. Reproducible by seed. Prints the character error rate of every call.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import re
import zlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from listing import write_manifest
from pypinyin import Style, lazy_pinyin
from script import HERE, load_all
from words import as_digits, errors

TRANSCRIPTS = HERE / "transcripts"
TRUTH = HERE.parent / "truth"
SEED = 20261115
TARGET = 0.08
JITTER = 0.2
FORMATS = {
    "S006": "srt",
    "S017": "srt",
    "S024": "srt",
    "S008": "vtt",
    "S019": "vtt",
    "S026": "vtt",
    "S012": "csv",
    "S016": "csv",
    "S022": "csv",
}
SWAPPED = {"S007", "S022"}
TIMELESS = {"S009"}
UNPUNCTUATED = {"S002", "S005", "S009", "S011", "S013", "S016", "S019", "S021", "S023", "S027"}
DIGITS = {"S001", "S004", "S006", "S009", "S012", "S014", "S017", "S018", "S021", "S024", "S026", "S028"}
WITHOUT_CONFIDENCE = {"S003", "S010", "S020"}
NAMES = {"agent": "客服", "customer": "客户"}
ENGINE = {"engine": "degraded-script", "version": "1"}

# Common characters: the 3,755 of GB 2312 level 1, from which substitutes are drawn.
_COMMON = [
    bytes([row, cell]).decode("gb2312") for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF) if not (row == 0xD7 and cell > 0xF9)
]
_NEAR = [("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"), ("f", "h"), ("ing", "in"), ("eng", "en"), ("ang", "an")]
_FILLERS = "嗯啊呃那的了"


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a transcript; times in seconds, None when the transcript has none."""

    role: str
    start: float | None
    end: float | None
    text: str
    confidence: float | None = None


class Mishearing:
    """Which character a recogniser would write instead, and how likely it errs, from sounds and counts."""

    def __init__(self, texts: list[str]) -> None:
        self._counts = Counter("".join(texts))
        self._by_sound: dict[str, list[str]] = {}
        for char in _COMMON:
            self._by_sound.setdefault(lazy_pinyin(char)[0], []).append(char)

    def difficulty(self, char: str) -> float:
        """Relative error rate: punctuation 0, frequent characters less than rare ones."""
        if not "一" <= char <= "鿿":
            return 0.0
        return float(np.clip((40 / self._counts[char]) ** 0.5, 0.3, 2.0))

    def _sounds_like(self, sound: str) -> list[str]:
        near = []
        for a, b in _NEAR:
            for one, other in ((a, b), (b, a)):
                swap = other + sound[len(one) :] if len(one) < 3 and sound.startswith(one) and not sound.startswith(one + "h") else ""
                swap = swap or (sound[: -len(one)] + other if sound.endswith(one) and len(one) > 1 and len(sound) > len(one) else "")
                if swap in self._by_sound:
                    near.append(swap)
        return near

    def instead_of(self, char: str, rng: np.random.Generator) -> str:
        """A homophone (three in four), else a near sound; characters of our own calls are eight times as likely as others."""
        sound = lazy_pinyin(char)[0]
        near = self._sounds_like(sound)
        if near and rng.random() < 0.25:
            sound = near[int(rng.integers(len(near)))]
        tone = lazy_pinyin(char, style=Style.TONE3)[0]
        pool = [c for c in self._by_sound.get(sound, []) if c != char]
        if not pool:
            return str(rng.choice(list(_FILLERS)))
        weights = np.array(
            [(8.0 if c in self._counts else 1.0) * (2.0 if lazy_pinyin(c, style=Style.TONE3)[0] == tone else 1.0) for c in pool]
        )
        return pool[int(rng.choice(len(pool), p=weights / weights.sum()))]


def mishear(text: str, wrong: set[int], mishearing: Mishearing, rng: np.random.Generator) -> str:
    """``text`` with an error at each place in ``wrong``: 78 % another character, 12 % lost, 10 % one added."""
    out: list[str] = []
    for place, char in enumerate(text):
        kind = rng.random() if place in wrong else None
        if kind is None:
            out.append(char)
        elif kind < 0.78:
            out.append(mishearing.instead_of(char, rng))
        elif kind >= 0.90:
            out += [char, str(rng.choice(list(_FILLERS)))]
    return "".join(out)


def degrade(truth: dict[str, Any], mishearing: Mishearing, seed: int) -> list[Entry]:
    """The entries of one call's transcript, from its truth."""
    call = truth["call_id"]
    rng = np.random.default_rng([seed, zlib.crc32(call.encode())])
    places = [(number, place, char) for number, line in enumerate(truth["lines"]) for place, char in enumerate(line["text"])]
    weights = np.array([mishearing.difficulty(char) for _, _, char in places])
    share = float(np.clip(rng.normal(TARGET, 0.015), 0.05, 0.11))
    drawn = rng.choice(len(places), size=round(share * np.count_nonzero(weights)), replace=False, p=weights / weights.sum())
    wrong = {places[int(d)][:2] for d in drawn}
    entries = []
    for number, line in enumerate(truth["lines"]):
        here = {place for n, place in wrong if n == number}
        text, made = mishear(line["text"], here, mishearing, rng), len(here)
        confidence = round(float(np.clip(0.95 - 1.2 * made / len(line["text"]) + rng.normal(0, 0.03), 0.35, 0.99)), 2)
        start, end = (round(max(0.0, line[key] + float(rng.uniform(-JITTER, JITTER))), 2) for key in ("start", "end"))
        if call in DIGITS:
            text = as_digits(text)
        if call in UNPUNCTUATED:
            text = re.sub(r"[，。？！、]", "", text)
        role = line["role"]
        if call in SWAPPED:
            role = "customer" if role == "agent" else "agent"
        if not text:
            continue
        timed = call not in TIMELESS
        entries.append(
            Entry(
                role,
                start if timed else None,
                max(end, start + 0.1) if timed else None,
                text,
                None if call in WITHOUT_CONFIDENCE else confidence,
            )
        )
    return entries


def _sentences(entry: Entry) -> list[Entry]:
    """Subtitle formats hold one sentence a cue; time is shared out by characters."""
    parts = re.findall(r"[^。？！]+[。？！]?", entry.text)
    if entry.start is None or entry.end is None or len(parts) < 2:
        return [entry]
    cues, start, per_char = [], entry.start, (entry.end - entry.start) / len(entry.text)
    for part in parts:
        end = start + per_char * len(part)
        cues.append(Entry(entry.role, round(start, 3), round(end, 3), part))
        start = end
    return cues


def _clock(seconds: float, mark: str) -> str:
    whole, milli = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}{mark}{milli:03d}"


def written(entries: list[Entry], kind: str) -> str:
    """The transcript as file content in ``json``, ``srt``, ``vtt`` or ``csv``."""
    if kind == "json":
        rows = []
        for e in entries:
            row: dict[str, Any] = {"role": e.role, "start": e.start, "end": e.end, "text": e.text, "confidence": e.confidence}
            rows.append({key: value for key, value in row.items() if value is not None})
        return json.dumps(ENGINE | {"entries": rows}, ensure_ascii=False, indent=1) + "\n"
    if kind == "csv":
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["role", "start", "end", "text"])
        writer.writerows([e.role, e.start, e.end, e.text] for e in entries)
        return out.getvalue()
    mark = "," if kind == "srt" else "."
    cues = [cue for entry in entries for cue in _sentences(entry)]
    blocks = []
    for number, e in enumerate(cues, start=1):
        head = f"{number}\n" if kind == "srt" else ""
        blocks.append(f"{head}{_clock(e.start or 0, mark)} --> {_clock(e.end or 0, mark)}\n{NAMES[e.role]}：{e.text}\n")
    return ("WEBVTT\n\n" if kind == "vtt" else "") + "\n".join(blocks)


def make(out: Path, seed: int = SEED, truth_folder: Path = TRUTH) -> dict[str, tuple[int, int]]:
    """Write all transcripts into ``out``; per call the character edits and the characters of the truth."""
    truths = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(truth_folder.glob("S*.json"))]
    mishearing = Mishearing([line["text"] for truth in truths for line in truth["lines"]])
    out.mkdir(parents=True, exist_ok=True)
    counts = {}
    for truth in truths:
        entries = degrade(truth, mishearing, seed)
        kind = FORMATS.get(truth["call_id"], "json")
        (out / f"{truth['call_id']}.{kind}").write_text(written(entries, kind), encoding="utf-8")
        counts[truth["call_id"]] = errors("".join(line["text"] for line in truth["lines"]), "".join(e.text for e in entries))
    return counts


def main() -> None:
    """Command line: where to write, seed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=TRANSCRIPTS)
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args()
    counts = make(options.out, options.seed)
    if options.out == TRANSCRIPTS:
        write_manifest(load_all())
    for call, (edits, length) in counts.items():
        print(f"{call} {FORMATS.get(call, 'json'):4} CER {100 * edits / length:4.1f} % of {length} characters")
    edits, length = (sum(c[i] for c in counts.values()) for i in (0, 1))
    print(f"all  CER {100 * edits / max(1, length):.2f} % of {length} characters")


if __name__ == "__main__":
    main()

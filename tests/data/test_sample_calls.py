"""The committed sample calls: recordings, transcripts, manifest and truth agree with each other and with the scripts."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import av
import degrade
import numpy as np
import pytest
import script
import words
import yaml

DATA = Path(__file__).resolve().parents[2] / "data"
CALLS = DATA / "calls"
TRUTH = DATA / "truth"
SCRIPTS = script.load_all()
IDS = [s.id for s in SCRIPTS]
TEXT_FAULTS = {"greeting": "no greeting", "rude": "rude word", "goodbye": "missing closing", "dispatch_promise": "wrong dispatch promise"}


def truth_of(call: str) -> dict:
    return json.loads((TRUTH / f"{call}.json").read_text(encoding="utf-8"))


def manifest() -> dict[str, dict[str, str]]:
    with (CALLS / "manifest.csv").open(encoding="utf-8", newline="") as rows:
        return {row["call_id"]: row for row in csv.DictReader(rows)}


def faults() -> list[dict]:
    return yaml.safe_load((TRUTH / "faults.yaml").read_text(encoding="utf-8"))


def transcript(call: str) -> list[tuple[str | None, float | None, float | None, str]]:
    """Role, start, end and text of a committed transcript, read without the product's own reader."""
    path = CALLS / manifest()[call]["transcript"]
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        return [(e["role"], e.get("start"), e.get("end"), e["text"]) for e in json.loads(text)["entries"]]
    if path.suffix == ".csv":
        return [(e["role"], float(e["start"]), float(e["end"]), e["text"]) for e in csv.DictReader(text.splitlines())]
    cue = re.compile(r"([\d:]+)[.,](\d{3}) --> ([\d:]+)[.,](\d{3})\n(客服|客户)：(.*)")
    found = []
    for first, first_ms, last, last_ms, name, said in cue.findall(text):
        times = []
        for clock, milli in ((first, first_ms), (last, last_ms)):
            hours, minutes, seconds = (int(part) for part in clock.split(":"))
            times.append(3600 * hours + 60 * minutes + seconds + int(milli) / 1000)
        found.append(({"客服": "agent", "客户": "customer"}[name], times[0], times[1], said))
    return found


def decoded(call: str) -> tuple[str, np.ndarray]:
    with av.open(str(CALLS / "audio" / f"{call}.wav")) as container:
        stream = container.streams.audio[0]
        assert stream.rate == 8000
        channels = stream.codec_context.channels
        blocks = [frame.to_ndarray().reshape(-1, channels) for frame in container.decode(stream)]
        return stream.codec_context.name, np.concatenate(blocks).astype(np.float64) / 32768


def test_manifest_lists_exactly_the_files_that_are_there():
    rows = manifest()
    assert list(rows) == [*IDS, "S029"]
    assert {row["file"] for row in rows.values()} == {f"audio/{p.name}" for p in (CALLS / "audio").iterdir()} | {
        "package:pyannote.audio/sample/sample.wav"
    }
    assert {row["transcript"] for row in rows.values()} - {""} == {f"transcripts/{p.name}" for p in (CALLS / "transcripts").iterdir()}
    assert rows["S029"]["language"] == "en" and rows["S029"]["transcript"] == ""
    assert all(row["transcript"] and row["synthetic"] == "true" for call, row in rows.items() if call != "S029")


def test_manifest_says_what_the_scripts_say():
    rows = manifest()
    for s in SCRIPTS:
        row = rows[s.id]
        assert row["agent_id"] == s.agent and row["queue_id"] == "q0" and row["agent_channel"] == s.agent_channel
        assert row["meta.ticket_type"] == s.meta["ticket_type"] and row["meta.area"] == s.meta["area"]
        assert row["started_at"].endswith("+08:00")
        assert s.started_at.isocalendar()[:2] in {(2026, 45), (2026, 46)}
    weeks = Counter(s.started_at.isocalendar().week for s in SCRIPTS)
    assert 0.25 <= weeks[45] / len(SCRIPTS) <= 0.42
    assert {s.agent for s in SCRIPTS} == {f"a{n:03d}" for n in range(1, 13)}


@pytest.mark.parametrize("call", IDS)
def test_recording_is_a_telephone_call_of_the_right_length(call):
    truth = truth_of(call)
    codec, samples = decoded(call)
    assert codec == "pcm_mulaw"
    assert samples.shape[1] == (2 if truth["layout"] == "stereo" else 1)
    assert 40 <= len(samples) / 8000 <= 120
    assert len(samples) / 8000 == pytest.approx(truth["duration"], abs=0.001)
    peak = np.abs(samples).max()
    assert peak > 0.1
    top = np.abs(samples) >= 0.98  # the last step of µ-law; clipping would stay on it for several samples
    assert not (top[:-2] & top[1:-1] & top[2:]).any()
    above_band = np.abs(np.fft.rfft(samples[:, 0]))
    frequency = np.fft.rfftfreq(len(samples), 1 / 8000)
    assert (above_band[frequency > 3700] ** 2).sum() < 0.01 * (above_band**2).sum()


@pytest.mark.parametrize("call", IDS)
def test_truth_times_lie_on_the_speech_of_the_recording(call):
    truth = truth_of(call)
    _, samples = decoded(call)
    power = np.mean(samples**2, axis=1)
    spoken = np.zeros(len(power), dtype=bool)
    for line in truth["lines"]:
        for start, end in line["segments"]:
            assert 0 <= start < end <= truth["duration"]
            spoken[round(start * 8000) : round(end * 8000)] = True
    assert 10 * np.log10(power[spoken].mean() / power[~spoken].mean()) > 15


def test_stereo_recordings_have_the_agent_where_the_manifest_says():
    stereo = [s for s in SCRIPTS if s.layout == "stereo"]
    assert len(stereo) >= 10 and {s.agent_channel for s in stereo} == {"left", "right"}
    for s in stereo:
        _, samples = decoded(s.id)
        column = ("left", "right").index(s.agent_channel)
        alone = next(line for line in truth_of(s.id)["lines"] if line["role"] == "agent")
        part = samples[round(alone["start"] * 8000) : round(alone["end"] * 8000)]
        power = (part**2).mean(axis=0)
        assert 10 * np.log10(power[column] / power[1 - column]) > 20


def test_audio_fits_the_repository():
    assert sum(p.stat().st_size for p in (CALLS / "audio").iterdir()) <= 30e6


def test_truth_holds_the_script_of_every_call():
    for s in SCRIPTS:
        truth = truth_of(s.id)
        assert truth["script"] == s.digest, f"{s.id} has changed: run render.py and degrade.py"
        assert [(line["role"], line["text"]) for line in truth["lines"]] == [(line.role, line.text) for line in s.lines]
        rows = (TRUTH / f"{s.id}.rttm").read_text().split("\n")[:-1]
        told = sorted((float(r.split()[3]), round(float(r.split()[3]) + float(r.split()[4]), 2), r.split()[7]) for r in rows)
        assert told == sorted((a, b, line["role"]) for line in truth["lines"] for a, b in line["segments"])


def test_each_planted_fault_is_in_the_truth_and_lies_in_its_call():
    marked = {(s.id, line.fault.item) for s in SCRIPTS for line in s.lines if line.fault}
    assert {(f["call"], f["item"]) for f in faults()} == marked
    for fault in faults():
        truth = truth_of(fault["call"])
        for start, end in fault["spans"]:
            assert 0 <= start < end <= truth["duration"]
        if fault["item"] == "no_dead_air":
            assert all(end - start > 12 for start, end in fault["spans"])
        if fault["item"] == "no_interrupting":
            assert len(fault["spans"]) >= 2 and all(end - start >= 1 for start, end in fault["spans"])


def test_each_text_fault_comes_in_three_wordings_and_each_timing_fault_in_stereo_and_mono():
    for item, kind in TEXT_FAULTS.items():
        planted = [f for f in faults() if f["item"] == item]
        assert sorted(f["wording"] for f in planted) == [1, 2, 3] and {f["kind"] for f in planted} == {kind}
        assert len({f["call"] for f in planted}) == 3
    layout = {s.id: s.layout for s in SCRIPTS}
    assert Counter(layout[f["call"]] for f in faults() if f["item"] == "no_interrupting") == {"stereo": 3, "mono": 1}
    assert Counter(layout[f["call"]] for f in faults() if f["item"] == "no_dead_air") == {"stereo": 2, "mono": 2}
    assert sum(f["item"] == "safety_warning" for f in faults()) == 1


def test_clean_calls_are_many_and_faults_few_a_call():
    per_call = Counter(f["call"] for f in faults())
    assert len(set(IDS) - set(per_call)) >= 10
    assert max(per_call.values()) <= 2
    mute = [s for s in SCRIPTS if s.mute_caller]
    assert len(mute) == 1 and mute[0].id not in per_call
    assert all(set(line.text) <= set("啊嗯，！。") for line in mute[0].lines if line.role == "customer")


def test_only_planted_calls_have_a_long_silence_without_a_request_to_wait():
    planted = {f["call"] for f in faults() if f["item"] == "no_dead_air"}
    held = 0
    for s in SCRIPTS:
        lines = truth_of(s.id)["lines"]
        for index in range(1, len(lines)):
            until = max(line["end"] for line in lines[:index])
            if lines[index]["start"] - until > 10:
                before = "".join(line["text"] for line in lines[max(0, index - 2) : index])
                asked = "稍等" in before and "久等" in lines[index]["text"]
                held += asked
                assert asked or s.id in planted
    assert held >= 2


def test_only_planted_calls_have_an_agent_who_talks_over_the_caller():
    planted = {f["call"] for f in faults() if f["item"] == "no_interrupting"}
    for s in SCRIPTS:
        lines = truth_of(s.id)["lines"]
        cut_in = 0
        for earlier, later in pairwise(lines):
            if (earlier["role"], later["role"]) == ("customer", "agent") and earlier["end"] - later["start"] > 0.5:
                cut_in += 1
        assert (cut_in >= 2) == (s.id in planted)
        assert s.id in planted or cut_in == 0


def test_transcripts_are_wrong_like_a_recognisers():
    edits = length = 0
    for call in IDS:
        said = "".join(line["text"] for line in truth_of(call)["lines"])
        found, count = words.errors(said, "".join(text for _, _, _, text in transcript(call)))
        assert found / count < 0.16
        edits, length = edits + found, length + count
    assert 0.06 <= edits / length <= 0.10


def test_transcript_times_are_near_the_truth_and_two_have_swapped_roles():
    swapped = set()
    for call in IDS:
        lines = truth_of(call)["lines"]
        heard = transcript(call)
        roles = {role for role, *_ in heard}
        assert roles == {"agent", "customer"}
        if call in degrade.TIMELESS:
            assert all(start is None and end is None for _, start, end, _ in heard)
            continue
        assert heard[0][1] == pytest.approx(lines[0]["start"], abs=degrade.JITTER + 0.01)
        assert heard[-1][2] == pytest.approx(lines[-1]["end"], abs=degrade.JITTER + 0.01)
        if heard[0][0] != lines[0]["role"]:
            swapped.add(call)
    assert swapped == degrade.SWAPPED and all(truth_of(call)["layout"] == "mono" for call in swapped)
    assert len(degrade.TIMELESS) == 1


def test_transcript_formats_are_mixed_and_some_lack_punctuation():
    kinds = Counter(Path(row["transcript"]).suffix for row in manifest().values() if row["transcript"])
    assert kinds[".json"] > len(IDS) / 2 and min(kinds[k] for k in (".srt", ".vtt", ".csv")) >= 2
    plain = [call for call in IDS if not any(mark in text for *_, text in transcript(call) for mark in "，。？！")]
    assert len(plain) >= 5


def test_degrading_is_reproducible(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    degrade.make(first)
    degrade.make(second)
    made = {p.name: p.read_bytes() for p in first.iterdir()}
    assert made == {p.name: p.read_bytes() for p in second.iterdir()}
    committed = {p.name: p.read_bytes() for p in (CALLS / "transcripts").iterdir()}
    assert set(made) == set(committed)
    # Another release of pypinyin may read a character differently and change the rest of that call.
    assert sum(made[name] == committed[name] for name in made) >= 0.8 * len(made)


def test_confidence_is_lower_where_words_are_wrong():
    right, wrong = [], []
    for call in IDS:
        path = CALLS / manifest()[call]["transcript"]
        if path.suffix != ".json":
            continue
        lines = truth_of(call)["lines"]
        entries = json.loads(path.read_text(encoding="utf-8"))["entries"]
        if len(entries) != len(lines):
            continue
        for line, entry in zip(lines, entries, strict=True):
            if "confidence" in entry:
                (wrong if words.errors(line["text"], entry["text"])[0] else right).append(entry["confidence"])
    assert np.mean(right) > np.mean(wrong) + 0.03
    assert max(wrong) > min(right), "noisy, as a recogniser's is"

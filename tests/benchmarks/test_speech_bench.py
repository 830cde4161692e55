"""The speech benchmark's own arithmetic: what it renders, what it counts, what it projects."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest

from benchmarks import common, speech_samples, speech_speakers, speech_volume, speech_words
from qa.audio import level
from qa.calls import Channel, Layout


def test_truth_read_as_found_has_no_error_and_swapped_names_neither():
    phone = speech_samples.phone()
    truth = [(s.start, s.end, str(label)) for s, _, label in phone.truth.itertracks(yield_label=True)]
    assert speech_speakers.error(phone, truth) == 0
    assert speech_speakers.error(phone, [(a, b, label[::-1]) for a, b, label in truth]) == 0
    one = speech_speakers.error(phone, [(a, b, "x") for a, b, _ in truth])
    assert one > 0.3, "everything given to one speaker is wrong for the other's seconds"
    assert speech_speakers.error(phone, []) == pytest.approx(1.0)


def test_two_channels_carry_a_side_each_and_thirty_decibels_less_of_the_other():
    phone = speech_samples.phone()
    both = speech_samples.two_channels(phone)
    assert both.audio.layout is Layout.STEREO and both.audio.duration == phone.audio.duration
    alone = both.audio.samples[:, 22 * 16_000 : 27 * 16_000]  # one person speaks here
    louder, quieter = sorted((level(alone[0]) or 0.0, level(alone[1]) or 0.0), reverse=True)
    assert louder - quieter == pytest.approx(30, abs=1)  # the idle noise adds a little
    idle = both.audio.samples[:, : 5 * 16_000]
    assert all(-71 < (level(track) or 0.0) < -69 for track in idle)


def test_sample_calls_come_with_truth_and_channels():
    calls = list(speech_samples.sample_calls())
    assert len(calls) >= 20 and all(call.truth and call.audio.duration > 20 for call in calls)
    mapped = [call for call in calls if call.channel_map]
    assert mapped and all(call.audio.channels_in_file == 2 and set(call.channel_map) == {Channel.LEFT, Channel.RIGHT} for call in mapped)


def test_words_are_compared_without_case_and_marks():
    assert speech_words.word_errors(speech_samples.phone_text(), speech_samples.phone_text().upper()) == 0
    assert speech_words.word_errors("a b c d", "a x c") == 0.5


def test_time_inside_the_engines_counts_once_when_they_call_each_other():
    clock = speech_volume.Clock()
    inner = clock.around("inner", lambda: time.sleep(0.05))

    def both() -> None:
        time.sleep(0.05)
        inner()

    clock.around("outer", both)()
    assert set(clock.wall) == {"outer"} and 0.1 <= clock.wall["outer"] < 0.5
    inner()
    assert clock.wall["inner"] >= 0.05


def test_an_engine_that_fails_is_still_counted():
    clock = speech_volume.Clock()
    with pytest.raises(ZeroDivisionError):
        clock.around("engine", lambda: 1 / 0)()
    assert clock.wall["engine"] >= 0


def test_machines_grow_with_the_work():
    assert speech_volume.machines(0.05, 300_000) == 4  # 300,000 × 240 s × 0.05 / (16 cores × 0.8 × 86,400 s) = 3.26
    assert speech_volume.machines(0.5, 300_000) == 33


def test_the_last_line_is_json(capsys):
    common.table("t", ["a", "b"], [["x", 0.123456], ["y", None]])
    common.finish({"der": 0.05, "nothing": None}, versions=common.versions("numpy", "no-such-package"))
    last = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    assert last["der"] == 0.05 and last["nothing"] is None and last["versions"] == {"numpy": np.__version__} and last["at"]


def test_a_peer_that_fails_is_one_line(tmp_path, monkeypatch):
    import sys
    from pathlib import Path

    monkeypatch.setattr(common, "ROOT", tmp_path)
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "echo.py").write_text("import json, sys\nprint('noise')\nprint(json.dumps(json.load(sys.stdin)))\n")
    (tmp_path / "benchmarks" / "broken.py").write_text("raise ValueError('no such weights')\n")
    assert common.ask(Path(sys.executable), "echo.py", {"a": [1]}) == {"a": [1]}
    with pytest.raises(RuntimeError, match=r"broken\.py failed: ValueError: no such weights"):
        common.ask(Path(sys.executable), "broken.py", {})

"""How people sound: pitch through the telephone band, rate, arousal against one's own median, what changed and why."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal

from qa import voice
from qa.audio import Audio
from qa.calls import Call, Channel, Layout, Role, Span, Turn, Voice
from qa.voice import pitch
from qa.voice.rate import nuclei, rate, spoken_seconds, syllables

RATE = 8000


def voiced(hz, seconds, rate=RATE, level=0.1):
    """Harmonics of a glottal kind through the telephone band: below 300 Hz nothing is left. ``hz`` may be an array."""
    hz = np.broadcast_to(np.asarray(hz, dtype=float), (round(seconds * rate),))
    phase = 2 * np.pi * np.cumsum(hz) / rate
    sound = sum(np.cos(k * phase) / k for k in range(1, int(rate / 2 / hz.max())))
    band = signal.butter(4, [300, 3400], btype="bandpass", fs=rate, output="sos")
    sound = signal.sosfilt(band, sound)
    return (level * sound / np.abs(sound).max()).astype(np.float32)


def recording(samples, layout=Layout.MONO):
    samples = np.atleast_2d(samples)
    return Audio(samples, RATE, "pcm_s16le", layout, samples.shape[1] / RATE)


@pytest.mark.parametrize("hz", [80, 95, 120, 150, 200, 250, 320, 400])
def test_a_tone_without_its_fundamental_has_its_pitch(hz):
    noisy = voiced(hz, 1.0) + np.random.default_rng(hz).normal(0, 0.003, RATE).astype(np.float32)
    (frames,) = pitch.track(noisy, [Span(0, 1)])
    heard = frames.hz[~np.isnan(frames.hz)]
    assert heard.size > 0.9 * frames.hz.size
    assert np.median(heard) == pytest.approx(hz, rel=0.01)
    assert np.mean(np.abs(heard / hz - 1) > 0.1) < 0.02


def test_noise_and_silence_have_none():
    noise = np.random.default_rng(3).normal(0, 0.1, 5 * RATE).astype(np.float32)
    (frames,) = pitch.track(noise, [Span(0, 5)])
    assert np.mean(~np.isnan(frames.hz)) < 0.05
    quiet, short = pitch.track(np.zeros(RATE, np.float32), [Span(0, 1), Span(0.5, 0.51)])
    assert np.isnan(quiet.hz).all() and short.hz.size == 0
    assert pitch.track(noise, []) == []


def test_a_glide_is_followed_and_its_range_measured():
    hz = 120 * 2 ** (np.linspace(0, 8, 2 * RATE) / 12)  # eight semitones up
    (turn,) = voice.measured([Turn(0, Role.AGENT, "", Span(0, 2))], recording(voiced(hz, 2)))
    assert turn.voice is not None and turn.voice.pitch == pytest.approx(120 * 2 ** (4 / 12), rel=0.02)
    assert turn.voice.pitch_range == pytest.approx(0.8 * 8, abs=0.5)  # from the 10th to the 90th percentile


def test_each_channel_is_measured_on_its_own():
    both = np.stack([voiced(110, 2), voiced(240, 2)])
    turns = [Turn(0, Role.AGENT, "", Span(0, 1), channel=Channel.LEFT), Turn(1, Role.CUSTOMER, "", Span(0, 2), channel=Channel.RIGHT)]
    left, right = voice.measured(turns, recording(both, Layout.STEREO))
    assert left.voice and right.voice
    assert (left.voice.pitch, right.voice.pitch) == (pytest.approx(110, rel=0.02), pytest.approx(240, rel=0.02))
    assert left.loudness is not None and -40 < left.loudness < -10


def test_turns_without_times_or_outside_the_recording_are_left_alone():
    turns = [Turn(0, Role.AGENT, "您好"), Turn(1, Role.AGENT, "您好", Span(5, 6)), Turn(2, Role.AGENT, "您好", Span(0.2, 0.21))]
    typed, outside, short = voice.measured(turns, recording(voiced(200, 1)))
    assert typed == turns[0]
    assert outside.loudness is None and outside.voice == Voice()
    assert short.voice is not None and short.voice.pitch is None


@pytest.mark.parametrize(
    ("text", "count"),
    [("您好，请讲。", 4), ("95598", 5), ("四十五分钟", 5), ("please hold the line", 4), ("wifi坏了", 4), ("", 0), ("……", 0)],
)
def test_syllables(text, count):
    assert syllables(text) == count


@given(st.text(alphabet="您好电工号12 ,，。ok", max_size=30), st.text(alphabet="您好电工号12 ,，。", max_size=30))
def test_syllables_add_up(one, other):
    assert syllables(one) + syllables(other) == syllables(f"{one}。{other}")


def babble(count, seconds):
    """``count`` syllables, each a swell of a voiced sound."""
    size = round(seconds * RATE)
    swell = 0.02 + 0.98 * np.sin(np.pi * count * np.arange(size) / size) ** 2
    return voiced(150, seconds) * swell.astype(np.float32)


@pytest.mark.parametrize("count", [8, 12, 16])
def test_syllables_are_counted_by_their_peaks_when_there_is_no_text(count):
    (frames,) = pitch.track(babble(count, 3.0), [Span(0, 3)])
    loud = float(np.percentile(frames.level, 95))
    assert nuclei(frames, loud) == pytest.approx(count, abs=1)
    assert rate(frames, "", loud) == pytest.approx(count / 3, rel=0.15)


def test_pauses_are_no_speech():
    samples = np.concatenate(
        [voiced(150, 1.0), np.zeros(RATE, np.float32), voiced(150, 0.9), np.zeros(RATE // 5, np.float32), voiced(150, 0.9)]
    )
    (frames,) = pitch.track(samples, [Span(0, 4)])
    loud = float(np.percentile(frames.level, 95))
    assert spoken_seconds(frames, loud) == pytest.approx(3.0, abs=0.1)  # the second is a pause, the fifth of one is not
    assert rate(frames, "一二三四五六七八九十一二三四五", loud) == pytest.approx(5.0, rel=0.05)
    assert rate(frames, "一", loud) is None


def spoken(index, role, start, text="好", *, loudness=-20.0, pitch=200.0, rate=4.0, seconds=3.0, **voice_fields):
    measured = Voice(pitch, 5.0, rate, **voice_fields)
    return Turn(index, role, text, Span(start, start + seconds), speaker=role.value, loudness=loudness, voice=measured)


def conversation(*, raised):
    turns = []
    for number in range(8):
        agent = spoken(2 * number, Role.AGENT, 10.0 * number, f"第{number}句。请您稍等！")
        loud = {"loudness": -12.0, "pitch": 270.0, "rate": 5.5} if number in raised else {}
        turns += [agent, spoken(2 * number + 1, Role.CUSTOMER, 10.0 * number + 5, "怎么还没来？", **loud)]
    return Call("C1", voice.labelled(turns), duration=80)


def test_a_raised_voice_is_told_by_its_own_median():
    call = conversation(raised=(4, 5))
    by_index = {turn.index: turn.voice.emotion for turn in call.turns}
    assert [index for index, emotion in by_index.items() if emotion == voice.RAISED] == [9, 11]
    assert set(by_index.values()) == {voice.RAISED, voice.CALM}
    sure = [turn.voice.emotion_confidence for turn in call.turns]
    assert all(0.5 <= confidence <= 1 for confidence in sure)
    assert {turn.voice.emotion_source for turn in call.turns} == {"voice"}


def test_changes_name_the_sentence_before():
    up, down = voice.timeline(conversation(raised=(4, 5)))
    assert (up.role, up.turn, up.before, up.after, up.at) == (Role.CUSTOMER, 9, voice.CALM, voice.RAISED, 45.0)
    assert (up.trigger, up.sentence) == (8, "请您稍等！")
    assert (down.turn, down.before, down.after) == (13, voice.RAISED, voice.CALM)


def test_a_quiet_voice_is_subdued_and_few_turns_tell_nothing():
    call = conversation(raised=())
    faint = replace(call.turns[7], loudness=-32.0, voice=Voice(150.0, 1.0, 2.5))
    turns = voice.labelled([faint if t.index == 7 else replace(t, voice=replace(t.voice, emotion=None)) for t in call.turns])
    assert turns[7].voice.emotion == voice.SUBDUED
    few = voice.labelled([spoken(n, Role.AGENT, 10.0 * n, loudness=-20.0 + 5 * n) for n in range(3)])
    assert {turn.voice.emotion for turn in few} == {None}


def test_what_a_model_heard_wins_and_an_angry_opening_is_a_change():
    angry = spoken(0, Role.CUSTOMER, 0.0, "喂！", emotion="angry", emotion_confidence=0.9, emotion_source="SenseVoiceSmall")
    doubtful = spoken(1, Role.CUSTOMER, 5.0, emotion="happy", emotion_confidence=0.2, emotion_source="SenseVoiceSmall")
    neutral = spoken(2, Role.CUSTOMER, 9.0, emotion="neutral", emotion_confidence=0.8, emotion_source="SenseVoiceSmall")
    calm = [spoken(n, Role.CUSTOMER, 5.0 * n) for n in range(3, 9)]
    turns = voice.labelled([angry, doubtful, neutral, *calm])
    assert [turn.voice.emotion_source for turn in turns[:3]] == ["SenseVoiceSmall"] * 3
    first, second = voice.timeline(Call("C1", turns, duration=60))
    assert (first.after, first.trigger, first.sentence) == ("angry", None, "")
    assert (second.turn, second.before, second.after) == (2, "angry", "neutral")  # and neutral to calm is no change


def test_the_series_has_a_point_for_every_turn_with_a_time():
    call = conversation(raised=(4,))
    points = voice.series(replace(call, turns=(*call.turns, Turn(16, Role.AGENT, "再见"))))
    assert [point.turn for point in points] == list(range(16))
    assert points[9].arousal > 1.5 > abs(points[7].arousal)
    assert (points[9].loudness, points[9].pitch, points[9].rate) == (-12.0, 270.0, 5.5)


@given(st.lists(st.tuples(st.floats(-40, -5), st.floats(70, 400), st.floats(2, 8)), min_size=4, max_size=12), st.floats(-10, 10))
def test_arousal_does_not_depend_on_the_level_of_the_line(features, gain):
    turns = [spoken(n, Role.AGENT, 5.0 * n, loudness=a, pitch=b, rate=c) for n, (a, b, c) in enumerate(features)]
    louder = [replace(turn, loudness=turn.loudness + gain) for turn in turns]
    before, after = voice.arousal(turns), voice.arousal(louder)
    assert before.keys() == after.keys()
    assert all(before[index] == pytest.approx(after[index], abs=1e-6) for index in before)


def test_it_costs_less_than_a_hundredth_of_the_recording():
    samples = np.tile(voiced(160, 10), 30)  # five minutes, spoken throughout
    turns = [Turn(n, Role.AGENT, "好的" * 10, Span(5.0 * n, 5.0 * n + 4.9)) for n in range(60)]
    audio = recording(samples)
    voice.measured(turns, audio)
    started = time.process_time()
    voice.measured(turns, audio)
    assert time.process_time() - started < 0.01 * audio.duration

"""Tones, music and announcements among speech: found where they are, and not taken for turns."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from qa import audio
from qa.calls import Channel, Layout, Role, Sound, SoundKind, Span, Turn
from qa.diarization import sounds
from qa.listen import Request, listen, muted

pytestmark = pytest.mark.filterwarnings("ignore")
RATE = 8000
CALLS = Path(__file__).resolve().parents[2] / "data" / "calls" / "audio"


def tone(seconds, *frequencies, dbfs=-15.0):
    at = np.arange(round(seconds * RATE)) / RATE
    wave = sum(np.sin(2 * np.pi * f * at) for f in frequencies) / len(frequencies)
    return (wave * 10 ** (dbfs / 20) * np.sqrt(2)).astype(np.float32)


def silence(seconds):
    return np.random.default_rng(1).normal(0, 10 ** (-65 / 20), round(seconds * RATE)).astype(np.float32)


def music(seconds, seed=0, dbfs=-20.0):
    """Chords of decaying partials, four to the bar, a melody above them, a beat of noise, vibrato on the melody."""
    random = np.random.default_rng(seed)
    out = np.zeros(round(seconds * RATE))
    beat = 60 / random.uniform(80, 120)
    roots = 110 * 2 ** (np.array([0, 5, 7, 3]) / 12)
    for number in range(int(seconds / beat) + 1):
        start = round(number * beat * RATE)
        at = np.arange(min(round(beat * RATE * 1.5), len(out) - start)) / RATE
        if at.size == 0:
            break
        root = roots[number // 4 % 4]
        notes = [root * 2 ** (n / 12) for n in (0, 4, 7, 12)] + [root * 4 * 2 ** (random.choice([0, 2, 4, 7, 9]) / 12)]
        for note in notes:
            for partial in range(1, 6):
                wobble = 0.002 * np.sin(2 * np.pi * 5 * at) if note is notes[-1] else 0
                out[start : start + len(at)] += np.sin(2 * np.pi * note * partial * at + wobble * 50) * np.exp(-1.5 * at) / partial
        out[start : start + len(at)] += random.normal(0, 1, len(at)) * np.exp(-60 * at)
    return (out / np.sqrt(np.mean(out**2)) * 10 ** (dbfs / 20)).astype(np.float32)


def of(kind, samples):
    return [s.span for s in sounds.find(samples, RATE) if s.kind is kind]


@pytest.mark.parametrize(
    ("name", "on", "off", "frequencies"),
    [("China", 1.0, 4.0, (450,)), ("North America", 2.0, 4.0, (440, 480)), ("Europe", 1.0, 4.0, (425,))],
)
@pytest.mark.parametrize("dbfs", [-10.0, -35.0])
def test_ringing_is_one_stretch_with_its_pauses(name, on, off, frequencies, dbfs):
    cycle = [tone(on, *frequencies, dbfs=dbfs), silence(off)]
    found = of(SoundKind.RING, np.concatenate([silence(2), *cycle, *cycle, tone(on, *frequencies, dbfs=dbfs), silence(3)]))
    assert len(found) == 1, name
    assert found[0].start == pytest.approx(2, abs=0.1) and found[0].end == pytest.approx(2 + 2 * (on + off) + on, abs=0.1)


def test_busy_tone_and_pressed_keys_are_found():
    busy = np.concatenate([x for _ in range(6) for x in (tone(0.35, 450), silence(0.35))])
    keys = np.concatenate([x for low, high in ((697, 1209), (770, 1336), (941, 1477)) for x in (tone(0.1, low, high), silence(0.15))])
    found = of(SoundKind.RING, np.concatenate([silence(1), keys, silence(3), busy, silence(1)]))
    assert [round(s.start, 1) for s in found] == pytest.approx([1.0, 1.2, 1.5, 4.7], abs=0.15)
    assert found[-1].duration == pytest.approx(6 * 0.7 - 0.35, abs=0.1)


@pytest.mark.parametrize("call_id", ["S001", "S005", "S008", "S014", "S020", "S024"])
def test_nothing_is_found_in_speech(call_id):
    heard = audio.decode(CALLS / f"{call_id}.wav")
    assert sounds.find(heard.mono(), heard.rate) == ()


def test_nothing_is_found_in_a_real_phone_call(phone_call):
    heard = audio.decode(phone_call)
    assert sounds.find(heard.mono(), heard.rate) == ()


def test_seconds_of_music_and_ringing_mixed_into_calls_are_found():
    """Precision and recall of seconds over six calls with a ring at the start and music in the middle, at several levels."""
    hit = marked = true = 0.0
    for number, call_id in enumerate(["S002", "S004", "S006", "S009", "S012", "S017"]):
        speech = audio.decode(CALLS / f"{call_id}.wav").at(RATE).mono()
        half, length = len(speech) // 2, (8, 15, 30)[number % 3]
        ring = np.concatenate([tone(1, 450), silence(4), tone(1, 450), silence(0.5)])
        whole = np.concatenate([ring, speech[:half], music(length, number, dbfs=-18 - 2 * number), speech[half:]])
        middle = len(ring) / RATE + half / RATE
        planted = [Sound(SoundKind.RING, Span(0, 6)), Sound(SoundKind.MUSIC, Span(middle, middle + length))]
        found = sounds.find(whole, RATE)
        hit += sum((p.span & f.span).duration for p in planted for f in found if f.kind is p.kind)
        marked += sum(f.span.duration for f in found)
        true += sum(p.span.duration for p in planted)
    assert hit / true >= 0.9, f"recall {hit / true:.3f}"
    assert hit / marked >= 0.95, f"precision {hit / marked:.3f}"


def test_music_and_ringing_are_no_turns(models_ready, write_wav):
    speech = audio.decode(CALLS / "S009.wav").at(RATE).mono()
    half = len(speech) // 2
    quiet = half + int(np.argmin([np.abs(speech[half + k : half + k + 800]).mean() for k in range(0, 40_000, 400)])) * 400
    whole = np.concatenate([tone(1, 450), silence(4), tone(1, 450), silence(0.5), speech[:quiet], music(20), speech[quiet:]])
    start = 6.5 + quiet / RATE
    heard = listen(write_wav("music.wav", whole), Request("M1", engine="none"), models_ready)
    kinds = {s.kind: s.span for s in heard.call.sounds}
    assert set(kinds) == {SoundKind.RING, SoundKind.MUSIC} and heard.speakers == 2
    within = sum((t.span & span).duration for t in heard.call.turns for span in kinds.values())
    assert within <= 0.5
    assert (kinds[SoundKind.MUSIC] & Span(start, start + 20)).duration >= 17


def test_only_the_track_with_the_sound_is_muted():
    samples = np.stack([tone(2, 450), tone(2, 1000)])
    two = audio.Audio(samples, RATE, "x", Layout.STEREO, 2.0)
    after = muted(two, {Channel.LEFT: (Sound(SoundKind.RING, Span(0.5, 1.5)),), Channel.RIGHT: ()})
    assert not after.samples[0, 4000:12000].any() and after.samples[0, :4000].any()
    assert np.array_equal(after.samples[1], samples[1]) and samples[0, 4000:12000].any(), "the recording itself stays"


def turn(index, text, start=0.0, end=5.0, role=Role.UNKNOWN):
    return Turn(index, role, text, Span(start, end))


def test_announcements_are_known_by_their_words():
    menu = turn(0, "欢迎致电示例能源，电费查询请按一，故障报修请按二。")
    busy = turn(1, "当前来电高峰，请耐心等候。", 6, 9)
    agent = turn(2, "您好，工号一零零一为您服务，请问有什么可以帮您？", 12, 16)
    later = turn(3, "我按一号键没有反应，来电高峰也等不到人。", 17, 20)
    assert sounds.announcements([menu, busy, agent, later]) == (0, 1)
    assert sounds.announcements([agent, later]) == (), "a caller may talk about keys"
    assert sounds.announcements([turn(0, "欢迎致电示例能源，请问有什么可以帮您？")]) == (), "so may an agent greet"
    assert sounds.announcements([turn(0, "")]) == (), "without words nobody can tell"


def test_a_wait_that_was_asked_for_is_hold_and_music_in_it_is_not_counted_twice():
    turns = [turn(0, "请您稍等，我查一下。", 0, 3, Role.AGENT), turn(1, "让您久等了。", 40, 42, Role.AGENT)]
    assert sounds.holds(turns, ()) == (Sound(SoundKind.HOLD, Span(3, 40)),)
    music_in_it = (Sound(SoundKind.MUSIC, Span(10, 40)),)
    assert sounds.holds(turns, music_in_it) == ()
    assert sounds.holds([turn(0, "好的。", 0, 3, Role.AGENT), turns[1]], ()) == ()
    assert sounds.holds([turn(0, "你稍等我找一下卡", 0, 3, Role.CUSTOMER), turns[1]], ()) == (), "the caller's wait is no hold"


def test_the_announcement_of_a_transcript_becomes_a_sound(models_ready, tmp_path, write_wav):
    speech = audio.decode(CALLS / "S009.wav").at(RATE).mono()
    truth = json.loads((CALLS.parents[1] / "truth" / "S009.json").read_text(encoding="utf-8"))
    menu = truth["lines"][1]
    spoken = speech[round(menu["start"] * RATE) : round(menu["end"] * RATE)]
    delay = len(spoken) / RATE + 2.5
    whole = np.concatenate([silence(1), spoken, silence(1.5), speech])
    lines = [{"role": "other", "start": 1.0, "end": 1.0 + len(spoken) / RATE, "text": "欢迎致电示例能源，故障报修请按一。"}]
    lines += [{"role": x["role"], "start": x["start"] + delay, "end": x["end"] + delay, "text": x["text"]} for x in truth["lines"]]
    transcript = tmp_path / "ivr.json"
    transcript.write_text(json.dumps(lines, ensure_ascii=False), encoding="utf-8")
    heard = listen(write_wav("ivr.wav", whole), Request("I1", supplied=transcript), models_ready)
    assert [s.kind for s in heard.call.sounds if s.kind is not SoundKind.HOLD] == [SoundKind.IVR]
    assert heard.call.turns[0].index == 0 and not any("请按" in t.text for t in heard.call.turns)
    assert heard.call.turns[0].role is Role.AGENT

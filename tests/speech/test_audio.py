"""Decoding, levels, channels and the crosstalk gate, on signals whose truth is known."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.errors import BadRecording
from qa import audio
from qa.calls import Channel, Layout, Span

RATE = 8000


def tone(seconds: float, hz: float = 440.0, peak: float = 0.5, rate: int = RATE) -> np.ndarray:
    return (peak * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def test_stereo_keeps_its_channels(write_wav):
    heard = audio.decode(write_wav("call.wav", np.stack([tone(2, 300), tone(2, 900, 0.25)])))
    assert (heard.layout, heard.rate, heard.codec, heard.duration) == (Layout.STEREO, RATE, "pcm_s16le", 2.0)
    assert heard.samples.dtype == np.float32 and heard.samples.shape == (2, 2 * RATE)
    for channel, hz in ((Channel.LEFT, 300), (Channel.RIGHT, 900)):
        spectrum = np.abs(np.fft.rfft(heard.channel(channel)))
        assert np.argmax(spectrum) / 2 == pytest.approx(hz, abs=1)
    assert heard.warnings == () and not heard.truncated


@pytest.mark.parametrize(
    ("codec", "suffix", "rate"),
    [("pcm_mulaw", "wav", 8000), ("pcm_alaw", "wav", 8000), ("libmp3lame", "mp3", 16000), ("libopus", "ogg", 48000), ("aac", "m4a", 16000)],
)
def test_the_codecs_of_recorders(tmp_path, codec, suffix, rate):
    path = tmp_path / f"call.{suffix}"
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, layout="mono")
        resampler = av.AudioResampler(format=stream.codec_context.format, layout="mono", rate=rate, frame_size=stream.frame_size or 1024)
        frame = av.AudioFrame.from_ndarray(tone(3, 440, rate=rate)[None], format="fltp", layout="mono")
        frame.rate = rate
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    heard = audio.decode(path)
    assert heard.layout is Layout.MONO
    assert heard.duration == pytest.approx(3, abs=0.15)
    assert audio.level(heard.mono()) == pytest.approx(-9.0, abs=0.6)


def test_resampling_keeps_pitch_level_and_length(write_wav):
    up = audio.decode(write_wav("a.wav", tone(2, 1000))).at(16_000)
    assert up.samples.shape == (1, 32_000) and up.samples.dtype == np.float32
    assert np.argmax(np.abs(np.fft.rfft(up.mono()))) / 2 == pytest.approx(1000, abs=1)
    assert audio.level(up.mono()) == pytest.approx(-9.03, abs=0.1)


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("empty.wav", b"", "empty (0 bytes)"),
        ("text.wav", "您好，这不是录音。\n".encode() * 200, "cannot be decoded|can be decoded"),
        ("noise.mp3", np.random.default_rng(1).bytes(20_000), "can be decoded|0 s"),
    ],
)
def test_what_is_no_recording_is_one_line(tmp_path, name, content, problem):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(BadRecording, match=problem.replace("(", r"\(").replace(")", r"\)")) as caught:
        audio.decode(path)
    assert caught.value.thing == name and caught.value.mend and "\n" not in str(caught.value)


def test_no_file_and_no_seconds(tmp_path, write_wav):
    with pytest.raises(BadRecording, match="no such file"):
        audio.decode(tmp_path / "gone.wav")
    with pytest.raises(BadRecording, match="0 s"):
        audio.decode(write_wav("nothing.wav", np.zeros(0, np.float32)))


def test_truncated_file_gives_what_there_is(tmp_path, write_wav):
    whole = write_wav("whole.wav", tone(10)).read_bytes()
    cut = tmp_path / "cut.wav"
    cut.write_bytes(whole[: len(whole) * 3 // 10])
    heard = audio.decode(cut)
    assert heard.truncated and heard.duration == pytest.approx(3, abs=0.1)
    assert any("truncated" in warning and "of 10.0 s" in warning for warning in heard.warnings)


def test_one_signal_twice_is_mono(write_wav):
    heard = audio.decode(write_wav("twice.wav", np.stack([tone(1), tone(1)])))
    assert heard.layout is Layout.MONO and heard.channels_in_file == 2 and "same signal" in heard.warnings[0]


def test_silent_channel_is_noticed_and_a_short_word_is_not_silence(write_wav):
    quiet = np.zeros(20 * RATE, np.float32)
    heard = audio.decode(write_wav("half.wav", np.stack([tone(20), quiet])))
    assert heard.layout is Layout.STEREO and heard.warnings == ("the right channel is silent",)
    quiet[RATE : RATE + RATE // 2] = tone(0.5, peak=0.05)
    assert audio.decode(write_wav("word.wav", np.stack([tone(20), quiet]))).warnings == ()


def test_crosstalk_is_muted_and_the_speaker_is_not(write_wav):
    left, right = tone(4, 300), np.zeros(4 * RATE, np.float32)
    left[2 * RATE :] = 0
    right[2 * RATE :] = tone(2, 900)
    mixed = np.stack([left + 0.03 * right, right + 0.03 * left])
    gated = audio.gate_crosstalk(mixed, RATE)
    assert audio.level(gated[1, RATE // 2 : RATE]) == -120.0
    assert audio.level(gated[0, 3 * RATE :]) == -120.0
    assert audio.level(gated[0, :RATE]) == pytest.approx(audio.level(mixed[0, :RATE]), abs=0.2)


def test_both_speaking_at_once_passes_the_gate():
    both = np.stack([tone(1, 300, 0.5), tone(1, 900, 0.2)])
    assert np.allclose(audio.gate_crosstalk(both, RATE), both)


@given(st.floats(1e-3, 1.0), st.integers(100, 3900))
def test_level_follows_the_amplitude(peak, hz):
    samples = tone(1, hz, 1.0)
    quieter = audio.level((samples * peak).astype(np.float32))
    loud = audio.level(samples)
    assert loud is not None and quieter is not None
    assert quieter - loud == pytest.approx(20 * np.log10(peak), abs=0.01)


def test_level_of_a_sine_and_of_nothing(write_wav):
    assert audio.level(tone(1, 440, 1.0)) == pytest.approx(-3.01, abs=0.02)
    assert audio.level(np.zeros(0, np.float32)) is None
    heard = audio.decode(write_wav("a.wav", np.concatenate([tone(1), np.zeros(RATE, np.float32)])))
    assert heard.level(Span(0, 1)) == pytest.approx(-9.03, abs=0.05)
    assert heard.level(Span(1.2, 1.8)) == -120.0
    assert heard.level(Span(5, 6)) is None


def test_playable_is_flac_with_the_same_sound(write_wav, tmp_path):
    path = write_wav("call.wav", np.stack([tone(2, 300), tone(2, 900)]))
    content = audio.playable(path)
    assert content[:4] == b"fLaC"
    (tmp_path / "call.flac").write_bytes(content)
    assert np.abs(audio.decode(tmp_path / "call.flac").samples - audio.decode(path).samples).max() < 1e-4
    (tmp_path / "part.flac").write_bytes(audio.playable(path, Span(0.5, 1.0)))
    assert audio.decode(tmp_path / "part.flac").duration == pytest.approx(0.5, abs=0.01)


def test_wav_of_the_standard_library_reads_like_ours(write_wav):
    path = write_wav("call.wav", tone(1))
    with wave.open(io.BytesIO(Path(path).read_bytes())) as file:
        raw = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
    assert np.allclose(audio.decode(path).mono(), raw, atol=1e-6)

"""Recordings as recorders leave them: every format, wrong names, odd channels, films, lengths. The sound is speech of a sample call."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from hotline.errors import BadRecording
from qa import audio, containers
from qa.calls import Layout
from tests.speech.coded import av_file, likeness

FORMATS = Path(__file__).parent / "formats"
FFMPEG_FILES = [
    ("pcm_u8", "wav", 8000),
    ("pcm_s16le", "wav", 44_100),
    ("pcm_s24le", "wav", 48_000),
    ("pcm_s32le", "wav", 16_000),
    ("pcm_f32le", "wav", 16_000),
    ("pcm_f64le", "wav", 8000),
    ("pcm_mulaw", "wav", 8000),
    ("pcm_alaw", "wav", 8000),
    ("adpcm_ms", "wav", 8000),
    ("adpcm_ima_wav", "wav", 11_025),
    ("g726", "wav", 8000),
    ("libmp3lame", "wav", 16_000),
    ("libmp3lame", "mp3", 8000),
    ("libmp3lame", "mp3", 44_100),
    ("aac", "m4a", 16_000),
    ("aac", "mp4", 48_000),
    ("aac", "aac", 16_000),
    ("aac", "3gp", 8000),
    ("libopencore_amrnb", "3gp", 8000),
    ("libopencore_amrnb", "amr", 8000),
    ("libopus", "ogg", 48_000),
    ("libopus", "opus", 48_000),
    ("libopus", "webm", 48_000),
    ("flac", "flac", 22_050),
    ("wmav2", "wma", 16_000),
    ("wmav1", "asf", 44_100),
    ("pcm_mulaw", "au", 8000),
    ("pcm_s16be", "aiff", 12_000),
    ("alac", "m4a", 32_000),
    ("pcm_s16le", "caf", 24_000),
    ("mp2", "ts", 16_000),
    ("pcm_s16le", "mka", 96_000),
]


@pytest.mark.parametrize(("codec", "ending", "rate"), FFMPEG_FILES, ids=lambda value: str(value))
def test_every_format_sounds_like_what_went_in(tmp_path, speech, codec, ending, rate):
    container = {"m4a": "ipod", "mka": "matroska", "ts": "mpegts", "opus": "ogg", "wma": "asf", "aac": "adts"}.get(ending)
    heard = audio.decode(av_file(tmp_path / f"call.{ending}", speech, rate, codec, container))
    assert heard.layout is Layout.MONO and heard.rate == min(rate, 48_000)
    assert heard.duration == pytest.approx(6.0, abs=0.25)
    assert likeness(heard, speech) > 0.9
    assert heard.warnings == () and not heard.truncated


@pytest.mark.parametrize(
    ("ending", "kind", "subtype"),
    [
        ("wav", "WAV", "GSM610"),
        ("wav", "WAVEX", "PCM_24"),
        ("wav", "RF64", "PCM_16"),
        ("w64", "W64", "ULAW"),
        ("voc", "VOC", "PCM_16"),
        ("ogg", "OGG", "VORBIS"),
        ("gsm", "RAW", "GSM610"),
        ("ulaw", "RAW", "ULAW"),
        ("alaw", "RAW", "ALAW"),
        ("sln", "RAW", "PCM_16"),
    ],
)
def test_what_libsndfile_writes(tmp_path, speech, ending, kind, subtype):
    path = tmp_path / f"call.{ending}"
    soundfile.write(path, speech, 8000, subtype=subtype, format=kind, endian="LITTLE" if ending == "sln" else None)
    heard = audio.decode(path)
    assert heard.rate == 8000 and heard.duration == pytest.approx(6.0, abs=0.1) and likeness(heard, speech) > 0.9
    assert not heard.truncated and all("no header" in warning for warning in heard.warnings)
    assert bool(heard.warnings) == (ending in ("ulaw", "alaw", "sln"))


@pytest.mark.parametrize(("subtype", "step"), [("PCM_U8", 2**-7), ("PCM_16", 2**-15), ("PCM_24", 2**-23), ("FLOAT", 0.0), ("ULAW", 2**-15)])
@pytest.mark.parametrize("channels", [1, 2])
def test_plain_samples_come_out_as_they_are(tmp_path, speech, subtype, step, channels):
    """However large the packets are in which they are handed over: none is lost, doubled or moved to the other channel."""
    long = np.tile(speech, 5)[:200_003]
    tracks = np.stack([long, np.roll(long, 7777)][:channels], axis=1)
    path = tmp_path / "call.wav"
    soundfile.write(path, tracks, 8000, subtype=subtype)
    wanted, _ = soundfile.read(path, dtype="float32", always_2d=True)
    heard = audio.decode(path)
    assert heard.samples.shape == wanted.T.shape and not heard.warnings
    assert np.abs(heard.samples - wanted.T).max() <= step * 1e-3


def test_wideband_amr():
    heard = audio.decode(FORMATS / "agent.awb")
    assert (heard.codec, heard.rate, heard.duration, heard.warnings) == ("amrwb", 16_000, 2.0, ())
    assert -30 < (audio.level(heard.mono()) or 0) < -15


@pytest.mark.parametrize("ending", sorted({"." + e for _, e, _ in FFMPEG_FILES} | {".gsm", ".ulaw"}))
def test_a_folder_is_searched_for_every_ending_we_read(ending):
    assert ending in containers.ENDINGS


@pytest.mark.parametrize(
    ("named", "codec", "true"), [("a.mp3", "pcm_mulaw", "wav"), ("a.wav", "libmp3lame", "mp3"), ("a.wav", "aac", "ipod")]
)
def test_the_name_is_not_believed(tmp_path, speech, named, codec, true):
    heard = audio.decode(av_file(tmp_path / named, speech, 16_000, codec, true))
    assert likeness(heard, speech) > 0.9
    assert len(heard.warnings) == 1 and heard.warnings[0].startswith(f"named {Path(named).suffix}, but it is ")


def test_no_ending_at_all(tmp_path, speech):
    heard = audio.decode(av_file(tmp_path / "20261103-0912", speech, 8000, "pcm_alaw", "wav"))
    assert heard.duration == 6.0 and "without an ending" in heard.warnings[0]


def test_four_channels_are_mixed(tmp_path, speech):
    four = np.stack([speech, np.zeros_like(speech), np.zeros_like(speech), speech])
    heard = audio.decode(av_file(tmp_path / "meeting.wav", four, 8000, "pcm_s16le"))
    assert heard.layout is Layout.MONO and heard.channels_in_file == 4 and heard.warnings == ("4 channels, mixed to one",)
    assert audio.level(heard.mono()) == pytest.approx(audio.level(speech) - 6.02, abs=0.1)


def test_a_channel_upside_down_is_no_second_channel(write_wav, speech):
    heard = audio.decode(write_wav("call.wav", np.stack([speech, -speech])))
    assert heard.layout is Layout.MONO and "one upside down" in heard.warnings[0]
    assert audio.level(heard.mono()) == pytest.approx(audio.level(speech), abs=0.1)


def test_sound_of_a_film(tmp_path, speech):
    path = tmp_path / "call.mp4"
    with av.open(str(path), "w") as out:
        picture = out.add_stream("mpeg4", rate=10, width=64, height=48, pix_fmt="yuv420p")
        sound = out.add_stream("aac", rate=16_000, layout="mono")
        resampler = av.AudioResampler(format="fltp", layout="mono", rate=16_000, frame_size=1024)
        frame = av.AudioFrame.from_ndarray(speech[None], format="fltp", layout="mono")
        frame.rate = 8000
        for _ in range(60):
            out.mux(picture.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")))
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            out.mux(sound.encode(piece))
        out.mux([*picture.encode(None), *sound.encode(None)])
    heard = audio.decode(path)
    assert heard.duration == pytest.approx(6.0, abs=0.2) and likeness(heard, speech) > 0.9


def test_film_without_sound(tmp_path):
    path = tmp_path / "screen.mp4"
    with av.open(str(path), "w") as out:
        picture = out.add_stream("mpeg4", rate=10, width=64, height=48, pix_fmt="yuv420p")
        out.mux(picture.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")))
        out.mux(picture.encode(None))
    with pytest.raises(BadRecording, match="holds no audio"):
        audio.decode(path)


def test_too_long_is_refused_by_what_is_decoded(tmp_path, write_wav):
    path = write_wav("open.wav", np.full(30 * 8000, 0.1, np.float32))
    assert audio.decode(path, longest_s=31).duration == 30.0
    with pytest.raises(BadRecording, match=r"longer than 0\.00\d+ h; split it, or raise longest_recording_hours"):
        audio.decode(path, longest_s=20)


def test_hours_need_memory_once(tmp_path):
    """More than an hour of 24 kHz FLAC is read at 16 kHz instead, and lies in memory hardly more than once."""
    import tracemalloc

    path = tmp_path / "long.flac"
    second = (0.3 * np.sin(2 * np.pi * 300 * np.arange(24_000) / 24_000)).astype(np.float32)
    with soundfile.SoundFile(path, "w", 24_000, 1, format="FLAC") as out:
        for _ in range(62):
            out.write(np.tile(second, 60))
    tracemalloc.start()
    try:
        heard = audio.decode(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert heard.rate == 16_000 and heard.duration == pytest.approx(3720, abs=0.1)
    assert peak < 2.6 * heard.samples.nbytes

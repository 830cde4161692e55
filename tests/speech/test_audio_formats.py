"""Recordings as recorders leave them: every format, wrong names, cut and damaged files. The sound is speech of a sample call."""

from __future__ import annotations

import io
import struct
import time
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hotline.errors import BadRecording
from qa import audio, containers
from qa.calls import Layout

ROOT = Path(__file__).parents[2]
FORMATS = Path(__file__).parent / "formats"


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    """Six seconds of an agent at 8 kHz, float32 [n]."""
    call = audio.decode(ROOT / "data" / "calls" / "audio" / "S001.wav")
    left = call.samples[0]
    first = int(np.argmax(audio.frame_levels(left, 8000) > -40)) * 160
    return left[first : first + 6 * 8000].copy()


def av_file(path: Path, samples: np.ndarray, rate: int, codec: str, container: str | None = None) -> Path:
    """``samples`` [n] or [channels, n] at 8 kHz, coded by FFmpeg at ``rate``."""
    channels = np.ascontiguousarray(np.atleast_2d(samples), dtype=np.float32)
    layout = {1: "mono", 2: "stereo", 4: "quad"}[channels.shape[0]]
    with av.open(str(path), "w", format=container) as out:
        stream = out.add_stream(codec, rate=rate, layout=layout)
        context = stream.codec_context
        if codec in BIT_RATES:
            context.bit_rate = BIT_RATES[codec]
        resampler = av.AudioResampler(format=context.format, layout=layout, rate=rate, frame_size=context.frame_size or 1024)
        frame = av.AudioFrame.from_ndarray(channels, format="fltp", layout=layout)
        frame.rate = 8000
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            out.mux(stream.encode(piece))
        out.mux(stream.encode(None))
    return path


def likeness(heard: audio.Audio, wanted: np.ndarray) -> float:
    """Highest correlation of the two signals' loudness over time, lags to 0.2 s: what turns and pauses are made from."""
    one, other = (audio.frame_levels(s, 8000, 0.01).clip(-60) for s in (heard.at(8000).mono(), wanted))
    n = min(len(one), len(other)) - 40
    return max(float(np.corrcoef(one[20 + lag : n + lag], other[20:n])[0, 1]) for lag in range(-20, 21))


BIT_RATES = {"libopencore_amrnb": 12_200, "wmav1": 48_000, "wmav2": 32_000}
"""Where the encoder's usual bit rate does not fit speech."""
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


@pytest.mark.parametrize(
    ("codec", "ending", "container"),
    [
        ("libmp3lame", "mp3", None),
        ("libopus", "ogg", None),
        ("flac", "flac", None),
        ("wmav2", "wma", "asf"),
        ("pcm_mulaw", "wav", None),
        ("adpcm_ms", "wav", None),
        ("libopencore_amrnb", "amr", None),
        ("pcm_s16be", "aiff", None),
        ("libopus", "webm", None),
    ],
)
def test_cut_in_the_middle(tmp_path, speech, codec, ending, container):
    """Half of the bytes give about half of the seconds, marked as truncated."""
    path = av_file(tmp_path / f"call.{ending}", speech, 8000 if ending in ("wav", "amr") else 16_000, codec, container)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2 - 7])
    heard = audio.decode(path)
    assert heard.truncated and any(warning.startswith("truncated: ") for warning in heard.warnings)
    assert heard.duration == pytest.approx(3.0, abs=0.9)
    assert likeness(heard, speech[: round(heard.duration * 8000)]) > 0.85


def test_m4a_with_its_index_first_can_be_cut(tmp_path, speech):
    path = av_file(tmp_path / "whole.m4a", speech, 16_000, "aac", "ipod")
    fast = tmp_path / "fast.m4a"
    with av.open(str(path)) as source, av.open(str(fast), "w", format="ipod", options={"movflags": "faststart"}) as sink:
        stream = sink.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(source.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = stream
                sink.mux(packet)
    content = fast.read_bytes()
    fast.write_bytes(content[: len(content) * 6 // 10])
    heard = audio.decode(fast)
    assert heard.truncated and 2 < heard.duration < 5 and any("of 6" in warning for warning in heard.warnings)


def test_m4a_without_its_index_says_so(tmp_path, speech):
    path = av_file(tmp_path / "call.m4a", speech, 16_000, "aac", "ipod")
    content = path.read_bytes()
    path.write_bytes(content[: content.index(b"moov") - 4])
    with pytest.raises(BadRecording, match=r"index \(moov\) is missing.*export the recording again"):
        audio.decode(path)


@pytest.mark.parametrize("size", [0, 0xFFFF_FFFF, 0xFFFF_FF00, 1600])
def test_wav_whose_recorder_never_mended_the_header(write_wav, speech, size):
    """0 and the largest number mean "not known yet"; a size that is too small is what was known when the header was written."""
    path = write_wav("call.wav", speech)
    content = bytearray(path.read_bytes())
    at = content.index(b"data") + 4
    content[at : at + 4] = struct.pack("<I", size)
    path.write_bytes(content)
    heard = audio.decode(path)
    assert heard.duration == 6.0 and not heard.truncated
    assert heard.warnings == (("the header says 0.1 s, all that follows was read",) if size == 1600 else ())


def test_chunks_after_the_sound_are_not_sound(write_wav, speech):
    path = write_wav("call.wav", speech)
    content = path.read_bytes()
    path.write_bytes(content + b"LIST" + struct.pack("<I", 4000) + b"INFO" + bytes(3996))
    heard = audio.decode(path)
    assert heard.duration == 6.0 and heard.warnings == ()


def test_header_larger_than_the_data(write_wav, speech):
    path = write_wav("call.wav", speech)
    content = bytearray(path.read_bytes())
    at = content.index(b"data") + 4
    content[at : at + 4] = struct.pack("<I", 3600 * 16_000)
    path.write_bytes(content)
    heard = audio.decode(path)
    assert heard.duration == 6.0 and heard.truncated and "of 3600.0 s" in heard.warnings[0]


def test_header_without_any_data(write_wav):
    path = write_wav("call.wav", np.zeros(8, np.float32))
    path.write_bytes(path.read_bytes()[:44])
    with pytest.raises(BadRecording, match="0 s of audio"):
        audio.decode(path)


def test_four_channels_are_mixed(tmp_path, speech):
    four = np.stack([speech, np.zeros_like(speech), np.zeros_like(speech), speech])
    heard = audio.decode(av_file(tmp_path / "meeting.wav", four, 8000, "pcm_s16le"))
    assert heard.layout is Layout.MONO and heard.channels_in_file == 4 and heard.warnings == ("4 channels, mixed to one",)
    assert audio.level(heard.mono()) == pytest.approx(audio.level(speech) - 6.02, abs=0.1)


def test_a_hundred_channels_are_no_call(write_wav):
    """A damaged header: the decoder's wrapper would read beyond its memory."""
    content = bytearray(write_wav("call.wav", np.ones(80_000, np.float32)).read_bytes())
    content[22:24], content[32:34] = struct.pack("<H", 129), struct.pack("<H", 258)
    path = write_wav("broken.wav", np.zeros(1, np.float32))
    path.write_bytes(content)
    with pytest.raises(BadRecording, match="129 channels"):
        audio.decode(path)


@pytest.mark.parametrize("rate", [1, 700, 2_000_000_000])
def test_a_rate_that_no_recorder_writes(write_wav, speech, rate):
    content = bytearray(write_wav("call.wav", speech).read_bytes())
    content[24:28] = struct.pack("<I", rate)
    path = write_wav("broken.wav", np.zeros(1, np.float32))
    path.write_bytes(content)
    with pytest.raises(BadRecording, match=f"sample rate of {rate} Hz"):
        audio.decode(path)


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


def test_packets_that_were_never_sent_are_silence(tmp_path, speech):
    """A browser's recording of a line that dropped out: what follows keeps its time."""
    whole, holed = av_file(tmp_path / "whole.webm", speech, 48_000, "libopus"), tmp_path / "holed.webm"
    with av.open(str(whole)) as source, av.open(str(holed), "w") as sink:
        stream = sink.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(source.streams.audio[0]):
            if packet.dts is not None and not 2.0 <= float(packet.pts * packet.time_base) < 3.0:
                packet.stream = stream
                sink.mux(packet)
    heard = audio.decode(holed)
    assert heard.duration == pytest.approx(6.0, abs=0.1)
    assert any("1.0 s are missing" in warning for warning in heard.warnings)
    assert heard.level(audio.Span(2.1, 2.9)) == -120.0
    assert likeness(from_second(heard, 3.2), speech[round(3.2 * 8000) :]) > 0.9


def test_damage_in_the_middle_keeps_the_rest(tmp_path, speech):
    path = av_file(tmp_path / "call.mp3", np.tile(speech, 3), 16_000, "libmp3lame")
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 400] = bytes(400)
    path.write_bytes(content)
    heard = audio.decode(path)
    assert heard.duration == pytest.approx(18.0, abs=0.5)
    assert likeness(from_second(heard, 14.0), np.tile(speech, 3)[14 * 8000 :]) > 0.7


def from_second(heard: audio.Audio, start: float) -> audio.Audio:
    from dataclasses import replace

    return replace(heard, samples=heard.samples[:, round(start * heard.rate) :])


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"PK\x03\x04" + bytes(500), "a ZIP archive; unpack it first"),
        (b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:9,\nfile:///etc/passwd\n", "a playlist"),
        (b"ffconcat version 1.0\nfile '/etc/passwd'\n", "but text"),
        (b"%PDF-1.7\n" + bytes(100), "a PDF document"),
        ("客服：您好。\n".encode() * 20, "but text"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "decoded"),
    ],
)
def test_other_files_are_named_for_what_they_are(tmp_path, content, problem):
    path = tmp_path / "call.wav"
    path.write_bytes(content)
    with pytest.raises(BadRecording, match=problem):
        audio.decode(path)


def test_a_playlist_opens_no_other_file(tmp_path, write_wav, speech):
    """FFmpeg would follow a playlist to any file or address, whatever the file is called."""
    other = write_wav("other.wav", speech)
    path = tmp_path / "call.mp3"
    path.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:6,\n{other}\n#EXT-X-ENDLIST\n")
    with pytest.raises(BadRecording, match="a playlist"):
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


SMALL = {
    "wav": ("pcm_mulaw", None),
    "ms.wav": ("adpcm_ms", None),
    "mp3": ("libmp3lame", None),
    "m4a": ("aac", "ipod"),
    "ogg": ("libopus", None),
    "amr": ("libopencore_amrnb", None),
    "flac": ("flac", None),
    "wma": ("wmav2", "asf"),
    "webm": ("libopus", None),
}


@pytest.fixture(scope="module")
def small_files(tmp_path_factory, speech) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("small")
    made = {}
    for name, (codec, container) in SMALL.items():
        path = av_file(folder / f"call.{name}", speech[:16_000], 8000 if codec != "libopus" else 48_000, codec, container)
        made[name] = path.read_bytes()
    made["awb"] = (FORMATS / "agent.awb").read_bytes()
    buffer = io.BytesIO()
    soundfile.write(buffer, speech[:16_000], 8000, subtype="GSM610", format="WAV")
    made["gsm.wav"] = buffer.getvalue()
    return made


@given(data=st.data())
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_to_a_file_it_is_read_or_refused(data, small_files, tmp_path):
    """Any cut and any flipped bits: samples that are numbers, or one line; and soon."""
    name = data.draw(st.sampled_from(sorted(small_files)))
    content = bytearray(small_files[name])
    if data.draw(st.booleans(), label="cut"):
        content = content[: data.draw(st.integers(0, len(content)))]
    # Half of the damage in the header, where it does most.
    places = st.one_of(st.integers(0, min(200, len(content) - 1)), st.integers(0, len(content) - 1)) if content else st.nothing()
    for at in data.draw(st.lists(places, max_size=12), label="flips") if content else []:
        content[at] ^= 1 << data.draw(st.integers(0, 7))
    path = tmp_path / f"call.{name}"
    path.write_bytes(content)
    began = time.process_time()  # not wall time: the machine may be busy
    try:
        heard = audio.decode(path)
    except BadRecording as error:
        assert error.mend and "\n" not in str(error)
    else:
        assert heard.duration > 0 and np.isfinite(heard.samples).all() and heard.samples.dtype == np.float32
        assert heard.samples.shape[0] in (1, 2) and heard.rate >= 2000
    assert time.process_time() - began < 20

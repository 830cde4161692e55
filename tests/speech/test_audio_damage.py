"""Recordings that were cut, damaged or never closed, and files that are no recordings: what can be read is, the rest is named."""

from __future__ import annotations

import struct

import av
import numpy as np
import pytest

from hotline.errors import BadRecording
from qa import audio
from tests.speech.coded import av_file, from_second, likeness


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

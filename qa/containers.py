"""What a recording's own bytes say about it: container, ending, and whether it was closed properly.

FFmpeg decodes; this module answers what FFmpeg does not say. It goes by a file's size where a WAV header promises more, so a
cut file would look whole; it reads no further than a header that promises too little; an Ogg or MP3 file has no length up front.

Layouts: RIFF/WAVE (Microsoft, "Multimedia Programming Interface", 1991), RF64 (EBU Tech 3306), Ogg pages (RFC 3533), ISO base
media boxes (ISO/IEC 14496-12), the Xing/Info and VBRI frames that MP3 encoders write.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

KINDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "wav": ("WAV", (".wav", ".wave")),
    "w64": ("Wave64", (".w64",)),
    "aiff": ("AIFF", (".aif", ".aiff", ".aifc")),
    "au": ("AU", (".au", ".snd")),
    "caf": ("CAF", (".caf",)),
    "flac": ("FLAC", (".flac",)),
    "ogg": ("Ogg", (".ogg", ".oga", ".opus", ".spx", ".ogv")),
    "mp3": ("MP3", (".mp3",)),
    "aac": ("AAC", (".aac",)),
    "mov,mp4,m4a,3gp,3g2,mj2": ("MP4", (".m4a", ".mp4", ".3gp", ".3g2", ".mov", ".m4v", ".m4b", ".aac")),
    "matroska,webm": ("Matroska or WebM", (".webm", ".mkv", ".mka", ".weba")),
    "asf": ("Windows Media", (".wma", ".asf", ".wmv")),
    "amr": ("AMR", (".amr", ".awb", ".3ga")),
    "gsm": ("GSM 06.10", (".gsm",)),
    "avi": ("AVI", (".avi",)),
    "mpegts": ("MPEG transport stream", (".ts", ".m2ts", ".mts")),
    "mpeg": ("MPEG program stream", (".mpg", ".mpeg", ".vob")),
    "flv": ("Flash video", (".flv",)),
    "voc": ("Creative Voice", (".voc",)),
}
"""Containers that are read, by FFmpeg's name, with the name for people and the usual endings. Others are refused: playlists, subtitles
and the like would let a file make the decoder open other files."""
HEADERLESS: dict[str, tuple[str, dict[str, str], str]] = {
    **dict.fromkeys((".ulaw", ".mulaw", ".ul", ".pcmu"), ("mulaw", {"sample_rate": "8000"}, "8 kHz µ-law")),
    **dict.fromkeys((".alaw", ".al", ".pcma"), ("alaw", {"sample_rate": "8000"}, "8 kHz A-law")),
    ".sln": ("s16le", {"sample_rate": "8000"}, "8 kHz 16-bit samples"),
    ".sln16": ("s16le", {"sample_rate": "16000"}, "16 kHz 16-bit samples"),
    ".g722": ("g722", {}, "G.722"),
}
"""What switches write without any header: only here does the ending decide, as (FFmpeg's format, its options, name for people)."""
ENDINGS = frozenset(ending for _, endings in KINDS.values() for ending in endings) | frozenset(HEADERLESS)
"""Endings of files that a folder is searched for."""

_MAGIC = (b"RIFF", b"RF64", b"riff", b"FORM", b".snd", b"caff", b"fLaC", b"OggS", b"ID3", b"#!AMR", b"\x1aE\xdf\xa3", b"0&\xb2u", b"FLV")
_NOT_AUDIO = {
    b"PK\x03\x04": ("a ZIP archive", "unpack it first"),
    b"\x1f\x8b": ("compressed with gzip", "unpack it first"),
    b"7z\xbc\xaf": ("a 7-Zip archive", "unpack it first"),
    b"Rar!": ("a RAR archive", "unpack it first"),
    b"%PDF": ("a PDF document", "name the recording"),
    b"#EXTM3U": ("a playlist", "name the recording itself"),
    b"\x89PNG": ("a picture", "name the recording"),
    b"\xff\xd8\xff": ("a picture", "name the recording"),
}
_UNKNOWN_SIZE = 0xFFFF_0000
"""From here on a 32-bit size means "not known yet": streaming recorders write the largest number."""
_PCM_TAGS = (1, 3, 6, 7)
"""WAV format tags whose seconds follow from the block size: PCM, float, A-law, µ-law."""


@dataclass(frozen=True, slots=True)
class Wav:
    """A WAV header: ``seconds`` that it promises (0: does not say); ``size_at`` the offset of a size that is too small, with
    ``size`` bytes of data that are really there; ``plain`` when samples stand by themselves, so that packets may be of any size."""

    seconds: float = 0.0
    size_at: int | None = None
    size: int = 0
    plain: bool = False


def wav(file: BinaryIO, length: int) -> Wav:
    """Read the chunks of a RIFF/WAVE or RF64 file of ``length`` bytes; ``Wav()`` for anything else."""
    file.seek(0)
    head = file.read(12)
    if len(head) < 12 or head[:4] not in (b"RIFF", b"RF64") or head[8:] != b"WAVE":
        return Wav()
    at, rate, long_size, plain = 12, 0.0, 0, False
    while at + 8 <= length:
        file.seek(at)
        name, size = struct.unpack("<4sI", file.read(8))
        if name == b"data":
            return replace(_data(file, at, size, long_size, length, rate), plain=plain)
        body = file.read(min(size, 64))
        if name == b"fmt " and len(body) >= 16:
            tag, channels, hertz, per_second, block, _ = struct.unpack_from("<HHIIHH", body)
            tag = struct.unpack_from("<H", body, 24)[0] if tag == 0xFFFE and len(body) >= 26 else tag
            plain = tag in _PCM_TAGS and bool(channels)
            rate = hertz * block if plain else per_second
        elif name == b"ds64" and len(body) >= 16:
            (long_size,) = struct.unpack_from("<Q", body, 8)
        at += 8 + size + size % 2
    return Wav()


def _data(file: BinaryIO, at: int, size: int, long_size: int, length: int, rate: float) -> Wav:
    there = length - at - 8
    if long_size and size >= _UNKNOWN_SIZE:
        size = long_size
    elif size == 0 or size >= _UNKNOWN_SIZE:
        return Wav(0.0, at + 4, there) if size == 0 and 0 < there < _UNKNOWN_SIZE else Wav()
    seconds = size / rate if rate else 0.0
    if size + 8 >= there or _is_chunk(file, at + 8 + size + size % 2, length):
        return Wav(seconds)
    return Wav(seconds, at + 4, there) if there < _UNKNOWN_SIZE else Wav(seconds)


def _is_chunk(file: BinaryIO, at: int, length: int) -> bool:
    """Whether a chunk begins at ``at``: four printable letters and a size that fits, give or take padding."""
    file.seek(at)
    head = file.read(8)
    if len(head) < 8:
        return True
    name, size = struct.unpack("<4sI", head)
    return all(0x20 <= letter < 0x7F for letter in name) and at + 8 + size <= length + 1


class Source:
    """A file as FFmpeg reads it: by position only, with ``size`` in place of the four bytes at ``size_at`` when given.

    The size is the one in a header that a recorder never came back to mend. A damaged header may send FFmpeg to a place before the
    file's beginning; that is answered with −1, as its own files would.
    """

    def __init__(self, file: BinaryIO, size_at: int | None = None, size: int = 0) -> None:
        self._file, self._at, self._bytes = file, size_at, struct.pack("<I", size)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        try:
            return self._file.seek(offset, whence)
        except (OSError, ValueError, OverflowError):
            return -1

    def tell(self) -> int:
        return self._file.tell()

    def read(self, size: int = -1) -> bytes:
        start = self._file.tell()
        content = self._file.read(size)
        if self._at is None or not start - 4 < self._at < start + len(content):
            return content
        patched = bytearray(content)
        for index, byte in enumerate(self._bytes, start=self._at - start):
            if 0 <= index < len(patched):
                patched[index] = byte
        return bytes(patched)


def is_closed_ogg(file: BinaryIO, length: int) -> bool:
    """Whether the last page of an Ogg file is whole and marked as the end of its stream."""
    back = min(length, 2 * 65_307)  # the largest page
    file.seek(length - back)
    tail = file.read(back)
    at = tail.rfind(b"OggS")
    if at < 0 or len(tail) < at + 27:
        return False
    flags, segments = tail[at + 5], tail[at + 26]
    lacing = tail[at + 27 : at + 27 + segments]
    return bool(flags & 4) and len(lacing) == segments and len(tail) >= at + 27 + segments + sum(lacing)


def mp3_knows_its_length(file: BinaryIO) -> bool:
    """Whether the encoder left a frame with the number of frames; otherwise FFmpeg guesses from the bit rate."""
    file.seek(0)
    head = file.read(10)
    if head[:3] == b"ID3" and len(head) == 10:
        size = sum((byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))
        file.seek(10 + size)
    else:
        file.seek(0)
    frame = file.read(2048)
    return any(mark in frame for mark in (b"Xing", b"Info", b"VBRI"))


def lacks_index(file: BinaryIO, length: int) -> bool:
    """Whether an MP4 file has no ``moov`` box: without it nobody knows where the sound in it begins and ends."""
    at = 0
    is_mp4 = False
    while at + 8 <= length:
        file.seek(at)
        header = file.read(16)
        size, name = struct.unpack_from(">I4s", header)
        if name == b"ftyp":
            is_mp4 = True
        elif name == b"moov":
            return False
        if size == 1 and len(header) == 16:
            (size,) = struct.unpack_from(">Q", header, 8)
        if size < 8:
            break
        at += size
    return is_mp4


def no_recording(head: bytes) -> tuple[str, str] | None:
    """What a file that starts so is instead of a recording, and what to do; None when it may be one."""
    for magic, found in _NOT_AUDIO.items():
        if head.startswith(magic):
            return found
    return ("text", "name the recording") if _is_text(head) else None


def headerless(path: Path, head: bytes) -> tuple[str, dict[str, str], str] | None:
    """How to read a file that has no header, by its ending; None when it has one or the ending says nothing."""
    if head.startswith(_MAGIC) or head[4:8] == b"ftyp":
        return None
    return HEADERLESS.get(path.suffix.lower())


def _is_text(head: bytes) -> bool:
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4:  # a character cut in two at the end is still text
            return False
        text = head[: error.start].decode("utf-8")
    return bool(text) and all(letter.isprintable() or letter in "\r\n\t\ufeff" for letter in text)

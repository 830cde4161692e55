"""A recording's samples through PyAV (FFmpeg), by content alone: the name of a file says nothing here.

A file is handed over as bytes, so FFmpeg neither sees its name nor can open another one; only the containers of
:data:`qa.containers.KINDS` are tried. Decoding goes on past damaged packets, keeps the clock where packets are missing, and stops
at a length that the caller sets: what a header claims is never believed for memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import av
import numpy as np
import numpy.typing as npt

from hotline.errors import BadRecording
from qa import containers

Samples = npt.NDArray[np.float32]

HIGHEST_RATE, LONG_RATE, LOWEST_RATE = 48_000, 16_000, 2_000
"""Hz. What is sampled faster is reduced; what is longer than ``LONG_S`` is reduced further, to what speech models read."""
LONG_S = 3_600.0
_HIGHEST_POSSIBLE = 768_000
"""Hz; from a damaged header the resampler would make itself a filter for ever."""
_LONGEST_GAP_S, _SHORTEST_GAP_S = 600.0, 0.1
_CLOCKED = ("matroska,webm", "ogg", "mov,mp4,m4a,3gp,3g2,mj2", "asf")
"""Containers whose packets carry times that can be trusted where packets are missing (silence not sent, packets lost)."""
_STATES_LENGTH = ("wav", "w64", "aiff", "flac", "au", "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "asf", "caf")
_MOST_CHANNELS = 8
"""More are no call; and PyAV reads beyond its eight pointers when their samples lie apart."""
_MOST_EMPTY = 50_000
"""Packets in a row without a sample after which a file is given up: it could go on for ever."""
_BLOCK_S = 60.0
_WAV_PACKET = 1 << 16
"""Bytes; left to itself FFmpeg cuts plain samples into packets of a few milliseconds, and handing them over takes seven times as long."""


@dataclass(slots=True)
class Decoded:
    """What was read: float32 [channels, n] at ``rate`` Hz, one channel when the file has more than two.

    ``stated`` seconds the header promises (0: it does not say); ``damaged`` packets were left out; ``broken`` is why reading
    ended before the file did, empty when it did not.
    """

    samples: Samples
    rate: int
    codec: str
    kind: str
    channels: int
    stated: float = 0.0
    damaged: int = 0
    broken: str = ""
    remarks: list[str] = field(default_factory=list)


class _TooLong(Exception):
    """More seconds than wanted at this sample rate."""


class _Impossible(Exception):
    """A header that is no recording's; the arguments are problem and mend."""


def read(path: Path, longest_s: float) -> Decoded:
    """Decode the first audio stream of ``path``. Raises BadRecording for what is none, or is longer than ``longest_s`` seconds."""
    try:
        with path.open("rb") as file:
            length = path.stat().st_size
            try:
                return _decode(path, file, length, longest_s, HIGHEST_RATE)
            except _TooLong:
                return _decode(path, file, length, longest_s, LONG_RATE)
    except _TooLong:
        hours = longest_s / 3600
        mend = "split it, or raise longest_recording_hours (an hour needs about 0.5 GB of memory)"
        raise BadRecording(path.name, f"is longer than {hours:g} h", mend) from None
    except _Impossible as error:
        raise BadRecording(path.name, *error.args) from None
    except (av.FFmpegError, OSError) as error:
        if isinstance(error, av.FFmpegError):
            raise _undecodable(path, error) from None
        raise BadRecording(path.name, f"cannot be read ({error.strerror or error})", "mend the file or its permissions") from None
    except (ValueError, LookupError, OverflowError, MemoryError, RuntimeError, NotImplementedError) as error:
        raise _undecodable(path, error) from None


def stated_seconds(path: Path) -> float | None:
    """How long a recording claims to be, without decoding it; None where it does not say or is none. It may lie."""
    try:
        with path.open("rb") as file, _opened(path, file, path.stat().st_size) as (container, wav_seconds, _):
            return wav_seconds or (container.duration / av.time_base if container.duration else None)
    except (av.FFmpegError, OSError, ValueError, LookupError, OverflowError):
        return None


def _undecodable(path: Path, error: Exception) -> BadRecording:
    with path.open("rb") as file:
        head = file.read(4096)
        no_index = containers.lacks_index(file, path.stat().st_size)
    if no_index:
        problem = "the MP4 index (moov) is missing: the recorder was stopped before it closed the file"
        return BadRecording(path.name, problem, "export the recording again; or repair it with the recorder's own tool")
    other = containers.no_recording(head)
    if other is not None:
        return BadRecording(path.name, f"is not a recording that can be decoded, but {other[0]}", other[1])
    mend = "export it as WAV, MP3, Ogg or M4A"
    return BadRecording(path.name, f"is not a recording that can be decoded ({reason(error)})", mend)


def reason(error: Exception) -> str:
    """An error of the decoder in a few words."""
    return str(getattr(error, "strerror", None) or error)[:80]


@contextmanager
def _opened(path: Path, file: BinaryIO, length: int) -> Iterator[tuple[Any, float, list[str]]]:
    """The container, the seconds that a WAV header promises, and remarks."""
    header = containers.wav(file, length)
    file.seek(0)
    head = file.read(4096)
    file.seek(0)
    remarks: list[str] = []
    if header.size_at is not None and header.seconds:
        remarks.append(f"the header says {header.seconds:.1f} s, all that follows was read")
    source = containers.Source(file, header.size_at, header.size)
    options = {"format_whitelist": ",".join(containers.KINDS), "protocol_whitelist": "none"}
    if header.plain:
        options["max_size"] = str(_WAV_PACKET)
    raw = containers.headerless(path, head)
    kind = None
    if raw is not None:
        kind, more, name = raw
        options = {**more, "format_whitelist": kind}
        remarks.append(f"no header: taken as {name} because of its ending")
    with av.open(source, "r", format=kind, container_options=options, metadata_errors="replace") as container:
        yield container, 0.0 if header.size_at is not None else header.seconds, remarks


def _decode(path: Path, file: BinaryIO, length: int, longest_s: float, highest: int) -> Decoded:
    name = path.name
    with _opened(path, file, length) as (container, wav_seconds, remarks):
        streams = container.streams.audio
        if not streams:
            raise BadRecording(name, "holds no audio", "name an audio file")
        stream = streams[0]
        if stream.codec_context is None:
            raise BadRecording(name, "its sound is coded in a way that is not known here", "export it as WAV, MP3, Ogg or M4A")
        if len(streams) > 1:
            remarks.append(f"{len(streams)} audio streams, the first is used")
        kind = str(container.format.name)
        _remark_ending(path, kind, remarks)
        stated = max(_stated(container, stream, kind, file), wav_seconds)
        if stated > LONG_S:
            highest = min(highest, LONG_RATE)
        sink = _Sink(highest, longest_s, clocked=kind in _CLOCKED)
        broken = _read(container, stream, sink)
        if kind == "ogg" and not broken and not containers.is_closed_ogg(file, length):
            broken = "the stream has no end"
        samples = sink.joined()
        found = Decoded(samples, sink.rate, stream.codec_context.name, kind, sink.channels, stated, sink.damaged, broken, remarks)
        found.remarks += sink.remarks()
        return found


def _remark_ending(path: Path, kind: str, remarks: list[str]) -> None:
    if kind in containers.KINDS:
        name, endings = containers.KINDS[kind]
        if path.suffix.lower() not in endings:
            remarks.append(f"named {path.suffix or 'without an ending'}, but it is {name}")


def _stated(container: Any, stream: Any, kind: str, file: BinaryIO) -> float:
    """Seconds that the container's own header promises; 0 where FFmpeg only estimates."""
    at = file.tell()
    knows = kind in _STATES_LENGTH or (kind == "mp3" and containers.mp3_knows_its_length(file))
    file.seek(at)
    if not knows:
        return 0.0
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    alone = len(container.streams) == 1  # a film's length is its picture's too
    return float(container.duration / av.time_base) if container.duration and alone else 0.0


def _read(container: Any, stream: Any, sink: _Sink) -> str:
    """Decode into ``sink`` as far as it goes; the reason when it does not go to the end."""
    empty = 0
    last_failed = ""
    try:
        for packet in container.demux(stream):
            try:
                frames = packet.decode()
            except (av.FFmpegError, ValueError) as error:  # one bad packet; the next may be good
                if packet.size:
                    last_failed = reason(error)
                    sink.skip(packet)
                continue
            if frames:
                empty, last_failed = 0, ""
            elif (empty := empty + 1) > _MOST_EMPTY:
                return "no more sound was found"
            for frame in frames:
                sink.take(frame)
        sink.flush()
    except (av.FFmpegError, ValueError) as error:
        sink.flush()
        return reason(error)
    return last_failed


class _Sink:
    """Gathers frames as float32 blocks of a minute, at one sample rate and with one or two channels, whatever the frames change to."""

    def __init__(self, highest: int, longest_s: float, *, clocked: bool) -> None:
        self.rate = self.channels = self.damaged = 0
        self._highest, self._longest_s, self._clocked = highest, longest_s, clocked
        self._layout = ""
        self._resampler: Any = None
        self._fifo: Any = None
        self._waiting = 0
        """Samples that the fifo holds: frames are short, and converting each by itself would take most of the time."""
        self._took: tuple[Any, ...] = ()
        self._first: float | None = None
        self._fed = 0.0
        """Seconds of input so far, silence for what is missing included."""
        self._filled = self._jumped = 0.0
        self._blocks: list[Samples] = []
        self._pieces: list[Samples] = []
        self._count = self._in_pieces = 0

    def take(self, frame: Any) -> None:
        """One decoded frame."""
        if not frame.samples or not frame.sample_rate:
            return
        if not LOWEST_RATE <= frame.sample_rate <= _HIGHEST_POSSIBLE:
            raise _Impossible(f"has a sample rate of {frame.sample_rate} Hz, which no recorder writes", "export it with 8000 Hz or more")
        shape = (frame.format.name, frame.layout.name, frame.sample_rate)
        if not self.rate:
            if frame.layout.nb_channels > _MOST_CHANNELS:
                raise _Impossible(f"has {frame.layout.nb_channels} channels, which no call has", "export it with one or two channels")
            self.rate = min(frame.sample_rate, self._highest)
            self.channels = frame.layout.nb_channels
            self._layout = frame.layout.name
        if self._clocked and frame.pts is not None and frame.time_base is not None:
            at = float(frame.pts * frame.time_base)
            if self._first is None:
                self._first = at - self._fed
            self._keep_clock(at - self._first - self._fed)
        if shape != self._took:
            self._drain()
            self._resampler = av.AudioResampler(format="fltp", layout=self._layout, rate=self.rate)
            self._fifo = av.AudioFifo()
            self._took = shape
        frame.pts = None
        self._fed += frame.samples / frame.sample_rate
        self._fifo.write(frame)
        self._waiting += frame.samples
        if self._waiting >= frame.sample_rate:
            self._convert()

    def skip(self, packet: Any) -> None:
        """A packet that could not be decoded: silence takes its time, so that what follows does not come too early."""
        self.damaged += 1
        if not self._clocked and self.rate and packet.duration and packet.time_base:
            self._drain()
            self._took = ()
            self._silence(min(float(packet.duration * packet.time_base), 1.0))

    def flush(self) -> None:
        """No more frames."""
        self._drain()

    def joined(self) -> Samples:
        """All samples, float32 [channels, n]; blocks are given up one by one, so that memory holds them once."""
        self._block()
        if not self._blocks:
            return np.zeros((1, 0), np.float32)
        samples = np.empty((self._blocks[0].shape[0], self._count), np.float32)
        end = self._count
        while self._blocks:
            block = self._blocks.pop()
            samples[:, end - block.shape[1] : end] = block
            end -= block.shape[1]
        return samples

    def remarks(self) -> list[str]:
        said = []
        if self.channels > 2:
            said.append(f"{self.channels} channels, mixed to one")
        if self._filled:
            said.append(f"{self._filled:.1f} s are missing in the recording and were taken as silence")
        if self._jumped:
            said.append(f"a jump of {self._jumped:.0f} s in its clock was not followed")
        return said

    def _keep_clock(self, ahead: float) -> None:
        if ahead > _LONGEST_GAP_S or ahead < -_LONGEST_GAP_S:
            self._jumped += abs(ahead)
            self._first = (self._first or 0.0) + ahead
        elif ahead > _SHORTEST_GAP_S:
            self._drain()
            self._took = ()
            self._silence(ahead)
            self._filled += ahead

    def _silence(self, seconds: float) -> None:
        self._fed += seconds
        self._add(np.zeros((min(self.channels, 2), round(seconds * self.rate)), np.float32))

    def _convert(self) -> None:
        """What the fifo holds, as float32 at our rate."""
        frame = self._fifo.read() if self._waiting else None
        self._waiting = 0
        if frame is not None:
            frame.pts = None
            for out in self._resampler.resample(frame):
                self._add(out.to_ndarray())

    def _drain(self) -> None:
        """What fifo and resampler still hold."""
        if self._resampler is not None:
            self._convert()
            for out in self._resampler.resample(None):
                self._add(out.to_ndarray())
            self._resampler = None

    def _add(self, piece: Samples) -> None:
        if piece.shape[0] > 2:
            piece = piece.mean(axis=0, keepdims=True, dtype=np.float32)
        elif self.channels > 2:
            piece = piece[:1]
        self._pieces.append(piece)
        self._count += piece.shape[1]
        self._in_pieces += piece.shape[1]
        seconds = self._count / self.rate
        if seconds > self._longest_s or (seconds > LONG_S and self.rate > LONG_RATE):
            raise _TooLong
        if self._in_pieces > _BLOCK_S * self.rate:
            self._block()

    def _block(self) -> None:
        if self._pieces:
            self._blocks.append(np.concatenate(self._pieces, axis=1))
            self._pieces, self._in_pieces = [], 0

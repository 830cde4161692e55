"""Any recording to float32 channels, and what a channel's level says.

Decoding is PyAV's (FFmpeg): WAV with µ-law, A-law, PCM or GSM, MP3, Ogg, M4A, AMR, FLAC, WebM …. What can be read
of a truncated file is kept, with a warning; what is no recording raises :class:`~hotline.errors.BadRecording`.

Levels are dBFS: 20·log10 of the root mean square, where a full-scale square wave has 0 and a full-scale sine −3.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from hotline.errors import BadRecording
from qa.calls import Channel, Layout, Span

Samples = npt.NDArray[np.float32]

SILENT_DBFS = -60.0
"""Below this a channel carries nobody's voice; µ-law idle noise lies near −72."""
SAME_DB = 40.0
"""Two channels that differ by less than this far below their sum are one signal recorded twice."""
CROSSTALK_DB = 15.0
"""Where the other channel is so much louder, what is heard here is its crosstalk."""
_FRAME_S = 0.02
_FLOOR_DBFS = -120.0
_HEADER_KNOWS = {"wav", "w64", "aiff", "flac", "au", "mov,mp4,m4a,3gp,3g2,mj2", "ogg"}
"""Containers whose stated duration is not an estimate."""


@dataclass(frozen=True, slots=True, eq=False)
class Audio:
    """A decoded recording.

    ``samples`` is float32 [channels, n] in −1 … 1; ``rate`` Hz; ``duration`` seconds; ``truncated`` when the file
    ends before its header says. ``channels_in_file`` can be 2 while ``layout`` is mono: one signal recorded twice.
    """

    samples: Samples
    rate: int
    codec: str
    layout: Layout
    duration: float
    truncated: bool = False
    warnings: tuple[str, ...] = ()
    channels_in_file: int = 1

    def mono(self) -> Samples:
        """All channels mixed, float32 [n]."""
        return np.asarray(self.samples.mean(axis=0), dtype=np.float32)

    def at(self, rate: int) -> Audio:
        """The same at another sample rate (polyphase filter, no delay)."""
        if rate == self.rate:
            return self
        from scipy.signal import resample_poly  # takes a second to import

        ratio = Fraction(rate, self.rate)
        samples = resample_poly(self.samples, ratio.numerator, ratio.denominator, axis=1).astype(np.float32)
        return replace(self, samples=samples, rate=rate)

    def channel(self, channel: Channel) -> Samples:
        """One track, float32 [n]; the mix for ``MONO``."""
        if channel is Channel.MONO or self.layout is not Layout.STEREO:
            return self.mono()
        return self.samples[0 if channel is Channel.LEFT else 1]

    def level(self, span: Span, channel: Channel = Channel.MONO) -> float | None:
        """Level in dBFS of a stretch of one track; None when nothing of it lies in the recording."""
        first, last = max(0, round(span.start * self.rate)), max(0, round(span.end * self.rate))
        return level(self.channel(channel)[first:last])


def decode(path: Path) -> Audio:
    """Read a recording. Raises BadRecording (one line with a mend) for what is none."""
    name = path.name
    if not path.is_file():
        raise BadRecording(name, "there is no such file", "mend the path in the manifest")
    if path.stat().st_size == 0:
        raise BadRecording(name, "the file is empty (0 bytes)", "export the recording again")
    warnings: list[str] = []
    pieces: list[Samples] = []
    try:
        with av.open(str(path), metadata_errors="replace") as container:
            if not container.streams.audio:
                raise BadRecording(name, "holds no audio", "name an audio file")
            stream = container.streams.audio[0]
            if len(container.streams.audio) > 1:
                warnings.append(f"{len(container.streams.audio)} audio streams, the first is used")
            codec, rate, kind = stream.codec_context.name, stream.rate, container.format.name
            stated = float(stream.duration * stream.time_base) if stream.duration and stream.time_base else 0.0
            broken = _read(container, stream, pieces)
            stated = max(stated, _wav_seconds(path) if kind == "wav" else 0.0)
    except (av.FFmpegError, ValueError, LookupError) as error:
        raise BadRecording(
            name, f"is not a recording that can be decoded ({_reason(error)})", "export it as WAV, MP3, Ogg or M4A"
        ) from None
    samples = np.concatenate(pieces, axis=1) if pieces else np.zeros((1, 0), np.float32)
    duration = samples.shape[1] / rate if rate else 0.0
    if duration == 0.0:
        detail = f" ({broken})" if broken else ""
        raise BadRecording(name, f"holds 0 s of audio{detail}", "export the recording again")
    truncated = bool(broken) or (kind in _HEADER_KNOWS and stated - duration > max(0.2, 0.01 * stated))
    if truncated:
        of = f" of {stated:.1f} s" if stated > duration else ""
        warnings.append(f"truncated: {duration:.1f} s{of} could be read")
    if not np.isfinite(samples).all():
        samples = np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0)
        warnings.append("samples that are no numbers were taken as silence")
    channels = samples.shape[0]
    samples, layout, remarks = _layout(samples, rate)
    return Audio(samples, rate, codec, layout, duration, truncated, (*warnings, *remarks), channels)


def _read(container: av.container.InputContainer, stream: av.AudioStream, pieces: list[Samples]) -> str:
    """Decode into ``pieces`` as far as it goes; the reason when it does not go to the end."""
    resampler = av.AudioResampler(format="fltp", layout=stream.layout, rate=stream.rate)
    broken = ""
    try:
        for packet in container.demux(stream):
            try:
                frames = packet.decode()
            except av.FFmpegError as error:  # one bad packet; the next may be good
                broken = _reason(error)
                continue
            for frame in frames:
                frame.pts = None
                pieces.extend(out.to_ndarray() for out in resampler.resample(frame))
        pieces.extend(out.to_ndarray() for out in resampler.resample(None))
    except av.FFmpegError as error:
        broken = _reason(error)
    return broken


def _wav_seconds(path: Path) -> float:
    """Seconds that a WAV header promises; FFmpeg goes by the file's size instead. 0 when the header does not say."""
    with path.open("rb") as file:
        head = file.read(4096)
    form, data = head.find(b"fmt "), head.find(b"data")
    if form < 0 or data < 0 or len(head) < max(form + 20, data + 8):
        return 0.0
    (bytes_per_second,) = struct.unpack_from("<I", head, form + 16)
    (size,) = struct.unpack_from("<I", head, data + 4)
    # A recorder that streams writes 0 or the largest number, because it does not know yet.
    return size / bytes_per_second if bytes_per_second and size < 0xFFFF_0000 else 0.0


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)[:80]


def _layout(samples: Samples, rate: int) -> tuple[Samples, Layout, list[str]]:
    if samples.shape[0] == 1:
        remarks = ["the recording is silent"] if is_silent(samples[0], rate) else []
        return samples, Layout.MONO, remarks
    if samples.shape[0] > 2:
        return samples.mean(axis=0, keepdims=True), Layout.MONO, [f"{samples.shape[0]} channels, mixed to one"]
    left, right = samples
    together, apart = level(left + right), level(left - right)
    if together is not None and apart is not None and together > SILENT_DBFS and together - apart > SAME_DB:
        return samples[:1].copy(), Layout.MONO, ["both channels hold the same signal, taken as mono"]
    silent = [side.value for side, track in zip((Channel.LEFT, Channel.RIGHT), samples, strict=True) if is_silent(track, rate)]
    if len(silent) == 2:
        return samples, Layout.STEREO, ["the recording is silent"]
    return samples, Layout.STEREO, [f"the {side} channel is silent" for side in silent]


def level(samples: Samples) -> float | None:
    """Level of float samples in dBFS, not below −120; None without samples."""
    if samples.size == 0:
        return None
    power = float(np.mean(np.square(samples, dtype=np.float64)))
    return max(_FLOOR_DBFS, 10 * float(np.log10(power))) if power > 0 else _FLOOR_DBFS


def frame_levels(samples: Samples, rate: int, frame_s: float = _FRAME_S) -> npt.NDArray[np.float64]:
    """Level in dBFS of each frame of ``frame_s`` seconds; the rest after the last whole frame counts as one."""
    size = max(1, round(rate * frame_s))
    padded = np.pad(samples, (0, -len(samples) % size))
    power = np.mean(np.square(padded.reshape(-1, size), dtype=np.float64), axis=1)
    return np.asarray(10 * np.log10(np.maximum(power, 1e-12)))


def is_silent(samples: Samples, rate: int) -> bool:
    """Whether less than 0.2 s of it is loud enough for a voice (a click does not count)."""
    return bool(np.count_nonzero(frame_levels(samples, rate) > SILENT_DBFS) * _FRAME_S < 0.2)


def gate_crosstalk(samples: Samples, rate: int, margin_db: float = CROSSTALK_DB) -> Samples:
    """Mute each of two channels where the other one is ``margin_db`` louder; float32 [2, n] in and out.

    Levels are smoothed over 100 ms, and the edges fade over a frame, so that no click looks like an onset.
    """
    from scipy.ndimage import uniform_filter1d

    size = max(1, round(rate * _FRAME_S))
    power = np.stack([10 ** (frame_levels(track, rate) / 10) for track in samples])
    levels = 10 * np.log10(np.maximum(uniform_filter1d(power, 5, axis=1), 1e-12))
    gated = np.empty_like(samples)
    for own, other in ((0, 1), (1, 0)):
        is_open = (levels[other] - levels[own] < margin_db).astype(np.float32)
        gain = uniform_filter1d(np.repeat(is_open, size)[: samples.shape[1]], size)
        gated[own] = samples[own] * gain
    return gated


def playable(path: Path, span: Span | None = None) -> bytes:
    """The recording as FLAC, which every current browser plays; ``span`` (seconds) cuts a stretch out of it."""
    audio = decode(path)
    samples = audio.samples
    if span is not None:
        samples = samples[:, max(0, round(span.start * audio.rate)) : max(0, round(span.end * audio.rate))]
    pcm = np.ascontiguousarray((np.clip(samples, -1.0, 1.0) * 32767).astype(np.int16).T.reshape(1, -1))
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="flac") as container:
        layout = "stereo" if samples.shape[0] == 2 else "mono"
        stream = container.add_stream("flac", rate=audio.rate, layout=layout)
        stream.codec_context.format = "s16"
        frame = av.AudioFrame.from_ndarray(pcm, format="s16", layout=layout)
        frame.rate = audio.rate
        fifo = av.AudioFifo()
        fifo.write(frame)
        size = stream.codec_context.frame_size or 4096
        while (piece := fifo.read(size, partial=True)) is not None:
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return buffer.getvalue()

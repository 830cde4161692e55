"""Any recording to float32 channels, and what a channel's level says.

Decoding is PyAV's (FFmpeg), in :mod:`qa.decoding`: WAV with PCM, µ-law, A-law, ADPCM or GSM, MP3, Ogg, M4A, AMR, FLAC, WMA, WebM,
films …. What can be read of a truncated file is kept, with a warning; what is no recording raises
:class:`~hotline.errors.BadRecording`.

Levels are dBFS: 20·log10 of the root mean square, where a full-scale square wave has 0 and a full-scale sine −3.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field, replace
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from hotline.errors import BadRecording
from qa import decoding
from qa.calls import Channel, Layout, Span
from qa.resampling import resampled

Samples = npt.NDArray[np.float32]

SILENT_DBFS = -60.0
"""Below this a channel carries nobody's voice; µ-law idle noise lies near −72."""
SAME_DB = 40.0
"""Two channels that differ by less than this far below their sum are one signal recorded twice."""
CROSSTALK_DB = 15.0
"""Where the other channel is so much louder, what is heard here is its crosstalk."""
_FRAME_S = 0.02
_FLOOR_DBFS = -120.0


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
    _made: dict[int, Audio] = field(default_factory=dict, init=False, repr=False)
    """What :meth:`at` made, by rate; ``replace`` begins with none."""

    def mono(self) -> Samples:
        """All channels mixed, float32 [n]; the samples themselves where there is one."""
        if self.samples.shape[0] == 1:
            return self.samples[0]
        return np.asarray(self.samples.mean(axis=0), dtype=np.float32)

    def at(self, rate: int) -> Audio:
        """The same at another sample rate (polyphase filter, no delay); made once, for several stages ask for it."""
        if rate == self.rate:
            return self
        if rate in self._made:
            return self._made[rate]
        other = replace(self, samples=resampled(self.samples, self.rate, rate), rate=rate)
        if self.duration <= decoding.LONG_S:
            self._made[rate] = other
        return other

    def channel(self, channel: Channel) -> Samples:
        """One track, float32 [n]; the mix for ``MONO``."""
        if channel is Channel.MONO or self.layout is not Layout.STEREO:
            return self.mono()
        return self.samples[0 if channel is Channel.LEFT else 1]

    def level(self, span: Span, channel: Channel = Channel.MONO) -> float | None:
        """Level in dBFS of a stretch of one track; None when nothing of it lies in the recording."""
        first, last = max(0, round(span.start * self.rate)), max(0, round(span.end * self.rate))
        piece = replace(self, samples=self.samples[:, first:last])
        return level(piece.channel(channel))


LONGEST_S = 4 * 3600.0
"""Longer recordings are refused unless told otherwise: a conversation forgotten open, or a header that lies."""


def decode(path: Path, *, longest_s: float = LONGEST_S) -> Audio:
    """Read a recording by its content, whatever its name ends with.

    What can be read of a cut or damaged file is kept, with a warning. Raises BadRecording (one line with a mend) for what is no
    recording, holds no sound, or lasts more than ``longest_s`` seconds. Memory: 4 bytes a sample and channel, above 1 h at most
    16 kHz.
    """
    name = path.name
    if not path.is_file():
        raise BadRecording(name, "there is no such file", "mend the path in the manifest")
    if path.stat().st_size == 0:
        raise BadRecording(name, "the file is empty (0 bytes)", "export the recording again")
    found = decoding.read(path, longest_s)
    samples, rate, warnings = found.samples, found.rate, list(found.remarks)
    duration = samples.shape[1] / rate if rate else 0.0
    if duration == 0.0:
        detail = f" ({found.broken})" if found.broken else ""
        raise BadRecording(name, f"holds 0 s of audio{detail}", "export the recording again")
    truncated = bool(found.broken) or found.stated - duration > max(0.2, 0.01 * found.stated)
    if truncated:
        of = f" of {found.stated:.1f} s" if found.stated > duration else ""
        warnings.append(f"truncated: {duration:.1f} s{of} could be read")
    if found.damaged and not (truncated and found.damaged == 1):
        warnings.append(f"damaged: {found.damaged} packets could not be decoded")
    if not np.isfinite(samples).all():
        samples = np.nan_to_num(samples, copy=False, nan=0.0, posinf=1.0, neginf=-1.0)
        warnings.append("samples that are no numbers were taken as silence")
    samples, layout, remarks = _layout(samples, rate)
    return Audio(samples, rate, found.codec, layout, duration, truncated, (*warnings, *remarks), found.channels)


def _layout(samples: Samples, rate: int) -> tuple[Samples, Layout, list[str]]:
    if samples.shape[0] == 1:
        remarks = ["the recording is silent"] if is_silent(samples[0], rate) else []
        return samples, Layout.MONO, remarks
    left, right = samples
    together, apart = _loudness(left + right), _loudness(left - right)
    if max(together, apart) > SILENT_DBFS and abs(together - apart) > SAME_DB:
        # A cable with its poles exchanged gives one signal upside down; mixed, the two would cancel out.
        how = "the same signal" if together > apart else "the same signal, one upside down"
        return samples[:1].copy(), Layout.MONO, [f"both channels hold {how}, taken as mono"]
    silent = [side.value for side, track in zip((Channel.LEFT, Channel.RIGHT), samples, strict=True) if is_silent(track, rate)]
    if len(silent) == 2:
        return samples, Layout.STEREO, ["the recording is silent"]
    return samples, Layout.STEREO, [f"the {side} channel is silent" for side in silent]


def level(samples: Samples) -> float | None:
    """Level of float samples in dBFS, not below −120; None without samples."""
    if samples.size == 0:
        return None
    power = float(np.einsum("i,i->", samples, samples, dtype=np.float64)) / samples.size  # einsum makes no copy of an hour
    return max(_FLOOR_DBFS, 10 * float(np.log10(power))) if power > 0 else _FLOOR_DBFS


def _loudness(samples: Samples) -> float:
    found = level(samples)
    return _FLOOR_DBFS if found is None else found


def frame_levels(samples: Samples, rate: int, frame_s: float = _FRAME_S) -> npt.NDArray[np.float64]:
    """Level in dBFS of each frame of ``frame_s`` seconds; the rest after the last whole frame counts as one."""
    size = max(1, round(rate * frame_s))
    whole = len(samples) // size * size
    frames = samples[:whole].reshape(-1, size)
    power = np.einsum("ij,ij->i", frames, frames, dtype=np.float64) / size
    if whole < len(samples):
        power = np.append(power, np.square(samples[whole:], dtype=np.float64).sum() / size)
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

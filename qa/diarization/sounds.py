"""What of a recording is not conversation: tones of the telephone network, music, announcements, hold.

    tones    one or two pure tones carry nearly all of a frame's power     → ring, busy tone, pressed keys
    music    the same partials stand for tenths of a second, hardly a pause → music
    words    sentences only a machine says, before the agent's first words  → announcement (IVR)
    hold     nothing at all for long, after somebody asked to wait           → hold

Tones are certain. Music is judged by how its partials stand still, so singing over a beat, or noise, may be missed. An announcement is
recognised by its words alone: without words it stays a turn.

Frequencies: ITU-T E.180 (China 450 Hz, North America 440 + 480 and 480 + 620 Hz, Europe 425 Hz), ITU-T Q.23 (keys).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from qa.audio import Samples
from qa.calls import Role, Sound, SoundKind, Span, Turn

RATE = 8000
_SIZE, _HOP = 512, 160
"""Samples of a frame (64 ms: 15.6 Hz apart) and from one frame to the next (20 ms)."""
_BLOCK = 500
"""Frames transformed at once: few enough that they stay in the processor's cache."""
_FLOOR_DBFS = -50.0
PURE = 0.85
"""Share of a frame's power within two tones from which it is a tone; voiced speech spreads over many harmonics."""
_SUPERVISORY = (425.0, 440.0, 450.0, 480.0, 620.0)
_KEYS_LOW, _KEYS_HIGH = (697.0, 770.0, 852.0, 941.0), (1209.0, 1336.0, 1477.0, 1633.0)
_SHORTEST_TONE_S, _SHORTEST_KEY_S = 0.25, 0.05
RING_ON_S = 0.7
"""How long a ring sounds at least; shorter bursts are a busy tone's, if there are three in a row."""
RING_PERIOD_S = 6.5
"""A ring and its pause: rings no further apart are one ringing."""
_BLOCK_S = 1.0
_STILL = 4
"""Frames before and after in which a partial must keep its place to stand still."""
STEADY, SOUNDING = 0.2, 0.7
"""Share of a second's power in partials that stand still, and of its frames with sound, from which it is music (medians over
5 s). Speech on the telephone stays below 0.1; music on hold lies between 0.3 and 0.7."""
_MUSIC_S, _MUSIC_GAP_S = 3.0, 2.0
HOLD_S = 8.0
"""A wait without a sound that is at least so long counts as hold."""

_WAIT = re.compile("稍等|稍候|等一下|等一会|请您等|不要挂机|请勿挂机|hold on|one moment|bear with me|please hold", re.IGNORECASE)
_MACHINE = re.compile(
    "请按[零一二三四五六七八九十0-9*#星井]|按[零一二三四五六七八九0-9]号?键|[井星#*]号?键|来电高峰|话务繁忙|坐席(?:全)?忙|客服(?:代表)?(?:全)?忙|正在为您转接"
    "|排队等候|前面还有.{0,6}位|本次通话(?:将|可能)?(?:会)?被?录音|通话可能被录音|欢迎致电|欢迎拨打|普通话.{0,3}请|人工服务.{0,3}请"
    "|press (?:one|two|three|[0-9])|calls? (?:may|will) be (?:recorded|monitored)|all (?:of )?our (?:agents|representatives) are busy",
    re.IGNORECASE,
)


def find(samples: Samples, rate: int) -> tuple[Sound, ...]:
    """Rings, other tones and music in float32 [n], in order of start; tones count as ``ring``, whatever they mean."""
    at = _at_8k(samples, rate)
    if at.size < _SIZE:
        return ()
    power, frequencies = _spectrum(at)
    tones = _tones(power, frequencies)
    music = _music(power, frequencies, taken=tones)
    found = [Sound(SoundKind.RING, span) for span in tones] + [Sound(SoundKind.MUSIC, span) for span in music]
    return tuple(sorted(found, key=lambda sound: sound.span))


def announcements(turns: Sequence[Turn]) -> tuple[int, ...]:
    """Indices of the turns at the start that a machine speaks, by their words: all up to the last one with a machine's sentence
    that comes before anybody greets or answers (at most the first five turns)."""
    found: list[int] = []
    for turn in turns[:5]:
        if not turn.text or not _MACHINE.search(turn.text):
            break
        if re.search("为您服务|有什么可以帮|how (?:may|can) i help", turn.text, re.IGNORECASE):
            break  # the agent, who may also say 欢迎致电
        found.append(turn.index)
    return tuple(found)


def holds(turns: Sequence[Turn], sounds: Sequence[Sound], shortest: float = HOLD_S) -> tuple[Sound, ...]:
    """Waits of at least ``shortest`` seconds after a turn in which somebody was asked to wait, without what is music or ring."""
    timed = sorted((t for t in turns if t.span), key=lambda t: (t.span or Span(0, 0)).start)
    found: list[Sound] = []
    reached = 0.0
    last: Turn | None = None
    for turn in timed:
        span = turn.span or Span(0, 0)
        if last is not None and span.start - reached >= shortest and last.role is not Role.CUSTOMER and _WAIT.search(last.text):
            for rest in outside(Span(reached, span.start), [s.span for s in sounds]):
                if rest.duration >= shortest:
                    found.append(Sound(SoundKind.HOLD, rest))
        if span.end >= reached:
            reached, last = span.end, turn
    return tuple(found)


def outside(span: Span, others: Iterable[Span]) -> list[Span]:
    """What is left of a span outside of ``others``, in order.

    >>> outside(Span(0, 10), [Span(2, 3), Span(9, 12)])
    [Span(start=0, end=2), Span(start=3, end=9)]
    """
    left = [span]
    for other in others:
        pieces: list[Span] = []
        for piece in left:
            if not piece & other:
                pieces.append(piece)
                continue
            pieces += [p for p in (Span(piece.start, other.start), Span(other.end, piece.end)) if p]
        left = pieces
    return left


def _at_8k(samples: Samples, rate: int) -> Samples:
    if rate == RATE:
        return samples
    from scipy.signal import resample_poly  # takes a second to import

    return np.asarray(resample_poly(samples, RATE, rate), dtype=np.float32)


def _spectrum(samples: Samples) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float64]]:
    """Power [frames, bins] of a Hann window and the bins' frequencies in Hz; a full-scale sine sums to ½."""
    from scipy import fft  # unlike NumPy's it stays in float32, and takes several frames at once

    padded = np.pad(samples, (_SIZE // 2, _SIZE // 2))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _SIZE)[::_HOP]
    window = np.hanning(_SIZE)
    window = (window * np.sqrt(2 / (_SIZE * np.sum(window**2)))).astype(np.float32)
    power = np.empty((len(frames), _SIZE // 2 + 1), np.float32)
    for at in range(0, len(frames), _BLOCK):
        spectrum = fft.rfft(frames[at : at + _BLOCK] * window, axis=1)
        np.add(spectrum.real**2, spectrum.imag**2, out=power[at : at + _BLOCK])
    return power, np.asarray(fft.rfftfreq(_SIZE, 1 / RATE), dtype=np.float64)


def _tones(power: npt.NDArray[np.float32], frequencies: npt.NDArray[np.float64]) -> list[Span]:
    """Stretches of network tones: rings with their pauses as one, other bursts each by itself or a row of them."""
    total = power.sum(axis=1)
    loud = 10 * np.log10(np.maximum(total, 1e-12)) > _FLOOR_DBFS
    network = _share(power, frequencies, _SUPERVISORY) > PURE * total
    low = np.stack([_share(power, frequencies, (f,)) for f in _KEYS_LOW]).max(axis=0)
    high = np.stack([_share(power, frequencies, (f,)) for f in _KEYS_HIGH]).max(axis=0)
    keys = (low + high > PURE * total) & (np.minimum(low, high) > 0.05 * total)
    bursts = [span for span in _runs(network & loud) if span.duration >= _SHORTEST_TONE_S]
    rows: list[list[Span]] = []
    for burst in bursts:
        longest = RING_PERIOD_S if burst.duration >= RING_ON_S else 1.0
        if rows and rows[-1][-1].gap_to(burst) <= longest:
            rows[-1].append(burst)
        else:
            rows.append([burst])
    # A hummed vowel can be as pure as a tone, but neither for 0.7 s nor three times in a row.
    joined = [row[0] | row[-1] for row in rows if len(row) >= 3 or max(burst.duration for burst in row) >= RING_ON_S]
    return sorted(joined + [span for span in _runs(keys & loud) if span.duration >= _SHORTEST_KEY_S])


def _share(power: npt.NDArray[np.float32], frequencies: npt.NDArray[np.float64], tones: Sequence[float]) -> npt.NDArray[np.float32]:
    """Power [frames] within 30 Hz of the tones: what a Hann window lets one tone spread to."""
    near = np.any(np.abs(frequencies[:, None] - np.asarray(tones)[None]) <= 30.0, axis=1)
    return np.asarray(power[:, near].sum(axis=1))


def steadiness(
    power: npt.NDArray[np.float32], frequencies: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """For every second: the share of its power in partials that stand still for 180 ms, and the share of its frames with sound.

    A partial stands still where a spectral peak stays in its bin (15.6 Hz) for nine frames; the harmonics of a speaking voice move on.
    """
    inner = (frequencies >= 150) & (frequencies <= 3500)
    band = power[:, inner]
    peak = np.zeros(band.shape, bool)
    peak[:, 1:-1] = (band[:, 1:-1] >= band[:, :-2]) & (band[:, 1:-1] > band[:, 2:])
    core = peak.copy()
    for shift in range(1, _STILL + 1):
        core[shift:] &= peak[:-shift]
        core[:-shift] &= peak[shift:]
        core[:shift] = core[-shift:] = False
    stands = core.copy()
    for shift in range(1, _STILL + 1):  # the frames around such a centre belong to it
        stands[shift:] |= core[:-shift]
        stands[:-shift] |= core[shift:]
    wide = stands.copy()  # with the bins beside the peak, where a window lets a partial spread to
    wide[:, 1:] |= stands[:, :-1]
    wide[:, :-1] |= stands[:, 1:]
    total, held = band.sum(axis=1), np.where(wide, band, 0).sum(axis=1)
    per = round(_BLOCK_S * RATE / _HOP)
    blocks = len(total) // per
    total, held = total[: blocks * per].reshape(blocks, per), held[: blocks * per].reshape(blocks, per)
    sounding = (10 * np.log10(np.maximum(total, 1e-12)) > _FLOOR_DBFS).mean(axis=1)
    return np.asarray(held.sum(axis=1) / np.maximum(total.sum(axis=1), 1e-9), dtype=np.float64), np.asarray(sounding, dtype=np.float64)


def _music(power: npt.NDArray[np.float32], frequencies: npt.NDArray[np.float64], taken: Sequence[Span]) -> list[Span]:
    """Stretches of at least 3 s whose seconds are, smoothed over five, steady and without pauses; tones are left out."""
    from scipy.ndimage import median_filter

    steady, sounding = steadiness(power, frequencies)
    if steady.size == 0:
        return []
    for span in taken:
        steady[int(span.start) : int(np.ceil(span.end))] = 0.0
    likely = (median_filter(steady, 5, mode="nearest") > STEADY) & (median_filter(sounding, 5, mode="nearest") > SOUNDING)
    found = [Span(a * _BLOCK_S, b * _BLOCK_S) for a, b in _edges(likely)]
    joined: list[Span] = []
    for span in found:
        if joined and joined[-1].gap_to(span) <= _MUSIC_GAP_S:
            joined[-1] = joined[-1] | span
        else:
            joined.append(span)
    return [span for span in joined if span.duration >= _MUSIC_S]


def _runs(mask: npt.NDArray[np.bool_]) -> list[Span]:
    """Stretches of true frames in seconds, over gaps of one or two frames."""
    closed = mask.copy()
    closed[1:-1] |= mask[:-2] & mask[2:]
    return [Span(a * _HOP / RATE, b * _HOP / RATE) for a, b in _edges(closed)]


def _edges(mask: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]

"""Stereo recordings: each channel is a side, so who speaks is known and so is overlap.

The two sides hear each other: without a gate FSMN-VAD takes −30 dB crosstalk for speech (error 3 % → 33 % on
pyannote's phone sample); with a 15 dB gate 4 %. What the gate costs: a "嗯" 15 dB quieter than the speech it lies
under is lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from qa.audio import Audio, gate_crosstalk, is_silent
from qa.calls import Channel, Role
from qa.diarization import Diarization, Segment, join, overlaps_of, vad

SIDES = (Channel.LEFT, Channel.RIGHT)


def alive(audio: Audio) -> tuple[Channel, ...]:
    """The channels on which anything can be heard."""
    return tuple(side for side in SIDES if not is_silent(audio.channel(side), audio.rate))


def diarize(audio: Audio, *, models: Path, channel_map: Mapping[Channel, Role] | None) -> Diarization:
    """Segments of both channels of a stereo recording; see :func:`qa.diarization.diarize`."""
    at = audio.at(vad.RATE)
    gated = gate_crosstalk(at.samples, at.rate)
    found: list[Segment] = []
    for track, side in zip(gated, SIDES, strict=True):
        if is_silent(track, at.rate):
            continue
        role = channel_map.get(side) if channel_map else None
        found.extend(Segment(span, side.value, side, role) for span in vad.speech(track, models))
    segments = join(found)
    name = vad.model_folder(models).name
    warnings = () if segments else ("no speech was found",)
    return Diarization(segments, overlaps_of(found), True, f"channels, {name}", warnings)

"""Who spoke when: on a real phone call, split into channels with crosstalk, on one voice, and on silence."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa import audio
from qa.calls import Channel, Layout, Role, Span
from qa.diarization import Diarization, Segment, diarize, join, overlaps_of

pytestmark = pytest.mark.filterwarnings("ignore")


def error_rate(truth: list[tuple[str, float, float]], found: Diarization, seconds: float, collar: float = 0.0) -> float:
    """Diarization error rate (NIST): confused, missed and false speech over true speech."""
    from qa import torch_compat

    torch_compat.prepare()
    from pyannote.core import Annotation, Timeline
    from pyannote.core import Segment as Stretch
    from pyannote.metrics.diarization import DiarizationErrorRate

    reference, hypothesis = Annotation(), Annotation()
    for track, (speaker, start, end) in enumerate(truth):
        reference[Stretch(start, end), track] = speaker
    for track, segment in enumerate(found.segments):
        hypothesis[Stretch(segment.span.start, segment.span.end), track] = segment.speaker
    return float(DiarizationErrorRate(collar=collar)(reference, hypothesis, uem=Timeline([Stretch(0, seconds)])))


def only(heard: audio.Audio, speech: list[tuple[str, float, float]], speaker: str) -> np.ndarray:
    """The samples where this one speaks alone, otherwise faint noise."""
    alone = np.zeros(heard.samples.shape[1], bool)
    for who, start, end in sorted(speech, key=lambda s: s[0] != speaker):
        alone[round(start * heard.rate) : round(end * heard.rate)] = who == speaker
    noise = np.random.default_rng(0).normal(0, 1e-4, alone.size)
    return np.where(alone, heard.mono(), noise).astype(np.float32)


def test_mono_phone_call(models_ready, phone_call, phone_speech):
    heard = audio.decode(phone_call)
    found = diarize(heard, models=models_ready)
    assert len(found.speakers) == 2 and not found.overlap_known and found.warnings == ()
    assert "pyannote" in found.method
    assert error_rate(phone_speech, found, heard.duration) <= 0.10
    assert error_rate(phone_speech, found, heard.duration, collar=0.25) <= 0.04


def test_stereo_with_crosstalk(models_ready, phone_call, phone_speech):
    heard = audio.decode(phone_call)
    names = sorted({speaker for speaker, _, _ in phone_speech})
    clean = np.stack([only(heard, phone_speech, name) for name in names])
    crossed = clean + 10 ** (-30 / 20) * clean[::-1]
    stereo = replace(heard, samples=crossed, layout=Layout.STEREO, channels_in_file=2)
    found = diarize(stereo, models=models_ready, channel_map={Channel.LEFT: Role.AGENT, Channel.RIGHT: Role.CUSTOMER})
    assert found.overlap_known and found.method.startswith("channels")
    assert {(s.channel, s.role, s.speaker) for s in found.segments} == {
        (Channel.LEFT, Role.AGENT, "left"),
        (Channel.RIGHT, Role.CUSTOMER, "right"),
    }
    # Where both speak the mask above silenced one of them, so the truth is what is left of each.
    truth = [("left" if who == names[0] else "right", a, b) for who, a, b in phone_speech]
    assert error_rate(truth, found, heard.duration) <= 0.25
    for own in ("left", "right"):
        other = [(a, b) for who, a, b in truth if who != own]
        heard_alone = sum((s.span & Span(a, b)).duration for s in found.segments if s.speaker == own for a, b in other)
        assert heard_alone <= 0.15 * sum(b - a for a, b in other)


def test_one_voice_is_not_split_in_two(models_ready, phone_call, phone_speech):
    heard = audio.decode(phone_call)
    alone = replace(heard, samples=only(heard, phone_speech, phone_speech[0][0])[None])
    found = diarize(alone, models=models_ready)
    assert len(found.speakers) == 1
    assert "only one voice is heard, the call is taken as one-sided" in found.warnings


@pytest.mark.parametrize("layout", [Layout.MONO, Layout.STEREO])
def test_silence_has_no_speakers(models_ready, layout):
    quiet = np.random.default_rng(0).normal(0, 1e-5, (2 if layout is Layout.STEREO else 1, 8000 * 12)).astype(np.float32)
    found = diarize(audio.Audio(quiet, 8000, "pcm_s16le", layout, 12.0), models=models_ready)
    assert found.segments == () and found.overlaps == () and "no speech was found" in found.warnings


def test_the_silent_channel_of_an_unmapped_recording_is_left_out(models_ready, phone_call, phone_speech):
    heard = audio.decode(phone_call)
    lopsided = np.stack([heard.mono(), np.zeros_like(heard.mono())])
    found = diarize(replace(heard, samples=lopsided, layout=Layout.STEREO, channels_in_file=2), models=models_ready)
    assert len(found.speakers) == 2 and {s.channel for s in found.segments} == {Channel.LEFT}
    assert error_rate(phone_speech, found, heard.duration) <= 0.10


segments = st.lists(
    st.builds(
        lambda start, length, speaker: Segment(Span(start, start + length), speaker),
        st.floats(0, 60),
        st.floats(0.1, 5),
        st.sampled_from("AB"),
    ),
    max_size=20,
)


@given(segments)
def test_joining_loses_no_speech_and_adds_only_pauses(found):
    joined = join(found)
    for segment in found:
        assert any(j.speaker == segment.speaker and j.span & segment.span == segment.span for j in joined)
    assert sum(j.span.duration for j in joined) <= sum(s.span.duration + 0.5 for s in found) + 1e-6
    assert [j.span.start for j in joined] == sorted(j.span.start for j in joined)


@given(segments)
def test_overlaps_are_where_two_speakers_are(found):
    spans = overlaps_of(found)
    for span in spans:
        inside = {s.speaker for s in found if s.span.start <= span.start + 1e-9 and s.span.end > span.start}
        assert inside == {"A", "B"}
    assert all(a.end <= b.start for a, b in pairwise(spans))

"""Who spoke when: on a real phone call, split into channels with crosstalk, on one voice, and on silence."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa import audio
from qa.calls import CERTAIN_ROLE, Channel, Layout, Role, Span, Turn
from qa.diarization import Diarization, Segment, channels, diarize, join, overlaps_of, pyannote, roles

pytestmark = pytest.mark.filterwarnings("ignore")
SAMPLES = Path(__file__).resolve().parents[2] / "data/calls/audio"


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


def with_other(heard: audio.Audio, speech: list[tuple[str, float, float]], speaker: str) -> np.ndarray:
    """One side of a two-channel rendering: the recording wherever this one speaks, also under the other, otherwise faint noise."""
    speaking = np.zeros(heard.samples.shape[1], bool)
    for who, start, end in speech:
        if who == speaker:
            speaking[round(start * heard.rate) : round(end * heard.rate)] = True
    return np.where(speaking, heard.mono(), np.random.default_rng(0).normal(0, 1e-4, speaking.size)).astype(np.float32)


def two_channels(heard: audio.Audio, speech: list[tuple[str, float, float]], crosstalk_db: float) -> tuple[audio.Audio, list]:
    """Both sides with crosstalk, and who really speaks on which channel."""
    names = sorted({speaker for speaker, _, _ in speech})
    clean = np.stack([with_other(heard, speech, name) for name in names])
    crossed = clean + np.float32(10 ** (crosstalk_db / 20)) * clean[::-1]
    truth = [("left" if who == names[0] else "right", a, b) for who, a, b in speech]
    return replace(heard, samples=crossed, layout=Layout.STEREO, channels_in_file=2), truth


MAP = {Channel.LEFT: Role.AGENT, Channel.RIGHT: Role.CUSTOMER}


def test_mono_phone_call(models_ready, phone_call, phone_speech):
    heard = audio.decode(phone_call)
    found = diarize(heard, models=models_ready)
    assert len(found.speakers) == found.heard == 2 and found.sure and not found.overlap_known and found.warnings == ()
    assert "pyannote" in found.method and set(found.voices) == set(found.speakers)
    assert error_rate(phone_speech, found, heard.duration) <= 0.06
    assert error_rate(phone_speech, found, heard.duration, collar=0.25) <= 0.02


@pytest.mark.parametrize(("threshold", "size"), [(0.18, 8), (0.26, 8), (0.18, 16), (0.26, 16)])
def test_the_phone_call_does_not_hang_on_the_settings(models_ready, phone_call, phone_speech, threshold, size):
    heard = audio.decode(phone_call)
    found = pyannote.diarize(heard, models=models_ready, threshold=threshold, min_cluster_size=size)
    assert error_rate(phone_speech, found, heard.duration) <= 0.06


def test_the_pipeline_is_a_folder_that_pyannote_loads(models_ready, tmp_path, phone_call):
    """Not through our loader: ``Pipeline.from_pretrained`` on the folder, and the answer is the one we give."""
    from qa import torch_compat

    torch_compat.prepare()
    import torch
    from pyannote.audio import Pipeline

    folder = pyannote.lay_out(tmp_path / "pipeline", models_ready)
    pipeline = Pipeline.from_pretrained(folder)
    assert type(pipeline).__name__ == "OfflineDiarization"
    heard = audio.decode(phone_call)
    with torch_compat.quiet(), torch.inference_mode():
        output = pipeline({"waveform": torch.from_numpy(heard.mono())[None], "sample_rate": 16_000, "uri": "call"}, num_speakers=2)
    loaded = pyannote.run(pyannote._pipeline(models_ready)[0], heard.mono(), 2)
    turns = [(turn.start, turn.end) for turn, _, _ in output.speaker_diarization.itertracks(yield_label=True) if turn.duration >= 0.15]
    assert [(s.span.start, s.span.end) for s in loaded.segments] == turns


def test_known_networks_are_not_run_again(models_ready, phone_call, monkeypatch):
    pipeline, _, _ = pyannote._pipeline(models_ready)
    samples = audio.decode(phone_call).mono()
    first = pyannote.run(pipeline, samples, 2)
    monkeypatch.setattr(type(pipeline._segmentation.model), "forward", lambda *a, **k: pytest.fail("the network ran again"))
    monkeypatch.setattr(type(pipeline.voice_encoder), "forward", lambda *a, **k: pytest.fail("the encoder ran again"))
    assert pyannote.run(pipeline, samples, 2, first).segments == first.segments


@pytest.mark.parametrize("crosstalk_db", [-30, -20, -60])
def test_stereo_with_crosstalk(models_ready, phone_call, phone_speech, crosstalk_db):
    stereo, truth = two_channels(audio.decode(phone_call), phone_speech, crosstalk_db)
    found = diarize(stereo, models=models_ready, channel_map=MAP)
    assert found.overlap_known and found.method.startswith("channels") and found.heard == 2
    assert {(s.channel, s.role, s.speaker) for s in found.segments} == {
        (Channel.LEFT, Role.AGENT, "left"),
        (Channel.RIGHT, Role.CUSTOMER, "right"),
    }
    assert error_rate(truth, found, stereo.duration) <= 0.05


@pytest.mark.parametrize("gain", [1.0, 0.5, -0.8])
def test_one_signal_on_both_channels_is_mono(models_ready, phone_call, phone_speech, gain):
    heard = audio.decode(phone_call)
    noise = np.random.default_rng(2).normal(0, 1e-3, heard.samples.shape[1])
    twice = np.stack([heard.mono(), heard.mono() * gain + noise]).astype(np.float32)
    found = diarize(replace(heard, samples=twice, layout=Layout.STEREO, channels_in_file=2), models=models_ready, channel_map=MAP)
    assert "both channels hold the same signal: agent_channel cannot be used, taken as mono" in found.warnings
    assert {s.role for s in found.segments} == {None} and error_rate(phone_speech, found, heard.duration) <= 0.07


def test_two_sides_are_not_one_signal(phone_call, phone_speech):
    for crosstalk_db in (-60, -30, -20):
        assert not channels.same_signal(two_channels(audio.decode(phone_call), phone_speech, crosstalk_db)[0].samples)


def test_both_sides_on_one_channel_are_no_roles(models_ready, phone_call, phone_speech):
    """The map says the left channel is the agent's, but the recorder mixed both sides onto it."""
    heard = audio.decode(phone_call)
    mixed = replace(heard, samples=np.stack([heard.mono(), np.zeros_like(heard.mono())]), layout=Layout.STEREO, channels_in_file=2)
    found = diarize(mixed, models=models_ready, channel_map=MAP)
    assert {s.role for s in found.segments} == {None} and found.heard == 2
    assert any("perhaps of both sides: agent_channel cannot be used" in warning for warning in found.warnings)
    alone = np.stack([only(heard, phone_speech, phone_speech[0][0]), np.zeros_like(heard.mono())])
    found = diarize(replace(mixed, samples=alone), models=models_ready, channel_map=MAP)
    assert found.heard == 1


def test_a_dead_channel_leaves_the_other_its_role_doubtful_and_says_so_once(models_ready):
    """Nobody answers in the agent's channel of this call: whether a second voice is on it is not beyond doubt."""
    heard = audio.decode(SAMPLES / "S001.wav")
    dead = replace(heard, samples=np.stack([heard.channel(Channel.LEFT), np.zeros_like(heard.channel(Channel.LEFT))]))
    found = diarize(dead, models=models_ready, channel_map=MAP)
    assert found.heard == 1 and not found.sure and {s.role for s in found.segments} == {Role.AGENT}
    assert found.warnings == ("only the left channel carries speech, of one voice as far as can be told: its role is doubtful",)
    turns = [Turn(i, Role.UNKNOWN, "", s.span, speaker=s.speaker) for i, s in enumerate(found.segments)]
    result = roles.assign(turns, found)
    assert {t.role for t in result.turns} == {Role.AGENT} and result.confidence < CERTAIN_ROLE and result.method == "channel map"


def test_one_voice_is_not_split_in_two(models_ready, phone_call, phone_speech):
    heard = audio.decode(phone_call)
    alone = replace(heard, samples=only(heard, phone_speech, phone_speech[0][0])[None])
    found = diarize(alone, models=models_ready)
    assert len(found.speakers) == found.heard == 1
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
    assert error_rate(phone_speech, found, heard.duration) <= 0.06


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

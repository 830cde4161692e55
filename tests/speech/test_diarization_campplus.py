"""cam++ through FunASR's real ``AutoModel``, with an untrained model of its class: it knows no voices, but runs as the real one does."""

from __future__ import annotations

import numpy as np
import pytest

from hotline.errors import MissingPart, NotFound
from qa import audio, model_gate, models
from qa.diarization import campplus, diarize

pytestmark = pytest.mark.filterwarnings("ignore")
SMALL = {"feat_dim": 80, "embedding_size": 24, "growth_rate": 4, "bn_size": 2, "init_channels": 8}


@pytest.fixture(scope="module")
def untrained(tmp_path_factory, models_ready):
    """A models folder with FSMN-VAD and a small CAMPPlus of random weights, as ModelScope would give the real one."""
    from qa import torch_compat

    torch_compat.prepare()
    import torch
    import yaml

    folder = tmp_path_factory.mktemp("models")
    made = tmp_path_factory.mktemp("made") / campplus.NAME
    made.mkdir()
    with torch_compat.quiet():
        from funasr.models.campplus.model import CAMPPlus

        torch.manual_seed(1)
        torch.save(CAMPPlus(**SMALL).state_dict(), made / "model.pt")
    (made / "config.yaml").write_text(yaml.safe_dump({"model": "CAMPPlus", "model_conf": SMALL, "frontend": "WavFrontend"}))
    models.pull(campplus.NAME, folder, source=made.parent)
    model_gate.allow(folder / campplus.NAME, folder)
    models.pull("fsmn-vad-offline", folder, source=models_ready)
    return folder


def test_a_call_is_told_apart_where_only_cam_is_there(untrained, phone_call):
    heard = audio.decode(phone_call)
    found = diarize(heard, models=untrained)
    assert found.method == "fsmn-vad-offline, cam++" and not found.overlap_known and found.overlaps == ()
    assert found.segments and found.heard in (1, 2)
    assert all(0 <= s.span.start < s.span.end <= heard.duration for s in found.segments)
    again = diarize(heard, models=untrained, method="cam++")
    assert again.segments == found.segments, "FunASR's k-means is seeded"


def test_voices_are_unit_vectors_of_the_model_and_equal_for_equal_speech(untrained, phone_call):
    pieces = [audio.decode(phone_call).mono()[n * 24_000 : (n + 1) * 24_000] for n in (5, 8, 5)]
    voices = campplus.embed(campplus._load(untrained / campplus.NAME), pieces)
    assert voices.shape == (3, 24) and np.linalg.norm(voices, axis=1) == pytest.approx([1, 1, 1])
    assert voices[0] == pytest.approx(voices[2], abs=1e-5) and not np.allclose(voices[0], voices[1])


@pytest.mark.parametrize("pieces", [4, 12, 30, 60])
def test_two_voices_are_two_clusters_also_of_few_pieces(pieces):
    """Below twenty pieces FunASR's clustering answers one speaker, whatever it is told."""
    random = np.random.default_rng(3)
    truth = random.integers(0, 2, pieces)
    truth[:2] = 0, 1
    voices = np.eye(8)[truth] + random.normal(0, 0.05, (pieces, 8))
    state = np.random.get_state()[1].copy()
    labels = campplus.cluster(voices, 2)
    assert (np.random.get_state()[1] == state).all(), "nobody else's random numbers change"
    assert len({(a, b) for a, b in zip(truth, labels, strict=True)}) == 2
    assert set(campplus.cluster(voices[:6], 1)) == {0}


def test_silence_and_unknown_ways(untrained, models_ready):
    quiet = audio.Audio(np.zeros((1, 16_000 * 3), np.float32), 16_000, "x", audio.Layout.MONO, 3.0)
    assert diarize(quiet, models=untrained, method="cam++").heard == 0
    with pytest.raises(NotFound, match="use one of pyannote, cam"):
        diarize(quiet, models=models_ready, method="magic")
    with pytest.raises(MissingPart, match="hotline models pull cam"):
        diarize(quiet, models=models_ready, method="cam++")

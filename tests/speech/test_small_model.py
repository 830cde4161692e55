"""The committed small recogniser through the real ``AutoModel``, and when it is chosen."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from hotline.errors import ModelRefused
from qa.audio import decode
from qa.calls import Channel, SourceKind
from qa.model_gate import sha256_of
from qa.transcription import _choose, small
from qa.transcription.training import evaluate

DATA = Path(__file__).parents[2] / "data"
BOUND = 0.35
"""Character error rate on the first lines of one sample call; the card says what the model reaches on all."""


def test_the_folder_is_the_pinned_one_small_and_has_its_cards() -> None:
    for name, digest in small.SHA256.items():
        assert sha256_of(small.FOLDER / name) == digest
    assert {p.name for p in small.FOLDER.iterdir()} >= {"config.yaml", "model.pt", "am.mvn", "bpe.model", "README.md", "README.zh-CN.md"}
    assert sum(p.stat().st_size for p in small.FOLDER.iterdir()) <= 15 << 20
    english, chinese = ((small.FOLDER / name).read_text("utf-8") for name in ("README.md", "README.zh-CN.md"))
    assert "synthetic" in english and "合成" in chinese
    assert "Apache-2.0" in english and "Apache-2.0" in chinese


def test_weights_are_plain_half_precision_tensors() -> None:
    torch = pytest.importorskip("torch")
    state = torch.load(small.FOLDER / "model.pt", weights_only=True)
    assert all(v.dtype is torch.float16 for v in state.values())
    assert all(bool(torch.isfinite(v).all()) for v in state.values())


def test_weights_that_are_not_the_pinned_ones_are_refused(models_ready: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(small, "SHA256", {small.WEIGHTS: "0" * 64})
    with pytest.raises(ModelRefused, match=r"model\.pt"):
        small.recognise(np.zeros(16_000, np.float32), models_ready)


def test_a_sample_call_is_recognised_with_times_in_order(models_ready: Path) -> None:
    truth = json.loads((DATA / "truth" / "S001.json").read_text("utf-8"))
    audio = decode(DATA / "calls" / "audio" / "S001.wav").at(16_000)
    side = Channel.LEFT if truth["agent_channel"] == "left" else Channel.RIGHT
    lines = [line for line in truth["lines"] if line["role"] == "agent"][:4]
    until = lines[-1]["end"] + 0.3
    heard = small.recognise(audio.channel(side)[: round(until * 16_000)], models_ready, side)
    assert heard.moods == []
    spoken = heard.spoken
    assert all(0 <= s.span.start <= s.span.end <= until + 0.5 for s in spoken)
    starts = [s.span.start for s in spoken]
    assert starts == sorted(starts)
    assert all(s.channel is side and s.confidence is not None and 0 <= s.confidence <= 1 for s in spoken)
    text = "".join(s.text for s in spoken)
    assert not set("<|>") & set(text)
    assert evaluate.cer(["".join(line["text"] for line in lines)], [text]) < BOUND
    in_line = [s for s in spoken if lines[1]["start"] - 0.3 <= s.span.start <= lines[1]["end"] + 0.3]
    assert in_line, "characters lie where they were spoken"


def test_plain_automodel_reads_the_folder(models_ready: Path) -> None:
    hear = evaluate.auto_model(small.FOLDER)
    clip = next(iter(evaluate.calls(DATA / "calls", DATA / "truth")))
    assert evaluate.cer([clip.text], [hear(clip.samples)]) < BOUND


def test_it_is_chosen_only_for_synthetic_mandarin_without_a_better_text(models_ready: Path, tmp_path: Path) -> None:
    transcript = tmp_path / "t.json"
    assert _choose(None, "zh", models_ready, True) == small.NAME
    assert _choose(None, "zh", models_ready, False) == "none"
    assert _choose(transcript, "zh", models_ready, True) == "supplied"
    assert _choose(None, "en", models_ready, True) != small.NAME
    assert _choose(None, "zh", tmp_path, True) == "none", "FSMN-VAD has not been pulled"


def test_its_name_tells_whose_text_it_is() -> None:
    source = small.source()
    assert (source.kind, source.name) == (SourceKind.ENGINE, "hotline-zh-small")
    assert source.version

"""similar_to by meaning: the real code path with a tiny model of the real class, whose vectors mean nothing but are reproducible."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from hotline.errors import BadRule, MissingPart, ModelRefused
from qa import models, torch_compat
from qa.rules.conditions import embedding
from qa.rules.verdict import Verdict

RULE = "x: {similar_to: 我理解您的心情, similarity: embedding, at_least: 0.95, by: agent%s}"
LETTERS = "您好这里是国家电网客服请问有什么可以帮到稍等再见我理解的心情不着急"

needs_torch = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None or importlib.util.find_spec("transformers") is None, reason="the extra is not installed"
)


def make_model(folder: Path, *, first_token: bool | None = None) -> Path:
    """A BertModel of two layers with random weights, its tokenizer, and its record of the catalogue."""
    if torch_compat.has_speech_extra():
        torch_compat.prepare()
    import torch
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder.mkdir(parents=True)
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *dict.fromkeys(LETTERS)]
    (folder / "vocab.txt").write_text("\n".join(vocabulary), encoding="utf-8")
    BertTokenizerFast(vocab=str(folder / "vocab.txt")).save_pretrained(folder)
    torch.manual_seed(4)
    size = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64, "initializer_range": 0.6}
    BertModel(BertConfig(vocab_size=len(vocabulary), **size)).save_pretrained(folder)
    if first_token is not None:
        (folder / "1_Pooling").mkdir()
        (folder / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode_cls_token": first_token}), encoding="utf-8")
    digests = {p.relative_to(folder).as_posix(): models.sha256_of(p) for p in folder.rglob("*") if p.is_file()}
    (folder / models.RECORD).write_text(json.dumps({"sha256": digests}), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    make_model(folder / "bge-small-zh", first_token=True)
    return folder


@pytest.fixture
def here(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOTLINE_MODELS", str(shelf))
    return shelf


@needs_torch
def test_the_sentence_nearest_in_meaning_is_the_evidence(find, call, here) -> None:
    found = find(RULE % "", call("agent@0-4: 请稍等。我理解您的心情，", "customer@4-6: 我理解您的心情", "agent@6-8: 请稍等"))
    assert [(h.turn, h.start, h.end, h.certain) for h in found.hits] == [(0, 4, 11, True)]
    assert "1.00" in found.hits[0].detail and found.hits[0].span is not None


@needs_torch
def test_windows_exclusions_and_low_confidence_hold_as_for_the_text(find, call, here) -> None:
    from dataclasses import replace

    lines = ("agent: 我理解您的心情", "customer: 好", "agent: 我理解您的心情")
    assert [h.turn for h in find(RULE % ", in: last 1 agent turns", call(*lines)).hits] == [2]
    assert find(RULE % ", exclude: [理解您的]", call(*lines)).verdict is Verdict.MISS
    base = call(*lines[:1])
    unsure = replace(base, turns=(replace(base.turns[0], confidence=0.1),))
    assert find(RULE % "", unsure).verdict is Verdict.DOUBTFUL
    assert find(RULE % "", call("agent@0-4:")).unsure, "no text"


@needs_torch
def test_a_little_below_the_limit_is_doubtful(find, call, here) -> None:
    said = "我理解您的心情吗"
    wanted = embedding.meaning("bge-small-zh", ["我理解您的心情"])
    score = float((embedding.encoder("bge-small-zh").encode([said]) @ wanted.vectors.T)[0, 0])
    assert 0.6 < score < 0.9
    rule = "x: {similar_to: 我理解您的心情, similarity: embedding, at_least: %.3f, by: agent}"
    for above, verdict in ((-0.01, Verdict.HIT), (0.03, Verdict.DOUBTFUL), (0.08, Verdict.MISS)):
        assert find(rule % (score + above), call(f"agent: {said}")).verdict is verdict


@needs_torch
def test_vectors_have_length_one_whatever_the_batch_and_the_pooling(tmp_path, here, monkeypatch) -> None:
    mean = embedding.Encoder(make_model(tmp_path / "mean"))
    first = embedding.Encoder(make_model(tmp_path / "first", first_token=True))
    texts = ["您好", "请稍等再见", "您好"]
    for encoder in (mean, first):
        vectors = encoder.encode(texts)
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5) and vectors.shape == (3, 32)
        assert np.allclose(vectors[0], vectors[2])
        assert np.allclose(encoder._vectors(["您好"])[0], vectors[0], atol=1e-5), "padding changes nothing"
    assert not np.allclose(mean.encode(["您好"]), first.encode(["您好"]), atol=1e-3)
    monkeypatch.setattr(embedding, "_KEPT", 2)
    assert np.allclose(mean.encode(["再见", "您好"])[1], mean._vectors(["您好"])[0], atol=1e-5), "what was remembered is dropped"


def test_a_model_that_was_not_pulled_is_named_with_the_command(find, call, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("HOTLINE_MODELS", str(tmp_path))
    with pytest.raises(MissingPart, match=r"bge-small-zh.*hotline models pull bge-small-zh"):
        find(RULE % "", call("agent: 您好"))


def test_without_the_extra_the_command_that_installs_it_is_named(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(torch_compat, "has_speech_extra", lambda: False)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingPart, match=r"torch is not installed.*hotline\[embedding\]"):
        embedding.Encoder(tmp_path)


@needs_torch
def test_damaged_and_foreign_folders_are_refused_in_one_line(tmp_path, monkeypatch) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(MissingPart, match="cannot be loaded"):
        embedding.Encoder(tmp_path / "empty")
    broken = make_model(tmp_path / "broken", first_token=False)
    (broken / "1_Pooling" / "config.json").write_text("{", encoding="utf-8")
    with pytest.raises(MissingPart, match="not JSON"):
        embedding.Encoder(broken)
    shelf = tmp_path / "shelf"
    pickled = make_model(shelf / "bge-small-en")
    (pickled / "extra.bin").write_bytes(b"\x80\x04.")
    monkeypatch.setenv("HOTLINE_MODELS", str(shelf))
    with pytest.raises(ModelRefused, match="models allow"):
        embedding.encoder("bge-small-en")


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ("similarity: vectors", "'vectors' is not known"),
        ("model: bge-small-zh", "no meaning without similarity: embedding"),
        ("similarity: embedding, model: bert", "'bert' is not known"),
    ],
)
def test_what_cannot_be_meant(one_item, fields, problem) -> None:
    with pytest.raises(BadRule, match=problem):
        one_item(f"x: {{similar_to: 我理解您, {fields}}}")

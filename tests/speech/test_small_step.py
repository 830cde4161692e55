"""The network of the small recogniser: FunASR's class itself, learning, and kept in a folder that ``AutoModel`` reads."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml

from qa import torch_compat
from qa.transcription import ngrams
from qa.transcription.training import evaluate, export, features, network, store

CHARACTERS = "您好请问电费多少停了怎么办谢再见一二三四五六七八九零"
SENTENCES = ("您好，请问电费多少。", "停电了怎么办？", "一二三四五六七八九零。", "谢谢，再见。")


@pytest.fixture(scope="module", autouse=True)
def _prepared() -> None:
    torch_compat.prepare()
    torch.set_num_threads(1)


def _heard(rng: np.random.Generator) -> list[store.Heard]:
    """Four sentences, each character a spectrum of its own for 180 ms."""
    shapes = {c: rng.normal(14, 3, features.BINS).astype(np.float32) for c in CHARACTERS}
    heard = []
    for sentence in SENTENCES:
        text = sentence.replace("，", "").replace("。", "").replace("？", "")
        bank = np.concatenate([np.repeat(shapes[c][None], 18, 0) for c in text]) + rng.normal(0, 0.3, (18 * len(text), 1)).astype(
            np.float32
        )
        places = np.array([[i * 0.18, (i + 1) * 0.18] for i in range(len(text))], np.float32)
        heard.append(store.Heard(bank.astype(np.float16), sentence, places))
    return heard


def _folder(path: Path, heard: list[store.Heard]) -> Path:
    network.make_tokens(CHARACTERS, path)
    network.write_normalisation(path / "am.mvn", np.concatenate([features.stack(h.bank.astype(np.float32)) for h in heard]))
    return path


def test_tokens_are_characters_and_tags_and_agree_both_ways(tmp_path: Path) -> None:
    pieces = network.tokens(_folder(tmp_path, _heard(np.random.default_rng(0))))
    text = "".join(network.TAGS) + "您好再见"
    assert pieces.encode(text, out_type=str) == [*network.TAGS, "您", "好", "再", "见"]
    assert pieces.decode(pieces.encode(text)) == text
    assert pieces.piece_to_id("您") > 0 and pieces.piece_to_id("猫") == network.BLANK


def test_the_student_hears_what_funasr_s_own_inference_hears(tmp_path: Path) -> None:
    config = network.settings(32, 3, 64)
    student = network.Student(network.build(config, 40), 2, 5, 6).eval()
    speech = torch.randn(1, 20, features.STACK * features.BINS)
    with torch.no_grad():
        ours = student(speech, torch.tensor([20]))[0]
        model: Any = student.model
        front = model.embed(torch.tensor([[3, 1, 2, 15]]))
        theirs = model.ctc.ctc_lo(model.encoder(torch.cat([front, speech], 1), torch.tensor([24]))[0])
    assert torch.allclose(ours, theirs, atol=1e-5)


def test_shards_come_back_as_they_were(tmp_path: Path) -> None:
    heard = _heard(np.random.default_rng(1))
    store.write(tmp_path / "one.npz", heard)
    back = store.read([tmp_path / "one.npz"])
    assert [h.punctuated for h in back] == list(SENTENCES)
    for ours, theirs in zip(heard, back, strict=True):
        assert np.array_equal(ours.bank, theirs.bank) and np.allclose(ours.places, theirs.places)


def test_a_batch_is_learnt_by_heart_and_automodel_writes_it(tmp_path: Path) -> None:
    pytest.importorskip("misaki")
    from qa.transcription.training import feeding, labels, train

    heard = _heard(np.random.default_rng(2))
    folder = _folder(tmp_path / "trained", heard)
    store.write(tmp_path / "shards" / "one.npz", heard)
    pieces = network.tokens(folder)
    examples = [e for h in heard if (e := feeding.example(h, pieces)) is not None]
    assert len(examples) == len(heard)
    plan = train.Plan(1, width=64, blocks=3, inner=128, dropout=0.0, tap=2)
    config = network.settings(64, 3, 128, dropout=0.0)
    torch.manual_seed(0)
    student = network.Student(network.build(config, pieces.get_piece_size()), 2, labels.INITIALS, labels.FINALS)
    tags = torch.tensor([pieces.piece_to_id(t) for t in network.TAGS])
    feeder = feeding.Feeder(folder, tmp_path / "shards", 60, 0)
    assert len(feeder.examples) == len(heard)
    optimiser = torch.optim.AdamW(student.parameters(), 3e-3)
    shift, scale = network.read_normalisation(folder / "am.mvn")
    clean = [(features.stack(h.bank.astype(np.float32)) + shift) * scale for h in heard]
    which = torch.full((3, 4, max(map(len, clean))), -1)
    speech = torch.nn.utils.rnn.pad_sequence([torch.from_numpy(c) for c in clean], batch_first=True)
    batch = (speech, torch.tensor([len(c) for c in clean]), [e.ids for e in examples], which[0], which[1], which[2])
    first = float(train.losses(student.train(), next(feeder.rounds()), tags, plan, 0.5)[0].detach())
    for _ in range(150):
        loss, _ = train.losses(student, batch, tags, plan, 0.0)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert np.isfinite(first) and float(loss.detach()) < 0.1
    assert train.recognised(student, clean, pieces) == [h.text for h in heard]

    torch.save(student.state_dict(), folder / "averaged.pt")
    (folder / "plan.yaml").write_text(yaml.safe_dump({"width": 64, "blocks": 3, "inner": 128}), encoding="utf-8")
    ngrams.write(folder / "language.npz", *ngrams.count([e.ids.tolist() for e in examples], least=1))
    made = export.export(folder, tmp_path / "model")
    assert set(made) == set(export.FILES)
    hear = evaluate.auto_model(tmp_path / "model")
    assert isinstance(hear(np.zeros(16_000, np.float32)), str)


def test_the_learning_rate_rises_and_falls_with_the_clock() -> None:
    pytest.importorskip("misaki")
    from qa.transcription.training.train import rate

    assert rate(0.0, 0.04, 0) < 0.01
    assert rate(0.04, 0.04, 500) == pytest.approx(1.0, abs=0.01)
    assert rate(1.0, 0.04, 5000) == pytest.approx(0.01)
    steps = [rate(s / 100, 0.04, 500) for s in range(4, 101)]
    assert all(a >= b for a, b in itertools.pairwise(steps))

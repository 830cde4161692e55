"""The steps of ``make``, each of which leaves files and does nothing when they are there already."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from qa import torch_compat
from qa.transcription import ngrams
from qa.transcription.training import evaluate, features, labels, network, store, telephone, texts
from qa.transcription.training.speech import Voices

HELD_CLAUSE = 8  # characters: a shorter clause of a held-out text is a stock phrase that everybody says
SHORTCUT_STEPS = 3000
SHORTCUT_PAIRS = 900


@dataclass(frozen=True, slots=True)
class Recipe:
    """Where everything lies and how large the network is."""

    work: Path
    weights: Path
    voices: tuple[Path, ...]
    corpus: Path | None
    held_out: tuple[Path, ...]
    width: int
    processes: int

    @property
    def shards(self) -> Path:
        """Training features."""
        return self.work / "features"

    @property
    def trained(self) -> Path:
        """Tokens, normalisation and weights."""
        return self.work / "trained"


def forbidden(scripts: Iterable[Path], corpus: Path | None) -> frozenset[str]:
    """Clauses of eight characters and more of held-out call scripts and of a corpus' test split."""
    found: set[str] = set()
    for path in scripts:
        for line in yaml.safe_load(path.read_text(encoding="utf-8"))["lines"]:
            found.update(texts.clauses(line.get("agent") or line.get("customer")))
    if corpus is not None:
        for row in map(json.loads, (corpus / "manifest.jsonl").read_text(encoding="utf-8").splitlines()):
            if row["split"] == "test":
                found.update(texts.clauses(row["punct"]))
    return frozenset(clause for clause in found if len(clause) >= HELD_CLAUSE)


def prepare(recipe: Recipe) -> None:
    """Tokens from ``characters.txt``, a corpus' train split as features, and the normalisation."""
    torch_compat.prepare()
    recipe.trained.mkdir(parents=True, exist_ok=True)
    if not (recipe.trained / "bpe.model").exists():
        characters = (texts.HERE / "characters.txt").read_text(encoding="utf-8").replace("\n", "")
        network.make_tokens(characters, recipe.trained)
    if recipe.corpus is not None and not list(recipe.shards.glob("corpus-*.npz")):
        rows = [json.loads(line) for line in (recipe.corpus / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]
        used = [row for row in rows if row["split"] == "train"]
        for start in range(0, len(used), 300):
            heard = [
                store.Heard(features.filterbank(evaluate.load(recipe.corpus / row["file"])), row["punct"], store.unknown(row["punct"]))
                for row in used[start : start + 300]
            ]
            store.write(recipe.shards / f"corpus-{start:05d}.npz", heard)


def speak(recipe: Recipe, hours: float) -> None:
    """Speech through the vocoder by several processes, then its filter banks."""
    arguments = [(recipe, hours / recipe.processes, worker) for worker in range(recipe.processes)]
    with multiprocessing.Pool(recipe.processes) as pool:
        pool.starmap(_speak, arguments)
    vocabulary = _vocabulary(recipe.weights)
    for manifest in sorted((recipe.work / "speech").glob("manifest-*.jsonl")):
        target = recipe.shards / f"spoken-{manifest.stem.split('-')[1]}.npz"
        rows = [json.loads(line) for line in manifest.read_text(encoding="utf-8").splitlines()]
        heard = []
        for row in rows:
            try:
                places = labels.spans(row["punct"], row["phonemes"], row["durations"], vocabulary)
            except ValueError:
                places = store.unknown(row["punct"])
            heard.append(store.Heard(features.filterbank(evaluate.load(recipe.work / "speech" / row["file"])), row["punct"], places))
        store.write(target, heard)
    if not (recipe.trained / "am.mvn").exists():
        rng = np.random.default_rng(0)
        heard = store.read(sorted(recipe.shards.glob("*.npz")))
        sample = [features.stack(features.line(heard[int(i)].bank.astype(np.float32), rng)) for i in rng.integers(len(heard), size=600)]
        network.write_normalisation(recipe.trained / "am.mvn", np.concatenate(sample))


def _speak(recipe: Recipe, hours: float, worker: int) -> None:
    from qa.transcription.training import speech

    torch_compat.prepare()
    folder = recipe.work / "speech"
    manifest = folder / f"manifest-{worker}.jsonl"
    done = [json.loads(line) for line in manifest.read_text(encoding="utf-8").splitlines()] if manifest.exists() else []
    left = hours - sum(row["seconds"] for row in done) / 3600
    if left <= 0:
        return
    folder.mkdir(parents=True, exist_ok=True)
    sentences = texts.Texts(worker, forbidden(recipe.held_out, recipe.corpus))
    sentences.remember(row["punct"] for row in done)
    speech.generate(folder, recipe.weights, Voices(recipe.weights / "voices", *recipe.voices), sentences, left, worker)


def learn_shortcut(recipe: Recipe) -> None:
    """The short cut from what was spoken: Kokoro's frames of a sentence and the filter bank of its speech."""
    from qa.transcription.training import shortcut, speech
    from qa.transcription.training.kokoro import Frames

    path = recipe.work / "shortcut.pt"
    if path.exists():
        return
    frames = Frames(recipe.weights, recipe.work / "graph")
    voices = Voices(recipe.weights / "voices", *recipe.voices)
    pairs: list[tuple[Any, ...]] = []
    for manifest in sorted((recipe.work / "speech").glob("manifest-*.jsonl")):
        for row in map(json.loads, manifest.read_text(encoding="utf-8").splitlines()):
            if len(pairs) >= SHORTCUT_PAIRS:
                break
            speaker = speech.Speaker(row["prosody"], row["timbre"], row["speed"])
            style = voices.style(speaker, sum(p in frames.vocabulary for p in row["phonemes"]))
            acoustic, pitch, energy, _ = frames.of(row["phonemes"], style, row["speed"])
            bank = features.filterbank(evaluate.load(recipe.work / "speech" / row["file"]))
            pairs.append((acoustic.astype(np.float16), pitch, energy, style, bank.astype(np.float16)))
    shortcut.save(shortcut.learn(pairs, SHORTCUT_STEPS), path)


def speak_quickly(recipe: Recipe, hours: float) -> None:
    """Features of many more sentences by the short cut, by several processes."""
    arguments = [(recipe, hours / recipe.processes, worker) for worker in range(recipe.processes)]
    with multiprocessing.Pool(recipe.processes) as pool:
        pool.starmap(_speak_quickly, arguments)


def _speak_quickly(recipe: Recipe, hours: float, worker: int) -> None:
    import torch

    from qa.transcription.training import shortcut, speech
    from qa.transcription.training.kokoro import Frames

    torch.set_num_threads(1)
    done = store.read(sorted(recipe.shards.glob(f"quick-{worker}-*.npz")))
    left = hours - sum(heard.seconds for heard in done) / 3600
    if left <= 0:
        return
    sentences = texts.Texts(1000 + worker, forbidden(recipe.held_out, recipe.corpus))
    sentences.remember(heard.punctuated for heard in done)
    voices = Voices(recipe.weights / "voices", *recipe.voices)
    frames = Frames(recipe.weights, recipe.work / "graph")
    speech.generate_features(recipe.shards, frames, shortcut.load(recipe.work / "shortcut.pt"), voices, sentences, left, worker)


def count_language(recipe: Recipe, sentences: int) -> None:
    """Which characters follow which, from many more sentences than are spoken: two thirds as they come, the rest with rare characters."""
    path = recipe.trained / "language.npz"
    if path.exists():
        return
    pieces = network.tokens(recipe.trained)
    held = forbidden(recipe.held_out, recipe.corpus)

    def drawn() -> Iterator[list[int]]:
        for seed, candidates, count in ((901, 1, sentences * 2 // 3), (902, 4, sentences // 3)):
            source = texts.Texts(seed, held)
            for index in range(count):
                if index % 2000 == 0:
                    source.seen.clear()  # stock phrases are said again and again
                yield [pieces.piece_to_id(c) for c in texts.bare(source.draw(candidates))]
        if recipe.corpus is not None:
            for row in map(json.loads, (recipe.corpus / "manifest.jsonl").read_text(encoding="utf-8").splitlines()):
                if row["split"] == "train":
                    yield from [[pieces.piece_to_id(c) for c in row["text"]]] * 5

    ngrams.write(path, *ngrams.count(drawn(), least=3))


def train(recipe: Recipe, minutes: float) -> None:
    """Train by the clock; what is held out is the corpus' test split through the measured telephone line."""
    import torch

    from qa.transcription.training import train as loop

    # Lines near a good one first: what sounds like what is learnt sooner from them. Then worse lines, more voices, dropout.
    first = loop.Plan(0.7 * minutes, width=recipe.width, inner=4 * recipe.width, strength=0.35, dropout=0.0, seconds=45.0)
    second = replace(first, minutes=0.3 * minutes, strength=0.6, dropout=0.1, peak=first.peak / 2, place=0.3, seed=1)
    (recipe.trained / "plan.yaml").write_text(yaml.safe_dump(asdict(first)), encoding="utf-8")
    torch.set_num_threads(recipe.processes)
    loop.use_bfloat16(hasattr(torch.cpu, "_is_avx512_bf16_supported") and torch.cpu._is_avx512_bf16_supported())
    held: dict[str, tuple[list[np.ndarray], list[str]]] = {}
    if recipe.corpus is not None:
        clips = list(evaluate.corpus(recipe.corpus, "test"))
        banks = [features.stack(features.filterbank(telephone.narrow(clip.samples))) for clip in clips]
        held["test"] = (banks, [clip.text for clip in clips])
    log = recipe.trained / "log.jsonl"
    loop.train(recipe.trained, recipe.shards, held, first, log)
    loop.train(recipe.trained, recipe.shards, held, second, log, start=recipe.trained / "current.pt")


def _vocabulary(weights: Path) -> dict[str, int]:
    kept = json.loads((weights / "vocab.json").read_text(encoding="utf-8"))
    found: dict[str, int] = kept.get("vocab", kept)
    return found

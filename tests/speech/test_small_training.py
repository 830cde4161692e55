"""How the small Mandarin recogniser is made: its sentences, its telephone lines, its features and its training step."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.transcription.training import __main__ as training
from qa.transcription.training import evaluate, features, recipe, telephone, texts

SCRIPTS = sorted((Path(__file__).parents[2] / "data" / "calls" / "scripts").glob("S*.yaml"))
CHARACTERS = set((texts.HERE / "characters.txt").read_text(encoding="utf-8").replace("\n", ""))


def _band_power(samples: np.ndarray, low: float, high: float) -> float:
    spectrum = np.abs(np.fft.rfft(samples)) ** 2
    hertz = np.fft.rfftfreq(len(samples), 1 / telephone.RATE)
    return float(spectrum[(hertz >= low) & (hertz < high)].sum())


def test_every_template_fills_without_leftovers_and_within_the_vocabulary() -> None:
    drawn = texts.Texts(3)
    for side in ("customer", "agent", "other"):
        for template in texts.templates(side):
            for _ in range(3):
                made = drawn.fill(template)
                assert not re.search(r"[(){}\[\]|]", made), (template, made)
                assert set(texts.bare(made)) <= CHARACTERS, (template, set(texts.bare(made)) - CHARACTERS)


def test_no_sentence_holds_a_clause_of_the_sample_calls() -> None:
    held = recipe.forbidden(SCRIPTS, None)
    assert len(held) > 100
    drawn = texts.Texts(4, held)
    sentences = [drawn.draw(2) for _ in range(1500)]
    spoken = {clause for path in SCRIPTS for line in yaml.safe_load(path.read_text("utf-8"))["lines"] for clause in texts.clauses(
        line.get("agent") or line.get("customer"))}  # fmt: skip
    copied = {c for s in sentences for c in texts.clauses(s) if len(c) >= recipe.HELD_CLAUSE} & spoken
    assert not copied
    assert len(set(sentences)) == len(sentences)
    assert all(2 <= len(texts.bare(s)) <= 60 for s in sentences)


def test_the_same_seed_draws_the_same_sentences_and_rare_characters_come_up() -> None:
    first, second = texts.Texts(7), texts.Texts(7)
    assert [first.draw() for _ in range(40)] == [second.draw() for _ in range(40)]
    flat, plain = texts.Texts(8), texts.Texts(8)
    for _ in range(600):
        flat.draw(6)
        plain.draw(1)
    assert len(flat.counts) > len(plain.counts)


@given(st.integers(0, 99_999_999))
def test_numbers_are_counted_as_they_are_spoken(value: int) -> None:
    said = texts.counted(value)
    assert _value(said) == value
    assert "零零" not in said and not said.endswith("十零")


def _value(said: str) -> int:
    if "万" in said:
        head, tail = said.split("万")
        return _value(head) * 10_000 + (_value(tail) if tail else 0)
    total = digit = 0
    for char in said:
        if char in "十百千":
            total += (digit or 1) * {"十": 10, "百": 100, "千": 1000}[char]
            digit = 0
        else:
            digit = texts.DIGITS.index(char)
    return total + digit


def test_speakers_say_some_sentences_each_and_none_that_is_held_out(tmp_path: Path) -> None:
    pytest.importorskip("misaki")
    from qa.transcription.training import speech
    from qa.transcription.training.kokoro import LONGEST

    rng = np.random.default_rng(6)
    for name in ("zf_xiaobei", "zm_yunxi", "af_heart", "zf_xiaoni"):
        rng.standard_normal((LONGEST, 1, 256)).astype(np.float32).tofile(tmp_path / f"{name}.bin")
    voices = speech.Voices(tmp_path)
    vocabulary = set("ㄅㄆㄇㄈㄉㄊㄋㄌㄍㄎㄏㄐㄑㄒㄓㄔㄕㄖㄗㄘㄙㄧㄨㄩㄚㄛㄜㄝㄞㄟㄠㄡㄢㄣㄤㄥ12345→↓↗↘ː") | set(
        "abcdefghijklmnopqrstuvwxyzɕʂʐʰŋəɤɨɛɪʊɹ ,.?!"
    )

    def drawn(most: int) -> list[speech.Line]:
        made = speech.lines(voices, texts.Texts(9), vocabulary, np.random.default_rng(10), most)
        return list(itertools.islice(made, 60))

    found, again = drawn(3), drawn(3)
    assert [(x.text, x.phonemes, x.speaker) for x in found] == [(x.text, x.phonemes, x.speaker) for x in again]
    runs = [len(list(run)) for _, run in itertools.groupby(found, key=lambda x: x.speaker)]
    assert max(runs) <= 3 and len(set(runs)) > 1
    assert {name for x in found for name, _ in (*x.speaker.prosody, *x.speaker.timbre)} == {"zf_xiaobei", "zm_yunxi", "af_heart"}
    for line in found:
        tokens = sum(p in vocabulary for p in line.phonemes)
        assert 0 < tokens <= LONGEST and np.array_equal(line.style, voices.style(line.speaker, tokens))


@pytest.mark.parametrize(("seconds", "clear"), [(0.2, False), (1.0, True), (5.3, True), (5.5, False)])
def test_a_voice_that_drags_or_swallows_is_left_out(seconds: float, clear: bool) -> None:
    from qa.transcription.training import speech

    assert speech.is_clear(seconds, "您好，请讲哪位？") is clear


@pytest.mark.parametrize("make", [telephone.narrow, lambda s: telephone.through_line(s, np.random.default_rng(5))])
def test_a_telephone_line_keeps_the_band_and_takes_away_the_rest(make: Callable[[np.ndarray], np.ndarray]) -> None:
    rng = np.random.default_rng(1)
    speech = rng.standard_normal(telephone.RATE * 2).astype(np.float32) * np.float32(0.1)
    heard = make(speech)
    assert heard.dtype == np.float32 and len(heard) == len(speech) and np.abs(heard).max() <= 1
    inside = _band_power(heard, 400, 3000) / 2600
    assert _band_power(heard, 4500, 8000) / 3500 < inside * 1e-3
    assert _band_power(heard, 0, 60) / 60 < inside * 0.3


@pytest.mark.parametrize("codec", [telephone.mu_law, telephone.a_law])
def test_companding_keeps_the_signal_and_is_finer_where_it_is_quiet(codec: Callable[[np.ndarray], np.ndarray]) -> None:
    quiet = np.linspace(-0.01, 0.01, 2001)
    loud = np.linspace(-0.9, 0.9, 2001)
    errors = [float(np.abs(codec(x) - x).max()) for x in (quiet, loud)]
    assert errors[0] < 0.001 and errors[1] < 0.05 and errors[0] * 5 < errors[1]


@settings(max_examples=30, deadline=None)
@given(st.integers(8, 700))
def test_stacking_is_funasr_s_low_frame_rate(frames: int) -> None:
    torch = pytest.importorskip("torch")
    from qa import torch_compat

    torch_compat.prepare()
    from funasr.frontends.wav_frontend import apply_lfr

    bank = np.random.default_rng(frames).standard_normal((frames, features.BINS)).astype(np.float32)
    theirs = apply_lfr(torch.from_numpy(bank), features.STACK, features.SKIP).numpy()
    assert np.array_equal(features.stack(bank), theirs)


def test_a_line_in_the_filter_bank_s_domain_sounds_like_one_of_samples() -> None:
    pytest.importorskip("torch")
    from qa import torch_compat

    torch_compat.prepare()
    clip = Path(__file__).parents[2] / "data" / "calls" / "audio" / "S002.wav"
    samples = evaluate.load(clip)[: 8 * telephone.RATE]
    rng = np.random.default_rng(2)
    bank = features.filterbank(samples)
    here = np.mean([features.line(bank, rng).mean(0) for _ in range(40)], axis=0)
    there = np.mean([features.filterbank(telephone.through_line(samples, rng)).mean(0) for _ in range(15)], axis=0)
    inside = (features.centres() > 400) & (features.centres() < 3000)
    assert np.abs(here - there)[inside].max() < 2.5
    assert here[features.centres() > 5000].mean() < here[inside].mean() - 3


def test_character_error_rate_counts_edits_over_characters() -> None:
    assert evaluate.errors("您好，再见。", "您 好再，见") == (0, 4)
    assert evaluate.errors("电费", "") == (2, 2)
    assert evaluate.errors("", "电费") == (2, 0)
    assert evaluate.cer(["一二三四", "五六"], ["一三四", "五六七"]) == pytest.approx(2 / 6)
    with pytest.raises(ValueError, match="no reference"):
        evaluate.cer(["，"], ["好"])


@given(st.text("一二三四五", max_size=12), st.text("一二三四五", max_size=12))
def test_errors_are_a_distance(first: str, second: str) -> None:
    distance = evaluate.errors(first, second)[0]
    assert distance == evaluate.errors(second, first)[0]
    assert abs(len(first) - len(second)) <= distance <= max(len(first), len(second))
    assert (distance == 0) == (first == second)


def test_the_sample_calls_are_held_out_unless_others_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made: list[recipe.Recipe] = []

    class StopHere(Exception):
        pass

    def prepare(found: recipe.Recipe) -> None:
        made.append(found)
        raise StopHere

    monkeypatch.setattr(recipe, "prepare", prepare)
    monkeypatch.setattr("multiprocessing.set_start_method", lambda *given, **also: None)
    own = tmp_path / "own.yaml"
    own.write_text("lines: [{agent: 您好这是另外一通电话}]\n", encoding="utf-8")
    for more, expected in (
        ([], tuple(SCRIPTS)),
        (["--held-out", str(own)], (own,)),
        (["--held-out", str(SCRIPTS[0].parent), str(own)], (*SCRIPTS, own)),
        (["--held-out"], ()),
    ):
        with pytest.raises(StopHere):
            training.main(["make", "--out", str(tmp_path / "model"), *more])
        assert made.pop().held_out == expected
    with pytest.raises(SystemExit):
        training.main(["make", "--out", str(tmp_path / "model"), "--held-out", str(tmp_path / "gone")])
    assert "no call scripts there" in capsys.readouterr().err and not made

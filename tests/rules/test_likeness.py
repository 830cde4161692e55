"""Likeness to model sentences is the normalised Indel similarity that rapidfuzz reports, for every text, sentence and limit."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rapidfuzz import fuzz

from qa.rules import likeness
from qa.rules.kernels.distinct import distinct
from qa.rules.likeness import Model, Models
from qa.rules.sound import sounds

ALPHABETS = ("您好", "这里是国家电网客服请问帮您", "abc ", "您好ok 停电了吗电网")


def reference(sentence: str, text: str) -> float:
    """The score of the best stretch, as rapidfuzz has it."""
    if not sentence or not text:
        return 0.0
    if len(text) <= len(sentence):
        return fuzz.ratio(sentence, text) / 100
    place = fuzz.partial_ratio_alignment(sentence, text)
    assert place is not None
    return place.score / 100


def compared(sentences: Sequence[str], texts: Sequence[str], floor: float) -> dict[tuple[int, int], tuple[float, int, int]]:
    """(score, begin, end) by (text, sentence), by letters only."""
    models = Models([Model(sentence, "", number, floor) for number, sentence in enumerate(sentences)])
    found = models.nearest(likeness.symbols(texts), likeness.sounded([""] * len(texts)), np.ones(len(texts), dtype=np.int64))
    assert not found.by_sound.any()
    columns = (found.text, found.sentence, found.score, found.begin, found.end)
    return {(t, s): (score, b, e) for t, s, score, b, e in zip(*(c.tolist() for c in columns), strict=True)}


def check(sentences: Sequence[str], texts: Sequence[str], floor: float) -> int:
    """Every pair against rapidfuzz; how many came near enough."""
    found = compared(sentences, texts, floor)
    for t, text in enumerate(texts):
        for s, sentence in enumerate(sentences):
            wanted = reference(sentence, text)
            score, begin, end = found.get((t, s), (0.0, 0, 0))
            if wanted >= floor - 1e-12 or score:
                assert score == pytest.approx(wanted, abs=1e-9), (sentence, text)
            if score:
                assert fuzz.ratio(sentence, text[begin:end]) / 100 == pytest.approx(score, abs=1e-9)
    return len(found)


words = st.sampled_from(ALPHABETS).flatmap(lambda letters: st.text(st.sampled_from(letters), max_size=30))


@settings(max_examples=150, deadline=None)
@given(st.lists(words, min_size=1, max_size=4), st.lists(words, min_size=1, max_size=4), st.sampled_from((0.1, 0.44, 0.69, 0.75, 1.0)))
@example(["您好"], ["", "您", "好您好", "您好好"], 0.5)
@example([""], ["您好", ""], 0.5)
@example(["𠮷野\U0001f600"], ["吉野\U0001f600", "𠮷野\U0001f600啊"], 0.5)
def test_every_pair_as_rapidfuzz_has_it(sentences: list[str], texts: list[str], floor: float) -> None:
    check(sentences, texts, floor)


@pytest.mark.parametrize("size", [1, 12, 61, 62, 63, 64, 65, 124, 125, 130, 200])
@pytest.mark.parametrize("letters", ALPHABETS[1:])
def test_sentences_and_texts_of_all_sizes(size: int, letters: str) -> None:
    rng = random.Random(f"{size}{letters}")

    def said(long: int) -> str:
        return "".join(rng.choice(letters) for _ in range(long))

    def misheard(text: str) -> str:
        kept = [c for c in text if rng.random() > 0.1]
        return said(rng.randint(0, 9)) + "".join(rng.choice(letters) if rng.random() < 0.1 else c for c in kept) + said(rng.randint(0, 9))

    sentences = [said(size) for _ in range(4)]
    texts = [said(long) for long in (0, 1, 9, 62, 63, 150, 249, 300)] + [misheard(rng.choice(sentences)) for _ in range(8)]
    assert check(sentences, texts, 0.6) >= 8


def test_limits_are_reached_to_the_digit() -> None:
    # 14/20 and 12/16 are exactly 0.7 and 0.75
    assert compared(["一二三四五六七八九十"], ["一二三四五六七一二三"], 0.7)[0, 0][0] == 0.7
    assert compared(["一二三四五六七八九十"], ["一二三四五六"], 0.75)[0, 0][0] == 0.75
    assert not compared(["一二三四五六七八九十"], ["一二三四五六"], 0.7501)


def owned(texts: Sequence[str], models: Sequence[tuple[str, int]], sides: Sequence[int], speakers: Sequence[int]) -> list[tuple[int, ...]]:
    """(text, sentence, by sound, begin, end), sentences given with their owners."""
    listed = [Model(text, sounds(text).loose, owner, 0.69, side) for (text, owner), side in zip(models, sides, strict=True)]
    heard = likeness.sounded([sounds(text).loose for text in texts])
    found = Models(listed).nearest(likeness.symbols(texts), heard, np.array(speakers, dtype=np.int64))
    columns = (found.text, found.sentence, found.by_sound.astype(np.int64), found.begin, found.end)
    return list(zip(*(c.tolist() for c in columns), strict=True))


def test_an_owner_has_the_nearest_of_its_sentences_and_of_equals_the_first() -> None:
    models = [("请您先不要着急好吗", 0), ("请您先不要着急", 0), ("请您先不要着急", 0), ("请您先不要着急", 1)]
    assert owned(["好的，请您先不要着急"], models, [1] * 4, [1]) == [(0, 1, 1, 3, 10), (0, 3, 1, 3, 10)]


def test_letters_come_first_where_a_word_is_one_sound() -> None:
    assert owned(["please hold the line"], [("hold the line", 0)], [1], [1]) == [(0, 0, 0, 7, 20)]


def test_sounds_find_what_letters_do_not() -> None:
    assert owned(["ok请您先部要着急"], [("请您先不要着急", 0)], [1], [1]) == [(0, 0, 1, 1, 8)]


def test_only_those_who_may_say_it_are_compared() -> None:
    models = [("请您先不要着急", 0), ("请您先不要着急", 1)]
    assert [row[:2] for row in owned(["请您先不要着急"] * 3, models, [1, 2], [1, 2, 4])] == [(0, 0), (1, 1)]


def test_many_rows_and_no_sentence() -> None:
    texts = ["请您先不要着急"] * 200
    assert len(owned(texts, [("请您先不要着急", 0)], [1], [1] * 200)) == 200
    assert owned(texts, [], [], [1] * 200) == [] == owned([], [("请您先不要着急", 0)], [1], [])


@given(st.lists(st.text(st.sampled_from("您好𠮷a"), max_size=4), max_size=40))
@settings(max_examples=60, deadline=None)
def test_the_same_texts_have_the_same_number(texts: list[str]) -> None:
    symbols, begin, end = likeness.symbols(texts)
    which, first = distinct(symbols.astype(np.uint32), begin, end)
    numbers: dict[str, int] = {}
    assert which.tolist() == [numbers.setdefault(text, len(numbers)) for text in texts]
    assert [texts[place] for place in first.tolist()] == list(numbers)


PLAIN = """
import json, sys
from tests.rules.test_likeness import compared
from qa.rules.kernels import subsequence
assert not hasattr(subsequence.stretch, "signatures")
sentences, texts = json.loads(sys.argv[1])
print(json.dumps([[*key, *place] for key, place in compared(sentences, texts, 0.5).items()]))
"""


def test_without_a_compiler_the_results_are_the_same() -> None:
    sentences = ["这里是国家电网客服", "请问有什么可以帮您" * 8, ""]
    texts = ["您好这里是国家店网客服", "", "请问有什么可以帮您" * 7 + "啊", "这里是" * 90 + "国家电网客服"]
    run = [sys.executable, "-c", PLAIN, json.dumps([sentences, texts])]
    ran = subprocess.run(run, env={**os.environ, "NUMBA_DISABLE_JIT": "1"}, stdout=subprocess.PIPE, text=True, check=True)
    found = {(t, s): tuple(place) for t, s, *place in json.loads(ran.stdout)}
    assert found == compared(sentences, texts, 0.5) and len(found) == 3

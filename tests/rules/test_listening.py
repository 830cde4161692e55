"""Phrases found by sound: the compiled search against a plain reading of its rules, written anew here."""

from __future__ import annotations

import os
import random
import subprocess
import sys

import numpy as np
import pytest

from qa.rules import listening, soundrows
from qa.rules.conditions.matching import lexicon
from qa.rules.conditions.operator import compile_all
from qa.rules.sound import CHANGES_MEANING, CONFUSED, NEAR_RATE, NUMERAL, SURE_RATE, sounds

LETTERS = "国家电店网晚四是十市不部您你零林请情 ok"


def cheapest(phrase: str, text: str) -> tuple[float, int, int]:
    """(cost, begin, end) of the first of the cheapest places, in sounds: the whole matrix, cell by cell."""
    wanted, heard = sounds(phrase), sounds(text)
    numeric = NUMERAL in wanted.guarded
    unsettled = max(1.0, SURE_RATE * len(wanted.loose) + 0.01)

    def guard(j: int) -> str:
        return "" if heard.guarded[j] == NUMERAL and not numeric else heard.guarded[j]

    def step(i: int, j: int) -> float:
        if wanted.exact[i] == heard.exact[j]:
            return 0.0
        alike = wanted.loose[i] == heard.loose[j]
        if wanted.guarded[i] or guard(j):
            return unsettled if alike and not (wanted.guarded[i] and guard(j)) else CHANGES_MEANING
        return CONFUSED if alike else 1.0

    rows, columns = len(wanted.loose), len(heard.loose)
    cell = {(0, j): (0.0, j) for j in range(columns + 1)}
    for i in range(rows):
        lost = CHANGES_MEANING if wanted.guarded[i] else 1.0
        cell[i + 1, 0] = (cell[i, 0][0] + lost, 0)
        for j in range(columns):
            ways = [(cell[i, j], step(i, j)), (cell[i, j + 1], lost), (cell[i + 1, j], CHANGES_MEANING if guard(j) else 1.0)]
            before, paid = min(ways, key=lambda way: way[0][0] + way[1])  # of equal ones the first
            cell[i + 1, j + 1] = (before[0] + paid, before[1])
    end = min(range(columns + 1), key=lambda j: cell[rows, j][0])
    return cell[rows, end][0], cell[rows, end][1], end


def nearest(phrases: list[str], text: str, limit: float) -> tuple[int, int, int, float, int] | None:
    """What :func:`listening.nearest_of` says of phrases without gaps."""
    heard = sounds(text)
    best = None
    for number, phrase in enumerate(phrases):
        size = len(sounds(phrase).loose)
        shared = len(sounds(phrase).pairs & heard.pairs)
        needed = min(len(sounds(phrase).pairs), max(1, size - 1 - 2 * int(limit * size)))
        cost, begin, end = cheapest(phrase, text)
        if size < 2 or len(heard.loose) < size - 1 or shared < needed or cost > limit * size:
            continue
        if best is None or (cost / size, -size) < (best[3] / best[4], -best[4]):
            best = (heard.starts[begin], heard.ends[end - 1], number, cost, size)
    return best


def words(rng: random.Random, longest: int) -> str:
    made = "".join(rng.choices(LETTERS, k=rng.randint(1, longest)))
    return " ".join(made.split())


@pytest.mark.parametrize("limit", [NEAR_RATE, SURE_RATE])
def test_the_search_finds_what_the_whole_matrix_finds(limit) -> None:
    rng, near = random.Random(7), 0
    for _ in range(250):
        drawn = [word for word in (words(rng, 12) for _ in range(4)) if word]
        lexical = lexicon(compile_all(drawn))
        phrases = [entry.phrase.literal for entry in lexical.wordings]
        texts = [words(rng, 30) for _ in range(8)] + [words(rng, 8) + phrase[1:] + words(rng, 8) for phrase in phrases]
        for text, found in zip(texts, listening.nearest_of(lexical, texts, limit), strict=True):
            assert found == nearest(phrases, text, limit), (phrases, text)
            near += found is not None
    assert near > 150


@pytest.mark.parametrize(
    ("phrases", "text", "expected"),
    [
        # the cheapest place, not the first one that a recogniser might confuse with the phrase
        (["气死"], "其实姓高一三八零零零零七四五", (11, 13, 0, 0.0, 2)),
        # 十四 is not 嘶嘶, nor does it hide the one that follows
        (["死死"], "十四号那个嘶嘶响", (5, 7, 0, 0.0, 2)),
        # of equal costs the first place, and the first wording
        (["国家电网"], "国家店网国家电网", (0, 4, 0, 0.0, 4)),
        (["电网", "店网"], "垫网", (0, 2, 0, 0.0, 2)),
        # negations and numerals stay
        (["四十五分钟"], "四十分钟内到", None),
        (["不可以这样"], "可以这样", None),
        (["帮您…登记"], "我帮你先登计一下", (1, 6, 0, 0.25, 4)),
        (["帮您…登记"], "我帮你先把这件事情说清楚登计一下", None),
        (["好…谢谢"], "好的好的写些", (0, 6, 0, 0.0, 3)),
        (["good afternoon dear sir"], "so good afternoon my sir", (3, 24, 0, 1.0, 4)),
    ],
)
def test_which_place_counts(phrases, text, expected) -> None:
    assert listening.nearest_of(lexicon(compile_all(phrases)), [text], NEAR_RATE)[0] == expected


def test_texts_side_by_side_are_heard_apart() -> None:
    texts = ["wi fi", "", "fi国家", "电网", " 电网"]
    row = soundrows.rows_of(texts)
    assert np.diff(row.row_at).tolist() == [2, 0, 3, 2, 2]
    exact = soundrows.tables().exact[row.sounds].tolist()
    assert exact[1] == exact[2] and exact[5:7] == exact[7:9]
    assert row.places.tolist() == [0, 3, 5, 7, 8, 9, 10, 12, 13]


def test_the_loops_say_the_same_uncompiled() -> None:
    code = (
        "from qa.rules import listening\nfrom qa.rules.conditions.matching import lexicon\n"
        "from qa.rules.conditions.operator import compile_all\n"
        "words = lexicon(compile_all(['国家电网', '帮您…登记', 'thank you so much']))\n"
        "print(listening.nearest_of(words, ['这里是国家店网', '我帮你先登计一下', 'well thank you very much', '再见'], 0.3))"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", code], env=os.environ | {"NUMBA_DISABLE_JIT": off}, capture_output=True, text=True, check=True
        ).stdout
        for off in ("0", "1")
    ]
    assert said[0] == said[1] and said[0].count("None") == 1

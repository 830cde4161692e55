"""All wordings of a plan searched at once, against each wording searched alone with ``Wording.spans``."""

from __future__ import annotations

import random

import numpy as np

from qa.calls import Call, Role, Span, Turn
from qa.rules.batch.lettering import Index
from qa.rules.batch.table import of_calls
from qa.rules.batch.talks import talks_of
from qa.rules.conditions.matching import Lexicon, lexicon
from qa.rules.conditions.operator import compile_all
from qa.rules.kernels.wordings import ANYBODY, EVERYTHING
from qa.rules.model import Doubt

ROLES = (Role.AGENT, Role.CUSTOMER, Role.OTHER)
PIECES = ("哈", "你好", "您好", "请", "稍等", "ok", "hi", "a", "电", "网", "漏电", "四")


def alone(words: Lexicon, text: str) -> list[tuple[int, int, int]]:
    """(begin, end, phrase) of the places that count: of those that overlap the first, then the longest, then the first wording."""
    spans = [(s, e, n) for n, entry in enumerate(words.wordings) for s, e in entry.spans(text)]
    kept: list[tuple[int, int, int]] = []
    for begin, end, number in sorted(spans, key=lambda span: (span[0], -span[1], span[2])):
        if not kept or begin >= kept[-1][1]:
            kept.append((begin, end, words.wordings[number].phrase.index))
    return kept


def phrase(rng: random.Random) -> str:
    parts = ["".join(rng.choices(PIECES, k=rng.randint(1, 2))) for _ in range(rng.choice((1, 1, 2, 3)))]
    return "…".join(parts)


def test_all_lists_at_once_find_what_each_wording_finds_alone() -> None:
    rng, found = random.Random(5), 0
    for _ in range(60):
        lists = [(lexicon(compile_all(tuple(phrase(rng) for _ in range(4)))), rng.choice((ANYBODY, EVERYTHING, 0, 1))) for _ in range(3)]
        turns = [
            Turn(n, rng.choice(ROLES), "".join(rng.choices((*PIECES, " ", "，"), k=rng.randint(0, 14))), Span(9.0 * n, 9.0 * n + 1.0))
            for n in range(12)
        ]
        talks = talks_of(of_calls([Call("C", tuple(turns), 120.0)]), Doubt())
        search = Index(lists).search(talks)
        for slot, (words, by) in enumerate(lists):
            expected = []
            for talk, role in enumerate(talks.role.tolist()):
                if by in (EVERYTHING, role) or (by == ANYBODY and role != 2):
                    expected += [(talk, talks.at[talk] + s, talks.at[talk] + e, p) for s, e, p in alone(words, talks.text(talk))]
            places = search.places(slot)
            rows = np.stack([places.talk, places.begin, places.end, places.phrase], axis=1).tolist()
            assert rows == [[int(x) for x in row] for row in expected], [entry.phrase.parts for entry in words.wordings]
            found += len(rows)
    assert found > 300


def test_a_gap_reaches_over_six_characters_and_no_pause() -> None:
    words = lexicon(compile_all(("请…稍等",)))
    turns = (
        Turn(0, Role.AGENT, "请一二三四五六稍等", Span(0.0, 2.0)),
        Turn(1, Role.CUSTOMER, "好", Span(2.0, 3.0)),
        Turn(2, Role.AGENT, "请一二三四五六七稍等", Span(3.0, 5.0)),
        Turn(3, Role.CUSTOMER, "好", Span(5.0, 6.0)),
        Turn(4, Role.AGENT, "请您", Span(6.0, 7.0)),
        Turn(5, Role.AGENT, "稍等", Span(20.0, 21.0)),
    )
    talks = talks_of(of_calls([Call("C", turns, 30.0)]), Doubt())
    places = Index([(words, ANYBODY)]).search(talks).places(0)
    assert (places.talk.tolist(), (places.end - places.begin).tolist()) == ([0], [9])

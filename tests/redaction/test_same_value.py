"""The read-back of a number is judged on masked calls, and judged alike when they are judged again."""

from __future__ import annotations

import pytest

from qa.calls import Call, Role, Span, Turn, Word
from qa.redaction import call_key, redact
from qa.rules import load_text
from qa.rules.examples import call_of, turns_of
from qa.scoring import Outcome, score

RULES = """
id: t
version: 1
title: t
language: zh
start: 100
pass_mark: 85
sections:
  - id: s
    title: s
    items:
      - id: back
        title: back
        points: 5
        conditions: {same: {same_value: phone, given_by: customer, by: agent}}
        expect: same
      - id: wrong
        title: wrong
        points: 5
        conditions: {other: {same_value: phone, given_by: customer, by: agent, agrees: false}}
        forbid: other
"""
P, F, D = Outcome.PASS, Outcome.FAIL, Outcome.DOUBTFUL
GIVEN = ["customer: 我的电话是13800004517"]
PIECES = ["customer: 一三八", "agent: 嗯", "customer: 零零零零", "agent: 好", "customer: 四五一七"]


@pytest.mark.parametrize(
    ("lines", "back", "wrong"),
    [
        ([*GIVEN, "agent: 幺三八，零零零零，四五幺七，对吗"], P, P),
        ([*PIECES, "agent: 一三八零零零零四五一七，对吗"], P, P),
        ([*GIVEN, "agent: 尾号四五一七，对吗"], P, P),
        ([*GIVEN, "agent: 13800004571，对吗"], F, F),
        ([*PIECES, "agent: 尾号四五七一，对吗"], F, F),
        ([*GIVEN, "agent: 13800004571，对吗", "customer: 不对", "agent: 对不起，13800004517"], P, P),
        ([*GIVEN, "agent: 1380000451，对吗"], F, D),  # a digit too few: the recogniser's or the agent's
        ([*GIVEN, "agent: 好的，登记好了"], F, P),
        (["agent: 13800004571，这是师傅的电话", *GIVEN], F, P),  # said before, so no read-back
        ([*GIVEN, "agent: 好的", "customer: 谢谢", "agent: 稍等", "customer: 行", "agent: 供电所电话0571-88123456"], F, P),
    ],
)
def test_a_read_back_is_compared(lines: list[str], back: Outcome, wrong: Outcome) -> None:
    card = score(load_text(RULES, "t.yaml"), call_of("c", turns_of("\n".join(lines))))
    assert (card.item("back").outcome, card.item("wrong").outcome) == (back, wrong)


def test_a_wrong_read_back_leads_to_its_place_and_repeats_no_digit() -> None:
    call = call_of("c", turns_of("\n".join([*GIVEN, "agent: 我重复一下，13800004571，对吗"])))
    (evidence,) = score(load_text(RULES, "t.yaml"), call).item("wrong").evidence
    assert (evidence.turn, evidence.chars) == (1, (6, 17))
    assert "复述的电话号码与对方所报不同" in evidence.detail
    assert "4571" not in repr(evidence) and "4517" not in repr(evidence)


def test_digits_a_recogniser_doubts_accuse_nobody() -> None:
    def turn(index: int, role: Role, text: str, confidence: float) -> Turn:
        words = tuple(Word(c, i, Span(i * 0.1, i * 0.1 + 0.1), confidence) for i, c in enumerate(text))
        return Turn(index, role, text, Span(index * 5, index * 5 + 4), words=words)

    for confidence, outcome in ((0.95, F), (0.2, D)):
        turns = (turn(0, Role.CUSTOMER, "13800004517", 0.95), turn(1, Role.AGENT, "13800004571", confidence))
        call = Call("c", redact(turns, call_key(b"k" * 32, "c")))
        assert score(load_text(RULES, "t.yaml"), call).item("wrong").outcome is outcome


def test_masked_text_is_judged_like_plain_text() -> None:
    lines = "\n".join([*PIECES, "agent: 尾号四五七一，对吗"])
    turns = turns_of(lines)
    key = call_key(b"k" * 32, "c")
    cards = [score(load_text(RULES, "t.yaml"), Call("c", redact(turns, key, masked=masked))) for masked in (True, False)]
    assert [item.outcome for item in cards[0].items] == [item.outcome for item in cards[1].items]

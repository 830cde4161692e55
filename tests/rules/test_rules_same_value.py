"""``same_value``: one side repeats what the other gave, rightly or wrongly, near enough and not before it was given."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qa.rules.verdict import Verdict

HIT, MISS, DOUBTFUL = Verdict.HIT, Verdict.MISS, Verdict.DOUBTFUL
GIVEN = "customer: 我的电话是13800004517"
RIGHT, WRONG = "agent: 13800004517对吗", "agent: 13800004518对吗"
AGREES = "x: {same_value: phone}"
DIFFERS = "x: {same_value: phone, agrees: false}"


@pytest.mark.parametrize(
    ("rule", "lines", "verdict"),
    [
        (AGREES, (GIVEN, RIGHT), HIT),
        (AGREES, (GIVEN, WRONG), MISS),
        (AGREES, (RIGHT, GIVEN), MISS),
        (AGREES, (RIGHT,), MISS),
        (AGREES, (RIGHT, GIVEN, RIGHT), HIT),
        (DIFFERS, (GIVEN, WRONG), HIT),
        (DIFFERS, (GIVEN, RIGHT), MISS),
        (DIFFERS, (GIVEN, WRONG, "customer: 不对", RIGHT), MISS),
        (DIFFERS, (GIVEN, RIGHT, "customer: 对的", WRONG), HIT),
        (DIFFERS, (WRONG, GIVEN), MISS),
        (DIFFERS, (GIVEN, "agent: 请讲一下地址", "customer: 幸福路八号", WRONG), HIT),
        (DIFFERS, (GIVEN, "agent: 请讲地址", "customer: 幸福路八号", "agent: 哪个小区", "customer: 阳光小区", WRONG), MISS),
        ("x: {same_value: phone, given_by: agent}", ("agent: 电话是13800004517", "customer: 13800004517对吧"), HIT),
        ("x: {same_value: phone, given_by: agent}", (GIVEN, RIGHT), MISS),
    ],
)
def test_repeats(find, call, rule: str, lines: tuple[str, ...], verdict: Verdict) -> None:
    assert find(rule, call(*lines)).verdict is verdict


def test_the_hit_lies_on_the_repeated_digits(find, call) -> None:
    (hit,) = find(AGREES, call(GIVEN, RIGHT)).hits
    assert (hit.turn, hit.start, hit.end) == (1, 0, 11) and "一致" in hit.detail
    (hit,) = find(DIFFERS, call(GIVEN, WRONG)).hits
    assert hit.certain and "不同" in hit.detail


@pytest.mark.parametrize("badly", [0, 1])
def test_digits_that_were_badly_heard_prove_nothing(find, call, badly: int) -> None:
    said = call(GIVEN, RIGHT)
    turns = tuple(replace(turn, confidence=0.2) if turn.index == badly else turn for turn in said.turns)
    found = find(AGREES, replace(said, turns=turns))
    assert found.verdict is DOUBTFUL and "置信度" in found.hits[0].doubt

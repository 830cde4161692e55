"""From verdicts to points: intervals, fatal items, what does not apply, and where every lost point leads."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.calls import Call, Layout, Role, Span, Turn
from qa.rules import load_text
from qa.scoring import Outcome, score
from tests.rules.cards import one_section

TWO = """
id: t
title: T
pass_mark: 85
sections:
  - id: s
    items:
      - id: hello
        points: 10
        conditions: {x: {say: 您好啊, by: agent, in: first 2 agent turns}}
        expect: x
      - id: rude
        fatal: true
        conditions: {x: {say: 神经病, by: agent}}
        forbid: x
      - id: area
        points: 8
        applies_when: meta.type == 报修
        conditions: {x: {say: 四十五分钟, by: agent}}
        expect: x
"""


def card(call: Call, text: str = TWO):
    return score(load_text(text, "t.yaml"), call)


def test_a_clean_call_keeps_its_points(call) -> None:
    result = card(call("agent: 您好啊", meta={"type": "咨询"}))
    assert (result.low, result.high, result.passed) == (100, 100, "yes")
    assert [i.outcome for i in result.items] == [Outcome.PASS, Outcome.PASS, Outcome.NA]
    assert (result.rule_set_id, result.version, len(result.rule_hash), result.call_id) == ("t", 1, 64, "c1")


def test_certain_and_doubtful_deductions_make_an_interval(call) -> None:
    result = card(call("agent: 喂", "customer: 停电", "agent: 是十五分钟到", meta={"type": "报修"}))
    assert (result.low, result.high) == (82, 90)
    assert result.passed == "doubtful"
    assert (result.item("area").lost_low, result.item("area").lost_high) == (0, 8)
    assert (result.item("hello").lost_low, result.item("hello").lost_high) == (10, 10)


def test_fatal_items(call) -> None:
    certain = card(call("agent: 您好啊神经病"))
    assert (certain.low, certain.high, certain.passed, certain.fatal_certain) == (0, 0, "no", 1)
    doubtful = card(call("agent: 您好啊神京病"))
    assert (doubtful.low, doubtful.high, doubtful.passed, doubtful.fatal_possible) == (0, 100, "doubtful", 1)


def test_what_perhaps_does_not_apply(call) -> None:
    open_feed = {"metadata_closed": False}
    assert card(call("agent: 您好啊四十五分钟", **open_feed)).item("area").outcome is Outcome.PASS
    assert card(call("agent: 您好啊", **open_feed)).item("area").outcome is Outcome.DOUBTFUL
    assert card(call("agent: 您好啊")).item("area").outcome is Outcome.NA


@pytest.mark.parametrize(("hits", "lost"), [(0, 0), (1, 3), (2, 6), (5, 7)])
def test_points_per_hit_up_to_a_cap(call, hits, lost) -> None:
    text = one_section("""
      - {id: no, points_per_hit: 3, at_most: 7, conditions: {x: {say: 不知道, by: agent}}, forbid: x}
""")
    result = card(call("agent: 好" + "，不知道" * hits), text)
    assert result.high == result.low == 100 - lost
    assert len(result.items[0].evidence) == hits


def test_possible_hits_cost_only_the_low_end(call) -> None:
    text = one_section("""
      - {id: no, points_per_hit: 3, at_most: 9, conditions: {x: {interruption: {}, by: agent}}, forbid: x}
""")
    lines = ("customer@0-4: 我家从早上就停电", "agent@3-6: 停电请报地址", "customer@6-9: 你听我说完好吗", "agent@8-11: 我说先报地址")
    assert (card(call(*lines), text).low, card(call(*lines), text).high) == (94, 94)
    mono = card(call(*lines, layout="mono"), text)
    assert (mono.low, mono.high) == (94, 100)


def test_bonus_and_set_score(call) -> None:
    text = one_section("""
      - {id: a, points: 10, conditions: {x: {say: 您好啊}}, expect: x}
      - {id: b, bonus: 4, conditions: {x: {say: 祝您生活愉快}}, expect: x}
      - {id: c, set_score: 60, conditions: {x: {say: 不归我们管}}, forbid: x}
""")
    assert card(call("agent: 祝您生活愉快"), text).high == 94
    assert card(call("agent: 您好啊祝您生活愉快"), text).high == 100, "never above the start"
    assert card(call("agent: 您好啊不归我们管"), text).high == 60


def test_missing_words_lead_to_the_window_that_was_searched(call) -> None:
    result = card(call("customer@0-2: 喂", "agent@2-4: 说", "customer@4-6: 停电", "agent@6-8: 哦"))
    evidence = result.item("hello").evidence
    assert [(e.turn, e.span, e.params["finding"]) for e in evidence] == [(1, Span(2, 4), "missing")]
    assert "您好啊" in evidence[0].detail


roles = st.sampled_from(list(Role))
texts = st.sampled_from(["", "您好啊", "神经病", "神京病", "四十五分钟", "请稍等", "嗯", "停电了怎么办", "hello"])
calls = st.builds(
    lambda rows, closed, cut, layout: Call(
        "h",
        tuple(
            Turn(i, role, text, Span(i * 3.0, i * 3.0 + length), confidence=sure, role_confidence=role_sure)
            for i, (role, text, length, sure, role_sure) in enumerate(rows)
        ),
        40.0,
        layout,
        overlap_known=layout is Layout.STEREO,
        metadata={"type": "报修"} if closed else {},
        metadata_closed=closed,
        truncated=cut,
    ),
    st.lists(st.tuples(roles, texts, st.floats(0.1, 6), st.sampled_from([None, 0.1, 0.9]), st.sampled_from([0.3, 1.0])), max_size=9),
    st.booleans(),
    st.booleans(),
    st.sampled_from(list(Layout)),
)


@given(calls)
def test_any_call_gets_an_interval_and_every_lost_point_a_sentence(made: Call) -> None:
    result = card(made)
    assert 0 <= result.low <= result.high <= 100
    for item in result.items:
        assert 0 <= item.lost_low <= item.lost_high <= max(item.points, 0)
        if made.turns and item.outcome in (Outcome.FAIL, Outcome.DOUBTFUL):
            assert any(e.turn is not None and e.span is not None for e in item.evidence)
            assert item.reason
        for evidence in item.evidence:
            if evidence.turn is not None and evidence.chars is not None:
                assert 0 <= evidence.chars[0] <= evidence.chars[1] <= len(made.turns[evidence.turn].text)


@given(calls)
def test_the_same_call_is_judged_the_same(made: Call) -> None:
    assert card(made) == card(replace(made))


def test_an_empty_call_is_left_to_a_person() -> None:
    result = card(Call("empty"))
    assert result.item("hello").outcome is Outcome.DOUBTFUL
    assert result.passed == "doubtful"

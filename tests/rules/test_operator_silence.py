"""silence: whose turn it was where that is not plain, and where the gap lies."""

from __future__ import annotations

import pytest

from hotline.errors import BadRule
from qa.calls import Span


def gaps(find, made, awaiting="agent"):
    found = find(f"x: {{silence: {{over: 10 s, awaiting: {awaiting}}}}}", made)
    return [(h.turn, h.span, h.certain) for h in found.hits]


@pytest.mark.parametrize(
    ("lines", "agent", "customer"),
    [
        (("customer@0-3: 停电了", "unknown@15-16: 好"), False, False),
        (("unknown@0-3: 停电了", "agent@15-16: 好"), False, False),
        (("customer@0-1: 停电", "other@1-3: 音乐", "agent@15-16: 好"), False, False),  # nobody's word before it
    ],
)
def test_where_it_cannot_be_told_both_are_doubtful(find, call, lines, agent, customer) -> None:
    made = call(*lines)
    assert [certain for *_, certain in gaps(find, made)] == [agent]
    assert [certain for *_, certain in gaps(find, made, "customer")] == [customer]
    assert [certain for *_, certain in gaps(find, made, "any")] == [True]


@pytest.mark.parametrize(
    ("last", "whose"),
    [
        ("customer@1-3: 谢谢再见", "customer"),
        ("customer@1-3: 停电了", "agent"),
        ("agent@1-3: 好的。", "customer"),
        ("agent@1-3: 请问地址？", "customer"),
    ],
)
def test_the_silence_at_the_end(find, call, last, whose) -> None:
    made = call("agent@0-1: 您好", last, duration=30)
    for side in ("agent", "customer"):
        assert gaps(find, made, side) == ([(1, Span(3.0, 30.0), True)] if side == whose else [])


def test_the_time_before_the_first_word_counts_from_the_start(find, call) -> None:
    assert gaps(find, call("agent@12-13: 您好")) == [(0, Span(0.0, 12.0), True)]
    assert gaps(find, call("agent@10.5-13: 您好")) == [(0, Span(0.0, 10.5), True)]


def test_typed_times_have_no_edge(find, call) -> None:
    lines = ("customer@0-3: 停电了", "agent@13.1-14: 好"), ("customer@0-3: 停电了", "agent@12.9-14: 好")
    assert gaps(find, call(*lines[0], layout="none")) == [(0, Span(3.0, 13.1), True)]
    assert gaps(find, call(*lines[1], layout="none")) == []
    assert [certain for *_, certain in gaps(find, call(*lines[0]))] == [False]
    assert [certain for *_, certain in gaps(find, call(*lines[1]))] == [False]


def test_turns_are_followed_in_the_order_of_time(find, call) -> None:
    assert gaps(find, call("agent@20-22: 好", "customer@0-3: 停电了")) == [(1, Span(3.0, 20.0), True)]


def test_the_doubt_says_whether_words_would_have_helped(find, call) -> None:
    rule = "x: {silence: {over: 10 s, awaiting: agent}}"
    assert "不确定该谁说话" in find(rule, call("unknown@0-3: 停电了", "agent@15-16: 好")).hits[0].doubt
    assert find(rule, call("unknown@0-3: 停电了", "agent@15-16: 好")).hits[0].doubt.startswith("不确定")
    assert find(rule, call("agent@0-3:", "customer@15-16:")).hits[0].doubt.startswith("没有文本")


def test_what_cannot_be_meant(one_item) -> None:
    for fields, problem in (
        ("silence: {over: 0.4 s}", "no silence"),
        ("silence: {over: 5 s, awaiting: both}", "'both' is not known"),
        ("silence: {over: 5 s}, by: agent", "by has no meaning for silence|by: has no meaning"),
    ):
        with pytest.raises(BadRule, match=problem):
            one_item(f"x: {{{fields}}}")
    one_item("x: {silence: {over: 0.5 s}}")

"""Hard rule 5: a promised time keeps the limit of the ticket's type and area, which come with the call.

Ways it can go wrong, each with its test:

- the time is said in words: 四十五分钟, 三刻钟, 一个半小时, 半个小时, forty-five minutes, an hour and a half; over two sentences or turns
- a range is promised (半小时到一小时, 两三个小时): its end counts when it breaks the limit, in between it is doubtful
- two promises of which one breaks it; one that is no promise (您等了两个小时了, 二十四小时热线); the customer's own demand
- the area or the type is unknown, has no limit, or may still arrive; whatever arrives, the promise keeps (or breaks) it all the same
- another type has another limit; a wild card; the default of the table
- a day is promised instead of a time (明天上午); a time of day
- the promise was badly heard; nothing was promised
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from hotline.errors import BadRule
from qa.calls import Call
from qa.rules import load_text
from qa.scoring import ItemResult, score

CARD = """
id: t
title: T
variables:
  limit:
    table: {报修: {城区: 45 min, 农村: 90 min}, 投诉: {"*": 24 h}}
%s
sections:
  - id: s
    items:
      - id: promise
        points: 10
        conditions:
          promise: {entity: [duration%s], by: agent, near: [到, 抵达, 恢复, 处理, arrive], exclude: [二十四小时热线], join_turns: 2}
        expect: each promise.value <= $limit[meta.type, meta.area]
"""
TOWN = {"type": "报修", "area": "城区"}


def judged(call: Call, more: str = "", kinds: str = "") -> ItemResult:
    return score(load_text(CARD % (more, kinds), "t.yaml"), call).item("promise")


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ("四十五分钟之内到达现场", "pass"),
        ("三刻钟就到", "pass"),
        ("半个小时到", "pass"),
        ("45分钟内到", "pass"),
        ("二三十分钟就到", "pass"),
        ("四十六分钟到", "fail"),
        ("一个半小时到", "fail"),
        ("1小时到", "fail"),
        ("一刻钟到，一个半小时恢复", "fail"),
        ("两三个小时恢复", "fail"),
        ("三十分钟到一个小时到", "doubtful"),
        ("they arrive in forty-five minutes", "pass"),
        ("they arrive in an hour and a half", "fail"),
    ],
)
def test_promises_in_words(call, said, outcome) -> None:
    result = judged(call(f"agent: {said}", meta=TOWN))
    assert result.outcome.value == outcome, result.reason


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        (("agent: 师傅四十。", "agent: 五分钟到。"), "pass"),
        (("agent: 师傅一百", "customer: 嗯", "agent: 二十分钟到"), "fail"),
        (("agent: 师傅五十", "customer: 对", "agent: 分钟到"), "fail"),
    ],
)
def test_a_time_that_is_said_in_pieces(call, lines, outcome) -> None:
    result = judged(call(*lines, meta=TOWN))
    assert result.outcome.value == outcome, result.reason


@pytest.mark.parametrize(
    "lines",
    [
        ("agent: 好的，马上安排",),
        ("agent: 您已经等了两个小时了，抱歉",),
        ("agent: 我们是二十四小时热线，处理各类问题",),
        ("customer: 三个小时到我可不等", "agent: 好的"),
        ("agent: 第三天也处理过一次",),
    ],
)
def test_what_is_no_promise(call, lines) -> None:
    assert judged(call(*lines, meta=TOWN)).outcome.value == "pass"


@pytest.mark.parametrize(
    ("meta", "said", "outcome"),
    [
        ({"type": "报修", "area": "农村"}, "一个半小时到", "pass"),
        ({"type": "报修", "area": "农村"}, "两个小时到", "fail"),
        ({"type": "投诉", "area": "城区"}, "两个小时处理", "pass"),
        ({"type": "投诉"}, "两天处理", "fail"),
        ({"type": "报修"}, "四十分钟到", "doubtful"),
        ({"type": "报修", "area": "郊区"}, "四十分钟到", "doubtful"),
        ({"type": "咨询", "area": "城区"}, "四十分钟到", "doubtful"),
        ({}, "四十分钟到", "doubtful"),
        ({}, "好的", "pass"),
    ],
)
def test_the_limit_of_type_and_area(call, meta, said, outcome) -> None:
    result = judged(call(f"agent: {said}", meta=meta))
    assert result.outcome.value == outcome, result.reason
    if outcome == "doubtful":
        assert "没有适用的限值" in result.reason


@pytest.mark.parametrize(
    ("meta", "said", "outcome"),
    [
        ({"type": "报修"}, "四十分钟到", "pass"),
        ({"type": "报修"}, "一个小时到", "doubtful"),
        ({"type": "报修"}, "三十小时到", "fail"),
        ({}, "四十分钟到", "pass"),
        ({}, "两个小时到", "doubtful"),
        ({"area": "城区"}, "三十小时到", "fail"),
    ],
)
def test_a_field_that_may_still_arrive(call, meta, said, outcome) -> None:
    """With a default every limit that may hold is known: what keeps (breaks) all of them is certain."""
    result = judged(call(f"agent: {said}", meta=meta, metadata_closed=False), more="    default: 24 h")
    assert result.outcome.value == outcome, result.reason
    if outcome == "doubtful":
        assert "尚未到达" in result.reason


def test_without_a_default_the_field_may_bring_what_has_no_limit(call) -> None:
    for said in ("四十分钟到", "一分钟到"):
        assert judged(call(f"agent: {said}", meta={"type": "报修"}, metadata_closed=False)).outcome.value == "doubtful"


@pytest.mark.parametrize(
    ("said", "outcome"),
    [("今天上午十点半到", "pass"), ("今天下午三点到", "fail"), ("明天上午到", "fail"), ("十点二十到十点五十处理", "doubtful")],
)
def test_a_day_or_a_time_of_day_is_promised(call, said, outcome) -> None:
    """The call begins at ten; the promise is as long as it is from there."""
    made = replace(call(f"agent: {said}", meta=TOWN), started_at=datetime(2026, 11, 20, 10, 0, tzinfo=timezone(timedelta(hours=8))))
    result = judged(made, kinds=", date")
    assert result.outcome.value == outcome, result.reason


def test_a_day_in_a_call_without_a_date_is_no_value(call) -> None:
    assert judged(call("agent: 明天上午到", meta=TOWN), kinds=", date").outcome.value == "doubtful"


def test_a_promise_that_was_badly_heard_is_doubtful(call) -> None:
    for said in ("四十分钟到", "十四小时到"):
        base = call(f"agent: {said}", meta=TOWN)
        assert judged(replace(base, turns=(replace(base.turns[0], confidence=0.2),))).outcome.value == "doubtful"


def test_the_evidence_is_the_promise_that_breaks_the_limit(call) -> None:
    result = judged(call("agent@0-4: 四十分钟到，最晚一个半小时恢复", meta=TOWN))
    assert [(e.turn, e.chars) for e in result.evidence] == [(0, (8, 13))]
    assert "1.5小时" in result.reason and "45分钟" in result.reason and "area=城区" in result.reason


@pytest.mark.parametrize(
    ("expect", "problem"),
    [
        ("each promise.value <= $limit", "names 0 fields, the variable has 2"),
        ("each promise.value <= $limits[meta.type, meta.area]", "is not defined"),
        ("each promise.value <= 45", "bare number"),
        ("each promise.value <= 45 元", "compares duration with amount"),
    ],
)
def test_comparisons_that_could_never_hold_are_refused(expect, problem) -> None:
    text = (CARD % ("", "")).replace("each promise.value <= $limit[meta.type, meta.area]", expect)
    with pytest.raises(BadRule, match=problem):
        load_text(text, "t.yaml")

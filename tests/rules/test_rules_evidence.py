"""What people are shown: a pass by what earned it, a failure by the sentence that was said instead, never a raw pattern."""

from __future__ import annotations

import pytest

from hotline.errors import BadRule
from qa.rules import expressions
from qa.rules.parsing import parse
from qa.rules.verdict import Verdict
from qa.scoring import score

HIT, MISS, DOUBTFUL = Verdict.HIT, Verdict.MISS, Verdict.DOUBTFUL

PROMISE = """
town: {says: {zh: 四十五分钟, en: 45 minutes}, say: 四十五分钟, by: agent}
country: {say: 九十分钟, by: agent}
stated: {says: {zh: 所说时限, en: the time stated}, regex: '[一二三四五六七八九十半]+(分钟|个?小时)', text: plain, by: agent}
"""
EXPECT = "expect: (meta.area == 城区 and town) or (meta.area == 农村 and country)\nshow_first: [stated, country]"


def shown(item):
    return [(e.condition, e.turn, e.params["finding"]) for e in item.evidence]


def test_a_wrong_promise_is_the_first_evidence(one_item, call) -> None:
    made = call("agent: 您好", "customer: 停电了", "agent: 半小时就到", meta={"area": "城区"})
    item = score(one_item(PROMISE, EXPECT), made).item("i")
    assert item.outcome == "fail"
    assert shown(item) == [("stated", 2, "hit"), ("town", 0, "missing")]
    assert item.evidence[0].detail == "所说时限：「半小时」 / the time stated: said 半小时"
    assert item.reason.startswith("所说时限：「半小时」；未找到：四十五分钟 /"), "and nothing of the countryside"


def test_one_sentence_is_pointed_to_once(one_item, call) -> None:
    item = score(one_item(PROMISE, EXPECT), call("agent: 九十分钟就到", meta={"area": "城区"})).item("i")
    assert shown(item) == [("stated", 0, "hit"), ("town", 0, "missing")]


def test_what_is_pointed_to_and_doubtful_stands_once(one_item, call) -> None:
    rules = one_item("x: {say: 您好, by: agent}", "expect: x\nshow_first: x")
    item = score(rules, call("agent: 宁好，什么事")).item("i")
    assert item.outcome == "doubtful" and shown(item) == [("x", 0, "possible")]


def test_a_pass_shows_only_what_earned_it(one_item, call) -> None:
    item = score(one_item(PROMISE, EXPECT), call("agent: 四十五分钟就到", meta={"area": "城区"})).item("i")
    assert item.outcome == "pass" and shown(item) == [("town", 0, "hit")] and not item.reason
    either = one_item("hello: {say: 您好啊}\nclipped: {regex: '^.{0,2}好'}", "expect: hello or clipped")
    assert [e.condition for e in score(either, call("agent: 宁好")).item("i").evidence] == ["clipped"]


def test_no_alternative_left_shows_them_all(one_item, call) -> None:
    item = score(one_item(PROMISE, EXPECT), call("agent: 很快就到", meta={"area": "边远"})).item("i")
    assert {e.condition for e in item.evidence} == {"town", "country"} and "meta.area：边远" in item.reason


def test_patterns_are_not_shown_to_people(one_item, call) -> None:
    item = score(one_item(r"number: {regex: '1[3-9]\d{9}', by: agent}", "expect: number"), call("agent: 您好")).item("i")
    assert item.reason == "未找到：number / not found: number"
    named = one_item(r"number: {says: 手机号, regex: '1[3-9]\d{9}', by: agent}", "expect: number")
    assert score(named, call("agent: 您好")).item("i").reason == "未找到：手机号 / not found: 手机号"


def test_each_names_what_was_missing_in_words(one_item, call) -> None:
    rules = one_item(
        "upset: {say: 我要投诉, by: customer}\n"
        "sorry: {says: {zh: 致歉, en: an apology}, say: 非常抱歉, by: agent, after: each upset, within: 2 turns}",
        "expect: each upset has sorry",
    )
    item = score(rules, call("customer: 我要投诉", "agent: 地址报一下")).item("i")
    assert item.reason == "「我要投诉」之后没有：致歉 / not found for this: an apology"


def test_a_condition_pointed_to_must_exist(one_item) -> None:
    with pytest.raises(BadRule, match=r"show_first.*'stat' is not defined.*did you mean stated"):
        one_item(PROMISE, EXPECT.replace("[stated", "[stat"))


def test_a_metadata_field_that_may_still_arrive_is_said_to_decide_whether_it_applies(one_item, call) -> None:
    rules = one_item("x: {say: 您好啊}", "applies_when: meta.area == 城区\nexpect: x")
    item = score(rules, call("agent: 喂", metadata_closed=False)).item("i")
    assert item.outcome == "doubtful" and item.reason.startswith("不确定是否适用（meta.area 尚未到达）；")


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("a or b", {"a": HIT, "b": MISS}, ["a"]),
        ("a or b", {"a": MISS, "b": MISS}, ["a", "b"]),
        ("a or b", {"a": MISS, "b": DOUBTFUL}, ["b"]),
        ("a and b", {"a": HIT, "b": MISS}, ["b"]),
        ("a and b", {"a": DOUBTFUL, "b": MISS}, ["b"]),
        ("not (a or b)", {"a": HIT, "b": MISS}, ["a"]),
        ("not (a and b)", {"a": MISS, "b": HIT}, ["a"]),
        ("meta.x == 1 and a or meta.x == 2 and b", {"meta.x == 1": HIT, "meta.x == 2": MISS, "a": MISS, "b": HIT}, ["a"]),
        ("not ((meta.x == 1 or a) and (meta.x == 2 or b))", {"meta.x == 1": HIT, "meta.x == 2": MISS, "a": MISS, "b": HIT}, ["b"]),
        ("meta.x == 1 or a", {"meta.x == 1": MISS, "a": MISS}, ["a"]),
        ("meta.x == 1 and a", {"meta.x == 1": MISS, "a": MISS}, ["meta.x == 1", "a"]),
    ],
)
def test_what_decides_an_expression(text, values, expected) -> None:
    assert [str(atom) for atom, _ in expressions.deciding(parse(text), lambda atom: values[str(atom)])] == expected


def test_a_count_that_is_not_reached_says_how_many_there_were(one_item, call) -> None:
    asked = one_item("x: {say: 请问, by: agent}", "expect: count(x) >= 2")
    result = score(asked, call("agent: 请问户号是多少", "customer: 一二三")).item("i")
    assert result.outcome.value == "fail" and "找到 1 次，要求 >= 2 次" in result.reason
    assert score(asked, call("agent: 请问户号是多少", "agent: 请问姓名")).item("i").reason == ""

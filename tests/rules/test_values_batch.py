"""Values judged in many calls at once come out as in each call alone, and calls without any are not opened one by one."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.calls import Call, Layout, Role, Span, Turn
from qa.redaction import EXAMPLE_KEY, redact
from qa.rules import RuleSet, load_text
from qa.rules.batch import TRUTHS, judge_many
from qa.rules.batch.execution import Execution
from qa.rules.batch.many import prepared
from qa.rules.batch.table import of_calls
from qa.rules.batch.valued import entity, worth_reading
from qa.rules.conditions.entity import KINDS
from qa.rules.judging import judge
from qa.rules.plan import compile_plan
from qa.rules.single import Run
from qa.text.quantities import KINDS as QUANTITIES
from qa.text.quantities import quantities

CARD = """
id: t
title: T
variables:
  limit:
    table: {报修: {城区: 45 min, 农村: 2 h}}
    default: 24 h
sections:
  - id: s
    items:
      - id: promise
        points: 10
        conditions: {x: {entity: duration, by: agent, near: [到, 恢复], join_turns: 2}}
        expect: each x.value <= $limit[meta.type, meta.area]
      - id: bill
        points_per_hit: 2
        at_most: 10
        conditions: {x: {entity: amount, by: agent}}
        forbid: x.value > 100 元
      - id: readback
        points: 10
        applies_when: given
        conditions:
          given: {entity: phone, by: customer}
          back: {entity: phone, by: agent, after: any given}
        expect: given.value == back.value
      - id: waited
        points: 5
        conditions: {x: {metadata: meta.wait, type: duration, over: 30 s}}
        forbid: x
"""
RULES = load_text(CARD, "t.yaml")
SAID = st.sampled_from(
    ["三刻钟到", "一个半小时恢复", "四十", "五分钟到", "嗯", "对", "三百二十元", "五十块",
     "我的电话是13800004517", "幺三八零零零零四五幺七", "尾号4517",
     "一三八", "零零零零", "四五一七",
     "不对，是13900004517", "您好", "half an hour 到", "$35.50", "好的再见"]
)  # fmt: skip


@st.composite
def calls(draw: st.DrawFn) -> Call:
    turns, at = [], 0.0
    for index in range(draw(st.integers(1, 8))):
        role = draw(st.sampled_from([Role.AGENT, Role.CUSTOMER, Role.CUSTOMER, Role.UNKNOWN]))
        turns.append(Turn(index, role, draw(SAID), Span(at, at + 2), confidence=draw(st.sampled_from([None, None, 0.2]))))
        at += 2.5
    made = tuple(turns) if draw(st.booleans()) else redact(tuple(turns), EXAMPLE_KEY, masked=draw(st.booleans()))
    fields = {"type": st.just("报修"), "area": st.sampled_from(["城区", "农村"]), "wait": st.sampled_from(["5", "1 min", "?"])}
    meta = draw(st.fixed_dictionaries({}, optional=fields))
    return Call("c", made, at, Layout.STEREO, metadata=meta, metadata_closed=draw(st.booleans()), truncated=draw(st.booleans()))


@settings(max_examples=150, deadline=None)
@given(st.lists(calls(), min_size=1, max_size=4))
def test_both_executors_agree(many: list[Call]) -> None:
    judged = judge_many(RULES, many)
    for row, call in enumerate(many):
        for column, alone in enumerate(judge(RULES, call).judgements):
            found = (
                TRUTHS[judged.applies[row, column]],
                TRUTHS[judged.holds[row, column]],
                judged.fewest[row, column],
                judged.most[row, column],
            )
            assert found == (alone.applies, alone.holds, alone.fewest, alone.most), (alone.item.id, [(t.role, t.text) for t in call.turns])


QUANTITIES_ONLY = """
id: q
title: Q
variables:
  limit:
    table: {报修: {城区: 45 min, 农村: 2 h}}
    default: 24 h
sections:
  - id: s
    items:
      - id: promise
        points: 10
        conditions: {x: {entity: duration, by: agent, near: [到, 恢复]}}
        expect: each x.value <= $limit[meta.type, meta.area]
      - {id: bill, points_per_hit: 2, at_most: 10, conditions: {x: {entity: amount, by: agent}}, forbid: x.value > 100 元}
      - id: first
        points: 2
        conditions: {x: {entity: [duration, amount]}, y: {entity: amount, by: customer}}
        expect: first(x.value) == last(y.value)
      - id: some
        points: 2
        conditions: {x: {entity: duration, exclude: [半小时]}}
        expect: max(x.value) < meta.wait or x.value in [三刻钟, 五分钟]
"""


@settings(max_examples=100, deadline=None)
@given(st.lists(calls(), min_size=1, max_size=6))
def test_quantities_are_compared_in_columns(many: list[Call]) -> None:
    """Nothing but calls without text or with masked values is left to the single executor, whoever speaks and however it ends."""
    rules = load_text(QUANTITIES_ONLY, "q.yaml")
    table = of_calls(many)
    found = Execution(prepared(compile_plan(rules)), table).run()
    assert not found.open[~table.tokened].any()
    for row, call in enumerate(many):
        for column, alone in enumerate(judge(rules, call).judgements):
            if not found.open[row, column]:
                verdicts = (TRUTHS[found.applies[row, column]], TRUTHS[found.holds[row, column]])
                assert verdicts == (alone.applies, alone.holds), (alone.item.id, [(t.role, t.text, t.confidence) for t in call.turns])
                assert (found.fewest[row, column], found.most[row, column]) == (alone.fewest, alone.most)


UNUSED: Any = (None, None)
"""Talks and where one looks make no difference to this filter."""
TEXTS = [
    "三刻钟", "一个半小时", "两三天", "半小时到一小时", "1小时30分", "an hour and a half", "45 min", "４５分钟", "十来分钟",
    "三千五百块", "三块五", "五毛", "¥12", "twelve dollars", "百分之五", "八成", "5%", "五 percent", "三百二十度电", "3 kWh",
    "200户", "下周三", "明天三点", "11月22日", "next Tuesday", "November 25", "2026-11-25", "at 3 pm", "3:30", "15号上午", "周末",
    "下个月3号", "后天", "电话13800004517", "尾号4517", "户号0012345678", "call 617 555 0199",
    "six one seven five five five oh one nine nine", "我叫陈晓明", "我家住文华路16号三栋二单元501", "川A12345", "a@b.com",
    "一三八零零零零四五一七", "您好再见", "好的", "嗯",
]  # fmt: skip


PIECES = [
    "三", "十", "半", "45", "１２", "一", "三百二十", "1.5", "1,000", "个", "小时", "分钟", "分", "刻钟", "天", "个工作日",
    "月", "年", "到", "或", "-", " ", "多", "来", "几", "零", "，", "元", "块", "毛", "%", "％", "百分之", "成", "度", "户",
    "千瓦时", "kWh", "minutes", "hour", "one", " and a half ", "an ", "half ", "a quarter of an hour", "a couple of ",
    "$", "￥", "dollars", "嗯", "的", "点", "twenty-five", "五", "万",
]  # fmt: skip


@pytest.mark.parametrize("kind", QUANTITIES)
def test_whatever_holds_a_quantity_is_read(kind: str) -> None:
    dice = random.Random(7)
    texts = ["".join(dice.choice(PIECES) for _ in range(dice.randint(1, 6))) for _ in range(3000)]
    table = of_calls([Call(str(n), (Turn(0, Role.AGENT, text),)) for n, text in enumerate(texts)])
    worth = worth_reading([kind], table, table.call_of, table.n)
    held = [any(q.kind == kind for q in quantities(text)) for text in texts]
    assert sum(held) > 50
    assert not [text for text, has, read in zip(texts, held, worth, strict=True) if has and not read]


def one(kind: str) -> RuleSet:
    return load_text(
        f"id: t\ntitle: T\nsections: [{{id: s, items: [{{id: i, points: 1, conditions: {{x: {{entity: {kind}}}}}, expect: x}}]}}]", "t.yaml"
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", ["plain", "masked", "tokens"])
def test_a_call_that_is_left_out_holds_no_value(kind: str, form: str) -> None:
    plan = compile_plan(one(kind))
    (key,) = plan.steps
    made = []
    for text in TEXTS:
        turns: tuple[Turn, ...] = (Turn(0, Role.AGENT, text), Turn(1, Role.CUSTOMER, "好的"))
        made.append(Call(text, turns if form == "plain" else redact(turns, EXAMPLE_KEY, masked=form == "masked")))
    maybe = entity(plan.steps[key], of_calls(made), *UNUSED)
    for call, may in zip(made, maybe, strict=True):
        found = Run(plan, call).found(key)
        assert may or not (found.hits or found.unsure), call.id
    lettered = kind in ("name", "address", "email", "plate", "passport", "uscc")
    assert not np.any(maybe[-3:]) or lettered, "of text that nobody masked only reading it tells whether there is a name"

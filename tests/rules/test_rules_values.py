"""Values in expressions: how they compare, which of several counts, and what is certain when hits are not."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.errors import BadRule
from qa.calls import Call, Role, Token, Turn
from qa.rules import load_text
from qa.rules.plan import compile_plan
from qa.rules.single import Run
from qa.rules.values import Personal, Time, Words, compare, literal, shown
from qa.rules.verdict import Verdict
from qa.scoring import score
from qa.text.quantities import Quantity
from tests.rules.cards import one_section

HIT, MISS, DOUBTFUL = Verdict.HIT, Verdict.MISS, Verdict.DOUBTFUL
BEGAN = datetime(2026, 11, 20, 10, 0, tzinfo=timezone(timedelta(hours=8)))


def rules(conditions: str, expect: str, head: str = "", verb: str = "expect"):
    body = "\n".join(f"          {line}" for line in conditions.strip().splitlines())
    stakes = "points: 10" if verb == "expect" else "points_per_hit: 2\n        at_most: 10"
    return load_text(
        f"id: t\ntitle: T\n{head}\nsections:\n  - id: s\n    items:\n      - id: i\n        {stakes}\n        {verb}: '{expect}'\n"
        f"        conditions:\n{body}\n",
        "t.yaml",
    )


def holds(conditions: str, expect: str, call: Call, head: str = "") -> Verdict:
    rule_set = rules(conditions, expect, head)
    return Run(compile_plan(rule_set), call).judge(rule_set.items[0]).holds


def bounds(low: float, high: float, unit: str = "s") -> Quantity:
    kind = {"s": "duration", "%": "percent", "": ""}.get(unit, "amount" if unit.isupper() else "count")
    return Quantity(kind, Decimal(str(low)), Decimal(str(high)), unit)


@given(*[st.integers(0, 6)] * 4, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]))
def test_bounds_compare_as_everything_within_them_does(a: int, more: int, b: int, further: int, comparison: str) -> None:
    left, right = bounds(a, a + more), bounds(b, b + further)
    exact = {compare(bounds(x, x), comparison, bounds(y, y)) for x in range(a, a + more + 1) for y in range(b, b + further + 1)}
    assert compare(left, comparison, right) is (exact.pop() if len(exact) == 1 else DOUBTFUL)


@pytest.mark.parametrize(
    ("left", "comparison", "right", "verdict"),
    [
        (literal("45 min"), "<=", literal("三刻钟"), HIT),
        (literal("1 h"), ">", literal("3599 s"), HIT),
        (literal("500 ms"), "<", literal("1 s"), HIT),
        (literal("100 元"), "==", literal("一百块"), HIT),
        (literal("100 元"), "==", literal("$100"), DOUBTFUL),
        (literal("100 元"), "<=", literal("45 min"), DOUBTFUL),
        (literal("3 度"), "==", literal("三度电"), HIT),
        (literal("3 户"), "==", literal("3 人"), DOUBTFUL),
        (literal("3"), "<", literal("5 户"), HIT),
        (Words("四十五分钟"), "<=", literal("45 min"), HIT),
        (Words("马上"), "<=", literal("45 min"), DOUBTFUL),
        (Words("城区"), "==", Words("城区"), HIT),
        (Words("城区"), "!=", Words("农村"), HIT),
        (None, "==", literal("3"), DOUBTFUL),
        (Time(BEGAN, BEGAN + timedelta(hours=2)), "==", Time(BEGAN, BEGAN + timedelta(hours=1)), HIT),
        (Time(BEGAN, BEGAN), "<", Time(BEGAN, BEGAN), MISS),
        (Time(BEGAN, BEGAN), "<=", Time(BEGAN, BEGAN), HIT),
        (Time(BEGAN, BEGAN), ">=", literal("2026-11-20"), HIT),
        (Time(BEGAN, BEGAN), "<", literal("2026-11-21"), HIT),
        (Time(BEGAN, BEGAN + timedelta(hours=3)), "<", Time(BEGAN + timedelta(hours=1), BEGAN + timedelta(hours=2)), DOUBTFUL),
        (Time(BEGAN + timedelta(hours=1), BEGAN + timedelta(hours=1), BEGAN), "<=", literal("45 min"), MISS),
        (Time(BEGAN, BEGAN), "<=", literal("45 min"), DOUBTFUL),
    ],
)
def test_values_of_every_kind(left, comparison, right, verdict) -> None:
    assert compare(left, comparison, right) is verdict


def test_numbers_of_people_compare_by_their_hashes() -> None:
    one, same = Token("phone", 0, 11, 11, None, "w1", "f1"), Token("phone", 3, 14, 11, None, "w1", "f1")
    other, tail = Token("phone", 0, 11, 11, None, "w2", "f2"), Token("phone", 0, 4, 4, None, "", "f1")
    assert compare(Personal(one), "==", Personal(same)) is HIT and compare(Personal(one), "!=", Personal(other)) is HIT
    assert compare(Personal(one), "==", Personal(tail)) is DOUBTFUL
    assert compare(Personal(one), "==", Personal(tail, tail_counts=True)) is HIT
    assert compare(Personal(other), "==", Personal(tail, tail_counts=True)) is MISS
    assert compare(Personal(one), "<", Personal(other)) is DOUBTFUL and compare(Personal(one), "==", Words("1")) is DOUBTFUL
    assert "w1" not in shown(Personal(one))


@pytest.mark.parametrize(
    ("value", "zh"),
    [
        ("45 min", "45分钟"),
        ("一个半小时", "1.5小时"),
        ("90 s", "1.5分钟"),
        ("50 s", "50秒"),
        ("2 d", "2天"),
        ("35.60 元", "35.6元"),
        ("两三天", "2天–3天"),
    ],
)
def test_values_for_people(value: str, zh: str) -> None:
    assert shown(literal(value)).startswith(f"{zh} / ")


# In a call -------------------------------------------------------------------------------------------

BILLS = ("agent: 三十元", "customer: 五十元吧", "agent: 二十元", "agent: 一百元")


@pytest.mark.parametrize(
    ("expect", "verdict"),
    [
        ("bill.value == 20 元", HIT),
        ("any bill.value > 100 元", MISS),
        ("each bill.value >= 20 元", HIT),
        ("each bill.value > 20 元", MISS),
        ("first(bill.value) == 30 元", HIT),
        ("last(bill.value) == 30 元", MISS),
        ("sum(bill.value) == 150 元", HIT),
        ("max(bill.value) <= 100 元", HIT),
        ("min(bill.value) == 30 元", MISS),
        ("bill.value in [10 元, 20 元]", HIT),
        ("each bill.value not in [10 元, 50 元]", HIT),
        ("100 元 == bill.value", "left over"),
        ("bill.value == his.value", MISS),
        ("max(bill.value) > his.value", HIT),
        ("each bill.value < his.value", MISS),
        ("each his.value < max(bill.value)", HIT),
        ("none.value == 1 元", MISS),
        ("each none.value == 1 元", HIT),
        ("sum(none.value) == 0 元", HIT),
        ("max(none.value) < 1 元", MISS),
        ("first(none.value) != 1 元", MISS),
    ],
)
def test_which_of_several_values(call, expect, verdict) -> None:
    conditions = """
bill: {entity: amount, by: agent}
his: {entity: amount, by: customer}
none: {entity: amount, by: agent, near: [违约金]}
    """
    if isinstance(verdict, str):
        with pytest.raises(BadRule):
            holds(conditions, expect, call(*BILLS))
        return
    expect = expect.replace("[10 元, 20 元]", '["10 元", "20 元"]').replace("[10 元, 50 元]", '["10 元", "50 元"]')
    used = {name for name in ("bill", "his", "none") if f"{name}.value" in expect}
    kept = "\n".join(line for line in conditions.strip().splitlines() if line.split(":")[0] in used)
    assert holds(kept, expect, call(*BILLS)) is verdict


_AGGREGATES = {"sum": sum, "max": max, "min": min, "first": lambda v: v[0], "last": lambda v: v[-1]}


def _truly(how: str, said: list[int], comparison: str, limit: int) -> bool:
    """What the comparison is where everything is known."""
    test = {"==": int.__eq__, "!=": int.__ne__, "<": int.__lt__, "<=": int.__le__, ">": int.__gt__, ">=": int.__ge__}[comparison]
    if how in ("any", "each"):
        return (any if how == "any" else all)(test(value, limit) for value in said)
    if not said and how != "sum":
        return False
    return bool(test(_AGGREGATES[how](said), limit))


turns = st.lists(st.tuples(st.sampled_from([Role.AGENT, Role.CUSTOMER, Role.UNKNOWN]), st.integers(1, 6)), max_size=5)


@settings(max_examples=300, deadline=None)
@given(turns, st.sampled_from(["any", "each", *_AGGREGATES]), st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), st.integers(0, 9))
def test_what_is_certain_holds_whoever_spoke(said: list[tuple[Role, int]], how: str, comparison: str, limit: int) -> None:
    """An unknown speaker may be the agent or not: a certain verdict is true in every such call, and nothing is doubtful without need."""
    call = Call("c", tuple(Turn(i, role, f"一共{10 * number}元") for i, (role, number) in enumerate([*said, (Role.CUSTOMER, 1)])))
    operand = {"any": "bill.value", "each": "each bill.value"}.get(how, f"{how}(bill.value)")
    verdict = holds("bill: {entity: amount, by: agent}", f"{operand} {comparison} {10 * limit} 元", call)
    unknown = [i for i, (role, _) in enumerate(said) if role is Role.UNKNOWN]
    truths = set()
    for chosen in product((True, False), repeat=len(unknown)):
        agents = dict(zip(unknown, chosen, strict=True))
        heard = [n for i, (role, n) in enumerate(said) if role is Role.AGENT or agents.get(i, False)]
        truths.add(_truly(how, heard, comparison, limit))
    assert verdict is DOUBTFUL or {verdict is HIT} == truths
    if not unknown:
        assert verdict is not DOUBTFUL
    if how in ("any", "each", "first", "last") and said and len(truths) == 1:
        assert verdict is not DOUBTFUL


def test_points_for_every_value_that_breaks_a_limit(call) -> None:
    rule_set = rules("bill: {entity: amount, by: agent}", "bill.value > 25 元", verb="forbid")
    result = score(rule_set, call(*BILLS)).item("i")
    assert (result.lost_low, result.lost_high) == (4, 4)
    assert [e.turn for e in result.evidence] == [0, 3] and "超过" in result.reason


def test_fields_and_limits(call) -> None:
    head = "variables:\n  limit: 45 min\n  cap:\n    default: 100\n    cases:\n      - {when: {province: 四川}, value: 50}\n"
    promise = "x: {entity: duration, by: agent}"
    said = call("agent: 四十分钟到", meta={"deadline": "30 min", "bare": "3000", "words": "很快"})
    assert holds(promise, "x.value <= $limit", said, head) is HIT
    assert holds(promise, "x.value <= meta.deadline", said) is MISS
    assert holds(promise, "x.value <= meta.bare", said) is HIT, "a bare number of a field is in seconds"
    assert holds(promise, "x.value <= meta.words", said) is DOUBTFUL
    assert holds(promise, "x.value <= meta.absent", said) is MISS
    late = replace(said, metadata_closed=False)
    assert holds(promise, "x.value <= meta.absent", late) is DOUBTFUL
    assert holds("x: {say: 好}", "duration <= 10 min or x", replace(said, duration=601.0)) is MISS
    assert holds("x: {say: 好}", "duration <= 10 min or x", replace(said, duration=600.0)) is HIT


def test_a_named_group_of_a_pattern_is_a_value(call) -> None:
    ticket = "said: {regex: '单号(是|为)?(?P<no>[0-9]{4,6})', by: agent}"
    assert holds(ticket, "said.value == meta.ticket", call("agent: 单号是2045", meta={"ticket": "2045"})) is HIT
    assert holds(ticket, "said.value == meta.ticket", call("agent: 单号是2046", meta={"ticket": "2045"})) is MISS
    time = "x: {regex: '(?P<t>.{1,4}分钟)到', by: agent, text: plain}"
    assert holds(time, "x.value <= 45 min", call("agent: 四十分钟到")) is HIT
    assert holds(time, "x.value <= 45 min", call("agent: 五十分钟到")) is MISS
    with pytest.raises(BadRule, match="has no value"):
        holds("x: {regex: '(四十)分钟'}", "x.value <= 45 min", call("agent: 好"))


def test_patterns_over_turns(call) -> None:
    lines = ("agent: 编号是二零", "customer: 对", "agent: 四五", "customer: 好的", "agent: 六")
    pattern = "x: {regex: '编号是(?P<no>[零一二三四五六七八九]{4,5})', by: agent%s, text: plain}"
    assert holds(pattern % "", "x", call(*lines)) is MISS
    assert holds(pattern % ", join_turns: 2", "x.value == 二零四五", call(*lines)) is HIT
    assert holds(pattern % ", join_turns: 3", "x.value == 二零四五六", call(*lines)) is HIT
    assert holds(pattern % ", join_turns: 3", "x", call(lines[0], "customer: 我再说一遍吧", *lines[2:])) is MISS
    between = ("customer: 对的", "agent: 嗯", "customer: 没错")
    assert holds(pattern % ", join_turns: 2", "x.value == 二零四五", call(lines[0], *between, lines[2])) is HIT, "an aside is no piece"
    noise = ("customer: 对", "other: 好", "customer: 是的")
    assert holds(pattern % ", join_turns: 2", "x.value == 二零四五", call(lines[0], *noise, lines[2])) is HIT, "three between"
    assert holds(pattern % ", join_turns: 2", "x", call(lines[0], *noise, "other: 好", lines[2])) is MISS, "four are too many"
    as_written = pattern.replace(", text: plain", "")
    assert holds(as_written % ", join_turns: 3", "x", call(*lines)) is HIT


def test_dictated_digits_of_two_sentences_are_one_number_only_where_a_rule_asks(call) -> None:
    assert holds("x: {entity: duration, by: agent}", "x.value == 5 min", call("agent: 工号一二三", "agent: 五分钟到")) is HIT
    assert holds("x: {entity: duration, by: agent}", "x.value == 25 min", call("agent: 大概二十", "agent: 五分钟到")) is HIT


@pytest.mark.parametrize(
    ("kind", "said", "literal_", "verdict"),
    [
        ("amount", "电费三百二十元五角", "320.5 元", HIT),
        ("amount", "it is thirty-five dollars and fifty cents", "$35.50", HIT),
        ("percent", "涨了百分之五", "5%", HIT),
        ("count", "用了三百二十度电", "320 度", HIT),
        ("duration", "两天之内", "48 h", HIT),
        ("date", "下周三上门", "2026-11-25", HIT),
        ("date", "明天下午三点", "2026-11-21T15:00+08:00", HIT),
        ("date", "next Tuesday at 3 pm", "2026-11-24T15:00+08:00", HIT),
        ("date", "周三来", "2026-11-25", DOUBTFUL),
    ],
)
def test_entities_of_every_kind(call, kind, said, literal_, verdict) -> None:
    made = replace(call(f"agent: {said}"), started_at=BEGAN)
    assert holds(f"x: {{entity: {kind}, by: agent}}", f'x.value == "{literal_}"', made) is verdict


@pytest.mark.parametrize(
    ("kind", "given", "back", "verdict"),
    [
        ("account", "户号是0012345678", "户号0012345678，对吗", HIT),
        ("account", "户号是0012345678", "户号0012345679，对吗", MISS),
        ("account", "电表表号是0012345678", "表号零零一二三四五六七八", HIT),
        ("id_card", "身份证号11010519491231002X", "身份证号是11010519491231002X", HIT),
        ("address", "我家住文华路16号三栋二单元501", "地址是文华路16号三栋二单元501对吧", HIT),
        ("name", "我叫陈晓明", "陈晓明先生，您的姓名是陈晓明对吧", HIT),
    ],
)
def test_masked_values_of_every_kind(call, kind, given, back, verdict) -> None:
    conditions = f"given: {{entity: {kind}, by: customer}}\nback: {{entity: {kind}, by: agent, after: any given}}"
    assert holds(conditions, "given.value == back.value", call(f"customer: {given}", f"agent: {back}")) is verdict


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ("{entity: colour}", "is no kind of value"),
        ("{entity: [phone, amount]}", "mixes masked values"),
        ("{entity: phone, near: [电话]}", "has no meaning for phone"),
        ("{entity: amount, last_four: counts}", "has no meaning for amount"),
        ("{entity: phone, last_four: maybe}", "is not known"),
        ("{say: 好, join_turns: 2}", "has no meaning for say"),
        ("{entity: amount, join_turns: 50}", "is not a number from 1 to 12"),
        ("{entity: amount, near: $nothing}", "is not defined"),
    ],
)
def test_mistakes_in_entities(find, call, rule, problem) -> None:
    with pytest.raises(BadRule, match=problem):
        find(f"x: {rule}", call("agent: 好"))


def test_phrases_near_a_value(find, call) -> None:
    said = call("agent: 您等了两个小时，师傅四十分钟到，电话13800004517")
    found = find("x: {entity: duration, by: agent, near: [师傅], exclude: [等了两个小时]}", said)
    assert [(h.start, h.end) for h in found.hits] == [(10, 14)]
    assert [h.start for h in find("x: {entity: count, unit: 度}", call("agent: 三户一共二十度")).hits] == [4]
    far = call("agent: 四十分钟以后我再给您回一个电话说明一下刚才您反映的这个情况处理得怎么样了师傅在路上")
    assert not find("x: {entity: duration, by: agent, near: [师傅]}", far).hits


def test_digits_of_a_plain_telephone_number_are_no_quantity(find, call) -> None:
    plain = replace(call("agent: 好"), turns=(Turn(0, Role.AGENT, "电话13800004517元"),))
    assert not find("x: {entity: amount}", replace(plain, turns=call("agent: 好").turns)).hits
    from qa.redaction import EXAMPLE_KEY, redact

    tokens = replace(plain, turns=redact(plain.turns, EXAMPLE_KEY, masked=False))
    assert tokens.turns[0].tokens and not find("x: {entity: amount}", tokens).hits


def test_dates_in_examples_count_from_started_at() -> None:
    text = one_section("""
      - id: i
        points: 1
        conditions: {x: {entity: date, by: agent}}
        expect: x.value <= 2026-11-25
        examples:
          pass: [{started_at: 2026-11-20T10:00+08:00, turns: ["agent: 下周二上门"]}]
          fail: [{started_at: 2026-11-20T10:00+08:00, turns: ["agent: 下周五上门"]}]
""")
    from qa.rules.proving import prove

    assert all(proof.held for proof in prove(load_text(text, "t.yaml")))
    with pytest.raises(BadRule, match="no moment with its zone"):
        load_text(text.replace("+08:00", ""), "t.yaml")


def test_a_word_asked_for_stands_near_the_value_on_either_side(call) -> None:
    rule = "x: {entity: duration, by: agent, near: [到]}"
    far = "这边再跟您核对一下您刚才登记的联系方式和详细的地址信息以及其他的一些情况"
    assert holds(rule, "x", call("agent: 到了以后要四十分钟")) is HIT
    assert holds(rule, "x", call("agent: 四十分钟就到")) is HIT
    assert holds(rule, "x", call(f"agent: 到了{far}要四十分钟")) is MISS
    assert holds(rule, "x", call(f"agent: 四十分钟{far}到了")) is MISS

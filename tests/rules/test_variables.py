"""Variables: the value of a call's own province or queue, in phrases, limits and tables; several while a field may still arrive."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.errors import BadRule
from qa.rules import load_text
from qa.rules.examples import call_of, turns_of
from qa.rules.judging import judge
from qa.rules.model import RuleSet
from qa.rules.plan import compile_plan
from qa.rules.variables import Lookup
from qa.rules.variants import MAX_VARIANTS, values_for, variant_for, variants
from qa.scoring import Outcome, score

TEXT = """
id: t
title: T
variables:
  hold: 45 s
  company:
    default: [国家电网, 供电公司]
    cases:
      - {when: {province: 广东}, value: [南方电网], note: another grid}
      - {when: {queue: [q1, q2], direction: outbound}, value: 国网商城}
  often:
    default: 2
    cases: [{when: {province: 广东}, value: 1}]
  limit:
    table: {故障报修: {城区: 45 min, 农村: 90 min, "*": 2 h}, 投诉: {"*": 1 d}}
    default: 24 h
vocabularies: {names: [$company, 电力热线]}
sections:
  - id: s
    items:
      - {id: named, points: 3, conditions: {x: {say: $company, by: agent}}, expect: x}
      - {id: list, points: 3, conditions: {x: {say: [$names], by: agent}}, expect: x}
      - {id: wait, points: 3, conditions: {x: {silence: {over: $hold}}}, forbid: x}
      - {id: two, points: 3, conditions: {x: {say: [请稍等, 久等了], at_least: $often, by: agent}}, expect: x}
"""


@pytest.fixture(scope="module")
def card() -> RuleSet:
    return load_text(TEXT, "t.yaml")


def talk(*lines: str, meta: dict[str, object] | None = None, **facts: object):
    return call_of("c1", turns_of("\n".join(lines)), facts, meta)


def outcomes(rule_set: RuleSet, call) -> dict[str, str]:
    return {item.item_id: item.outcome.value for item in score(rule_set, call).items}


def test_defaults_hold_where_no_case_does(card) -> None:
    assert card.values["hold"] == 45.0 and card.values["often"] == 2.0
    assert outcomes(card, talk("agent: 您好供电公司")) == {"named": "pass", "list": "pass", "wait": "doubtful", "two": "fail"}
    assert outcomes(card, talk("agent: 您好南方电网"))["named"] == "fail"


def test_a_case_changes_phrases_lists_and_numbers(card) -> None:
    call = talk("agent: 您好南方电网，请稍等", meta={"province": "广东"})
    assert outcomes(card, call) == {"named": "pass", "list": "pass", "wait": "doubtful", "two": "pass"}
    variant = variant_for(card, call)
    assert variant.vocabularies["names"] == ("南方电网", "电力热线")
    assert (variant.content_hash, variant.version) == (card.content_hash, card.version)


def test_counts_in_expressions() -> None:
    text = TEXT.replace("expect: x}", "expect: count(x) >= $often}", 1)
    rule_set = load_text(text, "t.yaml")
    assert outcomes(rule_set, talk("agent: 供电公司"))["named"] == "fail"
    assert outcomes(rule_set, talk("agent: 供电公司", "customer: 喂", "agent: 国家电网"))["named"] == "pass"
    assert outcomes(rule_set, talk("agent: 南方电网", meta={"province": "广东"}))["named"] == "pass"
    for wrong in ("$company", "$limit", "$nobody"):
        with pytest.raises(BadRule, match=r"named.expect: .*is not a whole number"):
            load_text(text.replace("$often}", f"{wrong}}}"), "t.yaml")


def test_tables_in_expressions() -> None:
    promise = "conditions: {x: {entity: duration, by: agent}}, expect: 'each x.value <= $limit[meta.type, meta.area]'}"
    text = TEXT.replace("conditions: {x: {say: $company, by: agent}}, expect: x}", promise)
    rule_set = load_text(text, "t.yaml")
    kinds = [({"type": "故障报修", "area": area}, want) for area, want in (("城区", "fail"), ("农村", "pass"), ("边远", "pass"))]
    for meta, want in [*kinds, ({}, "pass")]:
        assert outcomes(rule_set, talk("agent: 一个小时内到", meta=meta))["named"] == want
    open_call = talk("agent: 一个小时内到", meta={"type": "故障报修"}, metadata_closed=False)
    assert outcomes(rule_set, open_call)["named"] == "doubtful"


def test_every_field_of_a_case_must_fit(card) -> None:
    sold = talk("agent: 这里是国网商城", queue="q2", direction="outbound")
    assert outcomes(card, sold)["named"] == "pass"
    assert outcomes(card, talk("agent: 这里是国网商城", queue="q2"))["named"] == "fail"


def test_the_first_case_that_holds_wins(card) -> None:
    values = values_for(card, {"meta.province": "广东", "queue": "q1", "direction": "outbound"})
    assert values["company"] == ("南方电网",)


def test_calls_of_one_province_share_a_plan(card) -> None:
    plans = {id(compile_plan(variant_for(card, talk(f"agent: {n}", meta={"province": "广东"})))) for n in range(4)}
    others = {id(compile_plan(variant_for(card, talk(f"agent: {n}")))) for n in range(4)}
    assert len(plans) == len(others) == 1 and plans != others


def test_the_card_says_which_values_it_used(card) -> None:
    used = dict(score(card, talk("agent: 您好", meta={"province": "广东"})).variables)
    assert used == {"hold": "45 s", "company": "南方电网", "often": "1", "limit": "table of 4"}


def test_a_field_that_may_still_arrive_leaves_what_depends_on_it_open(card) -> None:
    call = talk("agent: 您好南方电网", metadata_closed=False)
    found, complete = variants(card, call)
    assert complete and len(found) == 2
    assert outcomes(card, call) == {"named": "doubtful", "list": "doubtful", "wait": "doubtful", "two": "fail"}
    result = score(card, call)
    assert "尚未到达" in result.item("named").reason and result.metadata_open
    assert dict(result.variables)["often"] == "2 | 1"


@given(
    st.sampled_from(["广东", "四川", ""]),
    st.sampled_from(["q1", "q9"]),
    st.sampled_from(["您好南方电网请稍等", "供电公司", "国网商城久等了"]),
)
def test_once_it_has_arrived_the_result_is_one_of_those_thought_possible(province: str, queue: str, said: str) -> None:
    rule_set = load_text(TEXT, "t.yaml")
    facts = {"queue": queue, "direction": "outbound"}
    before = score(rule_set, talk(f"agent: {said}", metadata_closed=False, **facts))
    after = score(rule_set, talk(f"agent: {said}", meta={"province": province} if province else {}, **facts))
    assert before.low <= after.low <= after.high <= before.high
    for old, new in zip(before.items, after.items, strict=True):
        assert old.outcome in (new.outcome, Outcome.DOUBTFUL)


def test_too_many_possible_values_make_all_of_it_doubtful() -> None:
    cases = "\n".join(f"      - {{when: {{area: a{n}}}, value: {n + 3}}}" for n in range(MAX_VARIANTS + 5))
    text = f"""
id: t
title: T
variables:
  often:
    default: 2
    cases:
{cases}
sections: [{{id: s, items: [{{id: i, points: 1, conditions: {{x: {{speech_rate: {{over: $often}}}}}}, forbid: x}}]}}]
"""
    rule_set = load_text(text, "t.yaml")
    found, complete = variants(rule_set, talk("agent: 您好", metadata_closed=False))
    assert len(found) == MAX_VARIANTS and not complete
    assert judge(rule_set, talk("agent: 您好", metadata_closed=False)).judgements[0].reason


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (("故障报修", "城区"), 2700.0),
        (("故障报修", "边远"), 7200.0),
        (("故障报修", None), 7200.0),
        ((" 投诉 ", "农村"), 86_400.0),
        (("咨询", "城区"), 86_400.0),
        ((None, None), 86_400.0),
    ],
)
def test_tables(card, keys, value) -> None:
    table = card.values["limit"]
    assert isinstance(table, Lookup) and table.width == 2 and table.at(keys) == value


def test_a_table_prefers_the_row_with_the_fewest_stars() -> None:
    table = Lookup(2, {("*", "*"): 1.0, ("a", "*"): 2.0, ("*", "b"): 3.0, ("a", "b"): 4.0})
    found = [table.at(("a", "b")), table.at(("a", "c")), table.at(("c", "b")), table.at(("c", "c"))]
    assert found == [4.0, 2.0, 3.0, 1.0]
    assert Lookup(1, {("a",): 1.0}).at(("b",)) is None


WRONG = [
    ("hold: 45 s", "hold: {cases: []}", 5, "variables.hold.default", "is missing", "default:"),
    ("hold: 45 s", "'1x': 3", 5, "variables.1x", "is not a name", "letters"),
    ("hold: 45 s", "names: 3", 5, "variables.names", "also a vocabulary", "another name"),
    ("hold: 45 s", "hold: [$nobody]", 5, "variables.hold", "'$nobody' is not defined", "names"),
    ("value: 国网商城", "value: 3", 10, "variables.company.cases[2].value", "is a number, the default is phrases", "write phrases"),
    ("value: 国网商城", "value: 国网商城, wen: 3", 10, "variables.company.cases[2].wen", "is not known", "when"),
    ("{queue: [q1, q2], direction: outbound}", "{}", 10, "variables.company.cases[2].when", "is empty", "default"),
    ("value: 1}", "value: 2 min}", 13, "variables.often.cases[1].value", "is a time, the default is a number", "a number"),
    ('"*": 2 h', '"*": 2', 15, "variables.limit.table", "mixes a number and a time", "45 min is a time"),
    ('{"*": 1 d}', "1 d", 15, "variables.limit.table", "rows of different depth", "every field"),
    ("default: 24 h", "default: 24 h\n    cases: [{when: {a: b}, value: 3 h}]", 17, "variables.limit.cases[1].value", "shape", "2 fields"),
    ("value: 1}", "value: 7}", 24, "two.conditions.x.at_least", "with case 1 of company, often", "at_least"),
    ("default: 2\n", "default: 1.5\n", 24, "two.conditions.x.at_least", "not a whole number", "fraction"),
    ("over: $hold", "over: $limit", 23, "wait.conditions.x.over", "not a time", "10 s"),
    (
        "points: 3, conditions: {x: {say: $company",
        "points: $often, conditions: {x: {say: $company",
        21,
        "named.points",
        "not a number",
        "points",
    ),
]


@pytest.mark.parametrize(("old", "new", "line", "field", "problem", "mend"), WRONG, ids=[f"{w[1][:40]}" for w in WRONG])
def test_mistakes_name_file_line_and_field(old, new, line, field, problem, mend) -> None:
    assert old in TEXT
    with pytest.raises(BadRule) as caught:
        load_text(TEXT.replace(old, new, 1), "t.yaml")
    assert caught.value.thing == f"t.yaml:{line}: {field}", str(caught.value)
    assert problem in caught.value.problem and mend in caught.value.mend, str(caught.value)


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("{default: 1, table: {a: 1 min}}", "mixes a number and a time"),
        ("{table: {}, default: 1}", "is empty"),
        ("{table: 3}", "should be a table"),
        ("{default: {a: 1}}", "should be a value"),
        ("{default: 1, cases: [{when: {meta.: 2}, value: 3}]}", "names no field"),
        ("{table: {a: 1}, cases: [{when: {b: c}, value: 3, table: {a: 2}}]}", "beside table:"),
        ("{default: 1, cases: [" + ", ".join(f"{{when: {{a: b{n}}}, value: {n}}}" for n in range(65)) + "]}", "are 65"),
        ("{default: 1, cases: [{when: x, value: 3}]}", "should be a table"),
        ("{default: 1, cases: 3}", "should be a list"),
        ("{default: [], cases: []}", "empty list"),
    ],
)
def test_odd_values_are_refused(written: str, problem: str) -> None:
    with pytest.raises(BadRule) as caught:
        load_text(TEXT.replace("  hold: 45 s", f"  extra: {written}\n  hold: 45 s"), "t.yaml")
    assert caught.value.thing.startswith("t.yaml:5: variables.extra") and problem in caught.value.problem


def test_a_case_may_bring_another_table() -> None:
    table = "{table: {a: 1}, default: 5, cases: [{when: {province: 广东}, table: {a: 2}, default: 6}]}"
    rule_set = load_text(TEXT.replace("  hold: 45 s", f"  extra: {table}\n  hold: 45 s"), "t.yaml")
    found = []
    for meta in ({}, {"province": "广东"}):
        extra = variant_for(rule_set, talk("agent: 喂", meta=meta)).values["extra"]
        assert isinstance(extra, Lookup)
        found += [extra.at(("a",)), extra.at(("b",))]
    assert found == [1.0, 5.0, 2.0, 6.0]


def test_examples_and_titles_are_no_place_for_variables() -> None:
    text = TEXT.replace("expect: x}", 'expect: x, note: $hold, examples: {pass: ["agent: 国家电网 $hold"]}}', 1)
    assert "$hold" in load_text(text, "t.yaml").items[0].examples[0].call.turns[0].text


def test_too_many_are_refused() -> None:
    many = "\n".join(f"  v{n}: {n}" for n in range(101))
    with pytest.raises(BadRule, match="keep below 100"):
        load_text(TEXT.replace("variables:\n", f"variables:\n{many}\n"), "t.yaml")
    rows = ", ".join(f"r{n}: {n}" for n in range(2001))
    with pytest.raises(BadRule, match="more than 2,000 values"):
        load_text(TEXT.replace("  hold: 45 s", f"  hold: {{table: {{{rows}}}}}"), "t.yaml")
    with pytest.raises(BadRule, match="nested deeper than 4"):
        load_text(TEXT.replace("  hold: 45 s", "  hold: {table: {a: {b: {c: {d: {e: 1}}}}}}"), "t.yaml")

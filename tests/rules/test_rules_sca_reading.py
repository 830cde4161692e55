"""Rules of SCA read: every operator and place, and what is at stake."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hotline.errors import BadInput
from qa.rules.sca import import_sca_text
from tests.rules.sca_documents import AFTER, document, judged, keywords


@pytest.mark.parametrize(
    ("operator", "hits", "misses"),
    [
        (keywords("滚", "有病"), "你有病", "你好"),
        (keywords("滚", "有病", size=2, in_sentence=False), "你有病，滚", "你有病"),
        (keywords("姓名", "电话", size=-1), "报电话和姓名", "报一下姓名"),
        (keywords("姓名", "电话", size=-1, in_sentence=True), "报电话和姓名", "报一下电话"),
        (keywords("您好", size=0), "喂", "您好"),
        (keywords("嗯", threshold=3), "嗯，这个嗯，那个嗯", "嗯，那个嗯"),
        (keywords("开户", synonyms={"开户": ["报装"]}), "办理报装", "办理过户"),
        (keywords("(滚|走)开"), "(滚|走)开", "走开"),
        ({"type": "REGULAR_EXPRESSION", "param": {"regex": "投诉.{0,4}没用"}}, "投诉也没用", "投诉"),
        ({"type": "REGULAR_EXPRESSION", "param": {"regex": "满意", "notRegex": "不满意"}}, "满意", "不满意吗，满意吧"),
        ({"type": "SIMILAR_MATCH", "param": {"similarlySentences": ["请问有什么可以帮您"], "score": 80}}, "请问有什么可以帮您", "报地址"),
    ],
    ids=lambda value: json.dumps(value, ensure_ascii=False)[:60] if isinstance(value, dict) else None,
)  # fmt: skip
def test_text_operators(operator: dict[str, Any], hits: str, misses: str) -> None:
    text = document(operator)
    assert judged(text, f"agent: {hits}") == "fail" and judged(text, f"agent: {misses}") == "pass"
    assert judged(text, f"customer: {hits}") == ("pass" if 'keywordMatchSize": 0' not in text else "fail")


def test_operators_on_time() -> None:
    silence = document({"type": "INTERVAL_GREATER", "param": {"interval": 8000, "compareOperator": "gt", "from_end": True}})
    assert judged(silence, "customer@0-2: 查电费", "agent@15-16: 好的") == "fail"
    assert judged(silence, "customer@0-2: 查电费", "agent@6-7: 好的") == "pass"
    assert judged(silence, "agent@0-2: 户号多少", "customer@15-16: 我找找") == "pass"
    rate = document({"type": "SPEECH_SPEED_CHECK", "param": {"velocityInMint": 280, "average": True, "minWordSize": 4}})
    assert judged(rate, "agent@0-2: 请问您需要办理什么样的业务呢") == "fail"
    assert judged(rate, "agent@0-9: 请问您需要办理什么样的业务呢") == "pass"
    repeated = document(
        {"type": "ADVANCED_REPEAT_DETECT", "param": {"from": 3, "similarity_threshold": 0.8, "hit_time": 1, "threshold": 5}}
    )
    assert judged(repeated, "agent: 请您提供一下户号", "customer: 什么", "agent: 请您提供一下户号") == "fail"


@pytest.mark.parametrize(
    ("place", "condition"),
    [
        ({"role": "客服"}, "by: agent"),
        ({"role": "客户", "range": {"from": 1, "to": 2}}, "by: customer\n        in: customer turns 1 to 2"),
        ({"role": "客服", "range": {"from": -2, "to": -1}, "absolute": True}, "by: agent\n        in: turns -2 to -1"),
        ({"role": "所有", "range": {"from": 1, "to": -1}}, ""),
        ({"role": "All", "range": {"from": 1, "to": 3}}, "in: turns 1 to 3"),
        ({"role": "座席", "roleId": 1}, "by: agent"),
        ({"roleId": 2}, "by: customer"),
        (AFTER, "after: first c_1\n        within: 2 agent turns"),
        ({**AFTER, "range": {"from": 1, "to": -1}}, "after: first c_1"),
        ({**AFTER, "anchor": {"cid": "1", "location": "BEFORE", "hit_time": -1}, "range": {"from": -3, "to": -1}},
         "before: any c_1\n        within: 3 agent turns"),
        ({**AFTER, "anchor": {"cid": "1", "location": "AROUND"}, "range": {"from": -1, "to": 1}},
         "around: first c_1\n        within: 1 agent turns"),
        ({**AFTER, "anchor": {"cid": "1", "location": "CURRENT"}}, "around: first c_1\n        within: 0 turns"),
    ],
)  # fmt: skip
def test_places(place: dict[str, Any], condition: str) -> None:
    text = document(keywords("停电"), keywords("抱歉"), check=[{"role": "客户"}, place])
    rule_set = import_sca_text(text, "r.json").rule_set
    for line in filter(None, map(str.strip, condition.splitlines())):
        key, _, value = line.partition(": ")
        assert f"{key}: {value}" in rule_set.source, rule_set.source


@pytest.mark.parametrize("role", ["all", "ALL", "所有", "全部", "双方", "", None])
def test_a_rule_for_both_sides_is_judged_on_both(role: str | None) -> None:
    """Without a role, and with each word for all of them; a silence then awaits either side."""
    text = document(keywords("有病"), check=[{"role": role}])
    assert judged(text, "agent: 你有病") == "fail" and judged(text, "customer: 你有病") == "fail"
    silence = document({"type": "INTERVAL_GREATER", "param": {"interval": 8000}}, check=[{"role": role}])
    assert judged(silence, "agent@0-2: 户号多少", "customer@15-16: 我找找") == "fail"
    assert judged(silence, "customer@0-2: 查电费", "agent@15-16: 好的") == "fail"


def test_a_role_that_is_not_known_is_not_taken_for_all() -> None:
    for place in ({"roleId": 7}, {"role": "班长", "roleId": 1}):
        with pytest.raises(BadInput, match="no rule of 1"):
            import_sca_text(document(keywords("滚"), check=[place]), "r.json")


def test_every_hit_of_an_anchor_needs_its_answer() -> None:
    every = {**AFTER, "anchor": {"cid": "1", "location": "AFTER", "hit_time": 0}}
    text = document(keywords("停电"), keywords("抱歉"), check=[{"role": "客户"}, every])
    assert judged(text, "customer: 停电了", "agent: 抱歉", "customer: 又停电了", "agent: 抱歉") == "fail"
    assert judged(text, "customer: 停电了", "agent: 抱歉", "customer: 又停电了", "agent: 户号") == "pass"
    assert judged(text, "agent: 抱歉") == "pass"


@pytest.mark.parametrize(
    ("rule", "field", "value"),
    [
        ({"scoreType": 3, "scoreNum": 5}, "points", 5),
        ({"scoreType": 1, "scoreNum": 3}, "bonus", 3),
        ({"scoreNumType": 1, "scoreNum": 0, "level": 0}, "fatal", True),
        ({"scoreNumType": 1, "scoreNum": 40}, "set_score", 40),
        ({"isHitNumScore": 1, "scoreNum": 2}, "points_per_hit", 2),
        ({"level": 0}, "severity", "serious"),
        ({"comments": "规范 3.1"}, "clause", "规范 3.1"),
        ({"checkType": 4}, "section", "procedure"),
        ({"triggers": ["1"]}, "show_first", ("c_1",)),
        ({"name": "不推诿"}, "title", "不推诿"),
    ],
)
def test_what_is_at_stake(rule: dict[str, Any], field: str, value: Any) -> None:
    item = import_sca_text(document(keywords("滚"), rule=rule), "r.json").rule_set.items[0]
    found = getattr(item, field)
    assert (found.zh if field == "title" else found) == value


def test_a_score_set_outright_is_told_to_be_a_cap_here() -> None:
    losses = import_sca_text(document(keywords("滚"), rule={"scoreNumType": 1, "scoreNum": 40}), "r.json").losses
    (told,) = [loss for loss in losses if loss.field == "scoreNumType"]
    assert "封顶" in told.what.zh and "at most 40" in told.what.en and not told.left_out
    fatal = import_sca_text(document(keywords("滚"), rule={"scoreNumType": 1, "scoreNum": 0, "level": 0}), "r.json").losses
    assert not [loss for loss in fatal if loss.field == "scoreNumType"]


def test_dates_and_what_must_be_said() -> None:
    dates = {"fullCycle": 0, "effectiveStartTime": "2026-01-01 00:00:00", "effectiveEndTime": "2026-06-30 00:00:00"}
    item = import_sca_text(document(keywords("您好"), rule={"lambda": "!1", **dates}), "r.json").rule_set.items[0]
    assert str(item.effective) == "2026-01-01 to 2026-06-30" and not item.forbids and str(item.requirement) == "c_1"


@pytest.mark.parametrize("wrap", [lambda d: {"data": d}, lambda d: {"Data": {"RulesInfo": d}}, lambda d: {"JsonStr": json.dumps(d)}])
def test_wrappings_and_spellings_of_the_api(wrap) -> None:
    condition = {
        "Cid": "a",
        "CheckRange": {"Role": "客服", "Anchor": None, "Range": {"From": 1, "To": 3}, "Absolute": False},
        "Operators": {"OperatorBasicInfo": [{"Oid": "1", "Type": "HIT_ANY_KEYWORDS", "Param": {"OperKeyWords": {"OperKeyWord": ["滚"]}}}]},
        "Lambda": "1",
    }
    rule = {"Rid": "1", "Name": "辱骂", "Lambda": "a", "ScoreNum": 5.0, "ScoreType": 3}
    whole = wrap({"Conditions": {"ConditionBasicInfo": [condition]}, "Rules": {"RuleBasicInfo": [rule]}})
    assert judged(json.dumps(whole), "agent: 滚") == "fail"


def test_several_operators_of_one_condition() -> None:
    operators = [{"oid": "1", **keywords("停电")}, {"oid": "2", **keywords("跳闸")}, {"oid": "3", **keywords("检修")}]
    condition = {"cid": "a", "check_range": {"role": "客户"}, "operators": operators, "lambda": "(1||2)&&!3"}
    text = json.dumps({"conditions": [condition], "rules": [{"rid": "1", "name": "r", "lambda": "a", "scoreNum": 1}]})
    assert judged(text, "customer: 跳闸了") == "fail" and judged(text, "customer: 检修停电") == "pass"

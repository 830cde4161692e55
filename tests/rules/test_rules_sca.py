"""Rules of SCA: every operator and place in both directions, round trips that judge the same, and a list of all that is lost."""

from __future__ import annotations

import json
from contextvars import copy_context
from pathlib import Path
from typing import Any

import pytest

from hotline import cli
from hotline.errors import BadInput
from hotline.locale import messages, use
from qa import scoring
from qa.rules import RuleSet, load, load_text
from qa.rules.examples import call_of, turns_of
from qa.rules.exchange import Cannot
from qa.rules.sca import export_sca, import_sca, import_sca_text, lambdas
from qa.rules.sca.patterns import alternatives, phrases_pattern

ROOT = Path(__file__).parents[2]


def document(*operators: dict[str, Any], rule: dict[str, Any] | None = None, check: list[dict[str, Any]] | None = None) -> str:
    """One rule over a condition for each operator, ids from 1, joined by ``&&``."""
    conditions = []
    for number, operator in enumerate(operators, start=1):
        place = (check or [])[number - 1] if check else {"role": "客服"}
        conditions.append({"cid": str(number), "check_range": place, "operators": [{"oid": "1", "name": "x", **operator}], "lambda": "1"})
    joined = "&&".join(str(n) for n in range(1, len(operators) + 1))
    return json.dumps({"conditions": conditions, "rules": [{"rid": "7", "name": "规则", "lambda": joined, "scoreNum": 5, **(rule or {})}]})


def keywords(*words: str, size: int = 1, **params: Any) -> dict[str, Any]:
    kind = "HIT_ANY_KEYWORDS" if size == 1 else "INCLUDE_KEYWORDS"
    return {"type": kind, "param": {"keywords": list(words), "keywordMatchSize": size, **params}}


def outcome(rule_set: RuleSet, *lines: str) -> str:
    return scoring.score(rule_set, call_of("c", turns_of("\n".join(lines)))).items[0].outcome.value


def judged(text: str, *lines: str) -> str:
    return outcome(import_sca_text(text, "r.json").rule_set, *lines)


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


AFTER = {"anchor": {"cid": "1", "location": "AFTER", "hit_time": 1}, "role": "客服", "range": {"from": 1, "to": 2}, "absolute": False}


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


@pytest.mark.parametrize(("text", "told"), [("[]", "r.json：应是JSON 对象；"), ("{}", "r.json: rules：里面没有 rules；")])
def test_what_holds_no_rules_is_refused_in_chinese_too(text: str, told: str) -> None:
    with pytest.raises(BadInput) as caught:
        import_sca_text(text, "r.json")
    context = copy_context()
    context.run(use, "zh")
    assert context.run(messages.told, caught.value) == f"{told}能读取的 JSON 见 docs/rules-as-code.zh-CN.md"


def test_several_keywords_in_one_sentence_are_named_to_people() -> None:
    found = import_sca_text(document(keywords("姓名", "称呼", size=-1), rule={"lambda": "!1"}), "r.json").rule_set
    (result,) = scoring.score(found, call_of("c", turns_of("agent: 报一下姓名"))).items
    assert "一句话里同时说 姓名、称呼" in result.reason and "姓名 and 称呼 in one sentence" in result.reason
    two = import_sca_text(document(keywords("姓名", "称呼", "电话", size=2, in_sentence=True)), "r.json").rule_set
    assert two.items[0].conditions[0].says.zh == "一句话里说 姓名、称呼、电话 中的 2 个"
    regex = import_sca_text(document({"type": "REGULAR_EXPRESSION", "param": {"regex": "投诉.{0,4}没用"}}), "r.json").rule_set
    assert regex.items[0].conditions[0].says.zh == "符合“投诉.{0,4}没用”"


def test_a_rule_that_is_a_flow_is_called_so_without_a_lambda_too() -> None:
    whole = json.loads(document(keywords("滚")))
    for flow in ({"nodes": []}, {"nodes": [{"id": 1}]}, [], "start"):
        whole["rules"][1:] = [{"rid": "9", "name": "流程", "graphFlow": flow, "scoreNum": 5}]
        (gone,) = [loss for loss in import_sca_text(json.dumps(whole), "r.json").losses if loss.left_out]
        assert gone.field == "graphFlow" and "流程质检" in gone.what.zh
    whole["rules"][1:] = [{"rid": "9", "name": "空", "scoreNum": 5}]
    (gone,) = [loss for loss in import_sca_text(json.dumps(whole), "r.json").losses if loss.left_out]
    assert gone.field == "lambda" and gone.what.zh == "没有 lambda，也没有属于它的条件"


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


LEFT_OUT = [
    ({"type": "EMOTION", "param": {}}, None, None, "conditions[0].operators[0].type"),
    ({"type": "NER_MODEL", "param": {"dataType": 1}}, None, None, "conditions[0].operators[0].type"),
    ({"type": "REGULAR_EXPRESSION", "param": {"regex": "(?<!不)满意"}}, None, None, "rule-7.conditions.c_1.regex"),
    (
        {"type": "INTERVAL_GREATER", "param": {"interval": 8000, "compareOperator": "lt"}},
        None,
        None,
        "conditions[0].operators[0].param.compareOperator",
    ),
    (keywords("滚"), None, [{"role": "客服", "allSentencesSatisfy": True}], "conditions[0].check_range.allSentencesSatisfy"),
    (keywords("滚"), None, [{"role": "机器人"}], "conditions[0].check_range.role"),
    (keywords("滚"), None, [{"role": "客服", "anchor": {"cid": "9", "location": "AFTER"}}], "conditions[0].check_range.anchor.cid"),
    (keywords("滚"), None, [{"role": "客服", "range": {"from": 0, "to": 2}}], "conditions[0].check_range.range"),
    (keywords(*"甲乙丙丁戊", size=-1, in_sentence=True), None, None, "conditions[0].operators[0].param.in_sentence"),
    (keywords("滚"), {"lambda": "1&&2"}, None, "lambda"),
    (keywords("滚"), {"lambda": "1&&"}, None, "lambda"),
    (keywords("滚"), {"ruleType": 2}, None, "graphFlow"),
    (keywords("滚"), {"scoreNum": "five"}, None, "rules[0].scoreNum"),
    (keywords("滚"), {"scoreType": 9}, None, "scoreType"),
]


@pytest.mark.parametrize(("operator", "rule", "check", "field"), LEFT_OUT, ids=[entry[3][-40:] for entry in LEFT_OUT])
def test_what_would_change_a_verdict_leaves_the_rule_out_by_name_and_field(operator, rule, check, field) -> None:
    whole = json.loads(document(operator, rule=rule, check=check))
    whole["conditions"].append(json.loads(document(keywords("您好")))["conditions"][0] | {"cid": "good"})
    whole["rules"].append({"rid": "8", "name": "好的规则", "lambda": "!good", "scoreNum": 1})
    found = import_sca_text(json.dumps(whole), "r.json")
    assert [item.id for item in found.rule_set.items] == ["rule-8"]
    (gone,) = [loss for loss in found.losses if loss.left_out]
    assert (gone.rule, gone.field) == ("规则", field) and gone.what.zh and gone.what.en
    with pytest.raises(BadInput, match=r"no (rule|item)"):
        import_sca_text(document(operator, rule=rule, check=check), "r.json")


def test_what_is_put_otherwise_is_listed() -> None:
    extra = {"createTime": "2024-01-01", "status": 1, "level": 1, "isHitNumScore": 1, "lambda": "!1"}
    found = import_sca_text(document(keywords("OK", case_sensitive=True, keywordExtension=1), rule=extra), "r.json")
    listed = {loss.field for loss in found.losses if loss.rule == "规则"}
    assert listed == {
        "createTime, status",
        "level",
        "isHitNumScore",
        "conditions[0].operators[0].param.case_sensitive",
        "conditions[0].operators[0].param.keywordExtension",
    }
    assert not any(loss.left_out for loss in found.losses) and {loss.field for loss in found.losses if loss.rule == "*"} >= {
        "check_range",
        "keywords",
    }


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


@pytest.mark.parametrize("name", ["power_95598.yaml", "general_en.yaml"])
def test_what_ships_comes_back_judging_its_examples_the_same(name: str) -> None:
    rule_set = load(ROOT / "scoring_rules" / name)
    written, losses = export_sca(rule_set)
    back = import_sca_text(json.dumps(written, ensure_ascii=False), "r.json")
    gone = {loss.rule for loss in losses if loss.left_out}
    ids = {f"rule-{item.id}": item for item in rule_set.items}
    assert {item.id for item in back.rule_set.items} == {key for key, item in ids.items() if item.id not in gone}
    compared = 0
    for other in back.rule_set.items:
        item = ids[other.id]
        for example in item.examples:
            was = scoring.score(rule_set, example.call).item(item.id).outcome.value
            now = scoring.score(back.rule_set, example.call).item(other.id).outcome.value
            if was == "doubtful" and now == "pass":
                continue  # a likeness of sound, which the list names
            assert (was, now) in {("na", "pass"), (was, was)}, (item.id, example.line)
            compared += 1
    assert compared > 80


def test_an_export_lists_what_it_leaves_out() -> None:
    card = """id: t
title: T
bands: {好: 90, 差: 0}
sections:
  - id: s
    items:
      - {id: late, points: 1, conditions: {x: {say: 您好, in: first 20 s}}, expect: x}
      - {id: meta, points: 1, applies_when: meta.area == 城区, conditions: {x: {say: 您好}}, expect: x}
      - {id: often, points: 1, conditions: {x: {say: 嗯, by: agent}}, forbid: count(x) > 2}
      - {id: cut, points: 1, conditions: {x: {interruption: {overlap: 1 s}}}, forbid: x}
      - {id: hits, points_per_hit: 2, at_most: 6, conditions: {x: {say: 滚}}, forbid: x, coaching: C, clause: A 1}
"""
    written, losses = export_sca(load_text(card, "t.yaml"))
    assert [rule["rid"] for rule in written["rules"]] == ["often", "hits"]
    assert {(x.rule, x.field) for x in losses if x.left_out} == {
        ("late", "conditions.x.in"),
        ("meta", "meta.area"),
        ("cut", "conditions.x.interruption"),
    }
    assert {("hits", "at_most"), ("hits", "coaching"), ("*", "bands"), ("*", "sections.s")} <= {
        (x.rule, x.field) for x in losses if not x.left_out
    }
    assert written["conditions"][0]["operators"][0]["param"]["threshold"] == 3
    assert written["rules"][1]["comments"] == "A 1" and written["rules"][1]["isHitNumScore"] == 1


def test_lambdas_and_patterns() -> None:
    for text in ("1", "!1", "1&&2||3", "(1||2)&&!(3&&4)", "a&&(b||c)"):
        assert lambdas.write(lambdas.read(text, "lambda")) == text
    assert str(lambdas.read("1 与 非2 或 （3）", "lambda")) == "1 and not 2 or 3"
    for wrong in ("", "1&&", "(1", "1)", "1 2", "&&1", "!" * 40 + "1", "(" * 40 + "1" + ")" * 40, "1&&" * 500 + "1"):
        with pytest.raises(Cannot):
            lambdas.read(wrong, "lambda")
    assert phrases_pattern(["(你|您)好", "a.b…c"]) == r"(?i)(?:你|您)好|a\.b.{0,6}c"
    assert alternatives(r"a|(b|c)|[|]\|d") == ["a", "(b|c)", r"[|]\|d"]


def test_the_commands(tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_LANGUAGE", "en")
    source, card, back = tmp_path / "r.json", tmp_path / "r.yaml", tmp_path / "b.json"
    whole = json.loads(document(keywords("滚")))
    whole["rules"].append({"rid": "9", "name": "流程", "graphFlow": {"nodes": [1]}, "lambda": "1"})
    source.write_text(json.dumps(whole, ensure_ascii=False), encoding="utf-8")

    def hotline(*arguments: str) -> int:
        with pytest.raises(SystemExit) as caught:
            cli.main(["rules", *arguments])
        return int(caught.value.code or 0)

    assert hotline("import", str(source), "--out", str(card)) == 0
    told = capsys.readouterr().err
    assert "left out" in told and "流程: graphFlow: rules that are flows have no equal here" in told
    assert load(card).items[0].id == "rule-7"
    assert hotline("import", str(source), "--strict", "--json") == 1
    assert json.loads(capsys.readouterr().out)["left_out"] == 1
    assert hotline("export", str(card), "--out", str(back)) == 0
    assert import_sca(back).rule_set.items[0].id == "rule-rule-7"
    assert hotline("export", str(card), "--out", str(tmp_path / "x.pdf")) == 2
    assert hotline("import", str(tmp_path / "none.json")) == 2

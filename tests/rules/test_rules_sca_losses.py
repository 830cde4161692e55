"""What a rule of SCA loses on its way here, and the words it is told in."""

from __future__ import annotations

import json
from contextvars import copy_context

import pytest

from hotline.errors import BadInput
from hotline.locale import messages, use
from qa import scoring
from qa.rules.examples import call_of, turns_of
from qa.rules.sca import import_sca_text
from tests.rules.sca_documents import document, keywords

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

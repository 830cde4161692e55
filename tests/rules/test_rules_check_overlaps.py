"""``hotline rules check`` finds what gets in each other's way: exclusions, words punished twice, demands and bans, examples."""

from __future__ import annotations

import pytest

from qa.rules.checks import check_text
from tests.rules.cards import card, kinds, line_of


def test_phrases_voided_by_their_own_exclusion() -> None:
    head = "vocabularies:\n  praise: [很满意, 挺好]\n  denial: [不满意, 满意]\n"
    some = "conditions: {a: {say: $praise, exclude: $denial, by: customer}}\nexpect: a"
    every = "conditions: {a: {say: [很满意, 非常满意], exclude: $denial, by: customer}}\nexpect: a"
    none = "conditions: {a: {say: [满意], exclude: [不满意], by: customer}}\nexpect: a"
    assert ("shadowed", "i1.conditions.a") in kinds(card(some, head=head))
    _, problems = check_text(card(every, head=head + "hotwords: [$praise]\n"), "t.yaml")
    (voided,) = [p for p in problems if p.kind == "voided" and "很满意" in p.en]
    assert voided.level == "error" and "($denial)" in voided.en and "($praise)" in voided.en
    assert not {"shadowed", "voided"} & {kind for kind, _ in kinds(card(none))}


RUDE = "conditions: {x: {say: [有病, 滚蛋], by: agent}}\nforbid: x"


@pytest.mark.parametrize(
    ("other", "overlap"),
    [
        ("conditions: {y: {say: [闭嘴, 滚蛋], by: agent}}\nforbid: y", True),
        ("conditions: {y: {say: [闭嘴, 滚蛋], by: agent}}\nforbid: count(y) >= 2", True),
        ("conditions: {y: {say: [闭嘴, 滚(蛋|开)]}}\nforbid: y", True),
        ("conditions: {y: {say: [闭嘴, 滚蛋], by: customer}}\nforbid: y", False),
        ("conditions: {y: {say: [闭嘴], by: agent}}\nforbid: y", False),
        ("conditions: {y: {say: [闭嘴, 滚蛋], by: agent}}\nforbid: y\nfatal: true", False),
        ("conditions: {y: {say: [闭嘴, 滚蛋], by: agent}}\nforbid: y\napplies_when: direction == inbound", True),
    ],
)
def test_words_punished_twice(other: str, overlap: bool) -> None:
    assert (("overlap", "i1") in kinds(card(RUDE, other))) is overlap


def test_items_that_exclude_each_other_do_not_overlap() -> None:
    first = RUDE + "\napplies_when: meta.area == 城区"
    second = "conditions: {y: {say: 滚蛋, by: agent}}\nforbid: y\napplies_when: meta.area in [农村, 边远]"
    assert ("overlap", "i1") not in kinds(card(first, second))
    assert ("overlap", "i1") in kinds(card(first, second.replace("边远", "城区")))


def test_overlaps_that_only_examples_show() -> None:
    pattern = "conditions: {y: {regex: '滚.{0,2}蛋', by: agent}}\nforbid: y"
    quiet = card(RUDE, pattern)
    assert ("overlap", "i1") not in kinds(quiet)
    told = quiet.replace("agent: 一切正常丁", "agent: 你给我滚蛋", 1)
    _, problems = check_text(told, "t.yaml")
    (found,) = [p for p in problems if p.kind == "overlap"]
    assert found.name == "i1" and "i2" in found.en and "滚蛋" in found.zh and found.level == "warning"


def test_a_demand_that_another_item_forbids() -> None:
    want = "conditions: {x: {say: [请稍等], by: agent}}\nexpect: x"
    ban = "conditions: {y: {say: [请稍等, 等着], by: agent}}\nforbid: y"
    assert ("contradiction", "i1") in kinds(card(want, ban))
    assert ("contradiction", "i1") not in kinds(card(want.replace("[请稍等]", "[请稍等, 请稍候]"), ban))
    assert ("contradiction", "i1") not in kinds(card(want, ban.replace("forbid: y", "forbid: count(y) >= 3")))


def test_one_conversation_with_two_outcomes() -> None:
    text = card("conditions: {x: {say: 您好}}\nexpect: x").replace("一切正常戊", "一切正常乙")
    _, problems = check_text(text, "t.yaml")
    (found,) = [p for p in problems if p.kind == "examples-conflict"]
    line = line_of(text, "pass:")
    assert found.line == line + 1 and f"line {line}" in found.en and f"第 {line} 行" in found.zh


def test_numbers_that_masking_hides_still_tell_examples_apart() -> None:
    item = "conditions: {x: {same_value: phone, given_by: customer, by: agent}}\nexpect: x"
    talk = '["customer: 我的电话是13800138000", "agent: 您的电话是{}对吗"]'
    text = card(item).replace('"agent: 一切正常甲"', talk.format("13800138000"))
    text = text.replace('"agent: 一切正常丁"', talk.format("13800138009"))
    assert "examples-conflict" not in {kind for kind, _ in kinds(text)}


VARIABLES = """variables:
  bad:
    default: [闭嘴]
    cases:
      - {when: {province: 山东}, value: [聒噪]}
      - {when: {province: 广东}, value: [收声, 滚蛋]}
"""
ASKS = "conditions: {y: {say: $bad, by: agent}}\nforbid: y"


def test_an_overlap_that_one_case_of_a_variable_brings() -> None:
    """With the default and the first case the two items share no word, with the second they do."""
    assert ("overlap", "i1") in kinds(card(RUDE, ASKS, head=VARIABLES))
    assert ("overlap", "i1") not in kinds(card(RUDE, ASKS, head=VARIABLES.replace("收声, 滚蛋", "收声")))
    ban = "conditions: {x: {say: [收声, 滚蛋, 请讲], by: agent}}\nforbid: x"
    want = "conditions: {y: {say: $bad, by: agent}}\nexpect: y"
    assert ("contradiction", "i1") in kinds(card(want, ban, head=VARIABLES))


def test_an_example_is_judged_as_its_metadata_say() -> None:
    """A pattern shares no written word; the example of the province shows that both items punish it."""
    pattern = "conditions: {x: {regex: '收.{0,2}声', by: agent}}\nforbid: x"
    quiet = card(pattern, ASKS, head=VARIABLES)
    assert ("overlap", "i1") not in kinds(quiet)
    for province, found in (("广东", True), ("山东", False)):
        told = quiet.replace('"agent: 一切正常丁"', f"{{meta: {{province: {province}}}, turns: 'agent: 收声'}}", 1)
        assert (("overlap", "i1") in kinds(told)) is found

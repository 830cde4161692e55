"""The rule sets that come with Hotline: their examples hold, they say enough, and they judge quickly."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import pytest

from qa.rules import load, proving
from qa.rules.examples import call_of, turns_of
from qa.scoring import Outcome, score

FOLDER = Path(__file__).parents[2] / "scoring_rules"
SETS = [load(path) for path in sorted(FOLDER.glob("*.yaml"))]
PROOFS = [pytest.param(proof, id=f"{proof.item.id}:{proof.example.line}") for rule_set in SETS for proof in proving.prove(rule_set)]
POWER = next(s for s in SETS if s.id == "power-95598")

CLEAN = """
agent@0.8-6.0: 您好，这里是国家电网客服，工号一零二六，请问有什么可以帮您？
customer@6.5-10.0: 我家停电了，整栋楼都没电。
agent@10.5-15.0: 给您带来不便非常抱歉，请问您的详细地址和联系电话是多少？
customer@15.5-22.0: 幸福路八号三单元，电话一三八零零零零一二三四。
agent@22.5-30.0: 跟您核对一下，幸福路八号三单元，整栋楼停电，对吗？
customer@30.5-31.5: 对的。
agent@32.0-40.0: 已经为您登记，抢修人员会在四十五分钟内到达现场，请保持电话畅通。
customer@40.5-42.0: 好，谢谢。
agent@42.5-50.0: 请问还有其他可以帮您的吗？
customer@50.5-51.5: 没有了。
agent@52.0-58.0: 请您稍后对我的服务做出评价，感谢来电，再见。
"""


@pytest.mark.parametrize("proof", PROOFS)
def test_examples_hold(proof: proving.Proof) -> None:
    assert proof.outcome.value == proof.example.outcome, proof.reason


@pytest.mark.parametrize("rule_set", SETS, ids=lambda s: s.id)
def test_every_item_has_examples_a_clause_and_a_hint(rule_set) -> None:
    assert list(proving.advice(rule_set)) == []
    for item in rule_set.items:
        count = Counter(e.outcome for e in item.examples)
        assert count["pass"] >= 3 and count["fail"] >= 3
        assert item.title.zh and item.title.en
    assert rule_set.vocabularies["opening"], "phrases that only an agent says help to tell the roles"


def test_the_power_card_has_the_items_it_promises() -> None:
    assert [(s.id, len(s.items)) for s in POWER.sections] == [
        ("opening", 4),
        ("manner", 10),
        ("listening", 6),
        ("handling", 17),
        ("closing", 3),
    ]
    assert [i.id for i in POWER.items if i.fatal] == ["rude", "safety_warning"]
    assert (POWER.start, POWER.pass_mark) == (100, 85)


def _call(text: str, **meta: str):
    return call_of("c", turns_of(text), meta={"ticket_type": "故障报修", "area": "城区", **meta})


def test_a_clean_call_loses_nothing() -> None:
    card = score(POWER, _call(CLEAN))
    assert [(i.item_id, i.reason) for i in card.items if i.outcome not in (Outcome.PASS, Outcome.NA)] == []
    assert (card.low, card.high, card.passed) == (100, 100, "yes")


@pytest.mark.parametrize(
    ("old", "new", "item"),
    [
        ("您好，这里是国家电网客服", "喂，这里是国家电网客服", "greeting"),
        ("非常抱歉", "你是不是有病", "rude"),
        ("四十五分钟内", "两个小时内", "dispatch_promise"),
        ("感谢来电，再见", "就这样吧", "goodbye"),
        ("我家停电了，整栋楼都没电", "电线断了在冒火花", "safety_warning"),
        ("请问您的详细地址和联系电话", "请问您的联系电话", "confirm_address"),
        ("没有了。\nagent@52.0-58.0", "没有了。\nagent@64.0-70.0", "no_dead_air"),
    ],
)
def test_one_planted_fault_fails_one_item_certainly(old: str, new: str, item: str) -> None:
    text = CLEAN.replace(old, new)
    assert text != CLEAN
    card = score(POWER, _call(text))
    assert card.item(item).outcome is Outcome.FAIL
    assert all(e.turn is not None and e.span is not None for e in card.item(item).evidence)
    others = [i.item_id for i in card.items if i.outcome is Outcome.FAIL and i.item_id != item]
    assert others == []


def test_a_caller_who_cannot_speak_costs_no_points() -> None:
    text = """
agent@0.8-6.0: 您好，国家电网客服，请问有什么可以帮您？
agent@12.0-16.0: 您好，请问您是不是不方便说话？
agent@28.0-34.0: 没关系，我说您听，是的话您就嗯一声，请问是停电了吗？
customer@36.0-36.5: 嗯。
agent@50.0-58.0: 好的，已经为您登记，抢修人员会在四十五分钟内到达。
agent@70.0-74.0: 感谢您的来电，再见。
"""
    assert score(POWER, _call(text)).high == 100


def test_a_call_is_judged_within_milliseconds() -> None:
    call = _call(CLEAN)
    score(POWER, call)
    times = []
    for _ in range(20):
        begun = time.process_time()
        score(POWER, call)
        times.append(time.process_time() - begun)
    assert sorted(times)[10] < 0.02, "the median of a warm call; 3 ms on an idle core"

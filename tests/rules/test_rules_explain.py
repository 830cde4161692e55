"""Why a call was judged as it was: conditions, places, excuses, doubts and times, and the same verdict as scoring gives."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from qa import scoring
from qa.rules import load, load_text
from qa.rules.examples import call_of, turns_of
from qa.rules.explain import explain
from qa.rules.verdict import Verdict
from qa.rules.where import where
from tests.rules.cards import one_section
from tests.rules.command_line import hotline

ROOT = Path(__file__).parents[2]
CARD = one_section("""
      - id: dead_air
        title: {zh: 不冷场, en: No dead air}
        points: 10
        applies_when: not mute
        conditions:
          mute: {say: 不方便说话, by: agent}
          wait: {say: 请稍等, by: agent}
          dead: {silence: {over: 8 s, awaiting: agent}, unless: [{after: wait, within: 2 turns, expires: 60 s}, held]}
          held: {say: 请别挂断, by: agent}
        forbid: dead
      - id: sorry
        title: {zh: 致歉, en: Says sorry}
        points: 5
        conditions:
          upset: {say: 投诉, by: customer}
          sorry: {say: 抱歉, by: agent, after: first upset, within: 2 agent turns}
        applies_when: upset
        expect: sorry
""")
TALK = """agent@0-2: 您好，请讲。
customer@3-5: 我要投诉
agent@16-18: 请稍等。
agent@30-32: 查到了。
customer@33-34: 好的。
"""


def call(text: str = TALK):
    return call_of("c1", turns_of(text))


def test_an_item_with_its_conditions_hits_and_excuses() -> None:
    found = explain(load_text(CARD, "t.yaml"), call())
    air, sorry = found.items
    assert air.result.outcome.value == "fail" and air.applies is Verdict.HIT and air.holds is Verdict.MISS
    dead = next(c for c in air.conditions if c.name == "dead")
    assert [(h.turn, round(h.span.start), round(h.span.end)) for h in dead.hits] == [(1, 5, 16)]
    assert [(e.hit.turn, e.by) for e in dead.excused] == [(2, "wait")]
    assert [c.name for c in air.conditions] == ["mute", "dead", "wait", "held"]
    upset, apology = sorry.conditions
    assert [h.turn for h in upset.hits] == [1] and upset.searched == (1, 4)
    assert apology.verdict is Verdict.MISS and apology.searched == (2, 3)
    assert (
        apology.place.zh == "坐席的话，首次 upset 之后 2 个坐席话轮内" and "within 2 agent turns after the first upset" in apology.place.en
    )
    assert all(c.seconds > 0 for c in air.conditions) and air.seconds <= found.seconds


def test_what_does_not_apply_is_not_looked_at() -> None:
    found = explain(load_text(CARD, "t.yaml"), call("agent@0-1: 您好\ncustomer@2-3: 查电费"))
    assert found.items[1].result.outcome.value == "na" and [c.name for c in found.items[1].conditions] == ["upset"]
    assert found.items[1].parts == () and [p.text for p in found.items[1].applies_parts] == ["upset"]


def test_doubts_are_gathered() -> None:
    found = explain(load_text(CARD, "t.yaml"), call("agent: 您好\ncustomer: 我要投诉"), ["dead_air"])
    (item,) = found.items
    assert item.result.outcome.value == "doubtful" and any("没有时间信息" in d for d in item.doubts)


def test_it_says_what_scoring_says() -> None:
    """On every example of what ships, items that ask about each other included."""
    rule_set = load(ROOT / "scoring_rules" / "power_95598.yaml")
    for item in rule_set.items[::4]:
        for example in item.examples[:2]:
            card = scoring.score(rule_set, example.call)
            seen = {i.item.id: i.result for i in explain(rule_set, example.call).items}
            assert all(seen[r.item_id] == r for r in card.items)


@pytest.mark.parametrize(
    ("keys", "zh", "en"),
    [
        ("in: first 20 s", "前 20 秒", "the first 20 s"),
        ("in: last 30 s", "最后 30 秒", "the last 30 s"),
        ("in: 10 s to 60 s", "第 10 秒到第 60 秒", "10 s to 60 s"),
        ("in: -30 s to end", "最后 30 秒", "the last 30 s"),
        ("in: first 2 agent turns", "前 2 个坐席话轮", "the first 2 agent turns"),
        ("in: last turn", "最后 1 个话轮", "the last 1 turns"),
        ("in: turns 2 to 5", "第 2 到第 5 个话轮", "turns 2 to 5"),
        ("around: x, within: 5 s", "首次 x 前后 5 秒内", "within 5 s around the first x"),
        ("before: {last: x, if_absent: open}", "末次 x 之前（没有时不限）", "before the last x (anywhere when there is none)"),
        ("after: each x", "每一次 x 之后", "after each x"),
        ("unless: x", "有 x 时不算", "not when there is x"),
        (
            "unless: [{after: x, within: 2 turns, expires: 9 s}]",
            "任一次 x 之后 2 个话轮内不算（9 秒内有效）",
            "not within 2 turns after any x (for 9 s)",
        ),
    ],
)
def test_places_in_words(keys: str, zh: str, en: str) -> None:
    conditions = f"{{x: {{say: 甲}}, y: {{say: 乙, {keys}}}}}"
    text = f"id: t\ntitle: T\nsections: [{{id: s, items: [{{id: i, points: 1, expect: y, conditions: {conditions}}}]}}]"
    if "x" not in keys:
        text = text.replace("x: {say: 甲}, ", "")
    condition = load_text(text, "t.yaml").items[0].conditions[-1]
    assert (where(condition).zh, where(condition).en) == (zh, en)


def test_the_command(tmp_path: Path, capsys) -> None:
    card, talk = tmp_path / "t.yaml", tmp_path / "talk.txt"
    card.write_text(CARD, encoding="utf-8")
    talk.write_text(TALK, encoding="utf-8")
    assert hotline("explain", str(talk), "--rules", str(card), "--language", "en") == 0
    shown = capsys.readouterr().out
    assert "✗ dead_air No dead air: fail −10" in shown and "excused by wait" in shown and " ms" in shown
    assert "#2 0:05.0 customer 11.0 s of silence" in shown and "slowest:" in shown
    assert hotline("explain", str(talk), "--rules", str(card), "--language", "zh", "--item", "sorry") == 0
    shown = capsys.readouterr().out
    assert "✗ sorry 致歉" in shown and "未找到" in shown and "dead_air" not in shown
    assert hotline("explain", str(talk), "--rules", str(card), "--json") == 0
    data = json.loads(capsys.readouterr().out)
    (dead,) = [c for c in data["items"][0]["conditions"] if c["condition"] == "dead"]
    assert dead["excused"][0]["by"] == "wait" and dead["hits"][0]["seconds"] == [5.0, 16.0] and data["ms"] > 0
    assert hotline("explain", str(talk), "--rules", str(card), "--item", "dead_ai") == 2
    assert "dead_air" in capsys.readouterr().err

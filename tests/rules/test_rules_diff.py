"""What another version of the rules would change: fields, calls, items, agents and averages."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from hotline.commands import rules_diff
from qa import scoring
from qa.calls import Call
from qa.rules import RuleSet, load_text
from qa.rules.diff import rule_changes
from qa.rules.examples import call_of, turns_of
from qa.rules.impact import CallChange, Result, impact
from tests.rules.command_line import hotline

BASE = """id: card
version: 1
title: T
pass_mark: 85
vocabularies:
  sorry: [抱歉]
conditions:
  asked: {say: 请稍等, by: agent}
sections:
  - id: s
    title: S
    items:
      - {id: hello, points: 10, conditions: {x: {say: 您好, by: agent}}, expect: x}
      - {id: rude, points: 20, conditions: {x: {say: 有病, by: agent}}, forbid: x}
      - {id: thanks, points: 5, applies_when: asked, conditions: {x: {say: 久等, by: agent, after: asked}}, expect: x}
"""


def rules_of(*changes: tuple[str, str], version: int = 2) -> RuleSet:
    text = BASE.replace("version: 1", f"version: {version}")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return load_text(text, "t.yaml")


def calls() -> list[Call]:
    """Six calls of two agents; a1 never says 您好, a2 is rude once."""
    talks = [
        ("a1", "喂"),
        ("a1", "喂，请稍等\nagent: 久等了"),
        ("a1", "喂，请稍等"),
        ("a2", "您好"),
        ("a2", "您好，有病"),
        ("a2", "您好，抱歉"),
    ]
    return [replace(call_of(f"c{n}", turns_of(f"agent: {text}")), agent_id=agent) for n, (agent, text) in enumerate(talks)]


def test_every_difference_of_content_is_named_and_layout_is_none() -> None:
    old = load_text(BASE, "a.yaml")
    assert rule_changes(old, load_text("# a comment\n" + BASE.replace("[抱歉]", "\n    - 抱歉"), "b.yaml")) == ()
    new = rules_of(
        ("[抱歉]", "[抱歉, 对不起]"),
        ("{say: 请稍等, by: agent}", "{say: 请稍等}"),
        ("points: 10", "points: 15"),
        ("{say: 有病, by: agent}", "{say: [有病, 神经], by: agent}"),
        ("id: thanks", "id: thanked"),
        ("title: S", "title: Sec"),
    )
    found = {(c.part, c.name, c.change, c.field) for c in rule_changes(old, new)}
    assert found == {
        ("setting", "version", "changed", ""),
        ("setting", "sections.s.title", "changed", ""),
        ("vocabulary", "sorry", "changed", ""),
        ("condition", "asked", "changed", ""),
        ("item", "hello", "changed", "points"),
        ("item", "rude", "changed", "conditions.x"),
        ("item", "thanked", "added", ""),
        ("item", "thanks", "removed", ""),
    }
    (points,) = [c for c in rule_changes(old, new) if c.field == "points"]
    assert (points.old, points.new) == ("10", "15")


def test_impact_equals_scoring_each_call_by_both() -> None:
    old, new = load_text(BASE, "a.yaml"), rules_of(("points: 10", "points: 16"), ("say: 有病", "say: [有病, 抱歉]"))
    found = impact(old, new, iter(calls()))
    before, after = ([scoring.score(rules, call) for call in calls()] for rules in (old, new))
    assert found.total == 6
    assert found.old.mean == pytest.approx(sum(c.high for c in before) / 6) and found.new.mean == pytest.approx(
        sum(c.high for c in after) / 6
    )
    changed = {c.call_id: (c.old.high, c.new.high, c.old.passed, c.new.passed) for c in found.calls}
    expected = {
        a.call_id: (a.high, b.high, a.passed, b.passed)
        for a, b in zip(before, after, strict=True)
        if (a.low, a.high, a.passed) != (b.low, b.high, b.passed)
    }
    assert changed == expected and set(changed) == {"c0", "c1", "c2", "c5"}
    assert found.passed_now_failing == sum(a.passed == "yes" and b.passed == "no" for a, b in zip(before, after, strict=True)) > 0
    assert found.failed_now_passing == 0
    (rude,) = [i for i in found.items if i.item_id == "rude"]
    assert (rude.old["fail"], rude.new["fail"], rude.changed, rude.lost, rude.cleared) == (1, 2, 1, 1, 0)
    (c5,) = [c for c in found.calls if c.call_id == "c5"]
    assert c5.items == (("rude", "pass", "fail"),) and c5.agent_id == "a2"
    (a1,) = [g for g in found.agents if g.agent_id == "a1"]
    assert (a1.total, a1.calls) == (3, 3) and a1.change == pytest.approx(-6)


def test_items_that_come_and_go() -> None:
    old = load_text(BASE, "a.yaml")
    found = impact(old, rules_of(("id: thanks", "id: thanked")), calls())
    items = {i.item_id: i for i in found.items}
    assert items["thanked"].old == {} and items["thanks"].new == {}
    assert (items["thanked"].lost, items["thanks"].cleared) == (1, 1)
    assert items["hello"].changed == 0
    assert found.calls == () and {g.change for g in found.agents} == {0.0}


def test_no_calls_and_calls_of_nobody() -> None:
    old = load_text(BASE, "a.yaml")
    nothing = impact(old, rules_of(("points: 10", "points: 11")), [])
    assert nothing.total == 0 and math.isnan(nothing.new.mean) and nothing.calls == () and nothing.rules
    nobody = impact(old, rules_of(("points: 10", "points: 11")), [replace(c, agent_id=None) for c in calls()])
    assert nobody.agents == () and len(nobody.calls) == 3


def test_the_command_on_transcripts(tmp_path: Path, capsys) -> None:
    a, b = tmp_path / "a.yaml", tmp_path / "b.yaml"
    a.write_text(BASE, encoding="utf-8")
    b.write_text(BASE.replace("points: 10", "points: 16"), encoding="utf-8")
    talks = tmp_path / "talks"
    talks.mkdir()
    (talks / "one.txt").write_text("agent: 喂\n", encoding="utf-8")
    (talks / "two.txt").write_text("agent: 您好\n", encoding="utf-8")
    assert hotline("diff", str(a), str(b), "--json") == 0
    assert [(c["name"], c["field"]) for c in json.loads(capsys.readouterr().out)] == [("hello", "points")]
    assert hotline("diff", str(a), str(b), "--calls", str(talks), "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["total"] == 2 and [c["call_id"] for c in found["calls"]] == ["one"]
    assert found["calls"][0]["old"] == {"low": 90.0, "high": 90.0, "passed": "yes"} and found["calls"][0]["new"]["passed"] == "no"
    assert hotline("diff", str(a), str(b), "--calls", str(talks)) == 0
    shown = capsys.readouterr().out
    assert "1 passed and would fail" in shown and "原合格现不合格 1" in shown and "one" in shown
    assert hotline("diff", str(a), str(tmp_path / "none.yaml")) == 2


def test_what_leaves_doubt_is_counted_beside_what_fails_and_passes(capsys) -> None:
    rule_set = load_text(BASE, "a.yaml")
    calls = tuple(
        CallChange(f"c{n}", None, Result(80, 100, was), Result(80, 100, now), ())
        for n, (was, now) in enumerate([("doubtful", "yes"), ("doubtful", "yes"), ("yes", "doubtful"), ("no", "yes")])
    )
    found = replace(impact(rule_set, rule_set, []), calls=calls)
    assert (found.moved("doubtful", "yes"), found.failed_now_passing, found.passed_now_failing) == (2, 1, 0)
    rules_diff._print(found)
    shown = capsys.readouterr().out
    assert "存疑转合格 2，合格转存疑 1 · 2 in doubt and would pass, 1 passed and would be in doubt" in shown.replace("\n", " ")
    rules_diff._print(replace(found, calls=calls[3:]))
    assert "存疑转" not in capsys.readouterr().out

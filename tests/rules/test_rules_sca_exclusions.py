"""Exclusions void one place here and the whole sentence in SCA: only rules that mean the same there are written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from qa.rules import load, load_text
from qa.rules.sca import export_sca, import_sca_text
from tests.rules.cards import one_section
from tests.rules.command_line import hotline
from tests.rules.sca_documents import document, judged, outcome

ROOT = Path(__file__).parents[2]
BOTH = "我网线没断，是门口的电线断了"
"""A sentence with a place that the exclusion of 没断 voids and one that it does not."""


def card(condition: str) -> str:
    """A rule set of the item x over ``condition``, and y without an exclusion."""
    items = [f"{{id: {name}, points: 1, conditions: {{c: {{{of}}}}}, forbid: c}}" for name, of in (("x", condition), ("y", "say: 滚"))]
    return one_section("\n".join(f"- {item}" for item in items))


def test_both_in_one_sentence_tells_the_two_apart() -> None:
    """What SCA makes of its exclusion is what the reader here makes of it: nothing in the sentence counts."""
    ours = load_text(card("say: 断, exclude: 没断"), "t.yaml")
    theirs = document({"type": "REGULAR_EXPRESSION", "param": {"regex": "断", "notRegex": "没断"}})
    assert outcome(ours, f"agent: {BOTH}") == "fail" and judged(theirs, f"agent: {BOTH}") == "pass"
    for either, said in (("fail", "门口的电线断了"), ("pass", "我网线没断")):
        assert outcome(ours, f"agent: {said}") == judged(theirs, f"agent: {said}") == either


@pytest.mark.parametrize(
    "condition",
    [
        "say: 断, exclude: 没断",
        "say: 电线…断, exclude: 没断",
        "say: {all: [电线, 断]}, exclude: 没断",
        "regex: 断, exclude: 没断",
        "regex: ^我, exclude: 我们",
        "regex: '^我|断', exclude: ^我们",
        "regex: '^网?断', exclude: ^断了",
        "regex: 断, exclude: '.*(?:没).*(?:断).*'",
        "regex: 断, exclude: ['.*(?:没断).*', 没断]",
    ],
)
def test_an_exclusion_of_a_place_leaves_the_rule_out_and_says_why(condition: str) -> None:
    written, losses = export_sca(load_text(card(condition), "t.yaml"))
    assert [rule["rid"] for rule in written["rules"]] == ["y"]
    (gone,) = [loss for loss in losses if loss.left_out]
    assert (gone.rule, gone.field) == ("x", "conditions.c.exclude")
    assert "整句" in gone.what.zh and "whole sentence" in gone.what.en


@pytest.mark.parametrize(
    ("condition", "voids", "calls"),
    [
        ("regex: 断, exclude: '.*(?:没断).*'", "没断", {BOTH: "pass", "电线断了": "fail", "没断": "pass"}),
        (
            "regex: '断', exclude: ['.*(?:(?i)ok).*', '.*(?:没断).*']",
            "(?:(?i)ok)|(?:没断)",
            {"OK断": "pass", BOTH: "pass", "断": "fail"},
        ),
        ("regex: ^喂, exclude: ^喂您好", "^喂您好", {"喂您好，喂": "pass", "喂，喂您好": "fail", "您好，喂": "pass"}),
        (r"regex: '^\(喂', exclude: '^\(喂(您|你)好'", r"^\(喂(您|你)好", {"(喂你好": "pass", "(喂": "fail"}),
    ],
)
def test_an_exclusion_that_means_the_same_there_is_written(condition: str, voids: str, calls: dict[str, str]) -> None:
    rule_set = load_text(card(condition), "t.yaml")
    written, losses = export_sca(rule_set)
    assert not [loss for loss in losses if loss.left_out]
    assert written["conditions"][0]["operators"][0]["param"]["notRegex"] == voids
    back = import_sca_text(json.dumps(written), "r.json").rule_set
    for said, result in calls.items():
        assert outcome(rule_set, f"agent: {said}") == outcome(back, f"agent: {said}") == result, said


def test_the_danger_rule_of_the_power_card_stays_here(tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    """A warning that is fatal when it is missing: with the whole sentence voided, SCA would not see the danger in it."""
    rule_set = load(ROOT / "scoring_rules" / "power_95598.yaml")
    item = rule_set.item("safety_warning")
    assert [e.outcome for e in item.examples if any(BOTH in turn.text for turn in e.call.turns)] == ["fail"]
    written, losses = export_sca(rule_set)
    assert "safety_warning" not in {rule["rid"] for rule in written["rules"]}
    assert [loss.field.rpartition(".")[2] for loss in losses if loss.rule == "safety_warning" and loss.left_out] == ["exclude"]
    monkeypatch.setenv("HOTLINE_LANGUAGE", "zh")
    out = tmp_path / "power.json"
    assert hotline("export", str(ROOT / "scoring_rules" / "power_95598.yaml"), "--out", str(out)) == 0
    assert "safety_warning: conditions.danger.exclude: SCA 的排除作用于整句" in capsys.readouterr().err

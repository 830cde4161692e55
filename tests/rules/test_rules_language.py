"""What the language says beyond conditions: synonyms, doubt, vocabularies, titles, advice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hotline.errors import BadRule
from qa.calls import Call, Span, Turn
from qa.rules import load_text, proving
from qa.rules.examples import MAX_TURNS, ExampleError, turns_of
from qa.rules.phrases import PhraseError, expand
from qa.rules.verdict import Verdict
from qa.scoring import score


def test_synonyms_stand_for_each_other(one_item, call) -> None:
    rules = one_item("x: {say: 查电费}", head="synonyms: {电费: [电钱, 费用]}")
    for said, points in (("查电费", 100), ("查费用", 100), ("查水费", 90)):
        assert score(rules, call(f"agent: {said}")).high == points


def test_vocabularies_hold_vocabularies(one_item, call) -> None:
    rules = one_item("x: {say: [$all, 早]}", head="vocabularies: {all: [$hi, 喂喂喂], hi: [您好啊]}")
    assert rules.vocabularies["all"] == ("您好啊", "喂喂喂")
    assert score(rules, call("agent: 您好啊")).high == 100


def test_how_sure_is_sure_enough_is_part_of_the_rules(one_item, call) -> None:
    base = call("agent: 您好啊")
    unsure = replace(base, turns=(replace(base.turns[0], confidence=0.4, role_confidence=0.55),))
    strict = one_item("x: {say: 您好啊, by: agent}")
    lenient = one_item("x: {say: 您好啊, by: agent}", head="doubt: {words: 0.3, roles: 0.5}")
    assert (score(strict, unsure).low, score(lenient, unsure).low) == (90, 100)
    with pytest.raises(BadRule, match=r"t\.yaml:3: doubt\.words"):
        one_item("x: {say: 您好}", head="doubt: {words: 3}")


def test_three_seconds_of_untranscribed_speech_are_a_doubt(one_item) -> None:
    from qa.calls import Role

    turns = (Turn(0, Role.AGENT, "请讲", Span(0, 1)), Turn(1, Role.AGENT, "", Span(2, 6)))
    rules = one_item("x: {say: 您好啊, by: agent}")
    assert score(rules, Call("c", turns, 6)).items[0].outcome.value == "doubtful"
    short = (turns[0], replace(turns[1], span=Span(2, 3)))
    assert score(rules, Call("c", short, 6)).items[0].outcome.value == "fail"


def test_titles_in_one_or_two_languages(one_item) -> None:
    item = one_item("x: {say: 您好}", "title: {zh: 问候, en: Greeting}\nexpect: x").items[0]
    assert (item.title["zh"], item.title["en"], str(item.title)) == ("问候", "Greeting", "问候 Greeting")
    assert str(one_item("x: {say: 您好}").title) == "T"


def test_advice_names_what_is_weak() -> None:
    text = """
id: t
title: T
conditions: {lost: {say: 您好}}
sections: [{id: s, items: [{id: i, points: 5, conditions: {x: {say: 您好}}, expect: x, examples: {pass: ["agent: 您好"]}}]}]
"""
    said = [what for _, _, what in proving.advice(load_text(text, "t.yaml"))]
    assert len(said) == 6
    assert (
        any("1 examples that pass" in w for w in said)
        and any("nothing uses" in w for w in said)
        and any("below the pass mark" in w for w in said)
    )


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("points: 5\nat_most: 3\nexpect: x", "has nothing to cap"),
        ("points: 5\npoints_per_hit: 3\nforbid: x", "stands beside points_per_hit"),
        ("points_per_hit: 3\nforbid: x", r"i\.at_most: is missing"),
    ],
)
def test_stakes_that_contradict_each_other(one_item, fields, message) -> None:
    with pytest.raises(BadRule, match=message):
        one_item("x: {say: 您好}", fields)


def test_phrases_that_cannot_be_read() -> None:
    assert expand("（甲｜乙）丙") == ["甲丙", "乙丙"]
    for wrong in ("甲)", "甲|乙", "((((((甲))))))", "甲…乙…丙…丁…戊"):
        with pytest.raises(PhraseError):
            from qa.rules.phrases import compile_phrase

            compile_phrase(wrong, 0)


def test_conversations_that_cannot_be_read() -> None:
    for wrong in ("", "您好", "somebody: 您好", "agent@3-1: 您好", "agent: 好\n" * (MAX_TURNS + 1)):
        with pytest.raises(ExampleError):
            turns_of(wrong)


def test_a_phrase_with_gaps_by_sound(find, call) -> None:
    rule = "x: {say: 抢修人员…到达现场}"
    assert find(rule, call("agent: 呛修人员会尽快到达贤场")).verdict is Verdict.HIT
    assert find(rule, call("agent: 呛修人员会在四十五分钟之内尽快到达贤场")).verdict is Verdict.MISS
    assert find("x: {say: 请…等待}", call("agent: 请您耐心等待")).verdict is Verdict.HIT

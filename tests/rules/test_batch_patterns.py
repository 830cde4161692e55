"""Expressions over many calls: what is scanned for, what is not, and that asking only whether they match changes no verdict."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from qa import rules
from qa.calls import Call, Role, Turn
from qa.rules.batch.execution import Execution, Prepared
from qa.rules.batch.judged import TRUTHS
from qa.rules.batch.scanner import Scanner
from qa.rules.batch.table import of_calls
from qa.rules.conditions import regex
from qa.rules.judging import judge
from qa.rules.plan import compile_plan

HAN = r"\p{Han}"


def prepared(*patterns: str, exclude: tuple[str, ...] = ()) -> regex.Prepared:
    return regex.prepare(regex.Params(patterns, exclude, False))


def test_a_pattern_that_matches_everywhere_is_no_filter() -> None:
    scanner = Scanner([HAN, "户号", r"[a-z]+", "thank you"])
    assert scanner.often == {0, 2} and not scanner.apart
    which, byte = scanner.find("请报户号\nthank you".encode())
    assert sorted(zip(which.tolist(), byte.tolist(), strict=True)) == [(1, 11), (3, 21)]


def test_what_the_library_refuses_is_looked_for_apart() -> None:
    scanner = Scanner(["户号", r"\A户号", "(?P<no>[0-9]+)号", "(" * 3])
    assert {1, 3} <= scanner.apart and 0 not in scanner.apart
    assert Scanner(["户号"], library="nothing.of.that.name").apart == {0}
    assert Scanner([r"\A户"]).find("户".encode())[0].tolist() == []


def test_one_match_is_enough_where_nothing_else_is_asked() -> None:
    both = prepared("户.", "号码")
    assert regex.spans(both, "户号和号码") == ((0, 2), (3, 5))
    assert regex.spans(both, "户号和号码", once=True) == ((0, 2),)
    assert regex.spans(both, "没有", once=True) == ()


def test_an_excluded_match_is_not_enough() -> None:
    guarded = prepared("可以", exclude=("不可以",))
    assert regex.spans(guarded, "不可以，可以", once=True) == ((4, 6),)
    assert regex.spans(guarded, "不可以", once=True) == ()


def test_matches_of_nothing_do_not_count() -> None:
    assert regex.spans(prepared(r"\b"), "ok", once=True) == ()


CARD = """
id: patterns
title: patterns
sections:
  - id: s
    title: s
    items:
      - {id: often, points: 1, conditions: {x: {regex: '\\p{Han}', by: agent}}, expect: x}
      - {id: counted, points: 1, conditions: {x: {regex: ['办理', '可以.{0,2}办'], by: agent}}, forbid: count(x) >= 2}
      - {id: void, points: 1, conditions: {x: {regex: 可以, exclude: 不可以}}, forbid: x}
      - {id: plain, points: 1, conditions: {x: {regex: '三十.*办', text: plain}}, expect: x}
      - {id: early, points: 1, conditions: {x: {regex: 办理, by: agent, in: first 1 agent turns}}, expect: x}
      - {id: line, points: 1, conditions: {x: {regex: '^办'}}, expect: x}
      - {id: letters, points: 1, conditions: {x: {regex: ['[^\\p{Han}，]', '\\d']}}, forbid: count(x) >= 2}
      - {id: answer, points: 1, conditions: {y: {regex: 办理}, x: {regex: '\\p{Han}', after: y}}, expect: x and count(x) >= 3}
      - {id: heard, points: 1, conditions: {x: {regex: '[办理0-9]', text: plain, by: agent}}, forbid: count(x) >= 4}
      - {id: across, points: 1, conditions: {x: {regex: '理[^，]可'}}, forbid: x}
"""
SAID = ("可以办理", "不可以，30分钟办", "办理，可以办", "ok 30")
TRUST = (None, 0.9, 0.1)


def test_which_patterns_speak_of_single_characters() -> None:
    rule_set = rules.load_text(CARD, "patterns.yaml", Path())
    found = Prepared(compile_plan(rule_set)).patterns
    assert sorted(item for item, _ in found.lettered) == ["answer", "heard", "letters"]


@pytest.mark.parametrize("library", ["hyperscan", "nothing.of.that.name"])
def test_both_executors_agree(library: str) -> None:
    rule_set = rules.load_text(CARD, "patterns.yaml", Path())
    calls = []
    for number, (texts, trust) in enumerate(itertools.product(itertools.product(SAID, repeat=3), itertools.product(TRUST, repeat=2))):
        roles = (Role.AGENT, Role.CUSTOMER if number % 2 else Role.AGENT, Role.AGENT)
        sure = (trust[0], 0.9, trust[1])
        turns = tuple(Turn(n, role, text, confidence=c) for n, (role, text, c) in enumerate(zip(roles, texts, sure, strict=True)))
        calls.append(Call(f"c{number}", turns))
    found = Execution(Prepared(compile_plan(rule_set), library=library), of_calls(calls)).run()
    assert not found.open.any()
    for row, call in enumerate(calls):
        alone = [judged.holds for judged in judge(rule_set, call).judgements]
        assert [TRUTHS[code] for code in found.holds[row]] == alone, [(t.role.value, t.text, t.confidence) for t in call.turns]

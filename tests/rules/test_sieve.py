"""What is known to find nothing without being asked finds nothing when it is asked; all phrases read at once are those read one by one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa import rules
from qa.calls import Call, Role, Turn
from qa.rules import RuleSet, listening
from qa.rules.conditions import matching, patternbook, regex, say
from qa.rules.conditions.matching import Lexicon
from qa.rules.conditions.operator import compile_all
from qa.rules.conditions.phrasebook import BOTH, Entry, Phrasebook, _first_and_longest
from qa.rules.judging import judge
from qa.rules.plan import Plan, compile_plan
from qa.rules.single import Run
from qa.rules.sound import NEAR_RATE, SURE_RATE
from tests.rules.random_calls import calls

SHIPPED = sorted((Path(__file__).parents[2] / "scoring_rules").glob("*.yaml"))
SETS = [rule_set for rule_set in map(rules.load, SHIPPED) if not rule_set.library]
SAID = st.sampled_from(
    [turn.text for rule_set in SETS for item in rule_set.items for example in item.examples for turn in example.call.turns]
)


class Asking(Run):
    """A run that asks every condition for all it finds."""

    sifted = False
    every_hit = True


def same(rule_set: RuleSet, call: Call) -> None:
    """Fail where verdicts, counts, reasons or evidence differ."""
    quick, slow = (judge(rule_set, call, executor=executor).judgements for executor in (Run, Asking))
    for one, other in zip(quick, slow, strict=True):
        assert one == other, f"{one.item.id} of {[(t.role.value, t.text, t.span, t.confidence) for t in call.turns]}"


@pytest.mark.parametrize("rule_set", SETS, ids=lambda r: r.id)
def test_the_examples_of_a_shipped_rule_set(rule_set: RuleSet) -> None:
    for item in rule_set.items:
        for example in item.examples:
            same(rule_set, example.call)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(SETS), calls())
def test_random_calls_under_shipped_rule_sets(rule_set: RuleSet, call: Call) -> None:
    same(rule_set, call)


def test_conditions_that_are_not_asked_are_most_of_all() -> None:
    """Or the sieve is no use."""
    card = SETS[[rule_set.id for rule_set in SETS].index("power-95598")]
    asked = []

    class Counting(Run):
        def _found(self, step):
            asked.append(step.key)
            return super()._found(step)

    run = Counting(compile_plan(card), Call("c", (Turn(0, Role.AGENT, "您好"), Turn(1, Role.CUSTOMER, "你好"))))
    assert len(list(run.judgements())) == len(card.items)
    assert len(asked) * 3 < len(run.known)


def lexicons(plan: Plan) -> Iterator[tuple[Lexicon, float]]:
    """The phrases of all ``say`` conditions, with how like they must sound."""
    for step in plan.steps.values():
        if isinstance(step.prepared, say.Prepared):
            yield step.prepared.wordings, matching.limit_of(step.use)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(SETS), st.lists(st.lists(SAID, max_size=3).map("".join), min_size=1, max_size=4))
def test_readings_of_texts_are_those_of_each_lexicon(rule_set: RuleSet, said: list[str]) -> None:
    texts = [rules.plaintext.plain(text).text for text in said]
    for words, limit in lexicons(compile_plan(rule_set)):
        book, slot = words.place()
        near = listening.nearest_of(words, texts, limit)
        for text, reading, nearest in zip(texts, book.readings([(text, BOTH) for text in texts]), near, strict=True):
            spans = [(*span, number) for number, entry in enumerate(words.wordings) for span in entry.spans(text)]
            assert reading.said.get(slot, ()) == (_first_and_longest(spans) if spans else ())
            assert reading.near.get(slot) == (nearest if words.shelf.limit is not None else None)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(SETS), SAID)
def test_expressions_that_match_are_those_that_match_alone(rule_set: RuleSet, text: str) -> None:
    for step in compile_plan(rule_set).steps.values():
        if isinstance(step.prepared, regex.Prepared):
            book, slot = step.prepared.place()
            alone = tuple(n for n, pattern in enumerate(step.prepared.patterns) if pattern.search(text))
            assert dict(book._reading(text)).get(slot, ()) == (alone if text else ())


def test_too_many_expressions_for_one_automaton_are_all_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patternbook, "_MEMORY", 1)
    prepared = regex.prepare(regex.Params(("(a|b){50}c", "您好"), (), False))
    book, _ = prepared.place()
    assert book._reading("您好") == ((0, (0, 1)),)


CODE = """
from qa.rules.conditions import matching
from qa.rules.conditions.operator import compile_all
from qa.rules.conditions.phrasebook import BOTH, Entry, Phrasebook
lexicons = [matching.lexicon(compile_all(p)) for p in ((("您好", "请…稍等", "ok")), ("国家电网", "网", "四十五分钟"))]
book = Phrasebook([Entry(lexicons[0], 0.3), Entry(lexicons[1], 0.17)])
print(book.readings([(text, BOTH) for text in ("您好这里是国家店网", "请您稍等ok", "", "四十分钟和四是五分钟", "book")]))
"""


def test_readings_are_the_same_without_a_compiler() -> None:
    def ran(off: str) -> str:
        command = [sys.executable, "-c", CODE]
        return subprocess.run(command, env=os.environ | {"NUMBA_DISABLE_JIT": off}, capture_output=True, text=True, check=True).stdout

    assert ran("0") == ran("1") != ""


def test_a_text_is_read_once_for_all_lexicons() -> None:
    words = [matching.lexicon(compile_all((phrase,))) for phrase in ("您好", "再见")]
    book = Phrasebook([Entry(words[0], NEAR_RATE, Role.AGENT), Entry(words[1], SURE_RATE)])
    first, again = book.readings([("您好再见", 1), ("再见", 3)]), book.readings([("再见", 3), ("您好再见", 1)])
    assert first == again[::-1] and first[0].said == {0: ((0, 2, 0),), 1: ((2, 4, 0),)}


def test_only_whose_talks_are_meant_are_listened_to() -> None:
    words = matching.lexicon(compile_all(("国家电网",)))
    book = Phrasebook([Entry(words, NEAR_RATE, Role.AGENT)])
    agent, customer, anybody = book.readings([("国家店网", 1), ("国家店网", 2), ("国家店网", 3)])
    assert agent.near == anybody.near == {0: (0, 4, 0, 0.0, 4)} and not customer.near

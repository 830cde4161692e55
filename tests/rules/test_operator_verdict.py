"""item_verdict: what another item came out as, in three values, and no circles."""

from __future__ import annotations

from textwrap import dedent

import pytest

from hotline.errors import BadRule
from qa.rules import load_text
from qa.rules.conditions.item_verdict import MAX_DEPTH, outcomes_of
from qa.rules.verdict import Verdict
from qa.scoring import score
from tests.rules.cards import one_section

HIT, MISS, DOUBTFUL = Verdict.HIT, Verdict.MISS, Verdict.DOUBTFUL


def card(asked: str, first: str = "") -> str:
    return dedent(f"""
        id: t
        title: T
        conditions:
          later: {{item_verdict: last, is: fail}}
        sections:
          - id: s
            items:
              - id: asks
                points: 5
                conditions:
                  x: {{item_verdict: hello, is: {asked}}}
                forbid: x
              - id: hello
                points: 5
                applies_when: meta.kind == ours
                conditions: {{h: {{say: 您好, by: agent}}{first}}}
                expect: h
              - id: last
                points: 5
                conditions: {{bye: {{say: 再见, by: agent}}}}
                expect: bye
              - id: shared
                points: 5
                forbid: later
        """)


@pytest.mark.parametrize(
    ("asked", "said", "meta", "closed", "outcome"),
    [
        ("fail", "喂", "ours", True, "fail"),
        ("fail", "您好", "ours", True, "pass"),
        ("pass", "您好", "ours", True, "fail"),
        ("pass", "喂", "ours", True, "pass"),
        ("na", "喂", "theirs", True, "fail"),
        ("na", "喂", "ours", True, "pass"),
        ("[pass, na]", "喂", "theirs", True, "fail"),
        ("[fail, doubtful]", "喂", "theirs", True, "pass"),
        ("fail", "喂", None, False, "doubtful"),  # it may not apply
        ("doubtful", "喂", None, False, "fail"),
        ("pass", "喂", None, False, "pass"),
        ("na", "喂", None, False, "doubtful"),
        ("pass", "您好", None, False, "fail"),  # passes on the card whether it applies or not
        ("na", "您好", None, False, "doubtful"),
        ("[fail, na]", "喂", None, False, "fail"),
        ("doubtful", "喂", "ours", True, "pass"),
    ],
)
def test_outcomes(call, asked, said, meta, closed, outcome) -> None:
    made = call(f"agent: {said}", meta={"kind": meta} if meta else {}, metadata_closed=closed)
    item = score(load_text(card(asked), "t.yaml"), made).item("asks")
    assert item.outcome == outcome
    if outcome == "doubtful":
        assert "「hello」存疑" in item.reason and "hello is doubtful" in item.reason


def test_a_shared_condition_may_ask_and_the_evidence_names_the_item(call) -> None:
    item = score(load_text(card("fail"), "t.yaml"), call("agent: 您好")).item("shared")
    assert item.outcome == "fail"
    assert [(e.condition, e.turn, e.detail) for e in item.evidence if e.condition] == [("later", None, "「last」不通过 / last: fail")]


@pytest.mark.parametrize(
    ("applies", "holds", "outcome", "possible"),
    [
        (HIT, HIT, "pass", {"pass"}),
        (HIT, MISS, "fail", {"fail"}),
        (HIT, DOUBTFUL, "doubtful", {"pass", "fail"}),
        (DOUBTFUL, HIT, "pass", {"pass", "na"}),
        (DOUBTFUL, MISS, "doubtful", {"fail", "na"}),
        (DOUBTFUL, DOUBTFUL, "doubtful", {"pass", "fail", "na"}),
        (MISS, HIT, "na", {"na"}),
    ],
)
def test_what_an_outcome_may_turn_out_to_be(applies, holds, outcome, possible) -> None:
    assert outcomes_of(applies, holds) == (outcome, possible)


def items(*asks: tuple[str, str]) -> str:
    """Items of which each asks for the verdict of the next; "" asks for none."""
    lines = ["id: t", "title: T", "sections:", "  - id: s", "    items:"]
    for name, other in asks:
        condition = f"{{item_verdict: {other}, is: fail}}" if other else "{say: 您好}"
        lines += [f"      - id: {name}", "        points: 1", f"        conditions: {{x: {condition}}}", "        expect: not x"]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("asks", "problem"),
    [
        ([("a", "a")], r"t.yaml:8: a.conditions.x.item_verdict: leads back to itself: a → a"),
        ([("a", "b"), ("b", "a")], r"leads back to itself: a → b → a"),
        ([("z", "a"), ("a", "b"), ("b", "c"), ("c", "a")], r"c.conditions.x.item_verdict: leads back to itself: a → b → c → a"),
        ([("a", "nobody"), ("b", "")], r"a.conditions.x.item_verdict: item 'nobody' is not defined"),
        ([(f"i{n}", f"i{n + 1}") for n in range(MAX_DEPTH)] + [(f"i{MAX_DEPTH}", "")], "hangs on more than 20 items"),
    ],
)
def test_circles_unknown_items_and_long_rows_are_refused(asks, problem) -> None:
    with pytest.raises(BadRule, match=problem):
        load_text(items(*asks), "t.yaml")


def test_a_shared_condition_that_asks_for_nobody_is_named_by_its_place() -> None:
    with pytest.raises(BadRule, match=r"^t\.yaml:\d+: conditions\.later\.item_verdict: item 'gone' is not defined"):
        load_text(card("fail").replace("item_verdict: last", "item_verdict: gone"), "t.yaml")


def test_a_circle_behind_conditions_that_are_reached_twice() -> None:
    text = one_section("""
              - id: a
                points: 5
                show_first: [x]
                conditions:
                  x: {item_verdict: a, is: fail}
                  z: {say: 稍等}
                  y: {say: 您好, unless: [z]}
                  w: {say: 你好, unless: [z]}
                expect: y or w
        """)
    with pytest.raises(BadRule, match="a → a"):
        load_text(text, "t.yaml")


def test_what_is_no_circle(call) -> None:
    longest = [(f"i{n}", f"i{n + 1}") for n in range(MAX_DEPTH - 1)] + [(f"i{MAX_DEPTH - 1}", "")]
    card_of_many = load_text(items(*longest), "t.yaml")
    assert {str(i.outcome) for i in score(card_of_many, call("agent: 您好")).items} == {"fail"}
    assert {str(i.outcome) for i in score(card_of_many, call("agent: 喂")).items} == {"pass"}
    diamond = load_text(items(("a", "c"), ("b", "c"), ("c", "")), "t.yaml")
    assert [str(i.outcome) for i in score(diamond, call("agent: 您好")).items] == ["fail", "fail", "fail"]


@pytest.mark.parametrize("via", ["unless: [x]", "in: first 3 turns, unless: [x]"])
def test_a_circle_through_an_excuse_an_applicability_or_a_flow(via) -> None:
    text = one_section(f"""
              - id: a
                points: 5
                conditions:
                  x: {{item_verdict: a, is: fail}}
                  y: {{say: 您好, {via}}}
                expect: y
        """)
    with pytest.raises(BadRule, match="a → a"):
        load_text(text, "t.yaml")
    applies = text.replace("expect: y", "applies_when: not x\n        expect: y").replace(f", {via}", "")
    with pytest.raises(BadRule, match="a → a"):
        load_text(applies, "t.yaml")


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ("item_verdict: hello, is: good", "'good' is not an outcome"),
        ("item_verdict: hello, is: [pass, fail, doubtful, na]", "names every outcome"),
        ("item_verdict: hello", "is is missing|is: is missing"),
    ],
)
def test_what_cannot_be_meant(one_item, fields, problem) -> None:
    with pytest.raises(BadRule, match=problem):
        one_item(f"x: {{{fields}}}")


def test_people_are_told_what_is_sought() -> None:
    from qa.rules.conditions import OPERATORS

    rules = load_text(card("[fail, doubtful]"), "t.yaml")
    assert OPERATORS["item_verdict"].describe(rules.item("asks").conditions[0].params) == "「hello」不通过或存疑"

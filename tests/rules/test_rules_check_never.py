"""``hotline rules check`` finds what can never hold: applicability, expectations and places."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.rules.checks import check_text
from qa.rules.checks.logic import _compared, can_come_to
from qa.rules.expressions import Compare, Count, compare_count, evaluate
from qa.rules.parsing import parse
from qa.rules.verdict import Verdict
from tests.rules.cards import card, kinds, line_of

NEVER = [
    ("applies_when: a and not a", "never-applies"),
    ("applies_when: meta.area == 城区 and meta.area == 农村", "never-applies"),
    ("applies_when: meta.level >= 3 and meta.level < 3", "never-applies"),
    ("applies_when: meta.level > 3 and meta.level in [1, 2, 3]", "never-applies"),
    ("applies_when: count(a) >= 3 and count(a) < 2", "never-applies"),
    ("applies_when: count(a) >= 1 and not a", "never-applies"),
    ("applies_when: layout == dual", "never-applies"),
    ("applies_when: duration > 60 and duration < 10", "never-applies"),
    ("applies_when: long and duration < 10", "never-applies"),
    ("applies_when: fault and meta.type == 投诉", "never-applies"),
    ("applies_when: meta.area == 城区 or meta.area != 城区", "always-applies"),
    ("applies_when: a or not a", "always-applies"),
]


@pytest.mark.parametrize(("applies", "kind"), NEVER)
def test_applicability_that_cannot_hold_or_always_does(applies: str, kind: str) -> None:
    head = "conditions:\n  long: {duration: {over: 60 s}}\n  fault: {metadata: meta.type, is: 报修}\n"
    item = f"conditions: {{a: {{say: 您好}}, b: {{say: 再见}}}}\n{applies}\nexpect: b or a and b"
    text = card(item, head=head)
    rule_set, problems = check_text(text, "t.yaml")
    assert rule_set is not None
    found = [p for p in problems if p.kind == kind]
    assert len(found) == 1 and found[0].name == "i1" and found[0].line == line_of(text, "id: i1")
    assert "applies_when" in found[0].zh and "applies_when" in found[0].en


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ("expect: a or not a", "never-fails"),
        ("applies_when: a\nexpect: a or b", "never-fails"),
        ("forbid: a and not a", "never-fails"),
        ("forbid: count(a) >= 2 and count(a) < 2", "never-fails"),
        ("applies_when: not a\nexpect: each a has b", "never-fails"),
        ("expect: a and not a", "never-passes"),
        ("applies_when: a\nforbid: a or b", "never-passes"),
        ("expect: meta.area == 城区 and meta.area == 农村 and a and b", "never-passes"),
    ],
)
def test_expectations_that_are_constant(fields: str, kind: str) -> None:
    head = "conditions:\n  a: {say: 您好}\n  b: {say: 再见, after: each a}\n"
    assert (kind, "i1") in kinds(card(fields, head=head))


def test_sound_rules_are_not_called_constant() -> None:
    head = "conditions:\n  a: {say: 您好}\n  b: {say: 再见, after: each a}\n"
    for fields in (
        "applies_when: a\nexpect: each a has b",
        "applies_when: meta.level >= 3 or meta.area in [农村, 边远]\nexpect: a and not b",
        "applies_when: not a\nexpect: b",
        "applies_when: meta.x != 1 and meta.x != 2\nforbid: count(a) >= 2 or b",
        "applies_when: duration > 10 and duration < 10.5\nexpect: a or b",
    ):
        found = {kind for kind, _ in kinds(card(fields, head=head))}
        assert not found & {"never-applies", "always-applies", "never-fails", "never-passes"}, fields


@pytest.mark.parametrize(
    ("b", "unreachable"),
    [
        ("{say: 再见, by: agent, in: first 2 customer turns}", True),
        ("{say: 再见, by: agent, in: first 2 agent turns}", False),
        ("{say: 再见, by: agent, in: first 2 turns}", False),
        ("{say: 再见, after: a, before: a}", True),
        ("{say: 再见, after: first a, before: last a}", False),
        ("{say: 再见, after: last a, before: first a}", True),
        ("{say: 再见, after: any a, before: first a}", True),
        ("{say: 再见, after: any a, before: any a}", False),
        ("{say: 再见, after: a, before: c}", True),
        ("{say: 再见, after: a, before: {first: c, if_absent: open}}", False),
        ("{say: 再见, before: c}", False),
        ("{silence: {over: 5 s}, after: g, before: g}", False),
        ("{say: 再见, in: first 2 turns, after: late}", True),
        ("{say: 再见, in: first 9 turns, after: late}", False),
        ("{say: 再见, in: first 10 s, after: after_a_minute}", True),
        ("{say: 再见, in: last 10 s, before: after_a_minute}", False),
    ],
)
def test_places_that_no_hit_can_have(b: str, unreachable: bool) -> None:
    head = (
        "conditions:\n  a: {say: 您好}\n  c: {say: 请讲, before: first a}\n  g: {silence: {over: 3 s}}\n"
        "  late: {say: 好的, in: turns 5 to 8}\n  after_a_minute: {say: 行, in: 60 s to 90 s}\n"
    )
    found = kinds(card(f"conditions: {{b: {b}}}\nexpect: b and (a or c or g or late or after_a_minute)", head=head))
    assert (("unreachable", "i1.conditions.b") in found) is unreachable


@pytest.mark.parametrize(
    ("b", "early"),
    [
        ("after: a, before: first c", True),
        ("after: any a, before: c", True),
        ("after: last a, before: {first: c, within: 2 turns, if_absent: open}", True),
        ("after: a, before: last c", False),
        ("after: a, before: any c", False),
        ("after: a, before: behind", False),
        ("after: a, before: further", False),
        ("after: a, before: perhaps", True),
        ("before: c", False),
        ("after: a, around: c", False),
    ],
)
def test_a_place_that_ends_before_it_begins(b: str, early: bool) -> None:
    head = (
        "conditions:\n  a: {say: 您好}\n  c: {say: 请讲}\n  behind: {say: 好的, after: a}\n  further: {say: 明白, after: behind}\n"
        "  perhaps: {say: 行, after: {first: a, if_absent: open}}\n"
    )
    found = kinds(card(f"conditions: {{b: {{say: 再见, {b}}}}}\nexpect: b and (a or c or behind or further or perhaps)", head=head))
    assert (("closes-early", "i1.conditions.b") in found) is early


NAMES = st.sampled_from(["a", "b", "count(a) >= 2", "count(b) < 1", "meta.x == 1", "meta.x > 1", "meta.x in [1, 2]", "meta.y != 城区"])


@st.composite
def expressions_(draw: st.DrawFn, depth: int = 3) -> str:
    if depth == 0 or draw(st.booleans()):
        return draw(NAMES)
    kind = draw(st.sampled_from(["not", "and", "or"]))
    left = draw(expressions_(depth - 1))
    return f"not ({left})" if kind == "not" else f"({left}) {kind} ({draw(expressions_(depth - 1))})"


@settings(max_examples=150, deadline=None)
@given(
    expressions_(),
    st.integers(0, 3),
    st.integers(0, 3),
    st.sampled_from([None, "0", "1", "1.5", "2", "9", "x"]),
    st.sampled_from([None, "城区", "乡"]),
)
def test_what_is_called_impossible_never_happens(text: str, a: int, b: int, x: str | None, y: str | None) -> None:
    expression = parse(text)

    def value(atom: object) -> Verdict:
        if isinstance(atom, Compare):
            return _compared(x if atom.field == "meta.x" else y, atom)
        count = a if atom.name == "a" else b
        return compare_count(count, count, atom.comparison, atom.number) if isinstance(atom, Count) else Verdict.of(count > 0)

    came = evaluate(expression, value) is Verdict.HIT
    assert can_come_to(came, expression, None, {})

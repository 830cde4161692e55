"""Kleene's logic, expressions and counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.rules import expressions
from qa.rules.expressions import (
    And,
    Compare,
    CompareValues,
    Count,
    EachHas,
    Field,
    Limit,
    Literal,
    Name,
    Not,
    Or,
    Values,
    compare_count,
    compare_value,
    evaluate,
)
from qa.rules.parsing import ExpressionError, parse
from qa.rules.verdict import Verdict, all_of, any_of, both, in_language

HIT, MISS, DOUBTFUL = Verdict.HIT, Verdict.MISS, Verdict.DOUBTFUL
verdicts = st.sampled_from(list(Verdict))
names = st.sampled_from(["a", "b", "c", "投诉"])
trees = st.recursive(
    names.map(Name),
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, min_size=2, max_size=3).map(tuple).map(And),
        st.lists(inner, min_size=2, max_size=3).map(tuple).map(Or),
    ),
    max_leaves=12,
)


@given(verdicts, verdicts, verdicts)
def test_kleene_laws(a: Verdict, b: Verdict, c: Verdict) -> None:
    assert ~~a is a
    assert ~(a & b) is (~a | ~b)
    assert ~(a | b) is (~a & ~b)
    assert (a & b) is (b & a) and (a | b) is (b | a)
    assert (a & (b & c)) is ((a & b) & c)
    assert (a & (b | c)) is ((a & b) | (a & c))
    assert (a | (a & b)) is a
    assert (a & HIT) is a and (a | MISS) is a


@given(trees, st.fixed_dictionaries(dict.fromkeys(["a", "b", "c", "投诉"], verdicts)))
def test_doubt_is_exactly_what_depends_on_the_doubtful(tree: expressions.Expression, values: dict[str, Verdict]) -> None:
    """Deciding a doubtful atom either way never contradicts a certain verdict."""
    before = evaluate(tree, lambda atom: values[atom.name])
    for name, value in values.items():
        if value is DOUBTFUL:
            for decided in (HIT, MISS):
                after = evaluate(tree, lambda atom, name=name, decided=decided: decided if atom.name == name else values[atom.name])
                assert before is DOUBTFUL or after is before


@given(trees)
def test_expressions_survive_being_written(tree: expressions.Expression) -> None:
    values = {"a": HIT, "b": DOUBTFUL, "c": MISS, "投诉": DOUBTFUL}
    again = parse(str(tree))
    assert str(parse(str(again))) == str(again)
    assert evaluate(again, lambda atom: values[atom.name]) is evaluate(tree, lambda atom: values[atom.name])


def test_empty_conjunction_holds_and_empty_disjunction_does_not() -> None:
    assert all_of([]) is HIT and any_of([]) is MISS


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a and b or not c", Or((And((Name("a"), Name("b"))), Not(Name("c"))))),
        ("a and (b or c)", And((Name("a"), Or((Name("b"), Name("c")))))),
        ("（a or b）and c", And((Or((Name("a"), Name("b"))), Name("c")))),
        ("count(cut) >= 2", Count("cut", ">=", 2)),
        ("each upset has sorry", EachHas("upset", "sorry")),
        ("meta.area == 城区", Compare("meta.area", "==", ("城区",))),
        ('meta.area in ["城 区", 农村]', Compare("meta.area", "in", ("城 区", "农村"))),
        ("direction not in [outbound]", Compare("direction", "not in", ("outbound",))),
        ("duration >= 30.5", Compare("duration", ">=", ("30.5",))),
        ("given.value == back.value", CompareValues(Values("any", "given"), "==", (Values("any", "back"),))),
        (
            "each promise.value <= $limit[meta.type, meta.area]",
            CompareValues(Values("each", "promise"), "<=", (Limit("limit", ("meta.type", "meta.area")),)),
        ),
        (
            "promise.value <= 45 min and a",
            And((CompareValues(Values("any", "promise"), "<=", (Literal("45 min"),)), Name("a"))),
        ),
        ("sum(bill.value) > 100元", CompareValues(Values("sum", "bill"), ">", (Literal("100元"),))),
        ("last(x.value) != meta.x", CompareValues(Values("last", "x"), "!=", (Field("meta.x"),))),
        ("x.value in [甲, '乙 丙']", CompareValues(Values("any", "x"), "in", (Literal("甲"), Literal("乙 丙")))),
        ("duration <= 10 min", CompareValues(Field("duration"), "<=", (Literal("10 min"),))),
        ("meta.x == $limit", CompareValues(Field("meta.x"), "==", (Limit("limit"),))),
    ],
)
def test_parsing(text: str, tree: expressions.Expression) -> None:
    assert parse(text) == tree
    assert parse(str(tree)) == tree


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "a condition expected"),
        ("a b", "left over"),
        ("a and", "a condition expected"),
        ("(a", r"'\)' expected"),
        ("a)", "left over"),
        ("and a", "stands where a condition should"),
        ("count(a)", "a comparison expected"),
        ("count(a) >= many", "not a whole number"),
        ("each a b", "'has' expected"),
        ("area == 城区", "not a field of a call"),
        ("meta.x >= 城区", "is not a number"),
        ("meta.x in []", "a word expected"),
        ("given.value", "a comparison expected"),
        ("a and $limit", "a value, where a condition should stand"),
        ("sum(bill) >= 3", "is no value"),
        (".value == 3", "names no condition"),
        ("promise.value <= soon", "is not a number"),
        ("promise.value <= and", "a value expected"),
        ("a & b", "left over"),
        ("a = b", "cannot be read"),
        ("not " * 50 + "a", "nested too deeply"),
        ("(" * 300 + "a", "nested too deeply"),
        ("a and " * 300 + "a", "too long"),
    ],
)
def test_expressions_that_cannot_be_read(text: str, problem: str) -> None:
    with pytest.raises(ExpressionError, match=problem):
        parse(text)


@given(st.text(alphabet="ab()[],<>=! notandorcountheashin.城0123'\"", max_size=60))
def test_parser_never_fails_otherwise(text: str) -> None:
    try:
        parse(text)
    except ExpressionError as error:
        assert error.problem and error.mend


@given(st.integers(0, 5), st.integers(0, 5), st.sampled_from(expressions.COMPARISONS), st.integers(0, 5))
def test_counts_hold_when_every_possible_count_does(low: int, more: int, comparison: str, number: int) -> None:
    exact = {compare_count(n, n, comparison, number) for n in range(low, low + more + 1)}
    expected = exact.pop() if len(exact) == 1 else DOUBTFUL
    assert compare_count(low, low + more, comparison, number) is expected


@pytest.mark.parametrize(
    ("value", "comparison", "values", "holds"),
    [
        ("3", "==", ("3.0",), True),
        ("3", "!=", ("4",), True),
        ("城区", "in", ("农村", "城区"), True),
        ("城区", "not in", ("农村",), True),
        ("10", ">", ("9",), True),
        ("城区", ">", ("9",), False),
        ("5", "<=", ("5",), True),
        ("5", "<", ("5",), False),
    ],
)
def test_comparing_values(value: str, comparison: str, values: tuple[str, ...], holds: bool) -> None:
    assert compare_value(value, comparison, values) is holds


def test_lines_in_both_languages_come_apart() -> None:
    line = both("未找到", "not found")
    assert in_language(line, "zh") == "未找到" and in_language(line, "en") == "not found"
    assert in_language("只有中文", "en") == "只有中文"


@pytest.mark.parametrize(
    ("value", "comparison", "written", "holds"),
    [
        ("10", "==", "10.0", True),
        ("0123", "==", "123", False),
        ("0123", "==", "0123", True),
        ("0123", "!=", "123", True),
        ("0.5", "==", ".5", True),
        ("nan", "==", "nan", True),
        ("nan", "!=", "nan", False),
        ("1_0", "==", "10", False),
        ("1e3", "==", "1000", False),
        ("inf", ">", "3", False),
        ("-2", "<", "+1", True),
        ("９", "<", "10", False),
    ],
)
def test_what_counts_as_a_number(value: str, comparison: str, written: str, holds: bool) -> None:
    assert compare_value(value, comparison, (written,)) is holds

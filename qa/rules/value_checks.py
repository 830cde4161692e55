"""What can be said of values before any call is seen: that there are any, that limits exist, that both sides are of one kind."""

from __future__ import annotations

from collections.abc import Mapping

from qa.rules import expressions, values
from qa.rules.conditions import OPERATORS
from qa.rules.expressions import CompareValues, Expression, Limit, Literal, Operand, Values
from qa.rules.fields import Fields, near
from qa.rules.model import Condition
from qa.rules.values import Quantity, Time
from qa.rules.variables import Lookup, Variable

_SUMMED = ("duration", "amount", "percent", "count")
_ORDERED = (*_SUMMED, "date", "text")
_EXAMPLES = {"duration": "45 min", "amount": "100 元", "percent": "5%", "count": "3 户"}


def check_values(
    fields: Fields, key: str, expression: Expression, every: Mapping[str, Condition], variables: Mapping[str, Variable]
) -> None:
    """Raises BadRule for a comparison that could never hold, whatever is said."""
    for atom, _ in expressions.atoms(expression):
        if isinstance(atom, CompareValues):
            sides = [_kinds(fields, key, operand, every, variables) for operand in atom.operands]
            _check(fields, key, atom, sides)


def _check(fields: Fields, key: str, atom: CompareValues, sides: list[tuple[str, ...]]) -> None:
    left, *others = sides
    if atom.comparison not in ("==", "!=", "in", "not in"):
        for operand, kinds in zip(atom.operands, sides, strict=True):
            if isinstance(operand, Values) and not set(kinds) & set(_ORDERED):
                fields.refuse(key, f"'{operand}' is a {' or '.join(kinds)}, which has no order", "compare it with == or !=")
    for operand, right in zip(atom.right, others, strict=True):
        if not left or not right or "text" in left or "text" in right:
            continue
        if "number" in (*left, *right):
            measured = next((k for k in (*left, *right) if k in _EXAMPLES and k != "count"), "")
            if measured:
                mend = f"write it with its unit, for example {_EXAMPLES[measured]}"
                fields.refuse(key, f"'{atom}' compares a {measured} with a bare number", mend)
            continue
        moments = {"date", "duration"}
        if not set(left) & set(right) and not (set(left) & moments and set(right) & moments):
            fields.refuse(
                key, f"'{atom}' compares {' or '.join(left)} with {' or '.join(right)}", f"'{operand}' should be of the same kind"
            )


def _kinds(
    fields: Fields, key: str, operand: Operand, every: Mapping[str, Condition], variables: Mapping[str, Variable]
) -> tuple[str, ...]:
    """The kinds that an operand may be of; none where only the call can tell."""
    if isinstance(operand, Values):
        condition = every[operand.name]
        kinds = OPERATORS[condition.operator].values(condition.params)
        if not kinds:
            mend = "values come from entity:, and from regex: with a named group"
            fields.refuse(key, f"'{operand.name}' ({condition.operator}) has no value", mend)
        if operand.how in ("sum", "max", "min") and not set(kinds) <= set(_SUMMED):
            fields.refuse(key, f"'{operand}' adds or orders what is no quantity ({', '.join(kinds)})", "use first, last, any or each")
        return kinds
    if isinstance(operand, Limit):
        return _limit(fields, key, operand, variables)
    if isinstance(operand, Literal):
        value = values.literal(operand.text)
        if isinstance(value, Quantity):
            return (value.kind or "number",)
        return ("date",) if isinstance(value, Time) else ("text",)
    return ()


def _limit(fields: Fields, key: str, limit: Limit, variables: Mapping[str, Variable]) -> tuple[str, ...]:
    if limit.variable not in variables:
        fields.refuse(key, f"variable '${limit.variable}' is not defined", near(limit.variable, variables))
    variable = variables[limit.variable]
    width = variable.default.width if isinstance(variable.default, Lookup) else 0
    if width != len(limit.fields):
        wanted = f"[{', '.join(['meta.NAME'] * width)}]" if width else ""
        fields.refuse(key, f"'{limit}' names {len(limit.fields)} fields, the variable has {width}", f"write ${limit.variable}{wanted}")
    if variable.kind == "time":
        return ("duration",)
    if variable.kind == "number":
        return ("number",)
    return ()

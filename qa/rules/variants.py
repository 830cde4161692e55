"""A rule set as it stands for one call: with the values that its variables have there.

Many calls of one province share one variant, and so one compiled plan. While a deciding field may still arrive, each
value that it may bring gives a variant, and what they do not agree on is doubtful.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from itertools import product

from qa.calls import Call
from qa.rules.expressions import compare_value
from qa.rules.facts import fact
from qa.rules.language import load_variant
from qa.rules.model import RuleSet
from qa.rules.variables import Value

MAX_VARIANTS = 16
MAX_GUESSES = 512


def variants(rule_set: RuleSet, call: Call) -> tuple[tuple[RuleSet, ...], bool]:
    """The variants that may hold for ``call``, the likeliest first, and whether these are all.

    One unless a field that a case asks for is absent and may still arrive. With more than ``MAX_VARIANTS`` possible ones only the
    first are given, and the second value is False.
    """
    if not rule_set.variables:
        return (rule_set,), True
    asked = sorted({field for variable in rule_set.variables.values() for field in variable.fields()})
    if not asked:
        return (rule_set,), True
    known = {field: fact(call, field) for field in asked}
    pending = [] if call.metadata_closed else [field for field, value in known.items() if value is None]
    if not pending:
        return (_variant(rule_set, values_for(rule_set, known)),), True
    guesses = [(None, *sorted(_mentioned(rule_set, field))) for field in pending]
    found: dict[str, RuleSet] = {}
    for number, guess in enumerate(product(*guesses)):
        if number >= MAX_GUESSES or len(found) > MAX_VARIANTS:
            break
        variant = _variant(rule_set, values_for(rule_set, {**known, **dict(zip(pending, guess, strict=True))}))
        found.setdefault(variant.variant, variant)
    else:
        if len(found) <= MAX_VARIANTS:
            return tuple(found.values()), True
    return tuple(found.values())[:MAX_VARIANTS], False


def variant_for(rule_set: RuleSet, call: Call) -> RuleSet:
    """The variant that holds for ``call`` by what has arrived so far."""
    return variants(rule_set, call)[0][0]


def values_for(rule_set: RuleSet, known: Mapping[str, str | None]) -> dict[str, Value]:
    """The value of every variable for a call with these fields (None or missing: absent): that of the first case that holds."""
    values: dict[str, Value] = {}
    for name, variable in rule_set.variables.items():
        held = (case.value for case in variable.cases if all(_holds(known.get(c.field), c.comparison, c.values) for c in case.when))
        values[name] = next(held, variable.default)
    return values


def _holds(value: str | None, comparison: str, wanted: tuple[str, ...]) -> bool:
    return value is not None and compare_value(value, comparison, wanted)


def _mentioned(rule_set: RuleSet, field: str) -> set[str]:
    cases = (case for variable in rule_set.variables.values() for case in variable.cases)
    return {value for case in cases for comparison in case.when if comparison.field == field for value in comparison.values}


def _variant(rule_set: RuleSet, values: Mapping[str, Value]) -> RuleSet:
    if values == rule_set.values:
        return rule_set
    chosen = tuple(
        next((number for number, case in enumerate(variable.cases) if case.value == values[name]), -1)
        for name, variable in rule_set.variables.items()
    )
    return _read(_Written(rule_set), chosen)


class _Written:
    """A rule set that equals another one of the same content read from the same file, for the cache."""

    def __init__(self, rule_set: RuleSet) -> None:
        self.rule_set = rule_set
        self.key = (rule_set.content_hash, rule_set.file)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Written) and other.key == self.key

    def __hash__(self) -> int:
        return hash(self.key)


@lru_cache(maxsize=256)
def _read(written: _Written, chosen: tuple[int, ...]) -> RuleSet:
    """The rule set with the case numbers ``chosen`` (-1: the default) of its variables, in their order."""
    rule_set = written.rule_set
    values = {n: v.default if case < 0 else v.cases[case].value for (n, v), case in zip(rule_set.variables.items(), chosen, strict=True)}
    return replace(load_variant(rule_set, values), effective=rule_set.effective)

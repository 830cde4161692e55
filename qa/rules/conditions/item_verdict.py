"""Another item of the scorecard came out so (另一评分项的结论).

`is:` is one of pass, fail, doubtful and na (does not apply), or a list of them. A doubtful item may still turn out to have passed or
failed: then `is: fail` is doubtful, and `is: doubtful` holds. Items are judged in the order in which they need each other; items that
lead back to themselves are refused. A fact of the whole call: no window and no anchor.

Example:

    unknown_caller: {item_verdict: identity_check, is: fail}
    not_needed:     {item_verdict: identity_check, is: [pass, na]}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hotline.errors import BadRule
from qa.rules import expressions
from qa.rules.conditions.operator import Vocabulary, of_call, param
from qa.rules.fields import Fields, near
from qa.rules.model import Condition, Item, RuleSet, Title
from qa.rules.verdict import Found, Hit, Verdict, both
from qa.rules.view import CallView
from qa.rules.windows import Look

OUTCOMES = ("pass", "fail", "doubtful", "na")
MAX_DEPTH = 20
"""Items of which each asks for the verdict of the next."""
_NAMES = {"pass": "通过", "fail": "不通过", "doubtful": "存疑", "na": "不适用"}


@dataclass(frozen=True, slots=True)
class Params:
    """The id of the other item and the outcomes sought."""

    item: str = param("评分项的 id", "the id of an item", key="item_verdict")
    outcomes: tuple[str, ...] = param("pass、fail、doubtful、na 之一或列表", "one of pass, fail, doubtful, na, or a list", key="is")


def read(fields: Fields, vocabulary: Vocabulary) -> Params:
    """The parameters written in ``fields``; raises BadRule."""
    del vocabulary
    item = fields.text("item_verdict")
    outcomes: list[str] = []
    for outcome, line in fields.texts("is", limit=10):
        if outcome not in OUTCOMES:
            fields.lines["is"] = line
            fields.refuse("is", f"'{outcome}' is not an outcome", near(outcome, OUTCOMES))
        outcomes.append(outcome)
    if set(outcomes) == set(OUTCOMES):
        fields.refuse("is", "names every outcome, so that it always holds", "leave one out")
    return Params(item, tuple(dict.fromkeys(outcomes)))


def find(params: Params, view: CallView, look: Look) -> Found:
    """One hit of the whole call when the other item came out as sought."""
    del view
    outcome, possible = outcomes_of(*look.judged(params.item))
    detail = both(f"「{params.item}」{_NAMES[outcome]}", f"{params.item}: {outcome}")
    if outcome in params.outcomes or possible <= set(params.outcomes):
        return Found((Hit(None, detail=detail),))
    if possible & set(params.outcomes):
        doubt = both(f"「{params.item}」存疑", f"{params.item} is doubtful")
        return Found((Hit(None, certain=False, detail=detail, doubt=doubt),))
    return Found()


def outcomes_of(applies: Verdict, holds: Verdict) -> tuple[str, set[str]]:
    """The outcome on the scorecard, and all that it may turn out to be when a person has looked.

    >>> outcome, possible = outcomes_of(Verdict.HIT, Verdict.DOUBTFUL)
    >>> outcome, sorted(possible)
    ('doubtful', ['fail', 'pass'])
    """
    if applies is Verdict.MISS:
        return "na", {"na"}
    possible = {Verdict.HIT: {"pass"}, Verdict.MISS: {"fail"}, Verdict.DOUBTFUL: {"pass", "fail"}}[holds]
    outcome = "pass" if holds is Verdict.HIT else "doubtful" if Verdict.DOUBTFUL in (applies, holds) else "fail"
    return outcome, possible | ({"na"} if applies is Verdict.DOUBTFUL else set())


def refuse_circles(rule_set: RuleSet) -> None:
    """Raises BadRule when a condition asks for an item that is not there, or that needs the asking item itself."""
    shared = {c.name: c for c in rule_set.conditions}
    items = {item.id: item for item in rule_set.items}
    needs: dict[str, list[tuple[str, Condition]]] = {}
    for item in rule_set.items:
        needs[item.id] = list(_asked(item, {**shared, **{c.name: c for c in item.conditions}}))
    for owner, conditions in [("", rule_set.conditions), *((item.id, item.conditions) for item in rule_set.items)]:
        for condition in conditions:
            if isinstance(condition.params, Params) and condition.params.item not in items:
                _refuse(rule_set, owner, condition, f"item '{condition.params.item}' is not defined", near(condition.params.item, items))
    depths: dict[str, int] = {}
    for item in rule_set.items:
        _follow(rule_set, needs, item.id, (), depths)


def _follow(
    rule_set: RuleSet, needs: Mapping[str, list[tuple[str, Condition]]], item: str, path: tuple[str, ...], depths: dict[str, int]
) -> int:
    """How many items stand in a row behind ``item``, itself counted."""
    if item in depths:
        return depths[item]
    path = (*path, item)
    depth = 1
    for other, condition in needs[item]:
        if other in path:
            names = " → ".join([*path[path.index(other) :], other])
            _refuse(rule_set, item, condition, f"leads back to itself: {names}", "judge one of them without the other")
        depth = max(depth, 1 + _follow(rule_set, needs, other, path, depths))
        if depth > MAX_DEPTH:
            _refuse(rule_set, item, condition, f"hangs on more than {MAX_DEPTH} items in a row", "ask for the first of them directly")
    depths[item] = depth
    return depth


def _asked(item: Item, known: Mapping[str, Condition]) -> Iterable[tuple[str, Condition]]:
    """The items whose verdicts an item needs, each with the condition that asks."""
    todo = [*item.show_first, *expressions.names(item.requirement)]
    todo += expressions.names(item.applies_when) if item.applies_when else []
    reached: set[str] = set()
    while todo:
        name = todo.pop()
        if name in reached or name not in known:
            continue
        reached.add(name)
        condition = known[name]
        todo.extend(condition.neighbours())
        if isinstance(condition.params, Params):
            yield condition.params.item, condition


def _refuse(rule_set: RuleSet, owner: str, condition: Condition, problem: str, mend: str) -> None:
    place = f"{owner}.conditions.{condition.name}" if owner else f"conditions.{condition.name}"
    raise BadRule(f"{rule_set.file}:{condition.line}: {place}.item_verdict", problem, mend)


def _described(params: Params) -> str:
    return f"「{params.item}」{'或'.join(_NAMES[o] for o in params.outcomes)}"


OPERATOR = of_call("item_verdict", Title("另一评分项的结论", "another item of the scorecard came out so"), Params, read, find, _described)

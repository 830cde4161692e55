"""Items that get in each other's way: the same words punished twice, or demanded here and forbidden there.

Phrases are compared as they are written, with the default values of the variables and with those of each of their cases; for what only
shows when it is judged (patterns, likeness, counts) every example that fails its own item is judged by all others as well, as its own
metadata say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from qa.calls import Call
from qa.rules import expressions
from qa.rules.checks.logic import jointly_possible
from qa.rules.checks.phrases import Wording, phrases_of, wordings
from qa.rules.conditions import OPERATORS
from qa.rules.expressions import And, Count, Name
from qa.rules.language import load_variant
from qa.rules.model import Condition, Item, RuleSet, Title
from qa.rules.plan import compile_plan
from qa.rules.single import Run
from qa.rules.variants import MAX_VARIANTS, variant_for
from qa.scoring import Outcome, outcome_of


@dataclass(frozen=True, slots=True)
class Clash:
    """Two items and what is between them: ``overlap`` or ``contradiction``."""

    kind: str
    item: Item
    other: Item
    text: Title


@dataclass(frozen=True, slots=True)
class _Side:
    """What an item looks for in one of its conditions."""

    item: Item
    condition: Condition
    wordings: frozenset[Wording]


def clashes(rule_set: RuleSet) -> Iterator[Clash]:
    """Every pair of items in each other's way, once a pair and kind."""
    seen: set[tuple[str, frozenset[str]]] = set()
    by_words = (clash for one in _readings(rule_set) for clash in _by_words(one))
    for clash in (*by_words, *_by_examples(rule_set)):
        key = (clash.kind, frozenset((clash.item.id, clash.other.id)))
        if key not in seen:
            seen.add(key)
            # a reading with other values has lines of its own where files are included
            yield replace(clash, item=rule_set.item(clash.item.id), other=rule_set.item(clash.other.id))


def _readings(rule_set: RuleSet) -> Iterator[RuleSet]:
    """The rule set with its default values, and with the n-th case of every variable that has so many; at most ``MAX_VARIANTS``.

    So each value is looked at beside the defaults or cases of the others, not beside each of them: these may be very many.
    """
    yield rule_set
    longest = max((len(variable.cases) for variable in rule_set.variables.values()), default=0)
    for number in range(min(longest, MAX_VARIANTS)):
        yield load_variant(rule_set, {n: v.cases[number].value for n, v in rule_set.variables.items() if number < len(v.cases)})


def _by_words(rule_set: RuleSet) -> Iterator[Clash]:
    shared = {c.name: c for c in rule_set.conditions}
    accused = [side for item in rule_set.items for side in _sides(item, shared, wanted=False)]
    demanded = [side for item in rule_set.items for side in _sides(item, shared, wanted=True)]
    for number, one in enumerate(accused):
        for other in accused[number + 1 :]:
            common = one.wordings & other.wordings
            if common and one.item.id != other.item.id and _punishes_twice(one.item, other.item) and _meet(one, other, shared):
                yield _twice(one.item, other.item, f"{_some(common)}")
    for want in demanded:
        for ban in accused:
            if want.item.id != ban.item.id and want.wordings <= ban.wordings and _no_escape(want, ban) and _meet(want, ban, shared):
                yield _against(want.item, ban.item, _some(want.wordings))


def _sides(item: Item, shared: Mapping[str, Condition], *, wanted: bool) -> Iterator[_Side]:
    every = {**shared, **{c.name: c for c in item.conditions}}
    for atom, positive in expressions.atoms(item.requirement):
        if positive is not wanted or not isinstance(atom, (Name, Count)) or atom.name not in every:
            continue
        condition = every[atom.name]
        found = frozenset(w for phrase in phrases_of(condition) for w in wordings(phrase)) if condition.operator == "say" else frozenset()
        if found and getattr(condition.params, "need", 1) == 1:
            yield _Side(item, condition, found)


def _punishes_twice(one: Item, other: Item) -> bool:
    """Whether points of both are lost; after a fatal item the score is 0 whatever else failed."""
    return not (one.fatal or other.fatal) and (one.points or one.points_per_hit) > 0 and (other.points or other.points_per_hit) > 0


def _meet(one: _Side, other: _Side, shared: Mapping[str, Condition]) -> bool:
    """Whether a hit of one can be a hit of the other: sides, windows and applicability allow both."""
    a, b = one.condition, other.condition
    if a.by is not None and b.by is not None and a.by is not b.by:
        return False
    if a.name == b.name and a is b:
        return _apply_together(one.item, other.item, shared)
    if a.anchors or b.anchors or a.window != b.window:  # one may be where the other is not; the examples tell
        return False
    return _apply_together(one.item, other.item, shared)


def _apply_together(one: Item, other: Item, shared: Mapping[str, Condition]) -> bool:
    """Whether both items can apply to one call. Own conditions of the same name are told apart."""
    mine = {c.name for c in one.conditions} & {c.name for c in other.conditions}
    used = set()
    for item in (one, other):
        used |= expressions.names(item.applies_when) if item.applies_when is not None else set()
    if used & mine:
        return True
    every = {**shared, **{c.name: c for c in (*one.conditions, *other.conditions)}}
    return jointly_possible((one.applies_when, other.applies_when), every)


def _no_escape(want: _Side, ban: _Side) -> bool:
    """Whether the demand cannot be met without what is banned: it stands alone, and one hit breaks the ban."""
    parts = want.item.requirement.parts if isinstance(want.item.requirement, And) else (want.item.requirement,)
    alone = any(isinstance(p, Name) and p.name == want.condition.name for p in parts)
    requirement = ban.item.requirement
    return alone and isinstance(requirement, expressions.Not) and requirement.inner == Name(ban.condition.name) and not ban.condition.unless


def _by_examples(rule_set: RuleSet) -> Iterator[Clash]:
    for written in rule_set.items:
        for example in written.examples:
            if example.outcome != "fail":
                continue
            meant = variant_for(rule_set, example.call)
            item = meant.item(written.id)
            run = Run(compile_plan(meant), example.call)
            mine = _accused_places(run, item, meant)
            if not mine:
                continue
            for other in meant.items:
                if other.id == item.id or not _punishes_twice(item, other):
                    continue
                common = mine & _accused_places(run, other, meant)
                if common and _fails(run, item) and _fails(run, other):
                    yield _twice(written, other, _said(example.call, common))


def _accused_places(run: Run, item: Item, rule_set: RuleSet) -> frozenset[tuple[int, int]]:
    """(sentence, character) of everything that counts against an item."""
    places: set[tuple[int, int]] = set()
    own = {c.name: c for c in (*rule_set.conditions, *item.conditions)}
    for atom, positive in expressions.atoms(item.requirement):
        if positive or not isinstance(atom, (Name, Count)) or OPERATORS[own[atom.name].operator].place != "turn":
            continue
        for hit in run.found(run.plan.key_of(item, atom.name)).certain:
            if hit.turn is not None:
                places |= {(hit.turn, char) for char in range(hit.start, hit.end)}
    return frozenset(places)


def _fails(run: Run, item: Item) -> bool:
    return outcome_of(run.judge(item)) is Outcome.FAIL


def _said(call: Call, places: frozenset[tuple[int, int]]) -> str:
    turn = min(turn for turn, _ in places)
    chars = sorted(char for t, char in places if t == turn)
    return call.turns[turn].text[chars[0] : chars[-1] + 1][:40]


def _some(found: frozenset[Wording]) -> str:
    return "、".join(sorted("…".join(parts) for parts in found)[:3])


def _twice(one: Item, other: Item, what: str) -> Clash:
    zh = f"与 {other.id} 重复扣分：两项都罚「{what}」；合并，或用 applies_when / exclude 分开"
    en = f"punishes the same as {other.id}: {what}; join the two, or keep them apart by applies_when: or exclude:"
    return Clash("overlap", one, other, Title(zh, en))


def _against(want: Item, ban: Item, what: str) -> Clash:
    zh = f"要求说「{what}」，而 {ban.id} 禁止说；改其中一项"
    en = f"demands {what}, which {ban.id} forbids; change one of the two"
    return Clash("contradiction", want, ban, Title(zh, en))

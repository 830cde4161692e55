"""Everything that is wrong or weak in a rule set before a call is judged by it.

    for problem in check(Path("my.yaml")):
        print(problem.level, problem.where, problem.text("zh"))

``errors.py`` reads the file and goes on behind a mistake, so that one run names the first mistake of every item; ``places.py`` and
``logic.py`` find what can never hold, ``phrases.py`` and ``overlaps.py`` what gets in each other's way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from qa.rules import expressions
from qa.rules.checks import examples
from qa.rules.checks.errors import readable
from qa.rules.checks.logic import can_come_to
from qa.rules.checks.overlaps import clashes
from qa.rules.checks.phrases import too_short, voided
from qa.rules.checks.places import closes_early, impossible_place
from qa.rules.checks.problem import ERROR, KINDS, WARNING, Problem
from qa.rules.model import Condition, Item, RuleSet, Title

__all__ = ["ERROR", "KINDS", "WARNING", "Problem", "check", "check_text", "review"]

_USED_ELSEWHERE = ("opening",)
"""Vocabularies that are read by name outside of the rules: role detection asks for the opening phrases."""


def check(file: Path) -> tuple[RuleSet | None, list[Problem]]:
    """The rule set of a file (None when it cannot be used) and its problems in the order of the file. Raises nothing for bad content."""
    rule_set, problems = readable(file)
    return rule_set, problems if rule_set is None else sorted({*problems, *review(rule_set)})


def check_text(text: str, name: str, folder: Path | None = None) -> tuple[RuleSet | None, list[Problem]]:
    """As :func:`check`, of a rule set being edited; ``folder`` is where the files lie that it may include."""
    rule_set, problems = readable(name, text, folder)
    return rule_set, problems if rule_set is None else sorted({*problems, *review(rule_set)})


def review(rule_set: RuleSet) -> Iterator[Problem]:
    """The problems of a rule set that can be read."""

    def problem(line: int, name: str, kind: str, text: Title) -> Problem:
        return Problem(rule_set.file, line, name, kind, text.zh, text.en)

    shared = {c.name: c for c in rule_set.conditions}
    for item in rule_set.items:
        every = {**shared, **{c.name: c for c in item.conditions}}
        for kind, text in (*_logic(item, every), *_care(item)):
            yield problem(item.line, item.id, kind, text)
        for line, text in examples.conflicts(item):
            yield problem(line, f"{item.id}.examples", "examples-conflict", text)
        for condition in item.conditions:
            for kind, text in _condition(condition, every, rule_set):
                yield problem(condition.line, f"{item.id}.conditions.{condition.name}", kind, text)
    for condition in rule_set.conditions:
        for kind, text in _condition(condition, shared, rule_set):
            yield problem(condition.line, f"conditions.{condition.name}", kind, text)
    for clash in clashes(rule_set):
        yield problem(clash.item.line, clash.item.id, clash.kind, clash.text)
    if rule_set.library:
        return
    yield from _unused(rule_set)
    if rule_set.start - sum(item.points for item in rule_set.items) >= rule_set.pass_mark and not any(
        item.fatal or item.set_score is not None for item in rule_set.items
    ):
        zh, en = (
            "全部扣完也不会低于合格线；提高分值或合格线",
            "all points together cannot bring a call below the pass mark; raise one of them",
        )
        yield problem(1, rule_set.id, "toothless", Title(zh, en))


def _logic(item: Item, every: dict[str, Condition]) -> Iterator[tuple[str, Title]]:
    """Whether the item can apply, pass and fail."""
    applies = item.applies_when
    if applies is not None:
        if not can_come_to(True, applies, None, every):
            yield (
                "never-applies",
                Title(
                    f"applies_when: {applies} 自相矛盾，永远不适用；改条件或删去",
                    f"applies_when: {applies} contradicts itself, so that it never applies; change or remove it",
                ),
            )
            return
        if not can_come_to(False, applies, None, every):
            yield (
                "always-applies",
                Title(f"applies_when: {applies} 总是成立；删去", f"applies_when: {applies} always holds; remove it"),
            )
    word, written = ("forbid", _forbidden(item)) if item.forbids else ("expect", str(item.requirement))
    when = Title("在适用时", " when it applies") if applies is not None else Title("", "")
    if not can_come_to(False, item.requirement, applies, every):
        zh = f"{word}: {written} {when.zh}永远不会不合格，什么也查不出；改条件"
        yield "never-fails", Title(zh, f"{word}: {written} can never fail{when.en}; change it")
    elif not can_come_to(True, item.requirement, applies, every):
        zh = f"{word}: {written} {when.zh}必然不合格；改条件"
        yield "never-passes", Title(zh, f"{word}: {written} always fails{when.en}; change it")


def _forbidden(item: Item) -> str:
    return str(item.requirement.inner) if isinstance(item.requirement, expressions.Not) else str(item.requirement)


def _condition(condition: Condition, every: dict[str, Condition], rule_set: RuleSet) -> Iterator[tuple[str, Title]]:
    place = impossible_place(condition, every)
    if place is not None:
        yield "unreachable", place
    else:
        for text in closes_early(condition, every):
            yield "closes-early", text
    for nothing_left, text in voided(condition, rule_set.vocabularies):
        yield "voided" if nothing_left else "shadowed", text
    for text in too_short(condition):
        yield "short", text


def _care(item: Item) -> Iterator[tuple[str, Title]]:
    for text in examples.missing(item):
        yield "examples", text
    if not item.clause:
        yield "clause", Title("没有 clause: 写明依据哪条规范", "no clause; name the rule of the house that it checks")
    if not item.coaching.zh:
        yield "coaching", Title("没有 coaching: 写明该怎么做", "no coaching hint; say what to do instead")


def _unused(rule_set: RuleSet) -> Iterator[Problem]:
    used = {name for c in (*rule_set.conditions, *(c for i in rule_set.items for c in i.conditions)) for name in c.neighbours()}
    for item in rule_set.items:
        used |= expressions.names(item.requirement) | set(item.show_first)
        used |= expressions.names(item.applies_when) if item.applies_when else set()
    for condition in rule_set.conditions:
        if condition.name not in used:
            zh, en = "公用条件没有任何一项用到；删去", "a shared condition that nothing uses; remove it"
            yield Problem(rule_set.file, condition.line, f"conditions.{condition.name}", "unused", zh, en)
    for name in rule_set.vocabularies:
        if name not in _USED_ELSEWHERE and not re.search(rf"\${re.escape(name)}(?![\w-])", rule_set.source):
            zh, en = f"词库 ${name} 没有用到；删去", f"the vocabulary ${name} is never used; remove it"
            yield Problem(rule_set.file, 0, f"vocabularies.{name}", "unused", zh, en)

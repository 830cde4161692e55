"""Short ways to write rule sets and calls in tests."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent, indent

import pytest

from qa.calls import Call
from qa.rules import RuleSet, load_text
from qa.rules.examples import call_of, turns_of
from qa.rules.model import Item
from qa.rules.plan import compile_plan
from qa.rules.single import Run
from qa.rules.verdict import Found

Finder = Callable[..., Found]


@pytest.fixture
def call() -> Callable[..., Call]:
    """A call from lines ``agent@1-2: …``; keywords are what is known of it, ``meta`` its metadata."""

    def make(*lines: str, meta: dict[str, object] | None = None, **facts: object) -> Call:
        return call_of("c1", turns_of("\n".join(lines)), facts, meta)

    return make


@pytest.fixture
def one_item() -> Callable[..., RuleSet]:
    """A rule set with one item of 10 points from the YAML of its conditions and its other fields."""

    def make(conditions: str, fields: str = "expect: x", head: str = "") -> RuleSet:
        body = indent(dedent(conditions).strip(), " " * 10)
        stakes = "" if "points" in fields or "fatal" in fields or "bonus" in fields or "set_score" in fields else "points: 10\n"
        text = (
            f"id: t\ntitle: T\n{dedent(head)}\nsections:\n  - id: s\n    items:\n      - id: i\n"
            + indent(stakes + dedent(fields).strip(), " " * 8)
            + f"\n        conditions:\n{body}\n"
        )
        return load_text(text, "t.yaml")

    return make


@pytest.fixture
def find(one_item: Callable[..., RuleSet]) -> Finder:
    """``find(conditions, call, name="x")``: what the condition finds; ``forbid=True`` makes it an accusation."""

    def look(conditions: str, call: Call, name: str = "x", forbid: bool = False) -> Found:
        lines = [line.split(":")[0] for line in dedent(conditions).strip().splitlines() if not line.startswith(" ")]
        verb = "forbid" if forbid else "expect"
        rule_set = one_item(conditions, f"{verb}: {' or '.join(lines)}")
        item: Item = rule_set.items[0]
        run = Run(compile_plan(rule_set), call)
        return run.found(run.plan.key_of(item, name))

    return look

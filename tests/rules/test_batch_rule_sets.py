"""Random rule sets over random calls: both executors agree, with Hyperscan and without it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa import rules
from qa.calls import Call, Layout, Role, Span, Turn
from qa.rules.batch import TRUTHS
from qa.rules.batch.execution import Execution, Prepared
from qa.rules.batch.scanner import Scanner
from qa.rules.batch.table import of_calls
from qa.rules.judging import judge
from qa.rules.plan import compile_plan
from tests.rules.random_calls import calls

SAY = [
    "您好",
    "[您好, 再见]",
    "{all: [您好, 地址]}",
    "{at_least: 2, of: [稍等, 地址, 投诉, 对吗]}",
    "离…远",
    "请问(您|)有什么可以(帮您|帮助)",
    "电线…(断|掉)",
    "one moment",
]
REGEX = ["'投诉|地址'", "'^您好'", "'[四五十]{2,3}分'", "'(?i)ok'", "'好$'", "'[^，]{2}店网'", "'\\p{Han}'"]
REPEATS = [
    "{min_chars: 2}",
    "{min_chars: 2, look_back: 2 agent turns, similarity: 0.6, exempt: [稍等, 您好…电网]}",
    "{min_chars: 3, look_back: 8 s, times: 2, similarity: 0.5}",
    "{min_chars: 2, of: other, look_back: 3 turns, similarity: 0.7}",
]
MODELS = ["请问有什么可以帮您", "[您好国家电网, 四十五分钟]", "感谢您的来电, at_least: 0.5, exclude: [稍等]"]
CUTS = ["{}", "{overlap: 0.3 s, min_chars: 2, delay: 0 s}"]
VALUES = ["duration", "[percent, count], near: [您好, 地址]", "duration, exclude: [四十五分]"]
WINDOWS = ["first 2 agent turns", "last 2 turns", "first 5 s", "-4 s to end", "turns 2 to 3"]
WANTED = [
    "a and (b or c)",
    "a or not (b and c)",
    "count(a) >= 2 or b and c",
    "count(b) < 2 and (a or c)",
    "a and meta.area == 城区 or not (b or c)",
]
WITHIN = ["within: 2 turns", "within: 1 agent turns", "within: 6 s"]


@st.composite
def condition(draw: st.DrawFn, known: list[str]) -> str:
    """One condition that may look at those ``known`` before it."""
    parts = [
        draw(
            st.sampled_from(
                [
                    f"say: {draw(st.sampled_from(SAY))}",
                    f"regex: {draw(st.sampled_from(REGEX))}",
                    "silence: {over: 5 s, awaiting: agent}",
                    f"response_time: {{over: {draw(st.sampled_from(['1 s', '4 s']))}}}",
                    f"similar_to: {draw(st.sampled_from(MODELS))}",
                    f"repeats: {draw(st.sampled_from(REPEATS))}",
                    f"interruption: {draw(st.sampled_from(CUTS))}",
                    f"entity: {draw(st.sampled_from(VALUES))}",
                ]
            )
        )
    ]
    if not parts[0].startswith("silence") and (side := draw(st.sampled_from(["agent", "customer", ""]))):
        parts.append(f"by: {side}")
    if draw(st.booleans()):
        parts.append(f"in: {draw(st.sampled_from(WINDOWS))}")
    if draw(st.booleans()) and known:
        direction = draw(st.sampled_from(["after", "before", "around"]))
        parts.append(f"{direction}: {draw(st.sampled_from(['first', 'last', 'any', 'each']))} {draw(st.sampled_from(known))}")
        if direction == "around" or draw(st.booleans()):
            parts.append(draw(st.sampled_from(WITHIN)))
        if draw(st.integers(0, 3)) == 0:
            parts.append("if_absent: open")
    if known and draw(st.integers(0, 3)) == 0:
        excuse = draw(st.sampled_from(known))
        parts.append(f"unless: [{{after: {excuse}, within: 2 turns, expires: 30 s}}]" if draw(st.booleans()) else f"unless: [{excuse}]")
    if parts[0].startswith("say") and draw(st.integers(0, 2)) == 0:
        parts.append("exclude: [不投诉, 没有病, 您好您好]")
    return "{" + ", ".join(parts) + "}"


@st.composite
def rule_sets(draw: st.DrawFn) -> str:
    """The YAML of a rule set of three items."""
    lines = [
        "id: random",
        "version: 1",
        "title: random",
        "language: zh",
        "start: 100",
        "pass_mark: 60",
        "sections:",
        "  - id: s",
        "    title: s",
        "    items:",
    ]
    for number in range(3):
        names: list[str] = []
        found = []
        for name in "abc":
            found.append(f"          {name}: {draw(condition(names))}")
            names.append(name)
        wanted = draw(st.sampled_from(WANTED))
        stake = draw(st.sampled_from(["points: 5", "fatal: true"]))
        lines += [f"      - id: i{number}", f"        title: i{number}", f"        {stake}", "        conditions:", *found]
        if draw(st.booleans()):
            lines.append("        applies_when: c")
        lines.append(f"        {draw(st.sampled_from(['expect', 'forbid']))}: {wanted}")
    return "\n".join(lines)


def agree(text: str, many: Sequence[Call], library: str = "hyperscan") -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Fail where columns decide otherwise than each call alone; per call and item whether columns left it open."""
    rule_set = rules.load_text(text, "random.yaml", Path())
    found = Execution(Prepared(compile_plan(rule_set), library=library), of_calls(many)).run()
    for row, call in enumerate(many):
        for column, alone in enumerate(judge(rule_set, call).judgements):
            if not found.open[row, column]:
                assert (TRUTHS[found.applies[row, column]], TRUTHS[found.holds[row, column]]) == (alone.applies, alone.holds), (
                    f"{alone.item.id} in\n{text}\nof {[(t.role.value, t.text, t.span, t.confidence, t.words) for t in call.turns]}"
                )
    return found.open


@pytest.mark.parametrize("library", ["hyperscan", "nothing.of.that.name"])
@settings(max_examples=50, deadline=None)
@given(text=rule_sets(), many=st.lists(calls(), min_size=1, max_size=4))
def test_random_rule_sets_over_random_calls(library: str, text: str, many: list[Call]) -> None:
    agree(text, many, library)


PLACED = """
id: placed
title: placed
sections:
  - id: s
    title: s
    items:
      - {id: said, points: 1, conditions: {x: {say: 您好, by: agent}}, expect: x}
      - {id: first, points: 1, conditions: {x: {say: 您好, by: agent, in: first 2 agent turns}}, expect: x}
      - {id: last, points: 1, conditions: {x: {regex: 再见, by: agent, in: last 2 turns}}, expect: count(x) >= 1}
      - id: after
        points: 1
        conditions: {a: {say: 投诉, by: customer}, x: {say: 抱歉, by: agent, after: each a, within: 2 agent turns}}
        expect: each a has x
      - id: unless
        points: 1
        conditions: {a: {say: 稍等, by: agent}, x: {silence: {over: 5 s}, unless: [{after: a, within: 1 agent turns}]}}
        forbid: x
      - {id: cut, points: 1, conditions: {x: {interruption: {overlap: 0.3 s, min_chars: 2}, by: agent}}, forbid: count(x) >= 2}
      - {id: waits, points: 1, conditions: {x: {response_time: {over: 2 s}, by: agent}}, forbid: x}
      - {id: again, points: 1, conditions: {x: {repeats: {min_chars: 2, look_back: 3 agent turns}, by: agent}}, forbid: x}
      - {id: parrots, points: 1, conditions: {x: {repeats: {min_chars: 2, of: other}, by: customer}}, forbid: x}
      - {id: value, points: 1, conditions: {x: {entity: duration, by: agent, in: first 20 s}}, expect: each x.value <= 45 min}
"""
LINES = ["您好", "再见", "我要投诉", "抱歉", "请稍等", "四十五分钟到", "两小时", "嗯", "好的知道了", "您先听我说完"]


def test_calls_with_unsure_speakers_and_cut_recordings_are_decided_in_columns() -> None:
    dice = random.Random(11)
    many = []
    for number in range(300):
        at, turns = 0.0, []
        for index in range(dice.randint(2, 12)):
            role = dice.choice([Role.AGENT, Role.CUSTOMER, Role.AGENT, Role.CUSTOMER, Role.UNKNOWN if number % 3 else Role.AGENT])
            at = max(0.0, at + dice.choice([-0.8, 0.2, 1.0, 7.0]))
            said = Span(at, at + dice.choice([0.5, 1.5, 3.0]))
            turns.append(Turn(index, role, dice.choice(LINES), said, dice.choice([1.0, 1.0, 0.3]), dice.choice([0.9, 0.9, 0.2])))
            at = said.end
        cut = number % 2 == 0
        many.append(Call(f"c{number}", tuple(turns), at + 1, Layout.STEREO, overlap_known=True, truncated=cut))
    left_open = agree(PLACED, many)
    unknown = np.array([any(t.role is Role.UNKNOWN for t in call.turns) for call in many])
    assert unknown.sum() > 100
    assert not left_open.any()


def test_a_scanner_reports_every_line_with_a_match() -> None:
    lines = ["您好，这里是客服", "地址在哪里", "你好", "", "四十五分钟"]
    text = "\n".join(lines).encode()
    starts = np.cumsum([0] + [len(line.encode()) + 1 for line in lines])
    scanner = Scanner(["^.好", "地址|分钟", r"\A您"])
    which, place = scanner.find(text)
    hits = {(w, int(np.searchsorted(starts, p, side="right")) - 1) for w, p in zip(which.tolist(), place.tolist(), strict=True)}
    assert 2 in scanner.apart
    if 0 not in scanner.apart:
        assert {(0, 0), (0, 2), (1, 1), (1, 4)} <= hits

"""The compiled loops behind interruptions, repeats and values give in plain Python what they give compiled."""

from __future__ import annotations

import json
import os
import subprocess
import sys

CODE = '''
import json, random
from qa.calls import Call, Layout, Role, Span, Turn
from qa.rules import load_text
from qa.rules.batch.execution import Execution, Prepared
from qa.rules.batch.table import of_calls
from qa.rules.plan import compile_plan

CARD = """
id: t
title: T
sections:
  - id: s
    items:
      - {id: cut, points: 1, conditions: {x: {interruption: {overlap: 0.3 s, min_chars: 2}, by: agent}}, forbid: x}
      - {id: again, points: 1, conditions: {x: {repeats: {min_chars: 2, similarity: 0.6}, by: agent}}, forbid: x}
      - {id: value, points: 1, conditions: {x: {entity: [duration, amount], near: [到, 电费]}}, forbid: x}
"""
LINES = ["嗯", "您先听我说完。您先听我说", "您先听她说完", "三刻钟到", "电费three元", "好的", "OK 请稍等", "OK 请您稍等"]
LINES += ["一二三四五" * 14, "一二三四六" * 14]
dice, calls = random.Random(4), []
for number in range(40):
    at, turns = 0.0, []
    for index in range(dice.randint(1, 9)):
        role = dice.choice([Role.AGENT, Role.CUSTOMER, Role.AGENT, Role.UNKNOWN])
        at = max(0.0, at + dice.choice([-0.8, -0.4, 0.3, 1.0]))
        turns.append(Turn(index, role, dice.choice(LINES), Span(at, at + dice.choice([0.5, 2.0])), dice.choice([1.0, 1.0, 0.3])))
        at = turns[-1].span.end
    calls.append(Call(str(number), tuple(turns), at, Layout.STEREO, overlap_known=True))
plan = compile_plan(load_text(CARD, "t.yaml"))
run = Execution(Prepared(plan), of_calls(calls))
names = ("call", "turn", "begin", "end", "since", "until", "certain")
print(json.dumps([[getattr(run.hits(key), name).tolist() for name in names] for key in plan.steps]))
'''


def test_compiled_or_not_columns_find_the_same() -> None:
    def found(off: str) -> str:
        environment = os.environ | {"NUMBA_DISABLE_JIT": off}
        return subprocess.run([sys.executable, "-c", CODE], env=environment, capture_output=True, text=True, check=True).stdout

    compiled = found("0")
    assert compiled == found("1")
    assert all(sum(certain) > 0 for *_, certain in json.loads(compiled))

"""How fast calls are judged: ``python -m benchmarks.rules [--calls 300000]``.

Invented calls (see ``rules_calls``) under the 95598 card with 5,000 keywords and 200 regular expressions more. Seconds are processor
seconds, user and system, of the process that judges; on a busy machine they grow as processors are shared.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks import rules_calls
from benchmarks.common import PEERS, ROOT, finish, table, versions
from qa import rules, scoring
from qa.rules.batch.execution import Execution
from qa.rules.batch.frames import of_frames
from qa.rules.batch.many import finished, prepared
from qa.rules.plan import compile_plan

FOLDER = PEERS / "rules"
CARD = ROOT / "scoring_rules" / "power_95598.yaml"
SINGLE = 300
"""Calls judged one by one."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=300_000)
    parser.add_argument("--part", choices=("batch", "single"), help="one measurement, in this process")
    chosen = parser.parse_args()
    files = list(rules_calls.frames(chosen.calls, FOLDER / "calls"))
    if chosen.part:
        print(json.dumps({"batch": _batch, "single": _single}[chosen.part](files)))
        return
    results = _apart("batch", chosen.calls) | _apart("single", chosen.calls)
    table("Rules", ("figure", "value"), results.items())
    finish(results, versions=versions("hyperscan", "google-re2", "numpy", "polars", "rapidfuzz"))


def bench_rules() -> rules.RuleSet:
    """The card with its keywords and expressions."""
    return rules.load_text(rules_calls.rule_set(CARD.read_text(encoding="utf-8")), str(CARD), CARD.parent)


def _apart(part: str, calls: int) -> dict[str, Any]:
    """A measurement in a process of its own, so that its memory is its own."""
    command = [sys.executable, "-m", "benchmarks.rules", "--part", part, "--calls", str(calls)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    found: dict[str, Any] = json.loads(ran.stdout.strip().splitlines()[-1])
    return found


def _batch(files: Sequence[tuple[Path, Path]]) -> dict[str, Any]:
    """All calls: reading the files, text conditions, everything."""
    rule_set = bench_rules()
    plan = compile_plan(rule_set)
    begun = time.process_time()
    ready = prepared(plan)
    preparing = time.process_time() - begun
    text = total = 0.0
    calls = turns = opened = 0
    for number, (turn_file, call_file) in enumerate(files):
        start = time.process_time()
        columns = of_frames(pl.read_parquet(turn_file), pl.read_parquet(call_file))
        execution = Execution(ready, columns)
        for key, step in plan.steps.items():
            if step.operator.name in ("say", "regex", "similar_to"):
                execution.hits(key)
        text += time.process_time() - start
        verdicts = execution.run()
        opened += int(verdicts.open.any(axis=1).sum())
        finished(rule_set, columns, verdicts)
        total += time.process_time() - start
        calls, turns = calls + columns.n, turns + len(columns.role)
        if number % 10 == 9:
            print(f"{calls} calls, {turns} turns: text {text:.1f} s, in all {total:.1f} s", file=sys.stderr, flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "calls": calls,
        "turns": turns,
        "prepare_s": round(preparing, 2),
        "text_cpu_s": round(text, 1),
        "total_cpu_s": round(total, 1),
        "asked_of_single": round(opened / calls, 4),
        "peak_mb": round(peak),
    }


def _single(files: Sequence[tuple[Path, Path]]) -> dict[str, Any]:
    """Single calls, evidence and all, once warm."""
    rule_set = bench_rules()
    columns = of_frames(pl.read_parquet(files[0][0]), pl.read_parquet(files[0][1]))
    calls = [columns.call(n) for n in range(min(columns.n, SINGLE + 50))]
    for call in calls[:50]:
        scoring.score(rule_set, call)
    taken = []
    for call in calls[50:]:
        start = time.process_time()
        scoring.score(rule_set, call)
        taken.append(1000 * (time.process_time() - start))
    return {"single_p50_ms": round(float(np.percentile(taken, 50)), 2), "single_p95_ms": round(float(np.percentile(taken, 95)), 2)}


if __name__ == "__main__":
    main()

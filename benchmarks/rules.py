"""How fast calls are judged: ``make bench-rules``, ``make bench-rules BENCH_ARGS="--calls 3000"``.

Invented calls (see ``rules_calls``) under the 95598 card with 5,000 keywords and 200 regular expressions more; one call at a time with
evidence; 100 model sentences of ``similar_to`` against comparing everything with everything; other matchers on at most ``PEERS_CALLS``
of the calls (``rules_ratios``). Seconds are processor seconds, user and system, of the process that judges, caches cold at its start;
on a busy machine they grow as processors are shared. Nothing is extrapolated: all figures are of the calls that were judged.
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

from benchmarks import rules_calls, rules_ratios
from benchmarks.common import PEERS, ROOT, finish, table, versions
from qa import rules, scoring
from qa.calls import Call
from qa.rules import serving
from qa.rules.batch.execution import Execution
from qa.rules.batch.frames import of_frames
from qa.rules.batch.many import finished, prepared
from qa.rules.plan import Plan, compile_plan
from qa.rules.single import Run

FOLDER = PEERS / "rules"
CARD = ROOT / "scoring_rules" / "power_95598.yaml"
SINGLE = 300
"""Calls judged one by one."""
PEERS_CALLS = 3_000
BRUTE = 60
"""Calls of which every talk is compared with every model sentence."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=300_000)
    parser.add_argument("--part", choices=tuple(_PARTS), help="one measurement, in this process")
    parser.add_argument("--no-peers", action="store_true", help="leave other matchers out")
    chosen = parser.parse_args()
    if chosen.part:
        calls = min(chosen.calls, PEERS_CALLS) if chosen.part == "peers" else chosen.calls
        print(json.dumps(_PARTS[chosen.part](list(rules_calls.frames(calls, FOLDER / "calls")))))
        return
    results: dict[str, Any] = {}
    for part in _PARTS:
        if part != "peers" or not chosen.no_peers:
            results |= _apart(part, chosen.calls)
    table("Rules", ("figure", "value"), results.items())
    finish(results, versions=versions("hyperscan", "google-re2", "numpy", "polars", "rapidfuzz"))


def bench_rules() -> rules.RuleSet:
    """The card with its keywords and expressions."""
    return rules.load_text(rules_calls.rule_set(CARD.read_text(encoding="utf-8")), str(CARD), CARD.parent)


def _apart(part: str, calls: int) -> dict[str, Any]:
    """A measurement in a process of its own, so that its memory is its own."""
    command = [sys.executable, "-m", "benchmarks.rules", "--part", part, "--calls", str(calls)]
    ran = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT)
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
    calls = turns = opened = different = 0
    for number, (turn_file, call_file) in enumerate(files):
        start = time.process_time()
        said = pl.read_parquet(turn_file)
        columns = of_frames(said, pl.read_parquet(call_file))
        execution = Execution(ready, columns)
        for key, step in plan.steps.items():
            if step.operator.name in ("say", "regex", "similar_to"):
                execution.hits(key)
        text += time.process_time() - start
        verdicts = execution.run()
        opened += int(verdicts.open.any(axis=1).sum())
        finished(rule_set, columns, verdicts)
        total += time.process_time() - start
        different += said["text"].n_unique()
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
        "text_ms_per_call": round(1000 * text / calls, 3),
        "total_ms_per_call": round(1000 * total / calls, 3),
        "different_sentences": round(different / turns, 3),
        "asked_of_single": round(opened / calls, 4),
        "peak_mb": round(peak),
    }


def _single(files: Sequence[tuple[Path, Path]]) -> dict[str, Any]:
    """Single calls, evidence and all, once warm."""
    rule_set = bench_rules()
    columns = of_frames(pl.read_parquet(files[0][0]), pl.read_parquet(files[0][1]))
    calls = [columns.call(n) for n in range(min(columns.n, SINGLE + 50))]
    serving.ready([rule_set])
    for call in calls[:50]:
        scoring.score(rule_set, call)
    taken = []
    for call in calls[50:]:
        start = time.process_time()
        scoring.score(rule_set, call)
        taken.append(1000 * (time.process_time() - start))
    return {"single_p50_ms": round(float(np.percentile(taken, 50)), 2), "single_p95_ms": round(float(np.percentile(taken, 95)), 2)}


def _similar(files: Sequence[tuple[Path, Path]]) -> dict[str, Any]:
    """100 model sentences over all calls; and over a few of them, every talk compared with every sentence."""
    phrases = rules_calls.model_sentences(100)
    items = "\n".join(
        f"      - {{id: m{n}, title: m{n}, points: 1, conditions: {{said: {{similar_to: {text}, by: agent}}}}, forbid: said}}"
        for n, text in enumerate(phrases)
    )
    head = "id: models\nversion: 1\ntitle: models\nlanguage: zh\nstart: 100\npass_mark: 60\nsections:\n"
    rule_set = rules.load_text(f"{head}  - id: s\n    title: s\n    items:\n{items}\n", "models.yaml", ROOT)
    plan = compile_plan(rule_set)
    ready, seconds, calls = prepared(plan), 0.0, 0
    kept = wanted = more = 0
    for number, (turn_file, call_file) in enumerate(files):
        start = time.process_time()
        columns = of_frames(pl.read_parquet(turn_file), pl.read_parquet(call_file))
        execution = Execution(ready, columns)
        found = [execution.hits(key) for key in plan.steps]
        seconds += time.process_time() - start
        calls += columns.n
        if number:
            continue
        ours = {(n, int(c)) for n, hits in enumerate(found) for c in hits.call[hits.certain]}
        begun = time.process_time()
        looked = [c for c in range(min(BRUTE, columns.n)) if not execution.hard[c]]
        theirs = {(n, c) for c in looked for n in _brute(plan, columns.call(c))}
        brute = time.process_time() - begun
        kept, wanted = len(ours & theirs), len(theirs)
        more = len({(n, c) for n, c in ours if c in set(looked)} - theirs)
    return {
        "similar_cpu_s": round(seconds, 2),
        "similar_ms_per_call": round(1000 * seconds / calls, 3),
        "similar_kept": round(kept / max(1, wanted), 4),
        "similar_wanted": wanted,
        "similar_not_wanted": more,
        "similar_brute_ms_per_call": round(1000 * brute / max(1, len(looked)), 1),
    }


def _brute(plan: Plan, call: Call) -> list[int]:
    """The sentences that something in the call is like, all talks compared with all sentences."""
    run = Run(plan, call)
    return [number for number, key in enumerate(plan.steps) if any(hit.certain for hit in run.found(key).hits)]


def _peers(files: Sequence[tuple[Path, Path]]) -> dict[str, Any]:
    return rules_ratios.measure(files, FOLDER)


_PARTS = {"batch": _batch, "single": _single, "similar": _similar, "peers": _peers}

if __name__ == "__main__":
    main()

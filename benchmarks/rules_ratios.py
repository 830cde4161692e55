"""The keyword lists and expressions of the rule benchmark judged by Hotline and by other matchers, on the same calls, verdict for verdict.

What makes verdicts doubtful (unsure speakers, words and ends) is taken out of the calls and likeness by sound is switched off, since the
others know neither. Hotline is charged for everything from the tables on, the others for matching and logic alone.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import yaml

from benchmarks import rules_calls
from benchmarks.common import ask, environment, remark
from qa import rules
from qa.rules.batch.execution import Execution
from qa.rules.batch.frames import of_frames
from qa.rules.batch.many import finished, prepared
from qa.rules.batch.table import AGENT, Table, text_of
from qa.rules.batch.talks import talks_of
from qa.rules.plan import compile_plan

_HEAD = "id: words\nversion: 1\ntitle: words\nlanguage: zh\nstart: 100\npass_mark: 60\nsections:"


def measure(files: Sequence[tuple[Path, Path]], folder: Path) -> dict[str, Any]:
    """``ratio_ac_re`` and ``ratio_naive``: processor seconds of the others over ours. Raises RuntimeError where verdicts differ."""
    written = rules_calls.rule_set(_HEAD).replace(", by: ", ", by_sound: false, by: ")
    written = "\n".join(line.replace(", by_sound: false", "") if "{regex:" in line else line for line in written.splitlines())
    rule_set = rules.load_text(written, "words.yaml", folder)
    frames = [_plain(*(pl.read_parquet(file) for file in pair)) for pair in files]
    plan = compile_plan(rule_set)
    ready = prepared(plan)
    ours = 0.0
    counts, met, failed = [], [], []
    tables: list[Table] = []
    for turns, calls in frames:
        begun = time.process_time()
        table = of_frames(turns, calls)
        execution = Execution(ready, table)
        verdicts = execution.run()
        judged = finished(rule_set, table, verdicts)
        found = {(key, step.operator.name): execution.hits(key).count()[0] for key, step in plan.steps.items()}
        ours += time.process_time() - begun
        failed.append(judged.outcome == 1)
        listed = {name: [n for (key, kind), n in found.items() if kind == name] for name in ("say", "regex")}
        counts.append(np.stack(listed["say"], axis=1))
        met.append(np.stack(listed["regex"], axis=1) > 0)
        tables.append(table)
    question = _question(written, tables, rule_set, folder)
    python = environment("matchers", ["pyahocorasick==2.2.0"])
    result: dict[str, Any] = {"ratio_calls": sum(t.n for t in tables), "ours_text_logic_s": round(ours, 2)}
    for peer, name in (("ac", "ac_re"), ("loop", "naive")):
        answer = ask(python, "rules_peers.py", {**question, "peer": peer})
        for mine, theirs in ((counts, "counts"), (met, "met"), (failed, "failed")):
            if not np.array_equal(np.concatenate(mine), np.array(answer[theirs])):
                raise RuntimeError(f"{name}: {theirs} differ from ours")
        remark(f"{name}: {answer['cpu_s']:.1f} s against {ours:.1f} s, all counts and verdicts the same")
        result |= {f"{name}_s": round(answer["cpu_s"], 2), f"ratio_{name}": round(answer["cpu_s"] / ours, 1)}
    hits = np.concatenate(met)
    result |= {
        "keywords_per_call": round(float(np.concatenate(counts).sum(axis=1).mean()), 2),
        "regex_items_per_call": round(float(hits.sum(axis=1).mean()), 2),
    }
    return result | {"failed_items_per_call": round(float(np.concatenate(failed).sum(axis=1).mean()), 3)}


def _plain(turns: pl.DataFrame, calls: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The calls without anything that is not certain."""
    sure = turns.drop("confidence", "role_confidence").with_columns(pl.col("role").replace("unknown", "agent"))
    return sure, calls.with_columns(pl.lit(False).alias("truncated"))


def _question(written: str, tables: Sequence[Table], rule_set: rules.RuleSet, folder: Path) -> dict[str, Any]:
    calls = []
    for table in tables:
        talks = talks_of(table, rule_set.doubt)
        for c in range(table.n):
            spoken = range(int(talks.first[c]), int(talks.first[c + 1]))
            turns = range(int(table.first[c]), int(table.first[c + 1]))
            sides = {0: "agent", 1: "customer"}
            calls.append(
                {
                    "talks": [(sides[int(talks.role[k])], talks.text(k)) for k in spoken if int(talks.role[k]) in sides],
                    "agent": [text_of(table.chars[table.at[t] : table.at[t + 1]]) for t in turns if table.role[t] == AGENT],
                }
            )
    file = folder / "peers.json"
    file.write_text(json.dumps(calls, ensure_ascii=False), encoding="utf-8")
    items = yaml.safe_load(written)["sections"][0]["items"]
    lists = [(i["conditions"]["listed"]["by"], i["conditions"]["listed"]["say"], 1 if "matched" in i["forbid"] else 2) for i in items]
    return {
        "file": str(file),
        "lists": lists,
        "patterns": [i["conditions"]["matched"]["regex"] for i in items if "matched" in i["conditions"]],
    }

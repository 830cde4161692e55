"""Rule sets made ready for many calls."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any
from weakref import ref

from qa import rules, scoring
from qa.calls import Call, Role, Turn
from qa.rules import serving
from qa.rules.judging import judge
from qa.rules.single import Run

CARD = """
id: t
title: T
sections: [{id: s, title: S, items: [{id: i, title: I, points: 1, conditions: {x: {say: 您好}}, expect: x}]}]
"""
NO_MODEL = CARD.replace("id: t", "id: u").replace("say: 您好", "similar_to: 这里是国家电网, similarity: embedding")


def test_what_is_ready_is_out_of_the_collectors_sight(tmp_path: Path) -> None:
    frozen = gc.get_freeze_count()
    rule_set = rules.load_text(CARD, "t.yaml", tmp_path)
    try:
        serving.ready([rule_set])
        assert gc.get_freeze_count() > frozen
        assert scoring.score(rule_set, Call("c", (Turn(0, Role.AGENT, "您好"),))).high == 100
    finally:
        gc.unfreeze()


def test_a_rule_set_whose_model_is_missing_waits_for_its_first_call(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("HOTLINE_MODELS", str(tmp_path))
    try:
        serving.ready([rules.load_text(NO_MODEL, "u.yaml", tmp_path), rules.load_text(CARD, "t.yaml", tmp_path)])
    finally:
        gc.unfreeze()


def test_a_call_that_is_judged_is_freed_without_the_collector(tmp_path: Path) -> None:
    runs: list[ref[Run]] = []

    class Seen(Run):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            runs.append(ref(self))

    rule_set = rules.load_text(CARD, "t.yaml", tmp_path)
    gc.disable()
    try:
        judged = judge(rule_set, Call("c", (Turn(0, Role.AGENT, "您好"), Turn(1, Role.CUSTOMER, "请问"))), executor=Seen)
        assert judged.judgements[0].evidence
        assert len(runs) == 1 and runs[0]() is None
    finally:
        gc.enable()

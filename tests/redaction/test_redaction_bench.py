"""A small run of the benchmark keeps its targets, and its measure of what is hidden is strict."""

from __future__ import annotations

import json

import pytest

from benchmarks.redaction import hidden, main, wilson


@pytest.mark.parametrize("which", ["held-out", "second", "third"])
def test_recall_and_false_masks_stay_within_their_targets(which: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--set", which, "--talks", "380", "--clean", "1000", "--seed", "5", "--check"]) == 0
    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert figures["entities"] > 380 and figures["clean_turns"] == 1000
    assert figures["redaction_recall_low"] < figures["redaction_recall"]


def test_one_readable_digit_is_a_miss() -> None:
    assert hidden("电话138，嗯，0000", "电话***，嗯，****", 2, 12)
    assert not hidden("电话138，嗯，0000", "电话***，嗯，***0", 2, 12)


def test_wilsons_interval() -> None:
    low, high = wilson(95, 100)
    assert (round(low, 4), round(high, 4)) == (0.8882, 0.9785)

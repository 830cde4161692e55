"""Two who change a call at once, on either database: nobody's work is lost or judged by words that are gone."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest

from hotline.errors import BadInput, BadRecording, BadRule
from hotline.store import OPERATOR, Store, calls, corrections, erasure, parquet, publishing
from qa import rescoring as room
from qa.rulebook import RuleBook
from qa.rules import RuleSet, load_text

RULES = (Path(__file__).parents[1] / "small_rules.yaml").read_text(encoding="utf-8")
ROW = {"turn": 0, "role_before": "agent", "role_after": "agent", "text_changed": True, "note": ""}


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    file = tmp_path / "small.yaml"
    file.write_text(RULES, encoding="utf-8")
    return file


@pytest.fixture
def one(centre: Store, samples: Any) -> Store:
    samples.store_call(centre, samples.call("C1", text="您好吵死了"), samples.scorecard("C1"))
    return centre


def test_of_two_corrections_at_once_the_second_is_refused(one: Store, samples: Any) -> None:
    """Both have looked at the present turns before either has committed."""
    seen = calls.open_call(one, OPERATOR, "C1").turns_file
    mine, theirs = (parquet.write_turns(one, samples.call("C1", text=text)) for text in ("您好", "您早"))
    refused: list[BaseException] = []

    def second() -> None:
        try:
            with one.begin() as connection:
                corrections.replace_turns(connection, "C1", seen, theirs, "bob", [ROW])
        except BadInput as error:
            refused.append(error)

    other = threading.Thread(target=second)
    with one.begin() as connection:
        corrections.replace_turns(connection, "C1", seen, mine, "anna", [ROW])
        other.start()
        other.join(1)
    other.join()
    assert len(refused) == 1 and "somebody else has corrected it" in str(refused[0])
    assert calls.open_call(one, OPERATOR, "C1").turns_file == mine
    assert [row["who"] for row in corrections.history(one, OPERATOR, "C1")] == ["anna"]


def test_a_call_corrected_while_it_is_judged_is_judged_as_corrected(
    one: Store, samples: Any, rules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    score, times = room.score, 0

    def late(*arguments: Any) -> Any:
        nonlocal times
        times += 1
        if times == 1:
            file = parquet.write_turns(one, samples.call("C1", text="您好"))
            seen = calls.open_call(one, OPERATOR, "C1").turns_file
            with one.begin() as connection:
                corrections.replace_turns(connection, "C1", seen, file, "anna", [ROW])
        return score(*arguments)

    monkeypatch.setattr(room, "score", late)
    assert room.rescore(one, OPERATOR, ["C1"], "again", rules)[0]["is"] == "100–100"
    assert times == 2 and calls.open_call(one, OPERATOR, "C1").row.low == 100


def test_what_was_judged_of_a_call_erased_meanwhile_leaves_no_file(one: Store, rules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = parquet.write_hits

    def late(*arguments: Any) -> str:
        erasure.erase(one, OPERATOR, call_id="C1")
        monkeypatch.setattr(parquet, "write_hits", write)
        return write(*arguments)

    monkeypatch.setattr(parquet, "write_hits", late)
    with pytest.raises(BadRecording, match="was erased"):
        room.rescore(one, OPERATOR, ["C1"], "again", rules)
    assert list(one.settings.parquet.rglob("C1*.parquet")) == []


def test_a_later_erasure_sweeps_what_a_killed_run_wrote_of_an_erased_call(one: Store, samples: Any) -> None:
    samples.store_call(one, samples.call("C2"), samples.scorecard("C2"))
    erasure.erase(one, OPERATOR, call_id="C1")
    late = one.settings.parquet / parquet.write_turns(one, samples.call("C1", text="您好吵死了"))
    os.utime(late, (0, 0))
    erasure.erase(one, OPERATOR, call_id="C2")
    assert not late.exists()


def test_of_two_versions_at_once_the_second_is_checked_against_the_first(centre: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def card(version: int, head: str) -> RuleSet:
        item = "{id: i, points: 1, conditions: {x: {say: 您好}}, expect: x}"
        return load_text(f"id: t\ntitle: T\nversion: {version}\n{head}\nsections: [{{id: s, items: [{item}]}}]", "t.yaml")

    publishing.publish(centre, OPERATOR, card(1, ""))
    refused: list[BadRule] = []

    def second() -> None:
        try:
            publishing.publish(centre, OPERATOR, card(3, "effective: {from: 2998-01-01}"))
        except BadRule as error:
            refused.append(error)

    other, check = threading.Thread(target=second), RuleBook.check

    def checked(book: RuleBook) -> None:
        check(book)
        if threading.current_thread() is not other:
            other.start()
            other.join(1)

    monkeypatch.setattr(RuleBook, "check", checked)
    publishing.publish(centre, OPERATOR, card(2, "effective: {from: 2999-01-01}"))
    other.join()
    assert len(refused) == 1 and "overlap" in str(refused[0])
    assert [one.rule_set.version for one in publishing.published(centre)] == [1, 2]

"""What ``hotline rules check`` finds missing or mistaken, and how its command and that of ``test`` say so."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from qa.rules import load_text
from qa.rules.checks import KINDS, check, check_text
from tests.rules.cards import HEAD, card, kinds, line_of
from tests.rules.command_line import hotline

ROOT = Path(__file__).parents[2]


def test_what_is_missing_or_unused() -> None:
    text = (
        HEAD + "vocabularies:\n  hi: [您好]\n  hid: [好]\n  opening: [您好]\nconditions: {lost: {say: $hid}}\nsections:\n  - id: s\n"
        "    items:\n      - {id: i, points: 5, conditions: {x: {say: 您好}}, expect: x}\n"
    )
    found = kinds(text)
    assert found.count(("examples", "i")) == 2 and ("clause", "i") in found and ("coaching", "i") in found
    assert ("unused", "conditions.lost") in found and ("unused", "vocabularies.hi") in found and ("toothless", "t") in found
    assert not [name for kind, name in found if kind == "unused" and name in ("vocabularies.opening", "vocabularies.hid")]
    assert kinds(card("conditions: {x: {say: 您好}}\nexpect: x")) == []


@pytest.mark.parametrize(
    ("phrase", "short"),
    [
        ("(请)您", "您"),
        ("（麻烦您）请", "请"),
        ("(不(太))会", "会"),
        ("(请)稍等", ""),
        ("(查|看)", ""),
        ("请", ""),
        ("(ok )wait", ""),
        ("(请)…(您)稍(等)", "稍"),
        ("(请)…(您)稍等", ""),
    ],
)
def test_an_optional_word_that_leaves_one_letter(phrase: str, short: str) -> None:
    for text in (f"say: '{phrase}'", f"say: 您好呀, exclude: '{phrase}'"):
        found = [p for p in check_text(card(f"conditions: {{x: {{{text}}}}}\nexpect: x"), "t.yaml")[1] if p.kind == "short"]
        assert [p.level for p in found] == (["warning"] if short else [])
        assert not short or (f"「{short}」" in found[0].zh and f"'{short}'" in found[0].en)


def test_the_first_mistake_of_every_item_is_named() -> None:
    wrong = [
        "conditions: {x: {sai: 您好}}\nexpect: x",
        "conditions: {x: {say: 您好}}\nexpect: y",
        "conditions: {x: {say: 您好}}\nexpect: x",
        "conditions: {x: {say: 您好, by: agnet}}\nexpect: x",
    ]
    text = card(*wrong)
    rule_set, problems = check_text(text, "t.yaml")
    assert rule_set is None
    assert [(p.name, p.kind) for p in problems] == [
        ("i1.conditions.x.sai", "language"),
        ("i2.expect", "language"),
        ("i4.conditions.x.by", "language"),
    ]
    assert "did you mean say" in problems[0].en and "did you mean agent" in problems[2].en
    assert "您是想写 say" in problems[0].zh and all(p.text("zh") != p.text("en") for p in problems)
    assert [p.line for p in problems] == sorted(p.line for p in problems) and problems[0].where.startswith(
        f"t.yaml:{line_of(text, 'sai')}: "
    )


def test_a_mistake_that_is_in_no_item_ends_the_reading() -> None:
    _, problems = check_text(card("conditions: {x: {sai: 您好}}\nexpect: x", head="versoin: 2\n"), "t.yaml")
    assert [p.name for p in problems] == ["i1.conditions.x.sai", "versoin"]
    _, flow = check_text("id: t\ntitle: T\nsections: [{id: s, items: [{id: i, points: x}]}]\n", "t.yaml")
    assert len(flow) == 1 and flow[0].line == 3


@pytest.mark.parametrize("file", sorted((ROOT / "scoring_rules").glob("*.yaml")), ids=lambda f: f.name)
def test_what_ships_has_no_error(file: Path) -> None:
    rule_set, problems = check(file)
    assert rule_set is not None
    assert [p for p in problems if p.level == "error"] == []


def test_exit_codes_and_formats(tmp_path: Path, capsys) -> None:
    good, weak, bad = tmp_path / "good.yaml", tmp_path / "weak.yaml", tmp_path / "bad.yaml"
    good.write_text(card("conditions: {x: {say: 您好}}\nexpect: x"), encoding="utf-8")
    weak.write_text(good.read_text(encoding="utf-8").replace("        clause: A 1\n", ""), encoding="utf-8")
    bad.write_text(card("conditions: {x: {say: 您好}}\nexpect: x or not x"), encoding="utf-8")
    assert hotline("check", str(good), "--strict") == 0
    assert hotline("check", str(weak)) == 0 and hotline("check", str(weak), "--strict") == 1
    capsys.readouterr()
    assert hotline("check", str(good), str(weak), str(bad), "--format", "json") == 1
    captured = capsys.readouterr()
    rows = json.loads(captured.out)
    assert [(r["level"], r["kind"]) for r in rows] == [("ok", ""), ("warning", "clause"), ("ok", ""), ("error", "never-fails")]
    assert rows[3]["file"] == str(bad) and rows[3]["line"] == 7 and "1 problem(s) in 1 rule set(s)" in captured.err
    assert hotline("check", str(bad), "--format", "github") == 1
    line = capsys.readouterr().out.splitlines()[0]
    assert line.startswith(f"::error file={bad},line=7,title=it can never fail::")


def test_a_failing_example_is_shown_with_what_was_expected_and_why(tmp_path: Path, capsys) -> None:
    file = tmp_path / "t.yaml"
    text = card("conditions: {x: {say: 您好, by: agent}}\nforbid: x").replace("一切正常甲", "您好啊")
    file.write_text(text.replace("一切正常丁", "您好").replace("一切正常戊", "您好吗").replace("一切正常己", "您好哇"), encoding="utf-8")
    assert hotline("test", str(file)) == 1
    shown = capsys.readouterr().out
    assert (
        f"✗ t.yaml:{line_of(text, 'pass:')} i1: 应为 expected pass，得到 got fail" in shown
        and "#1 agent: 您好啊" in shown
        and "→ #1 x (hit):" in shown
    )
    assert "5 个样例符合，1 个不符" in shown
    assert hotline("test", str(file), "--item", "i2") == 2
    assert "is not an item of it" in capsys.readouterr().err
    assert hotline("test", str(file), "--item", "i1", "--json") == 1
    (row,) = [r for r in json.loads(capsys.readouterr().out)["examples"] if not r["held"]]
    assert row["evidence"][0]["said"] == "您好" and row["evidence"][0]["chars"] == [0, 2]


def test_every_kind_is_told_in_both_languages() -> None:
    assert {level for level, _ in KINDS.values()} == {"error", "warning"}
    assert all(meaning.zh and meaning.en and meaning.zh != meaning.en for _, meaning in KINDS.values())
    assert load_text(card("conditions: {x: {say: 您好}}\nexpect: x"), "t.yaml").items


def test_slips_of_the_pen_are_named() -> None:
    good = card("conditions: {x: {say: 您好}}\nexpect: x")
    (wide,) = check_text(re.sub(r"points: ", "points：", good, count=1), "t.yaml")[1]
    assert "半角冒号" in wide.zh and "narrow colon" in wide.en
    (short,) = check_text(re.sub(r"points: ", "point: ", good, count=1), "t.yaml")[1]
    assert short.name.endswith(".point") and "did you mean points" in short.en


def test_one_wrong_stake_among_weights_is_one_error() -> None:
    text = card("conditions: {a: {say: 您好}}\nexpect: a", head="weights: percent\n")
    _, problems = check_text(text, "t.yaml")
    assert [(p.level, p.name) for p in problems] == [("error", "i1.points")]

"""``hotline rules …`` as people and programs use it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from hotline import cli
from hotline.errors import BadRule
from qa.rules import load, load_text
from qa.rules.conditions import OPERATORS
from qa.rules.reference import reference

ROOT = Path(__file__).parents[2]
POWER = str(ROOT / "scoring_rules" / "power_95598.yaml")


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_LANGUAGE", "en")


def hotline(*arguments: str) -> int:
    with pytest.raises(SystemExit) as caught:
        cli.main(["rules", *arguments])
    return int(caught.value.code or 0)


def test_check_and_test_accept_what_ships(capsys) -> None:
    assert hotline("check", "--json") == 0
    assert {row["level"] for row in json.loads(capsys.readouterr().out)} == {"ok"}
    assert hotline("test", POWER, "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["failed"] == 0 and shown["held"] == len(shown["examples"]) > 150


CARD = """id: b
title: B
pass_mark: 90
sections: [{id: s, items: [{id: i, points: 20, clause: A 1, coaching: C, conditions: {x: {say: 您好}}, expect: x, examples: {
  pass: ["agent: 您好", "agent: 您好啊", "agent: 喂您好"], fail: ["agent: 喂", "agent: 说", "agent: 哪位"]}}]}]
"""


def test_a_wrong_rule_set_is_one_line_and_the_others_are_still_checked(tmp_path: Path, capsys) -> None:
    (tmp_path / "a.yaml").write_text("id: a\ntitle: A\nsections: []\n", encoding="utf-8")
    (tmp_path / "b.yaml").write_text(load(Path(POWER)).source, encoding="utf-8")
    assert hotline("check", str(tmp_path), "--json") == 1
    rows = json.loads(capsys.readouterr().out)
    assert [(r["level"], r["where"].endswith("a.yaml:3: sections")) for r in rows if r["level"] == "error"] == [("error", True)]
    assert [r["level"] for r in rows if "b.yaml" in r["where"]] == ["ok"]


def test_an_example_that_does_not_hold_fails_the_run(tmp_path: Path, capsys) -> None:
    wrong = tmp_path / "w.yaml"
    text = load(Path(POWER)).source.replace("agent: 喂，说。", "agent: 您好，说。")
    wrong.write_text(text, encoding="utf-8")
    assert hotline("test", str(wrong)) == 1
    captured = capsys.readouterr()
    assert "greeting" in captured.out and "do not come out as written" in captured.err


def test_show(capsys) -> None:
    assert hotline("show", POWER, "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert len(shown["items"]) == 40 and len(shown["hash"]) == 64


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("t.txt", "agent: 您好，国家电网，请讲。\n客户：查电费\nagent: 你是不是有病\n"),
        (
            "t.json",
            json.dumps(
                [{"role": "agent", "text": "您好，国家电网，请讲。", "start": 0, "end": 2}, {"role": "agent", "text": "你是不是有病"}]
            ),
        ),
    ],
)
def test_score_a_transcript(tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    monkeypatch.setenv("HOTLINE_LANGUAGE", "zh")
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    assert hotline("score", str(file), "--rules", POWER, "--meta", "ticket_type=电费查询", "--json") == 0
    card = json.loads(capsys.readouterr().out)
    outcomes = {item["item"]: item for item in card["items"]}
    assert outcomes["rude"]["outcome"] == "fail" and card["high"] == 0
    assert "是不是有病" in outcomes["rude"]["where"]
    assert outcomes["greeting"]["outcome"] == "pass"
    assert hotline("score", str(file), "--rules", POWER) == 0
    assert "规范问候" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("score", "{bad}", "--rules", POWER), "bad.txt:2"),
        (("score", "{none}", "--rules", POWER), "cannot be read"),
        (("score", "{bad}", "--rules", POWER, "--meta", "x"), "is not name=value"),
        (("score", "{bad}", "--rules", "none.yaml"), "there is no such file"),
        (("check", "{empty}"), "no rule set there"),
    ],
)
def test_mistakes_are_one_line(tmp_path: Path, capsys, arguments, message) -> None:
    (tmp_path / "bad.txt").write_text("agent: 您好\nnobody says this\n", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    names = {"bad": tmp_path / "bad.txt", "none": tmp_path / "none.txt", "empty": tmp_path / "empty"}
    assert hotline(*(a.format(**names) for a in arguments)) == 2
    captured = capsys.readouterr().err
    assert message in captured.replace("\n", " ") and "Traceback" not in captured


def test_the_committed_reference_is_current(tmp_path: Path) -> None:
    page = ROOT / "docs" / "rules-reference.md"
    assert page.read_text(encoding="utf-8") == reference(), "run: hotline rules reference --out docs/rules-reference.md"
    out = tmp_path / "r.md"
    assert hotline("reference", "--out", str(out)) == 0
    assert out.read_text(encoding="utf-8") == reference()


def test_the_examples_of_the_reference_are_valid() -> None:
    """Every YAML block of an operator is a set of conditions that loads, given the conditions and items that it speaks of."""
    blocks = re.findall(r"### `(\w+)`.*?```yaml\n(.*?)```", reference(), flags=re.DOTALL)
    assert [operator for operator, _ in blocks] == list(OPERATORS)
    for operator, block in blocks:
        names = re.findall(r"^(\w+):", block, flags=re.MULTILINE)
        body = "\n".join("          " + line for line in block.strip().splitlines())
        conditions: dict[str, str] = {"asked_wait": "{say: 请稍等}"}
        items: list[str] = []
        while True:
            spoken_of = "".join(f"      - {{id: {item}, points: 1, expect: asked_wait}}\n" for item in items)
            text = f"id: t\ntitle: T\nconditions: {{{', '.join(f'{n}: {c}' for n, c in conditions.items())}}}\nsections:\n  - id: s\n"
            text += f"    items:\n{spoken_of}      - id: i\n        points: 1\n        expect: {' or '.join(names)}\n"
            try:
                found = load_text(f"{text}        conditions:\n{body}\n", operator).item("i").conditions
                break
            except BadRule as error:
                missing = re.search(r"(condition|item) '(\w+)' is not defined", error.problem)
                assert missing, str(error)
                if missing[1] == "item":
                    items.append(missing[2])
                else:
                    conditions[missing[2]] = "{say: 请稍等}"
        assert {c.operator for c in found} == {operator}


GRADED = """id: graded
title: 分级
pass_mark: 60
bands: [{title: {zh: 优秀, en: Excellent}, at_least: 90}, {title: {zh: 一般, en: Fair}, at_least: 0}]
variables:
  need: {default: 1, cases: [{when: {area: 农村}, value: 2}]}
sections:
  - id: s
    items:
      - {id: hello, points: 30, severity: serious, conditions: {x: {say: 您好, by: agent}}, expect: "count(x) >= $need"}
      - {id: later, points: 30, effective: {from: 2999-01-01}, conditions: {x: {say: 再见}}, expect: x}
"""


def test_grade_severity_and_variables_are_shown(capsys, tmp_path: Path) -> None:
    card, said = tmp_path / "graded.yaml", tmp_path / "call.txt"
    card.write_text(GRADED, encoding="utf-8")
    said.write_text("agent: 您好\n", encoding="utf-8")
    assert hotline("show", str(card), "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["bands"][0] == {"at_least": 90.0, "zh": "优秀", "en": "Excellent"} and shown["items"][0]["severity"] == "serious"
    assert shown["variables"] == [{"name": "need", "kind": "number", "default": "1", "cases": "meta.area in [农村] → 2"}]
    assert hotline("show", str(card)) == 0
    assert "优秀" in (text := capsys.readouterr().out) and "need" in text
    assert hotline("score", str(said), "--rules", str(card), "--meta", "area=农村", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["grade_low"], found["low"], found["variables"]) == (found["grade_high"], 70, {"need": "2"})
    assert "一般" in found["grade_high"] and [row["severity"] for row in found["items"]] == ["serious", "general"]
    assert hotline("score", str(said), "--rules", str(card)) == 0
    assert "优秀" in (text := capsys.readouterr().out) and "need = 1" in text


def test_what_is_not_in_force_yet_costs_a_transcript_without_a_date_nothing(capsys, tmp_path: Path) -> None:
    card, said = tmp_path / "graded.yaml", tmp_path / "call.txt"
    card.write_text(GRADED, encoding="utf-8")
    said.write_text("agent: 您好\n", encoding="utf-8")
    assert hotline("score", str(said), "--rules", str(card), "--json") == 0
    assert [row["outcome"] for row in json.loads(capsys.readouterr().out)["items"]] == ["pass", "na"]
    assert hotline("explain", str(said), "--rules", str(card), "--json") == 0
    assert [row["outcome"] for row in json.loads(capsys.readouterr().out)["items"]] == ["pass", "na"]


def test_check_names_what_an_item_lacks_on_one_line_and_errors_last(tmp_path: Path, capsys) -> None:
    head = "id: t\ntitle: T\nsections:\n  - id: s\n    items:\n"
    item = "      - {id: i%d, points: 30, conditions: {x: {say: 您好}}, expect: x%s}\n"
    (tmp_path / "t.yaml").write_text(head + item % (1, ", applies_when: x and not x") + item % (2, ""), encoding="utf-8")
    with pytest.raises(SystemExit):
        cli.main(["rules", "check", str(tmp_path / "t.yaml")])
    lines = capsys.readouterr().out.strip().splitlines()
    assert [line.split()[0] for line in lines] == ["warning", "warning", "error", "1"]
    assert "clause" in lines[0] and "coaching" in lines[0] and lines[0].count(" examples that ") == 2 and "8 处提醒" in lines[3]


def test_a_written_call_may_say_when_it_began(tmp_path: Path, capsys) -> None:
    item = "      - {id: i, points: 30, conditions: {x: {say: 您好}}, expect: x, effective: {from: 2090-01-01}}\n"
    card, call = tmp_path / "t.yaml", tmp_path / "c.txt"
    card.write_text(f"id: t\ntitle: T\nsections:\n  - id: s\n    items:\n{item}", encoding="utf-8")
    call.write_text("agent: 喂\n", encoding="utf-8")

    def outcome(command: str, *more: str) -> str:
        with pytest.raises(SystemExit) as ended:
            cli.main(["rules", command, str(call), "--rules", str(card), "--json", *more])
        assert ended.value.code == 0
        return json.loads(capsys.readouterr().out)["items"][0]["outcome"]

    for command in ("score", "explain"):
        assert outcome(command) == "na"
        assert outcome(command, "--started-at", "2090-01-02") == outcome(command, "--started-at", "2090-01-02T08:00+08:00") == "fail"
        assert outcome(command, "--started-at", "2089-12-30 10:00") == "na"
        with pytest.raises(SystemExit) as ended:
            cli.main(["rules", command, str(call), "--rules", str(card), "--started-at", "昨天"])
        assert ended.value.code == 2 and "2026-11-22T10:30" in capsys.readouterr().err


FLOOR = """
id: t
title: {zh: 卡, en: Card}
sections:
  - {id: s, title: {zh: 开场, en: Opening}, points: 30, floor: 10, items: [
      {id: a, title: {zh: 问候, en: Hello}, points: 12, conditions: {x: {say: 您好}}, expect: x},
      {id: b, points: 12, conditions: {x: {say: 再见}}, expect: x}]}
"""


@pytest.mark.parametrize(
    ("language", "heads", "line"),
    [
        ("zh", ("评分项", "扣分", "失分"), "环节“开场”：各项合计扣 24 分，实际扣 20 分"),
        ("en", ("Title", "Lost", "general"), "Section Opening: its items lose 24 together, 20 come off the score"),
    ],
)
def test_a_score_is_told_in_one_language_and_names_what_a_floor_keeps(
    tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch, language: str, heads: tuple[str, ...], line: str
) -> None:
    monkeypatch.setenv("HOTLINE_LANGUAGE", language)
    card, said = tmp_path / "floor.yaml", tmp_path / "call.txt"
    card.write_text(FLOOR, encoding="utf-8")
    said.write_text("agent: 喂\n", encoding="utf-8")
    assert hotline("score", str(said), "--rules", str(card)) == 0
    shown = capsys.readouterr().out
    assert line in shown and "score 80" in shown and all(head in shown for head in heads)
    said.write_text("agent: 您好\n", encoding="utf-8")
    assert hotline("score", str(said), "--rules", str(card)) == 0
    assert line.split("：")[0].split(":")[0] not in capsys.readouterr().out


def test_a_number_out_of_bounds_is_answered_with_one_that_fits() -> None:
    for wrong, mend in (("pass_mark: 160", "pass_mark: 80"), ("start: 50\npass_mark: 60", "pass_mark: 40")):
        with pytest.raises(BadRule, match=f"write for example {mend}$"):
            load_text(FLOOR.replace("sections:", f"{wrong}\nsections:"), "t.yaml")

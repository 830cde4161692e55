"""What ``hotline rules check`` finds: what can never hold, what gets in each other's way, what is missing."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline import cli
from qa.rules import load_text
from qa.rules.checks import KINDS, check, check_text
from qa.rules.checks.logic import can_come_to
from qa.rules.expressions import evaluate
from qa.rules.parsing import parse
from qa.rules.verdict import Verdict

ROOT = Path(__file__).parents[2]
HEAD = "id: t\ntitle: T\npass_mark: 90\n"
EXAMPLES = """
        clause: A 1
        coaching: Say it.
        examples:
          pass: ["agent: 一切正常甲", "agent: 一切正常乙", "agent: 一切正常丙"]
          fail: ["agent: 一切正常丁", "agent: 一切正常戊", "agent: 一切正常己"]
"""


def card(*items: str, head: str = "") -> str:
    """A rule set of items, each the YAML below ``- id: iN``; points are 20 unless said otherwise."""
    text = HEAD + head + "sections:\n  - id: s\n    items:\n"
    for number, item in enumerate(items, start=1):
        stakes = "" if "points" in item or "fatal" in item else "        points: 20\n"
        body = "\n".join("        " + line for line in item.strip().splitlines())
        text += f"      - id: i{number}\n{stakes}{body}{EXAMPLES}"
    return text


def line_of(text: str, piece: str) -> int:
    """The line (1-based) on which ``piece`` stands first."""
    return text[: text.index(piece)].count("\n") + 1


def kinds(text: str) -> list[tuple[str, str]]:
    """(kind, name) of the problems that are not about examples not being there."""
    _, problems = check_text(text, "t.yaml")
    return [(p.kind, p.name) for p in problems]


NEVER = [
    ("applies_when: a and not a", "never-applies"),
    ("applies_when: meta.area == 城区 and meta.area == 农村", "never-applies"),
    ("applies_when: meta.level >= 3 and meta.level < 3", "never-applies"),
    ("applies_when: meta.level > 3 and meta.level in [1, 2, 3]", "never-applies"),
    ("applies_when: count(a) >= 3 and count(a) < 2", "never-applies"),
    ("applies_when: count(a) >= 1 and not a", "never-applies"),
    ("applies_when: layout == dual", "never-applies"),
    ("applies_when: duration > 60 and duration < 10", "never-applies"),
    ("applies_when: long and duration < 10", "never-applies"),
    ("applies_when: fault and meta.type == 投诉", "never-applies"),
    ("applies_when: meta.area == 城区 or meta.area != 城区", "always-applies"),
    ("applies_when: a or not a", "always-applies"),
]


@pytest.mark.parametrize(("applies", "kind"), NEVER)
def test_applicability_that_cannot_hold_or_always_does(applies: str, kind: str) -> None:
    head = "conditions:\n  long: {duration: {over: 60 s}}\n  fault: {metadata: meta.type, is: 报修}\n"
    item = f"conditions: {{a: {{say: 您好}}, b: {{say: 再见}}}}\n{applies}\nexpect: b or a and b"
    text = card(item, head=head)
    rule_set, problems = check_text(text, "t.yaml")
    assert rule_set is not None
    found = [p for p in problems if p.kind == kind]
    assert len(found) == 1 and found[0].name == "i1" and found[0].line == line_of(text, "id: i1")
    assert "applies_when" in found[0].zh and "applies_when" in found[0].en


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ("expect: a or not a", "never-fails"),
        ("applies_when: a\nexpect: a or b", "never-fails"),
        ("forbid: a and not a", "never-fails"),
        ("forbid: count(a) >= 2 and count(a) < 2", "never-fails"),
        ("applies_when: not a\nexpect: each a has b", "never-fails"),
        ("expect: a and not a", "never-passes"),
        ("applies_when: a\nforbid: a or b", "never-passes"),
        ("expect: meta.area == 城区 and meta.area == 农村 and a and b", "never-passes"),
    ],
)
def test_expectations_that_are_constant(fields: str, kind: str) -> None:
    head = "conditions:\n  a: {say: 您好}\n  b: {say: 再见, after: each a}\n"
    assert (kind, "i1") in kinds(card(fields, head=head))


def test_sound_rules_are_not_called_constant() -> None:
    head = "conditions:\n  a: {say: 您好}\n  b: {say: 再见, after: each a}\n"
    for fields in (
        "applies_when: a\nexpect: each a has b",
        "applies_when: meta.level >= 3 or meta.area in [农村, 边远]\nexpect: a and not b",
        "applies_when: not a\nexpect: b",
        "applies_when: meta.x != 1 and meta.x != 2\nforbid: count(a) >= 2 or b",
        "applies_when: duration > 10 and duration < 10.5\nexpect: a or b",
    ):
        found = {kind for kind, _ in kinds(card(fields, head=head))}
        assert not found & {"never-applies", "always-applies", "never-fails", "never-passes"}, fields


@pytest.mark.parametrize(
    ("b", "unreachable"),
    [
        ("{say: 再见, by: agent, in: first 2 customer turns}", True),
        ("{say: 再见, by: agent, in: first 2 agent turns}", False),
        ("{say: 再见, by: agent, in: first 2 turns}", False),
        ("{say: 再见, after: a, before: a}", True),
        ("{say: 再见, after: first a, before: last a}", False),
        ("{say: 再见, after: last a, before: first a}", True),
        ("{say: 再见, after: any a, before: first a}", True),
        ("{say: 再见, after: any a, before: any a}", False),
        ("{say: 再见, after: a, before: c}", True),
        ("{say: 再见, after: a, before: {first: c, if_absent: open}}", False),
        ("{say: 再见, before: c}", False),
        ("{silence: {over: 5 s}, after: g, before: g}", False),
        ("{say: 再见, in: first 2 turns, after: late}", True),
        ("{say: 再见, in: first 9 turns, after: late}", False),
        ("{say: 再见, in: first 10 s, after: after_a_minute}", True),
        ("{say: 再见, in: last 10 s, before: after_a_minute}", False),
    ],
)
def test_places_that_no_hit_can_have(b: str, unreachable: bool) -> None:
    head = (
        "conditions:\n  a: {say: 您好}\n  c: {say: 请讲, before: first a}\n  g: {silence: {over: 3 s}}\n"
        "  late: {say: 好的, in: turns 5 to 8}\n  after_a_minute: {say: 行, in: 60 s to 90 s}\n"
    )
    found = kinds(card(f"conditions: {{b: {b}}}\nexpect: b and (a or c or g or late or after_a_minute)", head=head))
    assert (("unreachable", "i1.conditions.b") in found) is unreachable


def test_phrases_voided_by_their_own_exclusion() -> None:
    head = "vocabularies:\n  praise: [很满意, 挺好]\n  denial: [不满意, 满意]\n"
    some = "conditions: {a: {say: $praise, exclude: $denial, by: customer}}\nexpect: a"
    every = "conditions: {a: {say: [很满意, 非常满意], exclude: $denial, by: customer}}\nexpect: a"
    none = "conditions: {a: {say: [满意], exclude: [不满意], by: customer}}\nexpect: a"
    assert ("shadowed", "i1.conditions.a") in kinds(card(some, head=head))
    _, problems = check_text(card(every, head=head + "hotwords: [$praise]\n"), "t.yaml")
    (voided,) = [p for p in problems if p.kind == "voided" and "很满意" in p.en]
    assert voided.level == "error" and "($denial)" in voided.en and "($praise)" in voided.en
    assert not {"shadowed", "voided"} & {kind for kind, _ in kinds(card(none))}


RUDE = "conditions: {x: {say: [有病, 滚蛋], by: agent}}\nforbid: x"


@pytest.mark.parametrize(
    ("other", "overlap"),
    [
        ("conditions: {y: {say: [闭嘴, 滚蛋], by: agent}}\nforbid: y", True),
        ("conditions: {y: {say: [闭嘴, 滚蛋], by: agent}}\nforbid: count(y) >= 2", True),
        ("conditions: {y: {say: [闭嘴, 滚(蛋|开)]}}\nforbid: y", True),
        ("conditions: {y: {say: [闭嘴, 滚蛋], by: customer}}\nforbid: y", False),
        ("conditions: {y: {say: [闭嘴], by: agent}}\nforbid: y", False),
        ("conditions: {y: {say: [闭嘴, 滚蛋], by: agent}}\nforbid: y\nfatal: true", False),
        ("conditions: {y: {say: [闭嘴, 滚蛋], by: agent}}\nforbid: y\napplies_when: direction == inbound", True),
    ],
)
def test_words_punished_twice(other: str, overlap: bool) -> None:
    assert (("overlap", "i1") in kinds(card(RUDE, other))) is overlap


def test_items_that_exclude_each_other_do_not_overlap() -> None:
    first = RUDE + "\napplies_when: meta.area == 城区"
    second = "conditions: {y: {say: 滚蛋, by: agent}}\nforbid: y\napplies_when: meta.area in [农村, 边远]"
    assert ("overlap", "i1") not in kinds(card(first, second))
    assert ("overlap", "i1") in kinds(card(first, second.replace("边远", "城区")))


def test_overlaps_that_only_examples_show() -> None:
    pattern = "conditions: {y: {regex: '滚.{0,2}蛋', by: agent}}\nforbid: y"
    quiet = card(RUDE, pattern)
    assert ("overlap", "i1") not in kinds(quiet)
    told = quiet.replace("agent: 一切正常丁", "agent: 你给我滚蛋", 1)
    _, problems = check_text(told, "t.yaml")
    (found,) = [p for p in problems if p.kind == "overlap"]
    assert found.name == "i1" and "i2" in found.en and "滚蛋" in found.zh and found.level == "warning"


def test_a_demand_that_another_item_forbids() -> None:
    want = "conditions: {x: {say: [请稍等], by: agent}}\nexpect: x"
    ban = "conditions: {y: {say: [请稍等, 等着], by: agent}}\nforbid: y"
    assert ("contradiction", "i1") in kinds(card(want, ban))
    assert ("contradiction", "i1") not in kinds(card(want.replace("[请稍等]", "[请稍等, 请稍候]"), ban))
    assert ("contradiction", "i1") not in kinds(card(want, ban.replace("forbid: y", "forbid: count(y) >= 3")))


def test_one_conversation_with_two_outcomes() -> None:
    text = card("conditions: {x: {say: 您好}}\nexpect: x").replace("一切正常戊", "一切正常乙")
    _, problems = check_text(text, "t.yaml")
    (found,) = [p for p in problems if p.kind == "examples-conflict"]
    line = line_of(text, "pass:")
    assert found.line == line + 1 and f"line {line}" in found.en and f"第 {line} 行" in found.zh


def test_numbers_that_masking_hides_still_tell_examples_apart() -> None:
    item = "conditions: {x: {same_value: phone, given_by: customer, by: agent}}\nexpect: x"
    talk = '["customer: 我的电话是13800138000", "agent: 您的电话是{}对吗"]'
    text = card(item).replace('"agent: 一切正常甲"', talk.format("13800138000"))
    text = text.replace('"agent: 一切正常丁"', talk.format("13800138009"))
    assert "examples-conflict" not in {kind for kind, _ in kinds(text)}


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


NAMES = st.sampled_from(["a", "b", "count(a) >= 2", "count(b) < 1", "meta.x == 1", "meta.x > 1", "meta.x in [1, 2]", "meta.y != 城区"])


@st.composite
def expressions_(draw: st.DrawFn, depth: int = 3) -> str:
    if depth == 0 or draw(st.booleans()):
        return draw(NAMES)
    kind = draw(st.sampled_from(["not", "and", "or"]))
    left = draw(expressions_(depth - 1))
    return f"not ({left})" if kind == "not" else f"({left}) {kind} ({draw(expressions_(depth - 1))})"


@settings(max_examples=150, deadline=None)
@given(
    expressions_(),
    st.integers(0, 3),
    st.integers(0, 3),
    st.sampled_from([None, "0", "1", "1.5", "2", "9", "x"]),
    st.sampled_from([None, "城区", "乡"]),
)
def test_what_is_called_impossible_never_happens(text: str, a: int, b: int, x: str | None, y: str | None) -> None:
    from qa.rules.checks.logic import _compared
    from qa.rules.expressions import Compare, Count, compare_count

    expression = parse(text)

    def value(atom: object) -> Verdict:
        if isinstance(atom, Compare):
            return _compared(x if atom.field == "meta.x" else y, atom)
        count = a if atom.name == "a" else b
        return compare_count(count, count, atom.comparison, atom.number) if isinstance(atom, Count) else Verdict.of(count > 0)

    came = evaluate(expression, value) is Verdict.HIT
    assert can_come_to(came, expression, None, {})


@pytest.mark.parametrize("file", sorted((ROOT / "scoring_rules").glob("*.yaml")), ids=lambda f: f.name)
def test_what_ships_has_no_error(file: Path) -> None:
    rule_set, problems = check(file)
    assert rule_set is not None
    assert [p for p in problems if p.level == "error"] == []


def hotline(*arguments: str) -> int:
    with pytest.raises(SystemExit) as caught:
        cli.main(["rules", *arguments])
    return int(caught.value.code or 0)


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

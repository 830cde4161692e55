"""``include:``: shared vocabularies, conditions and items, read only from beside the file."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.errors import BadRule
from qa.rulebook import RuleBook
from qa.rules import load, load_text, proving
from qa.rules.including import MAX_FILES, Line

COMMON = """\
id: common
library: true
title: {zh: 共用, en: Common}
vocabularies:
  hello: [您好, 你好]
  wait: [请稍等]
  unused: [天气]
synonyms: {您好: [早安]}
conditions:
  asked: {say: $wait, by: agent}
  idle: {say: [天气], by: agent}
sections:
  - id: s
    title: S
    items:
      - id: greeting
        title: Greeting
        clause: A
        points: 5
        conditions:
          hello: {say: $hello, by: agent, before: {first: asked, if_absent: open}}
        expect: hello
        examples: {pass: ["agent: 您好"], fail: ["agent: 喂"]}
      - id: waits
        title: Waits
        points: 1
        expect: asked
"""
CARD = """\
id: card
title: Card
include: common.yaml
vocabularies:
  wait: [$wait, 别挂]
sections:
  - id: s
    title: S
    items:
      - use: greeting
        points: 7
        examples: {pass: ["agent: 你好"]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "common.yaml").write_text(COMMON, encoding="utf-8")
    (tmp_path / "card.yaml").write_text(CARD, encoding="utf-8")
    return tmp_path


def _refused(folder: Path, text: str) -> str:
    with pytest.raises(BadRule) as caught:
        load_text(text, "card.yaml", folder)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_an_item_is_taken_with_what_it_needs_and_nothing_else(folder: Path) -> None:
    card = load(folder / "card.yaml")
    (item,) = card.items
    assert (item.id, item.points, item.clause) == ("greeting", 7, "A")
    assert [(e.outcome, e.call.turns[0].text) for e in item.examples] == [("pass", "您好"), ("pass", "你好"), ("fail", "喂")]
    assert {k: set(v) for k, v in card.vocabularies.items()} == {"hello": {"您好", "你好"}, "wait": {"请稍等", "别挂"}}
    assert [c.name for c in card.conditions] == ["asked"]
    assert all(proof.held for proof in proving.prove(card))


def test_without_its_own_name_a_vocabulary_is_replaced(folder: Path) -> None:
    assert load_text(CARD.replace("[$wait, 别挂]", "[别挂]"), "c", folder).vocabularies["wait"] == ("别挂",)


def test_one_condition_or_the_expectation_can_be_replaced(folder: Path) -> None:
    changed = CARD.replace(
        "points: 7", "conditions: {hello: {say: 早上好, by: agent}, bad: {say: 喂, by: agent}}\n        forbid: bad or not hello"
    )
    (item,) = load_text(changed.replace('        examples: {pass: ["agent: 你好"]}\n', ""), "c", folder).items
    assert item.forbids and {c.name for c in item.conditions} == {"hello", "bad"}
    assert item.points == 5


def test_the_hash_covers_what_is_used_and_only_that(folder: Path) -> None:
    before = load(folder / "card.yaml").content_hash
    common = folder / "common.yaml"
    common.write_text(COMMON.replace("unused: [天气]", "unused: [雨]"), encoding="utf-8")
    assert load(folder / "card.yaml").content_hash == before
    common.write_text(COMMON.replace("[您好, 你好]", "[您好]"), encoding="utf-8")
    assert load(folder / "card.yaml").content_hash != before


def test_the_source_stands_alone(folder: Path) -> None:
    card = load(folder / "card.yaml")
    again = load_text(card.source, "stored")
    assert again.content_hash == card.content_hash
    assert load(folder / "common.yaml").source == COMMON


def test_an_error_in_the_other_file_names_both(folder: Path) -> None:
    (folder / "common.yaml").write_text(COMMON.replace("expect: hello", "expect: helo"), encoding="utf-8")
    with pytest.raises(BadRule, match=r"card\.yaml:common\.yaml:22: greeting\.expect: condition 'helo' is not defined"):
        load(folder / "card.yaml")
    (folder / "common.yaml").write_text(COMMON.replace("expect: hello", "expect: [hello"), encoding="utf-8")
    with pytest.raises(BadRule, match=r"card\.yaml:3: include common\.yaml:\d+: YAML"):
        load(folder / "card.yaml")


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("../common.yaml", "out of the folder"),
        ("a/../../common.yaml", "out of the folder"),
        ("/etc/hosts.yaml", "out of the folder"),
        ("~/common.yaml", "out of the folder"),
        ("C:common.yaml", "out of the folder"),
        ("a\\\\common.yaml", "out of the folder"),
        ("common.txt", "not a YAML file"),
        ("nothing.yaml", "no such file"),
        ("link.yaml", "by a link"),
        ("folder.yaml", "cannot be read"),
    ],
)
def test_only_a_file_beside_is_read(folder: Path, tmp_path_factory: pytest.TempPathFactory, written: str, reason: str) -> None:
    outside = tmp_path_factory.mktemp("outside") / "common.yaml"
    outside.write_text(COMMON, encoding="utf-8")
    (folder / "link.yaml").symlink_to(outside)
    (folder / "folder.yaml").mkdir()
    message = _refused(folder, CARD.replace("include: common.yaml", f'include: "{written}"'))
    assert reason in message and "card.yaml:3: include" in message


def test_text_without_a_place_includes_nothing(folder: Path) -> None:
    with pytest.raises(BadRule, match="needs a file to start from"):
        load_text(CARD, "pasted")


def test_a_circle_is_refused_and_so_are_many_files(folder: Path) -> None:
    (folder / "common.yaml").write_text("include: other.yaml\n" + COMMON, encoding="utf-8")
    (folder / "other.yaml").write_text("include: common.yaml\nvocabularies: {x: [天]}\n", encoding="utf-8")
    assert "leads back to itself" in _refused(folder, CARD)
    for number in range(MAX_FILES + 1):
        (folder / f"n{number}.yaml").write_text(f"vocabularies: {{v{number}: [天]}}\n", encoding="utf-8")
    names = ", ".join(f"n{number}.yaml" for number in range(MAX_FILES + 1))
    assert f"below {MAX_FILES}" in _refused(folder, CARD.replace("include: common.yaml", f"include: [{names}]"))


def test_a_file_may_include_another(folder: Path) -> None:
    (folder / "outer.yaml").write_text("include: common.yaml\nvocabularies: {more: [再说]}\n", encoding="utf-8")
    assert load_text(CARD.replace("common.yaml", "outer.yaml"), "c", folder).item("greeting").points == 7


def test_the_same_name_in_two_files_is_refused(folder: Path) -> None:
    (folder / "second.yaml").write_text("vocabularies: {hello: [喂]}\n", encoding="utf-8")
    message = _refused(folder, CARD.replace("include: common.yaml", "include: [common.yaml, second.yaml]"))
    assert "'hello' stands in both common.yaml and second.yaml" in message


def test_an_unknown_item_names_those_there_are(folder: Path) -> None:
    assert "Known: greeting, waits" in _refused(folder, CARD.replace("use: greeting", "use: greting"))


def test_a_library_judges_no_call(folder: Path) -> None:
    assert [r.id for r in RuleBook.load(folder).rule_sets] == ["card"]
    assert [r.id for r in RuleBook.load(folder / "common.yaml").rule_sets] == ["common"]


def test_a_line_survives_copying() -> None:
    line = pickle.loads(pickle.dumps(Line(12, "common.yaml")))
    assert (line, str(line), f"{line:>16}") == (12, "common.yaml:12", "  common.yaml:12")


@given(st.text(max_size=60))
def test_no_name_makes_it_fall_over(written: str) -> None:
    quoted = '"' + "".join(f"\\U{ord(c):08x}" for c in written if not 0xD800 <= ord(c) < 0xE000) + '"'
    with pytest.raises(BadRule):
        load_text(CARD.replace("include: common.yaml", f"include: {quoted}"), "card.yaml", Path(__file__).parent)


def test_a_card_that_extends_what_it_includes_can_be_included(folder: Path) -> None:
    (folder / "province.yaml").write_text(
        """id: province
title: P
include: card.yaml
vocabularies: {hello: [$hello, 本省供电]}
sections:
  - id: s
    items:
      - {use: greeting, clause: 省标}
""",
        encoding="utf-8",
    )
    card, province = load(folder / "card.yaml"), load(folder / "province.yaml")
    mine, theirs = province.items[0], next(item for item in card.items if item.id == "greeting")
    assert province.vocabularies["hello"] == (*card.vocabularies["hello"], "本省供电")
    assert (mine.points, mine.clause) == (theirs.points, "省标") and len(mine.examples) == len(theirs.examples)


def test_one_file_by_two_ways_is_no_clash(folder: Path) -> None:
    for name in ("left.yaml", "right.yaml"):
        (folder / name).write_text("include: common.yaml\n", encoding="utf-8")
    both = load_text(CARD.replace("include: common.yaml", "include: [left.yaml, right.yaml]"), "c", folder)
    assert both.item("greeting").points == 7
    (folder / "right.yaml").write_text("include: common.yaml\nvocabularies: {hello: [$hello, 早]}\n", encoding="utf-8")
    assert "'hello' stands in both" in _refused(folder, CARD.replace("include: common.yaml", "include: [left.yaml, right.yaml]"))


def test_a_pipe_is_no_rule_set(folder: Path) -> None:
    os.mkfifo(folder / "pipe.yaml")
    assert "'pipe.yaml' is not a plain file" in _refused(folder, CARD.replace("include: common.yaml", "include: pipe.yaml"))
    with pytest.raises(BadRule, match="is not a plain file"):
        load(folder / "pipe.yaml")

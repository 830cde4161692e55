"""Every mistake in a rule set is one line with file, line and field; hostile files are refused, quickly and in little memory."""

from __future__ import annotations

import re
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hotline.errors import BadRule
from qa.rules import load, load_text

BASE = """id: t
title: {zh: 甲, en: A}
vocabularies:
  hi: [您好, 你好]
conditions:
  mute: {say: 不方便说话, by: agent}
sections:
  - id: s
    title: S
    items:
      - id: one
        points: 5
        applies_when: not mute
        conditions:
          hello: {say: $hi, by: agent, in: first 2 agent turns}
          bye: {say: 再见, by: agent, after: hello, within: 3 turns}
        expect: hello and bye
        examples:
          pass: ["agent: 您好再见"]
"""


def test_the_base_is_right() -> None:
    rule_set = load_text(BASE, "t.yaml")
    assert [i.id for i in rule_set.items] == ["one"] and rule_set.item("one").line == 11


BYE = "{say: 再见, by: agent, after: hello, within: 3 turns}"
CHANGES = [
    # (what is replaced, by what, line, field, problem, mend)
    ("{say: $hi", "{sai: $hi", 15, "one.conditions.hello.sai", "'sai' is not an operator", "did you mean say"),
    ("{say: $hi", "{emotion: $hi", 15, "one.conditions.hello.emotion", "'$hi' is not an emotion", "angry"),
    ("{say: $hi, by: agent,", "{by: agent,", 15, "one.conditions.hello", "names no operator", "silence"),
    ("{say: $hi,", "{say: $hi, regex: a,", 15, "one.conditions.hello.regex", "second operator", "two conditions"),
    ("$hi", "$hii", 15, "one.conditions.hello.say", "vocabulary '$hii' is not defined", "did you mean hi"),
    ("by: agent, in", "by: agnet, in", 15, "one.conditions.hello.by", "'agnet' is not known", "did you mean agent"),
    ("first 2 agent turns", "first two turns", 15, "one.conditions.hello.in", "is not a window", "first 2 agent turns"),
    ("first 2 agent turns", "turns 0 to 2", 15, "one.conditions.hello.in", "holds no turn", "counted from 1"),
    ("first 2 agent turns", "9 s to 3 s", 15, "one.conditions.hello.in", "holds no time", "earlier end first"),
    ("after: hello", "after: helo", 16, "one.conditions.bye.after", "condition 'helo' is not defined", "did you mean hello"),
    ("after: hello", "after: some hello", 16, "one.conditions.bye.after", "is not an anchor", "each"),
    ("after: hello", "around: hello", None, None, None, None),
    ("after: hello, within: 3 turns", "around: hello", 16, "one.conditions.bye.around", "does not say how near", "within"),
    ("after: hello, ", "", 16, "one.conditions.bye.within", "nothing to be measured from", "after"),
    ("within: 3 turns", "within: soon", 16, "one.conditions.bye.within", "is not a distance", "3 agent turns"),
    ("within: 3 turns", "within: 3 turns, join_turns: 2", 16, "one.conditions.bye.join_turns", "has no meaning for say", "remove"),
    ("within: 3 turns", "fuzzy: 1", 16, "one.conditions.bye.fuzzy", "is not known here", "known: "),
    ("expect: hello and bye", "expect: hello and by", 17, "one.expect", "condition 'by' is not defined", "did you mean bye"),
    ("expect: hello and bye", "expect: hello and", 17, "one.expect", "a condition expected", "name of a condition"),
    ("expect: hello and bye", "expect: hello and each bye has hello", 17, "one.expect", "placed by 'each bye'", "after: each bye"),
    ("expect: hello and bye", "expect: hello", 16, "one.conditions.bye", "is never used", "remove it"),
    ("expect: hello and bye", "expects: hello and bye", 11, "one.expect", "either expect: or forbid:", "what must"),
    ("expect: hello and bye", "expect: bye\n        forbid: hello", 17, "one.expect", "either expect: or forbid:", "what must"),
    ("applies_when: not mute", "applies_when: area == 城区", 13, "one.applies_when", "not a field of a call", "meta.NAME"),
    ("points: 5", "points: five", 12, "one.points", "is not a number", "points: 5"),
    ("points: 5", "points: -5", 12, "one.points", "is not a number", "points: 5"),
    ("points: 5", "points: nan", 12, "one.points", "is not a number", "points: 5"),
    ("points: 5", "fatal: perhaps", 12, "one.fatal", "neither true nor false", "true"),
    ("points: 5", "points_per_hit: 5", 12, "one.points_per_hit", "needs forbid:", "must not happen"),
    ("        points: 5\n", "", 11, "one.points", "nothing is at stake", "points:"),
    ("points: 5", "points: 5\n        severity: high", 13, "one.severity", "'high' is not known", "serious"),
    ("points: 5", "points: 5\n        poins: 5", 13, "one.poins", "is not known here", "did you mean points"),
    ("id: one", "id: One item", 11, "s.items[1].id", "is not an id", "lower-case"),
    ("id: t\n", "", 1, "id", "is missing", "add id:"),
    ("id: t\n", "id: t\nversion: 1.5\n", 2, "version", "not a whole number", "fraction"),
    ("id: t\n", "id: t\npass_mark: 200\n", 2, "pass_mark", "is not a number from 0 to 100", "pass_mark"),
    ("id: t\n", "id: t\nweights: percent\n", 13, "one.points", "no meaning with weights: percent", "write weight:"),
    ("id: t\n", "id: t\nlanguage: fr\n", 2, "language", "'fr' is not known", "en, zh"),
    ("[您好, 你好]", "[$hi, 你好]", 4, "vocabularies.hi", "leads back to itself", "remove"),
    ("[您好, 你好]", "[$ho]", 4, "vocabularies.hi", "'$ho' is not defined", "did you mean hi"),
    ("[您好, 你好]", "[您(好, 你好]", 4, "vocabularies.hi", "never closed", "balance"),
    ("[您好, 你好]", "['！！']", 4, "vocabularies.hi", "without any letter", "at least one"),
    ("[您好, 你好]", "{a: b}", 4, "vocabularies.hi", "should be text", "hi"),
    ("[您好, 你好]", "[]", 4, "vocabularies.hi", "empty list", "at least one"),
    ("mute: {say: 不方便说话, by: agent}", "mute: {say: 不方便, after: mute}", 6, "conditions.mute", "circle", "anchor"),
    ("mute: {say: 不方便说话, by: agent}", "count: {say: 不方便}", 6, "conditions.count", "cannot be the name", "no word"),
    ("          hello:", "          mute:", 15, "one.conditions.mute", "also a condition of the whole", "another name"),
    (BYE, "{duration: {over: 3 s}, by: agent}", 16, "one.conditions.bye.by",
     "no meaning for duration", "remove"),
    (BYE, "{silence: {over: 3 s}, by: agent}", 16, "one.conditions.bye.by",
     "no meaning for silence", "awaiting: agent"),
    (BYE, "{silence: {over: 0.1 s}}", 16, "one.conditions.bye.over",
     "is a breath", "5 s"),
    (BYE, "{silence: {over: long}}", 16, "one.conditions.bye.over", "is not a time", "10 s"),
    (BYE, "{silence: {}}", 16, "one.conditions.bye.over", "is missing", "over"),
    (BYE, "{regex: '(?<!不)满意'}", 16, "one.conditions.bye.regex",
     "lookaround and back-references", "unless:"),
    (BYE, "{regex: '(.)\\1'}", 16, "one.conditions.bye.regex",
     "lookaround and back-references", "exclude:"),
    (BYE, "{regex: '(再见'}", 16, "one.conditions.bye.regex", "missing )", "re2"),
    (BYE, "{regex: 'a*'}", 16, "one.conditions.bye.regex", "matches nothing", "obligatory"),
    (BYE, "{similar_to: 再见}", 16, "one.conditions.bye.similar_to", "too short", "say:"),
    (BYE, "{similar_to: 感谢来电再见, at_least: 75}", 16,
     "one.conditions.bye.at_least", "from 0.5 to 1", "1"),
    (BYE, "{speech_rate: {over: 3, under: 2}}", 16,
     "one.conditions.bye.speech_rate", "either over: or under:", "330"),
    (BYE, "{metadata: area, is: x}", 16, "one.conditions.bye.metadata",
     "not a field", "meta.NAME"),
    (BYE, "{metadata: meta.area}", 16, "one.conditions.bye.metadata",
     "exactly one test", "in_list"),
    (BYE, "{say: 再见, unless: [{within: 3 s}]}", 16, "one.conditions.bye.unless",
     "needs one of after", "asked_wait"),
    (BYE, "{say: {any: 再见}}", 16, "one.conditions.bye.say", "one list of phrases", "all:"),
    ('pass: ["agent: 您好再见"]', 'pas: ["agent: 您好再见"]', 19, "one.examples.pas", "is not an outcome", "did you mean pass"),
    ('pass: ["agent: 您好再见"]', 'pass: ["您好再见"]', 19, "one.examples.pass", "is not a turn", "agent: "),
    ('pass: ["agent: 您好再见"]', 'pass: ["agent@5-2: 您好再见"]', 19, "one.examples.pass", "ends before it starts", "seconds"),
    ("sections:", "section:", 1, "sections", "is missing", "add sections:"),
    ("  - id: s\n    title: S", "  - id: s\n    title: {zu: S}", 9, "s.title.zu", None, None),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "field", "problem", "mend"), CHANGES, ids=[f"{c[1][:40]}" for c in CHANGES])
def test_mistakes_name_file_line_and_field(old, new, line, field, problem, mend) -> None:
    assert BASE.count(old) >= 1
    text = BASE.replace(old, new, 1)
    if line is None:
        load_text(text, "t.yaml")
        return
    with pytest.raises(BadRule) as caught:
        load_text(text, "t.yaml")
    error = caught.value
    thing = error.thing.split(": ")
    assert thing[0] == f"t.yaml:{line}", str(error)
    if problem is not None:
        assert thing[1] == field
        assert problem in error.problem and mend in error.mend
    assert "\n" not in str(error)


def test_ids_stand_once() -> None:
    again = BASE + BASE[BASE.index("      - id: one") :]
    with pytest.raises(BadRule, match=r"t\.yaml:20: one\.id: item 'one' stands twice"):
        load_text(again, "t.yaml")
    section = BASE + BASE[BASE.index("  - id: s\n") :].replace("id: one", "id: two")
    with pytest.raises(BadRule, match=r"t\.yaml:20: sections\[2\]\.id: section 's' stands twice"):
        load_text(section, "t.yaml")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "empty"),
        ("just text", "should be a table"),
        ("- a\n- b", "should be a table"),
        ("id: t\nid: u", r"t\.yaml:2: YAML: 'id' stands twice"),
        ("a: &x [1]\nb: *x", r"t\.yaml:1: YAML: an anchor"),
        ("a: *x", "alias"),
        ("a: !!python/object/apply:os.system [ls]", "tag"),
        ("a: 1\n---\nb: 2", "second document"),
        ("? [a]\n: b", "not a plain name"),
        ("a: [1, 2", r"t\.yaml:\d: YAML: cannot be read"),
        ("a: 'x", "cannot be read"),
        ("a: \x00", "cannot be read"),
        ("\tid: t", "cannot be read"),
    ],
)
def test_yaml_that_is_not_read(text, problem) -> None:
    with pytest.raises(BadRule, match=problem):
        load_text(text, "t.yaml")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(BadRule, match="no such file"):
        load(tmp_path / "none.yaml")
    with pytest.raises(BadRule, match="cannot be read"):
        load(tmp_path)
    wrong = tmp_path / "gbk.yaml"
    wrong.write_bytes("title: 您好".encode("gbk"))
    with pytest.raises(BadRule, match=r"is text in GBK, not in UTF-8; save it as UTF-8: in Notepad"):
        load(wrong)


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{c}: &{c} [*{p},*{p},*{p},*{p},*{p},*{p},*{p},*{p},*{p}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True)
)
HOSTILE = {
    "bomb": BOMB,
    "deep list": "a: " + "[" * 200_000,
    "deep table": "".join(" " * i + "a:\n" for i in range(700)),
    "deep braces": "a: " + "{a: " * 100_000,
    "one megabyte": "a: " + "x" * 1_048_576,
    "one megabyte of regex": BASE.replace(BYE, "{regex: '" + "(a|b)" * 210_000 + "'}"),
    "long regex": BASE.replace(BYE, "{regex: '" + "(a|b)" * 3_000 + "'}"),
    "hungry regex": BASE.replace(BYE, "{regex: '((((a{0,99}){0,9}){0,9}){0,9}){0,9}b'}"),
    "many regexes": BASE.replace(BYE, "{regex: [" + "a{999}," * 60_000 + "b]}"),
    "many wordings": BASE.replace("[您好, 你好]", "['" + "(a|b)" * 4_000 + "']"),
    "very many wordings": BASE.replace("[您好, 你好]", "[" + ",".join(f"'{'(甲|乙)' * 9}{i}'" for i in range(4_000)) + "]"),
    "nested brackets": BASE.replace("[您好, 你好]", "['" + "(" * 5_000 + "']"),
    "many keys": "\n".join(f"k{i}: 1" for i in range(50_000)),
    "long expression": BASE.replace("hello and bye", "(" * 9_000 + "hello"),
    "long number": BASE.replace("points: 5", "points: " + "9" * 15_000),
    "endless synonyms": BASE.replace("vocabularies:", "synonyms: {好: [" + ",".join("好" * 40 for _ in range(900)) + "]}\nvocabularies:"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_quickly_and_in_little_memory(name: str) -> None:
    tracemalloc.start()
    begun = time.process_time()
    try:
        with pytest.raises(BadRule) as caught:
            load_text(HOSTILE[name], "t.yaml")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert time.process_time() - begun < 20
    assert peak < 200 * 2**20
    assert len(str(caught.value)) < 3_000


ALPHABET = st.sampled_from([*"abi:-[]{},&*!|>'\"%@`#\n\t 您0", "\n  ", ": ", "- ", "id", "say", "items", "first ", "$x", "(a|"])


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(ALPHABET, max_size=60).map("".join), st.integers(0, len(BASE)))
def test_no_text_breaks_the_loader(noise: str, at: int) -> None:
    for text in (noise, BASE[:at] + noise + BASE[at:]):
        try:
            load_text(text, "t.yaml")
        except BadRule as error:
            assert re.match(r"t\.yaml", error.thing)


def test_the_hash_covers_content_and_nothing_else() -> None:
    first = load_text(BASE, "a.yaml").content_hash
    assert load_text("# a comment\n" + BASE.replace("[您好, 你好]", "\n    - 您好\n    - '你好'"), "b.yaml").content_hash == first
    assert load_text(BASE.replace("points: 5", "points: 6"), "a.yaml").content_hash != first
    assert load_text(BASE.replace("您好再见", "再见您好"), "a.yaml").content_hash != first


def test_a_field_of_the_call_that_is_empty_in_an_example_is_to_be_left_out() -> None:
    text = BASE.replace('pass: ["agent: 您好再见"]', 'pass: [{turns: "agent: 您好再见", meta: {area: null}}]')
    with pytest.raises(BadRule, match=r"one\.examples\.pass.*meta\.area: is empty; remove it"):
        load_text(text, "t.yaml")

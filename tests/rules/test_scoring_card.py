"""A scorecard as it is written: stakes, severity, floors, percentages, bands and doubt, and every mistake in them with its line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.errors import BadRule
from qa.calls import Call
from qa.rules import load_text
from qa.rules.examples import call_of, turns_of
from qa.scoring import Outcome, Scorecard, score, section_loss

ITEM = "{{id: {0}, {1}, conditions: {{x: {{say: {2}}}}}, {3}: x}}"


def item(name: str, stakes: str, say: str, verb: str = "expect") -> str:
    return ITEM.format(name, stakes, say, verb)


def card(sections: dict[str, tuple[str, list[str]]], head: str = "") -> str:
    lines = ["id: t", "title: T", head, "sections:"]
    for name, (more, items) in sections.items():
        lines += [f"  - id: {name}", *([f"    {more}"] if more else []), "    items:", *(f"      - {one}" for one in items)]
    return "\n".join(lines)


def judged(text: str, said: str, **facts: object) -> Scorecard:
    return score(load_text(text, "t.yaml"), call_of("c1", turns_of(f"agent: {said}"), facts))


def points(text: str, said: str) -> float:
    result = judged(text, said)
    assert result.low == result.high
    return result.high


def test_percentages_count_what_applies() -> None:
    never = item("n", "weight: 50, applies_when: direction == outbound", "不会说")
    text = card({"s": ("", [item("a", "weight: 30", "您好"), item("b", "weight: 10", "再见"), never])}, "weights: percent")
    assert points(text, "您好") == 75
    assert points(text, "再见") == 25
    result = judged(text, "您好")
    assert [(one.points, one.lost_low) for one in result.items] == [(75, 0), (25, 25), (0, 0)]
    assert judged(text, "您好", direction="outbound").high == pytest.approx(33.33)


def test_section_weights_hold_whatever_applies_inside() -> None:
    never = item("n", "weight: 50, applies_when: direction == outbound", "不会说")
    sections = {"s": ("weight: 20", [item("a", "weight: 1", "您好"), never]), "t": ("weight: 80", [item("b", "weight: 10", "再见")])}
    text = card(sections, "weights: percent")
    assert (points(text, "您好"), points(text, "再见"), points(text, "您好再见"), points(text, "嗯")) == (20, 80, 100, 0)
    gone = card(
        {**sections, "u": ("weight: 900", [item("c", "weight: 1, applies_when: direction == outbound", "不会说")])}, "weights: percent"
    )
    assert points(gone, "您好") == 20, "a section of which nothing applies is out of the denominator"


def test_nothing_that_applies_is_a_full_score() -> None:
    text = card({"s": ("", [item("a", "weight: 30, applies_when: direction == outbound", "您好")])}, "weights: percent")
    assert points(text, "嗯") == 100


def test_hits_in_percent_cost_a_part_of_the_weight() -> None:
    text = card(
        {"s": ("", [item("a", "weight: 10", "您好"), item("b", "points_per_hit: 2, at_most: 10", "不知道", "forbid")])}, "weights: percent"
    )
    assert (points(text, "您好不知道"), points(text, "您好" + "，不知道" * 9)) == (90, 50)


def test_what_a_section_takes_is_what_the_score_loses() -> None:
    """With floors, items that are fatal for their section, and in percent; ``section_loss`` sees only the results."""
    lines = [item("a", "points: 10", "您好"), item("b", "points: 10", "再见")]
    gone = [*lines, item("c", "points: 2, fatal: section", "请稍等")]
    sharing = [item("a", "weight: 10", "您好"), item("b", "weight: 10", "再见")]
    other = ("weight: 50", [item("o", "weight: 5", "嗯")])
    for sections, head in (
        ({"s": ("points: 15\n    floor: 5", lines)}, ""),
        ({"s": ("floor: 12", lines)}, ""),
        ({"s": ("floor: 12", gone)}, ""),
        ({"s": ("weight: 50\n    floor: 40", sharing), "o": other}, "weights: percent"),
        ({"s": ("", sharing)}, "weights: percent"),
    ):
        text = card(sections, head)
        for said in ("嗯", "嗯您好", "嗯您好再见", "嗯请稍等", "嗯您好再见请稍等"):
            result, section = judged(text, said), load_text(text, "t.yaml").sections[0]
            low, high = section_loss(section, result.items)
            assert low == high == pytest.approx(100 - result.high, abs=0.01), (head, said)


def test_a_section_loses_at_most_its_points_and_keeps_its_floor() -> None:
    items = [item("a", "points: 10", "您好"), item("b", "points: 10", "再见")]
    assert points(card({"s": ("", items)}), "嗯") == 80
    assert points(card({"s": ("points: 15", items)}), "嗯") == 85
    assert points(card({"s": ("points: 15\n    floor: 5", items)}), "嗯") == 90
    assert points(card({"s": ("points: 15", items)}, "floors: {s: 5}"), "嗯") == 90
    assert judged(card({"s": ("floor: 5", items)}), "嗯").sections[0].low == 5


def test_floors_in_percent_keep_a_share() -> None:
    sections = {"s": ("weight: 50\n    floor: 40", [item("a", "weight: 1", "您好")]), "t": ("weight: 50", [item("b", "weight: 1", "再见")])}
    assert points(card(sections, "weights: percent"), "再见") == 70


def test_bonus_is_capped_and_may_lift_the_score() -> None:
    items = [item("a", "points: 10", "您好"), item("b", "bonus: 6", "祝您愉快"), item("c", "bonus: 6", "感谢来电")]
    assert points(card({"s": ("", items)}), "您好祝您愉快感谢来电") == 100
    assert points(card({"s": ("", items)}, "highest: 120"), "您好祝您愉快感谢来电") == 112
    assert points(card({"s": ("", items)}, "highest: 120\nbonus_at_most: 8"), "您好祝您愉快感谢来电") == 108
    assert points(card({"s": ("", items)}, "bonus_at_most: 8"), "祝您愉快感谢来电") == 98


@pytest.mark.parametrize("fatal", ["fatal: section", "fatal: true, propagates: section"])
def test_fatal_for_its_section_takes_all_of_it(fatal: str) -> None:
    first = ("floor: 5", [item("a", "points: 10", "您好"), item("b", f"{fatal}", "神经病", "forbid")])
    text = card({"s": first, "t": ("", [item("c", "points: 10", "再见")])})
    result = judged(text, "您好再见神经病")
    assert (result.high, result.fatal_certain, result.passed) == (90, 0, "yes")
    assert [part.high for part in result.sections] == [0, 10]
    assert result.errors("fatal") == (1, 1)


@pytest.mark.parametrize("fatal", ["fatal: true", "fatal: card", "fatal: true, propagates: card"])
def test_fatal_for_the_card_beats_bonus_and_set_score(fatal: str) -> None:
    items = [item("a", "bonus: 50", "您好"), item("b", fatal, "神经病", "forbid"), item("c", "set_score: 60", "不归我管", "forbid")]
    result = judged(card({"s": ("", items)}), "您好神经病不归我管")
    assert (result.low, result.high, result.fatal_certain, result.passed) == (0, 0, 1, "no")


def test_a_doubtful_fatal_item_beside_a_set_score() -> None:
    items = [item("b", "fatal: true", "神经病", "forbid"), item("c", "set_score: 90", "不归我管", "forbid")]
    result = judged(card({"s": ("", items)}), "神京病不归我管")
    assert (result.low, result.high, result.fatal_possible, result.passed) == (0, 90, 1, "doubtful")


def test_an_item_that_perhaps_does_not_apply_is_in_doubt_where_that_matters() -> None:
    stakes = "weight: 10, applies_when: meta.type == 报修"
    for head, stake in (("weights: percent", stakes), ("", "bonus: 5, applies_when: meta.type == 报修")):
        rest = item("b", "weight: 10" if head else "points: 10", "再见")
        result = judged(card({"s": ("", [item("a", stake, "您好"), rest])}, head), "您好", metadata_closed=False)
        assert result.item("a").outcome.value == "doubtful" and result.item("a").reason
        assert (result.low, result.high) == ((0, 50) if head else (90, 95))


def test_severity_in_both_languages_and_by_default() -> None:
    items = [
        item("a", "points: 1", "甲乙"),
        item("b", "points: 1, severity: 严重差错", "丙丁"),
        item("c", "points: 1, severity: serious", "戊己"),
        item("d", "fatal: true", "庚辛"),
        item("e", "fatal: section, severity: serious", "壬癸"),
    ]
    result = judged(card({"s": ("", items)}), "嗯嗯")
    assert [one.severity for one in result.items] == ["general", "serious", "serious", "fatal", "serious"]
    assert [result.errors(name)[0] for name in ("general", "serious", "fatal")] == [1, 3, 1]


@pytest.mark.parametrize(
    "bands",
    [
        "bands: {优秀: 95, 良好: 90, 合格: 85, 不合格: 0}",
        "bands: [{title: 不合格, at_least: 0}, {title: 合格, at_least: 85},"
        " {title: {zh: 优秀, en: excellent}, at_least: 95}, {title: 良好, at_least: 90}]",
    ],
)
def test_bands(bands: str) -> None:
    items = [item("a", "points: 6", "您好"), item("b", "points: 9", "再见")]
    text = card({"s": ("", items)}, bands)
    grades = [judged(text, said).band_high for said in ("您好再见", "再见", "您好", "嗯嗯")]
    assert [grade.title.zh for grade in grades if grade] == ["优秀", "良好", "良好", "合格"]
    assert grades[0] is not None and grades[0].title.en == "excellent"
    empty = score(load_text(text, "t.yaml"), Call("empty"))
    assert empty.band_low is not None and (empty.band_low.title.zh, empty.band_high.title.zh) == ("合格", "优秀")


LATE = {
    "s": (
        "",
        [
            item("a", "{0}: 30, applies_when: meta.type == 报修", "您好"),
            item("b", "{0}: 10, applies_when: meta.type != 报修, {1}", "再见"),
            item("c", "points_per_hit: 4, at_most: 12, applies_when: meta.area == 城区", "不知道", "forbid"),
        ],
    ),
    "t": ("", [item("d", "{0}: 5", "感谢来电"), item("e", "fatal: true, applies_when: meta.area == 农村", "神经病", "forbid")]),
}


@given(
    st.booleans(),
    st.lists(st.sampled_from(["您好", "再见", "不知道", "感谢来电", "神经病", "神京病"]), max_size=5),
    st.sampled_from([None, "报修", "咨询"]),
    st.sampled_from([None, "城区", "农村"]),
)
def test_once_metadata_have_arrived_the_score_is_within_what_was_thought_possible(in_percent, said, kind, area) -> None:
    text = card(LATE, "weights: percent" if in_percent else "").replace("{0}", "weight" if in_percent else "points")
    rule_set = load_text(text.replace("{1}", "set_score: 70"), "t.yaml")
    turns, meta = turns_of(f"agent: {'，'.join(said) or '嗯'}"), {k: v for k, v in (("type", kind), ("area", area)) if v}
    before = score(rule_set, call_of("c", turns, {"metadata_closed": False}))
    after = score(rule_set, call_of("c", turns, {}, meta))
    assert before.low <= after.low <= after.high <= before.high
    assert before.passed in (after.passed, "doubtful")
    for old, new in zip(before.items, after.items, strict=True):
        assert old.outcome in (new.outcome, Outcome.DOUBTFUL) or {old.outcome, new.outcome} == {Outcome.PASS, Outcome.NA}


def test_doubt_can_be_set_aside() -> None:
    text = card({"s": ("", [item("a", "points: 10", "您好")])}, "{}")
    late = card({"s": ("", [item("a", "points: 10, applies_when: meta.type == 报修", "您好")])}, "{}")
    for base, facts in ((text, {"truncated": True}), (late, {"metadata_closed": False})):
        key = "truncated" if "truncated" in facts else "late"
        assert judged(base.replace("{}", ""), "喂", **facts).items[0].outcome.value == "doubtful"
        settled = judged(base.replace("{}", f"doubt: {{{key}: false}}"), "喂", **facts).items[0].outcome.value
        assert settled == ("fail" if key == "truncated" else "na")


def test_mono_may_be_trusted() -> None:
    cut = "{id: a, points: 10, conditions: {x: {interruption: {}, by: agent}}, forbid: x}"
    lines = "customer@0-4: 我家从早上就停电\nagent@3-6: 停电请报地址\ncustomer@6-9: 你听我说完好吗"
    outcomes = []
    for head in ("", "doubt: {mono: false}"):
        text = card({"s": ("", [cut])}, head)
        outcomes.append(score(load_text(text, "t.yaml"), call_of("c", turns_of(lines), {"layout": "mono"})).items[0].outcome.value)
    assert outcomes == ["doubtful", "fail"]


POINTS = card({"s": ("note: n", [item("a", "points: 10", "您好"), item("b", "fatal: true", "神经病", "forbid")])}, "start: 100")
PERCENT = card(
    {"s": ("weight: 1", [item("a", "weight: 10", "您好")]), "t": ("weight: 1", [item("b", "weight: 1", "再见")])}, "weights: percent"
)
WRONG = [
    (POINTS, "start: 100", "weights: both", 3, "weights", "'both' is not known", "percent"),
    (POINTS, "points: 10", "weight: 10", 8, "a.weight", "needs weights: percent", "points:"),
    (PERCENT, "weight: 10", "points: 10", 8, "a.points", "no meaning with weights: percent", "weight:"),
    (PERCENT, "weight: 10", "coaching: hm", 8, "a.weight", "nothing is at stake", "weight:"),
    (POINTS, "note: n", "weight: 3", 6, "sections[1].weight", "needs weights: percent", "points:"),
    (PERCENT, "weight: 1\n", "points: 1\n", 6, "sections[1].points", "no meaning", "weight:"),
    (PERCENT, "weight: 1\n", "note: n\n", 4, "sections", "section 's' has no weight", "for none"),
    (POINTS, "note: n", "floor: 11", 6, "sections[1].floor", "from 0 to 10", "5"),
    (POINTS, "start: 100", "floors: {s: 11}", 5, "sections[1].id", "floor of 11", "lower"),
    (POINTS, "start: 100", "floors: {x: 1}", 3, "floors", "section 'x' is not there", "known: s"),
    (POINTS, "note: n", "floor: 2\n    points: -1", 7, "sections[1].points", "not a number", "5"),
    (POINTS, "start: 100", "highest: 90", 3, "highest", "from 100", "100"),
    (POINTS, "start: 100", "bonus_at_most: lots", 3, "bonus_at_most", "not a number", "5"),
    (POINTS, "start: 100", "bands: {优秀: 90}", 3, "bands", "are 1", "优秀: 95"),
    (POINTS, "start: 100", "bands: {优秀: 90, 合格: 60}", 3, "bands", "scores below 60", "begin at 0"),
    (POINTS, "start: 100", "bands: {优秀: 0, 合格: 0}", 3, "bands", "both begin at 0", "another score"),
    (POINTS, "start: 100", "bands: {优秀: 101, 合格: 0}", 3, "bands.优秀", "from 0 to 100", "5"),
    (POINTS, "start: 100", "bands: [{title: a}]", 3, "bands[1].at_least", "is missing", "at_least"),
    (POINTS, "start: 100", "doubt: {mono: maybe}", 3, "doubt.mono", "neither true nor false", "true"),
    (POINTS, "start: 100", "doubt: {word: 0.5}", 3, "doubt.word", "not known", "did you mean words"),
    (POINTS, "fatal: true", "fatal: maybe", 9, "b.fatal", "neither true nor false", "true"),
    (POINTS, "fatal: true", "fatal: true, propagates: team", 9, "b.propagates", "'team' is not known", "card, section"),
    (POINTS, "fatal: true", "fatal: card, propagates: section", 9, "b.propagates", "beside fatal: card", "fatal: true"),
    (POINTS, "fatal: true", "points: 1, propagates: section", 9, "b.propagates", "nothing to propagate", "fatal: true"),
    (POINTS, "fatal: true", "fatal: true, severity: 一般", 9, "b.severity", "general, the item is fatal", "leave"),
    (POINTS, "points: 10", "points: 10, severity: 致命", 8, "a.severity", "is fatal, the item is not", "fatal: true"),
    (POINTS, "points: 10", "points: 10, severity: bad", 8, "a.severity", "'bad' is not known", "general"),
    (POINTS, "fatal: true", "fatal: true, points_per_hit: 1, at_most: 3", 9, "b.fatal", "beside points_per_hit", "second item"),
    (POINTS, "fatal: true", "bonus: 1, points_per_hit: 1, at_most: 3", 9, "b.bonus", "beside points_per_hit", "second item"),
    (POINTS, "points: 10", "points: 10, effective: {to: never}", 8, "a.effective.to", "not a date", "2026"),
    (POINTS, "points: 10", "points: 10, at_most: 3", 8, "a.at_most", "nothing to cap", "points_per_hit"),
]


@pytest.mark.parametrize(("text", "old", "new", "line", "field", "problem", "mend"), WRONG, ids=[w[2][:40] for w in WRONG])
def test_mistakes_name_file_line_and_field(text, old, new, line, field, problem, mend) -> None:
    assert old in text
    with pytest.raises(BadRule) as caught:
        load_text(text.replace(old, new, 1), "t.yaml")
    assert caught.value.thing == f"t.yaml:{line}: {field}", str(caught.value)
    assert problem in caught.value.problem and mend in caught.value.mend, str(caught.value)


def test_unweighted_sections_cannot_have_floors_in_percent() -> None:
    plain = PERCENT.replace("    weight: 1\n", "")
    load_text(plain, "t.yaml")
    for old, new in (("  - id: s\n", "  - id: s\n    floor: 3\n"), ("weight: 10", "weight: 10, fatal: section")):
        with pytest.raises(BadRule, match="write weight: for every section"):
            load_text(plain.replace(old, new, 1), "t.yaml")

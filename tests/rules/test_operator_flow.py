"""flow: steps in order, and what is said when one is missing, misplaced or too late."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hotline.errors import BadRule
from qa.calls import Role, Span
from qa.rules.verdict import Verdict
from qa.scoring import score

HIT, MISS, DOUBTFUL = Verdict.HIT, Verdict.MISS, Verdict.DOUBTFUL
STEPS = """
a: {says: {zh: 问候, en: greeting}, say: 甲, by: agent}
b: {says: {zh: 核实, en: check}, say: 乙, by: agent}
c: {says: {zh: 受理, en: intake}, say: 丙, by: agent}
d: {says: {zh: 结束语, en: closing}, say: 丁, by: agent}
"""


def talk(call, said: str, **facts):
    """A call with a sentence of the agent for each character, two seconds each with the caller's 嘿 in between; 、 is the caller alone."""
    lines = []
    for number, char in enumerate(said):
        lines.append(f"agent@{4 * number}-{4 * number + 2}: 说{char}呢")
        lines.append(f"customer@{4 * number + 2}-{4 * number + 4}: 嘿")
    return call(*lines, **facts)


def places(found):
    return [(h.turn, h.start, h.end, h.certain) for h in found.hits]


def flow(find, made, steps: str, place: str = ""):
    return find(f"{STEPS}x: {{flow: {steps}{place}}}", made)


@pytest.mark.parametrize(
    ("said", "steps", "expected"),
    [
        ("甲乙丙", "[a, b, c]", [4]),
        ("甲丙乙", "[a, b, c]", []),
        ("甲丙乙丙", "[a, b, c]", [6]),
        ("甲乙", "[a, b, c]", []),
        ("丙乙甲", "[a, b, c]", []),
        ("甲甲乙乙丙", "[a, b, c]", [8]),
        ("甲乙甲乙", "[a, b]", [2, 6]),
        ("甲甲", "[a, a]", [2]),
        ("甲", "[a, a]", []),
        ("甲甲甲甲", "[a, a]", [2, 6]),
        ("甲丁丙", "[a, {any: [b, d]}, c]", [4]),
        ("甲乙丙", "[a, {any: [b, d]}, c]", [4]),
        ("甲丙", "[a, {any: [b, d]}, c]", []),
        ("甲丙", "[a, {step: b, optional: true}, c]", [2]),
        ("甲乙丙", "[a, {step: b, optional: true}, c]", [4]),
        ("甲丙乙", "[a, {step: b, optional: true}, c]", []),  # it happened, but not in its place
        ("甲乙", "[{step: b, optional: true}, a, {step: c, optional: true}, b]", []),
        ("乙甲乙", "[{step: b, optional: true}, a, {step: c, optional: true}, b]", [4]),
        ("甲乙丁", "[a, {branches: [[b, c], [d]]}]", [4]),
        ("甲乙丙", "[a, {branches: [[b, c], [d]]}]", [4]),
        ("甲乙", "[a, {branches: [[b, c], [d]]}]", []),
        ("甲丙乙", "[a, {branches: [[b], [c]]}]", [2]),  # the branch that is through first
        ("甲丁", "[a, {branches: [[b], [c]], optional: true}, d]", [2]),
        ("甲乙丁", "[a, {branches: [[b], [c]], optional: true}, d]", [4]),
        ("甲乙丙", "[a, {step: c, within: 2 agent turns}]", [4]),
        ("甲乙丙", "[a, {step: c, within: 1 agent turn}]", []),
        ("甲乙甲丙", "[a, {step: c, within: 1 agent turn}]", [6]),
        ("甲乙丙", "[a, {step: c, within: 8 s}]", [4]),
        ("甲乙丙", "[a, {step: c, within: 7 s}]", []),
        ("甲乙丙", "[a, {any: [c, d], within: 1 agent turn}]", []),
        ("甲丁丙", "[a, {branches: [[c], [d, c]], within: 1 agent turn}]", [4]),
        ("甲乙丁丙", "[a, {branches: [[c], [d, c]], within: 1 agent turn}]", []),
        ("甲乙丁丙", "[a, {branches: [[{step: c, within: 3 turns}], [{step: d, within: 4 turns}, c]], within: 1 agent turn}]", [6]),
    ],
)
def test_steps_in_order(find, call, said, steps, expected) -> None:
    assert places(flow(find, talk(call, said), steps)) == [(turn, 1, 2, True) for turn in expected]


def test_steps_of_one_sentence_stand_in_the_order_of_their_words(find, call) -> None:
    assert places(flow(find, call("agent@0-4: 甲乙"), "[a, b]")) == [(0, 1, 2, True)]
    assert flow(find, call("agent@0-4: 乙甲"), "[a, b]").verdict is MISS
    assert places(flow(find, call("agent@0-4: 甲乙甲乙"), "[a, b]")) == [(0, 1, 2, True), (0, 3, 4, True)]


def test_the_hit_spans_all_steps_and_names_them(find, call) -> None:
    hit = flow(find, talk(call, "甲嘿乙"), "[a, b]").hits[0]
    assert hit.span is not None and hit.span.start == pytest.approx(2 / 3) and hit.span.end == pytest.approx(8 + 4 / 3)
    assert hit.detail == "问候（第 1 句） → 核实（第 5 句） / greeting (sentence 1) → check (sentence 5)"


@pytest.mark.parametrize(
    ("said", "steps", "turn", "what"),
    [
        ("甲乙", "[a, b, c]", 2, "缺少步骤：受理 / missing step: intake"),
        ("甲丙", "[a, b, c]", 0, "缺少步骤：核实 / missing step: check"),
        ("丙甲乙", "[a, b, c]", 0, "步骤顺序不对：受理 / step out of order: intake"),
        ("乙丙甲", "[a, b, c]", 0, "步骤顺序不对：核实 / step out of order: check"),
        ("甲嘿嘿乙", "[a, {step: b, within: 2 agent turns}]", 6, "步骤太晚：核实 / step too late: check"),
        ("甲嘿嘿乙嘿乙", "[a, {step: b, within: 2 agent turns}]", 6, "步骤太晚：核实 / step too late: check"),
        ("嘿嘿", "[a, b]", 0, "缺少步骤：问候 / missing step: greeting"),
        ("乙", "[a, b]", 0, "缺少步骤：问候 / missing step: greeting"),
        ("甲丙", "[a, {any: [b, d]}]", 0, "缺少步骤：核实或结束语 / missing step: check or closing"),
        ("甲乙", "[a, {branches: [[b, c], [d]]}]", 2, "缺少步骤：受理 / missing step: intake"),
        ("甲丙乙", "[a, {step: b, optional: true}, c]", 2, "步骤顺序不对：受理 / step out of order: intake"),
    ],
)
def test_the_step_that_is_missing_is_named_where_it_was_due(one_item, call, said, steps, turn, what) -> None:
    rules = one_item(f"{STEPS}x: {{flow: {steps}}}", "expect: x\nshow_first: [a, b, c, d]")
    item = score(rules, talk(call, said)).item("i")
    assert item.outcome == "fail"
    shown = [e for e in item.evidence if e.condition == "x"]
    assert [(e.turn, e.detail, e.params["finding"]) for e in shown] == [(turn, what, "missing")]
    assert "paths" not in shown[0].params and shown[0].params["flow"]


def test_windows_and_anchors_hold_for_every_step(find, call) -> None:
    made = talk(call, "甲丁乙甲乙")
    assert places(flow(find, made, "[a, b]", ", after: d")) == [(8, 1, 2, True)]
    assert flow(find, made, "[a, b]", ", in: first 3 agent turns").verdict is HIT
    assert flow(find, made, "[a, b]", ", in: first 2 agent turns").verdict is MISS
    assert flow(find, made, "[a, b]", ", before: d").verdict is MISS
    missed = flow(find, made, "[a, b]", ", in: agent turns 2 to 3").missed
    assert missed is not None and missed.turn == 2 and missed.span == Span(4.0, 6.0)


def test_each_anchor_wants_its_own_run(one_item, call) -> None:
    rules = one_item(f"{STEPS}x: {{flow: [b, c], after: each a, within: 2 agent turns}}", "expect: each a has x\nshow_first: [d]")

    def outcome(said: str) -> str:
        return score(rules, talk(call, said)).item("i").outcome

    assert outcome("甲乙丙甲乙丙") == "pass"
    assert outcome("甲乙丙甲乙") == "fail"
    assert outcome("甲乙丙") == "pass" and outcome("嘿嘿") == "pass"
    assert outcome("甲丁丁乙丙") == "fail"


def test_one_run_may_answer_two_anchors(find, call) -> None:
    found = find(f"{STEPS}x: {{flow: [b, c], after: each a}}", talk(call, "甲甲乙丙"))
    assert [(h.turn, h.groups) for h in found.hits] == [(6, frozenset({0, 1}))]


def blurred(made, *turns: int):
    return replace(made, turns=tuple(replace(t, confidence=0.1) if t.index in turns else t for t in made.turns))


def test_a_doubtful_step_makes_the_flow_doubtful(find, call) -> None:
    assert places(flow(find, blurred(talk(call, "甲乙丙"), 2), "[a, b, c]")) == [(4, 1, 2, False)]
    assert flow(find, blurred(talk(call, "甲乙丙"), 2), "[a, b, c]").hits[0].doubt
    assert places(flow(find, blurred(talk(call, "甲乙乙丙"), 2), "[a, b, c]")) == [(6, 1, 2, True)], "the other one is certain"
    assert places(flow(find, blurred(talk(call, "甲乙丙丙"), 4), "[a, b, c]")) == [(6, 1, 2, True)]


def test_an_optional_step_in_doubt(find, call) -> None:
    steps = "[a, {step: b, optional: true}, c]"
    assert places(flow(find, blurred(talk(call, "甲乙丙"), 2), steps)) == [(4, 1, 2, True)], "in its place if it happened"
    assert places(flow(find, blurred(talk(call, "甲丙乙"), 4), steps)) == [(2, 1, 2, False)], "out of its place if it happened"


def test_a_doubtful_optional_step_may_be_what_keeps_the_next_one_near(find, call) -> None:
    steps = "[a, {step: b, optional: true}, {step: c, within: 1 agent turn}]"
    assert flow(find, talk(call, "甲乙丙"), steps).verdict is HIT
    assert flow(find, talk(call, "甲嘿丙"), steps).verdict is MISS
    assert places(flow(find, blurred(talk(call, "甲乙丙"), 2), steps)) == [(4, 1, 2, False)]


def test_an_unknown_speaker_or_distance_makes_it_doubtful(find, call) -> None:
    made = talk(call, "甲乙")
    unknown = replace(made, turns=(made.turns[0], made.turns[1], replace(made.turns[2], role=Role.UNKNOWN), made.turns[3]))
    assert flow(find, unknown, "[a, b]").verdict is DOUBTFUL
    untimed = call("agent: 甲", "customer: 嘿", "agent: 乙")
    found = flow(find, untimed, "[a, {step: b, within: 5 s}]")
    assert found.verdict is DOUBTFUL and "步骤间的距离不确定" in found.hits[0].doubt and found.hits[0].span is None
    assert flow(find, untimed, "[a, b]").verdict is HIT


def test_what_may_have_gone_unheard_proves_nothing(find, call) -> None:
    assert "录音不完整" in flow(find, talk(call, "甲乙", truncated=True), "[a, b, c]").unsure
    assert flow(find, talk(call, "甲乙丙", truncated=True), "[a, b, c]").verdict is HIT
    assert "没有文本" in flow(find, call("agent@0-4:", "customer@4-6:"), "[a, b]").unsure
    # what the end may hold is a question, and no step that is missing
    assert flow(find, talk(call, "甲乙", truncated=True), "[a, b, c]").missed is None
    # the closing may be in the missing end, but the check after it is there: out of order all the same
    ordered = "a: {say: 甲, by: agent}\nb: {say: 乙, by: agent, in: first 1 agent turns}\nc: {say: 丙, by: agent}\n"
    assert find(ordered + "x: {flow: [a, b, c]}", talk(call, "甲丁", truncated=True)).verdict is MISS


@pytest.mark.parametrize(
    ("steps", "problem"),
    [
        ("a", "should be a list"),
        ("[a]", "fewer than two steps"),
        ("[a, nothing]", "condition 'nothing' is not defined"),
        ("[a, {step: b, any: [c]}]", "needs one of step:, any:, branches:"),
        ("[a, {within: 3 turns}]", "needs one of step:, any:, branches:"),
        ("[a, {step: b, within: near}]", "'near' is not a distance"),
        ("[a, {step: b, soon: 1}]", "is not known here"),
        ("[a, {branches: [b, c]}]", "no list of steps"),
        ("[a, {branches: [[], [c]]}]", "no list of steps"),
        ("[a, {branches: [[{branches: [[b]]}], [c]]}]", "stands inside branches"),
        ("[{step: a, optional: true}, {step: b, optional: true}]", "optional steps only"),
        ("[a, {branches: [[b], [c]], optional: true}]", "fewer than two steps"),
        ("[" + ", ".join(["a"] * 31) + "]", "more than 30 steps"),
        ("[" + ", ".join(["{branches: [[a], [b], [c]]}"] * 4) + "]", "more than 64 ways"),
        ("[a, x]", "in a circle"),
    ],
)
def test_what_cannot_be_meant(one_item, steps, problem) -> None:
    with pytest.raises(BadRule, match=problem):
        one_item(f"{STEPS}x: {{flow: {steps}}}", "expect: x or a or b or c or d")


def test_the_longest_and_widest_flows_are_read(one_item) -> None:
    one_item(f"{STEPS}x: {{flow: [{', '.join(['a'] * 30)}]}}", "expect: x or b or c or d")
    one_item(f"{STEPS}x: {{flow: [{', '.join(['{branches: [[a], [b]]}'] * 6)}]}}", "expect: x or c or d")


def test_a_fact_of_the_whole_call_is_no_step(one_item) -> None:
    with pytest.raises(BadRule, match="fact of the whole call"):
        one_item("a: {say: 甲}\nlong: {duration: {over: 60 s}}\nx: {flow: [a, long]}", "expect: x")


def test_the_flow_is_described_as_it_was_written(one_item) -> None:
    from qa.rules.conditions import OPERATORS

    rules = one_item(f"{STEPS}x: {{flow: [a, {{any: [b, c], optional: true}}, {{branches: [[b], [c]], optional: true}}, d]}}", "expect: x")
    params = rules.items[0].conditions[-1].params
    assert OPERATORS["flow"].describe(params) == "a → b/c? → b | c | – → d"
    assert params.conditions == ("a", "b", "c", "d")

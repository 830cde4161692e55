"""Hard rule 4: the agent cuts in twice or more; on a mono recording nobody can tell.

Ways it can go wrong, each with its test:

- one cut counts as two because the agent pauses for a breath; two cuts into different sentences count as one
- 嗯, 好的, or a word of two characters is taken for a cut; so is the end of a sentence that was under way
- the overlap is too short; the customer is the one who cuts in
- mono: turns cannot overlap, so finding one is doubtful, and finding none is said to prove little
- one certain and one doubtful cut: perhaps two; without text a short one weighs little
- without times nothing can be told
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from qa.calls import Call, Layout, Span
from qa.rules import load_text
from qa.scoring import ItemResult, score
from tests.rules.cards import one_section

CARD = one_section("""
      - id: cuts
        points: 10
        conditions:
          cut: {interruption: {overlap: 0.5 s, min_chars: 4}, by: agent}
        forbid: count(cut) >= 2
""")


def judged(call: Call) -> ItemResult:
    return score(load_text(CARD, "t.yaml"), call).item("cuts")


FIRST = ("customer@0-5: 我家从早上开始就没有电了", "agent@3-7: 您先说地址在哪里")
SECOND = ("customer@8-13: 我们这里是幸福路八号呀", "agent@11-14: 哪个小区的几号楼")


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        ((*FIRST, *SECOND), "fail"),
        (FIRST, "pass"),
        ((*FIRST, "customer@8-13: 我们这里是幸福路八号呀", "agent@11-14: 对对对"), "pass"),
        ((*FIRST, "customer@8-13: 我们这里是幸福路八号呀", "agent@11-12: 哪里"), "pass"),
        ((*FIRST, "customer@8-13: 我们这里是幸福路八号呀", "agent@12.8-14: 哪个小区的几号楼"), "pass"),
        (("customer@0-6: 我家从早上开始就没有电了", "agent@3-4: 您先说地址", "agent@4.3-7: 您的地址在哪里"), "pass"),
        (
            (
                "agent@0-5: 您家的地址在哪里呢",
                "customer@3-7: 我跟你说了三遍",
                "agent@8-12: 请您再说一遍好吗",
                "customer@10-13: 你们怎么回事",
            ),
            "pass",
        ),
        (("agent@0-5: 我跟您说一下这个情况", "customer@2-8: 我家从早上就停电", "agent@5.3-6.5: 就是这个情况"), "pass"),
    ],
    ids=["twice", "once", "yes yes", "two characters", "touching", "a breath", "the customer", "under way"],
)
def test_what_counts_as_cutting_in(call, lines, outcome) -> None:
    result = judged(call(*lines))
    assert result.outcome.value == outcome, result.reason


def test_on_mono_it_is_doubtful(call) -> None:
    base = call(*FIRST, *SECOND)
    result = judged(replace(base, layout=Layout.MONO, overlap_known=False))
    assert result.outcome.value == "doubtful" and "单声道" in result.reason and result.lost_low == 0


def test_on_mono_finding_none_is_said_to_prove_little(call) -> None:
    base = call("customer@0-5: 我家停电了", "agent@6-7: 地址在哪里")
    result = judged(replace(base, layout=Layout.MONO, overlap_known=False))
    assert result.outcome.value == "pass" and "单声道" in result.reason


def test_overlaps_that_a_detector_heard_on_mono_are_doubtful(call) -> None:
    base = call("customer@0-5: 我家停电了", "agent@5-8: 您先说地址", "customer@8-13: 幸福路八号", "agent@13-15: 哪个小区呢")
    heard = replace(base, layout=Layout.MONO, overlap_known=False, overlaps=(Span(4.6, 5.4), Span(12.5, 13.2)))
    assert judged(heard).outcome.value == "doubtful"


def test_one_certain_and_one_doubtful_are_perhaps_two(call) -> None:
    pausing = ("customer@8-10: 我们这里是", "agent@10.8-14: 哪个小区的几号楼", "customer@10.9-13: 幸福路八号呀")
    assert judged(call(*FIRST, *pausing)).outcome.value in ("doubtful", "pass")
    base = call(*FIRST, *SECOND)
    unheard = replace(base, turns=(*base.turns[:3], replace(base.turns[3], text="", span=Span(11, 12.2))))
    assert judged(unheard).outcome.value == "doubtful", "without words 1.2 s may be a row of 好的"


def test_without_times_nothing_can_be_told(call) -> None:
    assert judged(call("customer: 我家停电了", "agent: 地址")).outcome.value == "doubtful"


def test_the_evidence_is_every_cut(call) -> None:
    result = judged(call(*FIRST, *SECOND))
    assert [(e.turn, e.span) for e in result.evidence] == [(1, Span(3, 5)), (3, Span(11, 13))]

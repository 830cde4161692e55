"""Hard rule 3: on electric danger the safety warning comes within three agent turns and before the account number is asked.

Ways it can go wrong, each with its test:

- the warning comes too late, or never; the customer's own words or a warning before the danger count
- the account number is asked first; it is never asked at all, which must not spoil the warning; both in one breath
- turns: a sentence of the agent that the recogniser cuts in two is one turn, a listener's 嗯 ends none
- the danger is denied (没有冒烟), or is only asked about by the agent: the item does not apply
- the danger, the warning or the account number are badly heard; the warning only sounds like one
- a second danger later does not start the count again; the first counts
- the speaker is not known; the recording stops before the third turn
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from qa.calls import Call, Role
from qa.rules import load_text
from qa.rules.checks import check_text
from qa.scoring import ItemResult, score
from tests.rules.cards import one_section

CARD = one_section("""
      - id: warning
        fatal: true
        applies_when: danger
        conditions:
          danger: {say: [冒烟, 冒火, 漏电, 电线掉], by: customer, exclude: [没有冒烟, 没冒烟, 不冒烟, 没有漏电]}
          ask_account: {say: [户号, 客户编号], by: agent}
          warn:
            say: [远离, 不要靠近, 注意安全]
            by: agent
            after: first danger
            within: 3 agent turns
            before: {first: ask_account, if_absent: open}
        expect: warn
""")
DANGER = "customer: 我家电表冒烟了"


def judged(call: Call) -> ItemResult:
    return score(load_text(CARD, "t.yaml"), call).item("warning")


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        ((DANGER, "agent: 请您远离电表，户号是多少？"), "pass"),
        ((DANGER, "agent: 户号是多少？", "customer: 不知道", "agent: 请远离电表"), "fail"),
        ((DANGER, "agent: 户号多少？请远离电表"), "fail"),
        ((DANGER, "agent: 请远离电表", "customer: 好"), "pass"),
        ((DANGER, "agent: 地址？", "customer: 幸福路", "agent: 哪个小区？", "customer: 阳光", "agent: 请远离电表"), "pass"),
        (
            (DANGER, "agent: 地址？", "customer: 在", "agent: 哪里？", "customer: 那", "agent: 几楼？", "customer: 三", "agent: 请远离"),
            "fail",
        ),
        ((DANGER, "agent: 好的马上派人", "customer: 谢谢"), "fail"),
        ((DANGER, "agent: 好的", "customer: 我会远离的", "agent: 嗯好"), "fail"),
        (("agent: 请远离设备，您好", DANGER, "agent: 好的"), "fail"),
    ],
    ids=[
        "in time",
        "account first",
        "account first in one breath",
        "account never",
        "third turn",
        "fourth turn",
        "never",
        "customer",
        "before",
    ],
)
def test_the_warning_in_its_place(call, lines, outcome) -> None:
    result = judged(call(*lines))
    assert result.outcome.value == outcome, result.reason


def test_sentences_and_noises_are_no_turns(call) -> None:
    lines = (
        DANGER,
        "agent: 您别急",
        "agent: 我记一下",
        "customer: 嗯",
        "agent: 地址在哪",
        "customer: 幸福路",
        "agent: 几号",
        "customer: 八号",
        "agent: 请远离电表",
    )
    assert judged(call(*lines)).outcome.value == "pass"


@pytest.mark.parametrize(
    "lines",
    [
        ("customer: 没有冒烟，就是停电了", "agent: 好的"),
        ("agent: 有没有冒烟？", "customer: 没冒烟", "agent: 好的"),
        ("agent: 电表冒烟了吗", "customer: 没有", "agent: 好"),
        ("customer: 停电了", "agent: 好"),
    ],
)
def test_no_danger(call, lines) -> None:
    assert judged(call(*lines)).outcome.value == "na"


def test_a_denial_beside_a_real_danger_does_not_hide_it(call) -> None:
    assert judged(call("customer: 没有冒火，但是冒烟了", "agent: 好的")).outcome.value == "fail"


@pytest.mark.parametrize(("which", "outcome"), [(0, "doubtful"), (1, "doubtful")])
def test_what_was_badly_heard_is_doubtful(call, which, outcome) -> None:
    """An unsure danger with a missing warning, and an unsure warning: neither costs the whole score."""
    base = call(DANGER, "agent: 请远离电表" if which else "agent: 好的马上来")
    turns = tuple(replace(t, confidence=0.2) if t.index == which else t for t in base.turns)
    result = judged(replace(base, turns=turns))
    assert result.outcome.value == outcome and score(load_text(CARD, "t.yaml"), replace(base, turns=turns)).high == 100


def test_an_account_number_that_was_perhaps_asked_first_is_doubtful(call) -> None:
    base = call(DANGER, "agent: 户号多少", "customer: 不知道", "agent: 请远离电表")
    turns = (base.turns[0], replace(base.turns[1], confidence=0.2), *base.turns[2:])
    assert judged(replace(base, turns=turns)).outcome.value == "doubtful"


def test_a_warning_of_the_same_sound_counts_and_one_that_only_resembles_it_is_doubtful(call) -> None:
    assert judged(call(DANGER, "agent: 请您朱意安全")).outcome.value == "pass"
    assert judged(call(DANGER, "agent: 请不要考近")).outcome.value in ("pass", "doubtful")


def test_the_first_danger_counts(call) -> None:
    lines = (
        DANGER,
        "agent: 地址？",
        "customer: 那个",
        "agent: 哪里？",
        "customer: 幸福路",
        "agent: 几号？",
        "customer: 还在冒烟",
        "agent: 请远离电表",
    )
    assert judged(call(*lines)).outcome.value == "fail"


def test_an_unknown_speaker_may_have_warned(call) -> None:
    base = call(DANGER, "agent: 请远离电表", "customer: 好")
    turns = (base.turns[0], replace(base.turns[1], role=Role.UNKNOWN), base.turns[2])
    assert judged(replace(base, turns=turns)).outcome.value == "doubtful"


def test_a_recording_that_stops_early_may_have_held_the_warning(call) -> None:
    base = call(DANGER, "agent: 地址在哪里")
    assert judged(base).outcome.value == "fail"
    assert judged(replace(base, truncated=True)).outcome.value == "doubtful"
    longer = call(DANGER, "agent: 地址？", "customer: 在", "agent: 哪里？", "customer: 那", "agent: 几楼？", "customer: 三", "agent: 好的")
    assert judged(replace(longer, truncated=True)).outcome.value == "fail", "three turns of the agent are there"


def test_evidence_of_a_missing_warning_leads_to_where_it_should_have_been(call) -> None:
    (evidence,) = judged(call("customer@0-3: 我家电表冒烟了", "agent@4-6: 地址在哪里", "customer@7-8: 幸福路")).evidence
    assert (evidence.turn, evidence.params["finding"]) == (1, "missing")


ASKED_FIRST = ("agent: 请问您的户号", "customer: 不知道，家里漏电了", "agent: 请不要靠近")


def test_asking_before_there_was_a_danger_leaves_no_place_and_the_reason_says_so(call) -> None:
    """The words are there, so that "not found" alone would be false to the reader; ``check`` has warned of the two anchors."""
    result = judged(call(*ASKED_FIRST))
    place = "坐席的话，首次 danger 之后 3 个坐席话轮内，首次 ask_account 之前（没有时不限）"
    assert result.outcome.value == "fail" and f"未找到：远离、不要靠近、注意安全（{place}：没有这样的位置）" in result.reason
    assert "there is no such place: what the agent says, within 3 agent turns after the first danger" in result.reason
    never = judged(call(DANGER, "agent: 好的马上派人", "customer: 谢谢"))
    assert never.outcome.value == "fail" and "没有这样的位置" not in never.reason
    (warning,) = [p for p in check_text(CARD, "t.yaml")[1] if p.kind == "closes-early"]
    assert warning.name == "warning.conditions.warn" and warning.level == "warning"
    assert "ask_account" in warning.zh and "after: first danger" in warning.en


def test_a_question_placed_after_the_danger_too_is_fair(call) -> None:
    fair = CARD.replace(
        "ask_account: {say: [户号, 客户编号], by: agent}", "ask_account: {say: [户号, 客户编号], by: agent, after: first danger}"
    )
    assert not [p for p in check_text(fair, "t.yaml")[1] if p.kind == "closes-early"]
    card = load_text(fair, "t.yaml")
    assert score(card, call(*ASKED_FIRST)).item("warning").outcome.value == "pass"
    assert score(card, call(DANGER, "agent: 户号是多少？", "customer: 不知道", "agent: 请远离")).item("warning").outcome.value == "fail"

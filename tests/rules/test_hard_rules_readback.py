"""Hard rule 1: the agent reads back the telephone number that the customer gave.

Ways it can go wrong, each with its test:

- the digits are said in one breath, in figures or in words (幺三八 …), in English, or in groups with pauses
- the customer says them over several turns, the agent's 嗯, 对 or the piece itself in between; the agent reads back in pieces
- only the last four are read back: doubtful, unless the rule says that they count; wrong last four fail
- the customer corrects the number in the same breath, a turn later, or after a wrong read-back
- another number stands in between: a ticket, a service line, a second telephone number
- one digit is wrong, two are swapped, one is missing (which a recogniser may have swallowed)
- the number is said back before it was given, or never, or by the customer only
- the text is masked or plain; the digits were badly heard; nobody knows who speaks; there is no text
- the pieces are so far apart that nobody can put them together
- no number was given: the item does not apply
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from qa.calls import Call, Role
from qa.rules import load_text
from qa.rules.examples import turns_of
from qa.scoring import ItemResult, score
from tests.rules.cards import one_section

CARD = one_section("""
      - id: readback
        points: 10
        applies_when: given
        conditions:
          given: {entity: phone, by: customer}
          back: {entity: phone, by: agent, after: any given%s}
        expect: each given.value == back.value
""")
GIVEN = "customer: 我的电话是13800004517"


def judged(call: Call, more: str = "") -> ItemResult:
    return score(load_text(CARD % more, "t.yaml"), call).item("readback")


@pytest.mark.parametrize(
    "lines",
    [
        (GIVEN, "agent: 跟您核对一下，13800004517，对吗？"),
        (GIVEN, "agent: 一三八零零零零四五一七，对吗？"),
        (GIVEN, "agent: 幺三八，零零零零，四五幺七，对吗？"),
        (GIVEN, "agent: 138 0000 4517，对吗？"),
        ("customer: 幺三八零零零零四五幺七", "agent: 138-0000-4517"),
        ("customer: 一三八四个零四五一七", "agent: 13800004517"),
        ("customer: my number is 617 555 0199", "agent: six one seven, five five five, oh one nine nine, right?"),
    ],
)
def test_any_way_of_saying_the_same_digits(call, lines) -> None:
    assert judged(call(*lines)).outcome.value == "pass"


@pytest.mark.parametrize(
    "lines",
    [
        ("customer: 一三八", "agent: 嗯", "customer: 零零零零", "agent: 对", "customer: 四五一七", "agent: 13800004517是吧"),
        ("customer: 一三八", "agent: 一三八", "customer: 零零零零", "agent: 零零零零", "customer: 四五一七", "agent: 13800004517是吧"),
        ("customer: 我电话是一三八零零零零", "agent: 您说", "customer: 四五一七", "agent: 13800004517是吧"),
        (GIVEN, "agent: 一三八", "customer: 嗯", "agent: 零零零零", "customer: 对", "agent: 四五一七"),
        ("customer: 一三八", "agent: 一三八", "customer: 零零零零", "agent: 零零零零", "customer: 四五一七", "agent: 四五一七"),
    ],
)
def test_numbers_in_pieces_over_turns(call, lines) -> None:
    """The last case is read back piece by piece only: the agent's pieces are one number too."""
    result = judged(call(*lines), ", last_four: counts")
    assert result.outcome.value == "pass", result.reason


@pytest.mark.parametrize(
    ("tail", "more", "outcome"),
    [
        ("尾号四五一七，对吗？", "", "doubtful"),
        ("尾号四五一七，对吗？", ", last_four: counts", "pass"),
        ("后四位是4517", ", last_four: counts", "pass"),
        ("尾号四五七一，对吗？", "", "fail"),
        ("尾号四五七一，对吗？", ", last_four: counts", "fail"),
    ],
)
def test_only_the_last_four(call, tail, more, outcome) -> None:
    result = judged(call(GIVEN, f"agent: {tail}"), more)
    assert result.outcome.value == outcome
    if outcome == "doubtful":
        assert "只知道后四位一致" in result.reason


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        (("customer: 电话13800004517，不对，是13900004517", "agent: 13900004517，对吗？"), "pass"),
        (("customer: 电话13800004517，不对，是13900004517", "agent: 13800004517，对吗？"), "fail"),
        ((GIVEN, "agent: 好的", "customer: 说错了，是13900004517", "agent: 13900004517，对吗？"), "pass"),
        ((GIVEN, "agent: 13800004517", "customer: 不对，应该是13900004517", "agent: 好的"), "fail"),
        ((GIVEN, "agent: 13800004571", "customer: 不对，是13800004517", "agent: 13800004517，对吗？"), "pass"),
        ((GIVEN, "agent: 13800004571", "customer: 不对，是13800004517", "agent: 知道了"), "fail"),
        (("customer: call me at 617 555 0199, sorry, 617 555 0198", "agent: 617 555 0198, right?"), "pass"),
        (("customer: call me at 617 555 0199, sorry, 617 555 0198", "agent: 617 555 0199, right?"), "fail"),
    ],
)
def test_a_number_that_is_corrected(call, lines, outcome) -> None:
    assert judged(call(*lines)).outcome.value == outcome


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        ((GIVEN, "agent: 您的工单号是202611220045", "agent: 电话13800004517，对吗？"), "pass"),
        ((GIVEN, "agent: 以后请拨打95598", "customer: 好"), "fail"),
        ((GIVEN, "agent: 工号3026为您服务"), "fail"),
        ((GIVEN, "customer: 还有我爱人的，电话13900001234", "agent: 13800004517和13900001234，对吗？"), "pass"),
        ((GIVEN, "customer: 还有我爱人的，电话13900001234", "agent: 13800004517，对吗？"), "fail"),
    ],
)
def test_another_number_in_between(call, lines, outcome) -> None:
    assert judged(call(*lines)).outcome.value == outcome


@pytest.mark.parametrize(
    ("back", "outcome"),
    [("13800004518", "fail"), ("13800004571", "fail"), ("13900004517", "fail"), ("1380000451", "doubtful"), ("380000", "fail")],
)
def test_a_digit_that_is_wrong_or_missing(call, back, outcome) -> None:
    """A digit too few may have been swallowed by the recogniser, and is for a person to hear."""
    assert judged(call(GIVEN, f"agent: 您的电话是{back}，对吗？")).outcome.value == outcome


@pytest.mark.parametrize(
    "lines",
    [
        (GIVEN, "agent: 好的，记下了"),
        ("agent: 是13800004517吗", GIVEN, "agent: 好的"),
        (GIVEN, "agent: 好的", "customer: 我说一遍13800004517"),
    ],
)
def test_never_read_back(call, lines) -> None:
    result = judged(call(*lines))
    assert result.outcome.value == "fail"
    assert [e.params["finding"] for e in result.evidence][-1] == "missing"


@pytest.mark.parametrize("lines", [("customer: 我家停电了", "agent: 好的"), ("customer: 我打过95598", "agent: 好的")])
def test_no_number_was_given(call, lines) -> None:
    assert judged(call(*lines)).outcome.value == "na"


PAIRS = [("13800004517", "pass"), ("一三八零零零零四五一七", "pass"), ("13800004571", "fail"), ("尾号4517", "doubtful")]


@pytest.mark.parametrize(("back", "outcome"), PAIRS)
def test_plain_text_is_judged_like_masked_text(call, back, outcome) -> None:
    lines = (GIVEN, f"agent: {back}，对吗？")
    masked = call(*lines)
    plain = replace(masked, turns=turns_of("\n".join(lines)))
    assert "*" in masked.turns[0].text and "*" not in plain.turns[0].text and not plain.turns[0].tokens
    first, second = judged(masked), judged(plain)
    assert first.outcome.value == second.outcome.value == outcome
    assert [(e.turn, e.chars) for e in first.evidence] == [(e.turn, e.chars) for e in second.evidence]
    assert "4517" not in second.reason, "a reason shows nobody's number"


@pytest.mark.parametrize("which", [0, 1])
def test_digits_that_were_badly_heard_are_doubtful(call, which) -> None:
    base = call(GIVEN, "agent: 13800004517，对吗？")
    turns = tuple(replace(t, confidence=0.2) if t.index == which else t for t in base.turns)
    assert judged(replace(base, turns=turns)).outcome.value == "doubtful"


def test_a_wrong_number_that_was_badly_heard_is_no_certain_mistake(call) -> None:
    base = call(GIVEN, "agent: 13800004571，对吗？")
    turns = (base.turns[0], replace(base.turns[1], confidence=0.2))
    assert judged(replace(base, turns=turns)).outcome.value == "doubtful"


def test_a_speaker_who_is_not_known_is_doubtful(call) -> None:
    base = call(GIVEN, "agent: 13800004517，对吗？")
    turns = (base.turns[0], replace(base.turns[1], role=Role.UNKNOWN))
    assert judged(replace(base, turns=turns)).outcome.value == "doubtful"


def test_pieces_that_nobody_can_put_together_are_doubtful(call) -> None:
    lines = (
        "customer: 一三八零",
        "agent: 您稍等我拿一下纸笔",
        "customer: 零零零四",
        "agent: 请您慢一点我在记录",
        "customer: 五一七",
        "agent: 好的",
    )
    result = judged(call(*lines))
    assert result.outcome.value == "doubtful" and "未能拼合" in result.reason


def test_without_text_it_is_doubtful(call) -> None:
    base = call("customer@0-5: 一", "agent@5-9: 二")
    assert judged(replace(base, turns=tuple(replace(t, text="") for t in base.turns))).outcome.value == "doubtful"


def test_the_evidence_is_both_numbers(call) -> None:
    result = judged(call(GIVEN, "agent: 是13800004571，对吗？"))
    assert [(e.turn, e.chars) for e in result.evidence] == [(0, (5, 16)), (1, (1, 12))]
    assert "不同于" in result.reason

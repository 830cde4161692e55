"""Hard rule 2: no dead air that awaits the agent; one 请稍等 excuses one gap, not all.

Ways it can go wrong, each with its test:

- one request to wait excuses every later gap, or the gap before it
- the excuse has expired, or stands too many turns away; a gap that begins in time but ends after it has expired
- two kinds of excuse: the agent's request and the customer's own; each covers its gap, and no gap takes two
- a silence in which the customer looks for something; one before the first word; one that the customer breaks with 喂
- music or a tone in the gap is no silence, and parts it
- the excuse is badly heard, or there is no text: the gap is doubtful; one near the limit is doubtful
- the recording is cut; without times nothing can be told
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from qa.calls import Call, Layout, Sound, SoundKind, Span
from qa.rules import load_text
from qa.scoring import ItemResult, score

CARD = """
id: t
title: T
conditions:
  hold: {say: [请稍等, 稍等一下], by: agent}
  asked_wait: {say: [等一下, 我找找], by: customer}
sections:
  - id: s
    items:
      - id: dead_air
        points_per_hit: 5
        at_most: 20
        conditions:
          dead:
            silence: {over: 10 s, awaiting: agent}
            unless: [{after: hold, within: 2 turns, expires: 60 s}, {after: asked_wait, within: 2 turns}]
        forbid: dead
"""


def judged(call: Call) -> ItemResult:
    return score(load_text(CARD, "t.yaml"), call).item("dead_air")


ASK = "customer@0-3: 帮我查一下电费。"


@pytest.mark.parametrize(
    ("lines", "lost"),
    [
        ((ASK, "agent@4-6: 好的，请稍等。", "agent@20-22: 一百二十元。"), 0),
        ((ASK, "agent@20-22: 一百二十元。"), 5),
        ((ASK, "agent@4-6: 好的，请稍等。", "agent@20-22: 在查。", "agent@40-42: 一百二十元。"), 5),
        ((ASK, "agent@4-6: 请稍等。", "agent@20-22: 请稍等。", "agent@40-42: 一百二十元。"), 0),
        ((ASK, "agent@18-20: 请稍等。", "agent@21-22: 一百二十元。"), 5),
        ((ASK, "agent@4-6: 请稍等。", "agent@70-72: 一百二十元。"), 5),
        ((ASK, "agent@4-6: 请稍等。", "agent@65-67: 一百二十元。"), 0),
        ((ASK, "agent@18-20: 好。", "customer@21-22: 嗯。", "agent@40-42: 查。", "customer@43-44: 好吧。", "agent@60-62: 完。"), 15),
    ],
    ids=["one", "none asked", "second gap", "asked twice", "asked after", "expired", "in force", "three"],
)
def test_one_request_excuses_one_gap(call, lines, lost) -> None:
    result = judged(call(*lines))
    assert (result.lost_low, result.lost_high) == (lost, lost), result.reason


def test_a_request_too_many_turns_before_excuses_nothing(call) -> None:
    lines = (
        ASK,
        "agent@4-6: 请稍等。",
        "customer@7-8: 快点。",
        "agent@9-10: 在看。",
        "customer@11-13: 我等着呢。",
        "agent@30-31: 查到了。",
    )
    assert judged(call(*lines)).outcome.value == "fail"


@pytest.mark.parametrize(
    ("lines", "lost"),
    [
        ((ASK, "agent@4-6: 户号给我。", "customer@7-9: 等一下，我找找。", "agent@24-25: 好了吗？"), 0),
        ((ASK, "agent@4-6: 请稍等。", "agent@20-21: 户号。", "customer@22-24: 等一下，我找找。", "agent@40-41: 好了吗？"), 0),
        ((ASK, "agent@4-6: 请稍等。", "customer@7-8: 等一下。", "agent@22-23: 查到了。", "agent@40-41: 完。"), 0),
        ((ASK, "agent@4-6: 请稍等。", "customer@7-8: 等一下。", "agent@22-23: 查到了。", "agent@36-37: 嗯。", "agent@50-51: 完。"), 5),
    ],
    ids=["his own", "each its own", "two gaps two excuses", "three gaps two excuses"],
)
def test_two_kinds_of_excuse(call, lines, lost) -> None:
    assert judged(call(*lines)).lost_high == lost


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        (("agent@0-2: 您的户号是多少？", "customer@20-22: 零零一二。"), "pass"),
        (("agent@0-2: 好的。", "customer@20-22: 喂，还在吗？"), "fail"),
        (("agent@14-16: 您好。", "customer@17-18: 你好。"), "fail"),
        (("agent@0-2: 您好。", "customer@3-5: 停电了。", "agent@14.9-16: 哪里？"), "doubtful"),
        (("agent@0-2: 您好。", "customer@3-5: 停电了。", "agent@15.5-16: 哪里？"), "fail"),
        (("agent@0-2: 您好。", "customer@3-5: 停电了。", "agent@14.5-16: 哪里？"), "pass"),
    ],
    ids=["asked", "hello", "before the first word", "near the limit", "beyond", "below"],
)
def test_whose_silence_it_is(call, lines, outcome) -> None:
    assert judged(call(*lines)).outcome.value == outcome


def test_music_is_no_silence_and_parts_the_gap(call) -> None:
    base = call(ASK, "agent@20-22: 一百二十元。")
    assert judged(replace(base, sounds=(Sound(SoundKind.MUSIC, Span(8, 19)),))).outcome.value == "pass"
    assert judged(replace(base, sounds=(Sound(SoundKind.MUSIC, Span(4, 6)),))).outcome.value == "fail", "14 s are left"


def test_an_excuse_that_was_badly_heard_leaves_the_gap_in_doubt(call) -> None:
    base = call(ASK, "agent@4-6: 请稍等。", "agent@20-22: 一百二十元。")
    unsure = replace(base, turns=(base.turns[0], replace(base.turns[1], confidence=0.1), base.turns[2]))
    result = judged(unsure)
    assert (result.outcome.value, result.lost_low, result.lost_high) == ("doubtful", 0, 5)


def test_without_text_what_might_excuse_it_cannot_be_heard(call) -> None:
    base = call(ASK, "agent@20-22: 一百二十元。")
    silent = replace(base, turns=tuple(replace(t, text="") for t in base.turns))
    assert judged(silent).outcome.value == "doubtful"


def test_without_times_nothing_can_be_told(call) -> None:
    assert judged(call("customer: 帮我查一下电费。", "agent: 一百二十元。")).outcome.value == "doubtful"


def test_the_end_of_a_cut_recording_is_no_silence_but_hides_what_followed(call) -> None:
    base = replace(call("agent@0-2: 您好。", "customer@3-5: 停电了。"), duration=30.0, layout=Layout.STEREO)
    assert judged(base).outcome.value == "fail"
    result = judged(replace(base, truncated=True))
    assert result.outcome.value == "doubtful" and "录音不完整" in result.reason


def test_the_evidence_is_the_gap(call) -> None:
    (evidence,) = judged(call(ASK, "agent@20-22: 一百二十元。")).evidence
    assert (evidence.span, evidence.turn) == (Span(3, 20), 0) and "17.0" in evidence.detail

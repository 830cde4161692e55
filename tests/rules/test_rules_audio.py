"""Timing judged from audio alone: a detector cuts sentences at pauses, and no word says who asked whom to wait."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qa.calls import Span
from qa.rules.verdict import Verdict
from qa.scoring import score

HIT, MISS, DOUBTFUL = Verdict.HIT, Verdict.MISS, Verdict.DOUBTFUL
CUT = "x: {interruption: {overlap: 0.5 s, min_chars: 4}, by: agent}"


def hits(found):
    return [(h.turn, h.certain) for h in found.hits]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("customer@7-16.4:", "agent@16.2-19:", "customer@16.8-17.9:"), [(1, True)]),  # begins in the first piece, spoken over in the next
        (("customer@7-14:", "agent@14.03-18:", "customer@14.4-16.2:"), [(1, True)]),  # begins in the breath between
        (("customer@7-14:", "agent@14.3-18:", "customer@14.9-16.2:"), [(1, False)]),  # a long pause: had the caller finished?
        (("customer@7-14:", "agent@14.1-18:", "customer@15.1-16.2:"), []),  # the caller came back into the answer
        (("customer@7-12:", "agent@10-10.9:", "agent@11.3-12.5:"), [(1, True)]),  # one cut-in, heard in two pieces
        (("customer@7-15:", "agent@9-11:", "agent@11.8-14:"), [(1, True)]),  # … and going on after a longer pause
        (("customer@7-15:", "agent@9-10.2:", "agent@11-14:"), [(2, True)]),  # the longer piece settles it
        (("customer@7-15:", "agent@9-11:", "agent@12.2-14:"), [(1, True), (2, True)]),  # gave up, and cut in again
        (("customer@7-11:", "agent@9-10.2:"), [(1, False)]),  # short enough for a row of 好的
        (("agent@0-6:", "customer@5-9:", "agent@6.8-9:"), []),  # the caller cut in, the agent went on
    ],
)
def test_cut_ins_without_words(find, call, lines, expected) -> None:
    assert hits(find(CUT, call(*lines))) == expected


def test_joint_speech_is_summed_over_the_pieces(find, call) -> None:
    found = find(CUT, call("customer@7-16.4:", "agent@16.2-19:", "customer@16.8-17.9:"))
    assert found.hits[0].span == Span(16.2, 17.9)
    assert "1.3" in found.hits[0].detail


def test_the_same_on_mono_is_doubtful_throughout(find, call) -> None:
    lines = ("customer@7-16.4:", "agent@16.2-19:", "customer@16.8-17.9:")
    assert hits(find(CUT, call(*lines, layout="mono"))) == [(1, False)]


SILENCE = "x: {silence: {over: 10 s, awaiting: agent}}"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("customer@0-2:", "agent@15-17:"), HIT),  # whatever was said, the agent was to answer
        (("agent@0-2:", "customer@15-17:"), DOUBTFUL),  # a question, or 喂 还在吗
        (("agent@0-2:", "agent@15-17:"), DOUBTFUL),
        (("customer@0-2:", "customer@15-17:"), DOUBTFUL),
        (("agent@0-2: 好的。", "customer@15-17:"), DOUBTFUL),  # half the call has no text
        (("agent@0-2: 您的户号是多少？", "agent@15-17:"), MISS),
    ],
)
def test_whose_silence_it_was_needs_words(find, call, lines, expected) -> None:
    assert find(SILENCE, call(*lines)).verdict is expected


EXCUSED = """
dead:
  silence: {over: 10 s, awaiting: agent}
  unless: [{after: asked_wait, within: 2 turns}]
asked_wait: {says: {zh: 坐席请对方稍等, en: the agent asks to wait}, say: 请稍等, by: agent}
mute: {say: 不方便说话, by: agent}
"""


def test_a_silence_without_words_says_what_cannot_be_known_and_where_it_is(one_item, call) -> None:
    rules = one_item(EXCUSED, "applies_when: not mute\nforbid: dead")
    item = score(rules, call("customer@0-2:", "agent@15-17:")).item("i")
    assert item.outcome == "doubtful"
    assert (
        "没有文本，无法判断是否有：坐席请对方稍等" in item.reason
        and "there is no text: cannot tell whether the agent asks to wait" in item.reason
    )
    assert "不确定是否适用（没有文本）" in item.reason
    assert [e.span for e in item.evidence] == [Span(2, 15)]
    spoken = score(rules, call("customer@0-2: 查电费", "agent@15-17: 一百元")).item("i")
    assert spoken.outcome == "fail" and "没有文本" not in spoken.reason


def test_a_doubtful_excuse_is_called_so(one_item, call) -> None:
    rules = one_item(EXCUSED, "applies_when: not mute\nforbid: dead")
    item = score(rules, call("customer@0-2: 查电费", "unknown@3-4: 请稍等", "agent@15-17: 一百元")).item("i")
    assert item.outcome == "doubtful"
    assert "不确定该谁说话；可能有正当理由" in item.reason, "the doubt of the silence itself stays beside it"


def test_what_the_overlap_detector_hears_twice_counts_once(find, call) -> None:
    base = call("customer@0-3: 我家从早上就停电", "agent@3.1-4: 停电请报地址", "agent@4.7-6: 报一下地址好吗", layout="mono")
    heard = replace(base, overlaps=(Span(2.8, 4.9),))
    assert hits(find(CUT, heard)) == [(1, False)]

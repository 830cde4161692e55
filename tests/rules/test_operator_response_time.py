"""response_time: who waited for whom, how long, and what excuses it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hotline.errors import BadRule
from qa.calls import Sound, SoundKind, Span
from qa.rules.batch import OUTCOMES, judge_many
from qa.rules.verdict import Verdict

HIT, MISS, DOUBTFUL = Verdict.HIT, Verdict.MISS, Verdict.DOUBTFUL
RULE = "x: {response_time: {over: 5 s}, by: agent}"


def places(found):
    return [(h.turn, h.start, h.end, h.certain) for h in found.hits]


def test_the_wait_lies_behind_what_was_left_unanswered(find, call) -> None:
    found = find(RULE, call("customer@0-3: 停电了", "agent@10-12: 请讲", "customer@12-14: 城东", "agent@15-16: 好"))
    assert places(found) == [(0, 3, 3, True)] and found.hits[0].span == Span(3.0, 10.0)
    assert "等待 7.0 秒才有回应" in found.hits[0].detail


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("customer@0-3: 停电了", "agent@4-5: 嗯", "agent@12-14: 查到了"), [(0, 3, 3, True)]),  # 嗯 is no answer
        (("customer@0-3: 停电了", "agent@4-5: 嗯"), []),  # … unless nothing else comes
        (("customer@0-3: 停电了", "agent@4-5:", "agent@12-14: 查到了"), []),  # without text it may have been one
        (("agent@0-1: 您好", "customer@2-3: 嗯", "agent@12-14: 查到了"), []),  # nothing to answer
        (("customer@0-3: 停电了", "customer@4-6: 城东", "agent@13-14: 好"), [(1, 2, 2, True)]),  # from the end of all that was said
        (("customer@0-9: 停电了我说", "agent@8-14: 好的"), []),  # before the end
        (("agent@0-3: 请问地址", "customer@12-14: 城东"), []),  # the caller's answer
        (("customer@0-3: 停电了", "other@4-9: 音乐", "agent@10-14: 好"), [(0, 3, 3, True)]),  # music is waited through
        (("customer@0-3: 停电了", "agent@8.1-14: 好"), [(0, 3, 3, False)]),
        (("customer@0-3: 停电了", "agent@7.7-14: 好"), []),
        (("customer@0-3: 停电了", "agent@8.3-14: 好"), [(0, 3, 3, True)]),
        (("agent@6-9: 您好", "customer@9-10: 停电"), [(0, 0, 0, True)]),  # the greeting came late
        (("agent@3-9: 您好", "customer@9-10: 停电"), []),
        (("agent@0-3: 请讲", "unknown@12-14: 停电"), []),  # nobody waited for the agent
        (("customer@0-3: 我家", "agent@4-5: 嗯", "customer@6-9: 停电了", "agent@20-21: 好"), [(2, 3, 3, True)]),  # 嗯 within their turn
        (("customer@0-1: 嗯", "agent@12-14: 您好"), []),  # no more than a noise
        (("customer: 喂", "agent@12-14: 您好"), [(0, 0, 0, True)]),  # nothing is known of when it was said
    ],
)
def test_what_is_a_wait(find, call, lines, expected) -> None:
    assert places(find(RULE, call(*lines))) == expected


def test_it_is_the_agent_who_answers_where_no_side_is_named(find, call) -> None:
    rule = "x: {response_time: {over: 5 s}}"
    assert places(find(rule, call("customer@0-3: 停电了", "agent@12-14: 好"))) == [(0, 3, 3, True)]
    assert places(find(rule, call("agent@0-3: 请问地址", "customer@12-14: 城东"))) == []


@pytest.mark.parametrize(("answered", "certain"), [(7.74, None), (7.75, False), (8.24, False), (8.25, True)])
def test_a_wait_is_close_to_the_limit_by_less_than_a_quarter_of_a_second(one_item, find, call, answered, certain) -> None:
    made = call("customer@0-3: 停电了", f"agent@{answered}-14: 好")
    found = find(RULE, made)
    assert [h.certain for h in found.hits] == ([] if certain is None else [certain])
    assert all(("接近阈值" in h.doubt) is not h.certain for h in found.hits)
    outcome = {None: "pass", False: "doubtful", True: "fail"}[certain]
    assert OUTCOMES[judge_many(one_item(RULE, "forbid: x"), [made]).outcomes("i")[0]] == outcome


def test_a_wait_in_doubt_keeps_its_own_reason_close_to_the_limit(find, call) -> None:
    (hit,) = find(RULE, call("customer@0-3: 停电了", "unknown@8.1-14: 好")).hits
    assert not hit.certain and "说话人不确定" in hit.doubt


def test_typed_times_have_no_edge(find, call) -> None:
    typed = call("customer@0-3: 停电了", "agent@8.1-14: 好", layout="none")
    assert places(find(RULE, typed)) == [(0, 3, 3, True)]
    assert places(find(RULE, call("customer@0-3: 停电了", "agent@7.9-14: 好", layout="none"))) == []


def test_the_caller_may_let_wait_as_well(find, call) -> None:
    rule = "x: {response_time: {over: 5 s}, by: customer}"
    assert places(find(rule, call("agent@0-3: 请问地址", "customer@12-14: 城东"))) == [(0, 4, 4, True)]
    assert places(find(rule, call("customer@9-12: 你好", "agent@12-14: 您好"))) == [], "the caller need not begin"


def test_the_greeting_is_due_when_the_ring_tone_ends(find, call) -> None:
    base = call("agent@12-14: 您好", "customer@14-15: 停电")
    for kind, verdict in ((SoundKind.RING, MISS), (SoundKind.IVR, MISS), (SoundKind.MUSIC, MISS), (SoundKind.HOLD, HIT)):
        assert find(RULE, replace(base, sounds=(Sound(kind, Span(0, 10)),))).verdict is verdict
    early = replace(base, sounds=(Sound(SoundKind.RING, Span(0, 3)),))
    assert find(RULE, early).hits[0].span == Span(3.0, 12.0)
    touching = replace(base, sounds=(Sound(SoundKind.RING, Span(0, 12.1)),))
    assert find(RULE, touching).verdict is MISS, "a detector hears the tone a little longer"
    later = replace(base, sounds=(Sound(SoundKind.RING, Span(0, 3)), Sound(SoundKind.MUSIC, Span(20, 30))))
    assert find(RULE, later).hits[0].span == Span(3.0, 12.0)


def test_words_that_nobody_answered(find, call) -> None:
    lines = ("agent@0-2: 您好", "customer@2-4: 我家停电了")
    assert places(find(RULE, call(*lines, duration=30))) == [(1, 5, 5, True)]
    assert places(find(RULE, call(*lines, duration=6))) == []
    assert places(find(RULE, call(*lines, duration=30, truncated=True))) == []
    assert places(find(RULE, call(lines[0], "customer@2-4: 好的谢谢再见", duration=30))) == []
    assert places(find(RULE, call(lines[0], "customer@2-4:", duration=30))) == [(1, 0, 0, False)]
    assert places(find(RULE, call("customer@2-4: 停电", "agent@4-6: 好的", duration=30))) == []


def test_the_mean_of_all_answers(find, call) -> None:
    lines = ("customer@0-3: 停电了", "agent@5-6: 请讲", "customer@6-8: 城东", "agent@18-19: 好")  # 2 s and 10 s
    mean = "x: {response_time: {over: %s, per: average}, by: agent}"
    found = find(mean % "5 s", call(*lines))
    assert places(found) == [(2, 2, 2, True)] and "平均 6.0 秒才有回应（2 次）" in found.hits[0].detail
    assert find(mean % "6.5 s", call(*lines)).verdict is MISS
    assert find(mean % "6.1 s", call(*lines)).verdict is DOUBTFUL
    assert find(mean % "5.9 s", call(*lines)).verdict is DOUBTFUL
    assert find(mean % "5 s", call("customer@0-3: 停电了")).verdict is MISS
    assert find((mean % "5 s")[:-1] + ", in: first 1 customer turns}", call(*lines)).verdict is MISS, "only the answers in the window"
    unsure = call("customer@0-3: 停电了", "agent@5-6: 请讲", "unknown@6-8: 城东", "agent@18-19: 好")
    assert find(mean % "5 s", unsure).verdict is DOUBTFUL
    assert find(mean % "1 s", unsure).verdict is HIT, "without the doubtful one as well"
    quick = call("customer@0-3: 停电了", "agent@13-14: 请讲", "unknown@14-15: 城东", "agent@15-16: 好")  # 10 s, and perhaps 0 s
    assert find(mean % "6 s", quick).verdict is DOUBTFUL
    close = call("customer@0-3: 停电了", "agent@8.1-9: 请讲", "unknown@9-10: 城东", "agent@30-31: 好")  # 5.1 s, and perhaps 20 s
    assert find(mean % "5 s", close).verdict is DOUBTFUL
    many = call("customer@0-3: 停电", "agent@6-7: 请讲", "customer@7-8: 城东", "agent@11-12: 好", "unknown@12-13: 行", "agent@13-14: 好")
    assert find(mean % "4 s", many).verdict is MISS, "3 s twice, and perhaps 0 s"
    unanswered = call("customer@0-3: 停电了", "agent@10-11: 请讲", "customer@11-13: 城东")
    assert find(mean % "5 s", unanswered).verdict is HIT, "the call ended with these words: no wait"


def test_an_unsure_speaker_is_doubtful(find, call) -> None:
    assert places(find(RULE, call("unknown@0-3: 停电了", "agent@12-14: 好"))) == [(0, 3, 3, False)]
    assert places(find(RULE, call("customer@0-3: 停电了", "unknown@12-14: 好"))) == [(0, 3, 3, False)]
    assert "说话人不确定" in find(RULE, call("customer@0-3: 停电了", "unknown@12-14: 好")).hits[0].doubt
    base = call("agent@12-14: 您好", "customer@14-15: 停电")
    assert places(find(RULE, replace(base, turns=(replace(base.turns[0], role_confidence=0.2), base.turns[1])))) == [(0, 0, 0, False)]
    assert find(RULE, call("customer: 停电了", "agent: 好")).unsure


EXCUSED = """
asked: {say: 请稍等, by: agent}
x: {response_time: {over: 5 s}, by: agent, unless: [{after: asked, within: 2 turns, expires: 60 s}]}
"""


def test_one_request_to_wait_excuses_one_wait(find, call) -> None:
    lines = ("agent@0-2: 请稍等", "customer@2-3: 好的呢", "agent@12-13: 还在查", "customer@13-14: 快点呢", "agent@24-25: 好")
    assert places(find(EXCUSED, call(*lines))) == [(3, 3, 3, True)]
    late = ("agent@0-2: 请稍等", "customer@2-3: 好的呢", "agent@70-71: 好了")
    assert places(find(EXCUSED, call(*late))) == [(1, 3, 3, True)], "it has expired"
    twice = ("agent@0-2: 请稍等", "customer@2-3: 好的呢", "agent@12-13: 请稍等", "customer@13-14: 快点呢", "agent@24-25: 好")
    assert places(find(EXCUSED, call(*twice))) == []


@pytest.mark.parametrize(
    ("fields", "problem"), [("over: 0.3 s", "no wait"), ("over: 5 s, per: turn", "'turn' is not known"), ("per: answer", "missing")]
)
def test_what_cannot_be_meant(one_item, fields, problem) -> None:
    with pytest.raises(BadRule, match=problem):
        one_item(f"x: {{response_time: {{{fields}}}}}")

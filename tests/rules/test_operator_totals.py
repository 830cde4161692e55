"""Facts of the whole call: turn_count and talk_share."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from hotline.errors import BadRule
from qa.calls import Role
from qa.rules.conditions import OPERATORS
from qa.rules.conditions.turn_count import between
from qa.rules.verdict import Verdict

HIT, MISS, DOUBTFUL = Verdict.HIT, Verdict.MISS, Verdict.DOUBTFUL
TALK = (
    "agent@0-2: 您好请讲",
    "customer@2-8: 我家停电了",
    "customer@8-9: 喂",
    "other@9-30: 音乐",
    "customer@30-31: 嗯",
    "agent@31-34: 好的马上处理",
)
"""The agent has two turns and 5 s, the caller one (嗯 goes on with it) and 7 s."""


@pytest.mark.parametrize(
    ("low", "high", "over", "under", "verdict"),
    [
        (3, 3, 2, None, HIT),
        (3, 3, 3, None, MISS),
        (3, 5, 3, None, DOUBTFUL),
        (3, 5, 2, None, HIT),
        (3, 5, 5, None, MISS),
        (3, 3, None, 4, HIT),
        (3, 3, None, 3, MISS),
        (3, 5, None, 5, DOUBTFUL),
        (3, 5, None, 3, MISS),
        (3, 5, 2, 6, HIT),
        (3, 5, 2, 5, DOUBTFUL),
        (3, math.inf, None, 9, DOUBTFUL),
        (3, math.inf, 2, None, HIT),
    ],
)
def test_between(low, high, over, under, verdict) -> None:
    assert between(low, high, over, under) is verdict


class TestTurnCount:
    @pytest.mark.parametrize(
        ("condition", "verdict"),
        [
            ("agent, over: 1", HIT),
            ("agent, over: 2", MISS),
            ("agent, under: 3", HIT),
            ("agent, under: 2", MISS),
            ("customer, under: 3", HIT),
            ("any, over: 3", MISS),
            ("any, over: 2", HIT),
            ("agent, over: 1, under: 3", HIT),
            ("agent, over: 2, under: 4", MISS),
        ],
    )
    def test_turns_of_one_side_or_both(self, find, call, condition, verdict) -> None:
        lines = ("agent: 您好", "customer: 停电了", "customer: 城东", "agent: 好的", "other: 音乐")
        assert find(f"x: {{turn_count: {condition}}}", call(*lines)).verdict is verdict

    def test_the_hit_is_of_the_whole_call(self, find, call) -> None:
        found = find("x: {turn_count: agent, over: 0}", call("agent: 您好", "customer: 停电了"))
        assert [(h.turn, h.certain, h.detail) for h in found.hits] == [(None, True, "坐席共 1 轮 / 1 turns of the agent")]

    def test_unsure_speakers_leave_a_range(self, find, call) -> None:
        made = call("agent: 您好", "unknown: 停电了", "agent: 好的")
        found = find("x: {turn_count: agent, over: 2}", made)
        assert found.verdict is DOUBTFUL and "2–3 轮" in found.hits[0].detail and "说话人不确定" in found.hits[0].doubt
        assert find("x: {turn_count: agent, over: 1}", made).verdict is HIT
        assert find("x: {turn_count: agent, over: 3}", made).verdict is MISS
        assert find("x: {turn_count: any, over: 2}", made).verdict is HIT

    def test_a_cut_recording_might_have_gone_on(self, find, call) -> None:
        cut = call("agent: 您好", "customer: 停电了", truncated=True)
        assert find("x: {turn_count: agent, over: 0}", cut).verdict is HIT
        assert find("x: {turn_count: agent, over: 9}", cut).verdict is DOUBTFUL
        assert find("x: {turn_count: agent, under: 9}", cut).verdict is DOUBTFUL
        assert "录音不完整" in find("x: {turn_count: agent, under: 9}", cut).hits[0].doubt
        assert find("x: {turn_count: agent, under: 1}", cut).verdict is MISS

    @pytest.mark.parametrize(
        ("fields", "problem"),
        [
            ("turn_count: agent", "needs over: or under:"),
            ("turn_count: both, over: 2", "'both' is not known"),
            ("turn_count: any, over: 3, under: 4", "leaves no number"),
            ("turn_count: any, under: 0", "not a number from 1"),
            ("turn_count: any, over: 2, by: agent", "has no meaning"),
        ],
    )
    def test_what_cannot_be_meant(self, one_item, fields, problem) -> None:
        with pytest.raises(BadRule, match=problem):
            one_item(f"x: {{{fields}}}")

    def test_neighbouring_limits_leave_one_number(self, find, call) -> None:
        assert find("x: {turn_count: any, over: 1, under: 3}", call("agent: 您好", "customer: 停电")).verdict is HIT


class TestTalkShare:
    """5 s of the agent and 7 s of the caller: 42 %."""

    @pytest.mark.parametrize(
        ("condition", "verdict"),
        [
            ("agent, over: 35 %", HIT),
            ("agent, over: 0.35", HIT),
            ("agent, over: 41 %", DOUBTFUL),
            ("agent, over: 43 %", DOUBTFUL),
            ("agent, over: 45 %", MISS),
            ("agent, under: 50 %", HIT),
            ("agent, under: 42 ％", DOUBTFUL),
            ("agent, under: 39 %", MISS),
            ("customer, over: 55 %", HIT),
            ("agent, over: 30 %, under: 50 %", HIT),
        ],
    )
    def test_by_seconds(self, find, call, condition, verdict) -> None:
        found = find(f"x: {{talk_share: {condition}}}", call(*TALK))
        assert found.verdict is verdict
        assert all("接近阈值" in h.doubt for h in found.hits if not h.certain)

    def test_the_share_is_said(self, find, call) -> None:
        found = find("x: {talk_share: agent, over: 30 %}", call(*TALK))
        assert [(h.turn, h.detail) for h in found.hits] == [(None, "坐席占说话时长的 42% / the agent has 42% of the talking time")]

    def test_by_characters_where_there_are_no_times(self, find, call) -> None:
        made = call("agent: 您好请讲", "customer: 嗯", "customer: 停电了，13912345678")  # 4 of 4 + 3 + 11
        found = find("x: {talk_share: agent, under: 30 %}", made)
        assert found.verdict is HIT and "坐席占说话字数的 22%" in found.hits[0].detail
        assert "没有时间和文本" in find("x: {talk_share: agent, over: 30 %}", call("agent:")).unsure

    @pytest.mark.parametrize(
        ("written", "share"), [("35 %", 0.35), ("0.35", 0.35), ("0 %", 0.0), ("100 %", 1.0), ("1", 1.0), ("12.5％", 0.125)]
    )
    def test_shares_as_they_are_written(self, one_item, written, share) -> None:
        params = one_item(f"x: {{talk_share: agent, over: {written}}}").items[0].conditions[0].params
        assert params.over == pytest.approx(share, abs=1e-12)

    def test_speech_without_words_weighs_by_its_seconds(self, find, call) -> None:
        found = find("x: {talk_share: agent, over: 10 %}", call("agent@0-0.2:", "customer@0.2-0.8:"))
        assert found.verdict is HIT and "25%" in found.hits[0].detail

    def test_turns_without_a_time_of_their_own_weigh_nothing(self, find, call) -> None:
        base = call(*TALK)
        part = replace(base, turns=(replace(base.turns[0], span=None), *base.turns[1:]))
        assert "30%" in find("x: {talk_share: agent, under: 50 %}", part).hits[0].detail  # 3 of 10

    def test_unsure_speakers_leave_a_range(self, find, call) -> None:
        base = call(*TALK)
        unsure = replace(base, turns=(replace(base.turns[0], role=Role.UNKNOWN), *base.turns[1:]))  # 25 % to 42 %
        found = find("x: {talk_share: agent, over: 35 %}", unsure)
        assert found.verdict is DOUBTFUL and "25%–42%" in found.hits[0].detail and "说话人不确定" in found.hits[0].doubt
        assert find("x: {talk_share: agent, over: 20 %}", unsure).verdict is HIT
        faint = replace(base, turns=(replace(base.turns[0], role_confidence=0.2), *base.turns[1:]))
        assert "25%–42%" in find("x: {talk_share: agent, over: 35 %}", faint).hits[0].detail
        assert find("x: {talk_share: agent, over: 50 %}", unsure).verdict is MISS

    def test_a_cut_recording_might_have_gone_on(self, find, call) -> None:
        cut = call(*TALK, truncated=True)
        found = find("x: {talk_share: agent, over: 30 %}", cut)
        assert found.verdict is DOUBTFUL and "录音不完整" in found.hits[0].doubt
        assert "录音不完整" in find("x: {talk_share: agent, over: 60 %}", cut).unsure

    @pytest.mark.parametrize(
        ("fields", "problem"),
        [
            ("talk_share: agent", "needs over: or under:"),
            ("talk_share: any, over: 20 %", "'any' is not known"),
            ("talk_share: agent, over: 60 %, under: 50 %", "no call fits"),
            ("talk_share: agent, over: 50 %, under: 50 %", "no call fits"),
            ("talk_share: agent, over: 120 %", "'120 %' is not a share"),
            ("talk_share: agent, over: most", "'most' is not a share"),
        ],
    )
    def test_what_cannot_be_meant(self, one_item, fields, problem) -> None:
        with pytest.raises(BadRule, match=problem):
            one_item(f"x: {{{fields}}}")


def test_a_duration_needs_room_between_its_limits(one_item) -> None:
    for fields in ("over: 60 s, under: 60 s", "over: 61 s, under: 60 s"):
        with pytest.raises(BadRule, match="no call fits"):
            one_item(f"x: {{duration: {{{fields}}}}}")
    one_item("x: {duration: {over: 59 s, under: 60 s}}")


def test_people_are_told_what_is_counted(one_item) -> None:
    for written, words in (("turn_count: any, over: 2", "双方话轮数"), ("talk_share: agent, over: 80 %", "坐席说话占比")):
        condition = one_item(f"x: {{{written}}}").items[0].conditions[0]
        assert OPERATORS[condition.operator].describe(condition.params) == words

"""Windows and anchors: which places a condition looks at."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qa.calls import Role
from qa.rules.verdict import Verdict

HIT, MISS, DOUBTFUL = Verdict.HIT, Verdict.MISS, Verdict.DOUBTFUL

TALK = (
    "agent@0-2: 甲一",
    "customer@2-4: 乙一",
    "agent@4-6: 甲二",
    "customer@6-8: 乙二",
    "agent@8-10: 甲三",
    "customer@10-12: 乙三",
)


def turns(found) -> list[int]:
    return [h.turn for h in found.hits if h.certain]


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        ("first 2 agent turns", [0, 2]),
        ("first agent turn", [0]),
        ("last 1 agent turns", [4]),
        ("last 2 turns", [4, 5]),
        ("first 3 turns", [0, 1, 2]),
        ("turns 2 to 4", [1, 2, 3]),
        ("agent turns 2 to 3", [2, 4]),
        ("turn 5", [4]),
        ("customer turns -2 to -1", [3, 5]),
        ("turns -3 to -2", [3, 4]),
        ("first 5 s", [0, 1, 2]),
        ("last 4 s", [4, 5]),
        ("4 s to 8 s", [2, 3, 4]),
        ("-6 s to -3 s", [3, 4]),
        ("6 s to end", [3, 4, 5]),
        ("first 100 turns", [0, 1, 2, 3, 4, 5]),
    ],
)
def test_windows(find, call, window, expected) -> None:
    found = find(f"x: {{regex: '甲|乙', in: {window}}}", call(*TALK))
    assert turns(found) == expected and len(found.hits) == len(expected)


@pytest.mark.parametrize(
    ("anchor", "expected"),
    [
        ("after: a", [2, 4, 5]),
        ("after: first a, within: 1 turn", [2]),
        ("after: first a, within: 1 agent turn", [2]),
        ("after: first a, within: 2 turns", [2]),
        ("after: last a", [4, 5]),
        ("before: last a, within: 1 turn", [2]),
        ("before: first a", [0]),
        ("before: last a, within: 1 agent turn", [2]),
        ("around: last a, within: 1 turn", [2, 4]),
        ("after: any a, within: 1 turn", [2, 4]),
        ("after: each a, within: 1 turn", [2, 4]),
        ("after: first a, within: 3 s", [2]),
        ("before: last a, within: 1 s", [2]),
        ("after: first a, before: last a", [2]),
        ("after: {first: a, within: 9 turns}, before: {last: a, within: 1 turn}", [2]),
    ],
)
def test_anchors(find, call, anchor, expected) -> None:
    conditions = f"""
        a: {{regex: 乙一|乙二, by: customer}}
        x: {{regex: '甲|乙三', {anchor}}}
    """
    assert turns(find(conditions, call(*TALK))) == expected


def test_after_within_the_same_sentence_counts_characters(find, call) -> None:
    conditions = """
        a: {say: 请稍等}
        x: {say: 好的, after: a, within: 0 turns}
    """
    assert [(h.turn, h.start) for h in find(conditions, call("agent: 好的请稍等好的", "customer: 好的")).hits] == [(0, 5)]


@pytest.mark.parametrize(("if_absent", "expected"), [("miss", MISS), ("open", HIT)])
@pytest.mark.parametrize("direction", ["after", "before"])
@pytest.mark.parametrize("which", ["first", "last", "any", "each"])
def test_an_anchor_that_never_happens(find, call, if_absent, expected, direction, which) -> None:
    conditions = f"""
        a: {{say: 从不}}
        x: {{say: 甲二, {direction}: {{{which}: a, if_absent: {if_absent}}}}}
    """
    assert find(conditions, call(*TALK)).verdict is expected


def test_a_doubtful_anchor_makes_doubtful_what_depends_on_it(find, call) -> None:
    base = call(*TALK)
    unsure = replace(base, turns=(*base.turns[:3], replace(base.turns[3], confidence=0.1), *base.turns[4:]))
    rule = "a: {{regex: {0}, by: customer}}\nx: {{regex: {1}, by: agent, after: {2} a, within: 1 turn}}"
    assert find(rule.format("乙二", "甲三", "first"), unsure).verdict is DOUBTFUL
    assert find(rule.format("乙一|乙二", "甲二", "first"), unsure).verdict is HIT, "the first hit is certain"
    assert find(rule.format("乙一|乙二", "甲二", "last"), unsure).verdict is DOUBTFUL, "the last hit may be another one"
    assert find(rule.format("乙一|乙二", "甲三", "any"), unsure).verdict is DOUBTFUL
    assert find(rule.format("乙一|乙二", "甲一", "last"), unsure).verdict is MISS, "before both in any case"


def test_a_speaker_who_is_not_sure_blurs_the_count_of_turns(find, call) -> None:
    base = call(*TALK)
    unsure = replace(base, turns=(base.turns[0], replace(base.turns[1], role=Role.UNKNOWN), *base.turns[2:]))
    assert find("x: {say: 甲二, by: agent, in: first 2 agent turns}", unsure).verdict is DOUBTFUL
    assert find("x: {say: 甲二, by: agent, in: first 3 agent turns}", unsure).verdict is HIT
    assert find("x: {say: 甲三, by: agent, in: first 2 agent turns}", unsure).verdict is MISS


def test_without_times_a_window_of_seconds_is_doubtful(find, call) -> None:
    untimed = call(*(line.split("@")[0] + ":" + line.split(":")[1] for line in TALK))
    assert find("x: {say: 甲一, in: first 20 s}", untimed).verdict is DOUBTFUL
    assert find("x: {say: 从不, by_sound: false, in: first 20 s}", untimed).verdict is MISS
    rule = "a: {say: 甲一}\nx: {say: 甲二, after: a, within: 10 s}"
    assert find(rule, untimed).verdict is DOUBTFUL


def test_sentences_of_one_side_are_one_turn_and_a_listeners_noise_does_not_end_it(find, call) -> None:
    lines = ("agent: 甲一", "agent: 甲二", "customer: 嗯", "agent: 甲三", "customer: 乙一", "agent: 甲四", "customer: 嗯")
    assert turns(find("x: {regex: 甲, in: first 1 agent turns}", call(*lines))) == [0, 1, 3]
    assert turns(find("x: {regex: '.', in: last 1 turns}", call(*lines))) == [6]
    assert turns(find("x: {regex: '嗯', in: first 2 turns}", call(*lines))) == [2]


def test_nobodys_turns_are_not_counted(find, call) -> None:
    lines = ("other: 音乐", "agent: 甲一", "other: 音乐", "customer: 乙一")
    assert turns(find("x: {regex: '.一', in: first 1 turns}", call(*lines))) == [1]


def test_a_gap_lies_in_windows_and_anchors_like_the_sentence_before_it(find, call) -> None:
    lines = ("agent@0-2: 甲一", "customer@2-4: 乙一", "agent@20-22: 甲二", "customer@22-23: 乙二", "agent@40-41: 甲三")
    rule = "a: {say: 甲二}\nx: {silence: {over: 10 s}, %s}"
    assert turns(find(rule % "after: a", call(*lines))) == [3]
    assert turns(find(rule % "before: a", call(*lines))) == [1]
    assert turns(find("x: {silence: {over: 10 s}, in: first 2 turns}", call(*lines))) == [1]
    assert turns(find("x: {silence: {over: 10 s}, in: first 10 s}", call(*lines))) == [1]


def test_unless_excuses_single_hits(find, call) -> None:
    conditions = """
        why: {say: 因为, by: agent}
        x: {say: 不行, by: agent, unless: [{around: why, within: 0 turns, once: false}]}
    """
    lines = ("agent: 不行，因为停电，不行", "customer: 为什么", "agent: 不行")
    assert turns(find(conditions, call(*lines))) == [2]
    anywhere = "why: {say: 因为, by: agent}\nx: {say: 不行, by: agent, unless: [why]}"
    assert turns(find(anywhere, call(*lines))) == []


class TestFiveHardRules:
    """What the language must be able to say; the read-back of numbers and typed values come with entities."""

    DANGER = """
        danger: {say: [冒火], by: customer}
        ask: {say: [户号], by: agent}
        x: {say: [不要靠近], by: agent, after: first danger, within: 3 agent turns, before: {first: ask, if_absent: open}}
    """

    @pytest.mark.parametrize(
        ("lines", "expected"),
        [
            (("customer: 冒火了", "agent: 不要靠近", "agent: 户号多少"), HIT),
            (("customer: 冒火了", "agent: 不要靠近"), HIT),
            (("customer: 冒火了", "agent: 户号多少", "customer: 一", "agent: 不要靠近"), MISS),
            (("agent: 不要靠近", "customer: 冒火了", "agent: 好"), MISS),
            (
                (
                    "customer: 冒火",
                    "agent: 嘿",
                    "customer: 喂",
                    "agent: 哈",
                    "customer: 喂",
                    "agent: 呵",
                    "customer: 喂",
                    "agent: 不要靠近",
                ),
                MISS,
            ),
            (("customer: 没电", "agent: 不要靠近"), MISS),
        ],
    )
    def test_warning_before_the_account_number(self, find, call, lines, expected) -> None:
        assert find(self.DANGER, call(*lines)).verdict is expected

    PROMISE = """
        town: {say: [四十五分钟, 三刻钟], by: agent}
        country: {say: [九十分钟, 一个半小时], by: agent}
    """

    @pytest.mark.parametrize(
        ("said", "area", "expected"),
        [
            ("45分钟内到", "城区", HIT),
            ("三刻钟到", "城区", HIT),
            ("一个半小时", "城区", MISS),
            ("一个半小时", "农村", HIT),
            ("三刻钟", None, DOUBTFUL),
        ],
    )
    def test_promise_by_area(self, one_item, call, said, area, expected) -> None:
        from qa.rules.plan import compile_plan
        from qa.rules.single import Run

        rules = one_item(self.PROMISE, "expect: (meta.area == 城区 and town) or (meta.area == 农村 and country)")
        made = call(f"agent: {said}", meta={"area": area} if area else {}, metadata_closed=area is not None)
        assert Run(compile_plan(rules), made).judge(rules.items[0]).holds is expected

    def test_each_complaint_is_answered(self, one_item, call) -> None:
        from qa.rules.plan import compile_plan
        from qa.rules.single import Run

        rules = one_item(
            """
            upset: {say: 投诉, by: customer}
            sorry: {say: 抱歉, by: agent, after: each upset, within: 1 agent turn}
            """,
            "expect: each upset has sorry",
        )
        plan = compile_plan(rules)

        def holds(*lines: str) -> Verdict:
            return Run(plan, call(*lines)).judge(rules.items[0]).holds

        assert holds("customer: 投诉", "agent: 抱歉", "customer: 投诉", "agent: 抱歉") is HIT
        assert holds("customer: 投诉", "agent: 抱歉", "customer: 投诉", "agent: 哦") is MISS
        assert holds("customer: 你好", "agent: 哦") is HIT
        base = call("customer: 投诉", "agent: 哦")
        unsure = replace(base, turns=(replace(base.turns[0], confidence=0.1), base.turns[1]))
        assert Run(plan, unsure).judge(rules.items[0]).holds is DOUBTFUL, "perhaps nobody complained"
        judged = Run(plan, call("customer: 投诉", "agent: 抱歉", "customer: 我投诉", "agent: 哦")).judge(rules.items[0])
        assert [(e.turn, e.chars) for e in judged.evidence] == [(2, (1, 3))]


def test_a_cut_recording_leaves_a_window_open_until_the_turn_after_its_last(find, call) -> None:
    rules = "a: {say: 停电, by: customer}\nx: {say: 抱歉, by: agent, after: first a, within: 2 agent turns}"
    lines = ["customer: 停电", "agent: 好的呀", "customer: 快点来", "agent: 我看看"]
    assert find(rules, call(*lines, truncated=True)).verdict is DOUBTFUL, "the second turn may have gone on"
    assert find(rules, call(*lines, "customer: 多久呢", "agent: 再等等", truncated=True)).verdict is MISS


def test_an_excuse_covers_what_ends_at_its_last_moment(find, call) -> None:
    rules = "wait: {say: 稍等, by: agent}\nx: {silence: {over: 10 s}, unless: [{after: wait, within: 2 turns, expires: 60 s}]}"
    assert find(rules, call("agent@0-3: 请稍等", "agent@63-65: 好了")).verdict is MISS
    assert find(rules, call("agent@0-3: 请稍等", "agent@63.5-65: 好了")).verdict is HIT

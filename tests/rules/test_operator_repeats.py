"""repeats: what is said again, how far back, and what does not count."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hotline.errors import BadRule
from qa.calls import Role
from qa.rules import sound
from qa.rules.conditions.repeats import guarded, likenesses
from qa.rules.verdict import Verdict

HIT, MISS, DOUBTFUL = Verdict.HIT, Verdict.MISS, Verdict.DOUBTFUL
ASK = "请您报一下用电户号"
TALK = (
    f"agent@0-2: {ASK}。",
    "customer@2-4: 我找一下那张单子",
    f"agent@10-13: 好的，{ASK}。",
    "customer@13-15: 还是没有找到",
    f"agent@40-44: 没关系！{ASK}？",
)


def places(found):
    return [(h.turn, h.start, h.end, h.certain) for h in found.hits]


def test_the_repeating_sentence_is_the_evidence_with_its_characters_and_seconds(find, call) -> None:
    found = find("x: {repeats: {similarity: 0.8}, by: agent}", call(*TALK))
    assert places(found) == [(2, 0, 12, True), (4, 4, 13, True)]
    assert found.hits[1].span is not None and found.hits[1].span.start == pytest.approx(40 + 4 * 4 / 14)
    assert "第 2 次重复「请您报一下用电户号」，与第 1 句相似 1.00" in found.hits[1].detail
    assert "repeat 2 of 请您报一下用电户号, like sentence 1 (1.00)" in found.hits[1].detail


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("times: 2, similarity: 0.8", [4]),
        ("times: 3, similarity: 0.8", []),
        ("look_back: 12 s, similarity: 0.8", [2]),
        ("look_back: 1 agent turn, similarity: 0.8", [2, 4]),
        ("look_back: 1 turn, similarity: 0.8", []),
        ("look_back: 1 agent turn, times: 2, similarity: 0.8", []),
        ("look_back: 2 agent turns, times: 2, similarity: 0.8", [4]),
        ("exempt: [用电户号]", []),
        ("exempt: [没关系], similarity: 0.8", [2, 4]),
        ("min_chars: 10, similarity: 0.8", []),
        ("min_chars: 9, similarity: 0.8", [2, 4]),
        ("of: other, similarity: 0.5", []),
    ],
)
def test_look_back_times_length_and_exempt_phrases(find, call, fields, expected) -> None:
    found = find(f"x: {{repeats: {{{fields}}}, by: agent}}", call(*TALK))
    assert [h.turn for h in found.hits] == expected and all(h.certain for h in found.hits)


def test_without_by_each_side_is_compared_with_itself(find, call) -> None:
    lines = (f"agent: {ASK}", f"customer: {ASK}", f"agent: {ASK}", "customer: 我家从早上就停电了", "customer: 我家从早上就停电了")
    assert [h.turn for h in find("x: {repeats: {}}", call(*lines)).hits] == [2, 4]
    assert [h.turn for h in find("x: {repeats: {of: other}, by: customer}", call(*lines)).hits] == [1]
    assert [h.turn for h in find("x: {repeats: {of: other}}", call(*lines)).hits] == [1, 2]


def test_the_same_sentence_twice_within_one_turn_counts(find, call) -> None:
    assert places(find("x: {repeats: {}, by: agent}", call(f"agent: ——。{ASK}。{ASK}；"))) == [(0, 13, 22, True)]


def test_the_earlier_sentence_may_lie_outside_the_window(find, call) -> None:
    assert [h.turn for h in find("x: {repeats: {}, by: agent, in: last 1 agent turns}", call(*TALK)).hits] == [4]


def test_only_the_sentence_with_the_phrase_is_exempt(find, call) -> None:
    lines = (f"agent: {ASK}。请稍等一下吧", f"agent: 请稍等一下吧。{ASK}", f"agent: {ASK}。请稍等一下吧")
    found = find("x: {repeats: {exempt: [稍等]}, by: agent}", call(*lines))
    assert places(found) == [(1, 7, 16, True), (2, 0, 9, True)]


def test_the_default_least_is_six_characters(find, call) -> None:
    assert find("x: {repeats: {}, by: agent}", call("agent: 请报下户号", "agent: 请报下户号")).verdict is MISS
    assert find("x: {repeats: {}, by: agent}", call("agent: 请报一下户号", "agent: 请报一下户号")).verdict is HIT


def test_a_value_belongs_to_its_own_sentence(find, call) -> None:
    """The number stands before, between or behind the repeated sentence, in another one each time."""
    lines = (f"agent: 电话13912345678。{ASK}", f"agent: {ASK}。电话13987654321", f"agent: {ASK}")
    assert [h.turn for h in find("x: {repeats: {min_chars: 8}, by: agent}", call(*lines)).hits if h.certain] == [1, 2]


def test_nobodys_voice_is_passed_over_and_hits_settle_the_rest(find, call) -> None:
    found = find(
        "x: {repeats: {}, by: agent}", call("other: 欢迎致电", f"agent: {ASK}", "other: 欢迎致电", f"agent: {ASK}", truncated=True)
    )
    assert places(found) == [(3, 0, 9, True)] and found.verdict is HIT


def test_likeness_by_letter_and_by_sound() -> None:
    said = ["请您报一下户号", "请您包一下护号", "好的请您报一下户号", "我家从早上就停电了", "请您报一下户号"]
    likeness = likenesses(said, [sound.sounds(text).loose for text in said], 0.5)
    assert set(likeness) == {1, 2, 4}, "each is compared with those before it"
    found = dict(likeness[4])
    assert found[0] == 1.0 and found[1] == 1.0, "the recogniser heard other characters of the same sound"
    assert found[2] == pytest.approx(2 * 7 / 16) and list(found) == [0, 1, 2]


def test_a_little_below_the_limit_is_doubtful(find, call) -> None:
    lines = (f"agent: {ASK}", f"agent: 好的{ASK}")  # 2·9 / (9 + 11) = 0.90
    assert find("x: {repeats: {similarity: 0.9}, by: agent}", call(*lines)).verdict is HIT
    assert find("x: {repeats: {similarity: 0.94}, by: agent}", call(*lines)).verdict is DOUBTFUL
    assert find("x: {repeats: {similarity: 0.96}, by: agent}", call(*lines)).verdict is MISS


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [
        ("您本月的电费是五十元整", "您本月的电费是六十元整", MISS),
        ("您本月的电费是50元整", "您本月的电费是五十元整", HIT),
        ("这个业务可以在网上办理", "这个业务不可以在网上办理", MISS),
        ("i can help you with that bill", "i cannot help you with that bill", MISS),
        ("i can help you with that bill", "i can help you with that bill", HIT),
        ("我的电话是13912345678没错", "我的电话是13912345678没错", HIT),
        ("我的电话是13912345678没错", "我的电话是13987654321没错", MISS),
        ("我的电话是13912345678没错", "我的电话是没错没错", MISS),
    ],
)
def test_numbers_negations_and_personal_values_make_another_sentence(find, call, first, second, verdict) -> None:
    lines = (f"agent: {first}", "customer: 好", f"agent: {second}")
    assert find("x: {repeats: {similarity: 0.75}, by: agent}", call(*lines)).verdict is verdict


def test_values_that_cannot_be_compared_are_doubtful(find, call) -> None:
    base = call("agent: 我的电话是13912345678没错", "customer: 好", "agent: 我的电话是13912345678没错")
    blind = replace(base.turns[2], tokens=tuple(replace(t, whole="", last_four="") for t in base.turns[2].tokens))
    assert find("x: {repeats: {}, by: agent}", replace(base, turns=(*base.turns[:2], blind))).verdict is DOUBTFUL
    other = replace(base.turns[2], tokens=tuple(replace(t, kind="account") for t in base.turns[2].tokens))
    assert find("x: {repeats: {}, by: agent}", replace(base, turns=(*base.turns[:2], other))).verdict is MISS


def test_guarded_words() -> None:
    assert guarded("没有五十元") == ("没", "五", "十") and guarded("i dont know 12 of them") == ("dont", "12")
    assert guarded("这里是国家电网") == ()


@pytest.mark.parametrize("index", [0, 2])
def test_an_unsure_speaker_and_unsure_words_make_it_doubtful(find, call, index) -> None:
    base = call(f"agent: {ASK}", "customer: 我找一下", f"agent: {ASK}")

    def with_turn(**changes: object):
        turns = list(base.turns)
        turns[index] = replace(turns[index], **changes)
        return replace(base, turns=tuple(turns))

    rule = "x: {repeats: {}, by: agent}"
    assert find(rule, with_turn(role=Role.UNKNOWN)).verdict is DOUBTFUL
    assert find(rule, with_turn(confidence=0.1)).verdict is DOUBTFUL
    found = find(rule, with_turn(confidence=0.1))
    assert "可能是重复" in found.hits[0].doubt and found.hits[0].turn == 2
    assert find(rule, with_turn(role=Role.OTHER)).verdict is MISS
    assert find("x: {repeats: {}}", with_turn(role=Role.UNKNOWN)).verdict is DOUBTFUL


def test_of_two_earlier_ones_the_certain_one_settles_it(find, call) -> None:
    base = call(f"agent: {ASK}", f"agent: {ASK}", f"agent: {ASK}")
    mixed = replace(base, turns=(base.turns[0], replace(base.turns[1], confidence=0.1), base.turns[2]))
    assert places(find("x: {repeats: {}, by: agent}", mixed)) == [(1, 0, 9, False), (2, 0, 9, True)]
    assert places(find("x: {repeats: {times: 2}, by: agent}", mixed)) == [(2, 0, 9, False)]


def test_without_times_a_distance_in_seconds_is_doubtful_and_without_text_nothing_can_be_said(find, call) -> None:
    untimed = call(f"agent: {ASK}", f"agent: {ASK}")
    assert find("x: {repeats: {look_back: 10 s}, by: agent}", untimed).verdict is DOUBTFUL
    assert find("x: {repeats: {look_back: 10 turns}, by: agent}", untimed).verdict is HIT
    assert find("x: {repeats: {}, by: agent}", call("agent@0-4:", "customer@4-5:")).verdict is DOUBTFUL
    assert find("x: {repeats: {}, by: agent}", call(f"agent@0-4: {ASK}", truncated=True)).verdict is DOUBTFUL


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ("look_back: soon", "'soon' is not a distance"),
        ("similarity: 0.4", "not a number from 0.5 to 1"),
        ("min_chars: 1", "not a number from 2 to 200"),
        ("times: 0", "not a number from 1 to 50"),
        ("of: both", "'both' is not known"),
        ("exempt: []", "empty list"),
        ("similar: 1", "is not known here"),
    ],
)
def test_what_cannot_be_meant(one_item, fields, problem) -> None:
    with pytest.raises(BadRule, match=problem):
        one_item(f"x: {{repeats: {{{fields}}}}}")

"""say, regex and similar_to where a small change would go unnoticed: counts, doubts, ends of the call, exclusions."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hotline.errors import BadRule
from qa.rules.verdict import Verdict

HIT, MISS, DOUBTFUL = Verdict.HIT, Verdict.MISS, Verdict.DOUBTFUL


def places(found):
    return [(h.turn, h.start, h.end, h.certain) for h in found.hits]


class TestSay:
    def test_of_several_phrases_each_keeps_its_own_doubt(self, find, call) -> None:
        base = call("agent: 请报地址", "customer: 好", "agent: 还有电话")
        made = replace(base, turns=(*base.turns[:2], replace(base.turns[2], confidence=0.1)))
        found = find("x: {say: {all: [地址, 电话]}, by: agent}", made)
        assert places(found) == [(0, 2, 4, False), (2, 2, 4, False)]
        assert "只说了一部分" in found.hits[0].doubt and "只说了一部分" not in found.hits[1].doubt

    def test_what_was_not_said_is_shown_where_the_search_began(self, find, call) -> None:
        made = call("agent: 您好", "customer: 好", "agent: 请讲")
        assert places(find("x: {say: {none: [喂]}, by: agent, in: last 1 agent turns}", made)) == [(2, 0, 0, True)]
        assert places(find("x: {say: {none: [喂]}, by: agent, in: turns 40 to 50}", made)) == [(None, 0, 0, True)]

    def test_nothing_said_on_a_cut_recording_is_doubtful(self, find, call) -> None:
        found = find("x: {say: {none: [喂]}, by: agent}", call("agent: 您好", truncated=True))
        assert places(found) == [(0, 0, 0, False)] and "录音不完整" in found.hits[0].doubt

    def test_a_hit_settles_whether_but_not_how_often_on_a_cut_recording(self, find, call) -> None:
        found = find("x: {say: 您好, by: agent}", call("agent: 您好", truncated=True))
        assert found.verdict is HIT and "录音不完整" in found.unsure

    def test_likenesses_are_sought_only_while_nothing_certain_settles_it(self, find, call) -> None:
        made = call("agent: 这里是国家店网", "customer: 好", "agent: 国家电网")
        assert places(find("x: {say: 国家电网, by: agent}", made)) == [(2, 0, 4, True)]
        assert [h.turn for h in find("a: {say: 好}\nx: {say: 国家电网, by: agent, around: each a, within: 1 turn}", made).hits] == [0, 2]

    def test_by_sound_only_where_it_is_allowed(self, find, call) -> None:
        made = call("agent: 这里是国家店网")
        assert find("x: {say: 国家电网, by: agent}", made).verdict is HIT
        assert find("x: {say: 国家电网, by: agent, by_sound: false}", made).verdict is MISS


class TestRegex:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("九五五九八转九五五", [(0, 0, 5, True), (0, 6, 9, True)]),
            ("不能九五五九八", [(0, 4, 7, True)]),  # the exclusion overlaps the first match, not the other pattern's
            ("不能九五五", []),
            ("不能说九五五九八", [(0, 3, 8, True)]),
            ("九五五九八不能", [(0, 0, 5, True)]),
        ],
    )
    def test_the_first_of_overlapping_matches_and_none_that_an_exclusion_overlaps(self, find, call, text, expected) -> None:
        rule = "x: {regex: ['九五五九?八?', '五九八'], exclude: '不能九', by: agent}"
        assert places(find(rule, call(f"agent: {text}"))) == expected

    def test_matches_of_several_sentences_stand_in_order(self, find, call) -> None:
        found = find("x: {regex: ['乙', '甲'], by: agent}", call("agent: 甲乙", "agent: 乙甲"))
        assert places(found) == [(0, 0, 1, True), (0, 1, 2, True), (1, 0, 1, True), (1, 1, 2, True)]

    def test_unsure_words_and_missing_text(self, find, call) -> None:
        base = call("agent: 请讲九五")
        found = find("x: {regex: 九五, by: agent}", replace(base, turns=(replace(base.turns[0], confidence=0.1),)))
        assert places(found) == [(0, 2, 4, False)] and "识别置信度低" in found.hits[0].doubt
        assert find("x: {regex: 九五, by: agent}", call("agent@0-4:")).unsure
        found = find("x: {regex: 九五, by: agent}", call("agent: 九五", truncated=True))
        assert found.verdict is HIT and "录音不完整" in found.unsure


class TestSimilarTo:
    RULE = "x: {similar_to: 请您先不要着急, at_least: 0.8, by: agent%s}"

    def test_the_best_model_sentence_of_several_is_named(self, find, call) -> None:
        rule = "x: {similar_to: [我理解您的心情, 请您先不要着急], by: agent}"
        found = find(rule, call("agent: 好的，请您先不要着急"))
        assert places(found) == [(0, 3, 10, True)] and "≈「请您先不要着急」1.00" in found.hits[0].detail

    def test_the_closest_of_two_close_ones_is_named(self, find, call) -> None:
        rule = "x: {similar_to: [请您先不要着急好吗, 请您先不要着急], at_least: 0.7, by: agent}"
        assert "≈「请您先不要着急」1.00" in find(rule, call("agent: 好的好的，请您先不要着急")).hits[0].detail

    def test_a_likeness_by_sound_stands_at_its_characters(self, find, call) -> None:
        found = find(self.RULE % "", call("agent: ok，请您先部要着急"))
        assert places(found) == [(0, 3, 10, True)] and "1.00" in found.hits[0].detail

    def test_the_ends_of_what_may_be_written(self, one_item) -> None:
        for limit, good in (("0.5", True), ("1", True), ("0.49", False), ("1.01", False)):
            rule = f"x: {{similar_to: 请您先不要着急, at_least: {limit}}}"
            if good:
                one_item(rule)
            else:
                with pytest.raises(BadRule, match=r"not a number from 0\.5 to 1"):
                    one_item(rule)

    def test_an_exclusion_voids_only_what_it_overlaps(self, find, call) -> None:
        text = "请您先不要着急。谁说不着急"
        assert places(find(self.RULE % ", exclude: [谁说]", call(f"agent: {text}"))) == [(0, 0, 7, True)]
        assert find(self.RULE % ", exclude: [先不要]", call(f"agent: {text}")).verdict is MISS

    def test_a_shorter_turn_is_compared_as_a_whole(self, find, call) -> None:
        assert places(find(self.RULE % "", call("agent: 您先不要着急"))) == [(0, 0, 6, True)]  # 2·6 / 13 = 0.92
        near = "x: {similar_to: 请您先不要着急, at_least: %s, by: agent}"
        assert find(near % 0.75, call("agent: 不要着急")).verdict is DOUBTFUL  # 2·4 / 11 = 0.73
        assert "与话术接近（0.73）" in find(near % 0.75, call("agent: 不要着急")).hits[0].doubt
        assert find(near % 0.8, call("agent: 不要着急")).verdict is MISS
        assert find(near % 0.72, call("agent: 不要着急")).verdict is HIT
        assert find(self.RULE % "", call("agent: 着急")).verdict is MISS

    def test_unsure_words_and_a_cut_recording(self, find, call) -> None:
        base = call("agent: 请您先不要着急")
        assert find(self.RULE % "", replace(base, turns=(replace(base.turns[0], confidence=0.1),))).verdict is DOUBTFUL
        assert find(self.RULE % "", call("agent: 您好", truncated=True)).unsure
        found = find(self.RULE % "", call("agent: 请您先不要着急", truncated=True))
        assert found.verdict is HIT and "录音不完整" in found.unsure


class TestSameValue:
    def test_by_default_the_other_side_repeats(self, find, call) -> None:
        lines = ("customer: 我电话13912345678", "agent: 是13912345678", "customer: 对13912345678")
        assert [h.turn for h in find("x: {same_value: phone}", call(*lines)).hits] == [1]
        assert [h.turn for h in find("x: {same_value: phone, by: customer}", call(*lines)).hits] == [2]
        turned = ("agent: 您打13912345678", "customer: 是13912345678", "agent: 对13912345678")
        assert [h.turn for h in find("x: {same_value: phone, given_by: agent}", call(*turned)).hits] == [1]

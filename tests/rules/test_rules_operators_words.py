"""The operators on words: what each finds, where, and when it is in doubt."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qa.calls import Layout, Role, SourceKind, Span, TextSource, Turn, Word
from qa.rules.verdict import Verdict

HIT, MISS, DOUBTFUL = Verdict.HIT, Verdict.MISS, Verdict.DOUBTFUL


def places(found):
    return [(h.turn, h.start, h.end, h.certain) for h in found.hits]


class TestSay:
    def test_evidence_points_at_the_characters_as_written(self, find, call) -> None:
        found = find("x: {say: 您好国家电网, by: agent}", call("customer: 喂", "agent@2-6: 【您好】， 国家－电网！"))
        assert places(found) == [(1, 1, 11, True)]
        assert found.hits[0].span == Span(2 + 4 * 1 / 12, 2 + 4 * 11 / 12)

    def test_only_the_side_meant(self, find, call) -> None:
        assert find("x: {say: 您好, by: agent}", call("customer: 您好", "agent: 喂")).verdict is MISS
        assert find("x: {say: 您好}", call("customer: 您好", "agent: 喂")).verdict is HIT

    def test_one_saying_counts_once_by_its_longest_wording(self, find, call) -> None:
        assert places(find("x: {say: [您好, 您好啊, 你好]}", call("agent: 您好啊，你好"))) == [(0, 0, 3, True), (0, 4, 6, True)]

    @pytest.mark.parametrize("said", ["四十五分钟内到", "45分钟内到", "４５ 分钟 内到"])
    def test_numbers_have_one_spelling(self, find, call, said) -> None:
        assert find("x: {say: 45分钟内}", call(f"agent: {said}")).verdict is HIT

    def test_another_number_is_another_phrase(self, find, call) -> None:
        for said in ("四十分钟内到", "五十五分钟内到", "十五分钟内到", "九十分钟内到"):
            assert find("x: {say: 四十五分钟内到}", call(f"agent: {said}")).verdict is MISS

    def test_a_number_half_heard_is_for_a_person(self, find, call) -> None:
        assert find("x: {say: 四十五分钟内到}", call("agent: 是十五分钟内到")).verdict is DOUBTFUL

    @pytest.mark.parametrize(
        ("phrase", "said", "verdict"),
        [
            ("请(您)稍(等|候)", "请稍候", HIT),
            ("请(您)稍(等|候)", "请您稍等", HIT),
            ("请(您|你|)坐", "请坐", HIT),
            ("(帮|为)您查", "您查", MISS),
            ("会…联系您", "会尽快有人联系您", HIT),
            ("会…联系您", "会的，我这边一定让他们明天联系您", MISS),
            ("还有…帮您", "还有什么可以帮您", HIT),
        ],
    )
    def test_notation(self, find, call, phrase, said, verdict) -> None:
        assert find(f"x: {{say: {phrase}, by_sound: false}}", call(f"agent: {said}")).verdict is verdict

    def test_exclusions_void_the_place_they_overlap_only(self, find, call) -> None:
        condition = "x: {say: 满意, exclude: [不满意]}"
        assert find(condition, call("agent: 您不满意")).verdict is MISS
        assert places(find(condition, call("agent: 不满意吗？满意吗？"))) == [(0, 5, 7, True)]

    def test_latin_words_match_whole(self, find, call) -> None:
        assert find("x: {say: bye, by_sound: false}", call("agent: I stand by the byelaw")).verdict is MISS
        assert find('x: {say: ["i\'m sorry"]}', call("agent: I’m  SORRY!")).verdict is HIT

    def test_a_phrase_may_run_over_two_sentences_but_not_over_a_pause(self, find, call) -> None:
        condition = "x: {say: 请问有什么可以帮您, by_sound: false}"
        assert places(find(condition, call("agent: 您好请问有什么", "agent: 可以帮您"))) == [(0, 2, 7, True)]
        assert find(condition, call("agent@0-2: 您好请问有什么", "agent@9-10: 可以帮您")).verdict is MISS

    @pytest.mark.parametrize(
        ("said", "verdict"),
        [("请问有什么可一帮您", HIT), ("请问有什么可以帮宁", HIT), ("请问有什么克以邦您", HIT), ("请问友三么可以帮您", HIT),
         ("请问有啥能帮", MISS), ("请问有什啥可以办他", DOUBTFUL)],
    )  # fmt: skip
    def test_what_is_wanted_may_be_spelled_by_sound(self, find, call, said, verdict) -> None:
        assert find("x: {say: 请问有什么可以帮您}", call(f"agent: {said}")).verdict is verdict

    def test_an_accusation_by_sound_is_never_certain_and_never_short(self, find, call) -> None:
        assert find("x: {say: 神经病, by: agent}", call("agent: 神京病"), forbid=True).verdict is DOUBTFUL
        assert find("x: {say: 混蛋, by: agent}", call("agent: 昏淡"), forbid=True).verdict is MISS
        assert find("x: {say: 混蛋, by: agent}", call("agent: 混蛋"), forbid=True).verdict is HIT

    def test_by_sound_can_be_switched_off(self, find, call) -> None:
        assert find("x: {say: 请问有什么可以帮您, by_sound: false}", call("agent: 请问有什么可一帮您")).verdict is MISS

    def test_negation_is_no_likeness(self, find, call) -> None:
        assert find("x: {say: 这个情况需要登记}", call("agent: 这个情况不需要登记")).verdict is MISS

    @pytest.mark.parametrize(
        ("condition", "said", "verdict"),
        [
            ("{say: {all: [姓名, 地址]}}", "姓名和地址", HIT),
            ("{say: {all: [姓名, 地址]}}", "姓名和电话", MISS),
            ("{say: {at_least: 2, of: [姓名, 地址, 电话]}}", "电话和地址", HIT),
            ("{say: {at_least: 2, of: [姓名, 地址, 电话]}}", "电话电话", MISS),
            ("{say: {none: [喂]}}", "您好", HIT),
            ("{say: {none: [喂]}}", "喂", MISS),
        ],
    )
    def test_how_many(self, find, call, condition, said, verdict) -> None:
        assert find(f"x: {condition}", call(f"agent: {said}")).verdict is verdict

    def test_too_few_for_certain_but_enough_with_the_doubtful(self, find, call) -> None:
        base = call("agent: 请说姓名", "customer: 张三", "agent: 还有地址")
        unsure = replace(base, turns=(*base.turns[:2], replace(base.turns[2], confidence=0.1)))
        found = find("x: {say: {all: [姓名, 地址]}}", unsure)
        assert found.verdict is DOUBTFUL and [h.turn for h in found.hits] == [0, 2]

    def test_words_the_recogniser_doubts(self, find, call) -> None:
        sure = call("agent: 您好请讲")
        turn = sure.turns[0]
        low = replace(sure, turns=(replace(turn, confidence=0.2),))
        assert find("x: {say: 您好}", low).verdict is DOUBTFUL
        assert find("x: {say: 再见}", low).unsure
        assert find("x: {say: 再见}", low, forbid=True).verdict is MISS
        words = tuple(Word(c, i, Span(i, i + 1), 0.1 if i < 2 else 0.9) for i, c in enumerate(turn.text))
        by_word = replace(sure, turns=(replace(turn, words=words, confidence=0.9),))
        assert find("x: {say: 您好}", by_word).verdict is DOUBTFUL
        assert find("x: {say: 请讲}", by_word).verdict is HIT

    def test_unsure_roles_make_hits_doubtful(self, find, call) -> None:
        base = call("agent: 您好")
        unsure = replace(base, turns=(replace(base.turns[0], role_confidence=0.4),))
        unknown = replace(base, turns=(replace(base.turns[0], role=Role.UNKNOWN),))
        for changed in (unsure, unknown):
            assert find("x: {say: 您好, by: agent}", changed).verdict is DOUBTFUL
            assert find("x: {say: 您好}", changed).verdict is HIT
        other = replace(base, turns=(replace(base.turns[0], role=Role.OTHER),))
        assert find("x: {say: 您好}", other).verdict is MISS

    def test_without_text_nothing_is_certain(self, find) -> None:
        from qa.calls import Call

        silent = Call("c", (Turn(0, Role.AGENT, "", Span(0, 5), source=TextSource(SourceKind.NONE)),), 5, Layout.STEREO)
        assert find("x: {say: 您好}", silent).verdict is DOUBTFUL
        assert find("x: {regex: 您好}", silent).verdict is DOUBTFUL
        assert find("x: {similar_to: 您好这里是国家电网}", silent).verdict is DOUBTFUL

    def test_a_cut_recording_hides_its_end(self, find, call) -> None:
        cut = call("agent: 您好", "customer: 停电了", truncated=True)
        assert find("x: {say: 再见, by: agent, in: last 2 agent turns}", cut).verdict is DOUBTFUL
        assert find("x: {say: 欢迎, by: agent, in: first 1 agent turns}", cut).verdict is MISS


class TestRegex:
    def test_each_match_with_its_characters(self, find, call) -> None:
        found = find("x: {regex: '1\\d{4}', by: customer}", call("customer: 电话12345或12398。", "agent: 12345"))
        assert places(found) == [(0, 2, 7, True), (0, 8, 13, True)]

    def test_of_overlapping_matches_the_first_counts(self, find, call) -> None:
        assert places(find("x: {regex: [停电, 电了]}", call("customer: 停电了又停电了"))) == [(0, 0, 2, True), (0, 4, 6, True)]
        beside = find("x: {regex: 停电, exclude: [怕, 了]}", call("customer: 怕停电了"))
        assert places(beside) == [(0, 1, 3, True)], "an exclusion beside a match voids nothing"

    def test_exclusion_and_plain_text(self, find, call) -> None:
        condition = "x: {regex: '四十五.{0,6}到', text: plain, exclude: '不.{0,3}四十五'}"
        assert places(find(condition, call("agent: 45分钟，准到"))) == [(0, 0, 7, True)]
        assert find(condition, call("agent: 不是45分钟到")).verdict is MISS

    def test_characters_beyond_the_basic_plane_keep_offsets(self, find, call) -> None:
        assert places(find("x: {regex: 电网}", call("agent: 😀国家电网"))) == [(0, 3, 5, True)]


class TestSimilarTo:
    def test_the_closest_stretch(self, find, call) -> None:
        found = find("x: {similar_to: 这里是国家电网客服, at_least: 0.75}", call("agent: 您好，这里是国家电网的客服，请讲"))
        assert found.verdict is HIT
        turn, start, end, _ = places(found)[0]
        assert turn == 0 and "国家电网" in "您好，这里是国家电网的客服，请讲"[start:end]

    @pytest.mark.parametrize(("said", "verdict"), [("这里是国家店网客服", HIT), ("您好", MISS), ("客服", MISS), ("这里是市政府", MISS)])
    def test_by_sound_and_short_turns(self, find, call, said, verdict) -> None:
        assert find("x: {similar_to: 这里是国家电网客服}", call(f"agent: {said}")).verdict is verdict

    def test_just_below_is_doubtful(self, find, call) -> None:
        assert find("x: {similar_to: 请您先不要着急, at_least: 0.75}", call("agent: 请您先着急着说")).verdict is DOUBTFUL

    def test_negation_needs_an_exclusion(self, find, call) -> None:
        said = call("agent: 我不理解您现在的心情")
        assert find("x: {similar_to: 我理解您现在的心情}", said).verdict is HIT
        assert find("x: {similar_to: 我理解您现在的心情, exclude: [不理解]}", said).verdict is MISS

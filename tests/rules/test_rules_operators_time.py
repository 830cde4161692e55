"""The operators on time and on the whole call: what each finds, where, and when it is in doubt."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qa.calls import Sound, SoundKind, Span
from qa.rules.conditions.interruption import is_backchannel
from qa.rules.verdict import Verdict

HIT, MISS, DOUBTFUL = Verdict.HIT, Verdict.MISS, Verdict.DOUBTFUL


def places(found):
    return [(h.turn, h.start, h.end, h.certain) for h in found.hits]


class TestSilence:
    def gaps(self, find, call, *lines, over="10 s", awaiting="agent", **facts):
        return places(find(f"x: {{silence: {{over: {over}, awaiting: {awaiting}}}}}", call(*lines, **facts)))

    def test_a_gap_lies_behind_the_sentence_before_it(self, find, call) -> None:
        found = find("x: {silence: {over: 10 s, awaiting: agent}}", call("customer@0-3: 停电了", "agent@15-16: 嗯"))
        assert places(found) == [(0, 3, 3, True)]
        assert found.hits[0].span == Span(3.0, 15.0)

    @pytest.mark.parametrize(
        ("before", "after", "whose"),
        [
            ("customer@0-3: 停电了", "agent@15-16: 好", "agent"),
            ("customer@0-3: 停电了", "customer@15-16: 喂", "agent"),
            ("customer@0-3: 等一下我找找", "customer@15-16: 找到了", "customer"),
            ("agent@0-3: 请问户号是多少？", "customer@15-16: 零零一", "customer"),
            ("agent@0-3: 请问户号是多少？", "agent@15-16: 喂", "customer"),
            ("agent@0-3: 好的。", "agent@15-16: 查到了", "agent"),
            ("agent@0-3: 请稍等。", "customer@15-16: 好了吗", "agent"),
            ("agent@0-3: 好的。", "customer@15-16: 喂，还在吗", "agent"),
        ],
    )
    def test_whose_turn_it_was(self, find, call, before, after, whose) -> None:
        for side in ("agent", "customer"):
            assert bool(self.gaps(find, call, before, after, awaiting=side)) is (side == whose)
        assert self.gaps(find, call, before, after, awaiting="any")

    def test_the_limit_and_the_doubt_around_it(self, find, call) -> None:
        assert self.gaps(find, call, "customer@0-3: 停电", "agent@12.7-14: 好") == []
        assert self.gaps(find, call, "customer@0-3: 停电", "agent@13.1-14: 好") == [(0, 2, 2, False)]
        assert self.gaps(find, call, "customer@0-3: 停电", "agent@13.5-14: 好") == [(0, 2, 2, True)]

    @pytest.mark.parametrize(
        ("kind", "start", "end", "left"),
        [
            (SoundKind.MUSIC, 5, 35, []),
            (SoundKind.RING, 3, 36, []),
            (SoundKind.IVR, 14, 24, [(3, 14), (24, 36)]),
            (SoundKind.MUSIC, 3, 20, [(20, 36)]),
            (SoundKind.MUSIC, 40, 60, [(3, 36)]),
            (SoundKind.HOLD, 3, 36, [(3, 36)]),
        ],
    )
    def test_what_sounds_but_is_no_word_is_taken_out_of_a_gap(self, find, call, kind, start, end, left) -> None:
        talk = replace(call("customer@0-3: 停电了", "agent@36-40: 好"), sounds=(Sound(kind, Span(start, end)),))
        found = find("x: {silence: {over: 10 s, awaiting: agent}}", talk)
        assert [(h.span.start, h.span.end) for h in found.hits] == left

    def test_music_is_not_silence_and_overlapping_speech_leaves_no_gap(self, find, call) -> None:
        assert self.gaps(find, call, "customer@0-3: 停电", "other@4-14: 音乐", "agent@15-16: 好") == []
        assert self.gaps(find, call, "customer@0-20: 停电啊", "agent@1-2: 嗯", "agent@21-22: 好") == []

    def test_the_start_and_the_end_of_the_call(self, find, call) -> None:
        assert self.gaps(find, call, "agent@12-13: 您好") == [(0, 0, 0, True)]
        assert self.gaps(find, call, "customer@0-1: 喂", "agent@1-2: 再见", duration=30) == []
        assert self.gaps(find, call, "agent@0-1: 您好", "customer@1-2: 停电了", duration=30) == [(1, 3, 3, True)]
        assert self.gaps(find, call, "agent@0-1: 您好", "customer@1-2: 停电了", duration=30, truncated=True) == []

    def test_unknown_speaker_or_times(self, find, call) -> None:
        assert self.gaps(find, call, "unknown@0-1: 嗯", "agent@15-16: 好") == [(0, 1, 1, False)]
        assert find("x: {silence: {over: 10 s}}", call("agent: 您好")).verdict is DOUBTFUL

    RULE = """
        hold: {say: 请稍等, by: agent}
        x: {silence: {over: 10 s, awaiting: agent}, unless: [{after: hold, within: 2 turns, expires: 60 s}]}
    """

    def test_one_request_excuses_one_gap(self, find, call) -> None:
        lines = ("agent@0-2: 请稍等。", "agent@15-16: 还在查。", "agent@30-31: 查到了。")
        assert places(find(self.RULE, call(*lines))) == [(1, 4, 4, True)]

    def test_an_excuse_expires_and_fades_with_distance(self, find, call) -> None:
        assert places(find(self.RULE, call("agent@0-2: 请稍等。", "agent@70-71: 好了。"))) == [(0, 4, 4, True)]
        far = call("agent@0-2: 请稍等", "customer@2-3: 好的呢", "agent@3-4: 户号", "customer@4-5: 零零一", "agent@17-18: 好")
        assert places(find(self.RULE, far)) == [(3, 3, 3, True)]

    def test_a_doubtful_excuse_makes_the_gap_doubtful(self, find, call) -> None:
        base = call("agent@0-2: 请稍等。", "agent@15-16: 查到了。")
        low = replace(base, turns=(replace(base.turns[0], confidence=0.1), base.turns[1]))
        assert places(find(self.RULE, low)) == [(0, 4, 4, False)]


class TestSpeechRate:
    def test_average_and_sentence(self, find, call) -> None:
        lines = ("agent@0-2: 一二三四五六七八九十", "agent@3-9: 一二三四五六七八九十")
        assert find("x: {speech_rate: {over: 200}, by: agent}", call(*lines)).verdict is MISS
        assert places(find("x: {speech_rate: {over: 120}, by: agent}", call(*lines))) == [(0, 0, 10, True)]
        assert places(find("x: {speech_rate: {over: 200, per: sentence}, by: agent}", call(*lines))) == [(0, 0, 10, True)]

    def test_near_the_limit_is_doubtful(self, find, call) -> None:
        lines = ("agent@0-2: 一二三四五六七八九十",)
        assert find("x: {speech_rate: {over: 305}, by: agent}", call(*lines)).verdict is DOUBTFUL
        assert find("x: {speech_rate: {under: 120}, by: agent}", call(*lines)).verdict is MISS
        assert find("x: {speech_rate: {under: 400}, by: agent}", call(*lines)).verdict is HIT

    def test_numbers_as_read_and_no_fillers(self, find, call) -> None:
        """嗯 does not count, 120 is read 一百二十: 一百二十元 plus five more is ten characters in two seconds."""
        found = find("x: {speech_rate: {over: 200, min_chars: 10}, by: agent}", call("agent@0-2: 嗯嗯您电费要交120元"))
        assert "300 字/分" in found.hits[0].detail

    def test_short_sentences_do_not_count(self, find, call) -> None:
        assert find("x: {speech_rate: {over: 100}, by: agent}", call("agent@0-0.5: 好的好的")).verdict is MISS

    def test_without_times_it_cannot_be_told(self, find, call) -> None:
        assert find("x: {speech_rate: {over: 100}, by: agent}", call("agent: 您好这里是国家电网")).verdict is DOUBTFUL


class TestInterruption:
    RULE = "x: {interruption: {overlap: 0.5 s, min_chars: 4}, by: agent}"

    def test_the_joint_stretch_is_the_evidence(self, find, call) -> None:
        found = find(self.RULE, call("customer@0-4: 我家从早上就停电", "agent@3-6: 停电请报地址"))
        assert places(found) == [(1, 0, 6, True)]
        assert found.hits[0].span == Span(3.0, 4.0)

    @pytest.mark.parametrize(
        "lines",
        [
            ("customer@0-4: 我家从早上就停电", "agent@3.7-6: 停电请报地址"),  # too short together
            ("customer@0-4: 我家从早上就停电", "agent@2-3: 嗯嗯嗯嗯"),  # a listener's noise
            ("customer@0-4: 我家从早上就停电", "agent@2-3: 对对对"),
            ("customer@2-4: 嗯嗯", "agent@3-6: 停电请报地址"),  # nothing to interrupt
            ("agent@0-4: 停电请报地址", "customer@3-6: 我家从早上就停电"),  # the other way round
            ("customer@0-4: 我家从早上就停电", "agent@0.1-4: 停电请报地址"),  # both at once
            ("agent@0-3: 停电请报地址吧", "customer@2-5: 我家从早上就停电", "agent@3.2-6: 报一下地址好吗"),  # goes on
        ],
    )
    def test_what_is_no_interruption(self, find, call, lines) -> None:
        assert find(self.RULE, call(*lines)).verdict is MISS

    def test_without_words_its_length_counts(self, find, call) -> None:
        assert find(self.RULE, call("customer@0-4: 我家从早上就停电", "agent@2-4:")).verdict is HIT
        assert find(self.RULE, call("customer@0-4: 我家从早上就停电", "agent@2-2.6:")).verdict is MISS

    def test_mono_is_doubtful_when_found_and_a_note_when_not(self, find, call) -> None:
        lines = ("customer@0-4: 我家从早上就停电", "agent@3-6: 停电请报地址")
        assert places(find(self.RULE, call(*lines, layout="mono"))) == [(1, 0, 6, False)]
        none = find(self.RULE, call("customer@0-4: 我家从早上就停电", layout="mono"))
        assert none.verdict is MISS and none.note

    def test_mono_overlap_heard_by_the_detector(self, find, call) -> None:
        base = call("customer@0-3: 我家从早上就停电", "agent@3.1-6: 停电请报地址", layout="mono")
        assert find(self.RULE, base).verdict is MISS
        assert find(self.RULE, replace(base, overlaps=(Span(2.8, 3.6),))).verdict is DOUBTFUL

    def test_either_side(self, find, call) -> None:
        lines = ("agent@0-4: 停电请报地址", "customer@3-6: 我家从早上就停电")
        assert find("x: {interruption: {}, by: customer}", call(*lines)).verdict is HIT

    def test_backchannels(self) -> None:
        assert is_backchannel("好的") and is_backchannel("嗯嗯") and is_backchannel("mm")
        assert not is_backchannel("好的我知道") and not is_backchannel("")

    @pytest.mark.parametrize(
        "said", ["嗯嗯好的", "好的好的", "对对对对", "好嘞好嘞", "嗯好的知道了", "是的没错", "哦明白明白", "yeah ok", "嗯 ok"]
    )
    def test_rows_of_them(self, find, call, said) -> None:
        assert is_backchannel(said)
        assert find(self.RULE, call("customer@0-5: 我家从早上就停电", f"agent@3-6: {said}")).verdict is MISS

    @pytest.mark.parametrize("said", ["行了行了", "您先别说", "好的您听我说", "对不起", "是不是", "可以不用说了"])
    def test_what_wants_the_other_to_stop_is_none(self, said) -> None:
        assert not is_backchannel(said)

    def test_masked_digits_are_said(self, find, call) -> None:
        customer = "customer@0-5: 我家从早上就停电"
        assert find(self.RULE, call(customer, "agent@3-6: ***********")).verdict is HIT
        assert find(self.RULE, call(customer, "agent@3-6: 好的***********")).verdict is HIT
        assert find(self.RULE, call(customer, "agent@3-6: 号**")).verdict is MISS
        masked = ("customer@0-5: ***********", "agent@3-6: 您先说地址")
        assert find(self.RULE, call(*masked)).verdict is HIT


class TestWholeCall:
    @pytest.mark.parametrize(
        ("condition", "verdict"),
        [
            ("{over: 60 s}", HIT),
            ("{over: 80 s}", HIT),
            ("{over: 90 s}", MISS),
            ("{over: 2 min}", MISS),
            ("{under: 2 min}", HIT),
            ("{over: 10 s, under: 60 s}", MISS),
        ],
    )
    def test_duration(self, find, call, condition, verdict) -> None:
        assert find(f"x: {{duration: {condition}}}", call("agent@0-1: 您好", duration=90)).verdict is verdict

    def test_duration_of_a_cut_or_untimed_call(self, find, call) -> None:
        cut = call("agent@0-1: 您好", duration=90, truncated=True)
        assert find("x: {duration: {over: 60 s}}", cut).verdict is HIT
        assert find("x: {duration: {over: 100 s}}", cut).verdict is DOUBTFUL
        assert find("x: {duration: {under: 100 s}}", cut).verdict is DOUBTFUL
        assert find("x: {duration: {under: 60 s}}", cut).verdict is MISS
        assert find("x: {duration: {over: 1 s}}", call("agent: 您好")).verdict is DOUBTFUL

    @pytest.mark.parametrize(
        ("test", "verdict"),
        [
            ("metadata: meta.area, is: 城区", HIT),
            ("metadata: meta.area, is_not: 城区", MISS),
            ("metadata: meta.area, in_list: [农村, 城区]", HIT),
            ("metadata: meta.level, at_least: 3", HIT),
            ("metadata: meta.level, at_most: 2", MISS),
            ("metadata: meta.none, is: 1", MISS),
            ("metadata: meta.none, is_not: 1", HIT),
            ("metadata: queue, is: q0", HIT),
            ("metadata: direction, is: outbound", MISS),
            ("metadata: agent, not_in: [a1]", HIT),
        ],
    )
    def test_metadata(self, find, call, test, verdict) -> None:
        made = call("agent: 您好", meta={"area": "城区", "level": 3}, queue="q0")
        assert find(f"x: {{{test}}}", made).verdict is verdict

    def test_metadata_may_still_arrive(self, find, call) -> None:
        made = call("agent: 您好", metadata_closed=False)
        assert find("x: {metadata: meta.area, is: 城区}", made).verdict is DOUBTFUL
        assert find("x: {metadata: meta.area, is_not: 城区}", made).verdict is DOUBTFUL

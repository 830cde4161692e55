"""speech_rate in words and characters, and cut-ins of and into voices that are not sure."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hotline.errors import BadRule
from qa.calls import Role, Span, Word
from qa.rules.conditions.speech_rate import spoken_words
from qa.rules.verdict import Verdict

HIT, MISS, DOUBTFUL = Verdict.HIT, Verdict.MISS, Verdict.DOUBTFUL


def places(found):
    return [(h.turn, h.start, h.end, h.certain) for h in found.hits]


class TestSpeechRate:
    @pytest.mark.parametrize(
        ("text", "count"),
        [
            ("please hold the line", 4),
            ("um please uh hold", 2),
            ("45 minutes", 3),
            ("20 minutes", 2),
            ("12 minutes", 2),
            ("21 minutes", 3),
            ("5 minutes", 2),
            ("一二三 main street", 5),
            ("嗯 main street", 2),
            ("a4 paper", 3),
            ("", 0),
        ],
    )
    def test_words_as_said(self, text, count) -> None:
        assert spoken_words(text) == count

    def test_words_a_minute(self, find, call) -> None:
        text = "um, thank you for calling the power line now"  # 8 words in 2 s
        made = call(f"agent@0-2: {text}", "customer@2-9: hello")
        found = find("x: {speech_rate: {over: 200, unit: words}, by: agent}", made)
        assert (
            places(found) == [(0, 0, len(text), True)]
            and "240 词/分" in found.hits[0].detail
            and "240 words a minute" in found.hits[0].detail
        )
        assert find("x: {speech_rate: {over: 260, unit: words}, by: agent}", made).verdict is MISS
        assert find("x: {speech_rate: {over: 235, unit: words}, by: agent}", made).verdict is DOUBTFUL
        assert "480" in find("x: {speech_rate: {over: 300}, by: agent}", made).hits[0].detail, "a Latin word counts two characters"

    def test_a_masked_number_was_said(self, find, call) -> None:
        made = call("agent@0-4: my number is 13912345678 thanks")  # 4 words and 11 digits in 4 s
        assert "225 词/分" in find("x: {speech_rate: {over: 150, unit: words}, by: agent}", made).hits[0].detail

    @pytest.mark.parametrize(
        ("fields", "verdict"), [("", HIT), ("min_words: 4, ", HIT), ("min_words: 6, ", MISS), ("per: sentence, min_words: 5, ", HIT)]
    )
    def test_few_words_say_nothing(self, find, call, fields, verdict) -> None:
        made = call("agent@0-1: please hold the line now")
        assert find(f"x: {{speech_rate: {{{fields}over: 250, unit: words}}, by: agent}}", made).verdict is verdict

    def test_the_default_least_is_five_words_and_eight_characters(self, find, call) -> None:
        four, five = call("agent@0-1: please hold the line"), call("agent@0-1: please hold the line now")
        rule = "x: {speech_rate: {over: 100, unit: words}, by: agent}"
        assert find(rule, four).verdict is MISS and find(rule, five).verdict is HIT
        seven, eight = call("agent@0-1: 我们马上安排师"), call("agent@0-1: 我们马上安排师傅")
        rule = "x: {speech_rate: {over: 100}, by: agent}"
        assert find(rule, seven).verdict is MISS and find(rule, eight).verdict is HIT

    @pytest.mark.parametrize(
        ("fields", "good"),
        [
            ("over: 1", True),
            ("over: 0.9", False),
            ("under: 1", True),
            ("under: 0.9", False),
            ("over: 9, min_chars: 1", True),
            ("over: 9, min_chars: 0", False),
            ("over: 9, unit: words, min_words: 1", True),
            ("over: 9, unit: words, min_words: 0", False),
        ],
    )
    def test_the_ends_of_what_may_be_written(self, one_item, fields, good) -> None:
        if good:
            one_item(f"x: {{speech_rate: {{{fields}}}}}")
        else:
            with pytest.raises(BadRule, match="not a number from 1 to"):
                one_item(f"x: {{speech_rate: {{{fields}}}}}")

    def test_what_was_hardly_heard_is_doubtful(self, find, call) -> None:
        base = call("agent@0-2: 我们马上安排师傅上门", "agent@3-5: 我们马上安排师傅上门")
        low = [replace(t, confidence=0.1) for t in base.turns]
        each, mean = "x: {speech_rate: {over: 200, per: sentence}, by: agent}", "x: {speech_rate: {over: 200}, by: agent}"
        one = replace(base, turns=(low[0], base.turns[1]))
        assert places(find(each, one)) == [(0, 0, 10, False), (1, 0, 10, True)]
        assert "识别置信度低" in find(each, one).hits[0].doubt
        assert find(mean, one).verdict is HIT, "half of it was heard"
        assert find(mean, replace(base, turns=tuple(low))).verdict is DOUBTFUL

    def test_single_unsure_words_do_not_spoil_a_sentence(self, find, call) -> None:
        base = call("agent@0-2: 我们马上安排师傅上门")

        def heard(*unsure: int):
            words = tuple(Word(c, i, Span(i * 0.2, i * 0.2 + 0.2), 0.1 if i in unsure else 0.9) for i, c in enumerate(base.turns[0].text))
            return replace(base, turns=(replace(base.turns[0], words=words),))

        rule = "x: {speech_rate: {over: 200, per: sentence}, by: agent}"
        assert find(rule, heard(0, 1, 2)).verdict is HIT
        assert find(rule, heard(0, 1, 2, 3, 4)).verdict is HIT
        assert find(rule, heard(0, 1, 2, 3, 4, 5)).verdict is DOUBTFUL

    @pytest.mark.parametrize("seconds", [0.39, 0.4])
    def test_the_shortest_sentence(self, find, call, seconds) -> None:
        made = call(f"agent@0-{seconds}: 我们马上安排师傅上门")
        assert (find("x: {speech_rate: {over: 200}, by: agent}", made).verdict is HIT) is (seconds >= 0.4)

    def test_the_slowest_sentence_shows_a_slow_average(self, find, call) -> None:
        made = call("agent@0-9: 我们马上安排师傅上门", "agent@10-16: 我们马上安排师傅上门")
        assert places(find("x: {speech_rate: {under: 120}, by: agent}", made)) == [(0, 0, 10, True)]

    def test_text_without_times_and_times_without_text(self, find, call) -> None:
        assert "没有文本或时间" in find("x: {speech_rate: {over: 200}}", call("agent@0-4:")).unsure
        assert "没有文本或时间" in find("x: {speech_rate: {over: 200}}", call("agent: 我们马上安排师傅上门")).unsure

    @pytest.mark.parametrize(
        ("fields", "problem"),
        [
            ("over: 200, under: 100", "either over: or under:"),
            ("per: call", "either over: or under:"),
            ("over: 200, unit: letters", "'letters' is not known"),
            ("over: 200, min_words: 4", "does not go with unit: characters"),
            ("over: 200, unit: words, min_chars: 4", "does not go with unit: words"),
        ],
    )
    def test_what_cannot_be_meant(self, one_item, fields, problem) -> None:
        with pytest.raises(BadRule, match=problem):
            one_item(f"x: {{speech_rate: {{{fields}}}}}")


class TestInterruption:
    RULE = "x: {interruption: {overlap: 0.5 s, min_chars: 4}, by: agent}"
    LINES = ("customer@0-4: 我家从早上就停电", "agent@3-6: 停电请报地址")

    @pytest.mark.parametrize(
        ("fields", "verdict"),
        [
            ("overlap: 1 s", HIT),
            ("overlap: 1.1 s", MISS),
            ("min_chars: 6", HIT),
            ("min_chars: 7", MISS),
            ("delay: 3 s", HIT),
            ("delay: 3.1 s", MISS),
        ],
    )
    def test_overlap_characters_and_delay(self, find, call, fields, verdict) -> None:
        assert find(f"x: {{interruption: {{{fields}}}, by: agent}}", call(*self.LINES)).verdict is verdict

    @pytest.mark.parametrize(
        ("lines", "expected"),
        [
            (("unknown@0-4: 我家从早上就停电", "agent@3-6: 停电请报地址"), [(1, 0, 6, False)]),
            (("customer@0-4: 我家从早上就停电", "unknown@3-6: 停电请报地址"), [(1, 0, 6, False)]),
            (("unknown@0-4: 我家从早上就停电", "unknown@3-6: 停电请报地址"), [(1, 0, 6, False)]),
            (("unknown@0-4: 我家从早上就停电", "unknown@4-6: 停电请报地址"), []),
            (("unknown@0-4: 我家从早上就停电", "customer@3-6: 停电请报地址"), []),
            (("agent@0-4: 停电请报地址", "unknown@3-6: 我家从早上就停电"), []),
        ],
    )
    def test_who_is_not_known_is_doubtful(self, find, call, lines, expected) -> None:
        found = find(self.RULE, call(*lines))
        assert places(found) == expected and all("说话人不确定" in h.doubt for h in found.hits)

    def test_by_default_it_is_the_agent_who_cuts_in(self, find, call) -> None:
        assert find("x: {interruption: {}}", call(*self.LINES)).verdict is HIT
        assert find("x: {interruption: {}}", call("agent@0-4: 停电请报地址", "customer@3-6: 我家从早上就停电")).verdict is MISS
        unsure = call(*self.LINES)
        unsure = replace(unsure, turns=(unsure.turns[0], replace(unsure.turns[1], role_confidence=0.2)))
        assert find("x: {interruption: {}}", unsure).verdict is DOUBTFUL

    @pytest.mark.parametrize(
        ("text", "end", "verdict"),
        [
            ("停电请报地址", 5, HIT),  # words and two seconds agree
            ("停电请报地址", 4.2, DOUBTFUL),  # 1.2 s are too short to be sure of four characters
            ("我说啊", 5, DOUBTFUL),  # two seconds are more than three characters
            ("我说啊", 3.8, MISS),
            ("好的", 5, MISS),
        ],
    )
    def test_where_the_words_are_unsure_their_seconds_must_agree(self, find, call, text, end, verdict) -> None:
        base = call("customer@0-9: 我家从早上就停电", f"agent@3-{end}: {text}")
        unsure = replace(base, turns=(base.turns[0], replace(base.turns[1], confidence=0.1)))
        found = find(self.RULE, unsure)
        assert found.verdict is verdict
        assert all("识别置信度低" in h.doubt for h in found.hits if not h.certain)

    def test_what_is_too_short_hides_nothing_that_follows(self, find, call) -> None:
        made = call("customer@0-6: 我家从早上就停电", "agent@1-2: 那个", "agent@3-6: 停电请报地址")
        assert places(find(self.RULE, made)) == [(2, 0, 6, True)]

    def test_hits_stand_in_the_order_of_the_call(self, find, call) -> None:
        lines = (
            "customer@0-4: 我家从早上就停电",
            "unknown@3-5: 停电请报地址",
            "customer@10-14: 我说的是昨天",
            "agent@12-16: 您先报一下地址",
        )
        assert places(find(self.RULE, call(*lines))) == [(1, 0, 6, False), (3, 0, 7, True)]

    def test_a_rule_set_may_trust_mono_recordings(self, one_item, call) -> None:
        from qa.scoring import score

        for head, outcome in (("", "doubtful"), ("doubt: {mono: false}", "fail")):
            rules = one_item(self.RULE, "forbid: x", head)
            assert score(rules, call(*self.LINES, layout="mono")).item("i").outcome == outcome

    def test_the_note_stands_only_beside_a_mono_recording_without_any(self, find, call) -> None:
        none = ("customer@0-4: 我家从早上就停电", "agent@5-6: 停电请报地址")
        assert find(self.RULE, call(*none, layout="mono")).note and not find(self.RULE, call(*none)).note
        assert not find(self.RULE, call(*self.LINES, layout="mono")).note

    def test_where_overlaps_are_not_known_two_tracks_are_no_better_than_one(self, find, call) -> None:
        assert find(self.RULE, replace(call(*self.LINES), overlap_known=False)).verdict is DOUBTFUL

    @pytest.mark.parametrize(
        ("lines", "overlaps", "rule", "expected"),
        [
            # a cut-in by the clock, then another that only the detector heard, and the other way round
            (
                ("customer@0-4: 我家从早上就停电", "agent@3-3.8: 停电请报地址", "agent@4.5-6: 您先报一下地址"),
                ((4.4, 5.0),),
                "overlap: 0.5 s",
                [1, 2],
            ),
            (
                ("customer@0-3: 我家从早上停电", "agent@3.2-4: 停电请报地址", "customer@4.1-7: 我说的是昨天", "agent@4.8-6: 先报一下地址"),
                ((2.8, 3.6),),
                "overlap: 0.5 s",
                [1, 3],
            ),
            (("customer@0-4: 我家从早上就停电", "agent@2.8-5: 停电请报地址"), ((3.4, 5.0),), "overlap: 1.5 s", []),  # it began before
            (("agent@0-3: 停电请报地址", "agent@3.7-6: 您先报一下地址"), ((2.8, 4.5),), "overlap: 0.5 s", []),  # nobody else was speaking
        ],
    )
    def test_what_the_overlap_detector_hears_on_mono(self, find, call, lines, overlaps, rule, expected) -> None:
        made = replace(call(*lines, layout="mono"), overlaps=tuple(Span(*o) for o in overlaps))
        found = find(f"x: {{interruption: {{{rule}}}, by: agent}}", made)
        assert [(h.turn, h.certain) for h in found.hits] == [(turn, False) for turn in expected]

    def test_the_ends_of_what_may_be_written(self, one_item) -> None:
        for fields in ("min_chars: 0", "min_chars: 200", "overlap: 0.1 s"):
            one_item(f"x: {{interruption: {{{fields}}}}}")
        with pytest.raises(BadRule, match="not a number from 0 to 200"):
            one_item("x: {interruption: {min_chars: 201}}")

    def test_without_words_the_doubt_says_so(self, find, call) -> None:
        found = find(self.RULE, call("customer@0-9: 我家从早上就停电", "agent@3-4.2:"))
        assert found.verdict is DOUBTFUL and "没有文本" in found.hits[0].doubt

    def test_they_are_counted(self, one_item, call) -> None:
        from qa.scoring import score

        rules = one_item(self.RULE, "forbid: count(x) >= 2")
        once, twice = self.LINES, (*self.LINES, "customer@10-14: 我说的是昨天晚上", "agent@12-16: 您先报一下地址")
        assert score(rules, call(*once)).item("i").outcome == "pass"
        failed = score(rules, call(*twice)).item("i")
        assert failed.outcome == "fail" and [(e.turn, e.span) for e in failed.evidence] == [(1, Span(3, 4)), (3, Span(12, 14))]
        assert score(rules, call(*twice, layout="mono")).item("i").outcome == "doubtful"
        unsure = call(*twice)
        unsure = replace(unsure, turns=(*unsure.turns[:2], replace(unsure.turns[2], role=Role.UNKNOWN), unsure.turns[3]))
        assert score(rules, unsure).item("i").outcome == "doubtful"

    def test_without_times_it_cannot_be_told(self, find, call) -> None:
        assert "没有时间信息" in find(self.RULE, call("customer: 停电", "agent: 请报地址")).unsure

    def test_what_cannot_be_meant(self, one_item) -> None:
        with pytest.raises(BadRule, match=r"below 0\.1 s"):
            one_item("x: {interruption: {overlap: 0.05 s}}")

"""loudness and emotion: how somebody sounds, as it was measured or told for each sentence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hotline.errors import BadRule
from qa.calls import Role, Span, Voice
from qa.rules.verdict import Verdict
from qa.scoring import score

HIT, MISS, DOUBTFUL = Verdict.HIT, Verdict.MISS, Verdict.DOUBTFUL
LINES = tuple(f"{'customer' if i % 2 else 'agent'}@{4 * i}-{4 * i + 3}: 句子{i}" for i in range(12))


def places(found):
    return [(h.turn, h.start, h.end, h.certain) for h in found.hits]


@pytest.fixture
def heard(call):
    """The call of twelve sentences with a level for each; ``pitches`` in Hz; other values of single turns by keyword ``t3={...}``."""

    def make(levels, pitches=None, layout="stereo", overlaps=(), **changes):
        base = call(*LINES, layout=layout)
        turns = []
        for turn, level in zip(base.turns, levels, strict=True):
            voice = Voice(pitch=pitches[turn.index]) if pitches and pitches[turn.index] else None
            turns.append(replace(turn, loudness=level, voice=voice, **changes.get(f"t{turn.index}", {})))
        return replace(base, turns=tuple(turns), overlaps=overlaps)

    return make


EVEN = [-30.0, -25.0] * 6
"""The agent at −30 dBFS, the caller at −25."""


def louder(at: int, level: float) -> list[float]:
    return [level if i == at else even for i, even in enumerate(EVEN)]


class TestLoudness:
    @pytest.mark.parametrize(
        ("condition", "expected"),
        [
            ("{over: -20 dBFS}, by: agent", [(4, 0, 3, True)]),
            ("{over: -20}, by: agent", [(4, 0, 3, True)]),
            ("{over: -15 dBFS}, by: agent", [(4, 0, 3, False)]),
            ("{over: -14.5 dBFS}, by: agent", [(4, 0, 3, False)]),
            ("{over: -13.9 dBFS}, by: agent", []),
            ("{over: -16 dBFS}, by: agent", [(4, 0, 3, True)]),
            ("{over: -14 dBFS}, by: agent", [(4, 0, 3, False)]),
            ("{over: 14 dB, against: own}, by: agent", [(4, 0, 3, True)]),
            ("{over: 15 dB, against: own}, by: agent", [(4, 0, 3, False)]),
            ("{over: 17 dB, against: own}, by: agent", []),
            ("{over: 9 dB, against: other}, by: agent", [(4, 0, 3, True)]),
            ("{over: 11.5 dB, against: other}, by: agent", []),
            ("{over: 6 dB, against: own}, by: customer", []),
            ("{over: 6 dB, against: own}", [(4, 0, 3, True)]),
            ("{over: -27 dBFS, per: call}, by: customer", [(1, 0, 3, True)]),
            ("{over: -27 dBFS, per: call}, by: agent", []),
            ("{over: 3 dB, against: other, per: call}, by: customer", [(1, 0, 3, True)]),
            ("{under: -28 dBFS, per: call}, by: agent", [(0, 0, 3, True)]),
            ("{under: -30.5 dBFS, per: call}, by: agent", [(0, 0, 3, False)]),
            ("{under: -32 dBFS, per: call}, by: agent", []),
            ("{under: -3 dB, against: other, per: call}, by: agent", [(0, 0, 3, True)]),
        ],
    )
    def test_against_a_level_oneself_and_the_other(self, find, heard, condition, expected) -> None:
        found = find(f"x: {{loudness: {condition}}}", heard(louder(4, -15.0)))
        assert places(found) == expected
        assert all(("接近阈值" in h.doubt) is not h.certain for h in found.hits)

    def test_soft_sentences(self, find, heard) -> None:
        quiet = louder(6, -45.0)
        assert places(find("x: {loudness: {under: -40 dBFS}, by: agent}", heard(quiet))) == [(6, 0, 3, True)]
        assert places(find("x: {loudness: {under: -10 dB, against: own}, by: agent}", heard(quiet))) == [(6, 0, 3, True)]
        assert places(find("x: {loudness: {under: -44.5 dBFS}, by: agent}", heard(quiet))) == [(6, 0, 3, False)]
        assert places(find("x: {loudness: {under: -46.5 dBFS}, by: agent}", heard(quiet))) == []

    def test_the_level_is_said_and_the_seconds_are_those_of_the_sentence(self, find, heard) -> None:
        hit = find("x: {loudness: {over: -20 dBFS}, by: agent}", heard(louder(4, -15.0))).hits[0]
        assert "音量 -15.0 dBFS" in hit.detail and hit.span == Span(16.0, 19.0)
        assert "+15.0 dB" in find("x: {loudness: {over: 8 dB, against: own}, by: agent}", heard(louder(4, -15.0))).hits[0].detail
        loudest = louder(3, -20.0)
        assert places(find("x: {loudness: {over: -27 dBFS, per: call}, by: customer}", heard(loudest))) == [(3, 0, 3, True)]
        assert "音量中位数 -25.0 dBFS" in find("x: {loudness: {over: -27 dBFS, per: call}, by: customer}", heard(loudest)).hits[0].detail

    SHOUT = "x: {loudness: {over: 8 dB, against: own, pitch: 3}, by: agent}"

    @pytest.mark.parametrize(
        ("hz", "verdict"), [(200.0, MISS), (230.0, MISS), (234.0, DOUBTFUL), (238.0, DOUBTFUL), (250.0, HIT), (None, DOUBTFUL)]
    )
    def test_a_shout_is_louder_and_higher(self, find, heard, hz, verdict) -> None:
        """230 Hz is 2.4 semitones above 200 Hz, 234 2.7, 238 3.0, 250 3.9."""
        found = find(self.SHOUT, heard(louder(4, -15.0), [hz if i == 4 else 200.0 for i in range(12)]))
        assert found.verdict is verdict
        if hz == 250.0:
            assert "音高 +3.9 半音" in found.hits[0].detail
        if hz is None:
            assert "没有测到音高" in found.hits[0].doubt

    def test_without_enough_pitches_nobody_knows_whether_it_was_a_shout(self, find, heard) -> None:
        few = [200.0 if i in (0, 2, 4) else None for i in range(12)]
        assert find(self.SHOUT, heard(louder(4, -15.0), few)).verdict is DOUBTFUL
        four = [250.0 if i == 4 else 200.0 if i in (0, 2, 6) else None for i in range(12)]
        assert find(self.SHOUT, heard(louder(4, -15.0), four)).verdict is HIT
        assert find(self.SHOUT.replace("by: agent", "in: turn 5"), heard(louder(4, -15.0), four)).verdict is HIT, "a single sentence"
        assert "音高" not in find("x: {loudness: {over: 8 dB, against: own}, by: agent}", heard(louder(4, -15.0), four)).hits[0].detail

    def test_too_few_sentences_and_no_level_prove_nothing(self, find, heard) -> None:
        known = [EVEN[i] if i in (0, 2, 4) else None for i in range(12)]
        assert "句子太少" in find("x: {loudness: {over: 8 dB, against: own}, by: agent}", heard(known)).unsure
        assert "句子太少" in find("x: {loudness: {over: 8 dB, against: other}, by: agent}", heard(known)).unsure
        assert find("x: {loudness: {over: -20 dBFS}, by: agent}", heard(known)).verdict is MISS
        four = [EVEN[i] if i in (0, 2, 4, 6) else None for i in range(12)]
        assert find("x: {loudness: {over: 8 dB, against: own}, by: agent}", heard(four)).verdict is MISS
        assert "没有音量数据" in find("x: {loudness: {over: -20 dBFS}}", heard([None] * 12)).unsure
        assert find("x: {loudness: {over: -20 dBFS}, in: turns 40 to 50}", heard([None] * 12)).verdict is MISS

    def test_short_sentences_do_not_count(self, find, heard) -> None:
        short = heard(louder(4, -15.0), t4={"span": Span(16.0, 16.5)})
        assert find("x: {loudness: {over: -20 dBFS}, by: agent}", short).verdict is MISS
        assert find("x: {loudness: {over: -20 dBFS, shortest: 0.5 s}, by: agent}", short).verdict is HIT
        assert find("x: {loudness: {over: -20 dBFS}, by: agent}", heard(louder(4, -15.0), t4={"span": None})).verdict is HIT

    def test_both_on_one_track_are_doubtful(self, find, heard) -> None:
        rule = "x: {loudness: {over: -20 dBFS}, by: agent}"
        over = {"t5": {"span": Span(18.0, 23.0)}}
        assert find(rule, heard(louder(4, -15.0), layout="mono")).verdict is HIT
        assert find(rule, heard(louder(4, -15.0), layout="mono", **over)).verdict is DOUBTFUL
        assert "单声道" in find(rule, heard(louder(4, -15.0), layout="mono", **over)).hits[0].doubt
        assert find(rule, heard(louder(4, -15.0), **over)).verdict is HIT, "two tracks"
        assert find(rule, heard(louder(4, -15.0), layout="mono", overlaps=(Span(18.5, 19.5),))).verdict is DOUBTFUL
        assert find(rule, heard(louder(4, -15.0), layout="mono", t4={"span": None})).verdict is HIT
        assert find(rule, heard(louder(4, -15.0), layout="mono", t5={"span": None})).verdict is HIT

    def test_a_rule_set_may_trust_mono_recordings(self, one_item, heard) -> None:
        made = heard(louder(4, -15.0), layout="mono", t5={"span": Span(18.0, 23.0)})
        for head, outcome in (("", "doubtful"), ("doubt: {mono: false}", "fail")):
            rules = one_item("x: {loudness: {over: -20 dBFS}, by: agent}", "forbid: x", head)
            assert score(rules, made).item("i").outcome == outcome

    def test_who_is_not_known(self, find, heard) -> None:
        unsure = {"t4": {"role_confidence": 0.3}}
        assert find("x: {loudness: {over: -20 dBFS}, by: agent}", heard(louder(4, -15.0), **unsure)).verdict is DOUBTFUL
        assert find("x: {loudness: {over: -20 dBFS}}", heard(louder(4, -15.0), **unsure)).verdict is HIT
        assert find("x: {loudness: {over: 8 dB, against: own}}", heard(louder(4, -15.0), **unsure)).verdict is DOUBTFUL
        assert "接近阈值" in find("x: {loudness: {over: 15 dB, against: own}}", heard(louder(4, -15.0), **unsure)).hits[0].doubt
        blurred = {f"t{i}": {"role_confidence": 0.3} for i in (1, 3, 5)}
        assert "句子太少" in find("x: {loudness: {over: 8 dB, against: other}, by: agent}", heard(EVEN, **blurred)).unsure
        nobody = {"t4": {"role": Role.OTHER}}
        assert find("x: {loudness: {over: -20 dBFS}}", heard(louder(4, -15.0), **nobody)).verdict is MISS

    def test_a_cut_recording_proves_no_calm(self, find, heard) -> None:
        cut = replace(heard(EVEN), truncated=True)
        assert "录音不完整" in find("x: {loudness: {over: -20 dBFS}}", cut).unsure
        assert find("x: {loudness: {over: -20 dBFS}, in: first 4 turns}", cut).verdict is MISS

    @pytest.mark.parametrize(
        ("fields", "problem"),
        [
            ("against: own", "either over: or under:"),
            ("over: 8 dB, under: 1 dB", "either over: or under:"),
            ("over: 8 dB", "not a level from -120 to 0 dB"),
            ("over: loud", "'loud' is not a level"),
            ("over: 70 dB, against: own", "not a level from -60 to 60 dB"),
            ("over: 8 dB, against: own, per: call", "compares the side with itself"),
            ("under: -8 dB, against: own, pitch: 3", "too loud"),
            ("over: 8 dB, against: other, per: call, pitch: 3", "too loud"),
            ("over: 8 dB, against: own, pitch: 30", "not a number from 0 to 24"),
        ],
    )
    def test_what_cannot_be_meant(self, one_item, fields, problem) -> None:
        with pytest.raises(BadRule, match=problem):
            one_item(f"x: {{loudness: {{{fields}}}}}")


@pytest.fixture
def felt(call):
    """The call of twelve sentences; ``emotions`` by turn: a label, (label, confidence) or (label, confidence, source)."""

    def make(emotions, **changes):
        base = call(*LINES)
        turns = []
        for turn in base.turns:
            told = emotions.get(turn.index)
            label, sure, source = (told, 0.9, "emotion2vec") if isinstance(told, str) else (*(told or (None, None)), "emotion2vec")[:3]
            voice = Voice(emotion=label, emotion_confidence=sure, emotion_source=source) if label else None
            turns.append(replace(turn, voice=voice, **changes.get(f"t{turn.index}", {})))
        return replace(base, turns=tuple(turns))

    return make


class TestEmotion:
    @pytest.mark.parametrize(
        ("condition", "emotions", "expected"),
        [
            ("angry, by: customer", {1: "angry", 2: "angry", 3: "neutral"}, [(1, 0, 3, True)]),
            ("angry", {1: "angry", 2: "angry", 3: "neutral"}, [(1, 0, 3, True), (2, 0, 3, True)]),
            ("angry", {1: "angry", 2: "angry", 3: "angry"}, [(1, 0, 3, True), (2, 0, 3, True), (3, 0, 3, True)]),
            ("[angry, sad]", {1: "angry", 3: "sad", 5: "happy"}, [(1, 0, 3, True), (3, 0, 3, True)]),
            ("negative", {1: "angry", 3: "disgusted", 5: "fearful", 7: "sad", 9: "surprised"}, [(i, 0, 3, True) for i in (1, 3, 5, 7)]),
            ("angry", {1: ("angry", 0.6), 3: ("angry", 0.59), 5: ("angry", None)}, [(1, 0, 3, True), (3, 0, 3, False), (5, 0, 3, True)]),
            ("angry, confidence: 0.95", {1: "angry"}, [(1, 0, 3, False)]),
            ("angry, source: voice", {1: "angry"}, []),
            ("angry, source: [voice, Emotion2Vec]", {1: "angry"}, [(1, 0, 3, True)]),
            ("raised", {1: ("raised", 0.9, "voice")}, [(1, 0, 3, True)]),
            ("angry", {1: ("raised", 0.9, "voice")}, [(1, 0, 3, False)]),
            ("happy", {1: ("raised", 0.9, "voice")}, [(1, 0, 3, False)]),
            ("sad", {1: ("raised", 0.9, "voice"), 3: ("subdued", 0.9, "voice")}, [(3, 0, 3, False)]),
            ("angry", {1: ("calm", 0.9, "voice"), 3: "neutral"}, []),
        ],
    )
    def test_single_sentences(self, find, felt, condition, emotions, expected) -> None:
        assert places(find(f"x: {{emotion: {condition}}}", felt(emotions))) == expected

    def test_what_is_said_of_them(self, find, felt) -> None:
        hit = find("x: {emotion: angry}", felt({1: ("angry", 0.87, "emotion2vec")})).hits[0]
        assert hit.detail == "愤怒 0.87（emotion2vec） / angry 0.87 (emotion2vec)" and hit.span == Span(4.0, 7.0)
        assert find("x: {emotion: angry}", felt({1: ("angry", None, "")})).hits[0].detail == "愤怒 / angry"
        assert "置信度只有 0.40" in find("x: {emotion: angry}", felt({1: ("angry", 0.4)})).hits[0].doubt
        assert "只由声音判断为激动" in find("x: {emotion: angry}", felt({1: ("raised", 0.9, "voice")})).hits[0].doubt

    @pytest.mark.parametrize(
        ("emotions", "expected"),
        [
            ({1: "neutral", 3: "angry"}, [(3, 0, 3, True)]),
            ({1: "neutral", 2: "sad", 3: "angry"}, [(3, 0, 3, True)]),  # the other side between them
            ({1: "sad", 3: "angry"}, []),
            ({3: "angry"}, []),  # nothing to change from
            ({1: "calm", 3: "angry", 5: "angry"}, [(3, 0, 3, True)]),
            ({1: ("neutral", 0.3), 3: "angry"}, [(3, 0, 3, False)]),
            ({1: "neutral", 3: ("angry", 0.3)}, [(3, 0, 3, False)]),
            ({1: "neutral", 7: "angry"}, [(7, 0, 3, True)]),  # nothing told of those between
        ],
    )
    def test_a_change(self, find, felt, emotions, expected) -> None:
        found = find("x: {emotion: negative, from: even, by: customer}", felt(emotions | {0: "happy"}))
        assert places(found) == expected
        if expected and expected[0][0] == 7:
            assert "由平静变为愤怒 0.90" in found.hits[0].detail and "from neutral to angry 0.90" in found.hits[0].detail

    def test_a_change_into_the_window_counts(self, find, felt) -> None:
        assert places(find("x: {emotion: angry, from: neutral, in: turns 4 to 12}", felt({1: "neutral", 3: "angry"}))) == [(3, 0, 3, True)]

    @pytest.mark.parametrize(
        ("emotions", "expected"),
        [
            ({1: "angry", 3: "sad", 5: "angry"}, [(1, 0, 3, True)]),
            ({1: "angry", 3: "sad", 5: "neutral", 7: "angry"}, []),
            ({1: "angry", 3: "angry", 7: "angry"}, [(1, 0, 3, True)]),  # nothing told of turn 5
            ({1: "angry", 2: "neutral", 3: "angry", 5: "angry", 6: "angry"}, [(1, 0, 3, True)]),  # the agent's do not count
            ({1: "angry", 3: ("angry", 0.3), 5: "angry"}, [(1, 0, 3, False)]),
            ({1: ("angry", 0.3), 3: "angry", 5: "angry", 7: "angry"}, [(1, 0, 3, True)]),
            ({1: "angry", 3: "angry", 5: ("angry", 0.3)}, [(1, 0, 3, False)]),
            ({1: "angry", 3: "angry", 5: "angry", 7: "happy", 9: "angry", 11: "angry"}, [(1, 0, 3, True)]),
        ],
    )
    def test_in_a_row(self, find, felt, emotions, expected) -> None:
        found = find("x: {emotion: negative, in_a_row: 3, by: customer}", felt(emotions))
        assert places(found) == expected
        if emotions == {1: "angry", 3: "sad", 5: "angry"}:
            assert found.hits[0].span == Span(4.0, 23.0) and "连续 3 句：愤怒" in found.hits[0].detail

    def test_a_row_must_lie_in_the_window(self, find, felt) -> None:
        three = felt({1: "angry", 3: "angry", 5: "angry"})
        assert find("x: {emotion: angry, in_a_row: 3, in: turns 1 to 6}", three).verdict is HIT
        assert find("x: {emotion: angry, in_a_row: 3, in: turns 1 to 5}", three).verdict is MISS

    def test_at_least(self, find, felt) -> None:
        rule = "x: {emotion: angry, at_least: 2}"
        assert places(find(rule, felt({1: "angry", 6: "angry"}))) == [(1, 0, 3, True), (6, 0, 3, True)]
        assert find(rule, felt({1: "angry", 6: "happy"})).verdict is MISS
        found = find(rule, felt({1: "angry", 6: ("angry", 0.2)}))
        assert places(found) == [(1, 0, 3, False), (6, 0, 3, False)] and "确定的句子不够" in found.hits[0].doubt
        assert "0.20" in found.hits[1].doubt
        assert places(find(rule, felt({1: "angry", 6: ("angry", 0.2), 8: "angry"}))) == [(1, 0, 3, True), (6, 0, 3, False), (8, 0, 3, True)]

    def test_without_emotions_and_on_a_cut_call_finding_none_proves_nothing(self, find, felt) -> None:
        assert "没有情绪数据" in find("x: {emotion: angry}", felt({})).unsure
        assert "没有情绪数据" in find("x: {emotion: angry, in: turns 3 to 5}", felt({1: "angry"})).unsure
        assert find("x: {emotion: angry, in: turns 30 to 50}", felt({1: "angry"})).verdict is MISS
        cut = replace(felt({1: "neutral"}), truncated=True)
        assert "录音不完整" in find("x: {emotion: angry}", cut).unsure
        assert "录音不完整" in find("x: {emotion: angry, at_least: 2}", cut).unsure
        assert "录音不完整" in find("x: {emotion: angry, in: turns 30 to 50}", cut).unsure

    def test_nobodys_and_an_unsure_speakers_voice(self, find, felt) -> None:
        assert find("x: {emotion: angry}", felt({1: "angry"}, t1={"role": Role.OTHER})).unsure
        assert places(find("x: {emotion: angry, by: customer}", felt({1: "angry"}, t1={"role": Role.UNKNOWN}))) == [(1, 0, 3, False)]

    def test_turns_without_times(self, find, felt) -> None:
        assert find("x: {emotion: angry}", felt({1: "angry"}, t1={"span": None})).hits[0].span is None

    @pytest.mark.parametrize(
        ("fields", "problem"),
        [
            ("furious", "'furious' is not an emotion"),
            ("angry, from: cross", "'cross' is not an emotion"),
            ("angry, from: [calm, angry]", "'angry' is also what is sought"),
            ("angry, from: calm, in_a_row: 2", "beside in_a_row"),
            ("angry, confidence: 2", "not a number from 0 to 1"),
            ("angry, in_a_row: 0", "not a number from 1 to 100"),
            ("angry, at_least: 0", "not a number from 1 to 1000"),
        ],
    )
    def test_what_cannot_be_meant(self, one_item, fields, problem) -> None:
        with pytest.raises(BadRule, match=problem):
            one_item(f"x: {{emotion: {fields}}}")

    def test_people_are_told_what_is_sought(self, one_item) -> None:
        from qa.rules.conditions import OPERATORS

        params = one_item("x: {emotion: [angry, raised]}").items[0].conditions[0].params
        assert OPERATORS["emotion"].describe(params) == "愤怒、激动"

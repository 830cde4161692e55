"""The second pass and the number of voices: what moves, what stays, and what is said to be uncertain."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.calls import Span
from qa.diarization import Segment, evidence, second_pass

A, B = np.array([1.0, 0.0, 0.2], np.float32), np.array([0.0, 1.0, 0.2], np.float32)


def voices_of(truth):
    """A reader that knows who really speaks: ``truth`` maps spans to voices, mixed by how much of each is in the span."""

    def read(span):
        mixed = sum((span & where).duration * voice for where, voice in truth) + np.full(3, 1e-6, np.float32)
        return (mixed / np.linalg.norm(mixed)).astype(np.float32)

    return read


def test_a_short_answer_goes_to_the_voice_it_was_spoken_in():
    found = [Segment(Span(0, 4), "A"), Segment(Span(4.5, 9), "B"), Segment(Span(9.3, 10.3), "A"), Segment(Span(10.6, 14), "A")]
    read = voices_of([(Span(0, 4), A), (Span(4.5, 10.4), B), (Span(10.5, 14), A)])
    segments, spoken = second_pass.reassign(found, second_pass.utterances(found, read))
    assert [s.speaker for s in segments] == ["A", "B", "B", "A"]
    assert float(second_pass.voices(spoken)["A"] @ (A / np.linalg.norm(A))) > 0.99


def test_overlapped_speech_keeps_its_speaker_and_only_the_rest_is_read():
    found = [Segment(Span(0, 5), "A"), Segment(Span(4, 9), "B")]
    spoken = second_pass.utterances(found, voices_of([(Span(0, 9), A)]))
    assert [(u.segment, u.span) for u in spoken] == [(0, Span(0, 4)), (1, Span(5, 9))]


segments = st.lists(
    st.builds(lambda a, d, s: Segment(Span(round(a, 2), round(a + d, 2)), s), st.floats(0, 40), st.floats(0.2, 6), st.sampled_from("AB")),
    min_size=1,
    max_size=12,
)


@given(segments, st.integers(0, 1000))
def test_the_second_pass_neither_loses_nor_adds_speech(found, seed):
    random = np.random.default_rng(seed)

    def read(span):
        voice = random.normal(size=3).astype(np.float32)
        return voice / np.linalg.norm(voice)

    after, _ = second_pass.reassign(found, second_pass.utterances(found, read))
    for moment in np.arange(0, 47, 0.05) + 0.013:
        before = sum(s.span.start <= moment < s.span.end for s in found)
        assert sum(s.span.start <= moment < s.span.end for s in after) == before
    assert all(a.span.start <= b.span.start for a, b in pairwise(after))


@given(st.lists(st.tuples(st.floats(0, 20), st.floats(0.1, 5)), max_size=6))
def test_without_leaves_exactly_what_is_not_covered(holes):
    others = [Span(a, a + d) for a, d in holes]
    left = second_pass.without(Span(2, 18), others)
    for moment in np.arange(2, 18, 0.037):
        inside = any(s.start <= moment < s.end for s in left)
        assert inside == (not any(o.start <= moment < o.end for o in others))


def conversation(gap, seconds=60.0, level=(0.1, 0.1)):
    """Two speakers in turns of 4 s with ``gap`` seconds between, and its samples at 1 kHz."""
    found, samples, now, number = [], np.zeros(int(seconds * 1000), np.float32), 0.0, 0
    while now + 4 < seconds:
        found.append(Segment(Span(now, now + 4), "AB"[number % 2]))
        samples[round(now * 1000) : round((now + 4) * 1000)] = level[number % 2]
        now, number = now + 4 + gap, number + 1
    return found, samples


def test_prompt_answers_are_two_people_and_late_ones_of_one_voice_are_not():
    heard = evidence.weigh(*conversation(0.5), 1000, 0.5, 0.7)
    assert heard is not None and heard.sure and not heard.one_voice
    alone = evidence.weigh(*conversation(5.0), 1000, 0.0, 0.95)
    assert alone is not None and alone.one_voice and alone.sure and not alone.leak


def test_two_women_with_one_voice_are_two_when_they_take_turns():
    heard = evidence.weigh(*conversation(0.4), 1000, 0.2, 0.95)
    assert heard is not None and not heard.one_voice and heard.sure


def test_what_lies_between_is_doubtful():
    heard = evidence.weigh(*conversation(1.2), 1000, 0.12, 0.84)
    assert heard is not None and not heard.one_voice and not heard.sure


@pytest.mark.parametrize(("gap", "quiet", "leak"), [(3.0, 0.003, True), (0.4, 0.003, False), (3.0, 0.08, False)])
def test_a_faint_voice_that_never_answers_is_the_other_line(gap, quiet, leak):
    heard = evidence.weigh(*conversation(gap, level=(0.1, quiet)), 1000, 0.05, 0.5)
    assert heard is not None and heard.leak is leak
    assert heard.level_gap == pytest.approx(20 * np.log10(0.1 / quiet), abs=0.5)


def test_a_third_person_must_be_unlike_and_heard_long_enough():
    third = np.array([0.0, 0.0, 1.0], np.float32)
    spans = {"A": [Span(0, 9), Span(10, 19)], "B": [Span(20, 24), Span(25, 28)], "C": [Span(30, 33), Span(34, 37)]}
    assert evidence.third_speaker({"A": A, "B": B, "C": third}, spans)
    assert not evidence.third_speaker({"A": A, "B": B, "C": A}, spans), "the same voice again"
    assert not evidence.third_speaker({"A": A, "B": B, "C": third}, {**spans, "C": [Span(30, 33)]}), "3 s are too little"

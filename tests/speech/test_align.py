"""Supplied text on heard turns: times, order, labels, pauses, and speech nobody wrote down."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.calls import Channel, Role, SourceKind, Span, TextSource
from qa.diarization import Diarization, Segment
from qa.transcription.align import align
from qa.transcription.order import in_order
from qa.transcription.supplied import Entry, Transcript

SOURCE = TextSource(SourceKind.SUPPLIED, "vendor", "2")
TURNS = [
    ("A", 0.6, 5.9, "您好，示例热线，工号三零二六为您服务，请问有什么可以帮您？"),
    ("B", 6.6, 11.5, "喂，你好，我家从昨天晚上八点多就开始停电，到现在还没有来电。"),
    ("A", 12.2, 15.8, "非常抱歉，给您的生活带来不便。请问您贵姓？"),
    ("B", 16.3, 17.8, "我姓王，叫王建国。"),
    ("A", 18.2, 22.4, "王先生您好，请您提供一下详细的用电地址，或者户号。"),
    ("B", 22.7, 27.6, "我住在朝阳区建设路十八号，阳光花园六号楼二单元，三零一室。"),
    ("A", 28.0, 31.2, "好的，请您稍等，我帮您查询一下停电信息。"),
    ("B", 31.9, 32.3, "嗯。"),
]
ROLE = {"A": Role.AGENT, "B": Role.CUSTOMER}


def heard(turns=TURNS) -> Diarization:
    return Diarization(tuple(Segment(Span(a, b), who) for who, a, b, _ in turns))


def transcript(turns=TURNS, *, role=ROLE, shift=0.0, timed=True) -> Transcript:
    return Transcript(
        tuple(
            Entry(text, role.get(who, Role.UNKNOWN), start=a + shift if timed else None, end=b + shift if timed else None)
            for who, a, b, text in turns
        )
    )


@pytest.mark.parametrize("shift", [-0.25, 0.0, 0.25])
def test_times_become_the_heard_ones(shift):
    turns = align(transcript(shift=shift), heard(), SOURCE)
    assert [(t.speaker, t.span, t.text) for t in turns] == [(who, Span(a, b), text) for who, a, b, text in TURNS]
    assert [t.index for t in turns] == list(range(len(TURNS)))
    assert {t.source for t in turns} == {SOURCE} and [t.role for t in turns] == [ROLE[who] for who, *_ in TURNS]


@pytest.mark.parametrize("role", [ROLE, {"A": Role.CUSTOMER, "B": Role.AGENT}, {}])
def test_without_times_order_and_length_are_enough(role):
    turns = align(transcript(role=role, timed=False), heard(), SOURCE)
    assert [(t.speaker, t.span, t.text) for t in turns] == [(who, Span(a, b), text) for who, a, b, text in TURNS]


def test_without_times_a_lost_entry_and_an_unheard_word_shift_nothing():
    entries = transcript([t for t in TURNS if t[3] != "我姓王，叫王建国。"], timed=False)
    turns = align(entries, heard(), SOURCE)
    spans = {t.text: t.span for t in turns}
    for _, a, b, text in TURNS:
        if text in spans:
            assert spans[text] == Span(a, b)
    assert spans[""] == Span(16.3, 17.8)


def test_subtitle_cues_of_one_breath_are_one_turn():
    whole = TURNS[2]
    first, second = "非常抱歉，给您的生活带来不便。", "请问您贵姓？"
    cues = [("A", 12.3, 14.6, first), ("A", 14.6, 15.7, second)]
    turns = align(transcript(cues), heard([whole]), SOURCE)
    assert [(t.text, t.span) for t in turns] == [(first + second, Span(12.2, 15.8))]


def test_a_pause_inside_an_entry_stays_a_pause():
    segments = Diarization((Segment(Span(0, 3), "A"), Segment(Span(18, 20), "A")))
    entry = Transcript((Entry("请您稍等，不要挂机。让您久等了。", Role.AGENT, start=0.0, end=20.0),))
    turns = align(entry, segments, SOURCE)
    assert [(t.text, t.span) for t in turns] == [("请您稍等，不要挂机。", Span(0, 3)), ("让您久等了。", Span(18, 20))]
    bare = Transcript((Entry("请您稍等不要挂机让您久等了", Role.AGENT, start=0.0, end=20.0),))
    parts = align(bare, segments, SOURCE)
    assert [t.span for t in parts] == [Span(0, 3), Span(18, 20)] and "".join(t.text for t in parts) == bare.entries[0].text


def test_speech_nobody_wrote_down_is_no_silence():
    turns = align(transcript(TURNS[:3]), heard(TURNS[:5]), SOURCE)
    assert [(t.text, t.span, t.source.kind) for t in turns[3:]] == [
        ("", Span(16.3, 17.8), SourceKind.NONE),
        ("", Span(18.2, 22.4), SourceKind.NONE),
    ]


def test_a_short_word_heard_from_the_wrong_speaker_follows_its_label():
    wrong = [*TURNS[:7], ("A", 31.9, 32.3, "嗯。")]
    turns = align(transcript(TURNS), heard(wrong), SOURCE)
    assert (turns[-1].text, turns[-1].speaker) == ("嗯。", "B")


def test_a_long_sentence_is_believed_against_its_label():
    mislabelled = [*TURNS[:4], ("B", *TURNS[4][1:]), *TURNS[5:]]
    turns = align(transcript(mislabelled), heard(TURNS), SOURCE)
    assert (turns[4].text, turns[4].speaker) == (TURNS[4][3], "A")


def test_channels_are_kept():
    stereo = Diarization(tuple(Segment(Span(a, b), who, Channel.LEFT if who == "A" else Channel.RIGHT) for who, a, b, _ in TURNS))
    turns = align(transcript(), stereo, SOURCE)
    assert {(t.speaker, t.channel) for t in turns} == {("A", Channel.LEFT), ("B", Channel.RIGHT)}


def test_nothing_heard_keeps_the_text():
    turns = align(transcript(TURNS[:2]), Diarization(), SOURCE)
    assert [(t.text, t.span, t.speaker) for t in turns] == [(text, Span(a, b), "") for _, a, b, text in TURNS[:2]]


@given(st.lists(st.integers(1, 40), min_size=1, max_size=12), st.lists(st.floats(0.3, 9), min_size=1, max_size=12), st.booleans())
def test_order_is_kept_and_nothing_is_lost(sizes, lengths, labelled):
    entries = [Entry("字" * n, ROLE["AB"[i % 2]] if labelled else Role.UNKNOWN) for i, n in enumerate(sizes)]
    segments, start = [], 0.0
    for i, length in enumerate(lengths):
        segments.append(Segment(Span(start, start + length), "AB"[i % 2]))
        start += length + 0.4
    placed = in_order(entries, segments)
    assert [entry for entry, _, _ in placed] == entries
    spans = [span for _, span, _ in placed if span]
    assert all(a.start <= b.start + 1e-9 for a, b in itertools.pairwise(spans))
    assert all(-1e-9 <= s.start <= s.end <= start for s in spans)


@given(st.floats(-0.2, 0.2), st.floats(-0.2, 0.2))
def test_turns_of_one_speaker_never_overlap(early, late):
    cues = [("A", 12.2 + early, 14.0 + late, "非常抱歉给您的生活"), ("A", 13.9 + early, 15.8 + late, "带来不便请问")]
    turns = align(transcript(cues), heard([TURNS[2]]), SOURCE)
    assert "".join(t.text for t in turns) == "非常抱歉给您的生活带来不便请问"
    for a, b in itertools.pairwise(turns):
        assert a.span and b.span and a.span.end <= b.span.start + 1e-9

"""Recognised words onto the diarized recording: one turn for each segment, its words with their times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from qa.calls import Channel, Role, Span, TextSource, Turn, Voice, Word
from qa.diarization import JOIN_S, Diarization, Segment
from qa.transcription.align import without_text

REACH_S = 1.0
"""A word this far from any segment belongs to none."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A recognised unit with its punctuation: a Chinese character, or a word; on the channel it was heard on."""

    text: str
    span: Span
    confidence: float | None = None
    channel: Channel = Channel.MONO


@dataclass(frozen=True, slots=True)
class Mood:
    """The emotion (with its confidence, 0–1) and the events that a model heard on one track in one stretch."""

    span: Span
    channel: Channel
    emotion: str | None
    confidence: float | None
    events: tuple[str, ...]
    source: str


def into_turns(spoken: Sequence[Spoken], diarization: Diarization, source: TextSource, moods: Sequence[Mood] = ()) -> tuple[Turn, ...]:
    """Turns in order of start, roles UNKNOWN. Words that nobody was heard for make turns without a speaker.

    A turn has the emotion of the stretch it shares most with, and the events of all it shares half a second with.
    """
    groups: dict[int, list[Spoken]] = {}
    stray: list[list[Spoken]] = []
    before: int | None = None
    for word in sorted(spoken, key=lambda w: w.span.start):
        at = _segment_of(word, diarization.segments, before)
        if at is not None:
            groups.setdefault(at, []).append(word)
        elif stray and stray[-1][-1].span.gap_to(word.span) <= JOIN_S:
            stray[-1].append(word)
        else:
            stray.append([word])
        before = at
    turns = [_turn(words, diarization.segments[at], source) for at, words in groups.items()]
    turns += [_turn(words, Segment(words[0].span | words[-1].span, "", words[0].channel), source) for words in stray]
    turns += without_text(turns, diarization.segments)
    turns.sort(key=lambda t: t.span.start if t.span else 0.0)
    return tuple(replace(with_mood(turn, moods), index=index) for index, turn in enumerate(turns))


def with_mood(turn: Turn, moods: Sequence[Mood]) -> Turn:
    """The turn with what was heard of its mood."""
    if turn.span is None:
        return turn
    shared = [(mood, (mood.span & turn.span).duration) for mood in moods if mood.channel is turn.channel]
    shared = [(mood, seconds) for mood, seconds in shared if seconds >= min(0.5, 0.5 * turn.span.duration)]
    events = tuple(dict.fromkeys(event for mood, _ in shared for event in mood.events))
    felt = max((pair for pair in shared if pair[0].emotion), key=lambda pair: pair[1], default=None)
    if felt is None and not events:
        return turn
    voice = replace(turn.voice or Voice(), events=events)
    if felt is not None:
        voice = replace(voice, emotion=felt[0].emotion, emotion_confidence=felt[0].confidence, emotion_source=felt[0].source)
    return replace(turn, voice=voice)


def _segment_of(word: Spoken, segments: Sequence[Segment], before: int | None) -> int | None:
    best: int | None = None
    best_rank = (-REACH_S, 0.0)
    start, end = word.span.start, word.span.end
    for at, segment in enumerate(segments):
        span = segment.span
        if span.end < start - REACH_S or span.start > end + REACH_S:
            continue  # most are far away, and a word is held against all
        if word.channel is not Channel.MONO and segment.channel is not word.channel:
            continue
        # Overlap when positive, distance when negative; of two that hold the word, the one already speaking goes on.
        rank = (min(span.end, end) - max(span.start, start), 1.0 if at == before else 0.0)
        if rank > best_rank:
            best, best_rank = at, rank
    return best


def _turn(spoken: Sequence[Spoken], segment: Segment, source: TextSource) -> Turn:
    text = ""
    words: list[Word] = []
    for unit in spoken:
        if text and text[-1].isascii() and unit.text[:1].isascii():
            text += " "
        words.append(Word(unit.text, len(text), unit.span, unit.confidence))
        text += unit.text
    known = [w.confidence for w in spoken if w.confidence is not None]
    return Turn(
        0,
        Role.UNKNOWN,
        text,
        segment.span,
        confidence=sum(known) / len(known) if known else None,
        channel=segment.channel,
        speaker=segment.speaker,
        source=source,
        words=tuple(words),
    )

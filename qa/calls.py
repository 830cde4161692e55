"""The nouns of the house: who spoke, when, and what was said.

A :class:`Call` is one conversation; its :class:`Turn` values are the sentences in order of start.

    0 s                10                  20                  30
    |-------------------|-------------------|-------------------|
    agent     [=您好，国家电网=]                    [==请问地址==]
    customer                    [====家里停电了====]
                                              ^^ overlap: both speak

Everything here is an immutable value. Times are seconds from the start of the recording; wall-clock
times are timezone-aware.

>>> greeting = Turn(0, Role.AGENT, "您好，国家电网", Span(0.4, 2.4))
>>> greeting.span.duration
2.0
>>> greeting.span & Span(2.0, 5.0)
Span(start=2.0, end=2.4)
>>> bool(Span(0, 1) & Span(3, 4))
False
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

CERTAIN_ROLE = 0.6
"""``role_confidence`` from which a turn's role is certain, to rules (unless a rule set says otherwise) and on the screens alike."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of time, ``start`` to ``end`` in seconds; empty (falsy) when ``end <= start``."""

    start: float
    end: float

    @property
    def duration(self) -> float:
        """Length in seconds, never negative."""
        return max(0.0, self.end - self.start)

    @property
    def middle(self) -> float:
        return (self.start + self.end) / 2

    def __bool__(self) -> bool:
        return self.end > self.start

    def __and__(self, other: Span) -> Span:
        """The common part; falsy when the two do not meet."""
        return Span(max(self.start, other.start), min(self.end, other.end))

    def __or__(self, other: Span) -> Span:
        """The smallest span that holds both."""
        return Span(min(self.start, other.start), max(self.end, other.end))

    def gap_to(self, later: Span) -> float:
        """Seconds from the end of this span to the start of ``later``; negative when they overlap."""
        return later.start - self.end


class Role(StrEnum):
    """Who speaks. ``OTHER`` is ring tone, IVR, music or a third party; ``UNKNOWN`` is not decided."""

    AGENT = "agent"
    CUSTOMER = "customer"
    OTHER = "other"
    UNKNOWN = "unknown"


class Channel(StrEnum):
    """The track of the recording a turn was heard on."""

    MONO = "mono"
    LEFT = "left"
    RIGHT = "right"


class Layout(StrEnum):
    """How a call was recorded; ``NONE`` means there is text but no audio (chat, examples)."""

    STEREO = "stereo"
    MONO = "mono"
    NONE = "none"


class SourceKind(StrEnum):
    """Where the words come from: a recogniser we ran, a transcript that came along, a person, nowhere."""

    ENGINE = "engine"
    SUPPLIED = "supplied"
    TYPED = "typed"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class TextSource:
    """The origin of a turn's text, kept beside the text wherever it goes.

    >>> str(TextSource(SourceKind.ENGINE, "faster-whisper tiny.en", "1.2.1"))
    'engine: faster-whisper tiny.en 1.2.1'
    """

    kind: SourceKind = SourceKind.NONE
    name: str = ""
    version: str = ""

    def __str__(self) -> str:
        detail = " ".join(part for part in (self.name, self.version) if part)
        return f"{self.kind.value}: {detail}" if detail else self.kind.value


@dataclass(frozen=True, slots=True)
class Word:
    """A word or character with its place in the turn's text and in time (seconds)."""

    text: str
    start_char: int
    span: Span
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Voice:
    """How a turn sounded, without its words; each value is None where it could not be measured.

    ``pitch`` is the median fundamental frequency in Hz, ``pitch_range`` the distance of its 10th and 90th percentile in
    semitones, ``rate`` the spoken syllables per second. ``emotion`` is what ``emotion_source`` heard (``angry`` …), with
    its confidence 0–1. ``events`` are sounds that a recogniser heard beside the words (``laughter``, ``applause`` …).
    """

    pitch: float | None = None
    pitch_range: float | None = None
    rate: float | None = None
    emotion: str | None = None
    emotion_confidence: float | None = None
    emotion_source: str = ""
    events: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Token:
    """A personal value that stood at ``[start_char, end_char)`` of a turn's text and was masked there.

    ``kind`` is its type (``phone``, ``id_card`` …), ``digits`` how many digits it has, ``valid`` what its check digit says (None
    where it has none). ``whole`` and ``last_four`` are hashes with a key of this call alone: equal values in one call have
    equal hashes, and nobody without the key can try numbers. Empty where there is nothing to hash.

    A value that was said in pieces, over several turns, has a token for each piece: ``part`` counts them from 1 (0: all of it is
    here), everything else is said of the whole value.
    """

    kind: str
    start_char: int
    end_char: int
    digits: int = 0
    valid: bool | None = None
    whole: str = ""
    last_four: str = ""
    part: int = 0


class SoundKind(StrEnum):
    """What a stretch of a recording is when it is not conversation."""

    RING = "ring"
    MUSIC = "music"
    IVR = "ivr"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Sound:
    """A stretch without conversation: ring tone, music, announcements, hold."""

    kind: SoundKind
    span: Span


@dataclass(frozen=True, slots=True)
class Turn:
    """One uninterrupted utterance of one speaker.

    ``index`` is the place in the call (0-based). ``span`` is None when times are unknown (typed
    examples, chat). ``confidence`` is the recogniser's, 0–1, None when it gives none;
    ``role_confidence`` says how sure the role is, 0–1. ``loudness`` is in dBFS.
    """

    index: int
    role: Role
    text: str = ""
    span: Span | None = None
    role_confidence: float = 1.0
    confidence: float | None = None
    channel: Channel = Channel.MONO
    speaker: str = ""
    source: TextSource = TextSource()
    words: tuple[Word, ...] = ()
    loudness: float | None = None
    voice: Voice | None = None
    tokens: tuple[Token, ...] = ()

    def time_of(self, start_char: int, end_char: int) -> Span | None:
        """When the characters ``[start_char, end_char)`` were said, in seconds.

        By word times where there are any, else in proportion to the text; None without a span.

        >>> Turn(0, Role.AGENT, "您好国家电网", Span(0.0, 3.0)).time_of(2, 6)
        Span(start=1.0, end=3.0)
        """
        if self.span is None:
            return None
        if self.words:
            covered = [w.span for w in self.words if w.start_char < end_char and w.start_char + len(w.text) > start_char]
            if covered:
                return Span(min(s.start for s in covered), max(s.end for s in covered))
        per_char = self.span.duration / max(1, len(self.text))
        return Span(self.span.start + start_char * per_char, self.span.start + end_char * per_char)


@dataclass(frozen=True, slots=True)
class Call:
    """One conversation, ready to be judged.

    ``duration`` is seconds. ``overlaps`` are the stretches where both sides speak;
    ``overlap_known`` is False on mono recordings, where finding none proves nothing. ``sounds`` are the stretches that are
    not conversation.
    ``metadata`` holds what came with the call (随录参数): queue, topic, ticket type, area …;
    while ``metadata_closed`` is False a missing field may still arrive, so rules call it doubtful.
    """

    id: str
    turns: tuple[Turn, ...] = ()
    duration: float = 0.0
    layout: Layout = Layout.NONE
    started_at: datetime | None = None
    agent_id: str | None = None
    queue: str | None = None
    direction: str = "inbound"
    overlaps: tuple[Span, ...] = ()
    overlap_known: bool = False
    sounds: tuple[Sound, ...] = ()
    truncated: bool = False
    metadata: Mapping[str, Any] = field(default_factory=dict)
    metadata_closed: bool = True

    def turns_of(self, role: Role) -> tuple[Turn, ...]:
        """The turns of one side, in order."""
        return tuple(t for t in self.turns if t.role is role)

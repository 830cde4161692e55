"""Who spoke when.

stereo ─► crosstalk gate ─► FSMN-VAD on each channel          (channels.py)  overlap is known
mono   ─► pyannote.audio, community-1 when pulled,            (pyannote.py)  overlap found is evidence,
          otherwise the weights of package indexes                           none found proves nothing
       or FSMN-VAD, cam++ voices, FunASR's clustering         (campplus.py)  overlap is never found

before that: tones and music are found and muted              (sounds.py)

segments of speakers ─► roles.py ─► agent, customer or unknown, with a confidence
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from hotline.errors import NotFound
from qa.audio import Audio
from qa.calls import Channel, Layout, Role, Span

JOIN_S, BREATH_S = 0.5, 0.3
"""Pauses of one speaker up to this long do not end a turn: when nobody else speaks meanwhile, and in any case."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One speaker's stretch of speech; ``role`` is set only where the channel tells it."""

    span: Span
    speaker: str
    channel: Channel = Channel.MONO
    role: Role | None = None


@dataclass(frozen=True, slots=True)
class Diarization:
    """The segments in order of start, the stretches where two speak, and how that was found out.

    ``overlap_known`` False: overlaps found are real, but absence proves nothing. ``method`` names the way and
    the model, for people. ``heard`` is how many people speak (None: not found out), ``sure`` False where that may be wrong, and
    then no role is certain. ``voices`` are the speakers' voices, unit vectors of the model in :mod:`qa.voiceprints`.
    """

    segments: tuple[Segment, ...] = ()
    overlaps: tuple[Span, ...] = ()
    overlap_known: bool = False
    method: str = ""
    warnings: tuple[str, ...] = ()
    heard: int | None = None
    sure: bool = True
    voices: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    @property
    def speakers(self) -> tuple[str, ...]:
        """Names of the speakers in order of their first word."""
        return tuple(dict.fromkeys(s.speaker for s in self.segments))


METHODS = ("pyannote", "cam++")


def diarize(
    audio: Audio,
    *,
    models: Path,
    channel_map: Mapping[Channel, Role] | None = None,
    speakers: int | None = 2,
    method: str | None = None,
    voices: bool = False,
) -> Diarization:
    """Tell the speakers of a recording apart.

    ``channel_map`` says whose the channels are; ``speakers`` is how many there are at most (two unless a third joins,
    None when unknown). One-sided calls are noticed and not split in two. ``method`` is one of :data:`METHODS` for mono recordings,
    None takes pyannote where its models are and cam++ where only that was pulled. ``voices`` asks for the speakers' voices on
    stereo recordings too, where telling the speakers apart does not need them.
    Raises MissingPart without the speech extra or without models, NotFound for another method.
    """
    from qa.diarization import channels

    if audio.layout is not Layout.STEREO:
        return _mono(audio, models, speakers, method, voices)
    if channels.same_signal(audio.samples):
        found = _mono(_one(audio, Channel.LEFT), models, speakers, method, voices)
        ignored = ": agent_channel cannot be used" if channel_map else ""
        return replace(found, warnings=(f"both channels hold the same signal{ignored}, taken as mono", *found.warnings))
    alive = channels.alive(audio)
    if len(alive) != 1:
        return channels.diarize(audio, models=models, channel_map=channel_map, voices=voices)
    # Only one channel carries anything: one side alone, or both sides mixed onto it.
    found = _mono(_one(audio, alive[0]), models, speakers, method, voices)
    role = channel_map.get(alive[0]) if channel_map and found.heard == 1 else None
    segments = tuple(replace(s, channel=alive[0], role=role) for s in found.segments)
    if role is not None and not found.sure:
        # Said once, in the place of what was said of the number of voices: the role stands, but no rule may count on it.
        remark = f"only the {alive[0].value} channel carries speech, of one voice as far as can be told: its role is doubtful"
        return replace(found, segments=segments, warnings=(remark,))
    if channel_map and role is None and segments:
        remark = f"only the {alive[0].value} channel carries speech, perhaps of both sides: agent_channel cannot be used"
        return replace(found, segments=segments, warnings=(*found.warnings, remark))
    return replace(found, segments=segments)


def _one(audio: Audio, channel: Channel) -> Audio:
    return replace(audio, samples=audio.channel(channel)[None], layout=Layout.MONO)


def _mono(audio: Audio, models: Path, speakers: int | None, method: str | None, voices: bool) -> Diarization:
    from qa import voiceprints
    from qa.diarization import campplus, pyannote

    if method is not None and method not in METHODS:
        raise NotFound(f"diarization {method}", "no such way", f"use one of {', '.join(METHODS)}")
    chosen = method or ("cam++" if campplus.available(models) and not pyannote.available(models) else "pyannote")
    way = campplus.diarize if chosen == "cam++" else pyannote.diarize
    found = way(audio, models=models, speakers=speakers)
    if voices and not found.voices and found.heard != 1 and voiceprints.available(models):
        return replace(found, voices=voiceprints.read_all(audio, found.segments, models))
    return found


def join(segments: Iterable[Segment], gap: float = JOIN_S) -> tuple[Segment, ...]:
    """Join neighbouring segments of one speaker when the pause is short and nobody else speaks in it, or hardly a breath.

    >>> a, b = Segment(Span(0, 1), "A"), Segment(Span(1.3, 2), "A")
    >>> join([a, b])
    (Segment(span=Span(start=0, end=2), speaker='A', channel=<Channel.MONO: 'mono'>, role=None),)
    >>> len(join([a, Segment(Span(1.1, 1.2), "B"), Segment(Span(1.4, 2), "A")]))
    3
    """
    joined: list[Segment] = []
    last_of: dict[str, int] = {}
    for segment in sorted(segments, key=lambda s: (s.span.start, s.span.end)):
        at = last_of.get(segment.speaker)
        if at is not None and joined[at].span.gap_to(segment.span) <= gap:
            before = joined[at].span
            between = Span(before.end, segment.span.start)
            if between.duration <= BREATH_S or not any(
                other.speaker != segment.speaker and other.span.start >= before.start and other.span & between for other in joined
            ):
                joined[at] = replace(joined[at], span=before | segment.span)
                continue
        last_of[segment.speaker] = len(joined)
        joined.append(segment)
    return tuple(joined)


def overlaps_of(segments: Iterable[Segment], shortest: float = 0.1) -> tuple[Span, ...]:
    """Stretches of at least ``shortest`` seconds where two different speakers speak, in order and disjoint."""
    ordered = sorted(segments, key=lambda s: s.span.start)
    found: list[Span] = []
    for i, one in enumerate(ordered):
        for other in ordered[i + 1 :]:
            if other.span.start >= one.span.end:
                break
            common = one.span & other.span
            if other.speaker != one.speaker and common.duration >= shortest:
                found.append(common)
    merged: list[Span] = []
    for span in sorted(found):
        if merged and span.start <= merged[-1].end:
            merged[-1] = merged[-1] | span
        else:
            merged.append(span)
    return tuple(merged)

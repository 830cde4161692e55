"""Supplied text onto the diarized recording: who said each entry, and when exactly.

    entries     [0.5 您好 … 5.9]      [6.4 喂 … 11.8]        times of the vendor, off by some tenths, or none
    diarization   |= A ====|            |= B ======|  |A|    what was heard
    turns         |A 您好 …|            |B 喂 …    |  |A|    text with the times heard; speech without text stays a turn

The roles that the transcript names are kept on the turns as a witness; :mod:`qa.diarization.roles` decides.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from qa.calls import Channel, Role, Span, TextSource, Turn
from qa.diarization import JOIN_S, Diarization, Segment
from qa.transcription.normalise import joined
from qa.transcription.order import in_order
from qa.transcription.supplied import Entry, Transcript

SNAP_S = 0.6
"""Vendors' times within this of a heard edge are moved to it."""
PAUSE_S, PAUSE_ANYWHERE_S = 1.0, 3.0
"""A pause this long inside an entry divides it at a punctuation mark, or wherever it falls when it is longer still."""
SURE_S, SURE_SHARE = 2.5, 0.8
"""An entry so long, so much of it heard from one speaker, overrules the transcript's own label."""
LOST_S = 1.0
"""Speech without text that is shorter is left out: a breath, or a "嗯" the vendor did not write."""
_MARKS = "，。？！；、,.?!;"


def align(transcript: Transcript, diarization: Diarization, source: TextSource) -> tuple[Turn, ...]:
    """Turns in order of start, roles as the transcript labels them (UNKNOWN where it does not)."""
    entries = list(transcript.entries)
    segments = diarization.segments
    if not segments:
        turns = [_turn(e, _own_span(e), "", Channel.MONO, source) for e in entries]
    elif transcript.timed:
        turns = _by_time(entries, segments, source)
    else:
        turns = [
            _turn(entry, span, segment.speaker if segment else "", segment.channel if segment else Channel.MONO, source)
            for entry, span, segment in in_order(entries, segments)
        ]
    turns = _joined(_disjoint(turns))
    turns += without_text(turns, segments)
    turns.sort(key=_place)
    return tuple(replace(turn, index=index) for index, turn in enumerate(turns))


def _place(turn: Turn) -> float:
    return turn.span.start if turn.span else float("inf")


def _own_span(entry: Entry) -> Span | None:
    return None if entry.start is None or entry.end is None else Span(entry.start, entry.end)


def _turn(entry: Entry, span: Span | None, speaker: str, channel: Channel, source: TextSource, text: str | None = None) -> Turn:
    return Turn(
        0,
        entry.role,
        entry.text if text is None else text,
        span,
        confidence=entry.confidence,
        channel=channel,
        speaker=speaker,
        source=source,
    )


def _by_time(entries: Sequence[Entry], segments: Sequence[Segment], source: TextSource) -> list[Turn]:
    heard = [_heard(entry, segments) for entry in entries]
    speaker_of = _labels(entries, heard)
    turns: list[Turn] = []
    for entry, seconds in zip(entries, heard, strict=True):
        span = _own_span(entry) or Span(0.0, 0.0)
        speaker = _speaker(entry, span, seconds, speaker_of)
        pieces = [s for s in segments if s.speaker == speaker and (s.span & span).duration >= min(0.15, 0.3 * s.span.duration)]
        channel = next((s.channel for s in segments if s.speaker == speaker), Channel.MONO)
        if not pieces:
            turns.append(_turn(entry, span, speaker, channel, source))
            continue
        for text, part in _divided(entry.text, [_snapped(span, piece.span) for piece in pieces]):
            turns.append(_turn(entry, part, speaker, channel, source, text))
    return turns


def _heard(entry: Entry, segments: Sequence[Segment]) -> dict[str, float]:
    """Seconds of each speaker within the entry's times."""
    span = _own_span(entry) or Span(0.0, 0.0)
    seconds: dict[str, float] = defaultdict(float)
    for segment in segments:
        seconds[segment.speaker] += (segment.span & span).duration
    return {speaker: total for speaker, total in seconds.items() if total > 0}


def _labels(entries: Sequence[Entry], heard: Sequence[Mapping[str, float]]) -> dict[str, str]:
    """Which speaker each label of the transcript mostly means; only labels that mean one at least 70 % of the time."""
    seconds: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for entry, by_speaker in zip(entries, heard, strict=True):
        for speaker, total in by_speaker.items():
            seconds[_label(entry)][speaker] += total
    found = {}
    for label, by_speaker in seconds.items():
        best = max(by_speaker, key=lambda s: by_speaker[s])
        if label and by_speaker[best] >= 0.7 * sum(by_speaker.values()):
            found[label] = best
    # Two labels for one speaker tell nothing: the diarization heard one voice where the transcript has two.
    return found if len(set(found.values())) == len(found) else {}


def _label(entry: Entry) -> str:
    return entry.label if entry.role is Role.UNKNOWN else entry.role.value


def _speaker(entry: Entry, span: Span, seconds: Mapping[str, float], speaker_of: Mapping[str, str]) -> str:
    labelled = speaker_of.get(_label(entry))
    if not seconds:
        return labelled or ""
    best = max(seconds, key=lambda s: seconds[s])
    if labelled is None or labelled == best:
        return best
    sure = span.duration >= SURE_S and seconds[best] >= SURE_SHARE * span.duration and seconds.get(labelled, 0.0) < 0.3 * span.duration
    return best if sure else labelled


def _snapped(entry: Span, heard: Span) -> Span:
    """The part of a heard stretch that belongs to the entry, its edges the heard ones where they are near."""
    start = heard.start if heard.start >= entry.start - SNAP_S else entry.start
    end = heard.end if heard.end <= entry.end + SNAP_S else entry.end
    return Span(start, end)


def _divided(text: str, spans: list[Span]) -> list[tuple[str, Span]]:
    """Share the text among the stretches where a long pause lies between them."""
    parts: list[tuple[str, Span]] = []
    rest, start, spoken = text, spans[0].start, 0.0
    left = sum(span.duration for span in spans)
    for span, following in zip(spans, [*spans[1:], None], strict=True):
        spoken += span.duration
        pause = 0.0 if following is None else span.gap_to(following)
        cut = _cut(rest, spoken / left, anywhere=pause >= PAUSE_ANYWHERE_S) if pause >= PAUSE_S and left > 0 else None
        if following is None or cut is None:
            continue
        parts.append((rest[:cut], Span(start, span.end)))
        rest, start, left, spoken = rest[cut:], following.start, left - spoken, 0.0
    parts.append((rest, Span(start, spans[-1].end)))
    return parts


def _cut(text: str, share: float, *, anywhere: bool) -> int | None:
    """Where to cut: after the punctuation mark nearest to ``share`` of the text; None when none is near."""
    wanted = share * len(text)
    marks = [m.end() for m in re.finditer(f"[{re.escape(_MARKS)}]+", text) if m.end() < len(text)]
    near = min(marks, key=lambda at: abs(at - wanted), default=None)
    if near is not None and abs(near - wanted) <= max(3.0, 0.25 * len(text)):
        return near
    return min(max(1, round(wanted)), len(text) - 1) if anywhere and len(text) > 1 else None


def _disjoint(turns: list[Turn]) -> list[Turn]:
    """Turns of one speaker do not overlap: what two of them claim is divided at its middle."""
    turns = sorted(turns, key=_place)
    last: dict[str, int] = {}
    for at, turn in enumerate(turns):
        if turn.span is None or not turn.speaker:
            continue
        before = last.get(turn.speaker)
        previous = turns[before].span if before is not None else None
        if before is not None and previous is not None and previous.end > turn.span.start:
            middle = (turn.span.start + min(previous.end, turn.span.end)) / 2
            turns[before] = replace(turns[before], span=Span(previous.start, middle))
            turns[at] = replace(turn, span=Span(middle, max(middle, turn.span.end)))
        last[turn.speaker] = at
    return turns


def _joined(turns: list[Turn]) -> list[Turn]:
    """Neighbouring entries of one speaker without a pause are one turn; subtitles write a cue for every sentence."""
    result: list[Turn] = []
    for turn in turns:
        before = result[-1] if result else None
        if (
            before is not None
            and before.span is not None
            and turn.span is not None
            and before.speaker == turn.speaker
            and before.role is turn.role
            and before.span.gap_to(turn.span) <= JOIN_S
        ):
            known = [(c, len(t.text)) for t in (before, turn) if (c := t.confidence) is not None]
            confidence = sum(c * n for c, n in known) / max(1, sum(n for _, n in known)) if known else None
            result[-1] = replace(before, text=joined([before.text, turn.text]), span=before.span | turn.span, confidence=confidence)
        else:
            result.append(turn)
    return result


def without_text(turns: Sequence[Turn], segments: Sequence[Segment]) -> list[Turn]:
    """Speech that no turn covers, as turns without text: it is no silence, whatever was said.

    On mono recordings a turn of another speaker covers it too: the label may have overruled the diarization there.
    """
    lost = []
    for segment in segments:
        own = [t.span for t in turns if t.span and (t.speaker == segment.speaker or segment.channel is t.channel is Channel.MONO)]
        covered = sum((segment.span & span).duration for span in own)
        if segment.span.duration - covered >= max(LOST_S, 0.5 * segment.span.duration):
            lost.append(Turn(0, Role.UNKNOWN, "", segment.span, channel=segment.channel, speaker=segment.speaker))
    return lost

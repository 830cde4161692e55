"""Voiceprints: the voice of a person as a vector, and which of a call's voices is nearest to it.

A voiceprint is personal data. One exists only where somebody consented and that was written down (``hotline/store/voiceprints.py``),
and all it is used for is to tell which of the voices *within one call* is the agent's. Whether two recordings hold the same
person cannot be told by a threshold: two strangers on one telephone line score 0.8 against each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hotline.errors import BadRecording
from qa import models as catalogue
from qa import torch_compat
from qa.audio import Audio, Samples
from qa.calls import Channel, Layout, Role, Span, Turn

if TYPE_CHECKING:
    from qa.diarization import Segment

RATE = 16_000
MODEL = "ge2e"
VERSION = catalogue.entry(MODEL).sha256["pretrained.pt"][:12]
"""Which weights read voices: vectors of others cannot be compared."""
LEAST_S, MOST_S = 10.0, 60.0
"""Seconds of speech that an enrolled voice needs, and from which more changes nothing."""
_PIECE_S, _SHORTEST_S = 6.0, 1.0
_PROBE_S = 30.0
"""Seconds of speech that are enough for comparing a speaker's voice."""
SURE_ROLE = 0.9
"""Confidence of a turn's role from which its speech may be enrolled."""
MARGIN = 0.05
"""How much nearer one voice must be than any other before the voiceprint says whose it is."""


@dataclass(frozen=True, slots=True)
class Voiceprint:
    """A unit vector, the model that made it with its version, and the seconds of speech in it."""

    model: str
    version: str
    vector: tuple[float, ...]
    seconds: float


def read(samples: Samples, spans: Sequence[Span], models: Path, most: float = MOST_S) -> Voiceprint:
    """The voice in the ``spans`` (seconds) of float32 [n] at 16 kHz, from at most ``most`` seconds of them, in the order given.

    Pieces under a second are left out; with none left the vector is empty. Raises MissingPart without the model.
    """
    encoder = _load(catalogue.where(MODEL, models))
    taken, total = 0.0, np.zeros(0)
    for span in spans:
        start = span.start
        while span.end - start >= _SHORTEST_S and taken < most:
            end = min(span.end, start + _PIECE_S, start + max(_SHORTEST_S, most - taken))
            voice = encoder.voice(samples[round(start * RATE) : round(end * RATE)])
            if not np.isnan(voice).any():
                total = voice * (end - start) + (total if total.size else 0.0)
                taken += end - start
            start = end
    norm = float(np.linalg.norm(total)) if total.size else 0.0
    vector = tuple(round(float(x), 5) for x in total / norm) if norm > 0 else ()
    return Voiceprint(MODEL, VERSION, vector, round(taken, 1))


def available(models: Path) -> bool:
    """Whether the model that reads voices has been pulled."""
    return catalogue.is_here(MODEL, models)


def read_all(audio: Audio, segments: Sequence[Segment], models: Path) -> dict[str, tuple[float, ...]]:
    """The voice of every speaker, from the longest of the segments in which nobody else speaks; without those that have none."""
    found: dict[str, tuple[float, ...]] = {}
    for speaker in dict.fromkeys(s.speaker for s in segments):
        own = [s for s in segments if s.speaker == speaker]
        alone = [s for s in own if not any(s.span & other.span for other in segments if other.speaker != speaker)] or own
        longest = sorted((s.span for s in alone), key=lambda span: -span.duration)
        found[speaker] = read(_track(audio, own[0].channel), longest, models, most=_PROBE_S).vector
    return {speaker: vector for speaker, vector in found.items() if vector}


def of_turns(audio: Audio, turns: Sequence[Turn], name: str, models: Path) -> Voiceprint:
    """The agent's voice in a call that was heard and judged before.

    Only turns count whose role is surely the agent's, and no speech that lies under the other side's. Raises BadRecording when
    less than 10 s are left.
    """
    own = [t for t in turns if t.role is Role.AGENT and t.role_confidence >= SURE_ROLE and t.span]
    others = [t.span for t in turns if t.role is not Role.AGENT and t.span]
    channel = own[0].channel if own else Channel.MONO
    spans = [t.span for t in own if t.span and t.channel is channel and not any(t.span & other for other in others)]
    return _enough(read(_track(audio, channel), spans, models), name)


def of_recording(audio: Audio, name: str, models: Path) -> Voiceprint:
    """The one voice of a recording made for enrolment. Raises BadRecording when it holds two voices or less than 10 s of speech."""
    from qa.diarization import diarize

    found = diarize(audio, models=models)
    if found.heard not in (0, 1):
        raise BadRecording(name, f"{found.heard} voices are heard", "enrol from a recording of the agent alone, or with --call")
    channel = found.segments[0].channel if found.segments else Channel.MONO
    return _enough(read(_track(audio, channel), [s.span for s in found.segments], models), name)


def nearest(voiceprint: Sequence[float], voices: Mapping[str, Sequence[float]]) -> tuple[str, float] | None:
    """Which of several voices is nearest to the voiceprint, and by how much (cosine) before the next.

    None with fewer than two voices, because a single likeness says nothing; and where the vectors are of different models.

    >>> nearest((1.0, 0.0), {"A": (0.6, 0.8), "B": (0.8, 0.6)})
    ('B', 0.2)
    >>> nearest((1.0, 0.0), {"A": (0.6, 0.8)})
    """
    if len(voices) < 2 or any(len(v) != len(voiceprint) for v in voices.values()):
        return None
    scores = sorted(((float(np.dot(voiceprint, v)), name) for name, v in voices.items()), reverse=True)
    return scores[0][1], round(scores[0][0] - scores[1][0], 4)


def _track(audio: Audio, channel: Channel) -> Samples:
    at = audio.at(RATE)
    return at.channel(channel) if audio.layout is Layout.STEREO else at.mono()


def _enough(found: Voiceprint, name: str) -> Voiceprint:
    if found.seconds < LEAST_S or not found.vector:
        problem = f"{found.seconds:.0f} s of the agent's speech alone, {LEAST_S:.0f} s are needed"
        raise BadRecording(name, problem, "take a longer call, or record the agent reading a text")
    return found


@cache
def _load(folder: Path) -> Any:
    torch_compat.prepare()
    with torch_compat.quiet():
        from qa.diarization.ge2e import GE2E

        return GE2E.load(folder)

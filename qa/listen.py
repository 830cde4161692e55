"""One recording in, one call out: decode → who spoke → what was said → who is who.

Pure: a file, a request and a models folder in, values out. Models stay loaded in the process, so a worker pays for
them once. Importing this module loads no speech library.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hotline.errors import BadRecording
from qa import torch_compat, voice
from qa.audio import LONGEST_S, Audio, decode
from qa.calls import Call, Channel, Layout, Role, SourceKind, Span, TextSource, Turn
from qa.diarization import Diarization, Segment, diarize, overlaps_of, roles
from qa.transcription import supplied, words_for

Stage = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Request:
    """What is known about a recording before it is heard.

    ``supplied`` is a transcript that came along; ``channel_map`` whose the channels are; ``speakers`` how many speak
    (None: unknown); ``engine`` forces a source of text; ``opening_phrases`` are what only agents open with;
    ``hotwords`` are what a recogniser should expect; ``synthetic`` says that no human speaks; a recording of more than
    ``longest_s`` seconds is refused.
    """

    call_id: str
    supplied: Path | None = None
    language: str = "zh"
    channel_map: Mapping[Channel, Role] | None = None
    speakers: int | None = 2
    opening_phrases: tuple[str, ...] = ()
    engine: str | None = None
    hotwords: tuple[str, ...] = ()
    longest_s: float = LONGEST_S
    synthetic: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """The call without what the telephone system knows, and how each part of it was come by."""

    call: Call
    codec: str
    diarizer: str
    role_method: str
    role_confidence: float
    text_source: TextSource
    warnings: tuple[str, ...] = ()
    speakers: int | None = None


def listen(path: Path, request: Request, models: Path, *, on_stage: Stage | None = None) -> Heard:
    """Hear one recording. ``on_stage`` is told ``decode``, ``diarize``, ``transcribe`` before each begins.

    Raises BadRecording for what cannot be heard, BadInput for a transcript that cannot be read, MissingPart when models are
    not there. Without the speech libraries a supplied transcript with times is enough, and a recording without is BadRecording.
    """
    tell = on_stage or (lambda stage: None)
    tell("decode")
    audio = decode(path, longest_s=request.longest_s)
    _check_channels(path, audio, request)
    tell("diarize")
    if torch_compat.has_speech_extra():
        diarization = diarize(audio, models=models, channel_map=_usable_map(audio, request), speakers=request.speakers)
    else:
        diarization = by_transcript(path, request)
    tell("transcribe")
    turns = words_for(
        audio,
        diarization,
        supplied=request.supplied,
        language=request.language,
        models=models,
        engine=request.engine,
        hotwords=request.hotwords,
        synthetic=request.synthetic,
    )
    assigned = roles.assign(turns, diarization, request.opening_phrases)
    call = Call(
        request.call_id,
        voice.measured(assigned.turns, audio),
        audio.duration,
        audio.layout,
        overlaps=diarization.overlaps,
        overlap_known=diarization.overlap_known,
        truncated=audio.truncated,
    )
    return Heard(
        call,
        audio.codec,
        diarization.method,
        assigned.method,
        assigned.confidence,
        _source(turns),
        (*audio.warnings, *diarization.warnings, *assigned.warnings),
    )


def by_transcript(path: Path, request: Request) -> Diarization:
    """Who spoke when as a supplied transcript with times says; for installations without the speech extra.

    Raises BadRecording when none came along.
    """
    transcript = supplied.load(request.supplied) if request.supplied is not None else None
    if transcript is None or not transcript.timed:
        # What is missing concerns this recording: others with a transcript are heard, so it is put aside and they go on.
        needs = "cannot be judged here: no transcript with times came along, and the speech libraries are not installed"
        raise BadRecording(path.name, needs, "run `pip install 'hotline[speech]'`, or bring a transcript with times")
    segments = tuple(Segment(Span(entry.start or 0.0, entry.end or 0.0), entry.label or entry.role.value) for entry in transcript.entries)
    remark = "without the speech libraries: times and speakers are the transcript's own"
    return Diarization(segments, overlaps_of(segments), False, "supplied times", (remark,))


def _check_channels(path: Path, audio: Audio, request: Request) -> None:
    if request.channel_map and audio.channels_in_file == 1:
        agent = next((side for side, role in request.channel_map.items() if role is Role.AGENT), Channel.LEFT)
        problem = f"the manifest says the agent is on the {agent.value} channel, but the recording has only one channel"
        raise BadRecording(f"{path.name}: agent_channel", problem, "leave agent_channel empty, or export the recording in stereo")


def _usable_map(audio: Audio, request: Request) -> Mapping[Channel, Role] | None:
    return request.channel_map if audio.layout is Layout.STEREO else None


def _source(turns: Sequence[Turn]) -> TextSource:
    """The source of most of the text."""
    with_text = [t.source for t in turns if t.source.kind is not SourceKind.NONE]
    return max(set(with_text), key=with_text.count) if with_text else TextSource()

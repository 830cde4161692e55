"""One recording in, one call out: decode → who spoke → what was said → who is who.

Pure: a file, a request and a models folder in, values out. Models stay loaded in the process, so a worker pays for
them once. Importing this module loads no speech library.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hotline.errors import BadRecording
from qa import torch_compat, voice
from qa.audio import LONGEST_S, Audio, decode
from qa.calls import Call, Channel, Layout, Role, Sound, SoundKind, SourceKind, Span, TextSource, Turn
from qa.diarization import Diarization, Segment, diarize, overlaps_of, roles, sounds
from qa.transcription import supplied, words_for

Stage = Callable[[str], None]
RATE = 16_000


@dataclass(frozen=True, slots=True)
class Request:
    """What is known about a recording before it is heard.

    ``supplied`` is a transcript that came along; ``channel_map`` whose the channels are; ``speakers`` how many speak
    (None: unknown); ``engine`` forces a source of text, ``diarizer`` a way to tell speakers apart; ``opening_phrases`` are what
    only agents open with; ``hotwords`` are what a recogniser should expect; ``synthetic`` says that no human speaks;
    ``voiceprint`` is the enrolled voice of the agent who took the call; a recording of more than ``longest_s`` seconds is refused;
    ``direction`` is inbound or outbound: whoever is called speaks first.
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
    voiceprint: tuple[float, ...] | None = None
    diarizer: str | None = None
    direction: str = "inbound"


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
    # Resampled once: whatever reads 16 kHz below takes this as it is.
    at = audio.at(RATE)
    found = tones_and_music(audio)
    at = muted(at, found)
    with torch_compat.quiet():  # once for all the calls of libraries in it
        if torch_compat.has_speech_extra():
            diarization = diarize(
                at,
                models=models,
                channel_map=_usable_map(audio, request),
                speakers=request.speakers,
                method=request.diarizer,
                voices=request.voiceprint is not None,
            )
        else:
            diarization = by_transcript(path, request)
        tell("transcribe")
        turns = words_for(
            at,
            diarization,
            supplied=request.supplied,
            language=request.language,
            models=models,
            engine=request.engine,
            hotwords=request.hotwords,
            synthetic=request.synthetic,
        )
    turns, spoken_by_machine = without_announcements(turns)
    assigned = roles.assign(turns, diarization, request.opening_phrases, request.voiceprint, request.direction)
    heard_sounds = tuple(sorted((*all_spans(found), *spoken_by_machine), key=lambda sound: sound.span))
    held = sounds.holds(assigned.turns, heard_sounds)
    call = Call(
        request.call_id,
        voice.measured(assigned.turns, audio),
        audio.duration,
        audio.layout,
        overlaps=diarization.overlaps,
        overlap_known=diarization.overlap_known,
        sounds=tuple(sorted((*heard_sounds, *held), key=lambda sound: sound.span)),
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
        _speaking(diarization, turns, spoken_by_machine),
    )


def tones_and_music(audio: Audio) -> dict[Channel, tuple[Sound, ...]]:
    """Rings and music by track."""
    at = audio.at(sounds.RATE)  # once for all tracks, and for the pitch later on
    sides = (Channel.LEFT, Channel.RIGHT) if audio.layout is Layout.STEREO else (Channel.MONO,)
    return {side: sounds.find(at.channel(side), at.rate) for side in sides}


def all_spans(found: Mapping[Channel, tuple[Sound, ...]]) -> tuple[Sound, ...]:
    """The sounds of all tracks, those of one kind that meet joined."""
    joined: list[Sound] = []
    for sound in sorted((s for track in found.values() for s in track), key=lambda s: (s.kind, s.span)):
        if joined and joined[-1].kind is sound.kind and sound.span.start <= joined[-1].span.end:
            joined[-1] = Sound(sound.kind, joined[-1].span | sound.span)
        else:
            joined.append(sound)
    return tuple(joined)


def muted(audio: Audio, found: Mapping[Channel, tuple[Sound, ...]]) -> Audio:
    """The recording with its tones and music silenced on their tracks, so that nobody takes them for speech."""
    if not any(found.values()):
        return audio
    samples = audio.samples.copy()
    for channel, track in found.items():
        rows = slice(None) if channel is Channel.MONO else 0 if channel is Channel.LEFT else 1
        for sound in track:
            samples[rows, round(sound.span.start * audio.rate) : round(sound.span.end * audio.rate)] = 0.0
    return replace(audio, samples=samples)


def without_announcements(turns: Sequence[Turn]) -> tuple[tuple[Turn, ...], tuple[Sound, ...]]:
    """The turns without those at the start that a machine speaks, numbered anew, and these as sounds."""
    machine = set(sounds.announcements(turns))
    spoken = tuple(Sound(SoundKind.IVR, t.span) for t in turns if t.index in machine and t.span)
    kept = [t for t in turns if t.index not in machine]
    return tuple(replace(t, index=i) for i, t in enumerate(kept)), spoken


def _speaking(diarization: Diarization, turns: Sequence[Turn], announced: Sequence[Sound]) -> int | None:
    """How many people speak, announcements not counted."""
    if diarization.heard is None or not announced:
        return diarization.heard
    return len({t.speaker for t in turns if t.speaker})


def by_transcript(path: Path, request: Request) -> Diarization:
    """Who spoke when as a supplied transcript with times says, speakers lettered in order; for installations without the speech extra.

    Raises BadRecording when none came along.
    """
    transcript = supplied.load(request.supplied) if request.supplied is not None else None
    if transcript is None or not transcript.timed:
        # What is missing concerns this recording: others with a transcript are heard, so it is put aside and they go on.
        needs = "cannot be judged here: no transcript with times came along, and the speech libraries are not installed"
        raise BadRecording(path.name, needs, "run `pip install 'hotline[speech]'`, or bring a transcript with times")
    # Labels may be people's names or numbers: what is kept of a speaker is a letter.
    letters: dict[str, str] = {}
    for entry in transcript.entries:
        letters.setdefault(entry.label or entry.role.value, f"{chr(ord('A') + len(letters) % 26)}{len(letters) // 26 or ''}")
    segments = tuple(
        Segment(Span(entry.start or 0.0, entry.end or 0.0), letters[entry.label or entry.role.value]) for entry in transcript.entries
    )
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

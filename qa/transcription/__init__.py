"""What was said, and where that is known from.

In this order: a production recogniser that has been pulled → the transcript supplied with the recording → for English the
small offline recogniser, for synthetic Mandarin our own small model → nothing, and the turns stay without text. The source
is kept on every turn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hotline.errors import BadInput, NotFound
from qa.audio import Audio, gate_crosstalk
from qa.calls import Channel, Layout, Role, SourceKind, TextSource, Turn
from qa.diarization import Diarization

ENGINES = ("paraformer-zh", "SenseVoiceSmall", "whisper-tiny.en", "hotline-zh-small", "supplied", "none")


def words_for(
    audio: Audio,
    diarization: Diarization,
    *,
    supplied: Path | None = None,
    language: str = "zh",
    models: Path,
    engine: str | None = None,
    hotwords: Sequence[str] = (),
    synthetic: bool = False,
) -> tuple[Turn, ...]:
    """The turns with their text and its source; roles only as a supplied transcript labels them.

    Where emotion2vec has been pulled, it tells the emotion of each turn, whatever the source of the text.
    ``engine`` forces one of :data:`ENGINES`; ``hotwords`` are words that a recogniser should expect; ``synthetic``
    says that no human speaks, so that our own small model may recognise what came without a transcript. Raises BadInput for a
    transcript that cannot be read, or is forced and did not come along; MissingPart for a forced engine that is not there,
    NotFound for one that does not exist.
    """
    if engine is not None and engine not in ENGINES:
        raise NotFound(f"engine {engine}", "no such source of text", f"use one of {', '.join(ENGINES)}")
    turns = _worded(audio, diarization, engine or _choose(supplied, language, models, synthetic), supplied, models, hotwords)
    return _felt(turns, audio, models)


def _worded(
    audio: Audio, diarization: Diarization, chosen: str, supplied: Path | None, models: Path, hotwords: Sequence[str]
) -> tuple[Turn, ...]:
    if chosen == "supplied":
        from qa.transcription import align
        from qa.transcription import supplied as transcripts

        if supplied is None:
            raise BadInput("transcript", "none came with the recording", "name it in the manifest's column transcript")
        transcript = transcripts.load(supplied)
        return align.align(transcript, diarization, TextSource(SourceKind.SUPPLIED, transcript.engine or supplied.name, transcript.version))
    if chosen == "none":
        return without_words(diarization)
    return _recognised(audio, diarization, chosen, models, hotwords)


def _felt(turns: tuple[Turn, ...], audio: Audio, models: Path) -> tuple[Turn, ...]:
    from qa import torch_compat
    from qa.voice import emotion2vec

    return emotion2vec.felt(turns, audio, models) if emotion2vec.available(models) and torch_compat.has_speech_extra() else turns


def without_words(diarization: Diarization) -> tuple[Turn, ...]:
    """Turns that tell who spoke when, and nothing else."""
    return tuple(
        Turn(index, Role.UNKNOWN, "", segment.span, channel=segment.channel, speaker=segment.speaker)
        for index, segment in enumerate(diarization.segments)
    )


def _choose(supplied: Path | None, language: str, models: Path, synthetic: bool) -> str:
    from qa import torch_compat
    from qa.transcription import english, funasr_engine, small

    runs = torch_compat.has_speech_extra()
    if runs and language == "zh":
        for name in (funasr_engine.PARAFORMER, funasr_engine.SENSEVOICE):
            if funasr_engine.available(models, name):
                return name
    if supplied is not None:
        return "supplied"
    if runs and synthetic and language == "zh" and small.available(models):
        return small.NAME
    return english.NAME if runs and language == "en" and english.available(models) else "none"


def _recognised(audio: Audio, diarization: Diarization, engine: str, models: Path, hotwords: Sequence[str]) -> tuple[Turn, ...]:
    from qa.transcription import english, funasr_engine, small
    from qa.transcription.words import Mood, Spoken, into_turns

    at = audio.at(english.RATE)
    tracks = {Channel.MONO: at.mono()}
    if audio.layout is Layout.STEREO:
        at = replace(at, samples=gate_crosstalk(at.samples, at.rate))
        heard_on = {segment.channel for segment in diarization.segments}
        tracks = {side: at.channel(side) for side in (Channel.LEFT, Channel.RIGHT) if side in heard_on}
    spoken: list[Spoken] = []
    moods: list[Mood] = []
    for channel, samples in tracks.items():
        if engine == english.NAME:
            spoken += english.recognise(samples, models, channel, hotwords=hotwords)
        else:
            if engine == small.NAME:
                heard = small.recognise(samples, models, channel)
            else:
                heard = funasr_engine.recognise(samples, models, channel, name=engine, hotwords=hotwords)
            spoken += heard.spoken
            moods += heard.moods
    sources = {english.NAME: english.source, small.NAME: small.source}
    source = sources[engine]() if engine in sources else funasr_engine.source(engine)
    return into_turns(spoken, diarization, source, moods)

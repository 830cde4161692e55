"""The part of ``hotline calls`` that hears one recording and keeps nothing of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hotline import settings
from hotline.console import JsonFlag, emit
from hotline.errors import BadInput
from qa.judging import masked
from qa.listen import Request, listen


def mount(app: typer.Typer) -> None:
    """Put the command of this file into ``hotline calls``."""
    app.command("transcribe")(transcribe)


def transcribe(
    recording: Annotated[Path, typer.Argument(metavar="FILE", help="The recording.")],
    engine: Annotated[
        str | None,
        typer.Option(help="Who writes: paraformer-zh, SenseVoiceSmall, whisper-tiny.en, hotline-zh-small. Default: the best that is here."),
    ] = None,
    language: Annotated[str, typer.Option(help="zh or en.")] = "zh",
    transcript: Annotated[Path | None, typer.Option(help="A transcript that came along.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Print who said what when in one recording, masked as the settings say; nothing is stored.

    hotline-zh-small knows synthetic speech only: with human speech its text is of no use.
    """
    if not recording.is_file():
        raise BadInput(str(recording), "no such file", "name a recording")
    current = settings.load()
    heard = listen(recording, Request(recording.stem, transcript, language=language, engine=engine), current.models)
    rows = [
        {
            "turn": turn.index,
            "start": round(turn.span.start, 2) if turn.span else None,
            "end": round(turn.span.end, 2) if turn.span else None,
            "role": turn.role.value,
            "text": turn.text,
            "source": turn.source.name,
        }
        for turn in masked(current, recording.stem, heard.call.turns)
    ]
    emit(rows, as_json, title=recording.name)

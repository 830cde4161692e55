"""Calls from transcript files named on the command line: text with ``agent: …`` lines, or JSON, SRT, WebVTT, CSV."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from hotline.errors import BadInput
from qa.calls import Call, Role, Span, Turn
from qa.rules import RuleSet
from qa.rules.examples import ExampleError, call_of, turns_of
from qa.text.encodings import utf8
from qa.transcription import supplied

MetaOption = Annotated[list[str] | None, typer.Option("--meta", help="What came with the call, as name=value; may be repeated.")]
StartedOption = Annotated[
    str | None,
    typer.Option("--started-at", help="When the call began, such as 2026-11-22T10:30; default: now. Items may be in force later."),
]
MAX_BYTES = 16 * 2**20
_KINDS = (".json", ".srt", ".vtt", ".csv")


def written_call(path: Path, meta: Sequence[str] = ()) -> Call:
    """The call in a transcript file; ``meta`` are ``name=value``. Raises BadInput naming file and line."""
    values: dict[str, str] = {}
    for entry in meta:
        name, separator, value = entry.partition("=")
        if not separator or not name:
            raise BadInput(f"--meta {entry}", "is not name=value", "write for example --meta ticket_type=故障报修")
        values[name.removeprefix("meta.")] = value
    if path.suffix.lower() in _KINDS:
        entries = supplied.load(path).entries
        turns = tuple(
            Turn(i, e.role, e.text, Span(e.start, e.end) if e.start is not None and e.end is not None else None, confidence=e.confidence)
            for i, e in enumerate(entries)
        )
        if all(t.role is Role.UNKNOWN for t in turns):
            raise BadInput(path.name, "names no speaker", "add a role (agent, customer) to the entries")
        return call_of(path.stem, turns, meta=values)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadInput(str(path), "is larger than a transcript can be", "name a text file of one call")
        return call_of(path.stem, turns_of(utf8(path.read_bytes(), str(path))), meta=values)
    except ExampleError as error:
        raise BadInput(f"{path}:{error.line + 1}", error.problem, error.mend) from None
    except OSError as error:
        raise BadInput(str(path), f"cannot be read ({error.strerror})", "check the path") from None


def began(call: Call, started_at: str | None) -> Call:
    """The call with the time that ``--started-at`` gives, local where it names no zone. Raises BadInput."""
    if started_at is None:
        return call
    try:
        moment = datetime.fromisoformat(started_at.strip()).astimezone()
    except (ValueError, OverflowError, OSError):
        raise BadInput("--started-at", f"'{started_at[:40]}' is not a time", "write for example 2026-11-22T10:30") from None
    return replace(call, started_at=moment)


def as_of_now(call: Call, rule_set: RuleSet) -> Call:
    """A call without a date begins now where items are in force on some days only: what is not in force yet must cost nothing."""
    dated = any(item.effective.start is not None or item.effective.end is not None for item in rule_set.items)
    return replace(call, started_at=datetime.now().astimezone()) if dated and call.started_at is None else call


def written_calls(path: Path) -> Iterator[Call]:
    """The call in a file, or every transcript (``*.txt``, JSON, SRT, WebVTT, CSV) of a folder, by name. Raises BadInput."""
    files = sorted(f for f in path.iterdir() if f.suffix.lower() in (".txt", *_KINDS)) if path.is_dir() else [path]
    if not files:
        raise BadInput(str(path), "holds no transcript", "put *.txt, *.json, *.srt, *.vtt or *.csv there")
    for file in files:
        yield written_call(file)

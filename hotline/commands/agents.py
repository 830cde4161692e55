"""``hotline agents``: whose voices are enrolled, with whose consent; enrol and forget them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from hotline import settings
from hotline.console import JsonFlag, emit, out, plain
from hotline.errors import BadInput
from hotline.store import OPERATOR, calls, open_store
from hotline.store import voiceprints as room

app = typer.Typer(help="Agents, and the voiceprints that tell who of a call they are.", no_args_is_help=True)

Agent = Annotated[str, typer.Argument(help="Id of the agent, such as a001.")]


@app.command("list")
def list_agents(
    enrolled: Annotated[bool, typer.Option("--enrolled", help="Only agents whose voice is kept.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Agents, whose voice is kept, from what, and who consented when and how."""
    rows = room.listing(open_store(settings.load()), OPERATOR)
    rows = [row for row in rows if row["enrolled_at"] is not None or not enrolled]
    if not rows and not as_json:
        out.print("no voice is kept; see: hotline agents enroll --help" if enrolled else "no agents; see: hotline centre import --help")
        return
    emit(rows if as_json else [_row(row) for row in rows], as_json, title="agents")


@app.command("enroll")
def enroll(
    agent: Agent,
    consent: Annotated[str, typer.Option("--consent", help="Who agreed, when and how: '张三/2026-11-20/书面同意'.")],
    call: Annotated[str | None, typer.Option("--call", help="Take the agent's speech from this stored call.")] = None,
    file: Annotated[Path | None, typer.Option("--file", help="Take it from this recording, in which only the agent speaks.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Keep an agent's voice: at least 10 s of speech, and only with a consent, which is recorded."""
    from qa import audio, voiceprints

    if (call is None) == (file is None):
        raise BadInput("agents enroll", "name either --call or --file", "for example --call S001")
    agreed = room.Consent.parse(consent)
    config = settings.load()
    store = open_store(config)
    if file is not None:
        found = voiceprints.of_recording(audio.decode(file), file.name, config.models)
        source = f"file {file.name}"
    else:
        opened = calls.open_call(store, OPERATOR, str(call))
        if opened.call.agent_id != agent:
            raise BadInput(
                f"call {call}", f"was taken by {opened.call.agent_id or 'nobody known'}, not by {agent}", "name a call of this agent"
            )
        recording = audio.decode(calls.audio_path(store, OPERATOR, str(call)))
        found = voiceprints.of_turns(recording, opened.call.turns, f"call {call}", config.models)
        source = f"call {call}"
    room.enrol(store, OPERATOR, agent, found, source=source, consent=agreed)
    if as_json:
        emit({"agent": agent, "done": "enrolled", "seconds": found.seconds, "source": source}, True)
    else:
        out.print(plain(f"voice of {agent} enrolled from {source}: {found.seconds:.0f} s of speech"))


@app.command("forget")
def forget(agent: Agent, as_json: JsonFlag = False) -> None:
    """Delete an agent's voice for good; the audit trail keeps that it was there."""
    room.forget(open_store(settings.load()), OPERATOR, agent)
    if as_json:
        emit({"agent": agent, "done": "forgotten"}, True)
    else:
        out.print(plain(f"voice of {agent} deleted"))


def _row(row: dict[str, Any]) -> dict[str, Any]:
    kept = row["enrolled_at"] is not None
    consent = f"{row['consent_by']}, {row['consent_on']}, {row['consent_note']}" if kept else None
    return {"agent": row["id"], "name": row["name"], "voice": row["source"], "seconds": row["seconds"], "consent": consent}

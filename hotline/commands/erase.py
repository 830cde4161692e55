"""``hotline erase``: erase what is known of a caller, or one call; without ``--yes`` it only says what would go."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from hotline import settings
from hotline.console import JsonFlag, emit, err, out, plain
from hotline.errors import CheckFailed
from hotline.store import erasure, open_store
from hotline.store.access import OPERATOR
from hotline.store.erasure import Erased, Found

app = typer.Typer()


@app.command("erase")
def erase(
    caller: Annotated[
        str | None, typer.Option(help="The caller's number; - asks for it, so that it stays out of the shell's history.")
    ] = None,
    call: Annotated[str | None, typer.Option(help="Only this call: its id.")] = None,
    audio: Annotated[bool, typer.Option("--audio", help="Also remove recordings and transcripts that lie outside Hotline's home.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it. Without this nothing is changed.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Erase a caller's words, recordings and evidence; counts and published figures stay, and the trail keeps that it was done.

    Files that hotline export wrote go too. Safe to stop and run again. Backups are yours to remove; recordings and transcripts
    elsewhere, and copies that people took away, are named, not removed.
    """
    store = open_store(settings.load())
    number = _asked() if caller == "-" else caller
    if yes:
        done = erasure.erase(store, OPERATOR, number=number, call_id=call, elsewhere=audio)
        _show_done(done, as_json)
        if done.left:
            raise CheckFailed("erase", f"{len(done.left)} files could not be removed", "mend what is said of them and run the same again")
        return
    _show_found(erasure.find(store, OPERATOR, number=number, call_id=call), audio, as_json)


def _asked() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("号码 number", hide_input=True, err=True))
    return sys.stdin.readline().strip()


def _show_found(found: Found, audio: bool, as_json: bool) -> None:
    goes = [*found.here, *(found.elsewhere if audio else ())]
    stays = [] if audio else list(found.elsewhere)
    facts = {
        "calls": list(found.calls),
        "files": [str(path) for path in (*goes, *found.written)],
        "files left": [str(path) for path in stays],
        "tickets unlinked": found.tickets,
        "exported elsewhere": [f"{call} {who} {at:%Y-%m-%d %H:%M}" for call, who, at in found.exports],
    }
    if as_json:
        emit(facts, True)
        return
    emit(
        {name: "\n".join(value) or None if isinstance(value, list) else value for name, value in facts.items()},
        False,
        title="将删除 to erase",
    )
    out.print(
        "未做改动 nothing was changed; to do it add --yes" + ("" if not stays else " (recordings and transcripts elsewhere: --audio)")
    )


def _show_done(done: Erased, as_json: bool) -> None:
    if as_json:
        emit({"erased": list(done.calls), "finished": list(done.finished), "left": list(done.left)}, True)
        return
    out.print(f"已删除 erased {len(done.calls)} calls" + (f", finished {len(done.finished)} begun before" if done.finished else ""))
    for line in done.left:
        err.print(f"[yellow]left[/] {plain(line)}", soft_wrap=True)

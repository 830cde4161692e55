"""The part of ``hotline calls`` for review: correct words and roles, see what was corrected."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from hotline import settings
from hotline.console import JsonFlag, emit, out
from hotline.errors import BadInput
from hotline.store import corrections, open_store
from hotline.store.access import OPERATOR
from qa.calls import Role
from qa.corrections import Corrected, TurnChange, swap_roles
from qa.corrections import correct as correct_turns
from qa.rescoring import interval

CallId = Annotated[str, typer.Argument(metavar="CALL", help="The call's id.")]


def mount(app: typer.Typer) -> None:
    """Put the commands of this file into ``hotline calls``."""
    app.command("correct")(correct)
    app.command("history")(history)


def correct(
    call_id: CallId,
    turn: Annotated[int | None, typer.Option(min=0, help="The turn's number, as `calls show` prints it.")] = None,
    text: Annotated[str | None, typer.Option(help="What was said.")] = None,
    role: Annotated[Role | None, typer.Option(help="Who said it.")] = None,
    swap: Annotated[bool, typer.Option("--swap-roles", help="Agent and customer were taken for each other in the whole call.")] = False,
    note: Annotated[str, typer.Option(help="Why; personal numbers in it are masked.")] = "",
    rules: Annotated[Path | None, typer.Option(help="Judge by this rule set instead of the one of the call's language.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Correct a turn's words or role, or swap all roles; the call is judged again at once, and what stood there is kept."""
    store = open_store(settings.load())
    if swap:
        if turn is not None or text is not None or role is not None:
            raise BadInput("--swap-roles", "stands alone", "correct single turns in a second step")
        done = swap_roles(store, OPERATOR, call_id, note, rules=rules)
    elif turn is None or (text is None and role is None):
        raise BadInput("--turn", "which turn, and its text or role?", "--turn 3 --text 您好, --turn 3 --role agent, or --swap-roles")
    else:
        done = correct_turns(store, OPERATOR, call_id, [TurnChange(turn, text, role)], note, rules=rules)
    emit(_row(done), as_json, title="corrected")


def history(call_id: CallId, as_json: JsonFlag = False) -> None:
    """What was corrected in a call: when, by whom, which turn."""
    rows = corrections.history(open_store(settings.load()), OPERATOR, call_id)
    if not rows and not as_json:
        out.print("nothing was corrected")
        return
    emit(rows, as_json, title="corrections")


def _row(done: Corrected) -> dict[str, Any]:
    was = interval(*done.was) if done.was is not None else interval(None, None)
    return {"call": done.call_id, "turns": ", ".join(str(turn) for turn in done.turns), "was": was, "is": interval(*done.now)}

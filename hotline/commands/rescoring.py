"""The part of ``hotline calls`` for scores: judge calls again, and see every result that a call ever had."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from hotline import settings
from hotline.console import JsonFlag, emit
from hotline.errors import BadInput
from hotline.store import open_store, scores
from hotline.store.access import OPERATOR
from hotline.store.scores import Result
from qa import rescoring
from qa.rescoring import interval
from qa.rules import in_language

CallId = Annotated[str, typer.Argument(metavar="CALL", help="The call's id.")]


def mount(app: typer.Typer) -> None:
    """Put the commands of this file into ``hotline calls``."""
    app.command("rescore")(rescore)
    app.command("scores")(results)


def rescore(
    call_ids: Annotated[list[str] | None, typer.Argument(metavar="CALL…", help="Calls to judge again.")] = None,
    reason: Annotated[str, typer.Option(help="Why; it is kept with the new result. Personal numbers in it are masked.")] = "",
    rules: Annotated[Path | None, typer.Option("--rules", help="Judge by this rule set instead of the one in force for the call.")] = None,
    same_version: Annotated[bool, typer.Option("--same-version", help="Judge by the version that judged the call last.")] = False,
    arrived: Annotated[bool, typer.Option("--arrived", help="All calls whose late metadata have come in; needs no reason.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Judge stored calls again; the earlier results stay beside the new one, and published weeks stay as they are."""
    store = open_store(settings.load())
    if arrived:
        if call_ids or rules is not None or same_version:
            raise BadInput("--arrived", "stands alone", "name calls in a second step")
        emit(rescoring.judge_arrived(store), as_json, title="judged again")
        return
    if not call_ids:
        raise BadInput("CALL", "names no call", "name calls, or write --arrived")
    rows = rescoring.rescore(store, OPERATOR, call_ids, reason, rules, same_version=same_version)
    emit(rows, as_json, title="judged again")
    if refused := sum(bool(row["problem"]) for row in rows):
        raise BadInput(f"{refused} of {len(rows)} calls", "could not be judged again", "their lines above say why")


def results(call_id: CallId, as_json: JsonFlag = False) -> None:
    """Every result of a call, newest first: when, by which version of the rules, who asked for it and why; the marked one counts."""
    current = settings.load()
    found = scores.history(open_store(current), OPERATOR, call_id)
    if as_json:
        emit([_facts(result) for result in found], True)
    else:
        emit([_line(result, current.language) for result in found], False, title=f"scores of {call_id}")


def _facts(result: Result) -> dict[str, Any]:
    return {
        "scored_at": result.scored_at,
        "counts": result.current,
        "author": result.author,
        "reason": result.reason,
        "rule_set": {"id": result.rule_set_id, "version": result.version, "hash": result.rule_hash},
        "score": {"low": result.low, "high": result.high},
        "band": dict(result.band) if result.band else None,
        "passed": result.passed,
        "fatal_certain": result.fatal_certain,
        "fatal_possible": result.fatal_possible,
        "failed_items": result.failed_items,
        "doubtful_items": result.doubtful_items,
        "variables": dict(result.variables),
        "metadata_open": result.metadata_open,
    }


def _line(result: Result, language: str) -> dict[str, Any]:
    return {
        "at": f"{result.scored_at:%Y-%m-%d %H:%M}",
        "counts": "yes" if result.current else "",
        "score": interval(result.low, result.high),
        "band": result.band[language] if result.band else "",
        "passed": result.passed,
        "rules": f"{result.rule_set_id} v{result.version}",
        "by": result.author,
        "reason": in_language(result.reason, language),
    }

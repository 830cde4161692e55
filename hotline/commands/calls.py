"""``hotline calls``: bring recordings in, list and show calls, judge stored calls again, see the quarantine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from hotline import settings
from hotline.console import JsonFlag, emit, err, out
from hotline.store import calls as call_store
from hotline.store import jobs, open_store
from hotline.store.access import OPERATOR
from hotline.store.calls import CallRow
from qa import ingest as room
from qa.calls import Call, Span
from qa.scoring import ItemResult

app = typer.Typer(help="Bring recordings in; list, show and re-score calls.", no_args_is_help=True)

RulesOption = Annotated[Path | None, typer.Option("--rules", help="Judge by this rule set instead of the ones chosen by language.")]


@app.command("ingest")
def ingest(
    source: Annotated[Path, typer.Argument(help="Manifest (CSV or Parquet) or a folder of recordings.")],
    rules: RulesOption = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; 1 works in this process.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Listen to every recording, judge it and store it; safe to stop and run again."""
    current = settings.load()
    store = open_store(current)
    progress = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=err, transient=True
    )
    with progress:
        task = progress.add_task("listening", total=None)

        def advance(done: int, total: int, what: str) -> None:
            progress.update(task, completed=done, total=total, description=what)

        summary = room.ingest(store, source, rules=rules, workers=workers or current.workers, on_progress=advance)
    if as_json:
        emit(summary.row(), True)
        return
    out.print(f"{summary.stored} stored, {summary.skipped} there already, {len(summary.quarantined)} put aside")
    for problem in summary.quarantined:
        err.print(f"[yellow]put aside[/] {problem}".replace("\n", " "), soft_wrap=True)


@app.command("list")
def list_calls(
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    offset: Annotated[int, typer.Option(min=0)] = 0,
    every: Annotated[bool, typer.Option("--all", help="Also calls without a recording.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Recorded calls with their score interval, outcome and where their text comes from."""
    store = open_store(settings.load())
    page = call_store.page(store, OPERATOR, recorded_only=not every, limit=limit, offset=offset)
    emit([_listing(row) for row in page.rows], as_json, title=f"{page.total} calls")


@app.command("show")
def show(call_id: str, as_json: JsonFlag = False) -> None:
    """One call: its turns with times and text source, and every item with its verdict and evidence."""
    store = open_store(settings.load())
    opened = call_store.open_call(store, OPERATOR, call_id)
    turns, items = _turns(opened.call), _items(opened.items)
    if as_json:
        emit({"call": _listing(opened.row), "turns": turns, "items": items}, True)
        return
    emit(_listing(opened.row), False, title=call_id)
    emit(turns, False, title="turns")
    emit(items, False, title="items")


@app.command("score")
def score(
    call_ids: Annotated[list[str], typer.Argument(help="Calls to judge again.")],
    rules: RulesOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Judge stored calls by the rule set as it is now; the earlier result stays beside the new one."""
    store = open_store(settings.load())
    emit(room.rescore(store, call_ids, rules), as_json, title="scored again")


@app.command("quarantine")
def quarantine(as_json: JsonFlag = False) -> None:
    """Recordings that were put aside, why, and what to do."""
    store = open_store(settings.load())
    emit(jobs.quarantined(store, OPERATOR), as_json, title="quarantine", columns=("source", "problem", "mend", "at"))


def _listing(row: CallRow) -> dict[str, Any]:
    return {
        "call": row.id,
        "started": f"{row.started_at:%Y-%m-%d %H:%M}",
        "agent": row.agent_id,
        "queue": row.queue_id,
        "topic": row.topic,
        "seconds": row.duration_s,
        "score": None if row.low is None else f"{row.low:g}" if row.low == row.high else f"{row.low:g}–{row.high:g}",
        "passed": row.passed,
        "fatal": row.fatal_certain,
        "doubtful": row.doubtful_items,
        "text": str(row.text_source) if row.text_source else None,
        "rules": row.rule_set_id and f"{row.rule_set_id} v{row.rule_version}",
        "synthetic": row.synthetic,
    }


def _turns(call: Call) -> list[dict[str, Any]]:
    return [{"turn": t.index, "time": _clock(t.span), "role": t.role.value, "text": t.text, "source": str(t.source)} for t in call.turns]


def _items(items: tuple[ItemResult, ...]) -> list[dict[str, Any]]:
    return [
        {
            "item": item.item_id,
            "outcome": str(item.outcome),
            "lost": f"{item.lost_low:g}" if item.lost_low == item.lost_high else f"{item.lost_low:g}–{item.lost_high:g}",
            "fatal": "yes" if item.fatal else "",
            "reason": item.reason,
            "evidence": "; ".join(f"{_clock(e.span)} turn {e.turn} {e.detail}" for e in item.evidence),
        }
        for item in items
    ]


def _clock(span: Span | None) -> str:
    return "" if span is None else f"{int(span.start) // 60}:{span.start % 60:04.1f}"

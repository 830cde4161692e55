"""``hotline calls``: bring recordings in, list and show calls; more in ``ingesting.py``, ``correcting.py`` and ``rescoring.py``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from hotline import settings
from hotline.commands import correcting, hearing, ingesting, rescoring, transcribing, voices
from hotline.commands.ingesting import print_summary, showing
from hotline.console import JsonFlag, emit, err
from hotline.store import calls as call_store
from hotline.store import open_store
from hotline.store.access import OPERATOR
from hotline.store.calls import CallRow, OpenedCall
from qa import ingest as room
from qa.calls import Turn
from qa.rules import in_language
from qa.scoring import ItemResult
from qa.sidecars import NamePattern
from reports.week import IsoWeek

app = typer.Typer(help="Bring recordings in; list, show, correct and re-score calls.", no_args_is_help=True)
ingesting.mount(app)
correcting.mount(app)
rescoring.mount(app)
transcribing.mount(app)

RulesOption = Annotated[Path | None, typer.Option("--rules", help="Judge by this rule set instead of the one of the call's language.")]

WorkersOption = Annotated[int | None, typer.Option(min=1, help="Processes; 1 works in this one. Default: the setting.")]
NamesOption = Annotated[
    str | None, typer.Option(help="What names of recordings say where there is no manifest, e.g. {date}-{time}_{agent_id}_{call_id}.")
]


@app.command("ingest")
def ingest(
    source: Annotated[Path, typer.Argument(metavar="SOURCE", help="Manifest (CSV, Parquet, Excel), a recording or a folder of them.")],
    rules: RulesOption = None,
    workers: WorkersOption = None,
    names: NamesOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Listen to every recording, judge it and store it; safe to stop and run again."""
    current = settings.load()
    store = open_store(current)
    pattern = NamePattern(names) if names else None
    with showing(err) as show_progress:
        summary = room.ingest(store, source, rules=rules, workers=workers or current.workers, names=pattern, on_progress=show_progress)
    if as_json:
        emit(summary.row(), True)
    else:
        print_summary(summary)


@app.command("list")
def list_calls(
    week: Annotated[str | None, typer.Option(help="Only this ISO week, such as 2026-W46.")] = None,
    agent: Annotated[str | None, typer.Option(help="Only this agent's calls: the id, e.g. a001.")] = None,
    queue: Annotated[str | None, typer.Option(help="Only this queue: the id, e.g. q0.")] = None,
    doubtful: Annotated[bool, typer.Option("--doubtful", help="Only calls with something for a person to decide.")] = False,
    fatal: Annotated[bool, typer.Option("--fatal", help="Only calls with a certain or possible fatal item.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 50,
    offset: Annotated[int, typer.Option(min=0, help="Leave out so many of the newest.")] = 0,
    every: Annotated[bool, typer.Option("--all", help="Also calls without a recording.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Recorded calls, newest first, with their score interval, outcome and where their text comes from."""
    store = open_store(settings.load())
    days = IsoWeek.parse(week) if week is not None else None
    page = call_store.page(
        store,
        OPERATOR,
        queue=queue,
        agent=agent,
        first_day=days.first if days else None,
        last_day=days.last if days else None,
        doubtful_only=doubtful,
        fatal_only=fatal,
        recorded_only=not every,
        limit=limit,
        offset=offset,
    )
    if as_json:
        emit({"total": page.total, "calls": [_facts(row) for row in page.rows]}, True)
    else:
        emit([_line(row) for row in page.rows], False, title=f"{page.total} calls")


@app.command("show")
def show(call_id: Annotated[str, typer.Argument(metavar="CALL", help="The call's id.")], as_json: JsonFlag = False) -> None:
    """One call: how it was heard, its turns with times and text source, and every item with its verdict and evidence."""
    current = settings.load()
    opened = call_store.open_call(open_store(current), OPERATOR, call_id)
    if as_json:
        moods = voices.changes(opened.call)
        emit(
            {
                "call": _facts(opened.row) | _heard(opened) | hearing.facts(opened),
                "turns": _turns(opened),
                "moods": moods,
                "items": _items(opened),
            },
            True,
        )
        return
    emit(_line(opened.row) | _heard(opened) | hearing.lines(opened), False, title=call_id)
    emit([_turn_line(turn) for turn in opened.call.turns], False, title=f"turns ({opened.row.text_source})")
    if moods := voices.changes(opened.call):
        emit(moods, False, title="moods")
    emit([_item_line(item, current.language) for item in opened.items], False, title="items")


def _line(row: CallRow) -> dict[str, Any]:
    """A call as a line that fits a terminal."""
    score = None if row.low is None or row.high is None else f"{row.low:g}" if row.low == row.high else f"{row.low:g}–{row.high:g}"
    return {
        "call": row.id,
        "started": f"{row.started_at:%Y-%m-%d %H:%M}",
        "agent": row.agent_id,
        "topic": row.topic,
        "score": score,
        "passed": row.passed,
        "doubt": row.doubtful_items,
        "text": f"{row.text_source}{' (synthetic)' if row.synthetic else ''}" if row.text_source else None,
    }


def _facts(row: CallRow) -> dict[str, Any]:
    """A call for programs: numbers as numbers."""
    return {
        "call": row.id,
        "started_at": row.started_at,
        "agent": row.agent_id,
        "queue": row.queue_id,
        "topic": row.topic,
        "direction": row.direction,
        "seconds": row.duration_s,
        "score": {"low": row.low, "high": row.high},
        "passed": row.passed,
        "fatal_certain": row.fatal_certain,
        "fatal_possible": row.fatal_possible,
        "failed_items": row.failed_items,
        "doubtful_items": row.doubtful_items,
        "text_source": str(row.text_source) if row.text_source else None,
        "rule_set": {"id": row.rule_set_id, "version": row.rule_version, "hash": row.rule_hash},
        "synthetic": row.synthetic,
    }


def _heard(opened: OpenedCall) -> dict[str, Any]:
    rules = f"{opened.row.rule_set_id} v{opened.row.rule_version}" if opened.row.rule_set_id else None
    return {"diarizer": opened.diarizer, "roles": opened.role_method, "rules": rules, "warnings": list(opened.warnings)}


def _turns(opened: OpenedCall) -> list[dict[str, Any]]:
    return [
        {
            "turn": turn.index,
            **hearing.seconds(turn.span),
            "role": turn.role.value,
            "role_confidence": turn.role_confidence,
            "text": turn.text,
            "confidence": turn.confidence,
            "source": str(turn.source),
            **voices.measured(turn),
            "tokens": hearing.tokens(turn),
        }
        for turn in opened.call.turns
    ]


def _turn_line(turn: Turn) -> dict[str, Any]:
    return {
        "turn": turn.index,
        "time": hearing.clock(turn.span),
        "role": turn.role.value,
        "sure": f"{turn.role_confidence:.2f}",
        "voice": voices.short(turn),
        "personal": hearing.personal(turn),
        "text": turn.text,
    }


def _items(opened: OpenedCall) -> list[dict[str, Any]]:
    return [
        {
            "item": item.item_id,
            "section": item.section_id,
            "outcome": item.outcome.value,
            "fatal": item.fatal,
            "lost_low": item.lost_low,
            "lost_high": item.lost_high,
            "reason": item.reason,
            "evidence": [
                {
                    "turn": e.turn,
                    "chars": e.chars,
                    **hearing.seconds(e.span),
                    "operator": e.operator,
                    "condition": e.condition,
                    "detail": e.detail,
                }
                for e in item.evidence
            ],
        }
        for item in opened.items
    ]


def _item_line(item: ItemResult, language: str) -> dict[str, Any]:
    places = (
        " ".join(
            part for part in (hearing.clock(e.span), "" if e.turn is None else f"turn {e.turn}", in_language(e.detail, language)) if part
        )
        for e in item.evidence
    )
    return {
        "item": item.item_id,
        "outcome": item.outcome.value,
        "lost": f"{item.lost_low:g}" if item.lost_low == item.lost_high else f"{item.lost_low:g}–{item.lost_high:g}",
        "fatal": "yes" if item.fatal else "",
        "reason": in_language(item.reason, language),
        "evidence": "; ".join(places),
    }

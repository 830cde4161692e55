"""``hotline board``: how agents and teams did in a week."""

from __future__ import annotations

from typing import Annotated

import polars as pl
import typer

from hotline import settings
from hotline.console import JsonFlag, emit, err, out, plain
from hotline.errors import NotFound
from hotline.settings import Settings
from hotline.store import Store, open_store, weeks
from hotline.store.access import OPERATOR
from hotline.store.service import last_day
from reports import boards, wording
from reports.week import IsoWeek

app = typer.Typer(help="Weekly boards per agent and team, with intervals.", no_args_is_help=True)

WeekOption = Annotated[str | None, typer.Option(help="ISO week such as 2026-W46; default the last week in the store.")]
UnitOption = Annotated[str | None, typer.Option("--team", "--unit", help="Only this team, sub-centre or centre: its id or path.")]


@app.command("weekly")
def weekly(
    week: WeekOption = None,
    team: UnitOption = None,
    agent: Annotated[str | None, typer.Option(help="Only this agent: the id, e.g. a001.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Calls, handle time, QA score, fatal items, satisfaction, first-call resolution: 95 % intervals and change to last week."""
    current = settings.load()
    store = open_store(current)
    board = boards.weekly(store, OPERATOR, chosen_week(store, week), team)
    agents, teams = board.agents, board.teams
    if agent is not None:
        agents, teams = agents.filter(pl.col("agent_id") == agent), teams.clear()
        if agents.is_empty():
            raise NotFound(f"agent {agent}", f"no calls in {board.week}" + (f" in {team}" if team else ""), "see: hotline board weekly")
    if as_json:
        emit(
            {
                "week": str(board.week),
                "unit": board.unit_path,
                "synthetic": board.synthetic,
                "total": next(board.total.iter_rows(named=True), None) if agent is None else None,
                "teams": teams.to_dicts(),
                "agents": agents.to_dicts(),
                "definitions": {name: dict(entry.formula) for name, entry in board.columns.items()},
            },
            True,
        )
        return
    _print(board, agents, teams, current)


@app.command("publish")
def publish(
    week: Annotated[str, typer.Argument(metavar="WEEK", help="ISO week such as 2026-W46.")],
    note: Annotated[str, typer.Option(help="Kept beside it.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Publish a week that is over: its figures no longer change, whatever is judged again later."""
    store = open_store(settings.load())
    at = weeks.publish_week(store, OPERATOR, str(IsoWeek.parse(week)), note)
    emit({"week": week, "published": f"{at:%Y-%m-%d %H:%M}"}, as_json, title="published")


def _print(board: boards.Board, agents: pl.DataFrame, teams: pl.DataFrame, current: Settings) -> None:
    labels = wording.LABELS[current.language]
    head = f"{board.unit if current.language == 'zh' else board.unit_en} · {board.week} ({board.week.first} – {board.week.last})"
    if board.synthetic:
        err.print(f"[yellow]{labels['synthetic']}[/]")
    if board.agents.is_empty() and board.teams.is_empty():
        out.print(plain(f"{head}: {labels['none']}"))
        return
    team_name = "team" if current.language == "zh" else "team_en"
    if not teams.is_empty():
        emit(wording.table(teams.to_dicts(), {team_name: labels["team"]}, current.language), False, title=f"{head} · {labels['team']}")
    if not agents.is_empty():
        names = {"agent_id": "ID", "agent_name": labels["agent"], team_name: labels["team"]}
        emit(wording.table(agents.to_dicts(), names, current.language), False, title=f"{head} · {labels['agent']}")
    out.print(labels["chance"])


def chosen_week(store: Store, given: str | None) -> IsoWeek:
    """The week asked for, or the last one with data. Raises BadInput, or NotFound for a store without calls."""
    if given is not None:
        return IsoWeek.parse(given)
    day = last_day(store, OPERATOR)
    if day is None:
        raise NotFound("weekly board", "the store has no calls yet", "run: hotline centre sample, or ingest recordings")
    return IsoWeek.of(day)

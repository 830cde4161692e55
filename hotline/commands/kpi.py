"""``hotline kpi``: what each number means, what it is, and the rows it was counted from."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from hotline import settings
from hotline.console import JsonFlag, emit, err
from hotline.errors import BadInput, NotFound
from hotline.store import Store, open_store
from hotline.store.access import OPERATOR
from hotline.store.figures import Slice
from hotline.store.organisation import organisation
from hotline.store.service import last_day
from reports import figures, kpi
from reports.week import IsoWeek

app = typer.Typer(help="The KPI dictionary: definitions, values and the rows behind them.", no_args_is_help=True)

KpiArgument = Annotated[str, typer.Argument(metavar="KPI", help="Id of a KPI; see: hotline kpi list.")]
WeekOption = Annotated[str | None, typer.Option(help="ISO week such as 2026-W46; default the last week in the store.")]
FirstOption = Annotated[str | None, typer.Option("--first", help="First local day, YYYY-MM-DD, instead of a week.")]
LastOption = Annotated[str | None, typer.Option("--last", help="Last local day, YYYY-MM-DD; default the first.")]
UnitOption = Annotated[str | None, typer.Option("--unit", "--team", help="Only this team, sub-centre or centre: its id or path.")]
AgentOption = Annotated[str | None, typer.Option("--agent", help="Only this agent: the id, e.g. a001.")]


@app.command("list")
def listing(as_json: JsonFlag = False) -> None:
    """Every KPI: id, name, formula, unit, target, where its rows come from."""
    language = settings.load().language
    rows = [
        {
            "id": entry.id,
            "name": entry.name[language],
            "formula": entry.formula[language],
            "unit": kpi.UNITS[language][entry.unit],
            "target": "" if entry.target is None else entry.text(entry.target),
            "feed": entry.feed,
        }
        for entry in kpi.kpis().values()
    ]
    emit(rows, as_json, title="KPI")


@app.command("show")
def show(name: KpiArgument, as_json: JsonFlag = False) -> None:
    """One definition: formula, numerator and denominator in words and columns, what is left out, target, version."""
    figures.named(name)
    language = settings.load().language
    place = list(kpi.kpis()).index(name)
    told: dict[str, str] = {}
    for heads, rows in (kpi.definition_rows(language), kpi.column_rows(language)):
        told |= dict(zip(heads, rows[place], strict=True))
    emit(told, as_json, title=name)


@app.command("value")
def value(
    name: KpiArgument,
    week: WeekOption = None,
    first: FirstOption = None,
    last: LastOption = None,
    unit: UnitOption = None,
    agent: AgentOption = None,
    by: Annotated[str | None, typer.Option(help="One row a day, agent_id, unit_path, queue_id, type or party.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """A KPI over a period, with numerator, denominator and 95 % interval."""
    store = open_store(settings.load())
    entry, part = figures.named(name), _slice(store, week, first, last, unit, agent)
    if by is None:
        emit(_row(figures.figure(store, OPERATOR, entry, part)), as_json, title=_title(entry, part))
        return
    found = figures.figures_by(store, OPERATOR, entry, part, (by,))
    emit([{by: str(group[0]), **_row(one)} for group, one in found], as_json, title=_title(entry, part))


@app.command("rows")
def rows(
    name: KpiArgument,
    week: WeekOption = None,
    first: FirstOption = None,
    last: LastOption = None,
    unit: UnitOption = None,
    agent: AgentOption = None,
    failures: Annotated[bool, typer.Option("--failures", help="Only what keeps the KPI from its best value.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Rows of a page.")] = 50,
    page: Annotated[int, typer.Option(min=1, help="Which page.")] = 1,
    as_json: JsonFlag = False,
) -> None:
    """The calls, half-hours, agent-days or work orders behind a KPI, newest first; top and bottom say what each adds."""
    store = open_store(settings.load())
    entry, part = figures.named(name), _slice(store, week, first, last, unit, agent)
    which = figures.failing(entry) if failures and entry.bottom else "all"
    found = figures.rows(store, OPERATOR, entry, part, which, limit=limit, offset=(page - 1) * limit)
    if not as_json:
        err.print(f"{found.total} rows, page {page}")
    shown = [
        {key: "" if cell is None else cell if isinstance(cell, (int, float)) else str(cell) for key, cell in row.items()}
        for row in found.rows.iter_rows(named=True)
    ]
    emit({"total": found.total, "rows": shown} if as_json else shown, as_json, title=_title(entry, part))


def _row(found: figures.Figure) -> dict[str, object]:
    return {
        "kpi": found.kpi.id,
        "version": found.kpi.version,
        "shown": found.text,
        "value": found.value,
        "low": found.low,
        "high": found.high,
        "numerator": found.top,
        "denominator": found.bottom,
        "failures": found.failures if found.kpi.near_100 else None,
    }


def _title(entry: kpi.Kpi, part: Slice) -> str:
    return f"{entry.name[settings.load().language]} · {part.first} – {part.last}"


def _slice(store: Store, week: str | None, first: str | None, last: str | None, unit: str | None, agent: str | None) -> Slice:
    path = None
    if unit is not None:
        units = organisation(store, OPERATOR).units
        found = [row["path"] for row in units.iter_rows(named=True) if unit in (row["id"], row["path"], row["path"].rstrip("/"))]
        if not found:
            raise NotFound(f"unit {unit}", "not there, or outside what you may see", "see: hotline centre show")
        path = found[0]
    if first is not None:
        begin = _day("--first", first)
        return Slice(begin, begin if last is None else _day("--last", last), path, agent)
    if week is None:
        day = last_day(store, OPERATOR)
        if day is None:
            raise NotFound("KPI", "the store has no calls yet", "run: hotline centre sample, or ingest recordings")
        chosen = IsoWeek.of(day)
    else:
        chosen = IsoWeek.parse(week)
    return Slice(chosen.first, chosen.last, path, agent)


def _day(option: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput(option, f"'{text}' is not a date", "write YYYY-MM-DD") from None

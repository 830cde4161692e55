"""``hotline forecast``: how many calls will come, how long they will take, and how good such forecasts have been."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer

from forecasting import EventTable, load_events, produce
from forecasting import Forecast as Produced
from forecasting import backtest as backtesting
from forecasting.plan import plan_heads
from hotline import settings
from hotline.console import JsonFlag, emit, err, plain
from hotline.errors import BadInput, NotFound
from hotline.settings import Settings
from hotline.store import Store, forecasts, open_store, series
from hotline.store.access import OPERATOR
from hotline.store.organisation import queues_of

app = typer.Typer(help="Call volume and handle time ahead, with bands; how past forecasts would have done.", no_args_is_help=True)

EventsOption = Annotated[Path | None, typer.Option(help="Event table (YAML); default <home>/events.yaml, else the one that comes along.")]
QueueOption = Annotated[str, typer.Option(help="The queue's id, such as q0.")]


@app.command("run")
def run(
    queue: Annotated[str | None, typer.Option(help="Only this queue; default all.")] = None,
    days: Annotated[int, typer.Option(min=1, max=731, help="Days ahead; 366 shows the next October from any day.")] = 366,
    first_day: Annotated[str | None, typer.Option(help="First day forecast, YYYY-MM-DD; default the day after the history.")] = None,
    events: EventsOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Forecast and store: days, months, half-hours of the first six weeks, and heads for these with the usual targets."""
    current = settings.load()
    store = open_store(current)
    table = event_table(current, events)
    begin = None if first_day is None else parse_day("--first-day", first_day)
    chosen = [queue] if queue is not None else queues_of(store, OPERATOR)["id"].to_list()
    if not chosen:
        raise NotFound("queues", "the store knows none", "run: hotline centre sample, or import interval counts")
    rows: list[dict[str, Any]] = []
    skipped = 0
    for name in chosen:
        try:
            with err.status(f"forecasting {plain(name)}"):
                rows.append(_run_one(store, current, name, begin, days, table))
        except BadInput as error:
            if queue is not None:
                raise
            skipped += 1
            err.print(f"[yellow]{plain(name)}[/] {plain(error)}")
    if skipped == len(chosen):
        raise NotFound("forecast", "no queue has enough history", "import interval counts first, see the lines above")
    if as_json:
        emit(rows, True)
        return
    columns = ("queue", "id", "first_day", "last_day", "calls", "next_28_days", "peak_month", "peak_calls", "peak_low80", "peak_high80")
    emit(rows, False, title="预测 forecast", columns=columns)
    for note, owners in _shared_notes(rows).items():
        err.print(f"[yellow]{plain(', '.join(owners))}[/] {plain(note)}")


def _run_one(store: Store, current: Settings, queue: str, first_day: date | None, days: int, table: EventTable) -> dict[str, Any]:
    history = series.offered(store, OPERATOR, queue)
    if history.is_empty():
        raise BadInput(f"queue {queue}", "has no interval counts", "run: hotline centre sample, or import them")
    made = produce(history, first_day, days, table.of_queue(queue), calendar=table.calendar, zone=current.timezone)
    notes = (*made.warnings, *_effect_lines(made, table))
    near = made.half_hourly
    key = forecasts.save(
        store,
        OPERATOR,
        queue,
        made.values,
        first_day=made.first_day,
        last_day=made.last_day,
        model=made.model,
        notes=notes,
        plan=plan_heads(near, made.grain("aht", "half_hour")),
    )
    peak = made.monthly.sort("mean", descending=True).head(1)
    return {
        "queue": queue,
        "id": key,
        "first_day": made.first_day,
        "last_day": made.last_day,
        "calls": float(made.daily["mean"].sum()),
        "next_28_days": float(made.daily.head(28)["mean"].sum()),
        "peak_month": f"{peak['start'][0]:%Y-%m}" if peak.height else None,
        "peak_calls": float(peak["mean"][0]) if peak.height else None,
        "peak_low80": float(peak["low80"][0]) if peak.height else None,
        "peak_high80": float(peak["high80"][0]) if peak.height else None,
        "model": made.model,
        "notes": list(notes),
    }


def _effect_lines(made: Produced, table: EventTable) -> list[str]:
    titles = {event.id: event.title for event in table.events}
    lines = []
    for name, share in made.effects.items():
        zh, en = titles[name].get("zh", name), titles[name].get("en", name)
        lines.append(f"{zh}：期间来电 {share:+.0%} ({en}: {share:+.0%} calls on its days)")
    return lines


def _shared_notes(rows: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Each note once, with the queues that have it."""
    owners: dict[str, list[str]] = {}
    for row in rows:
        for note in row["notes"]:
            owners.setdefault(note, []).append(row["queue"])
    return owners


@app.command("show")
def show(
    queue: QueueOption,
    days: Annotated[int | None, typer.Option(min=1, max=731, help="Days shown; default 14, one for half-hours, all for months.")] = None,
    grain: Annotated[str, typer.Option(help="day, half_hour or month.")] = "day",
    first_day: Annotated[str | None, typer.Option("--from", help="First day shown, YYYY-MM-DD; default the first forecast.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """The forecast in force: calls and handle time with 80 % and 95 % bands."""
    if grain not in ("day", "half_hour", "month"):
        raise BadInput("--grain", f"'{grain}' is not known", "use day, half_hour or month")
    store = open_store(settings.load())
    known = latest_forecast(store, queue)
    begin = known.first_day if first_day is None else parse_day("--from", first_day)
    span = days if days is not None else {"day": 14, "half_hour": 1, "month": 731}[grain]
    end = begin + timedelta(days=span)
    if grain == "month":
        begin = begin.replace(day=1)
    volume = forecasts.values(store, OPERATOR, known.id, "volume", grain)
    aht = forecasts.values(store, OPERATOR, known.id, "aht", grain).select("start", aht_s="mean")
    local = pl.col("start").dt.date()
    rows = volume.join(aht, on="start", how="left").filter((local >= begin) & (local < end)).sort("start")
    if rows.is_empty():
        last = "there are none" if volume.is_empty() else f"the last is {volume['start'].to_list()[-1]:%Y-%m-%d}"
        raise NotFound(
            f"{grain} forecast of {queue} from {begin}", f"not in forecast {known.id}: {last}", "choose an earlier day or another grain"
        )
    shown = [{"start": _label(row["start"], grain), **{k: v for k, v in row.items() if k != "start"}} for row in rows.to_dicts()]
    if as_json:
        head = {"queue": queue, "id": known.id, "made_at": known.made_at, "model": known.model, "notes": list(known.notes)}
        emit({**head, "grain": grain, "values": shown}, True)
        return
    emit(shown, False, title=f"{queue} · {grain} · 预测 {known.id} forecast, {known.made_at:%Y-%m-%d %H:%M}, {known.model}")
    for note in known.notes:
        err.print(f"[yellow]{plain(note)}[/]")


def _label(start: Any, grain: str) -> str:
    if grain == "half_hour":
        return f"{start:%Y-%m-%d %H:%M}"
    return f"{start:%Y-%m}" if grain == "month" else f"{start:%Y-%m-%d %a}"


@app.command("backtest")
def backtest(
    queue: QueueOption,
    origins: Annotated[int, typer.Option(min=1, max=60, help="How many past days to forecast from.")] = 6,
    days: Annotated[int, typer.Option(min=1, max=366, help="Days ahead at each.")] = 28,
    step: Annotated[int | None, typer.Option(min=1, help="Days between origins; default --days.")] = None,
    events: EventsOption = None,
    as_json: JsonFlag = False,
) -> None:
    """What would have been forecast then, against what came, beside seasonal naive (last week's same weekday)."""
    current = settings.load()
    store = open_store(current)
    table = event_table(current, events)
    history = series.offered(store, OPERATOR, queue)
    if history.is_empty():
        raise NotFound(f"queue {queue}", "has no interval counts", "run: hotline centre sample, or import them")
    with err.status(f"testing {origins} origins"):
        scores = backtesting.backtest(history, origins, days, table.of_queue(queue), step=step, calendar=table.calendar)
    if as_json:
        emit({"queue": queue, "origins": origins, "days": days, "scores": scores.to_dicts()}, True)
        return
    shares = ("wape", "bias", "pinball", "cover80", "cover95", "total")
    rows = [
        {k: _share(v) if k in shares else (f"{v:.2f}" if k == "mase" and v is not None else v) for k, v in row.items()}
        for row in scores.to_dicts()
    ]
    emit(rows, False, title=f"{queue} · 回测 backtest: {origins} × {days} 天 days")


def _share(value: float | None) -> str | None:
    return None if value is None else f"{value:.1%}"


def event_table(current: Settings, given: Path | None) -> EventTable:
    """The event table named, else the installation's own, else the one that comes along."""
    own = current.home / "events.yaml"
    return load_events(given if given is not None else own if own.exists() else None)


def parse_day(option: str, text: str) -> date:
    """A local day given on the command line. Raises BadInput naming the option."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput(option, f"'{text}' is not a date", "write YYYY-MM-DD") from None


def latest_forecast(store: Store, queue: str) -> forecasts.Forecast:
    """The forecast in force. Raises NotFound while there is none."""
    known = forecasts.latest(store, OPERATOR, queue)
    if known is None:
        raise NotFound(f"forecast of {queue}", "none was made yet", f"run: hotline forecast run --queue {queue}")
    return known

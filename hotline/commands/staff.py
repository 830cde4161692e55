"""``hotline staff``: heads per half-hour for a day, for the whole forecast, or for one set of numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import Annotated, Any, get_type_hints

import polars as pl
import typer

from forecasting.plan import USUAL_SHRINKAGE, plan_heads
from forecasting.staffing import Targets, gross_heads, required, total_shrinkage
from hotline import settings
from hotline.commands.forecast import latest_forecast, parse_day
from hotline.console import JsonFlag, emit, out
from hotline.errors import BadInput, NotFound
from hotline.store import Store, forecasts, open_store
from hotline.store.access import OPERATOR

app = typer.Typer(help="Heads per interval by Erlang C or A, and which target sets them.", no_args_is_help=True)

BINDING = {
    "service_level": "服务水平 service level",
    "asa": "平均应答速度 ASA",
    "abandonment": "放弃率 abandonment",
    "occupancy": "占用率 occupancy",
    "minimum": "最低人数 minimum",
    "stability": "不积压 stability",
    "none": "–",
}

QueueOption = Annotated[str, typer.Option(help="The queue's id, such as q0.")]


@dataclass(frozen=True, slots=True)
class Promise:
    """What callers and agents are promised: the options that all commands here share."""

    service_level: Annotated[float, typer.Option("--service-level", help="Share of calls answered in time; 0 switches it off.")] = 0.8
    within: Annotated[float, typer.Option("--within", help="… within so many seconds.")] = 20.0
    occupancy: Annotated[float, typer.Option("--occupancy", help="The most an agent may be busy; 0 switches it off.")] = 0.85
    asa: Annotated[float | None, typer.Option("--asa", help="Longest mean wait of answered calls, seconds.")] = None
    abandonment: Annotated[float | None, typer.Option("--abandonment", help="Largest share that may hang up; needs --patience.")] = None
    patience: Annotated[float | None, typer.Option("--patience", help="Mean patience of callers, seconds: Erlang A instead of C.")] = None
    minimum: Annotated[int, typer.Option("--minimum", help="Heads kept even without calls.")] = 0
    denominator: Annotated[str, typer.Option("--denominator", help="Service level of offered or of answered calls.")] = "offered"
    shrinkage: Annotated[
        str | None, typer.Option("--shrinkage", help="Causes, such as leave=0.08,training=0.03,break=0.1; none for none.")
    ] = None

    def targets(self) -> Targets:
        """The targets; raises BadInput for one that cannot be."""
        return Targets(
            service_level=self.service_level or None,
            within_s=self.within,
            occupancy=self.occupancy or None,
            asa_s=self.asa,
            abandonment=self.abandonment,
            minimum=self.minimum,
            denominator=self.denominator,
        )

    def causes(self) -> Mapping[str, float]:
        """Shrinkage by cause; raises BadInput for what is not ``cause=share, …``."""
        return _causes(self.shrinkage)


def promising(command: Callable[..., None]) -> Callable[..., None]:
    """Give ``command`` the options of :class:`Promise` in place of its parameter ``promise``: Typer knows options only as parameters."""
    types, shared = get_type_hints(command, include_extras=True), get_type_hints(Promise, include_extras=True)
    parameters: list[Parameter] = []
    for parameter in signature(command).parameters.values():
        if parameter.name == "promise":
            parameters += [Parameter(f.name, Parameter.KEYWORD_ONLY, default=f.default, annotation=shared[f.name]) for f in fields(Promise)]
        else:
            parameters.append(parameter.replace(annotation=types[parameter.name]))

    @wraps(command)
    def run(**given: Any) -> None:
        promise = Promise(**{f.name: given.pop(f.name) for f in fields(Promise)})
        command(promise=promise, **given)

    run.__dict__["__signature__"] = Signature(parameters)
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


@app.command("day")
@promising
def day(
    *,
    queue: QueueOption,
    on: Annotated[str | None, typer.Option("--date", help="The day, YYYY-MM-DD; default the first forecast.")] = None,
    promise: Promise,
    as_json: JsonFlag = False,
) -> None:
    """Heads for each half-hour of one day of the forecast in force (nothing is stored)."""
    targets, causes = promise.targets(), promise.causes()
    store = open_store(settings.load())
    known = latest_forecast(store, queue)
    chosen = known.first_day if on is None else parse_day("--date", on)
    volume, aht = _half_hours(store, known.id)
    local = pl.col("start").dt.date()
    today = volume.filter(local == chosen)
    if today.is_empty():
        last = "it has no half-hours" if volume.is_empty() else f"half-hours reach to {volume['start'].to_list()[-1]:%Y-%m-%d}"
        mend = f"choose a day from {known.first_day}, or run: hotline forecast run --queue {queue} --first-day {chosen - timedelta(days=7)}"
        raise NotFound(f"{queue} on {chosen}", f"not in forecast {known.id}: {last}", mend)
    plan = plan_heads(today, aht.filter(local == chosen), targets=targets, patience_s=promise.patience, shrinkage=causes)
    if as_json:
        totals = {"net_hours": plan["net"].sum() / 2, "gross_hours": plan["gross"].sum() / 2, "shrinkage": total_shrinkage(causes)}
        emit({"queue": queue, "date": chosen, "forecast": known.id, **totals, "half_hours": plan.to_dicts()}, True)
        return
    rows = [_readable(row, promise.patience is not None) for row in plan.to_dicts()]
    emit(rows, False, title=f"{queue} · {chosen:%Y-%m-%d %a} · 每半小时人数 heads per half-hour")
    out.print(
        f"在线 on the phone {plan['net'].sum() / 2:,.1f} h · 排班 rostered {plan['gross'].sum() / 2:,.1f} h · "
        f"峰值 peak {max(plan['net'].to_list())} / {max(plan['gross'].to_list())} · 缩减 shrinkage {total_shrinkage(causes):.1%}"
    )


@app.command("plan")
@promising
def plan(
    *,
    queue: QueueOption,
    promise: Promise,
    as_json: JsonFlag = False,
) -> None:
    """Staff all half-hours of the forecast in force and store the plan in place of the earlier one; prints it day by day."""
    targets, causes = promise.targets(), promise.causes()
    store = open_store(settings.load())
    known = latest_forecast(store, queue)
    volume, aht = _half_hours(store, known.id)
    made = plan_heads(volume, aht, targets=targets, patience_s=promise.patience, shrinkage=causes)
    forecasts.save_plan(store, OPERATOR, known.id, made)
    by_day = made.group_by(pl.col("start").dt.date().alias("day"), maintain_order=True).agg(
        pl.col("calls").sum(),
        pl.col("net").max().alias("peak_net"),
        pl.col("gross").max().alias("peak_gross"),
        (pl.col("net").sum() / 2).alias("net_hours"),
        (pl.col("gross").sum() / 2).alias("gross_hours"),
    )
    emit(by_day.to_dicts(), as_json, title=f"{queue} · 人力计划 staffing plan, forecast {known.id}")


@app.command("calc")
@promising
def calc(
    *,
    calls: Annotated[float, typer.Option(help="Calls offered in the interval.")],
    aht: Annotated[float, typer.Option(help="Mean handle time, seconds: talk, hold and after-call work.")],
    interval: Annotated[float, typer.Option(help="Length of the interval, minutes.")] = 30.0,
    promise: Promise,
    as_json: JsonFlag = False,
) -> None:
    """Heads for one interval, without a store: what each target alone would need, and what the answer achieves."""
    targets, causes = promise.targets(), promise.causes()
    need = required(calls, aht, targets, promise.patience, interval * 60)
    result = {
        "erlangs": calls * aht / (interval * 60),
        "model": "Erlang C" if promise.patience is None else "Erlang A",
        "net": int(need.net),
        "gross": int(gross_heads(need.net, causes)),
        "binding": str(need.binding),
        "by_target": {name: int(heads) for name, heads in need.by_target.items()},
        "service_level": float(need.service_level),
        "occupancy": float(need.occupancy),
        "abandonment": None if promise.patience is None else float(need.abandonment),  # Erlang C's callers never hang up
        "asa_s": float(need.asa_s),
        "shrinkage": total_shrinkage(causes),
    }
    if as_json:
        emit(result, True)
        return
    shares = ("service_level", "occupancy", "abandonment", "shrinkage")
    shown = result | {k: f"{result[k]:.1%}" for k in shares if result[k] is not None}
    shown["binding"] = BINDING[str(need.binding)]
    shown["by_target"] = ", ".join(f"{BINDING[name]}: {int(heads)}" for name, heads in need.by_target.items())
    emit(shown, False, title="人力测算 staffing")


def _causes(text: str | None) -> Mapping[str, float]:
    """``leave=0.08,training=0.03`` as a mapping; None means the usual, ``none`` none."""
    if text is None:
        return USUAL_SHRINKAGE
    if text.strip().lower() in ("", "none", "0"):
        return {}
    causes: dict[str, float] = {}
    for part in text.split(","):
        name, separator, share = part.partition("=")
        try:
            if not separator or not name.strip():
                raise ValueError
            causes[name.strip()] = float(share)
        except ValueError:
            raise BadInput("--shrinkage", f"'{part}' is not a cause and its share", "write leave=0.08,training=0.03") from None
    total_shrinkage(causes)  # rejects shares outside 0 to 1
    return causes


def _half_hours(store: Store, forecast_id: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    return forecasts.values(store, OPERATOR, forecast_id, "volume"), forecasts.values(store, OPERATOR, forecast_id, "aht")


def _readable(row: dict[str, Any], with_abandonment: bool) -> dict[str, Any]:
    return {
        "时段 start": f"{row['start']:%H:%M}",
        "来电 calls": f"{row['calls']:.1f}",
        "AHT s": f"{row['aht_s']:.0f}",
        "Erlang": f"{row['erlangs']:.2f}",
        "在线 net": row["net"],
        "排班 gross": row["gross"],
        "约束 binding": BINDING[row["binding"]],
        "服务水平 SL": f"{row['service_level']:.1%}",
        "占用率 occ.": f"{row['occupancy']:.1%}",
        "放弃率 aband.": f"{row['abandonment']:.1%}" if with_abandonment else "–",
        "ASA s": f"{row['asa_s']:.1f}",
    }

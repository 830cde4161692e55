"""Forecasts and staffing plans: each run is kept as it was made; the latest of a queue is the one shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import sqlalchemy as sa

from hotline.errors import BadInput, NotFound
from hotline.store import audit, schema
from hotline.store.access import Permission, Viewer
from hotline.store.engine import Store
from hotline.store.organisation import queue_clause, require_queue
from hotline.store.schema import forecast_values, forecasts, org_units, staffing_plans
from hotline.store.tables import frame, upsert

VALUES = ("metric", "grain", "start", "mean", "low80", "high80", "low95", "high95")
"""Columns of a forecast: metric volume (calls) or aht (seconds), grain day or half_hour, start (instant), mean and bands."""
PLAN = ("start", "net", "gross", "binding", "service_level", "occupancy", "abandonment", "asa_s")
"""Columns of a staffing plan, one row a half-hour; shares are 0–1, asa_s seconds."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """One stored run; ``notes`` are its warnings."""

    id: int
    queue_id: str
    made_at: datetime
    first_day: date
    last_day: date
    model: str
    made_by: str
    notes: tuple[str, ...]
    latest: bool


def save(
    store: Store,
    viewer: Viewer,
    queue_id: str,
    values: pl.DataFrame,
    *,
    first_day: date,
    last_day: date,
    model: str,
    notes: Sequence[str] = (),
    plan: pl.DataFrame | None = None,
) -> int:
    """Store a forecast (columns :data:`VALUES`) and, with it, a staffing plan (columns :data:`PLAN`); returns its id.

    One transaction; the queue's earlier forecasts stay but are no longer the latest. Needs PLAN for a queue inside the scope.
    """
    _check(values, VALUES, "forecast")
    with store.begin() as connection:
        require_queue(connection, viewer, queue_id, Permission.PLAN)
        older = (forecasts.c.queue_id == queue_id) & forecasts.c.latest
        connection.execute(forecasts.update().where(older).values(latest=False))
        made = forecasts.insert().values(
            queue_id=queue_id,
            made_at=datetime.now(UTC),
            first_day=first_day,
            last_day=last_day,
            model=model,
            made_by=viewer.name,
            notes=list(notes),
            latest=True,
        )
        key = connection.execute(made).inserted_primary_key
        assert key is not None
        forecast_id = int(key[0])
        upsert(connection, forecast_values, [{"forecast_id": forecast_id, **row} for row in values.select(VALUES).to_dicts()])
        if plan is not None:
            _write_plan(connection, forecast_id, plan)
        audit.record(connection, viewer.name, "forecast", queue_id, id=forecast_id, model=model)
    return forecast_id


def save_plan(store: Store, viewer: Viewer, forecast_id: int, plan: pl.DataFrame) -> None:
    """Store the staffing plan (columns :data:`PLAN`) of a forecast in place of an earlier one. Needs PLAN."""
    with store.begin() as connection:
        queue_id = connection.scalar(sa.select(forecasts.c.queue_id).where(forecasts.c.id == forecast_id))
        if queue_id is None:
            raise NotFound(f"forecast {forecast_id}", "not in the store", "run: hotline forecast run")
        require_queue(connection, viewer, queue_id, Permission.PLAN)
        connection.execute(staffing_plans.delete().where(staffing_plans.c.forecast_id == forecast_id))
        _write_plan(connection, forecast_id, plan)
        audit.record(connection, viewer.name, "staffing_plan", queue_id, id=forecast_id)


def latest(store: Store, viewer: Viewer, queue_id: str) -> Forecast | None:
    """The forecast in force for a queue; None while there is none. Needs SEE_FORECAST."""
    found = [forecast for forecast in listed(store, viewer, queue_id) if forecast.latest]
    return found[0] if found else None


def listed(store: Store, viewer: Viewer, queue_id: str | None = None) -> list[Forecast]:
    """Stored forecasts of one queue or of all that concern the viewer, newest first. Needs SEE_FORECAST."""
    viewer.require(Permission.SEE_FORECAST, "forecasts")
    joined = forecasts.join(schema.queues, schema.queues.c.id == forecasts.c.queue_id).join(
        org_units, org_units.c.id == schema.queues.c.unit_id
    )
    query = sa.select(forecasts).select_from(joined).where(queue_clause(viewer)).order_by(forecasts.c.id.desc())
    with store.read() as connection:
        if queue_id is not None:
            require_queue(connection, viewer, queue_id, Permission.SEE_FORECAST)
            query = query.where(forecasts.c.queue_id == queue_id)
        rows = connection.execute(query).mappings().all()
    return [Forecast(**{**row, "notes": tuple(row["notes"]), "made_at": row["made_at"].astimezone(store.settings.zone)}) for row in rows]


def values(store: Store, viewer: Viewer, forecast_id: int, metric: str = "volume", grain: str = "half_hour") -> pl.DataFrame:
    """A forecast's ``start`` (local), ``mean``, ``low80``, ``high80``, ``low95``, ``high95``. Needs SEE_FORECAST."""
    query = (
        sa.select(*(forecast_values.c[name] for name in VALUES[2:]))
        .where(forecast_values.c.forecast_id == forecast_id, forecast_values.c.metric == metric, forecast_values.c.grain == grain)
        .order_by(forecast_values.c.start)
    )
    return _of_forecast(store, viewer, forecast_id, query)


def plan(store: Store, viewer: Viewer, forecast_id: int) -> pl.DataFrame:
    """A forecast's staffing plan, columns :data:`PLAN`, ``start`` local; no rows while none was made. Needs SEE_FORECAST."""
    query = sa.select(*(staffing_plans.c[name] for name in PLAN)).where(staffing_plans.c.forecast_id == forecast_id)
    return _of_forecast(store, viewer, forecast_id, query.order_by(staffing_plans.c.start))


def _of_forecast(store: Store, viewer: Viewer, forecast_id: int, query: sa.Select[Any]) -> pl.DataFrame:
    viewer.require(Permission.SEE_FORECAST, f"forecast {forecast_id}")
    with store.read() as connection:
        queue_id = connection.scalar(sa.select(forecasts.c.queue_id).where(forecasts.c.id == forecast_id))
        require_queue(connection, viewer, queue_id or "", Permission.SEE_FORECAST)
        return frame(connection, query, store.settings.timezone)


def _write_plan(connection: sa.Connection, forecast_id: int, plan: pl.DataFrame) -> None:
    _check(plan, PLAN, "staffing plan")
    upsert(connection, staffing_plans, [{"forecast_id": forecast_id, **row} for row in plan.select(PLAN).to_dicts()])


def _check(given: pl.DataFrame, columns: Sequence[str], what: str) -> None:
    missing = [name for name in columns if name not in given.columns]
    if missing:
        raise BadInput(what, f"columns missing: {', '.join(missing)}", f"give {', '.join(columns)}")
    kind = given.schema["start"]
    if not (isinstance(kind, pl.Datetime) and kind.time_zone):
        raise BadInput(f"{what}: start", f"{kind} is not an instant with a time zone", "give timezone-aware times")

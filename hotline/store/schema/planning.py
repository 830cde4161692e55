"""Forecasts with their values, and the staffing made from them."""

from __future__ import annotations

import sqlalchemy as sa

from hotline.store.schema.base import UtcDateTime, metadata

forecasts = sa.Table(
    "forecasts",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("queue_id", sa.String(40), sa.ForeignKey("queues.id"), nullable=False),
    sa.Column("made_at", UtcDateTime, nullable=False),
    sa.Column("first_day", sa.Date, nullable=False),
    sa.Column("last_day", sa.Date, nullable=False),
    sa.Column("model", sa.String(60), nullable=False),
    sa.Column("made_by", sa.String(80), nullable=False),
    sa.Column("notes", sa.JSON, nullable=False, server_default="[]"),  # warnings, e.g. past the official calendar
    sa.Column("latest", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Index("uq_forecasts_latest", "queue_id", unique=True, sqlite_where=sa.text("latest"), postgresql_where=sa.text("latest")),
)

forecast_values = sa.Table(
    "forecast_values",
    metadata,
    sa.Column("forecast_id", sa.Integer, sa.ForeignKey("forecasts.id"), primary_key=True),
    sa.Column("metric", sa.String(12), primary_key=True),  # volume (calls) | aht (seconds)
    sa.Column("grain", sa.String(12), primary_key=True),  # day | half_hour
    sa.Column("start", UtcDateTime, primary_key=True),
    sa.Column("mean", sa.Float, nullable=False),
    sa.Column("low80", sa.Float, nullable=False),
    sa.Column("high80", sa.Float, nullable=False),
    sa.Column("low95", sa.Float, nullable=False),
    sa.Column("high95", sa.Float, nullable=False),
)

staffing_plans = sa.Table(
    "staffing_plans",
    metadata,
    sa.Column("forecast_id", sa.Integer, sa.ForeignKey("forecasts.id"), primary_key=True),
    sa.Column("start", UtcDateTime, primary_key=True),  # half-hours
    sa.Column("net", sa.Integer, nullable=False),  # heads on the phone
    sa.Column("gross", sa.Integer, nullable=False),  # heads to roster, after shrinkage
    sa.Column("binding", sa.String(20), nullable=False),  # which constraint set net
    sa.Column("service_level", sa.Float, nullable=False),
    sa.Column("occupancy", sa.Float, nullable=False),
    sa.Column("abandonment", sa.Float, nullable=False),
    sa.Column("asa_s", sa.Float, nullable=False),
)

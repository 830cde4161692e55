"""Figures other systems deliver: interval counts, topics, agents' states, tickets and surveys."""

from __future__ import annotations

import sqlalchemy as sa

from hotline.store.schema.base import UtcDateTime, metadata

interval_counts = sa.Table(
    "interval_counts",
    metadata,
    sa.Column("queue_id", sa.String(40), sa.ForeignKey("queues.id"), primary_key=True),
    sa.Column("start", UtcDateTime, primary_key=True),  # half-hours
    sa.Column("offered", sa.Integer, nullable=False),
    sa.Column("answered", sa.Integer, nullable=False),
    sa.Column("abandoned", sa.Integer, nullable=False),
    sa.Column("answered_20s", sa.Integer, nullable=False),
    sa.Column("wait_s", sa.Float, nullable=False),  # total wait of answered calls; ASA = wait_s / answered
    sa.Column("handle_s", sa.Float, nullable=False),  # talk + hold + after-call work; AHT = handle_s / answered
    sa.Column("synthetic", sa.Boolean, nullable=False, server_default=sa.false()),
)

topic_days = sa.Table(
    "topic_days",
    metadata,
    sa.Column("queue_id", sa.String(40), sa.ForeignKey("queues.id"), primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("topic", sa.String(60), primary_key=True),
    sa.Column("offered", sa.Integer, nullable=False),
)

agent_intervals = sa.Table(
    "agent_intervals",
    metadata,
    sa.Column("agent_id", sa.String(40), sa.ForeignKey("agents.id"), primary_key=True),
    sa.Column("start", UtcDateTime, primary_key=True),  # half-hours
    sa.Column("state", sa.String(20), primary_key=True),  # available | talk | hold | acw | break | meeting | training
    sa.Column("seconds", sa.Float, nullable=False),
)

tickets = sa.Table(
    "tickets",
    metadata,
    sa.Column("id", sa.String(60), primary_key=True),
    sa.Column("call_id", sa.String(80), sa.ForeignKey("calls.id"), index=True),
    sa.Column("queue_id", sa.String(40), sa.ForeignKey("queues.id"), nullable=False),
    sa.Column("type", sa.String(40), nullable=False),
    sa.Column("area", sa.String(40), nullable=False, server_default=""),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("dispatched_at", UtcDateTime),
    sa.Column("closed_at", UtcDateTime),
    sa.Column("returned", sa.Boolean, nullable=False, server_default=sa.false()),
)

surveys = sa.Table(
    "surveys",
    metadata,
    sa.Column("call_id", sa.String(80), sa.ForeignKey("calls.id"), primary_key=True),
    sa.Column("asked_at", UtcDateTime, nullable=False),
    sa.Column("score", sa.Integer),  # 1–5; NULL when the caller did not answer; 4 and 5 count as satisfied
)

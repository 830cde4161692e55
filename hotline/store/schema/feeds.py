"""Figures other systems deliver: interval counts, topics, agents' states and schedules, tickets, surveys; and rows put aside."""

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
    sa.Column("abandoned_short", sa.Integer, nullable=False, server_default="0"),  # … within the first seconds, as the exchange is set
    sa.Column("answered_15s", sa.Integer),  # NULL: not delivered
    sa.Column("answered_20s", sa.Integer, nullable=False),
    sa.Column("answered_30s", sa.Integer),  # NULL: not delivered
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

agent_schedules = sa.Table(
    "agent_schedules",
    metadata,
    sa.Column("agent_id", sa.String(40), sa.ForeignKey("agents.id"), primary_key=True),
    sa.Column("start", UtcDateTime, primary_key=True),
    sa.Column("end", UtcDateTime, nullable=False),
    sa.Column("activity", sa.String(20), nullable=False),  # phone | break | meeting | training
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
    sa.Column("replied_at", UtcDateTime),  # the unit it went to has answered that it works on it
    sa.Column("feedback_at", UtcDateTime),  # … has told the centre the result
    sa.Column("called_back_at", UtcDateTime),  # the centre has told the caller
    sa.Column("due_at", UtcDateTime),  # when the result is due, where the centre has set another time than the usual
    sa.Column("complaint", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("owner", sa.String(40), nullable=False, server_default=""),  # who took it on and answers for it: 首问责任人
    sa.Column("dispatched_to", sa.String(40), nullable=False, server_default=""),  # the unit that has to do the work
    sa.Column("redispatched", sa.Integer, nullable=False, server_default="0"),  # times it was sent on to another
    sa.Column("error", sa.Boolean),  # found wrong by whoever checked it; NULL: not checked
    sa.Index("ix_tickets_created_at", "created_at"),
    sa.Index("ix_tickets_dispatched_at", "dispatched_at"),
    sa.Index("ix_tickets_feedback_at", "feedback_at"),
    sa.Index("ix_tickets_due_at", "due_at"),
    sa.Index("ix_tickets_closed_at", "closed_at"),
)

surveys = sa.Table(
    "surveys",
    metadata,
    sa.Column("call_id", sa.String(80), sa.ForeignKey("calls.id"), primary_key=True),
    sa.Column("asked_at", UtcDateTime, nullable=False),
    sa.Column("score", sa.Integer),  # 1–5; NULL when the caller did not answer; 4 and 5 count as satisfied
    sa.Column("source", sa.String(12), nullable=False, server_default="own"),  # own | third_party: never counted together
    sa.Column("asked_by", sa.String(10), nullable=False, server_default=""),  # ivr | sms | callback; "" not known
    sa.Column("reason", sa.String(60), nullable=False, server_default=""),  # why not satisfied, as it was keyed in
)

external_surveys = sa.Table(
    "external_surveys",
    metadata,
    sa.Column("id", sa.String(60), primary_key=True),
    sa.Column("day", sa.Date, nullable=False, index=True),  # the last day it covers
    sa.Column("unit_path", sa.String(200), nullable=False, server_default="/"),
    sa.Column("kind", sa.String(40), nullable=False),  # who asked, about what: 第三方满意度, 消协体验调查
    sa.Column("score", sa.Float, nullable=False),  # mean of the answers
    sa.Column("scale", sa.Float, nullable=False),  # the best that can be answered: 5, 10, 100
    sa.Column("asked", sa.Integer, nullable=False),
    sa.Column("answered", sa.Integer, nullable=False),
)

feed_rejects = sa.Table(
    "feed_rejects",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),  # sha256 of feed, file, line, column and row
    sa.Column("feed", sa.String(40), nullable=False),
    sa.Column("file", sa.String(200), nullable=False, index=True),
    sa.Column("line", sa.Integer, nullable=False),  # of the file; the row's number where a format has no lines
    sa.Column("column", sa.String(80), nullable=False),
    sa.Column("problem", sa.Text, nullable=False),
    sa.Column("mend", sa.Text, nullable=False),
    sa.Column("row", sa.JSON, nullable=False),  # as it was, masked and without numbers of callers
    sa.Column("at", UtcDateTime, nullable=False),
)

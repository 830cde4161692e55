"""Rule sets as they were when they judged, their results, and the daily figures of each agent."""

from __future__ import annotations

import sqlalchemy as sa

from hotline.store.schema.base import UtcDateTime, metadata

rule_sets = sa.Table(
    "rule_sets",
    metadata,
    sa.Column("content_hash", sa.String(64), primary_key=True),
    sa.Column("id", sa.String(80), nullable=False, index=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("source", sa.Text, nullable=False),  # the YAML as it was when it judged
    sa.Column("stored_at", UtcDateTime, nullable=False),
)

scores = sa.Table(
    "scores",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("call_id", sa.String(80), sa.ForeignKey("calls.id"), nullable=False),
    sa.Column("rule_hash", sa.String(64), sa.ForeignKey("rule_sets.content_hash"), nullable=False),
    sa.Column("scored_at", UtcDateTime, nullable=False),
    sa.Column("low", sa.Float, nullable=False),  # every doubtful item counted against the agent
    sa.Column("high", sa.Float, nullable=False),  # only certain deductions: the score that counts
    sa.Column("passed", sa.String(8), nullable=False),  # yes | no | doubtful
    sa.Column("fatal_certain", sa.Integer, nullable=False, server_default="0"),
    sa.Column("fatal_possible", sa.Integer, nullable=False, server_default="0"),  # doubtful fatal items
    sa.Column("failed_items", sa.Integer, nullable=False, server_default="0"),
    sa.Column("doubtful_items", sa.Integer, nullable=False, server_default="0"),
    sa.Column("current", sa.Boolean, nullable=False, server_default=sa.true()),  # the result boards count
    sa.Column("hits_file", sa.Text, nullable=False),
    sa.UniqueConstraint("call_id", "rule_hash"),
    # At most one result of a call counts; the database itself refuses a second.
    sa.Index("uq_scores_current", "call_id", unique=True, sqlite_where=sa.text("current"), postgresql_where=sa.text("current")),
)

agent_days = sa.Table(
    "agent_days",
    metadata,
    sa.Column("agent_id", sa.String(40), sa.ForeignKey("agents.id"), primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("unit_path", sa.String(200), nullable=False),
    sa.Column("calls", sa.Integer, nullable=False),
    sa.Column("handle_s", sa.Float, nullable=False),
    sa.Column("surveys_asked", sa.Integer, nullable=False),
    sa.Column("surveys_answered", sa.Integer, nullable=False),
    sa.Column("surveys_satisfied", sa.Integer, nullable=False),
    sa.Column("fcr_closed", sa.Integer, nullable=False),  # calls whose repeat window has ended
    sa.Column("fcr_resolved", sa.Integer, nullable=False),  # … without the caller coming back
    sa.Column("scored", sa.Integer, nullable=False),
    sa.Column("score_low_sum", sa.Float, nullable=False),
    sa.Column("score_high_sum", sa.Float, nullable=False),
    sa.Column("score_high_sq", sa.Float, nullable=False),  # sum of squares, for the sampling interval
    sa.Column("fatal_certain", sa.Integer, nullable=False),
    sa.Column("fatal_possible", sa.Integer, nullable=False),
    sa.Index("ix_agent_days_day", "day"),
)

"""The SQL tables. Text and hits live in Parquet (see ``parquet.py``); these tables point to them.

    org_units ─< agents ─< calls ─ recordings ─< scores        rule_sets
        └──────< queues ─< interval_counts, topic_days          jobs, quarantine
    calls ─< tickets, surveys     agent_intervals, agent_days   forecasts ─< forecast_values
    calls ─< turn_corrections     ingest_runs, ingest_attempts, watched_files
    users ─< sessions             audit                         staffing_plans

Instants are stored in UTC and come back timezone-aware; ``day`` columns are local days of the centre.
Durations are seconds.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """A timezone-aware instant, kept as UTC in every database.

    Raises ValueError for a naive datetime: nobody can know which clock it was read from.
    """

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

org_units = sa.Table(
    "org_units",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("parent_id", sa.String(40), sa.ForeignKey("org_units.id")),
    sa.Column("kind", sa.String(12), nullable=False),  # centre | sub_centre | team
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("name_en", sa.String(80), nullable=False, server_default=""),
    sa.Column("path", sa.String(200), nullable=False, unique=True),  # "/centre/sub/team/": a scope is a prefix
)

agents = sa.Table(
    "agents",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("team_id", sa.String(40), sa.ForeignKey("org_units.id"), nullable=False, index=True),
    sa.Column("hired_on", sa.Date),
    sa.Column("left_on", sa.Date),
)

queues = sa.Table(
    "queues",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("name_en", sa.String(80), nullable=False, server_default=""),
    sa.Column("unit_id", sa.String(40), sa.ForeignKey("org_units.id"), nullable=False),
)

voiceprints = sa.Table(
    "voiceprints",
    metadata,
    sa.Column("agent_id", sa.String(40), sa.ForeignKey("agents.id"), primary_key=True),
    sa.Column("model", sa.String(40), nullable=False),
    sa.Column("version", sa.String(40), nullable=False),  # of the weights: vectors of others cannot be compared
    sa.Column("vector", sa.JSON, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),  # speech that went in
    sa.Column("source", sa.String(200), nullable=False),
    sa.Column("consent_by", sa.String(80), nullable=False),
    sa.Column("consent_on", sa.Date, nullable=False),
    sa.Column("consent_note", sa.String(200), nullable=False),
    sa.Column("enrolled_at", UtcDateTime, nullable=False),
    sa.Column("enrolled_by", sa.String(80), nullable=False),
)

calls = sa.Table(
    "calls",
    metadata,
    sa.Column("id", sa.String(80), primary_key=True),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("day", sa.Date, nullable=False, index=True),
    sa.Column("queue_id", sa.String(40), sa.ForeignKey("queues.id"), index=True),
    sa.Column("agent_id", sa.String(40), sa.ForeignKey("agents.id")),
    sa.Column("unit_path", sa.String(200), nullable=False, server_default="/"),  # the agent's team when it happened
    sa.Column("direction", sa.String(10), nullable=False, server_default="inbound"),
    sa.Column("topic", sa.String(60), nullable=False, server_default=""),
    sa.Column("caller_key", sa.String(64)),  # keyed hash of the number, never the number
    sa.Column("wait_s", sa.Float, nullable=False, server_default="0"),
    sa.Column("talk_s", sa.Float, nullable=False, server_default="0"),
    sa.Column("hold_s", sa.Float, nullable=False, server_default="0"),
    sa.Column("acw_s", sa.Float, nullable=False, server_default="0"),
    sa.Column("transferred", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("metadata", sa.JSON, nullable=False, server_default="{}"),
    sa.Column("metadata_closed", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("synthetic", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index("ix_calls_agent_day", "agent_id", "day"),
    sa.Index("ix_calls_caller_topic", "caller_key", "topic", "started_at"),
    sa.Index("ix_calls_unit_path_day", "unit_path", "day"),
    sa.Index("ix_calls_newest", "started_at", "id"),  # the call list reads it backwards
)

recordings = sa.Table(
    "recordings",
    metadata,
    sa.Column("call_id", sa.String(80), sa.ForeignKey("calls.id"), primary_key=True),
    sa.Column("content_hash", sa.String(64), nullable=False, unique=True),  # sha256 of the file
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("transcript", sa.Text),  # the supplied one's file, so that erasure finds it; NULL: none, or not known
    sa.Column("codec", sa.String(40), nullable=False),
    sa.Column("layout", sa.String(10), nullable=False),
    sa.Column("duration_s", sa.Float, nullable=False),
    sa.Column("truncated", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("overlaps", sa.JSON, nullable=False, server_default="[]"),  # [[start, end], …] seconds
    sa.Column("overlap_known", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("sounds", sa.JSON, nullable=False, server_default="[]"),  # [[kind, start, end], …] seconds
    sa.Column("speakers", sa.Integer),  # how many speak; NULL when nobody found out
    sa.Column("text_kind", sa.String(12), nullable=False),  # SourceKind
    sa.Column("text_engine", sa.String(200), nullable=False, server_default=""),
    sa.Column("text_version", sa.String(80), nullable=False, server_default=""),
    sa.Column("diarizer", sa.String(200), nullable=False, server_default=""),
    sa.Column("role_method", sa.String(200), nullable=False, server_default=""),
    sa.Column("role_confidence", sa.Float, nullable=False, server_default="1"),
    sa.Column("warnings", sa.JSON, nullable=False, server_default="[]"),
    sa.Column("turns_file", sa.Text, nullable=False),  # below the Parquet folder
    sa.Column("ingested_at", UtcDateTime, nullable=False),
)

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

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),  # sha256 of manifest entry and content
    sa.Column("call_id", sa.String(80), nullable=False, index=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),  # when it came into the store
    sa.Column("size", sa.BigInteger),  # of the file, bytes; with mtime_ns it tells that the file is the one that was heard
    sa.Column("mtime_ns", sa.BigInteger),
)

quarantine = sa.Table(
    "quarantine",
    metadata,
    sa.Column("job_id", sa.String(64), primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("problem", sa.Text, nullable=False),
    sa.Column("mend", sa.Text, nullable=False, server_default=""),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("call_id", sa.String(80), nullable=False, server_default=""),
    sa.Column("origin", sa.Text, nullable=False, server_default=""),  # the manifest, folder or file that named it
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),  # tries before giving up; 0: no use trying again
    sa.Column("size", sa.BigInteger),  # of the recording when it was put aside, bytes
    sa.Column("mtime_ns", sa.BigInteger),
)

ingest_attempts = sa.Table(
    "ingest_attempts",
    metadata,
    sa.Column("job_id", sa.String(64), primary_key=True),  # as in quarantine
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("problem", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("next_at", UtcDateTime, nullable=False),  # not tried again before
)

ingest_runs = sa.Table(
    "ingest_runs",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("state", sa.String(12), nullable=False),  # running | finished | stopped | failed
    sa.Column("host", sa.String(80), nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("workers", sa.Integer, nullable=False),
    sa.Column("total", sa.Integer, nullable=False, server_default="0"),  # rows of the source
    sa.Column("done", sa.Integer, nullable=False, server_default="0"),  # stored by this run
    sa.Column("skipped", sa.Integer, nullable=False, server_default="0"),  # there already
    sa.Column("failed", sa.Integer, nullable=False, server_default="0"),  # put aside
    sa.Column("retried", sa.Integer, nullable=False, server_default="0"),
    sa.Column("audio_s", sa.Float, nullable=False, server_default="0"),  # of the calls stored
    sa.Column("stages", sa.JSON, nullable=False, server_default="{}"),  # stage: seconds of all workers together
    sa.Column("left_s", sa.Float),  # estimate of the seconds it still takes
)

watched_files = sa.Table(
    "watched_files",
    metadata,
    sa.Column("content_hash", sa.String(64), primary_key=True),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("mtime_ns", sa.BigInteger, nullable=False),
    sa.Column("outcome", sa.String(12), nullable=False),  # stored | put aside | manifest
    sa.Column("at", UtcDateTime, nullable=False),
)

turn_corrections = sa.Table(
    "turn_corrections",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("call_id", sa.String(80), sa.ForeignKey("calls.id"), nullable=False, index=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("who", sa.String(80), nullable=False),
    sa.Column("turn", sa.Integer, nullable=False),  # index of the turn
    sa.Column("role_before", sa.String(12), nullable=False),
    sa.Column("role_after", sa.String(12), nullable=False),
    sa.Column("text_changed", sa.Boolean, nullable=False),
    sa.Column("note", sa.Text, nullable=False, server_default=""),
    sa.Column("turns_before", sa.Text, nullable=False),  # the turns as they were, below the Parquet folder
)

erasures = sa.Table(
    "erasures",
    metadata,
    sa.Column("call_id", sa.String(80), primary_key=True),  # of a row of calls, or only ever put aside
    sa.Column("content_hash", sa.String(64), index=True),  # of the recording, which is refused from now on; NULL: there was none
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("who", sa.String(80), nullable=False),
    sa.Column("files", sa.JSON, nullable=False, server_default="[]"),  # recordings, transcripts and exports still to be removed
    sa.Column("finished_at", UtcDateTime),  # NULL: files may be left, the next erasure goes on
)

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

users = sa.Table(
    "users",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(80), nullable=False, unique=True),
    sa.Column("role", sa.String(12), nullable=False),
    sa.Column("scope", sa.String(200), nullable=False),  # a unit path; sees everything below it
    sa.Column("agent_id", sa.String(40), sa.ForeignKey("agents.id")),  # whose calls an agent sees
    sa.Column("password_hash", sa.Text, nullable=False),
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("locked_until", UtcDateTime),
    sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),
    sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id"), nullable=False),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("seen_at", UtcDateTime, nullable=False),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False, index=True),
    sa.Column("who", sa.String(80), nullable=False),
    sa.Column("action", sa.String(40), nullable=False),
    sa.Column("object", sa.String(200), nullable=False, server_default=""),
    sa.Column("detail", sa.JSON, nullable=False, server_default="{}"),
)

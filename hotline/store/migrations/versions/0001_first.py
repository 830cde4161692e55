"""The first tables of Hotline."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("who", sa.String(length=80), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("object", sa.String(length=200), server_default="", nullable=False),
        sa.Column("detail", sa.JSON(), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("call_id", sa.String(length=80), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
    )
    op.create_table(
        "org_units",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("parent_id", sa.String(length=40)),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=80), server_default="", nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["org_units.id"], name="fk_org_units_parent_id"),
        sa.PrimaryKeyConstraint("id", name="pk_org_units"),
        sa.UniqueConstraint("path", name="uq_org_units_path"),
    )
    op.create_table(
        "quarantine",
        sa.Column("job_id", sa.String(length=64), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("mend", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("job_id", name="pk_quarantine"),
    )
    op.create_table(
        "rule_sets",
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("stored_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("content_hash", name="pk_rule_sets"),
    )
    op.create_index("ix_rule_sets_id", "rule_sets", ["id"])
    op.create_table(
        "agents",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("team_id", sa.String(length=40), nullable=False),
        sa.Column("hired_on", sa.Date()),
        sa.Column("left_on", sa.Date()),
        sa.ForeignKeyConstraint(["team_id"], ["org_units.id"], name="fk_agents_team_id"),
        sa.PrimaryKeyConstraint("id", name="pk_agents"),
    )
    op.create_index("ix_agents_team_id", "agents", ["team_id"])
    op.create_table(
        "queues",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=80), server_default="", nullable=False),
        sa.Column("unit_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["org_units.id"], name="fk_queues_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_queues"),
    )
    op.create_table(
        "agent_days",
        sa.Column("agent_id", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("unit_path", sa.String(length=200), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("handle_s", sa.Float(), nullable=False),
        sa.Column("surveys_asked", sa.Integer(), nullable=False),
        sa.Column("surveys_answered", sa.Integer(), nullable=False),
        sa.Column("surveys_satisfied", sa.Integer(), nullable=False),
        sa.Column("fcr_closed", sa.Integer(), nullable=False),
        sa.Column("fcr_resolved", sa.Integer(), nullable=False),
        sa.Column("scored", sa.Integer(), nullable=False),
        sa.Column("score_low_sum", sa.Float(), nullable=False),
        sa.Column("score_high_sum", sa.Float(), nullable=False),
        sa.Column("score_high_sq", sa.Float(), nullable=False),
        sa.Column("fatal_certain", sa.Integer(), nullable=False),
        sa.Column("fatal_possible", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name="fk_agent_days_agent_id"),
        sa.PrimaryKeyConstraint("agent_id", "day", name="pk_agent_days"),
    )
    op.create_index("ix_agent_days_day", "agent_days", ["day"])
    op.create_table(
        "agent_intervals",
        sa.Column("agent_id", sa.String(length=40), nullable=False),
        sa.Column("start", sa.DateTime(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name="fk_agent_intervals_agent_id"),
        sa.PrimaryKeyConstraint("agent_id", "start", "state", name="pk_agent_intervals"),
    )
    op.create_table(
        "calls",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("queue_id", sa.String(length=40)),
        sa.Column("agent_id", sa.String(length=40)),
        sa.Column("unit_path", sa.String(length=200), server_default="/", nullable=False),
        sa.Column("direction", sa.String(length=10), server_default="inbound", nullable=False),
        sa.Column("topic", sa.String(length=60), server_default="", nullable=False),
        sa.Column("caller_key", sa.String(length=64)),
        sa.Column("wait_s", sa.Float(), server_default="0", nullable=False),
        sa.Column("talk_s", sa.Float(), server_default="0", nullable=False),
        sa.Column("hold_s", sa.Float(), server_default="0", nullable=False),
        sa.Column("acw_s", sa.Float(), server_default="0", nullable=False),
        sa.Column("transferred", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("metadata", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("metadata_closed", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("synthetic", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name="fk_calls_agent_id"),
        sa.ForeignKeyConstraint(["queue_id"], ["queues.id"], name="fk_calls_queue_id"),
        sa.PrimaryKeyConstraint("id", name="pk_calls"),
    )
    op.create_index("ix_calls_agent_day", "calls", ["agent_id", "day"])
    op.create_index("ix_calls_caller_topic", "calls", ["caller_key", "topic", "started_at"])
    op.create_index("ix_calls_day", "calls", ["day"])
    op.create_index("ix_calls_newest", "calls", ["started_at", "id"])
    op.create_index("ix_calls_queue_id", "calls", ["queue_id"])
    op.create_index("ix_calls_unit_path_day", "calls", ["unit_path", "day"])
    op.create_table(
        "forecasts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("queue_id", sa.String(length=40), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("model", sa.String(length=60), nullable=False),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.Column("notes", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("latest", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.ForeignKeyConstraint(["queue_id"], ["queues.id"], name="fk_forecasts_queue_id"),
        sa.PrimaryKeyConstraint("id", name="pk_forecasts"),
    )
    op.create_index(
        "uq_forecasts_latest", "forecasts", ["queue_id"], unique=True, sqlite_where=sa.text("latest"), postgresql_where=sa.text("latest")
    )
    op.create_table(
        "interval_counts",
        sa.Column("queue_id", sa.String(length=40), nullable=False),
        sa.Column("start", sa.DateTime(), nullable=False),
        sa.Column("offered", sa.Integer(), nullable=False),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.Column("abandoned", sa.Integer(), nullable=False),
        sa.Column("answered_20s", sa.Integer(), nullable=False),
        sa.Column("wait_s", sa.Float(), nullable=False),
        sa.Column("handle_s", sa.Float(), nullable=False),
        sa.Column("synthetic", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["queue_id"], ["queues.id"], name="fk_interval_counts_queue_id"),
        sa.PrimaryKeyConstraint("queue_id", "start", name="pk_interval_counts"),
    )
    op.create_table(
        "topic_days",
        sa.Column("queue_id", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("topic", sa.String(length=60), nullable=False),
        sa.Column("offered", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["queue_id"], ["queues.id"], name="fk_topic_days_queue_id"),
        sa.PrimaryKeyConstraint("queue_id", "day", "topic", name="pk_topic_days"),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("role", sa.String(length=12), nullable=False),
        sa.Column("scope", sa.String(length=200), nullable=False),
        sa.Column("agent_id", sa.String(length=40)),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("locked_until", sa.DateTime()),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name="fk_users_agent_id"),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("name", name="uq_users_name"),
    )
    op.create_table(
        "forecast_values",
        sa.Column("forecast_id", sa.Integer(), nullable=False),
        sa.Column("metric", sa.String(length=12), nullable=False),
        sa.Column("grain", sa.String(length=12), nullable=False),
        sa.Column("start", sa.DateTime(), nullable=False),
        sa.Column("mean", sa.Float(), nullable=False),
        sa.Column("low80", sa.Float(), nullable=False),
        sa.Column("high80", sa.Float(), nullable=False),
        sa.Column("low95", sa.Float(), nullable=False),
        sa.Column("high95", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["forecast_id"], ["forecasts.id"], name="fk_forecast_values_forecast_id"),
        sa.PrimaryKeyConstraint("forecast_id", "metric", "grain", "start", name="pk_forecast_values"),
    )
    op.create_table(
        "recordings",
        sa.Column("call_id", sa.String(length=80), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("codec", sa.String(length=40), nullable=False),
        sa.Column("layout", sa.String(length=10), nullable=False),
        sa.Column("duration_s", sa.Float(), nullable=False),
        sa.Column("truncated", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("overlaps", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("overlap_known", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("text_kind", sa.String(length=12), nullable=False),
        sa.Column("text_engine", sa.String(length=200), server_default="", nullable=False),
        sa.Column("text_version", sa.String(length=80), server_default="", nullable=False),
        sa.Column("diarizer", sa.String(length=200), server_default="", nullable=False),
        sa.Column("role_method", sa.String(length=200), server_default="", nullable=False),
        sa.Column("role_confidence", sa.Float(), server_default="1", nullable=False),
        sa.Column("warnings", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("turns_file", sa.Text(), nullable=False),
        sa.Column("ingested_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_recordings_call_id"),
        sa.PrimaryKeyConstraint("call_id", name="pk_recordings"),
        sa.UniqueConstraint("content_hash", name="uq_recordings_content_hash"),
    )
    op.create_table(
        "scores",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(length=80), nullable=False),
        sa.Column("rule_hash", sa.String(length=64), nullable=False),
        sa.Column("scored_at", sa.DateTime(), nullable=False),
        sa.Column("low", sa.Float(), nullable=False),
        sa.Column("high", sa.Float(), nullable=False),
        sa.Column("passed", sa.String(length=8), nullable=False),
        sa.Column("fatal_certain", sa.Integer(), server_default="0", nullable=False),
        sa.Column("fatal_possible", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failed_items", sa.Integer(), server_default="0", nullable=False),
        sa.Column("doubtful_items", sa.Integer(), server_default="0", nullable=False),
        sa.Column("current", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("hits_file", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_scores_call_id"),
        sa.ForeignKeyConstraint(["rule_hash"], ["rule_sets.content_hash"], name="fk_scores_rule_hash"),
        sa.PrimaryKeyConstraint("id", name="pk_scores"),
        sa.UniqueConstraint("call_id", "rule_hash", name="uq_scores_call_id"),
    )
    op.create_index(
        "uq_scores_current", "scores", ["call_id"], unique=True, sqlite_where=sa.text("current"), postgresql_where=sa.text("current")
    )
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_sessions_user_id"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_sessions"),
    )
    op.create_table(
        "staffing_plans",
        sa.Column("forecast_id", sa.Integer(), nullable=False),
        sa.Column("start", sa.DateTime(), nullable=False),
        sa.Column("net", sa.Integer(), nullable=False),
        sa.Column("gross", sa.Integer(), nullable=False),
        sa.Column("binding", sa.String(length=20), nullable=False),
        sa.Column("service_level", sa.Float(), nullable=False),
        sa.Column("occupancy", sa.Float(), nullable=False),
        sa.Column("abandonment", sa.Float(), nullable=False),
        sa.Column("asa_s", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["forecast_id"], ["forecasts.id"], name="fk_staffing_plans_forecast_id"),
        sa.PrimaryKeyConstraint("forecast_id", "start", name="pk_staffing_plans"),
    )
    op.create_table(
        "surveys",
        sa.Column("call_id", sa.String(length=80), nullable=False),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.Column("score", sa.Integer()),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_surveys_call_id"),
        sa.PrimaryKeyConstraint("call_id", name="pk_surveys"),
    )
    op.create_table(
        "tickets",
        sa.Column("id", sa.String(length=60), nullable=False),
        sa.Column("call_id", sa.String(length=80)),
        sa.Column("queue_id", sa.String(length=40), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("area", sa.String(length=40), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("dispatched_at", sa.DateTime()),
        sa.Column("closed_at", sa.DateTime()),
        sa.Column("returned", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_tickets_call_id"),
        sa.ForeignKeyConstraint(["queue_id"], ["queues.id"], name="fk_tickets_queue_id"),
        sa.PrimaryKeyConstraint("id", name="pk_tickets"),
    )
    op.create_index("ix_tickets_call_id", "tickets", ["call_id"])

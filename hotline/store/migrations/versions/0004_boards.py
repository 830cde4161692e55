"""What boards, reviews and reports stand on: fuller feeds, rows put aside, roll-ups of queues, work orders and their clocks."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    _feeds()
    _rollups()


def _feeds() -> None:
    op.add_column("calls", sa.Column("transferred_to", sa.String(40)))
    op.add_column("calls", sa.Column("linked_to", sa.String(80)))
    op.add_column("calls", sa.Column("key_path", sa.String(40), server_default="", nullable=False))
    op.add_column("calls", sa.Column("hung_up_by", sa.String(10), server_default="", nullable=False))
    op.add_column("calls", sa.Column("outcome", sa.String(40), server_default="", nullable=False))
    op.add_column("calls", sa.Column("resolved", sa.Boolean()))
    op.add_column("interval_counts", sa.Column("abandoned_short", sa.Integer(), server_default="0", nullable=False))
    op.add_column("interval_counts", sa.Column("answered_15s", sa.Integer()))
    op.add_column("interval_counts", sa.Column("answered_30s", sa.Integer()))
    op.create_table(
        "agent_schedules",
        sa.Column("agent_id", sa.String(40), nullable=False),
        sa.Column("start", sa.DateTime(), nullable=False),
        sa.Column("end", sa.DateTime(), nullable=False),
        sa.Column("activity", sa.String(20), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name="fk_agent_schedules_agent_id"),
        sa.PrimaryKeyConstraint("agent_id", "start", name="pk_agent_schedules"),
    )
    for instant in ("replied_at", "feedback_at", "called_back_at", "due_at"):
        op.add_column("tickets", sa.Column(instant, sa.DateTime()))
    op.add_column("tickets", sa.Column("complaint", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("tickets", sa.Column("owner", sa.String(40), server_default="", nullable=False))
    op.add_column("tickets", sa.Column("dispatched_to", sa.String(40), server_default="", nullable=False))
    op.add_column("tickets", sa.Column("redispatched", sa.Integer(), server_default="0", nullable=False))
    op.add_column("tickets", sa.Column("error", sa.Boolean()))
    for instant in ("created_at", "dispatched_at", "feedback_at", "due_at", "closed_at"):
        op.create_index(f"ix_tickets_{instant}", "tickets", [instant])
    op.add_column("surveys", sa.Column("source", sa.String(12), server_default="own", nullable=False))
    op.add_column("surveys", sa.Column("asked_by", sa.String(10), server_default="", nullable=False))
    op.add_column("surveys", sa.Column("reason", sa.String(60), server_default="", nullable=False))
    op.create_table(
        "external_surveys",
        sa.Column("id", sa.String(60), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("unit_path", sa.String(200), server_default="/", nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("scale", sa.Float(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_external_surveys"),
    )
    op.create_index("ix_external_surveys_day", "external_surveys", ["day"])
    op.create_table(
        "feed_rejects",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("feed", sa.String(40), nullable=False),
        sa.Column("file", sa.String(200), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("column", sa.String(80), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("mend", sa.Text(), nullable=False),
        sa.Column("row", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_feed_rejects"),
    )
    op.create_index("ix_feed_rejects_file", "feed_rejects", ["file"])


_SECONDS = (
    *("talk_s", "hold_s", "acw_s", "outbound_s", "outbound_high_sum", "outbound_high_sq"),
    *("login_s", "busy_s", "available_s", "break_s", "away_s", "scheduled_s", "adherent_s", "scheduled_phone_s", "worked_s"),
)
_COUNTS = (
    *("transferred", "resolved_known", "resolved_yes", "outbound_calls", "outbound_scored"),
    *("passed", "failed", "doubtful", "fatal_calls", "fatal_calls_possible"),
)


def _rollups() -> None:
    for name in _SECONDS:
        op.add_column("agent_days", sa.Column(name, sa.Float(), server_default="0", nullable=False))
    for name in _COUNTS:
        op.add_column("agent_days", sa.Column(name, sa.Integer(), server_default="0", nullable=False))
    counts = ("offered", "answered", "abandoned", "abandoned_short", "answered_20s", "answered_15s", "offered_15s")
    op.create_table(
        "queue_days",
        sa.Column("queue_id", sa.String(40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in (*counts, "answered_30s", "offered_30s")),
        sa.Column("wait_s", sa.Float(), nullable=False),
        sa.Column("handle_s", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["queue_id"], ["queues.id"], name="fk_queue_days_queue_id"),
        sa.PrimaryKeyConstraint("queue_id", "day", name="pk_queue_days"),
    )
    of_orders = ("dispatched", "misdirected", "checked", "wrong", "complaints_closed")
    op.create_table(
        "ticket_days",
        sa.Column("queue_id", sa.String(40), nullable=False),
        sa.Column("type", sa.String(40), nullable=False),
        sa.Column("unit_path", sa.String(200), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        *(sa.Column(name, sa.Integer(), server_default="0", nullable=False) for name in of_orders),
        sa.Column("closure_s", sa.Float(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["queue_id"], ["queues.id"], name="fk_ticket_days_queue_id"),
        sa.PrimaryKeyConstraint("queue_id", "type", "unit_path", "day", name="pk_ticket_days"),
    )
    op.create_table(
        "clock_days",
        sa.Column("clock", sa.String(40), nullable=False),
        sa.Column("queue_id", sa.String(40), nullable=False),
        sa.Column("type", sa.String(40), nullable=False),
        sa.Column("unit_path", sa.String(200), nullable=False),
        sa.Column("party", sa.String(40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("due", "kept", "breached")),
        sa.ForeignKeyConstraint(["queue_id"], ["queues.id"], name="fk_clock_days_queue_id"),
        sa.PrimaryKeyConstraint("clock", "queue_id", "type", "unit_path", "party", "day", name="pk_clock_days"),
    )
    for table in ("queue_days", "ticket_days", "clock_days"):
        op.create_index(f"ix_{table}_day", table, ["day"])

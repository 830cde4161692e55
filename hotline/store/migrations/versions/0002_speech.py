"""What deeper listening leaves behind: sounds that are not conversation, how many speak."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _recordings()
    _ingestion()
    _voiceprints()
    _erasures()


def _recordings() -> None:
    op.add_column("recordings", sa.Column("sounds", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("recordings", sa.Column("speakers", sa.Integer()))
    op.add_column("recordings", sa.Column("transcript", sa.Text()))


def _ingestion() -> None:
    op.add_column("jobs", sa.Column("size", sa.BigInteger()))
    op.add_column("jobs", sa.Column("mtime_ns", sa.BigInteger()))
    op.create_index("ix_jobs_call_id", "jobs", ["call_id"])
    op.add_column("quarantine", sa.Column("call_id", sa.String(80), server_default="", nullable=False))
    op.add_column("quarantine", sa.Column("origin", sa.Text(), server_default="", nullable=False))
    op.add_column("quarantine", sa.Column("attempts", sa.Integer(), server_default="0", nullable=False))
    op.add_column("quarantine", sa.Column("size", sa.BigInteger()))
    op.add_column("quarantine", sa.Column("mtime_ns", sa.BigInteger()))
    op.create_table(
        "ingest_attempts",
        sa.Column("job_id", sa.String(64), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("next_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("job_id", name="pk_ingest_attempts"),
    )
    op.create_table(
        "ingest_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("host", sa.String(80), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("workers", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Integer(), server_default="0", nullable=False) for name in ("total", "done", "skipped", "failed", "retried")),
        sa.Column("audio_s", sa.Float(), server_default="0", nullable=False),
        sa.Column("stages", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("left_s", sa.Float()),
        sa.PrimaryKeyConstraint("id", name="pk_ingest_runs"),
    )
    op.create_table(
        "watched_files",
        sa.Column("content_hash", sa.String(64), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(12), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("content_hash", name="pk_watched_files"),
    )
    op.create_table(
        "turn_corrections",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(80), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("who", sa.String(80), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("role_before", sa.String(12), nullable=False),
        sa.Column("role_after", sa.String(12), nullable=False),
        sa.Column("text_changed", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("turns_before", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_turn_corrections_call_id"),
        sa.PrimaryKeyConstraint("id", name="pk_turn_corrections"),
    )
    op.create_index("ix_turn_corrections_call_id", "turn_corrections", ["call_id"])


def _erasures() -> None:
    op.create_table(
        "erasures",
        sa.Column("call_id", sa.String(80), nullable=False),
        sa.Column("content_hash", sa.String(64)),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("who", sa.String(80), nullable=False),
        sa.Column("files", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("finished_at", sa.DateTime()),
        sa.PrimaryKeyConstraint("call_id", name="pk_erasures"),
    )
    op.create_index("ix_erasures_content_hash", "erasures", ["content_hash"])


def _voiceprints() -> None:
    op.create_table(
        "voiceprints",
        sa.Column("agent_id", sa.String(40), nullable=False),
        sa.Column("model", sa.String(40), nullable=False),
        sa.Column("version", sa.String(40), nullable=False),
        sa.Column("vector", sa.JSON(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("consent_by", sa.String(80), nullable=False),
        sa.Column("consent_on", sa.Date(), nullable=False),
        sa.Column("consent_note", sa.String(200), nullable=False),
        sa.Column("enrolled_at", sa.DateTime(), nullable=False),
        sa.Column("enrolled_by", sa.String(80), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name="fk_voiceprints_agent_id"),
        sa.PrimaryKeyConstraint("agent_id", name="pk_voiceprints"),
    )

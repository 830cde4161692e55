"""Who may sign in, who is signed in, and what everybody did."""

from __future__ import annotations

import sqlalchemy as sa

from hotline.store.schema.base import UtcDateTime, metadata

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

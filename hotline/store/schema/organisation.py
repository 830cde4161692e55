"""Who works where: units, agents, queues, and the voices of agents who agreed."""

from __future__ import annotations

import sqlalchemy as sa

from hotline.store.schema.base import UtcDateTime, metadata

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

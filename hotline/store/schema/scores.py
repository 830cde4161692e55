"""Rule sets as they were when they judged, their results, and the weeks that no longer change."""

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
    sa.Column("published_at", UtcDateTime),  # NULL: it judged, but nobody published it
    sa.Column("published_by", sa.String(80), nullable=False, server_default=""),
    sa.Column("publish_note", sa.Text, nullable=False, server_default=""),
    sa.Column("in_force_from", UtcDateTime),  # NULL: as the text says, or from the beginning
    # A published version is one text; the database itself refuses a second.
    sa.Index(
        "uq_rule_sets_published",
        "id",
        "version",
        unique=True,
        sqlite_where=sa.text("published_at IS NOT NULL"),
        postgresql_where=sa.text("published_at IS NOT NULL"),
    ),
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
    sa.Column("author", sa.String(80), nullable=False, server_default=""),  # who had it judged; "" when it came in
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("band", sa.JSON),  # {zh, en} of the grade that counts
    sa.Column("variables", sa.JSON, nullable=False, server_default="{}"),  # name → value, for people
    sa.Column("metadata_open", sa.Boolean, nullable=False, server_default=sa.false()),  # judged while fields could still arrive
    sa.Index("ix_scores_call_id", "call_id"),  # every result of a call is kept
    # At most one result of a call counts; the database itself refuses a second.
    sa.Index("uq_scores_current", "call_id", unique=True, sqlite_where=sa.text("current"), postgresql_where=sa.text("current")),
)

item_reviews = sa.Table(
    "item_reviews",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("call_id", sa.String(80), sa.ForeignKey("calls.id"), nullable=False, index=True),
    sa.Column("rule_hash", sa.String(64), sa.ForeignKey("rule_sets.content_hash"), nullable=False),
    sa.Column("item_id", sa.String(80), nullable=False),
    sa.Column("outcome", sa.String(8), nullable=False),  # what the rules said: fail | doubtful
    sa.Column("agreed", sa.Boolean, nullable=False),  # a person heard the call and would take the points too
    sa.Column("by", sa.String(80), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("note", sa.Text, nullable=False, server_default=""),
    # The newest of a call, rule set and item counts; earlier ones stay.
    sa.Index("ix_item_reviews_rule_hash_item_id", "rule_hash", "item_id"),
)

published_weeks = sa.Table(
    "published_weeks",
    metadata,
    sa.Column("week", sa.String(8), primary_key=True),  # 2026-W46
    sa.Column("published_at", UtcDateTime, nullable=False),
    sa.Column("published_by", sa.String(80), nullable=False),
    sa.Column("note", sa.Text, nullable=False, server_default=""),
)

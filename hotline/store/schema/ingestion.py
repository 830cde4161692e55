"""What came in and how: jobs done, files put aside or to be tried again, runs and watched folders."""

from __future__ import annotations

import sqlalchemy as sa

from hotline.store.schema.base import UtcDateTime, metadata

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

"""The calls themselves: their recordings, corrected turns and what was erased."""

from __future__ import annotations

import sqlalchemy as sa

from hotline.store.schema.base import UtcDateTime, metadata

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
    sa.Column("transferred_to", sa.String(40)),  # queue, unit or person, as the call record names it
    sa.Column("linked_to", sa.String(80)),  # the earlier call that this one goes on with: a transfer's next leg, a call-back
    sa.Column("key_path", sa.String(40), nullable=False, server_default=""),  # keys pressed in the menu: 0/1/2
    sa.Column("hung_up_by", sa.String(10), nullable=False, server_default=""),  # agent | caller | system; "" not known
    sa.Column("outcome", sa.String(40), nullable=False, server_default=""),  # the agent's disposition, in the centre's words
    sa.Column("resolved", sa.Boolean),  # by that disposition, at the first contact; NULL: not said
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

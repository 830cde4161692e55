"""The SQL tables. Text and hits live in Parquet (see ``parquet.py``); these tables point to them.

    org_units ─< agents ─< calls ─ recordings ─< scores        rule_sets
        └──────< queues ─< interval_counts, topic_days          jobs, quarantine
    calls ─< tickets, surveys     agent_intervals, _schedules   forecasts ─< forecast_values
    calls ─< item_reviews >─ rule_sets
    agent_days, queue_days        ticket_days, clock_days       external_surveys, feed_rejects
    calls ─< turn_corrections     ingest_runs, ingest_attempts, watched_files
    users ─< sessions             audit, published_weeks        staffing_plans

Instants are stored in UTC and come back timezone-aware; ``day`` columns are local days of the centre.
Durations are seconds.

A file holds the tables of one subject; all are named here, so that importing this package knows the whole schema.
"""

from hotline.store.schema.base import UtcDateTime, metadata
from hotline.store.schema.calls import calls, erasures, recordings, turn_corrections
from hotline.store.schema.feeds import (
    agent_intervals,
    agent_schedules,
    external_surveys,
    feed_rejects,
    interval_counts,
    surveys,
    tickets,
    topic_days,
)
from hotline.store.schema.ingestion import ingest_attempts, ingest_runs, jobs, quarantine, watched_files
from hotline.store.schema.organisation import agents, org_units, queues, voiceprints
from hotline.store.schema.people import audit, sessions, users
from hotline.store.schema.planning import forecast_values, forecasts, staffing_plans
from hotline.store.schema.rollups import agent_days, clock_days, queue_days, ticket_days
from hotline.store.schema.scores import item_reviews, published_weeks, rule_sets, scores

__all__ = [
    "UtcDateTime",
    "agent_days",
    "agent_intervals",
    "agent_schedules",
    "agents",
    "audit",
    "calls",
    "clock_days",
    "erasures",
    "external_surveys",
    "feed_rejects",
    "forecast_values",
    "forecasts",
    "ingest_attempts",
    "ingest_runs",
    "interval_counts",
    "item_reviews",
    "jobs",
    "metadata",
    "org_units",
    "published_weeks",
    "quarantine",
    "queue_days",
    "queues",
    "recordings",
    "rule_sets",
    "scores",
    "sessions",
    "staffing_plans",
    "surveys",
    "ticket_days",
    "tickets",
    "topic_days",
    "turn_corrections",
    "users",
    "voiceprints",
    "watched_files",
]

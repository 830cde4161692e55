"""The SQL tables. Text and hits live in Parquet (see ``parquet.py``); these tables point to them.

    org_units ─< agents ─< calls ─ recordings ─< scores        rule_sets
        └──────< queues ─< interval_counts, topic_days          jobs, quarantine
    calls ─< tickets, surveys     agent_intervals, agent_days   forecasts ─< forecast_values
    calls ─< item_reviews >─ rule_sets
    calls ─< turn_corrections     ingest_runs, ingest_attempts, watched_files
    users ─< sessions             audit, published_weeks        staffing_plans

Instants are stored in UTC and come back timezone-aware; ``day`` columns are local days of the centre.
Durations are seconds.

A file holds the tables of one subject; all are named here, so that importing this package knows the whole schema.
"""

from hotline.store.schema.base import UtcDateTime, metadata
from hotline.store.schema.calls import calls, erasures, recordings, turn_corrections
from hotline.store.schema.feeds import agent_intervals, interval_counts, surveys, tickets, topic_days
from hotline.store.schema.ingestion import ingest_attempts, ingest_runs, jobs, quarantine, watched_files
from hotline.store.schema.organisation import agents, org_units, queues, voiceprints
from hotline.store.schema.people import audit, sessions, users
from hotline.store.schema.planning import forecast_values, forecasts, staffing_plans
from hotline.store.schema.scores import agent_days, item_reviews, published_weeks, rule_sets, scores

__all__ = [
    "UtcDateTime",
    "agent_days",
    "agent_intervals",
    "agents",
    "audit",
    "calls",
    "erasures",
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
    "queues",
    "recordings",
    "rule_sets",
    "scores",
    "sessions",
    "staffing_plans",
    "surveys",
    "tickets",
    "topic_days",
    "turn_corrections",
    "users",
    "voiceprints",
    "watched_files",
]

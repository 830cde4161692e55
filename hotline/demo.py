"""The main job from nothing, on the sample centre: every step is the one a user would type, run in order."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

import forecasting
from hotline import sample_centre
from hotline.console import emit, err, out
from hotline.secret import secret_key
from hotline.settings import Settings
from hotline.store import Store, accounts, open_store
from hotline.store import calls as call_store
from hotline.store.access import OPERATOR, UserRole
from qa import ingest
from reports import boards, weekly
from reports.week import IsoWeek

ACCOUNTS = (
    ("admin", UserRole.ADMIN, "/", None),
    ("manager", UserRole.MANAGER, "/c/", None),
    ("qalead", UserRole.QA_LEAD, "/c/", None),
    ("qa", UserRole.QA, "/c/0/", None),
    ("lead1", UserRole.TEAM_LEAD, "/c/0/t01/", None),
    ("agent1", UserRole.AGENT, "/c/0/t01/", "a001"),
    ("planner", UserRole.PLANNER, "/c/", None),
)
WEEK = IsoWeek(2026, 46)

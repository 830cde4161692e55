"""A store small enough to check every number of a board by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from hotline import sample_centre
from hotline.sample_centre import SampleCentre
from hotline.settings import Settings
from hotline.store import OPERATOR, Store, open_store
from hotline.store.feeds import load_all
from hotline.store.parquet import write_hits
from hotline.store.rollups import roll_up_all
from hotline.store.scores import save_score
from qa.calls import Call, Layout
from qa.rules import RuleSet, load_text
from qa.scoring import ItemResult, Outcome, Scorecard

EVIL = '=HYPERLINK("http://evil.example","click")'
MONDAY = date(2026, 11, 9)


@pytest.fixture(scope="session")
def centre() -> SampleCentre:
    """The whole sample centre as the demo loads it."""
    return sample_centre.build()


def call(
    number: int, agent: str, day: date, *, handle: float = 150, caller: str | None = None, topic: str = "电费查询", hour: int = 10
) -> dict:
    """A call row; ``caller`` defaults to somebody who calls once."""
    return {
        "id": f"K{number:03d}",
        "started_at": datetime(day.year, day.month, day.day, hour - 8, 0, tzinfo=UTC) + timedelta(seconds=number),
        "day": day,
        "queue_id": "q0",
        "agent_id": agent,
        "unit_path": "/c/0/t01/" if agent in ("a1", "a2") else "/c/0/t02/",
        "topic": topic,
        "caller_key": caller or f"caller-{number}",
        "wait_s": 5.0,
        "talk_s": handle,
        "hold_s": 0.0,
        "acw_s": 0.0,
        "synthetic": False,
    }


def small_frames() -> dict[str, pl.DataFrame]:
    """Two teams, three agents; a1 with six calls on three days of 2026-W46, a2 with two, a3 with one and one the week after."""
    tuesday, wednesday = MONDAY + timedelta(1), MONDAY + timedelta(2)
    calls = [
        call(1, "a1", MONDAY, handle=100, caller="again"),
        call(2, "a1", MONDAY, handle=200),
        call(3, "a1", tuesday, handle=100, caller="again"),  # the same matter: the call of Monday was not resolved
        call(4, "a1", wednesday, handle=100, caller="again", topic="停电咨询"),  # another matter
        call(5, "a1", wednesday, handle=200),
        call(6, "a1", wednesday, handle=200),
        call(7, "a2", MONDAY),
        call(8, "a2", MONDAY),
        call(9, "a3", tuesday),
        call(10, "a3", MONDAY + timedelta(9)),  # the history goes on, so the windows of W46 are closed
    ]
    units = [("c", None, "centre", "中心", "Centre", "/c/"), ("c-0", "c", "sub_centre", "综合", "General", "/c/0/")]
    units += [("t01", "c-0", "team", "一班", "Team 1", "/c/0/t01/"), ("t02", "c-0", "team", "二班", "Team 2", "/c/0/t02/")]
    return {
        "org_units": pl.DataFrame(units, schema=["id", "parent_id", "kind", "name", "name_en", "path"], orient="row"),
        "agents": pl.DataFrame({"id": ["a1", "a2", "a3"], "name": [EVIL, "李四", "王五"], "team_id": ["t01", "t01", "t02"]}),
        "queues": pl.DataFrame({"id": ["q0"], "name": ["综合"], "name_en": ["General"], "unit_id": ["c-0"]}),
        "calls": pl.DataFrame(calls),
        "surveys": pl.DataFrame(
            {
                "call_id": [f"K{i:03d}" for i in (1, 2, 3, 4, 5, 7)],
                "asked_at": [datetime(2026, 11, 9, 4, tzinfo=UTC)] * 6,
                "score": [5, 1, 2, 3, 1, None],  # a1: one satisfied of five; a2: asked, no answer
            }
        ),
        "interval_counts": pl.DataFrame(
            {
                "queue_id": ["q0", "q0"],
                "start": [datetime(2026, 11, 8, 16, 0, tzinfo=UTC), datetime(2026, 11, 9, 2, 0, tzinfo=UTC)],  # midnight and 10:00 local
                "offered": [0, 10],
                "answered": [0, 8],
                "abandoned": [0, 2],
                "answered_20s": [0, 6],
                "wait_s": [0.0, 100.0],
                "handle_s": [0.0, 1200.0],
                "synthetic": [False, False],
            }
        ),
    }


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


RULES = """
id: tiny
title: {zh: 小评分表, en: Tiny scorecard}
version: 3
sections:
  - id: opening
    title: {zh: 开场, en: Opening}
    items:
      - id: greeting
        title: {zh: 开头语, en: Greeting}
        points: 10
        conditions:
          hello: {say: [您好], by: agent}
        expect: hello
  - id: manner
    title: {zh: 态度, en: Manner}
    items:
      - id: rude
        title: {zh: 服务忌语, en: Rude words}
        fatal: true
        conditions:
          rude: {say: [废话], by: agent}
        forbid: rude
"""
SCORES = (100, 90, 80, 90, 90)


def scorecard(number: int, high: float, rules: RuleSet) -> Scorecard:
    """The first two calls have a doubtful greeting, the third a certain rude word (points as in ``SCORES`` all the same)."""
    greeting, rude = Outcome.DOUBTFUL if number <= 2 else Outcome.PASS, Outcome.FAIL if number == 3 else Outcome.PASS
    in_doubt = 10.0 if number <= 2 else 0.0
    items = (
        ItemResult("greeting", "opening", greeting, 10.0, 0.0, in_doubt, False, "", ()),
        ItemResult("rude", "manner", rude, 0.0, 0.0, 0.0, True, "", ()),
    )
    return Scorecard(
        high - in_doubt, high, "yes", int(number == 3), 0, f"K{number:03d}", rules.id, rules.version, rules.content_hash, items
    )


@pytest.fixture
def small(home: Path) -> Iterator[Store]:
    """The small store; a1 has five scored calls with 100, 90, 80, 90, 90 points, the first two with 10 more in doubt, one fatal."""
    store = open_store(Settings(home=home, parquet=home / "parquet"))
    store.migrate()
    load_all(store, OPERATOR, small_frames())
    rules = load_text(RULES, "tiny.yaml")
    with store.begin() as connection:
        for number, high in enumerate(SCORES, 1):
            card = scorecard(number, high, rules)
            heard = Call(id=card.call_id, turns=(), duration=60.0, layout=Layout.NONE, started_at=datetime(2026, 11, 9, 4, tzinfo=UTC))
            save_score(connection, rules, card, write_hits(store, heard, card))
    roll_up_all(store)
    yield store
    store.close()

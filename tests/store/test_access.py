"""Who may do what: the policy cell by cell, every read function for every role, and scopes that hold exactly their units."""

from __future__ import annotations

import wave
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from hotline.errors import AccessDenied
from hotline.store import (
    OPERATOR,
    Permission,
    Store,
    UserRole,
    Viewer,
    accounts,
    audit,
    calls,
    erasure,
    feeds,
    forecasts,
    item_reviews,
    item_statistics,
    jobs,
    parquet,
    publishing,
    rollups,
    scores,
    series,
    service,
    voiceprints,
    weeks,
)
from hotline.store.access import MATRIX
from qa.rules import load_text

GUARDED = (
    *(accounts, audit, calls, erasure, feeds, forecasts, item_reviews, item_statistics, jobs, parquet, publishing),
    *(rollups, scores, series, service, voiceprints, weeks),
)
"""Modules of the store whose functions take a viewer."""

# The policy as people agreed on it, written down a second time: changing MATRIX alone fails here.
POLICY = """
                agent  team_lead  qa  qa_lead  manager  planner  admin  operator
open_calls      yes    yes        yes yes      yes      -        -      yes
export_calls    -      -          yes yes      yes      -        -      yes
correct         -      -          yes yes      -        -        -      yes
see_board       yes    yes        yes yes      yes      -        -      yes
see_team_board  -      yes        yes yes      yes      yes      -      yes
see_reports     -      yes        -   yes      yes      -        -      yes
see_rules       yes    yes        yes yes      yes      -        yes    yes
review_items    -      -          yes yes      -        -        -      yes
draft_rules     -      -          yes yes      -        -        -      yes
publish_rules   -      -          -   yes      -        -        -      yes
rescore         -      -          -   yes      -        -        -      yes
publish_week    -      -          -   yes      yes      -        -      yes
see_forecast    -      yes        -   -        yes      yes      -      yes
plan            -      -          -   -        -        yes      -      yes
manage_users    -      -          -   -        -        -        yes    yes
see_audit       -      -          -   -        -        -        yes    yes
import          -      -          -   -        -        -        yes    yes
enrol_voices    -      -          -   -        -        -        yes    yes
erase           -      -          -   -        -        -        yes    yes
"""
_HEADER, *_LINES = (line.split() for line in POLICY.strip().splitlines())
CELLS = [(line[0], role, cell == "yes") for line in _LINES for role, cell in zip(_HEADER, line[1:], strict=True)]
DAY = date(2026, 11, 9)


@pytest.mark.parametrize(("permission", "role", "allowed"), CELLS, ids=[f"{role}-{permission}" for permission, role, _ in CELLS])
def test_the_policy_is_as_agreed(permission: str, role: str, allowed: bool) -> None:
    viewer = Viewer("someone", UserRole(role), "/")
    assert viewer.may(Permission(permission)) is allowed
    if not allowed:
        with pytest.raises(AccessDenied, match="ask an administrator"):
            viewer.require(Permission(permission), "this")


def test_the_agreed_policy_names_every_role_and_permission() -> None:
    assert {role for _, role, _ in CELLS} == {role.value for role in UserRole} == {role.value for role in MATRIX}
    assert {permission for permission, _, _ in CELLS} == {permission.value for permission in Permission}


@pytest.fixture
def house(centre: Store, samples: Any, tmp_path: Path) -> Store:
    """A store with one of everything."""
    audio = tmp_path / "S1.wav"
    with wave.open(str(audio), "wb") as file:
        file.setparams((2, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(4 * 8000 * 6))
    samples.store_call(centre, samples.call("S1"), samples.scorecard("S1"), audio)
    rollups.roll_up(centre, [DAY])
    with centre.begin() as connection:
        scores.keep_rules(connection, CARD)
    made = forecasts.save(centre, OPERATOR, "q1", _values(), first_day=DAY, last_day=DAY, model="naive")
    assert made == 1
    return centre


def _values() -> pl.DataFrame:
    row = {"metric": "volume", "grain": "day", "start": datetime(2026, 11, 8, 16, tzinfo=UTC), "mean": 9.0}
    return pl.DataFrame([{**row, "low80": 8.0, "high80": 10.0, "low95": 7.0, "high95": 11.0}])


def _plan() -> pl.DataFrame:
    row = {"start": datetime(2026, 11, 9, 0, tzinfo=UTC), "net": 3, "gross": 4, "binding": "service_level"}
    return pl.DataFrame([{**row, "service_level": 0.85, "occupancy": 0.7, "abandonment": 0.01, "asa_s": 8.0}])


CARD = load_text("id: t\ntitle: T\nsections: [{id: s, items: [{id: i, points: 1, conditions: {x: {say: 您好}}, expect: x}]}]", "t.yaml")
Function = Callable[[Store, Viewer], object]
TICKET = pl.DataFrame({"id": ["T1"], "queue_id": ["q1"], "type": ["投诉"], "created_at": [datetime(2026, 11, 9, tzinfo=UTC)]})

# Every function that takes a viewer, with the roles it must let in. Whoever is missing must get AccessDenied.
CALL_ROLES = {"agent", "team_lead", "qa", "qa_lead", "manager"}
EXPORT_ROLES = {"qa", "qa_lead", "manager"}
BOARD_ROLES = CALL_ROLES | {"planner"}
FORECAST_ROLES = {"team_lead", "manager", "planner"}
FUNCTIONS: dict[str, tuple[Function, set[str]]] = {
    "calls.page": (lambda s, v: calls.page(s, v), CALL_ROLES),
    "calls.page text": (lambda s, v: calls.page(s, v, text="您好"), CALL_ROLES),
    "calls.open_call": (lambda s, v: calls.open_call(s, v, "S1"), CALL_ROLES),
    "calls.audio_path": (lambda s, v: calls.audio_path(s, v, "S1"), CALL_ROLES),
    "calls.export_call": (lambda s, v: calls.export_call(s, v, "S1"), EXPORT_ROLES),
    "calls.export_audio": (lambda s, v: calls.export_audio(s, v, "S1"), EXPORT_ROLES),
    "calls.export_page": (lambda s, v: calls.export_page(s, v), EXPORT_ROLES),
    "parquet.scan_turns": (lambda s, v: parquet.scan_turns(s, v).collect(), CALL_ROLES),
    "parquet.scan_hits": (lambda s, v: parquet.scan_hits(s, v).collect(), CALL_ROLES),
    "scores.rule_source": (lambda s, v: scores.rule_source(s, v, "h" * 64), CALL_ROLES | {"admin"}),
    "scores.rule_text": (lambda s, v: scores.rule_text(s, v, "h" * 64), CALL_ROLES | {"admin"}),
    "publishing.kept": (lambda s, v: publishing.kept(s, v, CARD.content_hash), CALL_ROLES | {"admin"}),
    "scores.history": (lambda s, v: scores.history(s, v, "S1"), CALL_ROLES),
    "item_reviews.of_call": (lambda s, v: item_reviews.of_call(s, v, "S1", "h" * 64), CALL_ROLES),
    "item_reviews.precision": (lambda s, v: item_reviews.precision(s, v, "t"), CALL_ROLES),
    "item_statistics.last_day": (lambda s, v: item_statistics.last_day(s, v, "t"), CALL_ROLES),
    "item_statistics.state": (lambda s, v: item_statistics.state(s, v), CALL_ROLES),
    "item_statistics.versions": (lambda s, v: item_statistics.versions(s, v, "t"), CALL_ROLES),
    "item_statistics.statistics": (lambda s, v: item_statistics.statistics(s, v, "t"), CALL_ROLES),
    "publishing.publish": (lambda s, v: publishing.publish(s, v, CARD), {"qa_lead"}),
    "weeks.publish_week": (
        lambda s, v: weeks.publish_week(s, replace(v, scope="/"), "2026-W46", today=date(2026, 11, 16)),
        {"qa_lead", "manager"},
    ),
    "rollups.agent_days": (lambda s, v: rollups.agent_days(s, v, DAY, DAY), BOARD_ROLES),
    "series.offered": (lambda s, v: series.offered(s, v, "q1"), FORECAST_ROLES),
    "series.topics": (lambda s, v: series.topics(s, v, "q1"), FORECAST_ROLES),
    "service.half_hours": (lambda s, v: service.half_hours(s, v, DAY, DAY), {"team_lead", "qa_lead", "manager"}),
    "service.has_synthetic": (lambda s, v: service.has_synthetic(s, v, DAY, DAY), BOARD_ROLES),
    "service.last_day": (lambda s, v: service.last_day(s, v), BOARD_ROLES),
    "forecasts.listed": (lambda s, v: forecasts.listed(s, v), FORECAST_ROLES),
    "forecasts.latest": (lambda s, v: forecasts.latest(s, v, "q1"), FORECAST_ROLES),
    "forecasts.values": (lambda s, v: forecasts.values(s, v, 1), FORECAST_ROLES),
    "forecasts.plan": (lambda s, v: forecasts.plan(s, v, 1), FORECAST_ROLES),
    "forecasts.save": (
        lambda s, v: forecasts.save(s, v, "q1", _values(), first_day=DAY, last_day=DAY, model="x"),
        {"planner"},
    ),
    "forecasts.save_plan": (lambda s, v: forecasts.save_plan(s, v, 1, _plan()), {"planner"}),
    "feeds.load": (lambda s, v: feeds.load(s, v, "tickets", TICKET), {"admin"}),
    "feeds.organisation": (lambda s, v: feeds.organisation(s, v), BOARD_ROLES | {"admin"}),
    "feeds.queues": (lambda s, v: feeds.queues(s, v), BOARD_ROLES | {"admin"}),
    "jobs.quarantined": (lambda s, v: jobs.quarantined(s, v), {"admin"}),
    "jobs.runs": (lambda s, v: jobs.runs(s, v), {"admin"}),
    "jobs.drop": (lambda s, v: jobs.drop(s, v, []), {"admin"}),
    "erasure.find": (lambda s, v: erasure.find(s, v, call_id="S1"), {"admin"}),
    "voiceprints.listing": (lambda s, v: voiceprints.listing(s, v), {"admin"}),
    "audit.read": (lambda s, v: audit.read(s, v), {"admin"}),
    "accounts.list_users": (lambda s, v: accounts.list_users(s, v), {"admin"}),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_lets_in_exactly_its_roles(house: Store, samples: Any, name: str) -> None:
    function, allowed = FUNCTIONS[name]
    for role in samples.roles:
        viewer = samples.viewer(role, "/c/1/")
        if role.value in allowed:
            function(house, viewer)
        else:
            with pytest.raises(AccessDenied):
                function(house, viewer)
    function(house, OPERATOR)


def test_no_function_that_takes_a_viewer_is_forgotten() -> None:
    """Every public function of the store with a viewer among its parameters stands in the table above, or is tested elsewhere."""
    import inspect

    elsewhere = {  # test_accounts.py, test_organisation below
        *(f"accounts.{name}" for name in ("add_user", "lock", "unlock", "remove", "set_password", "set_role")),
        "feeds.load_all",
        "item_reviews.judge",  # test_item_reviews.py
        "erasure.erase",  # tests/redaction/test_erasure.py
        *(f"voiceprints.{name}" for name in ("enrol", "forget")),  # tests/speech/test_voiceprints.py
    }
    found = set()
    for module in GUARDED:
        room = module.__name__.rpartition(".")[2]
        for name, function in inspect.getmembers(module, inspect.isfunction):
            public = not name.startswith("_") and name not in ("frame", "require_queue", "queue_clause")
            if public and "viewer" in inspect.signature(function).parameters:
                found.add(f"{room}.{name}")
    found -= {name for name in found if name.endswith((".organisation", ".queues")) and not name.startswith("feeds.")}
    assert found - elsewhere == {name.split(" ")[0] for name in FUNCTIONS}


SCOPES = [
    ("/", {"a1", "a3", "a4"}),
    ("/c/", {"a1", "a3", "a4"}),
    ("/c/1/", {"a1", "a3"}),  # not /c/10/
    ("/c/10/", {"a4"}),
    ("/c/1/t01/", {"a1"}),
    ("/C/1/", set()),  # another unit: case counts
    ("/c/%/", set()),  # no pattern
    ("/c/_/", set()),
]


@pytest.mark.parametrize(("scope", "agents"), SCOPES)
def test_a_scope_holds_its_units_and_nothing_else(centre: Store, samples: Any, scope: str, agents: set[str]) -> None:
    for agent_id in ("a1", "a3", "a4"):
        samples.store_call(centre, samples.call(f"S-{agent_id}", agent_id), samples.scorecard(f"S-{agent_id}"))
    manager = samples.viewer(UserRole.MANAGER, scope)
    assert {row.agent_id for row in calls.page(centre, manager).rows} == agents
    for agent_id in ("a1", "a3", "a4"):
        if agent_id in agents:
            assert calls.open_call(centre, manager, f"S-{agent_id}").row.agent_id == agent_id
        else:
            with pytest.raises(AccessDenied):
                calls.open_call(centre, manager, f"S-{agent_id}")
    paths = {"a1": "/c/1/t01/", "a3": "/c/1/t02/", "a4": "/c/10/t10/"}
    assert {agent_id for agent_id, path in paths.items() if manager.sees_unit(path)} == agents


@pytest.mark.parametrize("scope", ["", "/c/1", "c/1/", "c"])
def test_a_scope_without_its_slashes_is_refused(scope: str) -> None:
    with pytest.raises(ValueError, match="begins and ends"):
        Viewer("someone", UserRole.QA, scope)


def test_an_agent_sees_own_calls_only(centre: Store, samples: Any) -> None:
    for agent_id in ("a1", "a2"):
        samples.store_call(centre, samples.call(f"S-{agent_id}", agent_id), samples.scorecard(f"S-{agent_id}"))
    for agent_id, other in (("a1", "a2"), ("a2", "a1")):
        agent = samples.viewer(UserRole.AGENT, "/c/1/t01/", agent_id)
        assert [row.id for row in calls.page(centre, agent).rows] == [f"S-{agent_id}"]
        assert calls.page(centre, agent, agent=other).total == 0
        with pytest.raises(AccessDenied):
            calls.open_call(centre, agent, f"S-{other}")
    nobody = Viewer("agent without number", UserRole.AGENT, "/", None)
    assert calls.page(centre, nobody).total == 0


def test_a_team_filter_cannot_widen_the_scope(centre: Store, samples: Any) -> None:
    samples.store_call(centre, samples.call("S1", "a4"), samples.scorecard("S1"))
    lead = samples.viewer(UserRole.TEAM_LEAD, "/c/1/t01/")
    assert calls.page(centre, lead, team="/").total == 0
    assert calls.page(centre, lead, team="/c/10/").total == 0
    assert calls.page(centre, lead, text="您好").total == 0


def test_forecasts_follow_the_queue(house: Store, samples: Any) -> None:
    """A team sees the forecast of the queue it answers, not its neighbours'; planning takes the queue inside the scope."""
    lead = samples.viewer(UserRole.TEAM_LEAD, "/c/1/t01/")
    assert forecasts.latest(house, lead, "q1") is not None
    for denied in (
        lambda: forecasts.latest(house, lead, "q10"),
        lambda: forecasts.values(house, samples.viewer(UserRole.MANAGER, "/c/10/"), 1),
        lambda: forecasts.values(house, lead, 99),
        lambda: series.offered(house, lead, "q10"),
        lambda: series.offered(house, lead, "no such queue"),
        lambda: forecasts.save_plan(house, samples.viewer(UserRole.PLANNER, "/c/1/t01/"), 1, _plan()),
    ):
        with pytest.raises(AccessDenied):
            denied()
    assert forecasts.listed(house, samples.viewer(UserRole.MANAGER, "/c/10/")) == []

"""Whoever administers a part of the centre administers that part: quarantine, runs, voiceprints and erasure keep to the scope."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from hotline.errors import AccessDenied, NotFound
from hotline.store import OPERATOR, Store, UserRole, Viewer, jobs, voiceprints
from qa.voiceprints import MODEL, VERSION, Voiceprint

HERE, WHOLE, TOP = (Viewer(f"admin of {scope}", UserRole.ADMIN, scope) for scope in ("/c/10/", "/", "/c/"))
PRINT = Voiceprint(MODEL, VERSION, (0.6, 0.8), 21.0)
CONSENT = voiceprints.Consent("张三", date(2026, 11, 2), "书面同意")


@pytest.fixture
def aside(centre: Store, samples: Any) -> Store:
    """Lines put aside: of a call in each part of the centre, and of a recording of which nothing is known; and a run."""
    for call_id, agent_id in (("S1", "a1"), ("S4", "a4")):
        samples.store_call(centre, samples.call(call_id, agent_id), samples.scorecard(call_id))
    with centre.begin() as connection:
        for job_id, call_id in (("job-one", "S1"), ("job-four", "S4"), ("job-other", "X9"), ("job-none", "")):
            jobs.quarantine(connection, job_id, f"{call_id}-13800004517.wav", "problem", "", call_id=call_id)
        jobs.begin_run(connection, "/in/13800004517", 1)
    return centre


def test_only_lines_of_calls_in_scope_are_seen_and_dropped(aside: Store) -> None:
    assert [row["call_id"] for row in jobs.quarantined(aside, HERE)] == ["S4"]
    for viewer in (WHOLE, TOP, OPERATOR):
        assert {row["call_id"] for row in jobs.quarantined(aside, viewer)} == {"S1", "S4", "X9", ""}
    for other in ("S1", "X9", "job-none"):
        with pytest.raises(NotFound):
            jobs.drop(aside, HERE, [other])
    jobs.drop(aside, HERE, ["S4"])
    assert {row["call_id"] for row in jobs.quarantined(aside, WHOLE)} == {"S1", "X9", ""}


def test_what_a_run_reads_is_told_to_the_whole_centre_only(aside: Store) -> None:
    assert [row["source"] for row in jobs.runs(aside, HERE)] == [""]
    assert [row["source"] for row in jobs.runs(aside, TOP)] == ["/in/13800004517"]


def test_voices_are_kept_listed_and_forgotten_in_scope(centre: Store) -> None:
    voiceprints.enrol(centre, WHOLE, "a1", PRINT, source="call S1", consent=CONSENT)
    with pytest.raises(AccessDenied, match="outside your scope"):
        voiceprints.enrol(centre, HERE, "a1", PRINT, source="call S1", consent=CONSENT)
    with pytest.raises(AccessDenied, match="outside your scope"):
        voiceprints.forget(centre, HERE, "a1")
    voiceprints.enrol(centre, HERE, "a4", PRINT, source="call S4", consent=CONSENT)
    assert [row["id"] for row in voiceprints.listing(centre, HERE)] == ["a4"]
    assert {row["id"] for row in voiceprints.listing(centre, TOP) if row["model"]} == {"a1", "a4"}
    voiceprints.forget(centre, HERE, "a4")
    assert voiceprints.vector_of(centre, "a4") is None and voiceprints.vector_of(centre, "a1") is not None


def test_a_store_without_units_is_nobodys_but_the_whole_centres(store: Store) -> None:
    with store.read() as connection:
        assert WHOLE.sees_all(connection) and not HERE.sees_all(connection)

"""The ledger of ingestion and the audit trail."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from hotline.store import OPERATOR, Store, UserRole, Viewer, accounts, audit, jobs, schema


def test_a_job_is_done_once_its_transaction_is(store: Store) -> None:
    with store.begin() as connection:
        assert not jobs.is_done(connection, "j1")
    with pytest.raises(RuntimeError), store.begin() as connection:
        jobs.done(connection, "j1", "S1", "a.wav")
        raise RuntimeError("killed before the commit")
    for _ in range(2):  # another worker may have been as fast
        with store.begin() as connection:
            jobs.done(connection, "j1", "S1", "a.wav")
    with store.read() as connection:
        assert jobs.is_done(connection, "j1") and not jobs.is_done(connection, "j2")
        (row,) = connection.execute(sa.select(schema.jobs)).all()
    assert (row.call_id, row.source) == ("S1", "a.wav") and row.at.tzinfo is not None


def test_quarantine_names_the_file_the_problem_and_the_mend(store: Store) -> None:
    with store.begin() as connection:
        jobs.quarantine(connection, "j1", "a.wav", "first problem", "")
        jobs.quarantine(connection, "j1", "a.wav", "0 s of audio", "record again")
        jobs.quarantine(connection, "j2", "row 7", "no call id", "add it")
    listed = jobs.quarantined(store, OPERATOR)
    assert [(row["source"], row["problem"], row["mend"]) for row in listed] == [
        ("row 7", "no call id", "add it"),
        ("a.wav", "0 s of audio", "record again"),
    ]
    assert listed[0]["at"].utcoffset() == timedelta(hours=8)


def test_work_that_succeeds_lifts_its_quarantine(store: Store) -> None:
    with store.begin() as connection:
        for job in ("j1", "j2", "j3"):
            jobs.quarantine(connection, job, "a.wav", "problem", "")
        assert not jobs.is_done(connection, "j1")
        jobs.done(connection, "j1", "S1", "a.wav")
        jobs.release(connection, "j2")
        jobs.release(connection, "never set aside")
    assert [row["job_id"] for row in jobs.quarantined(store, OPERATOR)] == ["j3"]


def _record(store: Store, who: str, action: str, at: datetime) -> None:
    with store.begin() as connection:
        audit.record(connection, who, action, "S1", note="您好")
        newest = sa.select(sa.func.max(schema.audit.c.id)).scalar_subquery()
        connection.execute(schema.audit.update().where(schema.audit.c.id == newest).values(at=at))


def test_the_trail_is_read_newest_first_by_filter_and_page(store: Store, samples: Any) -> None:
    for number, who in enumerate(["anna", "bert", "anna", "bert"]):
        _record(store, who, "view_call" if number < 3 else "hear_call", samples.at(date(2026, 11, 9) + timedelta(days=number), "00:30"))
    assert [entry.at.astimezone(UTC).day for entry in audit.read(store, OPERATOR)] == [11, 10, 9, 8]
    assert audit.read(store, OPERATOR)[0].detail == {"note": "您好"}
    assert [entry.action for entry in audit.read(store, OPERATOR, who="bert")] == ["hear_call", "view_call"]
    assert len(audit.read(store, OPERATOR, action="view_call")) == 3 and audit.read(store, OPERATOR, object="S2") == []
    assert len(audit.read(store, OPERATOR, first=date(2026, 11, 10), last=date(2026, 11, 11))) == 2
    assert [entry.who for entry in audit.read(store, OPERATOR, limit=2, offset=1)] == ["anna", "bert"]


def test_an_administrator_of_a_part_reads_its_accounts_lines(centre: Store) -> None:
    for name, scope in (("anna", "/c/1/"), ("bert", "/c/10/")):
        accounts.add_user(centre, OPERATOR, name=name, password="correct horse 8", role=UserRole.QA, scope=scope)
        with centre.begin() as connection:
            audit.record(connection, name, "view_call", "S1")
    part = Viewer("part", UserRole.ADMIN, "/c/1/")
    assert {entry.who for entry in audit.read(centre, part)} == {"anna"}


def test_long_names_do_not_stop_the_record(store: Store) -> None:
    with store.begin() as connection:
        audit.record(connection, "x" * 500, "sign_in_refused", "y" * 500)
    (entry,) = audit.read(store, OPERATOR)
    assert (len(entry.who), len(entry.object)) == (80, 200)

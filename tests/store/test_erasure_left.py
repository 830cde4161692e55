"""What an erasure must not leave behind: paths, hashes of the number, lines put aside; and what it keeps for a second run."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hotline.errors import AccessDenied, BadRecording, NotFound
from hotline.secret import caller_key, secret_key
from hotline.store import OPERATOR, Store, UserRole, Viewer, audit, erasure, jobs, watched
from hotline.store.schema import calls, erasures, ingest_attempts, quarantine, watched_files

NUMBER = "13800004517"
HERE, THERE = (Viewer(f"admin of {scope}", UserRole.ADMIN, scope) for scope in ("/c/1/", "/c/10/"))


@pytest.fixture
def called(centre: Store, samples: Any) -> Store:
    """One recorded call, S1 of a1 in /c/1/, whose recording another system holds."""
    pbx = centre.settings.home.parent / "pbx"
    pbx.mkdir()
    (pbx / f"{NUMBER}.wav").write_bytes(b"S1")
    samples.store_call(centre, samples.call("S1", "a1"), samples.scorecard("S1"), pbx / f"{NUMBER}.wav")
    with centre.begin() as connection:
        connection.execute(calls.update().values(caller_key=_key(centre)))
    return centre


def _key(store: Store) -> str:
    key = caller_key(secret_key(store.settings.home), NUMBER)
    assert key is not None
    return key


def _recording(store: Store) -> Path:
    return store.settings.home.parent / "pbx" / f"{NUMBER}.wav"


def test_the_trail_keeps_nothing_that_a_number_could_be_tried_against(called: Store) -> None:
    erasure.erase(called, OPERATOR, number=NUMBER)
    (line,) = audit.read(called, OPERATOR, action="erase_call")
    with called.read() as connection:
        assert connection.scalar(sa.select(calls.c.caller_key)) == line.detail["caller"]
    assert line.detail["caller"].startswith("erased-") and _key(called) not in str(line.detail)


def test_looking_for_a_caller_stands_in_the_trail(called: Store) -> None:
    erasure.find(called, OPERATOR, number=NUMBER)
    with pytest.raises(NotFound):
        erasure.find(called, OPERATOR, call_id="none")
    assert [(line.object, line.detail["calls"]) for line in audit.read(called, OPERATOR, action="find_to_erase")] == [
        ("none", []),
        ("", ["S1"]),
    ]


@pytest.mark.parametrize("what", [{"call_id": "S1"}, {"number": NUMBER}])
def test_calls_of_other_parts_of_the_centre_are_not_found_and_not_erased(called: Store, samples: Any, what: dict[str, str]) -> None:
    for function in (erasure.find, erasure.erase):
        with pytest.raises(AccessDenied, match="not in your scope"):
            function(called, THERE, **what)
    samples.store_call(called, samples.call("S4", "a4"), samples.scorecard("S4"))
    with called.begin() as connection:
        connection.execute(calls.update().values(caller_key=_key(called)))
    with pytest.raises(AccessDenied, match="not in your scope alone"):
        erasure.erase(called, HERE, number=NUMBER)  # a caller is erased as a whole
    assert erasure.erase(called, HERE, call_id="S1").calls == ("S1",)


@pytest.mark.parametrize("lies", ["where it was found", "in the archive"])
def test_the_watcher_forgets_where_the_recording_lay(called: Store, lies: str) -> None:
    path = str(_recording(called))
    with called.begin() as connection:
        watched.remember(connection, "w" * 64, path, (1, 1), "stored")
        watched.remember(connection, "o" * 64, "/in/other.wav", (1, 1), "stored")
        if lies == "in the archive":
            watched.moved(connection, path, f"/archive/{NUMBER}.wav", 1)
    erasure.erase(called, OPERATOR, call_id="S1")
    with called.read() as connection:
        rows = {row.content_hash[0]: row.path for row in connection.execute(sa.select(watched_files))}
    assert rows == {"w": "", "o": "/in/other.wav"}


def test_a_recording_that_was_watched_alone_is_known_by_its_content(called: Store) -> None:
    content = hashlib.sha256(_recording(called).read_bytes()).hexdigest()
    with called.begin() as connection:
        watched.remember(connection, hashlib.sha256(f"watched\0{content}".encode()).hexdigest(), f"/old/{NUMBER}.wav", (1, 1), "stored")
    erasure.erase(called, OPERATOR, call_id="S1")
    with called.read() as connection:
        assert connection.scalar(sa.select(watched_files.c.path)) == ""


def test_a_call_that_was_only_put_aside_goes_and_stays_out(centre: Store, samples: Any) -> None:
    with centre.begin() as connection:
        jobs.quarantine(connection, "j" * 64, f"{NUMBER}.wav", "bad", "mend", call_id="Q1")
    with pytest.raises(AccessDenied):
        erasure.erase(centre, HERE, call_id="Q1")
    assert erasure.find(centre, OPERATOR, call_id="Q1").calls == ("Q1",)
    assert erasure.erase(centre, OPERATOR, call_id="Q1").finished == ()
    with centre.read() as connection:
        assert connection.scalar(sa.select(quarantine.c.source)) is None
        assert isinstance(erasure.refusal(connection, "m.csv:2: file", "Q1", None), BadRecording)
    with pytest.raises(NotFound):
        erasure.erase(centre, OPERATOR, call_id="Q1")


def test_tries_that_wait_go_too(called: Store) -> None:
    def wait(call_id: str) -> None:
        job_id = hashlib.sha256(f"call\0{call_id}".encode()).hexdigest()
        with called.begin() as connection:
            jobs.failed_attempt(connection, job_id, f"{NUMBER}.wav", 1, "the share did not answer", datetime.now(UTC))

    for call_id in ("S1", "W1", "K1"):
        wait(call_id)
    erasure.erase(called, OPERATOR, call_id="S1")
    erasure.erase(called, OPERATOR, call_id="W1")  # never stored, only tried
    with called.read() as connection:
        kept = connection.scalars(sa.select(ingest_attempts.c.job_id)).all()
    assert kept == [hashlib.sha256(b"call\0K1").hexdigest()]


def test_a_second_run_removes_what_the_first_left_elsewhere(called: Store) -> None:
    assert erasure.erase(called, OPERATOR, call_id="S1").calls == ("S1",)
    assert _recording(called).exists()
    assert erasure.find(called, OPERATOR, call_id="S1").elsewhere == (_recording(called),)
    with pytest.raises(AccessDenied):
        erasure.erase(called, THERE, call_id="S1", elsewhere=True)
    with pytest.raises(NotFound, match="--call ID --audio"):
        erasure.erase(called, OPERATOR, number=NUMBER, elsewhere=True)  # nobody knows any more whose it was
    assert erasure.erase(called, OPERATOR, call_id="S1", elsewhere=True).finished == ("S1",)
    assert not _recording(called).exists()
    with called.read() as connection:
        assert connection.scalar(sa.select(erasures.c.files)) == []
    with pytest.raises(NotFound):
        erasure.erase(called, OPERATOR, call_id="S1", elsewhere=True)


def test_a_second_run_leaves_another_recording_of_the_name_and_waits_for_a_share(called: Store) -> None:
    erasure.erase(called, OPERATOR, call_id="S1")
    folder = _recording(called).parent
    folder.rename(folder.with_name("away"))
    erasure.erase(called, OPERATOR, call_id="S1", elsewhere=True)
    folder.with_name("away").rename(folder)
    assert erasure.find(called, OPERATOR, call_id="S1").elsewhere == (_recording(called),)
    _recording(called).write_bytes(b"another call")
    erasure.erase(called, OPERATOR, call_id="S1", elsewhere=True)
    assert _recording(called).read_bytes() == b"another call"

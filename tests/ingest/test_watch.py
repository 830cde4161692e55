"""A watched folder: what has settled is taken in once, what grows waits, what is bad is put aside and the rest goes on."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hotline.errors import BadInput, MissingPart
from hotline.store import OPERATOR, Store, calls, jobs, schema, watched
from qa import archive
from qa.ingest import ingest
from qa.sidecars import NamePattern
from qa.watch import Watch, watch

HEADER = "call_id,file,started_at,transcript\n"
STARTED = "2026-11-09T09:30:00+08:00"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def _once(store: Store, folder: Path, **how: Any) -> Any:
    return watch(Watch(store, folder, **{"settle_s": 0.2, **how}), once=True)


def _stored(store: Store) -> dict[str, str]:
    with store.read() as connection:
        rows = connection.execute(sa.select(schema.recordings.c.call_id, schema.recordings.c.path))
        return {row.call_id: Path(row.path).name for row in rows}


def test_a_manifest_and_what_lies_beside_recordings(quick_store: Store, folder: Path, record: Any) -> None:
    record(folder / "a" / "one.wav", 5)
    (folder / "a" / "manifest.csv").write_text(f"{HEADER}M1,one.wav,{STARTED},one.json\n", encoding="utf-8")
    record(folder / "two.wav", 6)
    meta = {"call_id": "M2", "started_at": STARTED, "meta.area": "城区", "hold_s": 3, "synthetic": True}
    (folder / "two.meta.json").write_text(json.dumps(meta), encoding="utf-8")
    record(folder / "bare.wav", 7, text=None)
    watcher = Watch(quick_store, folder, settle_s=0.2)
    summary = watch(watcher, once=True)
    assert _stored(quick_store) == {"M1": "one.wav", "M2": "two.wav"}
    assert summary.stored == 2 and summary.quarantined == ()
    assert {path.name for path in watcher.waiting} == {"bare.wav"}
    opened = calls.open_call(quick_store, OPERATOR, "M2")
    assert opened.call.metadata["area"] == "城区" and opened.row.synthetic and opened.row.hold_s == 3
    assert _once(quick_store, folder).stored == 0, "all is known"


def test_growing_files_wait_for_their_end(quick_store: Store, folder: Path, record: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = record(folder.parent / "whole.wav").read_bytes()
    record(folder / "S1.wav")
    (folder / "S1.wav").write_bytes(whole[:10_000])
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    watcher = Watch(quick_store, folder, settle_s=10)
    for size in (10_000, 20_000, len(whole)):
        (folder / "S1.wav").write_bytes(whole[:size])
        assert watcher.look() is None
        assert watcher.waiting == {folder / "S1.wav": "has not settled"}
        clock[0] += 9
        assert watcher.look() is None
    clock[0] += 2
    summary = watcher.look()
    assert summary is not None and summary.stored == 1
    assert not any("truncated" in note for note in summary.notes)
    assert watcher.look() is None


def test_a_copy_is_known_and_other_content_is_not(quick_store: Store, folder: Path, record: Any) -> None:
    record(folder / "S1.wav", 5)
    _once(quick_store, folder)
    for suffix in (".wav", ".json"):
        shutil.copy(folder / f"S1{suffix}", folder / f"again{suffix}")
    summary = _once(quick_store, folder)
    assert (summary.stored, summary.quarantined) == (0, ())
    record(folder / "S1.wav", 8)
    assert "has another recording already" in _once(quick_store, folder).quarantined[0]


def test_bad_files_are_put_aside_once_and_taken_when_mended(quick_store: Store, folder: Path, record: Any) -> None:
    record(folder / "good.wav", 5)
    record(folder / "text.wav", 6)
    broken = folder / "text.wav"
    sound = broken.read_bytes()
    broken.write_text("not a recording", encoding="utf-8")
    record(folder / "meta.wav", 7)
    (folder / "meta.meta.json").write_text("{", encoding="utf-8")
    (folder / "manifest.csv").write_bytes(HEADER.encode() + b"X\xff\xff\xff,\0\n")
    summary = _once(quick_store, folder)
    assert summary.stored == 1
    lines = "\n".join(summary.quarantined)
    assert all(said in lines for said in ("text.wav", "meta.wav: meta.meta.json", "manifest.csv")), lines
    assert all("\n" not in line for line in summary.quarantined)
    again = _once(quick_store, folder)
    assert again.stored == 0 and again.quarantined == (), "put aside once, not at every look"
    broken.write_bytes(sound)
    (folder / "meta.meta.json").write_text("{}", encoding="utf-8")
    assert _once(quick_store, folder).stored == 2
    assert {row["source"] for row in jobs.quarantined(quick_store, OPERATOR)} == {"manifest.csv"}


def test_links_and_escapes_are_refused(quick_store: Store, folder: Path, record: Any) -> None:
    outside = record(folder.parent / "secret.wav")
    (folder / "link.wav").symlink_to(outside)
    (folder / "link.json").symlink_to(outside.with_suffix(".json"))
    (folder / "below").symlink_to(folder.parent)
    (folder / "manifest.csv").write_text(f"{HEADER}M1,../secret.wav,{STARTED},\nM2,link.wav,{STARTED},\n", encoding="utf-8")
    watcher = Watch(quick_store, folder, settle_s=0.1)
    summary = watch(watcher, once=True)
    assert _stored(quick_store) == {}
    assert all("leaves the manifest's folder" in line for line in summary.quarantined) and len(summary.quarantined) == 2
    assert watcher.waiting[folder / "link.wav"].startswith("is a symbolic link")
    with pytest.raises(BadInput, match="inside the watched folder"):
        Watch(quick_store, folder, move_to=folder / "done")
    with pytest.raises(BadInput, match="no such folder"):
        Watch(quick_store, folder / "gone")


def test_a_manifest_is_taken_again_when_a_missing_file_comes(quick_store: Store, folder: Path, record: Any) -> None:
    record(folder / "one.wav", 5)
    (folder / "m.csv").write_text(f"{HEADER}M1,one.wav,{STARTED},one.json\nM2,two.wav,{STARTED},two.json\n", encoding="utf-8")
    assert "'two.wav' does not exist" in _once(quick_store, folder).quarantined[0]
    record(folder / "two.wav", 6)
    summary = _once(quick_store, folder)
    assert (summary.stored, summary.skipped) == (1, 1)
    assert jobs.quarantined(quick_store, OPERATOR) == []


def test_names_tell_agent_and_time(quick_store: Store, folder: Path, record: Any) -> None:
    record(folder / "20261109-093000_C17.wav", text=None)
    record(folder / "nonsense.wav", 6, text=None)
    summary = _once(quick_store, folder, names=NamePattern("{date}-{time}_{call_id}"), lone=True)
    assert any("no transcript" in line for line in summary.quarantined)
    assert any("does not fit the pattern" in line for line in summary.quarantined)
    record(folder / "20261109-093000_C18.wav", 7)
    assert _once(quick_store, folder, names=NamePattern("{date}-{time}_{call_id}")).stored == 1
    assert calls.open_call(quick_store, OPERATOR, "C18").row.started_at.isoformat() == STARTED
    for pattern in ("plain", "{no_field}", "{date}{date}"):
        with pytest.raises(BadInput, match="name pattern"):
            NamePattern(pattern)


def test_stored_recordings_move_and_can_still_be_heard(quick_store: Store, folder: Path, record: Any, tmp_path: Path) -> None:
    record(folder / "deep" / "S1.wav")
    (folder / "bad.wav").write_text("x")
    (folder / "bad.srt").write_text("x")
    _once(quick_store, folder, move_to=tmp_path / "done")
    assert sorted(path.name for path in (tmp_path / "done" / "deep").iterdir()) == ["S1.json", "S1.wav"]
    assert not (folder / "deep" / "S1.wav").exists() and (folder / "bad.wav").exists()
    assert calls.audio_path(quick_store, OPERATOR, "deep-S1") == tmp_path / "done" / "deep" / "S1.wav"


def _meta(recording: Path, call_id: str) -> None:
    said = {"call_id": call_id, "started_at": STARTED}
    recording.with_suffix(".meta.json").write_text(json.dumps(said), encoding="utf-8")


def test_a_name_used_again_overwrites_no_recording(quick_store: Store, folder: Path, record: Any, tmp_path: Path) -> None:
    heard = {}
    for number, call_id in enumerate(("A", "B", "C")):
        recording = record(folder / "rec.wav", 5 + number)
        _meta(recording, call_id)
        heard[call_id] = recording.read_bytes()
        _once(quick_store, folder, move_to=tmp_path / "done")
    assert {call_id: calls.audio_path(quick_store, OPERATOR, call_id).read_bytes() for call_id in heard} == heard
    assert list(folder.iterdir()) == []
    stems = {path.name.partition(".")[0] for path in (tmp_path / "done").iterdir()}
    assert len(stems) == 3 and all(len(list((tmp_path / "done").glob(f"{stem}.*"))) == 3 for stem in stems), "with what lay beside each"


@pytest.mark.parametrize("moment", ["remembered", "copied", "one removed"])
def test_a_move_that_was_killed_is_made_up_for(
    quick_store: Store, folder: Path, record: Any, tmp_path: Path, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def killed(*_: Any, **__: Any) -> None:
        raise Killed

    owner, name = {"remembered": (archive, "places"), "copied": (watched, "moved"), "one removed": (Path, "unlink")}[moment]
    record(folder / "S1.wav")
    with monkeypatch.context() as patched:
        patched.setattr(owner, name, killed)
        with pytest.raises(Killed):
            _once(quick_store, folder, move_to=tmp_path / "done")
    assert (folder / "S1.wav").exists()
    _once(quick_store, folder, move_to=tmp_path / "done")
    assert list(folder.iterdir()) == [] and sorted(path.name for path in (tmp_path / "done").iterdir()) == ["S1.json", "S1.wav"]
    assert calls.audio_path(quick_store, OPERATOR, "S1") == tmp_path / "done" / "S1.wav"


def test_a_full_archive_holds_nothing_else_up(
    quick_store: Store, folder: Path, record: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    record(folder / "S1.wav", 5)
    watcher = Watch(quick_store, folder, settle_s=0.1, move_to=tmp_path / "done")
    with monkeypatch.context() as patched:
        patched.setattr(archive, "copy", full)
        watch(watcher, once=True)
        record(folder / "S2.wav", 6)
        assert watch(watcher, once=True).stored == 1
        assert watcher.waiting[folder / "S1.wav"] == "cannot be moved (No space left on device)"
    watch(watcher, once=True)
    assert list(folder.iterdir()) == []


def test_a_name_that_is_no_utf8_waits_and_the_rest_goes_on(quick_store: Store, folder: Path, record: Any) -> None:
    for path in (record(folder / "rec.wav", 5), folder / "rec.json"):
        path.rename(folder / os.fsdecode("录音".encode("gbk") + path.suffix.encode()))
    record(folder / "good.wav", 6)
    watcher = Watch(quick_store, folder, settle_s=0.1, lone=True)
    assert watch(watcher, once=True).stored == 1
    assert set(watcher.waiting.values()) == {"its name is not in UTF-8: rename it"}
    summary = ingest(quick_store, folder)
    assert len(summary.quarantined) == 1 and "not in UTF-8" in summary.quarantined[0]
    summary.quarantined[0].encode()


def test_a_manifest_leads_through_no_link(quick_store: Store, folder: Path, record: Any) -> None:
    record(folder / "real" / "one.wav", 5, text=None)
    (folder / "link.wav").symlink_to(folder / "real" / "one.wav")
    (folder / "way").symlink_to(folder / "real")
    (folder / "m.csv").write_text(f"{HEADER}M1,link.wav,{STARTED},\nM2,way/one.wav,{STARTED},\n", encoding="utf-8")
    summary = _once(quick_store, folder)
    assert _stored(quick_store) == {} and len(summary.quarantined) == 2
    assert all("behind a symbolic link" in line for line in summary.quarantined)


def test_a_number_in_a_name_is_no_id(quick_store: Store, folder: Path, record: Any) -> None:
    record(folder / "20261109-093000_13800004517.wav", 5)
    record(folder / "138-0000-4518.wav", 6)
    (folder / "138-0000-4518.meta.json").write_text(json.dumps({"caller": "+86 138 0000 4518", "started_at": STARTED}))
    names = NamePattern("{date}-{time}_{caller}")
    assert _once(quick_store, folder, names=names).stored == 1
    assert ingest(quick_store, folder / "138-0000-4518.wav").stored == 1
    with quick_store.read() as connection:
        ids = set(connection.scalars(sa.select(schema.calls.c.id)))
        trail = set(connection.scalars(sa.select(schema.audit.c.object)))
        assert all(connection.scalars(sa.select(schema.calls.c.caller_key)))
    assert len(ids) == 2 and any(one.startswith("20261109093000-") for one in ids)
    assert not any("4517" in one or "4518" in one for one in ids | trail)
    assert ingest(quick_store, folder, names=names).skipped == 1, "the same id again"


def test_half_copied_names_are_not_looked_at(quick_store: Store, folder: Path, record: Any) -> None:
    for name in (".S1.wav", "S2.wav.part", "S3.wav.tmp"):
        shutil.copy(record(folder.parent / "x.wav"), folder / name)
    watcher = Watch(quick_store, folder, settle_s=0.1, lone=True)
    assert watch(watcher, once=True).stored == 0 and watcher.waiting == {}


def test_a_signal_ends_the_watch(tmp_path: Path, quick_store: Store, folder: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "hotline",
        "calls",
        "watch",
        str(folder),
        "--every",
        "0.2",
        "--settle",
        "0.2",
        "--workers",
        "1",
        "--json",
    ]
    environment = os.environ | {"HOTLINE_HOME": str(quick_store.settings.home)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    (folder / "bad.wav").write_text("x")
    (folder / "bad.srt").write_text("x")
    deadline = time.monotonic() + 240
    while not jobs.quarantined(quick_store, OPERATOR) and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    printed, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert len(json.loads(printed)["quarantined"]) == 1


@pytest.mark.parametrize(
    ("once", "table", "column"), [(True, "recordings", "speakers"), (False, "recordings", "speakers"), (True, "calls", "metadata")]
)
def test_a_store_that_lacks_a_column_ends_the_watch_and_puts_nothing_aside(
    quick_store: Store, folder: Path, record: Any, once: bool, table: str, column: str
) -> None:
    for number in range(3):
        record(folder / f"S{number}.wav", 5 + number)
    with quick_store.begin() as connection:
        connection.execute(sa.text(f"alter table {table} drop column {column}"))
    begun = time.monotonic()
    with pytest.raises(MissingPart, match=f"{column}.*hotline doctor"):
        watch(Watch(quick_store, folder, settle_s=0.2), every_s=0.3, once=once, stop=lambda: time.monotonic() - begun > 60)
    with quick_store.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(schema.quarantine)) == 0

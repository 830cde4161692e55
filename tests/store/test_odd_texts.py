"""Texts that a database does not take put their own call aside, on either database, and the run goes on."""

from __future__ import annotations

import json
import wave
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from hotline import settings
from hotline.store import OPERATOR, Store, jobs, open_store, schema
from qa import torch_compat
from qa.ingest import ingest

META = {"started_at": "2026-11-09T09:30:00+08:00"}


@pytest.fixture
def centre(store: Store) -> Store:
    """The store with the settings of an installation."""
    return open_store(replace(settings.load(store.settings.home), database=store.settings.database))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Recordings a, b and c with transcripts; c is good."""
    monkeypatch.setattr(torch_compat, "has_speech_extra", lambda: False)
    (tmp_path / "in").mkdir()
    for number, name in enumerate("abc"):
        tone = (np.sin(np.arange(16_000) / (5 + number)) * 8000).astype("<i2")
        with wave.open(str(tmp_path / "in" / f"{name}.wav"), "wb") as handle:
            handle.setparams((2, 2, 8000, 16_000, "NONE", ""))
            handle.writeframes(np.stack([tone, tone[::-1] // 2], axis=1).tobytes())
        _write(tmp_path / "in", name)
    return tmp_path / "in"


def _write(folder: Path, name: str, engine: str = "test", **meta: str) -> None:
    entries = [{"role": "agent", "start": 0.2, "end": 1.0, "text": "您好"}, {"role": "customer", "start": 1.1, "end": 1.9, "text": "停电"}]
    (folder / f"{name}.json").write_text(json.dumps({"engine": engine, "entries": entries}), encoding="utf-8")
    (folder / f"{name}.meta.json").write_text(json.dumps({"call_id": name, **META, **meta}), encoding="utf-8")


def _stored(store: Store) -> set[str]:
    with store.read() as connection:
        return set(connection.scalars(sa.select(schema.recordings.c.call_id)))


@pytest.mark.parametrize("text", ["\ud800", "a\0b", "\x07"])
def test_a_text_of_the_manifest(centre: Store, folder: Path, text: str) -> None:
    _write(folder, "a", topic=text)
    _write(folder, "b", **{f"meta.{text}": "x"})
    summary = ingest(centre, folder)
    assert _stored(centre) == {"c"}
    assert len(summary.quarantined) == 2 and all("holds control characters or half a character" in line for line in summary.quarantined)
    assert {row["source"] for row in jobs.quarantined(centre, OPERATOR)} == {"a.wav", "b.wav"}
    assert "".join(summary.quarantined).isprintable()


def test_a_text_that_comes_with_the_transcript(centre: Store, folder: Path) -> None:
    """Half a character no database takes; a NUL PostgreSQL does not take."""
    _write(folder, "a", engine="vendor\ud800")
    _write(folder, "b", engine="vendor\0")
    summary = ingest(centre, folder)
    assert _stored(centre) - {"b"} == {"c"}
    assert len(summary.quarantined) + len(_stored(centre)) == 3
    assert ("b.wav: the database does not take it" in str(summary.quarantined)) == (centre.engine.dialect.name == "postgresql")

"""Voiceprints: enough speech, a recorded consent, compared only within a call, gone when forgotten."""

from __future__ import annotations

import json
import shutil
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from hotline import settings
from hotline.cli import app
from hotline.errors import AccessDenied, BadInput, BadRecording, NotFound
from hotline.store import OPERATOR, UserRole, Viewer, audit, open_store
from hotline.store import voiceprints as kept
from hotline.store.schema import agents, org_units
from qa import audio, voiceprints
from qa.calls import Channel, Layout, Role, Span, Turn
from qa.listen import Request, listen
from qa.voiceprints import Voiceprint

pytestmark = pytest.mark.filterwarnings("ignore")
DATA = Path(__file__).resolve().parents[2] / "data"
CONSENT = kept.Consent("张三", date(2026, 11, 20), "书面同意")
PRINT = Voiceprint(voiceprints.MODEL, voiceprints.VERSION, (0.6, 0.8), 21.0)


@pytest.fixture
def store(tmp_path):
    made = open_store(settings.load(tmp_path, {}))
    made.migrate()
    units = [("c", None, "centre", "/c/"), ("s", "c", "sub_centre", "/c/1/"), ("t", "s", "team", "/c/1/t/")]
    with made.begin() as connection:
        connection.execute(
            sa.insert(org_units), [{"id": i, "parent_id": p, "kind": k, "name": i, "name_en": "", "path": path} for i, p, k, path in units]
        )
        connection.execute(sa.insert(agents), [{"id": "a001", "name": "甲", "team_id": "t"}, {"id": "a002", "name": "乙", "team_id": "t"}])
    return made


def test_a_voice_is_kept_with_its_consent_and_forgotten_with_a_trace(store):
    kept.enrol(store, OPERATOR, "a001", PRINT, source="call S001", consent=CONSENT)
    assert kept.vector_of(store, "a001") == (0.6, 0.8)
    row = kept.listing(store, OPERATOR)[0]
    assert (row["id"], row["source"], row["consent_by"], row["consent_on"], row["consent_note"]) == (
        ("a001", "call S001", "张三", date(2026, 11, 20), "书面同意")
    )
    assert "vector" not in row, "no list shows the vector"
    kept.forget(store, OPERATOR, "a001")
    assert kept.vector_of(store, "a001") is None
    trail = {entry.action: entry for entry in audit.read(store, OPERATOR, object="a001")}
    assert trail["forget_voice"].who == "operator" and "张三" in trail["enrol_voice"].detail["consent"]
    assert not any("0.6" in json.dumps(entry.detail) for entry in trail.values())
    with pytest.raises(NotFound, match="none is kept"):
        kept.forget(store, OPERATOR, "a001")


def test_enrolling_again_replaces(store):
    kept.enrol(store, OPERATOR, "a001", PRINT, source="call S001", consent=CONSENT)
    again = Voiceprint(PRINT.model, PRINT.version, (1.0, 0.0), 30.0)
    kept.enrol(store, OPERATOR, "a001", again, source="file a.wav", consent=CONSENT)
    assert kept.vector_of(store, "a001") == (1.0, 0.0)
    assert [row["source"] for row in kept.listing(store, OPERATOR)] == ["file a.wav", None]


def test_what_cannot_be_enrolled_is_refused_in_one_line(store):
    with pytest.raises(BadInput, match="at least 10 s"):
        kept.enrol(store, OPERATOR, "a001", Voiceprint("ge2e", "x", (1.0,), 9.0), source="x", consent=CONSENT)
    with pytest.raises(NotFound, match="not in the organisation"):
        kept.enrol(store, OPERATOR, "a999", PRINT, source="x", consent=CONSENT)
    tomorrow = kept.Consent("张三", date.today() + timedelta(days=2), "书面")
    with pytest.raises(BadInput, match="has not come yet"):
        kept.enrol(store, OPERATOR, "a001", PRINT, source="x", consent=tomorrow)
    for text, problem in (("yes", "who agreed"), ("张三//书面", "who agreed"), ("张三/昨天/书面", "is no day")):
        with pytest.raises(BadInput, match=problem):
            kept.Consent.parse(text)
    assert kept.vector_of(store, "a001") is None


def test_only_those_who_may_enrol_do(store):
    for role in UserRole:
        if role in (UserRole.ADMIN, UserRole.OPERATOR):
            continue
        viewer = Viewer("someone", role, "/", "a001" if role is UserRole.AGENT else None)
        with pytest.raises(AccessDenied):
            kept.enrol(store, viewer, "a001", PRINT, source="x", consent=CONSENT)
        with pytest.raises(AccessDenied):
            kept.forget(store, viewer, "a001")


def test_a_vector_of_other_weights_is_not_used(store):
    kept.enrol(store, OPERATOR, "a001", Voiceprint("ge2e", "another", (1.0, 0.0), 20.0), source="x", consent=CONSENT)
    assert kept.vector_of(store, "a001") is None


vectors = st.lists(st.floats(-1, 1), min_size=3, max_size=3).map(tuple)


@given(vectors, st.dictionaries(st.sampled_from("ABC"), vectors, min_size=2))
def test_the_nearest_voice_is_the_one_with_the_largest_product(voice, voices):
    name, margin = voiceprints.nearest(voice, voices)
    products = {n: float(np.dot(voice, v)) for n, v in voices.items()}
    assert margin >= 0 and products[name] == max(products.values())


def test_turns_of_doubtful_role_and_overlapped_speech_are_not_enrolled(models_ready, phone_call):
    heard = audio.decode(phone_call)
    sure = [
        Turn(0, Role.AGENT, "", Span(10.6, 14.4)),
        Turn(1, Role.AGENT, "", Span(18.7, 21.4)),
        Turn(2, Role.CUSTOMER, "", Span(21.8, 27.8)),
    ]
    doubtful = [Turn(3, Role.AGENT, "", Span(0.0, 30.0), role_confidence=0.7)]
    with pytest.raises(BadRecording, match="S1: 6 s of the agent's speech alone, 10 s are needed"):
        voiceprints.of_turns(heard, [*sure, *doubtful], "S1", models_ready)


def test_a_recording_of_two_is_no_enrolment(models_ready, phone_call):
    with pytest.raises(BadRecording, match="2 voices are heard"):
        voiceprints.of_recording(audio.decode(phone_call), "both.wav", models_ready)


def sample(call_id):
    truth = json.loads((DATA / "truth" / f"{call_id}.json").read_text(encoding="utf-8"))
    return audio.decode(DATA / "calls" / "audio" / f"{call_id}.wav"), truth


def true_turns(truth):
    channels = {"left": Channel.LEFT, "right": Channel.RIGHT}
    agent = channels.get(truth["agent_channel"], Channel.MONO)
    other = {Channel.LEFT: Channel.RIGHT, Channel.RIGHT: Channel.LEFT}.get(agent, Channel.MONO)
    return [
        Turn(i, Role(line["role"]), "", Span(line["start"], line["end"]), channel=agent if line["role"] == "agent" else other)
        for i, line in enumerate(truth["lines"])
    ]


def test_the_agent_is_found_without_a_word_by_the_voice_of_another_call(models_ready):
    """S001 and S013 are of one agent: enrolled from the stereo call, found in the mono one."""
    taken_by = dict(pl.read_csv(DATA / "calls" / "manifest.csv", infer_schema=False).select("call_id", "agent_id").rows())
    assert taken_by["S001"] == taken_by["S013"]
    recording, truth = sample("S001")
    voice = voiceprints.of_turns(recording, true_turns(truth), "S001", models_ready)
    assert voice.seconds >= 30
    heard = listen(DATA / "calls" / "audio" / "S013.wav", Request("S013", engine="none", voiceprint=voice.vector), models_ready)
    assert heard.role_method.startswith("voiceprint") and heard.role_confidence > 0.95
    _, true = sample("S013")
    right = wrong = 0.0
    for line in true["lines"]:
        for turn in heard.call.turns:
            common = (turn.span & Span(line["start"], line["end"])).duration
            right, wrong = (right + common, wrong) if turn.role.value == line["role"] else (right, wrong + common)
    assert right / (right + wrong) >= 0.95


def test_the_command_enrols_lists_and_forgets(models_ready, store, tmp_path, monkeypatch, write_wav):
    """The whole path of the command, with a recording of one voice."""
    recording, truth = sample("S001")
    alone = Channel.LEFT if truth["agent_channel"] == "left" else Channel.RIGHT
    path = write_wav("a001.wav", recording.channel(alone), recording.rate)
    shutil.copy(path, tmp_path / "voice.wav")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOTLINE_HOME", str(store.settings.home))
    monkeypatch.setenv("HOTLINE_MODELS", str(models_ready))
    run = CliRunner().invoke
    made = run(app, ["agents", "enroll", "a001", "--file", "voice.wav", "--consent", "甲/2026-11-20/书面同意"])
    assert made.exit_code == 0, made.output
    listed = json.loads(run(app, ["agents", "list", "--json"]).stdout)
    assert listed[0]["source"] == "file voice.wav" and listed[0]["consent_by"] == "甲" and listed[1]["source"] is None
    assert len(kept.vector_of(store, "a001")) == 256
    assert run(app, ["agents", "forget", "a001"]).exit_code == 0
    assert kept.vector_of(store, "a001") is None
    both = run(app, ["agents", "enroll", "a001", "--consent", "甲/2026-11-20/书面"])
    assert isinstance(both.exception, BadInput) and "--call or --file" in str(both.exception)


def test_layouts_have_their_tracks():
    two = audio.Audio(np.stack([np.ones(160, np.float32), np.zeros(160, np.float32)]), 16_000, "x", Layout.STEREO, 0.01)
    assert voiceprints._track(two, Channel.RIGHT).max() == 0.0 and voiceprints._track(two, Channel.LEFT).min() == 1.0

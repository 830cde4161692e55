"""质检复核: the list, the opened call, what each role may see of them, and that audio never gets a URL."""

from __future__ import annotations

import base64
import io
import json
import wave
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from hotline.store import OPERATOR, audit
from hotline.store.schema import scores
from qa.calls import Call, Channel, Layout, Role, SourceKind, Span, TextSource, Token, Turn

Opener = Callable[..., AppTest]


def component(test: AppTest, key: str) -> dict[str, Any]:
    """The data handed to a component."""
    found = [element for element in test.get("bidi_component") if element.proto.id.endswith(f"-{key}")]
    assert len(found) == 1, key
    return json.loads(found[0].proto.json)


def test_list_shows_calls_and_scores(app: Opener) -> None:
    test = app("qa", "review")
    assert not test.exception
    rows = component(test, "review_list")["rows"]
    assert [row["id"] for row in rows] == ["S003", "S002", "S001"]
    assert rows[2]["cells"][4]["score"]["text"] == "80"
    assert rows[2]["cells"][5]["badges"][0]["text"] == "不合格"


def test_changed_score_shows(app: Opener, house: Any) -> None:
    with house.store.begin() as connection:
        connection.execute(sa.update(scores).where(scores.c.call_id == "S001").values(low=61.5, high=73.0))
    rows = component(app("qa", "review"), "review_list")["rows"]
    assert rows[2]["cells"][4]["score"]["text"] == "61.5–73"


def test_filters_narrow_the_list(app: Opener) -> None:
    test = app("qa", "review")
    test.selectbox(key="review_team").set_value("/c/0/t02/").run()
    assert [row["id"] for row in component(test, "review_list")["rows"]] == ["S003"]
    test.selectbox(key="review_team").set_value(None).run()
    test.toggle(key="review_doubtful").set_value(True).run()
    assert [row["id"] for row in component(test, "review_list")["rows"]] == ["S002"]


def test_pages_come_from_the_database(app: Opener) -> None:
    test = app("qa", "review")
    test.toggle(key="review_recorded").set_value(False).run()
    first = [row["id"] for row in component(test, "review_list")["rows"]]
    test.session_state["review_page"] = 2
    second = [row["id"] for row in component(test.run(), "review_list")["rows"]]
    assert len(first) == len(second) == 20
    assert not set(first) & set(second)


def test_opened_call_hands_audio_and_evidence_to_the_player(app: Opener, house: Any) -> None:
    test = app("qa", "review", call="S001")
    assert not test.exception
    data = component(test, "player_S001")
    assert base64.b64decode(data["audio"])[:4] == b"fLaC"
    [item] = [found for found in data["items"] if found["id"] == "pushing"]
    assert (item["title"], item["kind"], item["lost"]) == ("不推诿", "lost", "−20 分")
    [stop] = item["evidence"]
    assert house.lost_at <= stop["at"] < house.lost_at + 2
    turn = data["turns"][3]
    [mark] = turn["marks"]
    assert turn["text"][mark["from"] : mark["to"]] == "不归我管"
    assert any("外部转写" in badge["text"] for badge in turn["badges"])
    assert any("91%" in badge["text"] for badge in turn["badges"])
    score = component(test, "call_verdict")["cards"][0]
    assert (score["value"], score["badge"]["text"]) == ("80", "不合格")


def test_doubt_is_told_from_loss(app: Opener) -> None:
    data = component(app("qa", "review", call="S002"), "player_S002")
    assert {item["kind"] for item in data["items"]} == {"doubtful"}
    assert any("角色存疑" in badge["text"] for badge in data["turns"][0]["badges"])


def test_opening_a_call_registers_no_media_file(app: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    from streamlit.runtime.media_file_manager import MediaFileManager

    registered: list[object] = []
    for name in ("add", "add_deferred"):
        monkeypatch.setattr(MediaFileManager, name, lambda self, *a, **k: registered.append((a, k)) or "")
    test = app("qa", "review", call="S001")
    assert component(test, "player_S001")["audio"]
    next(button for button in test.button if button.label == "导出这通电话").click().run()
    assert base64.b64decode(component(test, "save_S001.csv")["content"]).startswith(b"\xef\xbb\xbf")
    assert registered == []


def test_visits_and_exports_are_logged_once(app: Opener, house: Any) -> None:
    test = app("qa", "review", call="S001")
    test.run()
    actions = [entry.action for entry in audit.read(house.store, OPERATOR, who="qa", object="S001")]
    assert sorted(actions) == ["hear_call", "view_call"]
    next(button for button in test.button if button.label == "导出这通电话").click().run()
    assert "export_call" in [entry.action for entry in audit.read(house.store, OPERATOR, who="qa", object="S001")]


def test_out_of_scope_is_refused_without_a_word_about_the_call(app: Opener) -> None:
    for who, call in (("agent", "S002"), ("lead", "S003"), ("agent", "no-such-call")):
        test = app(who, "review", call=call)
        assert len(test.error) == 1
        assert not [element for element in test.get("bidi_component") if "player" in element.proto.id]


def test_agent_sees_own_calls_only_and_cannot_export(app: Opener) -> None:
    test = app("agent", "review")
    assert [row["id"] for row in component(test, "review_list")["rows"]] == ["S001"]
    opened = app("agent", "review", call="S001")
    assert component(opened, "player_S001")["audio"]
    assert not [button for button in (*test.button, *opened.button) if "导出" in button.label]


def test_missing_recording_is_said_and_the_words_still_show(app: Opener, house: Any) -> None:
    (house.home / "S001.wav").unlink()
    test = app("qa", "review", call="S001")
    assert not test.exception
    assert component(test, "player_S001")["audio"] == ""
    assert len(component(test, "player_S001")["turns"]) == 6
    assert any("S001" in warning.value for warning in test.warning)


def test_the_recording_leaves_silent_where_personal_data_are_said(app: Opener, house: Any, put: Callable[[Call], None]) -> None:
    source = TextSource(SourceKind.SUPPLIED, "vendor", "1.0")
    token = Token("phone", 0, 11, 11)
    turns = (
        Turn(0, Role.AGENT, "您好。", Span(0.5, 3.5), channel=Channel.LEFT, source=source),
        Turn(1, Role.CUSTOMER, "*" * 11, Span(4.0, 8.0), channel=Channel.RIGHT, source=source, tokens=(token,)),
    )
    put(Call("S011", turns, 60.0, Layout.STEREO, overlap_known=True))
    test = app("qa", "review", call="S011")
    next(button for button in test.button if button.label == "导出录音（已静音）").click().run()
    assert not test.exception
    with wave.open(io.BytesIO(base64.b64decode(component(test, "save_S011.wav")["content"]))) as sound:
        rate, channels = sound.getframerate(), sound.getnchannels()
        samples = np.frombuffer(sound.readframes(sound.getnframes()), "<i2").reshape(-1, channels)
    assert not samples[5 * rate : 7 * rate].any()
    assert samples[rate : 3 * rate].any()
    assert [line.object for line in audit.read(house.store, OPERATOR, who="qa", action="export_audio")] == ["S011"]

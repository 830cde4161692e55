"""声纹 on the screen of ingestion: who is kept with whose consent, forgetting, and enrolling from a call without hearing it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from hotline import locale
from hotline.store import OPERATOR, audit, voiceprints
from hotline.store.voiceprints import Consent
from qa.voiceprints import MODEL, VERSION, Voiceprint

Opener = Callable[..., AppTest]
CONSENT = Consent("王芳", date(2026, 11, 9), "书面同意")


def keep(house: Any, agent: str = "a001", version: str = VERSION) -> None:
    voice = Voiceprint(MODEL, version, (1.0, *([0.0] * 255)), 42.0)
    voiceprints.enrol(house.store, OPERATOR, agent, voice, source="call S001", consent=CONSENT)


@pytest.fixture(autouse=True)
def chinese() -> Iterator[None]:
    yield
    locale.use("zh")


def voices(app: Opener, language: str = "zh") -> AppTest:
    locale.use(language)  # AppTest finds a button of a group by its words
    test = app("admin", "ingestion", language)
    test = test.main.button_group(key="ingestion_part").set_value("voices").run()
    assert not test.exception
    return test


def kept(house: Any) -> list[str]:
    return [row["id"] for row in voiceprints.listing(house.store, OPERATOR) if row["enrolled_at"] is not None]


def fill(test: AppTest, **values: str) -> AppTest:
    for name, value in values.items():
        test.text_input(key=f"voices_{name}").set_value(value)
    return next(button for button in test.button if button.label == "录入").click().run()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_each_voice_stands_with_its_consent_and_without_its_numbers(app: Opener, house: Any, language: str) -> None:
    keep(house)
    keep(house, "a004", "made by weights of another day")
    test = voices(app, language)
    words = " ".join(markdown.value.replace("\\", "") for markdown in (*test.markdown, *test.caption))
    assert "王芳，2026-11-09，书面同意" in words if language == "zh" else "王芳, 2026-11-09, 书面同意" in words
    assert words.count({"zh": "由旧模型生成", "en": "made by an earlier model"}[language]) == 1
    assert "0.0" not in words


def test_a_visit_is_one_line_of_the_audit_trail(app: Opener, house: Any) -> None:
    voices(app).run().run()
    assert len(audit.read(house.store, OPERATOR, who="admin", action="list_voices")) == 1


def test_forgetting_asks_first_and_is_for_good(app: Opener, house: Any) -> None:
    keep(house)
    test = voices(app)
    test.button(key="forget_a001").click().run()
    assert not test.exception
    assert kept(house) == []
    assert any("已删除" in success.value for success in test.success)
    assert [line.object for line in audit.read(house.store, OPERATOR, who="admin", action="forget_voice")] == ["a001"]


def test_without_the_model_it_says_how_to_get_it(app: Opener, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_MODELS", str(tmp_path / "none"))
    test = voices(app)
    assert any("hotline models pull ge2e" in info.value for info in test.info)
    assert not test.text_input


def test_enrolling_wants_the_consent_and_a_call_of_that_agent(app: Opener, house: Any, models_ready: Any) -> None:
    test = fill(voices(app), call="S001")
    assert any("同意人、同意方式" in warning.value for warning in test.warning)
    for wrong in ("S003", "no-such-call"):  # of another agent, and of nobody: both look the same
        test = fill(test, call=wrong, by="王芳", note="书面同意")
        assert f"通话 {wrong}：不是 a001 的有录音的通话" in test.error[0].value.replace("\\", "")
    assert kept(house) == []
    test = fill(test, call="S001", by="王芳", note="书面同意")
    assert not test.exception
    assert not test.error
    assert kept(house) == ["a001"]
    [line] = audit.read(house.store, OPERATOR, who="admin", action="enrol_voice")
    assert line.detail["source"] == "call S001"
    assert "书面同意" in line.detail["consent"]

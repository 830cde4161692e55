"""What deeper listening shows on an opened call: small model, masked values, unsure words, sounds, overlap, and the voice chart."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from hotline import locale
from hotline.ui import player, turns, voice
from qa import redaction
from qa import voice as measuring
from qa.calls import Call, Channel, Layout, Role, Sound, SoundKind, SourceKind, Span, TextSource, Token, Turn, Voice, Word
from qa.transcription import small

Opener = Callable[..., AppTest]
A, C = Role.AGENT, Role.CUSTOMER
MODEL = TextSource(SourceKind.ENGINE, "hotline-zh-small", "1")
VENDOR = TextSource(SourceKind.SUPPLIED, "vendor", "1.0")
_LINES = (
    # role, text, start, end, loudness dBFS, pitch Hz, pitch range semitones, syllables a second
    (A, "您好，这里是示例能源服务中心。", 8.0, 11.0, -24.0, 205.0, 5.0, 4.4),
    (C, "我家停电了，我的电话是13800001234。", 11.5, 16.0, -26.0, 140.0, 4.0, 4.1),
    (A, "好的，电话是13800001234对吧，身份证号码说一下。", 16.5, 21.0, -24.5, 208.0, 4.8, 4.5),
    (C, "110101199003074516。", 21.5, 26.0, -25.5, 138.0, 4.2, 4.0),
    (A, "我查一下，请稍等。", 26.5, 29.0, -24.0, 202.0, 5.1, 4.3),
    (C, "好的，快一点，我等着呢。", 40.5, 43.0, -25.0, 142.0, 4.1, 4.2),
    (A, "这个不归我管，您打别的电话吧。", 43.5, 47.0, -23.5, 210.0, 5.2, 4.6),
    (C, "什么叫不归你管，我打了三次了，你们到底管不管！", 46.4, 52.0, -12.0, 228.0, 12.5, 7.2),
    (C, "那好吧，尾号1234的这个电话给我回一下。", 52.5, 56.0, -25.5, 141.0, 4.0, 4.1),
    (A, "好的，感谢来电，再见。", 56.5, 59.0, -24.2, 206.0, 5.0, 4.4),
)


def spoken(call_id: str = "S009") -> Call:
    """A call as our own small model hears it: masked values, unsure words, sounds, overlap, a caller who grows loud."""
    turns = []
    for n, (role, text, start, end, loudness, pitch, pitch_range, rate) in enumerate(_LINES):
        step = (end - start) / len(text)
        words = tuple(
            Word(letter, at, Span(start + at * step, start + (at + 1) * step), 0.35 if letter in "查快" else 0.93)
            for at, letter in enumerate(text)
        )
        turns.append(
            Turn(
                *(n, role, text, Span(start, end)),
                role_confidence=0.55 if n == 8 else 1.0,
                confidence=0.88,
                channel=Channel.LEFT if role is A else Channel.RIGHT,
                speaker="left" if role is A else "right",
                source=VENDOR if n == 9 else MODEL,
                words=words,
                loudness=loudness,
                voice=Voice(pitch, pitch_range, rate, events=("laughter",) if n == 9 else ()),
            )
        )
    masked = redaction.redact(turns, redaction.call_key(b"a secret of these tests", call_id))
    return Call(
        call_id,
        measuring.labelled(masked),
        60.0,
        Layout.STEREO,
        overlaps=(Span(46.4, 47.0),),
        overlap_known=True,
        sounds=(Sound(SoundKind.RING, Span(0.5, 3.0)), Sound(SoundKind.IVR, Span(3.2, 7.6)), Sound(SoundKind.MUSIC, Span(29.5, 40.0))),
    )


def unvoiced(call: Call) -> Call:
    """The same call as an earlier version stored it: without voice, tokens and sounds."""
    return replace(call, turns=tuple(replace(t, voice=None, loudness=None, tokens=()) for t in call.turns), sounds=())


CALL = spoken()


@pytest.fixture(autouse=True)
def chinese() -> Iterator[None]:
    locale.use("zh")
    yield
    locale.use("zh")


def component(test: AppTest, key: str) -> dict[str, Any]:
    found = [element for element in test.get("bidi_component") if element.proto.id.endswith(f"-{key}")]
    assert len(found) == 1, key
    return json.loads(found[0].proto.json)


def shown() -> list[dict[str, Any]]:
    return player.payload(CALL, (), {}, b"")["turns"]


def test_the_mark_is_for_the_model_of_that_name() -> None:
    assert turns.SMALL_MODEL == small.NAME == MODEL.name
    assert turns.is_small_model(MODEL)
    assert not turns.is_small_model(VENDOR)
    assert not turns.is_small_model(None)


def test_each_turn_says_whose_words_they_are() -> None:
    badges = [turn["badges"][0] for turn in shown()]
    assert {badge["text"] for badge in badges[:9]} == {"自研小模型"}
    assert all("只听过合成语音" in badge["title"] for badge in badges[:9])
    assert badges[9]["text"].startswith("外部转写 · vendor")


def test_masked_values_become_chips_that_hold_no_digit_of_them() -> None:
    found = shown()
    [caller], [agent], [card] = (found[n]["tokens"] for n in (1, 2, 3))
    assert caller["label"] == agent["label"] == "电话号码·11位 ①"
    assert card["label"] == "身份证号·18位·校验不符"
    assert card["kind"] == "bad"
    assert "同一个值" in caller["title"]
    assert found[1]["text"][caller["from"] : caller["to"]] == "*" * 11
    assert "13800001234" not in json.dumps(found, ensure_ascii=False)


def test_the_end_of_a_number_goes_with_the_one_number_that_ends_so() -> None:
    assert shown()[8]["tokens"][0]["label"].endswith("①")


def test_numbers_are_given_to_values_mentioned_twice_only() -> None:
    def said(index: int, *tokens: Token) -> Turn:
        return Turn(index, Role.AGENT, "*" * 40, tokens=tokens)

    one, two = Token("phone", 0, 11, 11, None, "aa", "a4"), Token("phone", 12, 23, 11, None, "bb", "b4")
    pieces = (Token("bank_card", 0, 8, 16, True, "cc", "c4", 1), Token("bank_card", 9, 17, 16, True, "cc", "c4", 2))
    call = replace(CALL, turns=(said(0, one, two), said(1, *pieces), said(2, replace(one, kind="number"))))
    assert turns.agreeing(call) == {(0, 0): "①", (2, 0): "①"}
    again = replace(CALL, turns=(*call.turns, said(3, pieces[0]), said(4, pieces[1])))
    assert turns.agreeing(again) == {(0, 0): "①", (2, 0): "①", (1, 0): "②", (1, 1): "②", (3, 0): "②", (4, 0): "②"}
    tail = Token("number", 0, 4, 4, None, "", "a4")
    two_fit = replace(CALL, turns=(said(0, one, replace(two, last_four="a4")), said(1, tail), said(2, tail)))
    assert turns.agreeing(two_fit) == {}
    assert turns.agreeing(replace(CALL, turns=(said(0, tail), said(1, tail)))) == {(0, 0): "①", (1, 0): "①"}


def test_unsure_words_and_roles_are_marked() -> None:
    found = shown()
    assert [(found[4]["text"][w["from"] : w["to"]], w["title"]) for w in found[4]["shaky"]] == [("查", "置信 35%")]
    assert [turn["index"] for turn in found if turn["unsure"]] == [8]
    assert found[8]["role"] == "客户?"
    assert any("角色存疑 55%" in badge["text"] for badge in found[8]["badges"])


def test_strip_shows_what_is_not_conversation_and_who_spoke_at_once() -> None:
    data = player.payload(CALL, (), {}, b"")
    assert [sound["label"] for sound in data["sounds"]] == ["振铃", "语音导航", "音乐"]
    assert data["overlaps"] == [{"start": 46.4, "end": 47.0}]
    assert "同时说话 1 处 0.6 秒" in [entry["text"] for entry in data["legend"]]
    mono = replace(CALL, layout=Layout.MONO, overlaps=(), overlap_known=False)
    assert any("单声道" in entry["text"] for entry in player.legend(mono))


def test_the_player_draws_anew_exactly_when_something_changed() -> None:
    first = player.payload(CALL, (), {}, b"")["revision"]
    assert player.payload(CALL, (), {}, b"")["revision"] == first
    mended = replace(CALL, turns=(replace(CALL.turns[0], text="喂。"), *CALL.turns[1:]))
    assert player.payload(mended, (), {}, b"")["revision"] != first


def test_voice_chart_names_the_change_and_the_sentence_before_it() -> None:
    data = voice.payload(CALL)
    first = data["changes"][0]
    assert (first["at"], first["who"], first["words"], first["kind"]) == (46.4, "客户", "平静 → 激动", "heated")
    assert first["before"] == "此前 座席：这个不归我管，您打别的电话吧。"
    rows = {row["name"]: row for row in data["rows"]}
    assert list(rows) == ["arousal", "loudness", "pitch", "rate"]
    for row in rows.values():
        assert len(row["points"]) == 10
        assert all(row["low"] < point["from"] <= point["value"] <= point["to"] < row["high"] for point in row["points"])
    loud = max(rows["loudness"]["points"], key=lambda point: point["value"])
    assert (loud["start"], loud["side"], loud["value"]) == (46.4, "customer", -12.0)


def test_small_differences_do_not_fill_the_chart() -> None:
    even = replace(CALL, turns=tuple(replace(turn, loudness=-20.0 - turn.index / 10) for turn in CALL.turns))
    [row] = [row for row in voice.payload(even)["rows"] if row["name"] == "loudness"]
    assert row["high"] - row["low"] >= 12.0


@pytest.mark.parametrize("language", ["zh", "en"])
def test_opened_call_shows_it_all(app: Opener, put: Callable[[Call], None], language: str) -> None:
    put(CALL)
    test = app("agent", "review", language, call="S009")
    assert not test.exception
    assert not test.error
    warned = {"zh": "自研小模型：只听过合成语音，仅供参考", "en": "Small model: knows only synthetic speech"}[language]
    assert any(warned in warning.value for warning in test.warning)
    assert component(test, "player_S009")["mend"] == ""  # an agent corrects nothing
    assert component(test, "voice_S009")["changes"]
    assert not [toggle for toggle in test.toggle if toggle.label in ("更正文字与角色", "Correct words and roles")]


def test_a_call_without_voice_says_so(app: Opener, put: Callable[[Call], None]) -> None:
    put(unvoiced(CALL))
    test = app("qa", "review", call="S009")
    assert not test.exception
    assert not [element for element in test.get("bidi_component") if "-voice_" in element.proto.id]
    assert any("没有声音特征" in caption.value for caption in test.caption)

"""In a real browser: correct a turn and see the score change; click a change of mood and the audio goes there."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

from hotline.store import OPERATOR, calls
from qa.calls import Call, Channel, Layout, Role, Sound, SoundKind, SourceKind, Span, TextSource, Token, Turn, Voice

PASSWORD = "correct horse battery"


def test_a_corrected_turn_is_judged_again_before_the_readers_eyes(
    server: str, house: Any, open_page: Callable[..., Page], sign_in: Callable[..., None]
) -> None:
    page = open_page(f"{server}/review?call=S001", "en")
    sign_in(page, "qa", PASSWORD)
    page.locator(".turn").first.wait_for()
    assert page.locator(".item[data-item=pushing]").count() == 1
    pencil = page.locator(".turns li").nth(3).locator(".mend")
    pencil.focus()
    page.keyboard.press("Enter")  # the keyboard is enough
    words = page.locator("textarea")
    words.wait_for()
    assert words.input_value() == "这个不归我管，您打别的电话吧。"
    words.fill("这个我来处理，您放心。")
    page.get_by_test_id("stFormSubmitButton").get_by_role("button").click()
    page.get_by_text("80 → 100").wait_for()
    page.locator(".turn", has_text="这个我来处理").wait_for()
    assert page.locator(".item[data-item=pushing]").count() == 0
    assert page.locator("audio").evaluate("a => a.currentTime") < 1
    assert calls.open_call(house.store, OPERATOR, "S001").row.low == 100


def test_a_change_of_mood_moves_the_audio_and_masked_values_are_chips(
    server: str, put: Callable[[Call], None], open_page: Callable[..., Page], sign_in: Callable[..., None]
) -> None:
    source = TextSource(SourceKind.ENGINE, "hotline-zh-small", "1")
    phone = Token("phone", 4, 15, 11, None, "aa", "a4")
    turns = (
        Turn(0, Role.AGENT, "您好，这个不归我管。", Span(5, 9), source=source, loudness=-24.0, voice=Voice(200.0, 5.0, 4.0, "calm")),
        Turn(1, Role.CUSTOMER, "电话是：***********！", Span(9.5, 14), source=source, loudness=-11.0, tokens=(phone,)),
        Turn(
            2, Role.CUSTOMER, "太不像话了！", Span(15, 19), channel=Channel.RIGHT, source=source, voice=Voice(300.0, 9.0, 7.0, "angry", 0.8)
        ),
        Turn(3, Role.AGENT, "***********对吧，再见。", Span(20, 24), source=source, tokens=(Token("phone", 0, 11, 11, None, "aa", "a4"),)),
    )
    put(Call("S010", turns, 60.0, Layout.STEREO, overlap_known=True, sounds=(Sound(SoundKind.MUSIC, Span(30, 50)),)))
    page = open_page(f"{server}/review?call=S010")
    sign_in(page, "agent", PASSWORD)
    page.locator(".change").wait_for()
    assert page.locator(".chip").all_inner_texts() == ["电话号码·11位 ①"] * 2
    assert "*" not in page.locator(".turns").inner_text()
    assert page.locator(".badge", has_text="自研小模型").count() == 4
    assert page.locator(".lanes .sound.music").count() == 1
    assert page.locator(".mend").count() == 0
    change = page.locator(".change")
    assert "平静 → 生气" in change.inner_text()
    assert "不归我管" in change.inner_text() or "电话是" in change.inner_text()
    change.click()
    audio, until = page.locator("audio"), time.monotonic() + 60
    while not 15 <= audio.evaluate("a => a.currentTime") < 55:
        assert time.monotonic() < until
        page.wait_for_timeout(100)
    page.keyboard.press(" ")  # after a click the space bar is the player's
    assert audio.evaluate("a => a.paused")

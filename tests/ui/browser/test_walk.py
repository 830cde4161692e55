"""The walk of a QA person through a real browser, and what somebody who is not signed in can reach."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page

from hotline.store import schema

PASSWORD = "correct horse battery"
PATIENCE_MS = 120_000


def _moment(page: Page) -> float:
    return float(page.locator("audio").evaluate("a => a.currentTime"))


def _audio_moved_to(page: Page, low: float, high: float) -> None:
    """Wait until the audio stands, or plays, between two seconds."""
    until = time.monotonic() + 60
    while not low <= _moment(page) < high:
        assert time.monotonic() < until, f"the audio stands at {_moment(page)} s, not in {low}–{high} s"
        page.wait_for_timeout(50)


def test_sign_in_open_a_lost_point_and_the_audio_moves(
    server: str, house: Any, open_page: Callable[..., Page], sign_in: Callable[..., None]
) -> None:
    requests: list[str] = []
    page = open_page(server)
    page.on("request", lambda request: requests.append(request.url))
    page.reload()
    sign_in(page, "qa", PASSWORD)
    page.get_by_test_id("stSidebarNavLink").nth(1).click()
    page.locator("tr[data-row=S001]").click()
    page.locator(".turn").first.wait_for()
    assert page.locator(".turn").count() == 6
    assert "<img src=x" in page.locator(".turn").nth(1).inner_text()  # what a caller said is text, never markup
    assert page.title() != "broken"
    assert _moment(page) == 0

    page.locator(".item[data-item=pushing] .head").click()
    _audio_moved_to(page, house.lost_at, house.lost_at + 4)
    assert page.locator("mark.focus").inner_text() == "不归我管"
    assert "current" in (page.locator(".turn").nth(3).get_attribute("class") or "")

    page.keyboard.press(" ")  # pause
    stood = _moment(page)
    page.locator(".turn").nth(4).click()
    _audio_moved_to(page, 16.0, 19.0)
    assert _moment(page) > stood
    page.keyboard.press(" ")
    page.keyboard.press("k")  # the only piece of evidence, again
    _audio_moved_to(page, house.lost_at, house.lost_at + 4)

    assert not [url for url in requests if url.startswith(f"{server}/media")]
    assert [url for url in requests if not url.startswith((server, "blob:", "data:"))] == []  # nothing is fetched from elsewhere


def test_reload_keeps_the_sign_in_and_signing_out_ends_it_everywhere(
    server: str, open_page: Callable[..., Page], sign_in: Callable[..., None], settle: Callable[..., None]
) -> None:
    page = open_page(server)
    sign_in(page, "agent", PASSWORD)
    settle(page)
    cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
    assert cookies["hotline_session"]["sameSite"] == "Strict"
    page.reload()
    page.get_by_test_id("stSidebarNav").wait_for()
    page.get_by_test_id("stSidebar").get_by_test_id("stButton").get_by_role("button").click()
    page.locator("input[type=password]").wait_for()
    settle(page)
    assert "hotline_session" not in {cookie["name"] for cookie in page.context.cookies()}
    page.context.add_cookies(
        [{"name": "hotline_session", "value": cookies["hotline_session"]["value"], "url": server}]
    )  # a thief who kept it
    page.reload()
    page.locator("input[type=password]").wait_for()


def test_address_of_a_call_shows_the_sign_in_first(server: str, open_page: Callable[..., Page], sign_in: Callable[..., None]) -> None:
    page = open_page(f"{server}/review?call=S001")
    page.locator("input[type=password]").wait_for()
    assert page.locator(".player").count() == 0
    sign_in(page, "agent", PASSWORD)
    page.locator(".turn").first.wait_for()
    assert page.locator(".turn").count() == 6


def test_a_topic_that_names_a_picture_fetches_nothing(
    server: str, house: Any, open_page: Callable[..., Page], sign_in: Callable[..., None], settle: Callable[[Page], None]
) -> None:
    topic = f"![]({server}/picture.png) :red[x] :material/home: :smile: {server}/linked"
    with house.store.begin() as connection:
        connection.execute(sa.update(schema.calls).where(schema.calls.c.id == "S001").values(topic=topic))
    requests: list[str] = []
    page = open_page(f"{server}/review?call=S001")
    page.on("request", lambda request: requests.append(request.url))
    sign_in(page, "qa", PASSWORD)
    page.locator(".turn").first.wait_for()
    settle(page)
    assert topic in page.get_by_test_id("stMain").inner_text().replace("\u2060", "")
    assert page.locator(f"a[href^='{server}/linked']").count() == 0
    assert requests and not [url for url in requests if "picture.png" in url]


@pytest.mark.parametrize(
    "path", ["media/S001.wav", "media/S001.flac", "app/static/S001.wav", "static/../S001.wav", "S001.wav", "_stcore/message?hash=S001"]
)
def test_signed_out_nobody_gets_audio(server: str, house: Any, path: str) -> None:
    """Nothing the app serves without signing in is a recording, or holds one."""
    recording = (house.home / "S001.wav").read_bytes()
    try:
        with urllib.request.urlopen(f"{server}/{path}", timeout=30) as answer:
            body, kind = answer.read(), answer.headers.get_content_type()
        assert kind == "text/html"  # the page itself, which then asks who is there
    except urllib.error.HTTPError as refused:
        body = refused.read()
        assert refused.code in (400, 403, 404)
    assert recording[1000:1400] not in body
    assert not body.startswith((b"RIFF", b"fLaC", b"OggS"))


def test_a_waiting_call_opens_from_the_overview_and_is_saved_without_an_address(
    server: str, open_page: Callable[..., Page], sign_in: Callable[..., None]
) -> None:
    page = open_page(server, "en")
    sign_in(page, "qa", PASSWORD)
    page.locator("tr[data-row=S002]").click()
    page.locator(".turn").first.wait_for()
    assert "call=S002" in page.url
    with page.expect_download(timeout=PATIENCE_MS) as saving:
        page.get_by_role("button", name="Export this call").click()
    assert saving.value.suggested_filename == "S002.csv"
    assert saving.value.url.startswith("blob:")
    assert "您好，这里是示例能源服务中心" in Path(saving.value.path()).read_text(encoding="utf-8-sig")
    page.get_by_role("button", name="Back to the list").click()
    page.locator("tr[data-row=S001]").wait_for()

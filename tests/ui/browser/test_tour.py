"""Every screen in a real browser, in both languages: no error shown, nothing cut off, no page error.

``HOTLINE_SCREENSHOTS=folder`` keeps the pictures, ``HOTLINE_SCREENSHOTS_HOME=hotline-home`` takes them of another
installation (``make demo`` makes one), ``HOTLINE_SCREENSHOTS_SCHEME=dark`` in the dark theme.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from hotline import settings
from hotline.store import OPERATOR, UserRole, accounts, calls, open_store

HAN = re.compile(r"[\u3400-\u9fff]")
SCREENS = ("", "review", "board", "planning", "rules", "reports")
SCHEME = os.environ.get("HOTLINE_SCREENSHOTS_SCHEME", "light")


@pytest.fixture
def visitor(house: Any, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[tuple[Path, str, str, str]]:
    """Home, account, password and a call to open; the account (a manager's by default) is made for the tour and removed again."""
    if other := os.environ.get("HOTLINE_SCREENSHOTS_HOME"):
        monkeypatch.delenv("HOTLINE_RULES")
        monkeypatch.setenv("HOTLINE_HOME", str(Path(other).absolute()))
    current = settings.load()
    store = open_store(current)
    name, password = f"tour-{secrets.token_hex(3)}", accounts.random_password()
    accounts.add_user(store, OPERATOR, name=name, password=password, role=getattr(request, "param", UserRole.MANAGER), scope="/")
    call = calls.page(store, OPERATOR, recorded_only=True, order="lowest", limit=1).rows[0].id
    yield current.home, name, password, call
    accounts.remove(store, OPERATOR, name)


@pytest.fixture
def tour_server(visitor: tuple[Path, str, str, str], request: pytest.FixtureRequest) -> Iterator[str]:
    yield from request.getfixturevalue("serving")(visitor[0])


@pytest.fixture
def camera(settle: Callable[[Page], None], tmp_path: Path) -> Callable[[Page, str, str], None]:
    """Looks at a page: no error is shown and no heading is in another language; keeps a picture of it."""
    out = Path(os.environ.get("HOTLINE_SCREENSHOTS") or tmp_path / "screens")
    out.mkdir(parents=True, exist_ok=True)

    def look(page: Page, language: str, what: str) -> None:
        suffix = f".{language}" + (".dark" if SCHEME == "dark" else "")
        settle(page)
        assert page.get_by_test_id("stException").count() == 0
        assert page.get_by_test_id("stAlertContentError").all_inner_texts() == []
        height = page.get_by_test_id("stMain").evaluate("m => m.scrollHeight")
        page.set_viewport_size({"width": 1440, "height": max(900, min(int(height), 3000))})
        settle(page)
        page.screenshot(path=str(out / f"{what}{suffix}.png"))
        page.set_viewport_size({"width": 1440, "height": 900})
        assert (out / f"{what}{suffix}.png").stat().st_size > 10_000
        headings = page.locator("h1").all_inner_texts()
        assert language == "zh" or not [heading for heading in headings if HAN.search(heading)]

    return look


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_screen(
    language: str,
    visitor: tuple[Path, str, str, str],
    tour_server: str,
    open_page: Callable[..., Page],
    sign_in: Callable[..., None],
    settle: Callable[[Page], None],
    camera: Callable[[Page, str, str], None],
) -> None:
    _, name, password, call = visitor
    page = open_page(tour_server, language, SCHEME)
    look = partial(camera, page, language)
    page.locator("input[type=password]").wait_for()
    look("sign_in")
    sign_in(page, name, password)
    for screen in SCREENS:
        page.goto(f"{tour_server}/{screen}")
        page.locator("h1").first.wait_for()
        look(screen or "overview")
    page.goto(f"{tour_server}/review?call={call}")
    page.locator(".turn").first.wait_for()
    if page.locator(".item .head").count():
        page.locator(".item .head").first.click()
        page.keyboard.press(" ")
    look("call")
    parts = page.locator("[data-testid=stMain] [data-testid=stButtonGroup] button")
    page.goto(f"{tour_server}/planning")
    for place, part in ((1, "planning_day"), (2, "planning_what_if")):
        parts.nth(place).click()
        look(part)
    page.goto(f"{tour_server}/rules")
    for place, part in ((1, "rules_item"), (2, "rules_versions")):
        parts.nth(place).click()
        look(part)
    parts.nth(3).click()
    settle(page)
    page.locator("[data-testid=stMain] [data-testid=stButton] button").first.click()
    look("rules_try")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("visitor", [UserRole.ADMIN], indirect=True)
def test_screens_of_an_administrator(
    language: str,
    visitor: tuple[Path, str, str, str],
    tour_server: str,
    open_page: Callable[..., Page],
    sign_in: Callable[..., None],
    camera: Callable[[Page, str, str], None],
) -> None:
    page = open_page(tour_server, language, SCHEME)
    sign_in(page, *visitor[1:3])
    page.goto(f"{tour_server}/ingestion")
    parts = page.locator("[data-testid=stMain] [data-testid=stButtonGroup] button")
    for place, part in enumerate(("runs", "quarantine", "voices")):
        parts.nth(place).wait_for()
        if place:
            parts.nth(place).click()
        camera(page, language, f"ingestion_{part}")

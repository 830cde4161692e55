"""The app as a server of its own, and a headless Chromium to look at it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[3]
CHROMIUM = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
CHROMIUM += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
PATIENCE_MS = 120_000  # two cores may be busy with other things


@pytest.fixture
def server(house: Any) -> Iterator[str]:
    """The app, served from the house on a free port of this machine; its address."""
    yield from serve(house.home)


@pytest.fixture
def serving() -> Callable[[Path], Iterator[str]]:
    """For tests that serve another home than the house's."""
    return serve


def serve(home: Path) -> Iterator[str]:
    """Start the app with this home, wait until it answers, and stop it in the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = home.parent / f"streamlit-{port}.log"
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), f"--server.port={port}"]
    with (
        log.open("wb") as sink,
        subprocess.Popen(command, cwd=ROOT, env={**os.environ, "HOTLINE_HOME": str(home)}, stdout=sink, stderr=sink) as process,
    ):
        try:
            address = f"http://127.0.0.1:{port}"
            until = time.monotonic() + 120
            while not _answers(address):
                assert process.poll() is None and time.monotonic() < until, log.read_text(errors="replace")
                time.sleep(0.3)
            yield address
        finally:
            process.terminate()


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's Chromium where there is one, else Playwright's own."""
    with sync_playwright() as playwright:
        program = shutil.which("chromium") or shutil.which("chromium-browser")
        if program is None and not Path(playwright.chromium.executable_path).exists():
            reason = "no Chromium here: install the system's package, or run 'playwright install chromium'"
            pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
        browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a page in a browser without a past, in a language and a colour scheme. Errors of its scripts fail the test."""
    contexts, problems = [], []

    def start(address: str, language: str = "zh", scheme: str = "light") -> Page:
        context = chromium.new_context(viewport={"width": 1440, "height": 900}, color_scheme=scheme)
        context.set_default_timeout(PATIENCE_MS)
        context.add_cookies([{"name": "hotline_language", "value": language, "url": address}])
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(address)
        return page

    yield start
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture
def sign_in() -> Callable[[Page, str, str], None]:
    """Fills in the sign-in and waits for the sidebar and the cookie that keeps it over a reload."""

    def enter(page: Page, name: str, password: str) -> None:
        page.locator("input[autocomplete=username]").fill(name)
        page.locator("input[type=password]").fill(password)
        page.get_by_test_id("stFormSubmitButton").get_by_role("button").click()
        page.get_by_test_id("stSidebarNav").wait_for()
        page.wait_for_function("() => document.cookie.includes('hotline_session=')")

    return enter


@pytest.fixture
def settle() -> Callable[[Page], None]:
    """Waits until the script has run and what it drew stands still."""

    def wait(page: Page) -> None:
        page.wait_for_timeout(600)
        page.wait_for_function("() => !document.querySelector('[data-testid=stStatusWidget], [data-stale=true]')", timeout=PATIENCE_MS)
        page.wait_for_timeout(600)

    return wait

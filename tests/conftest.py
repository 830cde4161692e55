"""Shared fixtures: the language of tests, and the models that real speech tests need."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hotline import locale, settings
from qa import models

os.environ.pop("COLUMNS", None)  # tests read tables as a pipe gets them; the window that pytest runs in says nothing about that


@pytest.fixture(autouse=True)
def language(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands speak English to tests, which then read errors as they are written; screens begin in Chinese, as installed."""
    locale.use("zh" if "ui" in request.path.parts else "en")
    if locale.current() == "en":
        monkeypatch.setenv("HOTLINE_LANGUAGE", "en")


@pytest.fixture(scope="session")
def models_ready() -> Path:
    """The folder with the offline models, pulled once (``make test`` does that before)."""
    folder = settings.load().models
    for entry in models.members("offline"):
        models.pull(entry.name, folder)
    return folder

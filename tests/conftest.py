"""Shared fixtures: the models that real speech tests need."""

from __future__ import annotations

from pathlib import Path

import pytest

from hotline import settings
from qa import models


@pytest.fixture(scope="session")
def models_ready() -> Path:
    """The folder with the offline models, pulled once (``make test`` does that before)."""
    folder = settings.load().models
    for entry in models.members("offline"):
        models.pull(entry.name, folder)
    return folder

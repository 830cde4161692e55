"""Numbers in the settings: what would switch a protection off or cannot be computed with is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from hotline import settings
from hotline.errors import BadInput

NUMBERS = ("workers", "fcr_days", "min_sample", "session_hours", "idle_minutes", "lockout_attempts", "lockout_minutes")
TIMES = ("session_hours", "idle_minutes", "lockout_minutes")


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "-1", "0", "1e300", "99999999", "eight", ""])
@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_that_make_no_sense(tmp_path: Path, name: str, value: str) -> None:
    (tmp_path / "hotline.toml").write_text(f'{name} = "{value}"')
    with pytest.raises(BadInput, match=f"hotline.toml: {name}"):
        settings.load(tmp_path, {})
    if value:
        with pytest.raises(BadInput, match=f"HOTLINE_{name.upper()}"):
            settings.load(tmp_path / "empty", {f"HOTLINE_{name.upper()}": value})


@pytest.mark.parametrize("name", TIMES)
def test_not_a_number_in_toml(tmp_path: Path, name: str) -> None:
    (tmp_path / "hotline.toml").write_text(f"{name} = nan")
    with pytest.raises(BadInput, match="above 0"):
        settings.load(tmp_path, {})


@pytest.mark.parametrize("name", NUMBERS)
def test_usable_numbers_are_taken(tmp_path: Path, name: str) -> None:
    assert getattr(settings.load(tmp_path, {f"HOTLINE_{name.upper()}": "7"}), name) == 7
    if name in TIMES:
        assert getattr(settings.load(tmp_path, {f"HOTLINE_{name.upper()}": "0.5"}), name) == 0.5

"""The installation's key, and what of a caller's number goes into its hash."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.errors import BadInput
from hotline.secret import caller_key, secret_key

KEY = bytes(32)


@pytest.mark.parametrize(
    "number",
    [
        "+8613800001234",
        "008613800001234",
        "8613800001234",
        "+86 138-0000-1234",
        "１３８００００１２３４",
        "（＋８６）１３８００００１２３４",
        "013800001234",
    ],
)
def test_ways_to_write_one_mobile_number(number: str) -> None:
    assert caller_key(KEY, number) == caller_key(KEY, "13800001234")


@pytest.mark.parametrize("number", ["", "匿名", "unknown", "-", "未知号码", "①", "anonymous"])
def test_hidden_numbers_have_no_key(number: str) -> None:
    hidden = caller_key(KEY, number)
    assert hidden is None or number == "①"  # NFKC makes a digit of it


@pytest.mark.parametrize("other", ["13800001235", "01012345678", "861380000123", "86138000012340", "95598", "8695598", "+8601012345678"])
def test_other_numbers_are_other_callers(other: str) -> None:
    assert caller_key(KEY, other) not in (None, caller_key(KEY, "13800001234"), caller_key(KEY, "1012345678"))


def test_the_key_counts() -> None:
    assert caller_key(KEY, "95598") != caller_key(bytes([1]) * 32, "95598")


@given(st.text())
def test_any_text_has_a_hash_or_none(number: str) -> None:
    found = caller_key(KEY, number)
    assert found is None or (len(found) == 64 and int(found, 16) >= 0)


def test_a_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(secret_key, [home] * 16))
    assert len(keys) == 1 and len(keys.pop()) == 32
    assert [file.name for file in home.iterdir()] == ["secret.key"]
    assert stat.S_IMODE((home / "secret.key").stat().st_mode) == 0o600 and stat.S_IMODE(home.stat().st_mode) == 0o700


def test_a_name_left_by_a_killed_process_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / f"secret.key.{os.getpid()}").write_text("half")
    assert len(secret_key(tmp_path)) == 32


def test_the_key_is_on_disk_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def noted(name: str) -> Callable[..., None]:
        real = getattr(os, name)

        def call(*arguments: object) -> None:
            done.append(name)
            real(*arguments)

        return call

    for name in ("fsync", "link"):
        monkeypatch.setattr(os, name, noted(name))
    secret_key(tmp_path)
    assert done == ["fsync", "link", "fsync"]


@pytest.mark.parametrize("content", [b"", b"00" * 31, b"00" * 33, b"not hexadecimal", b"\xff" * 64])
def test_a_file_that_is_no_key_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "secret.key").write_bytes(content)
    with pytest.raises(BadInput, match=r"secret\.key: not a key of 32 bytes.*backup"):
        secret_key(tmp_path)
    assert (tmp_path / "secret.key").read_bytes() == content

"""The installation's secret key and the keyed hash of callers' numbers made with it."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import unicodedata
from pathlib import Path

from hotline.errors import BadInput

_LENGTH = 32
_MOBILE = re.compile(r"(?:(?:00)?86)?0?(1[3-9]\d{9})")
"""A Chinese mobile number with or without the country's code or the trunk nought; no area code begins with 013 to 019."""


def secret_key(home: Path) -> bytes:
    """The 32-byte key in ``<home>/secret.key``, made on first use, readable by its owner only.

    It lies beside the store, never in it: whoever has a copy of the database alone cannot test numbers. Raises BadInput for a file
    that does not hold 32 bytes in hexadecimal: with an empty key everybody could test numbers.
    """
    file = home / "secret.key"
    if not file.exists():
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make(file)
    try:
        key = bytes.fromhex(file.read_text(encoding="ascii"))
    except ValueError:  # not hexadecimal, or not even text
        key = b""
    if len(key) != _LENGTH:
        raise BadInput(str(file), f"not a key of {_LENGTH} bytes in hexadecimal", "restore it from the backup: repeat callers depend on it")
    return key


def _make(file: Path) -> None:
    """Write a new key, whole or not at all, and durably: hashes made with a key that a power cut took could never be matched."""
    fresh = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as handle:
            handle.write(secrets.token_hex(_LENGTH))
            handle.flush()
            os.fsync(handle.fileno())
        os.link(fresh, file)
    except FileExistsError:  # another process was first: then its key is the key
        pass
    finally:
        fresh.unlink(missing_ok=True)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def caller_key(key: bytes, number: str) -> str | None:
    """Keyed hash (HMAC-SHA256, hex) of a caller's number, so that repeat callers can be counted; None for a hidden number.

    A number is its digits, of whatever width and script; a Chinese mobile number is the same with and without +86, 0086 or 0.

    >>> caller_key(b"k", "+86 138-0000-1234") == caller_key(b"k", "13800001234")
    True
    >>> caller_key(b"k", "匿名") is None
    True
    """
    digits = number_digits(number)
    return hmac.new(key, digits.encode(), hashlib.sha256).hexdigest() if digits else None


def number_digits(number: str) -> str:
    """The digits that tell a caller's number from others, "" for a hidden number; see :func:`caller_key`.

    >>> number_digits("+86 138-0000-1234")
    '13800001234'
    """
    values = (unicodedata.decimal(character, None) for character in unicodedata.normalize("NFKC", number))
    digits = "".join(str(value) for value in values if value is not None)
    mobile = _MOBILE.fullmatch(digits)
    return mobile[1] if mobile else digits

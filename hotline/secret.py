"""The installation's secret key and the keyed hash of callers' numbers made with it."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path


def secret_key(home: Path) -> bytes:
    """The 32-byte key in ``<home>/secret.key``, made on first use, readable by its owner only.

    It lies beside the store, never in it: whoever has a copy of the database alone cannot test numbers.
    """
    file = home / "secret.key"
    try:
        return bytes.fromhex(file.read_text(encoding="ascii"))
    except FileNotFoundError:
        home.mkdir(parents=True, exist_ok=True)
    fresh = home / f"secret.key.{os.getpid()}"
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as handle:
        handle.write(secrets.token_hex(32))
    try:
        os.link(fresh, file)  # fails when another process was first: then its key is the key
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    return bytes.fromhex(file.read_text(encoding="ascii"))


def caller_key(key: bytes, number: str) -> str:
    """Keyed hash (HMAC-SHA256, hex) of a caller's number, digits only, so that repeat callers can be counted.

    >>> caller_key(b"k", "138-0000-1234") == caller_key(b"k", "13800001234")
    True
    """
    digits = "".join(character for character in number if character.isdigit())
    return hmac.new(key, digits.encode(), hashlib.sha256).hexdigest()
